"""Rows of predicted numbers, each on a line over its range in training, next to the true number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.ui import alignment, theme

MOST_ROWS = 20
_LOWEST_ROW, _ROW, _ALONE = 24, 36, 92  # pixels
_BIG = 30
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
    """The numbers below each other, or a single one in large digits.

    Attributes:
        rows: the displayed numbers.
        reason: why there is no prediction, displayed in its place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[NumberRow] = ()
        self.reason = ""
        self._count = 1
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget

    def set_count(self, count: int) -> None:
        """Sets the number of rows, which the size depends on."""
        if count != self._count:
            self._count = count
            self.updateGeometry()

    def show_rows(self, rows: Sequence[NumberRow], reason: str = "") -> None:
        """Shows numbers, or the reason if there are none."""
        if (rows, reason) == (self.rows, self.reason):
            return
        self.rows, self.reason = rows, reason
        told = [f"{row.name}: {row.value}{f', true value {row.truth}' if row.truth else ''}" for row in rows]
        self.setAccessibleDescription(", ".join(told) or "no prediction")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, theme.px(_ALONE) if self._count == 1 else theme.px(_ROW) * min(self._count, MOST_ROWS))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, theme.px(_ALONE) if self._count == 1 else theme.px(_LOWEST_ROW) * min(self._count, MOST_ROWS))

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self.rows[:MOST_ROWS]
        if not shown:
            painter.setPen(theme.colour("muted"))
            painter.setFont(theme.font(theme.SMALL))
            painter.drawText(QRectF(self.rect()), alignment.CENTER | Qt.TextFlag.TextWordWrap, self.reason)
        elif len(shown) == 1:
            self._paint_alone(painter, shown[0])
        else:
            height = min(self.height() / len(shown), theme.px(_ROW))
            for number, row in enumerate(shown):
                self._paint_row(painter, row, QRectF(0, number * height, self.width(), height))

    def _paint_alone(self, painter: QPainter, row: NumberRow) -> None:
        """Paints a number in large digits, its line, and the ends of the line."""
        place = QRectF(0, 0, self.width(), theme.px(40))
        value = theme.font(_BIG, bold=True)
        _write(painter, place, row.value, value, "ink", alignment.LEFT)
        shift = QFontMetrics(value).horizontalAdvance(row.value) + _GAP
        plain = theme.font(theme.TEXT)
        room = QFontMetrics(plain).horizontalAdvance(_true(row)) + _GAP
        _write(painter, place.adjusted(shift, 8, -room, 0), row.unit, plain, "muted", alignment.LEFT)
        _write(painter, place.adjusted(0, 8, 0, 0), _true(row), plain, "ink", alignment.RIGHT)
        self._paint_line(painter, row, theme.px(56))
        ends = QRectF(0, theme.px(64), self.width(), theme.px(20))
        _write(painter, ends, row.low, theme.font(theme.SMALL), "muted", alignment.LEFT)
        _write(painter, ends, row.high, theme.font(theme.SMALL), "muted", alignment.RIGHT)

    def _paint_row(self, painter: QPainter, row: NumberRow, place: QRectF) -> None:
        words = place.adjusted(0, 0, 0, -(_GROOVE + 6))
        bold = theme.font(theme.SMALL, bold=True)
        _write(painter, words, row.value, bold, "ink", alignment.RIGHT)
        width = max(theme.px(64), QFontMetrics(bold).horizontalAdvance(row.value) + _GAP)
        _write(
            painter,
            words.adjusted(0, 0, -width, 0),
            _true(row),
            theme.font(theme.SMALL),
            "ink",
            alignment.RIGHT,
        )
        room = self.width() - width - QFontMetrics(bold).horizontalAdvance(_true(row)) - _GAP
        _write(painter, QRectF(0, words.y(), room, words.height()), row.name, theme.font(theme.SMALL), "muted")
        self._paint_line(painter, row, place.bottom() - _GROOVE - 3)

    def _paint_line(self, painter: QPainter, row: NumberRow, y: float) -> None:
        """Paints a groove with a dot at the number and a thin line at the true one."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(QRectF(0, y - _GROOVE / 2, self.width(), _GROOVE), 2, 2)
        if row.true_place is not None:
            painter.setPen(QPen(theme.colour("ink"), 1))
            x = round(self._x(row.true_place)) + 0.5
            painter.drawLine(QLineF(x, y - _DOT - 1, x, y + _DOT + 1))
            painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("ink"))
        painter.drawEllipse(QPointF(self._x(row.place), y), _DOT, _DOT)

    def _x(self, place: float) -> float:
        return _DOT + (self.width() - 2 * _DOT) * min(max(place, 0.0), 1.0)


def _true(row: NumberRow) -> str:
    return f"true {row.truth}" if row.truth else ""


def _write(
    painter: QPainter,
    place: QRectF,
    words: str,
    font: QFont,
    colour: str,
    side: int = alignment.LEFT,
) -> None:
    painter.setFont(font)
    painter.setPen(theme.colour(colour))
    shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, max(0, int(place.width())))
    painter.drawText(place, side, shown)
