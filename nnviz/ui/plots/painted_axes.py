"""Axes that are painted around a field: a grid, numbers, names, and a dashed line to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PyQt5.QtCore import QPointF, QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPen

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.formatting.round_numbers import enough_marks, log_marks, step
from nnviz.ui import alignment, theme

_AIR = 0.05  # of the range of the true numbers, beyond them
_STEPS = 5  # in the range of the true numbers, by which the axis of the predicted ones grows
_FARTHEST = 1.0  # times that range: predictions farther away lie at the edge

_LEFT, _FOOT, _RIGHT, _TOP = 52, 34, 14, 10  # pixels around the field; at the left at least
_GAP = 8  # between the numbers at the left and the field
_APART_X, _APART_Y = 110, 44  # pixels between two numbers of an axis, about
_APART_NAMES = 10  # pixels between two names or numbers below the field

Ends = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """The meaning of places along an axis; by default the places themselves.

    Attributes:
        is_log: whether the places are logarithms (base 10) of the numbers shown.
        names: names at 0, 1, 2 …; empty for numbers.
    """

    is_log: bool = False
    names: tuple[str, ...] = ()


NUMBERS = Scale()


@dataclass(frozen=True)
class AxesFrame:
    """The ends of both axes, their names, and the line to compare with, from one end of x to the other; None: none.

    ``x_scale`` and ``y_scale`` say what the places between the ends mean.
    """

    x: Ends = (0.0, 1.0)
    y: Ends = (0.0, 1.0)
    x_name: str = ""
    y_name: str = ""
    line: Ends | None = (0.0, 1.0)
    x_scale: Scale = NUMBERS
    y_scale: Scale = NUMBERS


def field_of(whole: QRect, frame: AxesFrame) -> QRect:
    """Returns the field in a widget of that size, with room for the numbers at its left."""
    metrics = QFontMetrics(theme.font(theme.SMALL))
    numbers = written_marks(frame.y, frame.y_scale, (whole.height() - _TOP - theme.px(_FOOT)) / theme.px(_APART_Y))
    widest = max((metrics.horizontalAdvance(words) for _, words in numbers), default=0)
    return whole.adjusted(max(theme.px(_LEFT), widest + _GAP + 2), _TOP, -_RIGHT, -theme.px(_FOOT))


def paint_grid(painter: QPainter, frame: AxesFrame, size: QSize) -> None:
    """Paints the grid, and the line over it, in a field of a size whose origin is 0, 0."""
    painter.setPen(theme.colour("grid"))
    for mark, _ in written_marks(frame.y, frame.y_scale, size.height() / theme.px(_APART_Y)):
        height = round(_share(mark, frame.y, size.height()))
        painter.drawLine(0, size.height() - 1 - height, size.width(), size.height() - 1 - height)
    if frame.line is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DashLine))
    start, end = (_share(value, frame.y, size.height()) for value in frame.line)
    painter.drawLine(QPointF(0, size.height() - 1 - start), QPointF(size.width() - 1, size.height() - 1 - end))


def paint_axes(painter: QPainter, frame: AxesFrame, field: QRect) -> None:
    """Paints the numbers below and at the left, and the names in the corner and at the right end."""
    painter.setFont(theme.font(theme.SMALL))
    painter.setPen(theme.colour("muted"))
    centred, right = (
        alignment.CENTER | Qt.TextFlag.TextDontClip,
        alignment.RIGHT | Qt.TextFlag.TextDontClip,
    )
    for mark, words in marks_below(painter.fontMetrics(), frame, field):
        x = field.left() + round(_share(mark, frame.x, field.width()))
        painter.drawText(QRect(x - theme.px(40), field.bottom() + 3, theme.px(80), theme.px(14)), centred, words)
    for mark, words in written_marks(frame.y, frame.y_scale, field.height() / theme.px(_APART_Y)):
        y = field.bottom() - round(_share(mark, frame.y, field.height()))
        painter.drawText(QRect(0, y - theme.px(8), field.left() - _GAP, theme.px(16)), right, words)
    metrics = painter.fontMetrics()
    below = QRect(field.left(), field.bottom() + theme.px(17), field.width(), theme.px(16))
    painter.drawText(below, right, metrics.elidedText(frame.x_name, Qt.TextElideMode.ElideMiddle, field.width()))
    above = QRect(field.left() + 6, field.top() + 2, field.width() - 12, theme.px(16))
    left = alignment.LEFT
    painter.drawText(above, left, metrics.elidedText(frame.y_name, Qt.TextElideMode.ElideMiddle, above.width()))


def marks_below(metrics: QFontMetrics, frame: AxesFrame, field: QRect) -> list[tuple[float, str]]:
    """Returns the marks below the field: as many numbers as fit, or all names, elided."""
    found = written_marks(frame.x, frame.x_scale, field.width() / theme.px(_APART_X))
    if not frame.x_scale.names:
        return _with_room(metrics, found, (field.width() - 1) / (frame.x[1] - frame.x[0]))
    room = field.width() / max(1e-9, frame.x[1] - frame.x[0])
    step = max(1, math.ceil(2.5 * metrics.height() / max(1.0, room)))  # of very many only some
    width = round(step * room) - _APART_NAMES
    return [(place, metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, width)) for place, words in found[::step]]


def _with_room(metrics: QFontMetrics, marks: list[tuple[float, str]], pixels: float) -> list[tuple[float, str]]:
    """Returns all marks, or every second, third … of them; ``pixels`` is the length of 1 on the axis."""
    for every in range(1, len(marks)):
        found = marks[::every]
        halves = [metrics.horizontalAdvance(words) / 2 for _, words in found]
        ends = [(place * pixels - half, place * pixels + half) for (place, _), half in zip(found, halves, strict=True)]
        if all(right + _APART_NAMES <= left for (_, right), (left, _) in pairwise(ends)):
            return found
    return marks[:1]


def _share(value: float, ends: Ends, length: int) -> float:
    return (value - ends[0]) / (ends[1] - ends[0]) * (length - 1)


def written_marks(ends: Ends, scale: Scale, most: float) -> list[tuple[float, str]]:
    """Returns the marks of an axis, about ``most``, where they lie and what is written there; of names all."""
    if scale.names:
        return [(float(place), name) for place, name in enumerate(scale.names)]
    if scale.is_log:
        marks = log_marks(10.0 ** ends[0], 10.0 ** ends[1], max(2.0, most))
        return [(math.log10(mark), text.compact(mark)) for mark in marks if mark > 0]
    marks = enough_marks(*ends, max(2.0, most))
    return list(zip(marks, text.marks(marks), strict=True))


def ends_of(numbers: list[tuple[Array, Array]]) -> tuple[Ends, Ends]:
    """Returns the ends of the axes of true and of predicted numbers, (k,) pairs of them.

    The second has the first in it, and grows in steps with predictions beyond, up to as far again on either side.
    """
    true = np.concatenate([each for each, _ in numbers])
    low, high = float(true.min()), float(true.max())
    air = _AIR * (high - low) or _AIR * max(abs(low), 1.0)
    low, high = low - air, high + air
    every = np.concatenate([each for _, each in numbers])
    seen = np.clip(every[np.isfinite(every)], low - _FARTHEST * (high - low), high + _FARTHEST * (high - low))
    width = step((high - low) / _STEPS)
    below = max(0.0, low - float(seen.min(initial=low)))
    above = max(0.0, float(seen.max(initial=high)) - high)
    return (low, high), (low - width * np.ceil(below / width), high + width * np.ceil(above / width))
