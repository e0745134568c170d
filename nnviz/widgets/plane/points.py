"""The points of the data over the plane: discs in the colour of their class, with a dark core in the test part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPainterPath, QPixmap

from engine.validation import Array
from nnviz.look import theme

MOST = 5000  # points that are drawn; of more, some that are spread evenly
_RADII = {3000: 0.006, 1200: 0.0075, 0: 0.01}  # of points, as shares of the side, by the least number of them
_SMALLEST, _LARGEST = 1.8, 6.0  # radius in pixels
_OUTLINE = 1.0
_CORE = 0.5  # of the radius
_ROUND = 6  # radius of the plane's corners


@dataclass(frozen=True, eq=False)
class Points:
    """What is drawn.

    Attributes:
        places: (k, 2), y upwards.
        classes: (k,), from 0.
        are_tests: (k,), whether they belong to the test part.
        class_count: how many classes there are.
        total: how many points there are, of which these are some.
    """

    places: Array
    classes: Array
    are_tests: Array
    class_count: int
    total: int


def no_points() -> Points:
    """None."""
    return Points(np.zeros((0, 2), np.float32), np.zeros(0, np.intp), np.zeros(0, bool), 2, 0)


def painted(points: Points, pixels: Array, side: int, ratio: float) -> QPixmap:
    """The points at ``pixels`` (k, 2) of a square of so many pixels, and the corners that are cut off its ground.

    ``ratio``: pixels of the screen for each of these.
    """
    sheet = _sheet(side, ratio)
    share = next(share for least, share in _RADII.items() if len(pixels) >= least)
    radius = min(max(share * side, _SMALLEST), _LARGEST)
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.Antialiasing)
    for is_test in (False, True):  # these lie above
        chosen = points.are_tests == is_test
        stamps = [_stamp(name, is_test, radius, ratio) for name in theme.plane_classes(points.class_count)]
        reach = radius + _OUTLINE
        for (x, y), number in zip((pixels[chosen] - reach).tolist(), points.classes[chosen].tolist(), strict=True):
            painter.drawPixmap(QPointF(x, y), stamps[number])
    painter.fillPath(_outside(side), theme.colour("card"))
    painter.end()
    return sheet


def _sheet(side: float, ratio: float) -> QPixmap:
    size = max(1, round(side * ratio))
    sheet = QPixmap(QSize(size, size))
    sheet.setDevicePixelRatio(ratio)
    sheet.fill(Qt.transparent)
    return sheet


def _stamp(name: str, is_test: bool, radius: float, ratio: float) -> QPixmap:
    """One point with its outline in the ground's colour."""
    reach = radius + _OUTLINE
    stamp, middle = _sheet(2 * reach, ratio), QPointF(reach, reach)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(Qt.NoPen)
    core = ((_CORE * radius, "field"),) if is_test else ()
    for size, ink in ((reach, "field"), (radius, name), *core):
        painter.setBrush(theme.colour(ink))
        painter.drawEllipse(middle, size, size)
    painter.end()
    return stamp


def _outside(side: float) -> QPainterPath:
    whole, inner = QPainterPath(), QPainterPath()
    whole.addRect(QRectF(-1, -1, side + 2, side + 2))
    inner.addRoundedRect(QRectF(0, 0, side, side), _ROUND, _ROUND)
    return whole.subtracted(inner)
