"""A line of a plot with up to thousands of points; converts and draws only what changed and is visible."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from engine.training.history import Curve, joined
from nnviz.ui.plots.curve_axes import Axes, Ends, Quantity

_BEYOND = 1e6  # times the end of the largest axis
_DOT = 3  # diameter of the dot for a single point, in line widths
_NONE = Curve()
_DASHES = [4, 3]  # lengths of dashes and gaps, in line widths
FEW = 150  # most points that are drawn antialiased; with more it is slow and not visible


class CurveLine(pg.PlotCurveItem):
    """Draws a :class:`Curve`. A first epoch about which nothing is known but its ends is dashed.

    Attributes:
        x, y: all points, y in the unit of the axis.
        gap: the dashed part of the line, empty if there is none.
    """

    def __init__(self, width: float, dashed: bool = False) -> None:
        super().__init__(skipFiniteCheck=False)
        self._width, self._dashed = width, dashed
        self._colour = QColor()
        self._seen: object = ()  # identifies the curve that is drawn
        self._drawn: object = None
        self.x: Any = np.empty(0)
        self.y: Any = np.empty(0)
        self.gap = pg.PlotCurveItem(skipFiniteCheck=False)
        self.gap.setParentItem(self)
        self._in_gap = 0  # points of it

    def take(self, curve: Curve, quantity: Quantity, early: Curve = _NONE, has_gap: bool = False) -> bool:
        """Copies the curve's points if they changed; returns whether they did.

        Args:
            early: estimates within the first epoch, which are drawn with it.
            has_gap: whether nothing is known of the first epoch between exact values.
        """
        seen = (*_identity(curve), *_identity(early), has_gap)
        if seen == self._seen:
            return False
        self._seen, self._drawn, curve = seen, None, joined(curve, early)
        self._in_gap = bisect_right(curve.epochs, 1) if has_gap and curve.epochs and curve.epochs[0] < 1 else 0
        self.x = np.array(curve.epochs, float)
        self.y = quantity.factor * within(np.array(curve.values, float), quantity.highest)
        return True

    def draw(self, across: Ends, pixels: float, axes: Axes) -> None:
        """Draws the part of the line between two positions, unless it is drawn already."""
        wanted = (across, pixels, axes)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        x, y = axes.across(self.x), axes.height(self.y)
        solid = max(self._in_gap - 1, 0)
        self.setData(*thinned(x[solid:], y[solid:], across, int(pixels)), connect="finite")
        self.gap.setData(x[: self._in_gap], y[: self._in_gap], connect="finite")
        self._update_pen()

    def set_colour(self, colour: QColor) -> None:
        self._colour = colour
        self._update_pen()

    # ---- a single point, drawn as a dot

    @property
    def is_dot(self) -> bool:
        """Whether a thick line has a single point. Thin lines get further points soon and need no dot."""
        return len(self.x) == 1 and self._width > 1

    def pixelPadding(self) -> float:  # noqa: N802
        return float(max(super().pixelPadding(), _DOT * self._width * self._ratio if self.is_dot else 0.0))

    def paint(self, p: QPainter, opt: Any, widget: Any) -> None:
        """Paints the line, or the dot, moved inward at the ends of the axes so that all of it is visible."""
        super().paint(p, opt, widget)
        box = self.getViewBox()
        if not self.is_dot or box is None or self.xData is None or not len(self.xData):
            return
        width, seen = _DOT * self._width, box.viewRect()
        across, upwards = (width / 2 * pixel for pixel in box.viewPixelSize())
        x, y = float(self.xData[0]), float(self.yData[0])
        if not (seen.left() <= x <= seen.right() and seen.top() <= y <= seen.bottom()):
            return
        x = min(max(x, seen.left() + across), seen.right() - across)
        y = min(max(y, seen.top() + upwards), seen.bottom() - upwards)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._colour, width * self._ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
        p.setPen(pen)
        place = p.transform().map(QPointF(x, y))
        p.resetTransform()  # because Qt draws a point as a short line of fixed length in the painter's unit
        p.drawPoint(place)

    @property
    def _ratio(self) -> float:
        """Pixels of the screen per pixel of the widget; the pens' widths are in pixels of the screen."""
        view = self.getViewWidget()
        return 1.0 if view is None else float(view.devicePixelRatioF())

    # ---- looks

    def _update_pen(self) -> None:
        is_few = self.xData is None or len(self.xData) <= FEW
        self.opts["antialias"] = is_few
        width = self._ratio * (self._width if is_few else 1)
        pen = pg.mkPen(self._colour, width=width, dash=_DASHES if self._dashed else None)
        if pen != self.opts["pen"]:
            self.setPen(pen)
            self.gap.setPen(pg.mkPen(self._colour, width=width, dash=_DASHES))


def _identity(curve: Curve) -> tuple[float, ...]:
    """Returns numbers that differ if the curve is another one or has changed at an end."""
    epochs = curve.epochs
    return (id(curve), len(epochs), epochs[0], epochs[-1], curve.values[-1]) if epochs else ()


def within(values: Any, most: float) -> Any:
    """The values, those far beyond every axis a little nearer: with numbers like 1e308 nothing could be computed."""
    finite = np.isfinite(values)
    values[finite] = np.clip(values[finite], -_BEYOND * most, _BEYOND * most)
    return values


def thinned(x: Any, y: Any, across: Ends, pixels: int) -> tuple[Any, Any]:
    """Returns the points in the range and one beyond each end; of too many, minimum and maximum of every two pixels."""
    first = max(int(np.searchsorted(x, across[0])) - 1, 0)
    stop = int(np.searchsorted(x, across[1], side="right")) + 1
    x, y = x[first:stop], y[first:stop]
    if len(x) <= max(pixels, 2):
        return x, y
    part = ((x - x[0]) / (x[-1] - x[0]) * (pixels // 2)).astype(int)
    order = np.lexsort((y, part))  # within each part from its minimum to its maximum
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    chosen = np.unique(np.concatenate([[0], order[starts], order[[*starts[1:] - 1, -1]], [len(x) - 1]]))
    return x[chosen], y[chosen]
