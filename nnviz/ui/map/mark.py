"""Marks over points: a ring, and a cross in a ring with a text next to it that covers nothing."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter, QPen

from nnviz.ui import theme
from nnviz.ui.map.names import paint_words

_RADIUS = 8.0
_REACH = _RADIUS + 5  # of the cross
_AIR = 3.0


def paint_ring(painter: QPainter, at: QPointF, radius: float, ink: str, width: float = 2) -> None:
    """Paints a ring with a rim in the colour of the background."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, pen in ((theme.colour("card"), width + 3), (theme.colour(ink), width)):
        painter.setPen(QPen(colour, pen))
        painter.drawEllipse(at, radius, radius)


def box_of_mark(at: QPointF) -> QRectF:
    """Returns the rectangle that a mark covers."""
    return QRectF(at.x() - _REACH, at.y() - _REACH, 2 * _REACH, 2 * _REACH)


def paint_mark(painter: QPainter, at: QPointF, words: str, room: QRectF, taken: list[QRectF]) -> None:
    """Paints a cross in a ring, as on a target, and its text where it fits; see :func:`place_of_words`."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("card"))
    painter.drawEllipse(at, _RADIUS, _RADIUS)
    paint_ring(painter, at, _RADIUS, "ink", 2.5)
    painter.setPen(QPen(theme.colour("ink"), 2))
    for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        inner, outer = (QPointF(reach * dx, reach * dy) for reach in (_RADIUS - 4, _REACH))
        painter.drawLine(at + inner, at + outer)
    font = theme.font(theme.TEXT, bold=True)
    metrics = QFontMetricsF(font)
    box = place_of_words(at, metrics.horizontalAdvance(words), metrics.capHeight(), room, taken)
    if box is not None:
        paint_words(painter, words, box.bottomLeft(), font)


def place_of_words(mark: QPointF, width: float, height: float, room: QRectF, taken: list[QRectF]) -> QRectF | None:
    """Returns the box for a text right of a mark, left, below or above it; None if each covers something.

    Args:
        mark: the middle of the mark.
        width, height: of the words.
        room: within which they must be.
        taken: what they must not cover.
    """
    across, up = _REACH + _AIR + width / 2, _REACH + _AIR + height / 2
    for dx, dy in ((across, 0), (-across, 0), (0, up), (0, -up)):
        box = QRectF(0, 0, width, height)
        box.moveCenter(mark + QPointF(dx, dy))
        rim = box.adjusted(-_AIR, -_AIR, _AIR, _AIR)
        if room.contains(rim) and not any(rim.intersects(other) for other in taken):
            return box
    return None
