"""Predictions of two networks side by side: bars of their confidences, or their numbers on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from engine.basics.validation import Array
from nnviz.cards.stage.prediction.number_bars import MOST_ROWS
from nnviz.ui import alignment, theme

_HEAD, _LOWEST_ROW, _HIGHEST_ROW, _NUMBER_ROW = 16, 12, 28, 40
_THICKNESS, _GROOVE, _DOT = 9, 4, 5
_LEAST_NAME, _MOST_NAME, _VALUE, _GAP = 18, 90, 44, 8


@dataclass(frozen=True)
class ColumnHead:
    """The heading of one network's column: its name, and the theme's name of its colour."""

    name: str
    ink: str


Heads = tuple[ColumnHead, ColumnHead]


class _Compared(QWidget):
    """The base of both views: a line of headings, and rows below it."""

    def __init__(self) -> None:
        super().__init__()
        self.heads: Heads = (ColumnHead("", "muted"), ColumnHead("", "muted"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self.hide()
        theme.changed.connect(self.update)

    def _write(self, painter: QPainter, place: QRectF, words: str, ink: str, side: int) -> None:
        painter.setPen(theme.colour(ink))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, max(0, int(place.width())))
        painter.drawText(place, side, shown)


class ComparedBars(_Compared):
    """A row for each class with a bar for each of two networks. Of many classes, those with the largest shares."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._shares: Array = np.zeros((2, 0))

    def show_outputs(self, names: Sequence[str], before: Array, after: Array, heads: Heads) -> None:
        """Shows the outputs (classes,) of both networks."""
        shares = np.stack([before, after])
        if len(names) > MOST_ROWS:
            kept = np.sort(np.argsort(-shares.max(axis=0), kind="stable")[:MOST_ROWS])
            names, shares = [names[number] for number in kept.tolist()], shares[:, kept]
        self._names, self._shares, self.heads = names, shares, heads
        told = [
            f"{head.name}: {', '.join(f'{name} {share:.1%}' for name, share in zip(names, row, strict=True))}"
            for head, row in zip(heads, shares.tolist(), strict=True)
        ]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_HEAD + _HIGHEST_ROW * max(1, len(self._names))))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, theme.px(_HEAD + _LOWEST_ROW * max(1, min(len(self._names), MOST_ROWS))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        widest = max(map(painter.fontMetrics().horizontalAdvance, self._names), default=0)
        left = min(max(widest + 10, theme.px(_LEAST_NAME)), theme.px(_MOST_NAME))
        head = theme.px(_HEAD)
        height = min((self.height() - head) / max(1, len(self._names)), theme.px(_HIGHEST_ROW))
        for number, name in enumerate(self._names):
            self._write(painter, QRectF(0, head + number * height, left - 4, height), name, "muted", alignment.LEFT)
        width = (self.width() - left - _GAP) / 2
        for number, (column, shares) in enumerate(zip(self.heads, self._shares, strict=True)):
            place = QRectF(left + number * (width + _GAP), 0, width, head)
            painter.setFont(theme.font(theme.SMALL, bold=True))
            self._write(painter, place, column.name, column.ink, alignment.LEFT)
            self._paint_column(painter, place.translated(0, head), height, shares, column.ink)

    def _paint_column(self, painter: QPainter, first: QRectF, height: float, shares: Array, ink: str) -> None:
        best = int(shares.argmax()) if len(shares) else -1
        plain, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        for number, share in enumerate(shares.tolist()):
            row = QRectF(first.x(), first.y() + number * height, first.width(), height)
            groove = QRectF(row.x(), row.center().y() - _THICKNESS / 2, row.width() - theme.px(_VALUE), _THICKNESS)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("field"))
            painter.drawRoundedRect(groove, 3, 3)
            groove.setWidth(max(1.5, groove.width() * min(max(share, 0.0), 1.0)))
            radius = min(3.0, groove.width() / 2)
            painter.setBrush(theme.colour(ink if number == best else "faint"))
            painter.drawRoundedRect(groove, radius, radius)
            painter.setFont(bold if number == best else plain)
            self._write(painter, row, f"{100 * share:.1f}", ink if number == best else "muted", alignment.RIGHT)


@dataclass(frozen=True)
class ComparedNumber:
    """A number that both networks predict.

    Attributes:
        name: its name.
        values: both predictions as text.
        places: their places on the line, 0…1; outside of that they are drawn at its ends.
        truth, true_place: the same of the true number; empty and None if it is unknown.
    """

    name: str
    values: tuple[str, str]
    places: tuple[float, float]
    truth: str = ""
    true_place: float | None = None


class ComparedNumbers(_Compared):
    """A row for each number: its predictions by two networks, and a line with a dot for each."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[ComparedNumber] = ()

    def show_numbers(self, rows: Sequence[ComparedNumber], heads: Heads) -> None:
        """Shows the first numbers."""
        self.rows, self.heads = rows[:MOST_ROWS], heads
        told = [f"{row.name}: {heads[0].name} {row.values[0]}, {heads[1].name} {row.values[1]}" for row in self.rows]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_HEAD + _NUMBER_ROW * max(1, len(self.rows))))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, theme.px(_HEAD + 24 * max(1, len(self.rows))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head, bold = theme.px(_HEAD), theme.font(theme.SMALL, bold=True)
        painter.setFont(bold)
        line = QRectF(0, 0, self.width(), head)
        metrics = QFontMetrics(bold)
        width = max(
            [metrics.horizontalAdvance(column.name) for column in self.heads]
            + [metrics.horizontalAdvance(value) for row in self.rows for value in row.values]
        )
        columns = [line.adjusted(0, 0, -width - 2 * _GAP, 0), line]
        for column, place in zip(self.heads, columns, strict=True):
            self._write(painter, place, column.name, column.ink, alignment.RIGHT)
        height = min((self.height() - head) / max(1, len(self.rows)), theme.px(_NUMBER_ROW))
        for number, row in enumerate(self.rows):
            top = head + number * height
            self._paint_row(painter, row, [place.translated(0, top) for place in columns], top + height - _GROOVE - 4)

    def _paint_row(self, painter: QPainter, row: ComparedNumber, columns: Sequence[QRectF], y: float) -> None:
        plain, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        painter.setFont(bold)
        for value, column, place in zip(row.values, self.heads, columns, strict=True):
            self._write(painter, place, value, column.ink, alignment.RIGHT)
        painter.setFont(plain)
        room = columns[0].adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(row.values[0]) - _GAP, 0)
        words = f"{row.name} · true {row.truth}" if row.truth else row.name
        self._write(painter, room, words, "muted", alignment.LEFT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(QRectF(0, y - _GROOVE / 2, self.width(), _GROOVE), 2, 2)
        if row.true_place is not None:
            painter.setPen(QPen(theme.colour("ink"), 1))
            x = round(self._x(row.true_place)) + 0.5
            painter.drawLine(QLineF(x, y - _DOT - 1, x, y + _DOT + 1))
            painter.setPen(Qt.PenStyle.NoPen)
        for share, column in zip(row.places, self.heads, strict=True):
            painter.setBrush(theme.colour(column.ink))
            painter.drawEllipse(QPointF(self._x(share), y), _DOT, _DOT)

    def _x(self, place: float) -> float:
        return _DOT + (self.width() - 2 * _DOT) * min(max(place, 0.0), 1.0)
