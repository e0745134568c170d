"""The base of the plots: without dragging and context menu of pyqtgraph, with a read-out next to the mouse."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import QPoint, QPointF
from PyQt5.QtWidgets import QGraphicsView

from nnviz.ui import theme
from nnviz.ui.read_out import ReadOut

_LEFT = 52  # pixels: room for 0.001, for the name of the x axis below, and for a class at the band
_BOTTOM = 18  # pixels, for the numbers below


class BasePlot(pg.PlotWidget):
    """A plot without pyqtgraph's own mouse actions. Subclasses draw."""

    def __init__(self, **options: Any) -> None:
        """``options`` are those of a ``PlotItem``."""
        super().__init__(enableMenu=False, **options)  # a context menu takes 6 ms per plot
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)  # a cached background would be an image in an SVG

    def _disable_mouse_actions(self, margins: tuple[int, int, int, int]) -> tuple[pg.InfiniteLine, ReadOut]:
        """Switches off pyqtgraph's mouse actions. Returns a vertical line and a read-out, both hidden."""
        mark = pg.InfiniteLine(angle=90, movable=False)
        mark.hide()
        self.addItem(mark, ignoreBounds=True)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.getViewBox().setDefaultPadding(0)
        self.getPlotItem().layout.setContentsMargins(*margins)
        self.viewport().setMouseTracking(True)
        theme.changed.connect(self._theme_changed)
        return mark, ReadOut(self)

    def _theme_changed(self) -> None:
        if self.getPlotItem() is not None:  # a closed plot has none
            self._apply_theme()

    def _apply_theme(self) -> None:
        """Sets the theme's colours. Subclasses add those of their lines, and call it when they are made."""
        self.setBackground(theme.colour("card"))
        for name in ("left", "bottom"):
            axis = self.getAxis(name)
            axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=0, hideOverlappingLabels=False)
            axis.setTextPen(theme.colour("muted"))
            axis.setPen(theme.colour("border"))
        self.getAxis("left").setWidth(theme.px(_LEFT))
        bottom = self.getAxis("bottom")
        bottom.setHeight(theme.px(_BOTTOM) + bottom.style["tickTextOffset"][1])

    def place(self, point: QPoint) -> QPointF:
        """Returns the position on both axes at a pixel of the widget."""
        return self.getViewBox().mapSceneToView(self.mapToScene(point))
