"""Predictions of two networks side by side: bars of their confidences, or their numbers on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from engine.basics.validation import Array
from nnviz.cards.stage.prediction.number_bars import NumberRow, paint_range, write
from nnviz.session.predicted_class import WORTH_SEEING
from nnviz.ui import alignment, theme

MOST_CLASSES = 20
_LOWEST_ROW, _HIGHEST_ROW, _LOWEST_NUMBER, _HIGHEST_NUMBER = 12, 28, 24, 40
_THICKNESS, _LEAST_THICKNESS, _LINE, _LEAST_BAR = 7, 3, 10, 20
_LEAST_NAME, _MOST_NAME, _VALUE, _GAP = 18, 90, 28, 8


@dataclass(frozen=True)
class ColumnHead:
    """The heading of one network's column: its name, the theme's name of its colour, and a shorter name."""

    name: str
    ink: str
    short: str = ""


Heads = tuple[ColumnHead, ColumnHead]


class _Compared(QWidget):
    """The base of both views. Their columns have the order and the colours of the answers above, with their headings.

    Attributes:
        heads: the headings, for screen readers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.heads: Heads = (ColumnHead("", "muted"), ColumnHead("", "muted"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self.hide()
        theme.changed.connect(self.update)


class ComparedBars(_Compared):
    """A row for each class with a pair of bars, one for each of two networks, and percents worth seeing.

    Of many classes, it has those with the largest shares.
    """

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._shares: Array = np.zeros((2, 0))

    def show_outputs(self, names: Sequence[str], before: Array, after: Array, heads: Heads) -> None:
        """Shows the outputs (classes,) of both networks."""
        shares = np.stack([before, after])
        if len(names) > MOST_CLASSES:
            kept = np.sort(np.argsort(-shares.max(axis=0), kind="stable")[:MOST_CLASSES])
            names, shares = [names[number] for number in kept.tolist()], shares[:, kept]
        self._names, self._shares, self.heads = names, shares, heads
        told = [
            f"{head.name}: {', '.join(f'{name} {share:.1%}' for name, share in zip(names, row, strict=True))}"
            for head, row in zip(heads, shares.tolist(), strict=True)
        ]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_HIGHEST_ROW * max(1, len(self._names))))

    def minimumSizeHint(self) -> QSize:
        width = self._width_of_names() + _LEAST_BAR + 2 * theme.px(_VALUE)
        return QSize(width, theme.px(_LOWEST_ROW * max(1, len(self._names))))

    def _width_of_names(self) -> int:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        widest = max(map(metrics.horizontalAdvance, self._names), default=0)
        return min(max(widest + 10, theme.px(_LEAST_NAME)), theme.px(_MOST_NAME))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        left, value = self._width_of_names(), theme.px(_VALUE)
        height = min(self.height() / max(1, len(self._names)), theme.px(_HIGHEST_ROW))
        groove = QRectF(left, 0, self.width() - left - 2 * value, height)
        best = self._shares.argmax(axis=1).tolist() if len(self._names) else []
        for number, name in enumerate(self._names):
            is_best, row = number in best, QRectF(0, number * height, self.width(), height)
            painter.setFont(theme.font(theme.SMALL, bold=is_best))
            place = QRectF(0, row.y(), left - 4, height)
            write(painter, place, name, "ink" if is_best else "muted", alignment.LEFT)
            shares = self._shares[:, number].tolist()
            self._paint_bars(painter, groove.translated(0, row.y()), shares)
            for side, share in enumerate(shares):
                if share >= WORTH_SEEING:
                    painter.setFont(theme.font(theme.SMALL, bold=best[side] == number))
                    at = row.adjusted(0, 0, (side - 1) * value, 0)
                    write(painter, at, f"{100 * share:.0f}", self.heads[side].ink, alignment.RIGHT)

    def _paint_bars(self, painter: QPainter, place: QRectF, shares: list[float]) -> None:
        """Paints the bar of the earlier network above that of the later one."""
        thickness = min(max((place.height() - _GAP) / 2, _LEAST_THICKNESS), _THICKNESS)
        painter.setPen(Qt.PenStyle.NoPen)
        for side, share in enumerate(shares):
            top = place.center().y() + (side - 1) * (thickness + 1) + 0.5
            bar = QRectF(place.x(), top, place.width(), thickness)
            painter.setBrush(theme.colour("field"))
            painter.drawRoundedRect(bar, 2, 2)
            if share >= WORTH_SEEING:
                bar.setWidth(max(1.5, bar.width() * min(share, 1.0)))
                radius = min(2.0, bar.width() / 2)
                painter.setBrush(theme.colour(self.heads[side].ink))
                painter.drawRoundedRect(bar, radius, radius)


class ComparedNumbers(_Compared):
    """A row for each number: its predictions by two networks, and a line with a dot for each."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[tuple[NumberRow, NumberRow]] = ()

    def show_numbers(self, rows: Sequence[tuple[NumberRow, NumberRow]], heads: Heads) -> None:
        """Shows numbers as both networks predict them."""
        self.rows, self.heads = rows, heads
        told = [f"{one.name}: {heads[0].name} {one.value}, {heads[1].name} {other.value}" for one, other in self.rows]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_HIGHEST_NUMBER * max(1, len(self.rows))))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, theme.px(_LOWEST_NUMBER * max(1, len(self.rows))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetrics(theme.font(theme.SMALL, bold=True))
        width = max((metrics.horizontalAdvance(row.value) for both in self.rows for row in both), default=0)
        height = min(self.height() / max(1, len(self.rows)), theme.px(_HIGHEST_NUMBER))
        for number, both in enumerate(self.rows):
            self._paint_row(painter, both, QRectF(0, number * height, self.width(), height), width + 2 * _GAP)

    def _paint_row(self, painter: QPainter, both: tuple[NumberRow, NumberRow], place: QRectF, width: float) -> None:
        """Paints the name, both values, each in a column of that width, and the line below them."""
        words = QRectF(place.x(), place.y(), place.width(), theme.px(1.4 * theme.SMALL))
        columns = [words.adjusted(0, 0, -width, 0), words]
        painter.setFont(theme.font(theme.SMALL, bold=True))
        for row, column, at in zip(both, self.heads, columns, strict=True):
            write(painter, at, row.value, column.ink, alignment.RIGHT)
        row = both[0]
        name = f"{row.name} · true {row.truth}" if row.truth else row.name
        room = words.adjusted(0, 0, -2 * width, 0)
        painter.setFont(theme.font(theme.SMALL))
        if painter.fontMetrics().horizontalAdvance(name) > room.width():
            name = row.name
        write(painter, room, name, "muted", alignment.LEFT)
        line = QRectF(place.x(), place.bottom() - _LINE, place.width(), _LINE)
        dots = [(each.place, column.ink) for each, column in zip(both, self.heads, strict=True)]
        paint_range(painter, line, dots, row.true_place)
