"""The range of several curves as an area behind their median."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPolygonF

from engine.sweeps.quantile_bands import Band
from nnviz.ui.plots.curve_axes import Axes, Ends, Quantity
from nnviz.ui.plots.curve_line import FEW, thinned, within

_BEHIND = -10  # all lines are drawn over it
_SHARE = 0.22  # of the colour: areas lie over one another, and the lines must be seen


class BandFill(pg.GraphicsObject):
    """Draws the area of a :class:`Band`.

    Attributes:
        x, low, high: epochs and the ends of the range, in the unit of the axis.
    """

    def __init__(self) -> None:
        super().__init__()
        self._colour, self._area, self._drawn = QColor(), QPolygonF(), None
        self.x = self.low = self.high = np.empty(0)
        self.setZValue(_BEHIND)

    def take(self, band: Band | None, quantity: Quantity) -> None:
        """Sets the band; None for none."""
        self._drawn = None
        if band is None:
            self.x = self.low = self.high = np.empty(0)
            return
        self.x = band.epochs
        self.low, self.high = (
            quantity.factor * within(each.copy(), quantity.highest) for each in (band.low, band.high)
        )

    def draw(self, across: Ends, pixels: float, axes: Axes) -> None:
        """Makes the part of the area between two positions, unless it is made already."""
        wanted: Any = (across, pixels, axes)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        x = axes.across(self.x)
        (x, low), (back, high) = [thinned(x, axes.height(each), across, int(pixels)) for each in (self.low, self.high)]
        self.prepareGeometryChange()
        around = zip([*x.tolist(), *back[::-1].tolist()], [*low.tolist(), *high[::-1].tolist()], strict=True)
        self._area = QPolygonF([QPointF(*point) for point in around])
        self.update()

    def set_colour(self, colour: QColor) -> None:
        """Sets the colour of the line that it belongs to."""
        self._colour = QColor(colour)
        self._colour.setAlphaF(_SHARE)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._area.boundingRect()

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._area.count() <= 2 * FEW)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawPolygon(self._area)
