"""What all plots of the window share: nothing to drag or to click, and a read-out beside the mouse."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt5.QtWidgets import QLabel

from nnviz.widgets.read_out import read_out


class QuietPlot(pg.PlotWidget):
    """A plot that is looked at and pointed into. Subclasses draw."""

    def _make_quiet(self, margins: tuple[int, int, int, int]) -> tuple[pg.InfiniteLine, QLabel]:
        """Takes away what pyqtgraph would offer. Returns an upright line and a read-out, both hidden."""
        mark = pg.InfiniteLine(angle=90, movable=False)
        mark.hide()
        self.addItem(mark, ignoreBounds=True)
        self.setMouseEnabled(x=False, y=False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.getPlotItem().getViewBox().setDefaultPadding(0)
        self.getPlotItem().layout.setContentsMargins(*margins)
        self.viewport().setMouseTracking(True)
        return mark, read_out(self)
