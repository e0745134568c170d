"""What all plots of the window share: nothing to drag or to click, and a read-out beside the mouse."""

from __future__ import annotations

import pyqtgraph as pg

from nnviz.look import theme
from nnviz.widgets.read_out import ReadOut


class QuietPlot(pg.PlotWidget):
    """A plot that is looked at and pointed into. Subclasses draw."""

    def _make_quiet(self, margins: tuple[int, int, int, int]) -> tuple[pg.InfiniteLine, ReadOut]:
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
        theme.changed.connect(self._theme_changed)
        return mark, ReadOut(self)

    def _theme_changed(self) -> None:
        if self.getPlotItem() is not None:  # one that was closed has none
            self._dress()

    def _dress(self) -> None:
        """Pens and grounds in the colours of the theme. Subclasses do it, first when they are made."""
