"""The points of the data: discs in the colour of their kind, those of the test set with a dark core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QSize, Qt
from PyQt5.QtGui import QPainter, QPixmap

from engine.basics.validation import Array
from nnviz.ui import theme

MOST = 5000  # points that are drawn; of more, some that are spread evenly
_RADII = {3000: 0.006, 1200: 0.0075, 0: 0.01}  # of points, as shares of the side, by the least number of them
_SMALLEST, _LARGEST = 1.8, 6.0  # radius in pixels
_OUTLINE = 1.0
_CORE = 0.5  # of the radius


@dataclass(frozen=True, eq=False)
class Points:
    """The points to draw.

    Attributes:
        places: (k, 2), y upwards.
        kinds: (k,), from 0, such as classes.
        are_tests: (k,), whether the points are in the test set.
        inks: names of the kinds' colours.
        total: number of points of which these are a sample.
    """

    places: Array
    kinds: Array
    are_tests: Array
    inks: Sequence[str]
    total: int


def no_points() -> Points:
    """None."""
    return Points(np.zeros((0, 2), np.float32), np.zeros(0, np.intp), np.zeros(0, bool), (), 0)


def painted(points: Points, pixels: Array, size: QSize, ratio: float) -> QPixmap:
    """The points at ``pixels`` (k, 2) of a field of that size; ``ratio``: pixels of the screen for each of these."""
    sheet = _sheet(size, ratio)
    share = next(share for least, share in _RADII.items() if len(pixels) >= least)
    radius = min(max(share * math.sqrt(size.width() * size.height()), _SMALLEST), _LARGEST)
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for is_test in (False, True):  # these lie above
        chosen = points.are_tests == is_test
        stamps = [_stamp(name, is_test, radius, ratio) for name in points.inks]
        reach = radius + _OUTLINE
        for (x, y), number in zip((pixels[chosen] - reach).tolist(), points.kinds[chosen].tolist(), strict=True):
            painter.drawPixmap(QPointF(x, y), stamps[number])
    painter.end()
    return sheet


def _sheet(size: QSize, ratio: float) -> QPixmap:
    sheet = QPixmap(QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))))
    sheet.setDevicePixelRatio(ratio)
    sheet.fill(Qt.GlobalColor.transparent)
    return sheet


def _stamp(name: str, is_test: bool, radius: float, ratio: float) -> QPixmap:
    """Returns the image of a point with its outline in the background's colour."""
    reach = radius + _OUTLINE
    side = math.ceil(2 * reach)
    stamp, middle = _sheet(QSize(side, side), ratio), QPointF(reach, reach)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    core = ((_CORE * radius, "field"),) if is_test else ()
    for size, ink in ((reach, "field"), (radius, name), *core):
        painter.setBrush(theme.colour(ink))
        painter.drawEllipse(middle, size, size)
    painter.end()
    return stamp
