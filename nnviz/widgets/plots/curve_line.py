"""One line of a plot that may have thousands of points: only what changed is converted, only what shows is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from engine.history import Curve
from nnviz.widgets.plots.curve_axes import Ends, Quantity

_DOT = 3  # so many times the line's width is the dot of a curve that is a single point
_FEW = 150  # points up to which a line is drawn softly; more of them cost time and show no more


class CurveLine(pg.PlotCurveItem):
    """Draws a :class:`Curve`.

    Attributes:
        x, y: all its points, y in the unit of the axis.
    """

    def __init__(self, width: float, dashed: bool = False) -> None:
        super().__init__(skipFiniteCheck=False)
        self._width, self._dashed = width, dashed
        self._colour = QColor()
        self._seen: object = ()  # what tells the curve that is drawn from any other
        self._drawn: object = None
        self._version = 0
        self.x: Any = np.empty(0)
        self.y: Any = np.empty(0)

    def take(self, curve: Curve, quantity: Quantity) -> bool:
        """Copies the curve's points, unless they are those that it has; whether they are not."""
        seen = (
            (id(curve), len(curve.epochs), curve.epochs[0], curve.epochs[-1], curve.values[-1]) if curve.epochs else ()
        )
        if seen == self._seen:
            return False
        self._seen = seen
        self._version += 1
        self.x = np.array(curve.epochs, float)
        self.y = quantity.factor * np.array(curve.values, float)
        return True

    def draw(self, across: Ends, pixels: float, is_log: bool, quantity: Quantity) -> None:
        """Shows the part between the ends, unless that is what it shows."""
        wanted = (self._version, across, pixels, is_log)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        x, y = thinned(self.x, self.y, across, int(pixels))
        self.setData(x, quantity.height(y, is_log), connect="finite")
        self._dress()

    def set_colour(self, colour: QColor) -> None:
        """Of the theme in use."""
        self._colour = colour
        self._dress()

    # ---- a single point, of which a line would show nothing

    @property
    def is_dot(self) -> bool:
        """Whether there is a single figure, of a strong line: the fine ones grow as one looks."""
        return len(self.x) == 1 and self._width > 1

    def pixelPadding(self) -> float:  # noqa: N802
        """With room for the dot."""
        return float(max(super().pixelPadding(), _DOT * self._width * self._ratio if self.is_dot else 0.0))

    def paint(self, p: QPainter, opt: Any, widget: Any) -> None:
        """The line, or the dot: at an end of the axis just inside, where it is seen as a whole."""
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
        p.setRenderHint(QPainter.Antialiasing)
        pen = QPen(self._colour, width * self._ratio, Qt.SolidLine, Qt.RoundCap)
        pen.setCosmetic(True)
        p.setPen(pen)
        place = p.transform().map(QPointF(x, y))
        p.resetTransform()  # Qt draws a point as a short line in the axis' unit: long, where that unit is
        p.drawPoint(place)

    @property
    def _ratio(self) -> float:
        """Of the screen: these pens measure in its own pixels."""
        view = self.getViewWidget()
        return 1.0 if view is None else float(view.devicePixelRatioF())

    # ---- looks

    def _dress(self) -> None:
        is_few = self.xData is None or len(self.xData) <= _FEW
        self.opts["antialias"] = is_few
        dash = [4, 3] if self._dashed else None
        pen = pg.mkPen(self._colour, width=self._ratio * (self._width if is_few else 1), dash=dash)
        if pen != self.opts["pen"]:
            self.setPen(pen)


def thinned(x: Any, y: Any, across: Ends, pixels: int) -> tuple[Any, Any]:
    """The points between the ends and their neighbours; of more than there are pixels the extremes of each few."""
    first = max(int(np.searchsorted(x, across[0])) - 1, 0)
    stop = int(np.searchsorted(x, across[1], side="right")) + 1
    x, y = x[first:stop], y[first:stop]
    if len(x) <= max(pixels, 2):
        return x, y
    size = -(-2 * len(x) // pixels)
    whole = len(x) // size * size
    rows = y[:whole].reshape(-1, size)
    places = np.sort(np.stack([rows.argmin(axis=1), rows.argmax(axis=1)], axis=1), axis=1)
    chosen = (places + size * np.arange(len(rows))[:, None]).ravel()
    chosen = np.unique(np.concatenate([[0], chosen, np.arange(whole, len(x))]))
    return x[chosen], y[chosen]
