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
from nnviz.ui import alignment, theme

MOST_CLASSES = 20
_LOWEST_ROW, _HIGHEST_ROW, _LOWEST_NUMBER, _HIGHEST_NUMBER = 12, 28, 24, 40
_THICKNESS, _LINE, _LEAST_BAR = 9, 10, 20
_LEAST_NAME, _MOST_NAME, _VALUE, _GAP = 18, 90, 44, 8


@dataclass(frozen=True)
class ColumnHead:
    """The heading of one network's column: its name, and the theme's name of its colour."""

    name: str
    ink: str


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
    """A row for each class with a bar for each of two networks. Of many classes, those with the largest shares."""

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
        width = self._width_of_names() + _GAP + 2 * (theme.px(_VALUE) + _LEAST_BAR)
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
        left = self._width_of_names()
        height = min(self.height() / max(1, len(self._names)), theme.px(_HIGHEST_ROW))
        for number, name in enumerate(self._names):
            write(painter, QRectF(0, number * height, left - 4, height), name, "muted", alignment.LEFT)
        width = (self.width() - left - _GAP) / 2
        for number, (column, shares) in enumerate(zip(self.heads, self._shares, strict=True)):
            place = QRectF(left + number * (width + _GAP), 0, width, height)
            self._paint_column(painter, place, shares, column.ink)

    def _paint_column(self, painter: QPainter, first: QRectF, shares: Array, ink: str) -> None:
        best = int(shares.argmax()) if len(shares) else -1
        plain, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        for number, share in enumerate(shares.tolist()):
            row = first.translated(0, number * first.height())
            groove = QRectF(row.x(), row.center().y() - _THICKNESS / 2, row.width() - theme.px(_VALUE), _THICKNESS)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("field"))
            painter.drawRoundedRect(groove, 3, 3)
            groove.setWidth(max(1.5, groove.width() * min(max(share, 0.0), 1.0)))
            radius = min(3.0, groove.width() / 2)
            painter.setBrush(theme.colour(ink if number == best else "faint"))
            painter.drawRoundedRect(groove, radius, radius)
            painter.setFont(bold if number == best else plain)
            write(painter, row, f"{100 * share:.1f}", ink if number == best else "muted", alignment.RIGHT)


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
        painter.setFont(theme.font(theme.SMALL))
        write(painter, words.adjusted(0, 0, -2 * width, 0), name, "muted", alignment.LEFT)
        line = QRectF(place.x(), place.bottom() - _LINE, place.width(), _LINE)
        dots = [(each.place, column.ink) for each, column in zip(both, self.heads, strict=True)]
        paint_range(painter, line, dots, row.true_place)
