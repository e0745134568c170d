"""The base of the window's plots: no dragging and no context menu of pyqtgraph, but a read-out beside the mouse."""

from __future__ import annotations

import pyqtgraph as pg

from nnviz.look import theme
from nnviz.widgets.read_out import ReadOut


class BasePlot(pg.PlotWidget):
    """A plot without pyqtgraph's own mouse actions. Subclasses draw."""

    def _disable_mouse_actions(self, margins: tuple[int, int, int, int]) -> tuple[pg.InfiniteLine, ReadOut]:
        """Switches off pyqtgraph's mouse actions. Returns a vertical line and a read-out, both hidden."""
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
        if self.getPlotItem() is not None:  # a closed plot has none
            self._apply_theme()

    def _apply_theme(self) -> None:
        """Sets pens and background in the theme's colours. Subclasses implement it and call it when they are made."""
