"""Rows of bars with names: contributions of the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPoint, QRect, QRectF
from PyQt5.QtGui import QFontMetrics, QPainter

from nnviz.cards.explanation.content import LINE, signed, write
from nnviz.ui import theme

_ROW, _THICKNESS, _GAP = 18, 9, 8
_AIR = 8  # pixels after names and texts
_NAME, _TEXT = 0.42, 0.36  # largest shares of the width for names and for the texts at the right
_MIDDLE_WIDTH = 1
_LEAST_ROWS = 3


@dataclass(frozen=True)
class BarRow:
    """Row with a name, a bar for each value, and a text at the right."""

    name: str
    values: tuple[float, ...]
    text: str = ""


@dataclass(frozen=True)
class BarRows:
    """Rows of bars with a header for each column of bars and for the texts.

    ``limit`` is the value of a full bar. A last line counts the rows without room. If bars are not signed, they start
    at the left. Signed bars of a single column have their value at their end.
    """

    heads: tuple[str, ...]
    rows: Sequence[BarRow]
    limit: float
    text_head: str = ""
    is_signed: bool = True

    def paint(self, painter: QPainter, within: QRect) -> None:
        """Paints heads, names, bars and texts."""
        name, text = self._name_width(within), self._text_width(within)
        for number, head in enumerate(self.heads):
            write(painter, self._bar_place(within, number, within.y(), theme.px(LINE)), head)
        write(painter, QRect(within.right() - text, within.y(), text, theme.px(LINE)), self.text_head, right=True)
        shown = self._shown(within)
        for number, row in enumerate(self.rows[:shown]):
            top = within.y() + theme.px(LINE) + number * theme.px(_ROW)
            write(painter, QRect(within.x(), top, name - 4, theme.px(_ROW)), row.name, "ink")
            write(painter, QRect(within.right() - text, top, text, theme.px(_ROW)), row.text, right=True)
            for bar, value in enumerate(row.values):
                self._paint_bar(painter, QRectF(self._bar_place(within, bar, top, theme.px(_ROW))), value)
        if shown < len(self.rows):
            top = within.y() + theme.px(LINE) + shown * theme.px(_ROW)
            more = f"and {len(self.rows) - shown} more" + (" that contribute less" if self.is_signed else "")
            write(painter, QRect(within.x(), top, within.width(), theme.px(_ROW)), more)

    def _paint_bar(self, painter: QPainter, place: QRectF, value: float) -> None:
        """Paints a bar to the right of 0 for a positive value, to the left for a negative one."""
        place = place.adjusted(0, (theme.px(_ROW) - _THICKNESS) / 2, 0, -(theme.px(_ROW) - _THICKNESS) / 2)
        painter.fillRect(place, theme.colour("field"))
        share = min(1.0, abs(value) / self.limit) if self.limit else 0.0
        zero, room, beside = place.x(), place.width(), 0.0
        if self.is_signed:
            beside = self._widest([signed(each.values[0]) for each in self.rows]) if len(self.heads) == 1 else 0.0
            zero, room = place.center().x(), place.width() / 2 - beside
        length = share * room
        filled = QRectF(zero if value > 0 else zero - length, place.y(), length, place.height())
        painter.fillRect(filled, theme.colour(("positive" if value > 0 else "negative") if self.is_signed else "muted"))
        if beside:
            end = filled.right() + _AIR / 2 if value > 0 else filled.left() - beside
            where = QRectF(end, place.center().y() - theme.px(_ROW) / 2, beside - _AIR / 2, theme.px(_ROW))
            write(painter, where.toRect(), signed(value), "ink", right=value <= 0)
        if self.is_signed:
            painter.fillRect(QRectF(zero, place.y(), _MIDDLE_WIDTH, place.height()), theme.colour("faint"))

    def _name_width(self, within: QRect) -> int:
        return min(round(_NAME * within.width()), self._widest([row.name for row in self._seen(within)]))

    def _text_width(self, within: QRect) -> int:
        if not self.text_head:
            return 0
        texts = [self.text_head, *(row.text for row in self._seen(within))]
        return min(round(_TEXT * within.width()), self._widest(texts))

    def _seen(self, within: QRect) -> Sequence[BarRow]:
        return self.rows[: self._shown(within)]

    @staticmethod
    def _widest(words: Sequence[str]) -> int:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        return max(map(metrics.horizontalAdvance, words), default=0) + _AIR

    def _bar_place(self, within: QRect, number: int, top: int, height: int) -> QRect:
        left = within.x() + self._name_width(within)
        room = within.width() - self._name_width(within) - self._text_width(within)
        width = room // max(1, len(self.heads))
        return QRect(left + number * width, top, width - _GAP, height)

    def _shown(self, within: QRect) -> int:
        """Returns how many rows fit; if not all do, one less, for the line that counts the others."""
        fit = max(0, (within.height() - theme.px(LINE)) // theme.px(_ROW))
        return len(self.rows) if len(self.rows) <= fit else max(0, fit - 1)

    @property
    def least_height(self) -> int:
        """Height in pixels at 100 % text size for the headers, three rows, and the line that counts the others."""
        rows = len(self.rows)
        return LINE + _ROW * (rows if rows <= _LEAST_ROWS else _LEAST_ROWS + 1)

    def found_at(self, within: QRect, point: QPoint) -> tuple[int, int] | None:
        """Returns the row at a point, and 0 as its column."""
        number = (point.y() - within.y() - theme.px(LINE)) // theme.px(_ROW)
        return (number, 0) if 0 <= number < self._shown(within) else None

    def read_out_at(self, within: QRect, point: QPoint) -> str:
        """Returns the read-out of the row at a point."""
        found = self.found_at(within, point)
        if found is None:
            return ""
        row = self.rows[found[0]]
        values = [f"{head}: {signed(value)}" for head, value in zip(self.heads, row.values, strict=False)]
        more = [f"{self.text_head}: {row.text}"] if row.text and self.text_head else []
        return "\n".join([row.name, *values, *more])
