"""Rows of predicted numbers, each on a line over its range in training, next to the true number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.parts import describe

MOST_NUMBERS = 8
_LOWEST_ROW, _ROW = 24, 36  # pixels
_GROOVE, _DOT = 4, 5
_GAP = 10


@dataclass(frozen=True)
class NumberRow:
    """A predicted number.

    Attributes:
        name: its name.
        value: the number as text.
        place: its place on the line, 0…1; outside of that it is drawn at the end.
        low, high: the ends of the line as text.
        truth, true_place: the same of the true number; empty and None if it is unknown.
        unit: the unit of a single number; empty for none.
    """

    name: str
    value: str
    place: float
    low: str
    high: str
    truth: str = ""
    true_place: float | None = None
    unit: str = ""


class NumberBars(QWidget):
    """The numbers below each other.

    Attributes:
        rows: the displayed numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[NumberRow] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self.hide()
        theme.changed.connect(self.update)

    def show_rows(self, rows: Sequence[NumberRow]) -> None:
        """Shows the first numbers."""
        rows = rows[:MOST_NUMBERS]
        if rows == self.rows:
            return
        self.rows = rows
        described = [f"{row.name}: {row.value}{f', true value {row.truth}' if row.truth else ''}" for row in rows]
        describe(self, ", ".join(described) or "no prediction")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_ROW) * len(self.rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, theme.px(_LOWEST_ROW) * len(self.rows))

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = min(self.height() / max(1, len(self.rows)), theme.px(_ROW))
        for number, row in enumerate(self.rows):
            self._paint_row(painter, row, QRectF(0, number * height, self.width(), height))

    def _paint_row(self, painter: QPainter, row: NumberRow, place: QRectF) -> None:
        words = place.adjusted(0, 0, 0, -(_GROOVE + 6))
        plain, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        truth = f"true {row.truth}" if row.truth else ""
        painter.setFont(bold)
        write(painter, words, row.value, "ink", alignment.RIGHT)
        width = max(theme.px(64), QFontMetrics(bold).horizontalAdvance(row.value) + _GAP)
        painter.setFont(plain)
        write(painter, words.adjusted(0, 0, -width, 0), truth, "ink", alignment.RIGHT)
        width += QFontMetrics(bold).horizontalAdvance(truth) + _GAP
        write(painter, words.adjusted(0, 0, -width, 0), row.name, "muted", alignment.LEFT)
        line = QRectF(place.x(), place.bottom() - 3 - _DOT - _GROOVE, place.width(), 2 * _DOT)
        paint_range(painter, line, [(row.place, "ink")], row.true_place)


def paint_range(
    painter: QPainter, line: QRectF, dots: Sequence[tuple[float, str]], true_place: float | None = None
) -> None:
    """Paints a groove with a dot for each number and a thin line at the true one.

    ``dots``: places on the line, 0…1, and the theme's names of their colours.
    """
    y = line.center().y()

    def x(place: float) -> float:
        return line.x() + _DOT + (line.width() - 2 * _DOT) * min(max(place, 0.0), 1.0)

    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("faint"))
    painter.drawRoundedRect(QRectF(line.x(), y - _GROOVE / 2, line.width(), _GROOVE), 2, 2)
    if true_place is not None:
        painter.setPen(QPen(theme.colour("ink"), 1))
        at = round(x(true_place)) + 0.5
        painter.drawLine(QLineF(at, y - _DOT - 1, at, y + _DOT + 1))
        painter.setPen(Qt.PenStyle.NoPen)
    for place, ink in dots:
        painter.setBrush(theme.colour(ink))
        painter.drawEllipse(QPointF(x(place), y), _DOT, _DOT)


def write(painter: QPainter, place: QRectF, words: str, ink: str, side: int) -> None:
    """Writes words in the painter's font and a colour of the theme, elided if the place is narrower by over a pixel."""
    painter.setPen(theme.colour(ink))
    width = max(0, int(place.width()) + 1)  # words that just fit are wider by parts of a pixel
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
    painter.drawText(place, side | Qt.TextFlag.TextDontClip, shown)
