"""Axes that are painted around a field: a grid, numbers, names, and a dashed line to compare with."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QPointF, QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPen

from nnviz.look import text, theme
from nnviz.look.round_numbers import enough_marks

_LEFT, _FOOT, _RIGHT, _TOP = 52, 34, 14, 10  # pixels around the field; at the left at least
_GAP = 8  # between the numbers at the left and the field
_APART_X, _APART_Y = 110, 44  # pixels between two numbers of an axis, about

Ends = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """The ends of both axes, their names, and the line to compare with, from one end of x to the other; None: none."""

    x: Ends = (0.0, 1.0)
    y: Ends = (0.0, 1.0)
    x_name: str = ""
    y_name: str = ""
    line: Ends | None = (0.0, 1.0)


def field_of(whole: QRect, frame: Frame) -> QRect:
    """The field in a widget of that size, with room for the numbers at its left."""
    metrics = QFontMetrics(theme.font(theme.SMALL))
    numbers = _with_texts(_marks(frame.y, (whole.height() - _TOP - _FOOT) / _APART_Y))
    widest = max(metrics.horizontalAdvance(words) for _, words in numbers)
    return whole.adjusted(max(_LEFT, widest + _GAP + 2), _TOP, -_RIGHT, -_FOOT)


def paint_grid(painter: QPainter, frame: Frame, size: QSize) -> None:
    """The grid, and the line over it, in a field of that size that begins at 0, 0."""
    painter.setPen(theme.colour("grid"))
    for mark in _marks(frame.y, size.height() / _APART_Y):
        height = round(_share(mark, frame.y, size.height()))
        painter.drawLine(0, size.height() - 1 - height, size.width(), size.height() - 1 - height)
    if frame.line is None:
        return
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(QPen(theme.colour("muted"), 1, Qt.DashLine))
    start, end = (_share(value, frame.y, size.height()) for value in frame.line)
    painter.drawLine(QPointF(0, size.height() - 1 - start), QPointF(size.width() - 1, size.height() - 1 - end))


def paint_axes(painter: QPainter, frame: Frame, field: QRect) -> None:
    """The numbers below and at the left; the names in the corner and at the right end."""
    painter.setFont(theme.font(theme.SMALL))
    painter.setPen(theme.colour("muted"))
    centred, right = int(Qt.AlignCenter | Qt.TextDontClip), int(Qt.AlignRight | Qt.AlignVCenter | Qt.TextDontClip)
    for mark, words in _with_texts(_marks(frame.x, field.width() / _APART_X)):
        x = field.left() + round(_share(mark, frame.x, field.width()))
        painter.drawText(QRect(x - 40, field.bottom() + 3, 80, 14), centred, words)
    for mark, words in _with_texts(_marks(frame.y, field.height() / _APART_Y)):
        y = field.bottom() - round(_share(mark, frame.y, field.height()))
        painter.drawText(QRect(0, y - 8, field.left() - _GAP, 16), right, words)
    metrics, room = painter.fontMetrics(), field.width() // 2
    below = QRect(field.left(), field.bottom() + 17, field.width(), 16)
    painter.drawText(below, right, metrics.elidedText(frame.x_name, Qt.ElideMiddle, room))
    above = QRect(field.left() + 6, field.top() + 2, field.width() - 12, 16)
    left = int(Qt.AlignLeft | Qt.AlignVCenter)
    painter.drawText(above, left, metrics.elidedText(frame.y_name, Qt.ElideMiddle, room))


def _share(value: float, ends: Ends, length: int) -> float:
    return (value - ends[0]) / (ends[1] - ends[0]) * (length - 1)


def _marks(ends: Ends, most: float) -> list[float]:
    return enough_marks(*ends, max(2.0, most))


def _with_texts(marks: list[float]) -> list[tuple[float, str]]:
    return list(zip(marks, text.marks(marks), strict=True))
