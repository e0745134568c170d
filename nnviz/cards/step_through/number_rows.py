"""Rows of a name, a signed bar and numbers. Only visible rows are formatted and painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.formatting.round_numbers import round_end
from nnviz.ui import alignment, theme
from nnviz.ui.item_view import ItemView

ROW = 18
_THICKNESS, _AIR, _MARK = 8, 6, 3
_LEAST_BAR = 24  # pixels; shorter ones would say nothing
_SCROLL_BAR = 12  # pixels at the right that are left for it
_MEASURED = 60  # rows by whose numbers the widths of the columns are chosen


@dataclass(frozen=True, eq=False)
class RowsData:
    """The contents of the rows.

    Attributes:
        count: the number of rows.
        heads: of the name, of the bar, and of each number.
        widths: pixels of the name and of each number; the bar takes the rest, or without bars the column of width 0.
            A column of numbers is widened to fit them.
        name: returns the name of a row.
        texts: returns the numbers of a row as texts.
        bars: (count,) the lengths of the bars; None without bars.
        note: a last line in muted letters.
        bold: the column whose numbers stand out.
        second: returns the versions of a second line of a row, over its whole width, longest first: the first one that
            fits is painted; None for rows of one line.
        shorter: returns a shorter version of the name of a row, for a name that does not fit; None if there is none.
        values: returns the numbers of a row for a file, with all digits; None if they are only displayed.
    """

    count: int
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    name: Callable[[int], str]
    texts: Callable[[int], tuple[str, ...]]
    bars: Array | None = None
    note: str = ""
    bold: int = -1
    second: Callable[[int], Sequence[str]] | None = None
    values: Callable[[int], Sequence[object]] | None = None
    shorter: Callable[[int], str] | None = None


NO_ROWS = RowsData(0, ("", ""), (60,), str, lambda row: ())


class NumberRows(ItemView):
    """A widget of rows, in a scrolling column or as high as its rows.

    Attributes:
        chosen: the row that stands out; None for none.
        lit: the row that is outlined because the mouse is over its source; None for none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = NO_ROWS
        self.chosen: int | None = None
        self.lit: int | None = None
        self._end = 1.0
        self._widths: tuple[int, ...] = NO_ROWS.widths
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._measure)

    def show_rows(self, rows: RowsData, chosen: int | None = None) -> None:
        """Shows other rows. The scale of the bars ends at a round number."""
        self.rows, self.chosen, self.lit = rows, chosen, None
        if rows.bars is not None:
            largest = float(np.abs(np.nan_to_num(rows.bars, posinf=0, neginf=0)).max(initial=0.0))
            self._end = round_end(largest, 1e-12)
        self._measure()
        self.items_changed()

    def _measure(self) -> None:
        self._widths = self._measured_widths()
        self.setFixedHeight(self.sizeHint().height())

    def _measured_widths(self) -> tuple[int, ...]:
        """Returns the widths of the columns, so that no number of the first rows is elided."""
        metrics = [QFontMetrics(theme.font(theme.SMALL, is_bold), self) for is_bold in (False, True)]
        widths = [theme.px(width) for width in self.rows.widths]
        for row in range(min(self.rows.count, _MEASURED)):
            for column, words in enumerate(self.rows.texts(row)):
                needed = metrics[column == self.rows.bold].horizontalAdvance(words) + 1
                widths[column + 1] = max(widths[column + 1], needed)
        return tuple(widths)

    def choose(self, chosen: int | None) -> None:
        """Makes another row stand out."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.update()

    def light(self, row: int | None) -> None:
        """Outlines a row, because the mouse is over its source."""
        if row != self.lit:
            self.lit = row
            self.update()

    @property
    def count(self) -> int:
        """The number of rows."""
        return self.rows.count

    @property
    def _row(self) -> int:
        return theme.px(ROW) if self.rows.second is None else 2 * theme.px(ROW)

    @property
    def _top(self) -> int:
        """The height of the heads, in pixels."""
        return theme.px(ROW) if any(self.rows.heads) else 0

    def sizeHint(self) -> QSize:
        """Returns the size of the heads, all rows and the note."""
        return QSize(220, self._top + self.count * self._row + bool(self.rows.note) * theme.px(ROW) + 2)

    def minimumSizeHint(self) -> QSize:
        """Returns a small width, so that the layout decides."""
        return QSize(120, self.sizeHint().height())

    def place_of(self, number: int) -> QRect:
        """Returns the rectangle of a row."""
        return QRect(0, self._top + number * self._row, self.width(), self._row)

    def number_at(self, point: QPoint) -> int | None:
        """Returns the row at a point; None if there is none."""
        number = (point.y() - self._top) // self._row
        return number if 0 <= number < self.count else None

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the rows in the area to be painted."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        first = max(0, (event.rect().top() - self._top) // self._row)
        last = min(self.count, (event.rect().bottom() - self._top) // self._row + 1)
        for number in range(first, last):
            self._paint_row(painter, number)
        if self.rows.note:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.place_of(self.count).adjusted(_AIR, 0, 0, 0), alignment.LEFT, self.rows.note)
        self._paint_heads(painter, max(0, self.visibleRegion().boundingRect().top()))
        if self.lit is not None and self.lit < self.count:
            painter.setPen(theme.colour("ink"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.place_of(self.lit).adjusted(0, 0, -1, -1))
        self.paint_mark(painter)

    def _columns(self, place: QRect) -> tuple[QRect, QRect, list[QRect]]:
        """Returns the rectangles of the name, the bar and the numbers, within a row."""
        left_over = place.width() - _SCROLL_BAR - _AIR - sum(self._widths) - _AIR * len(self._widths)
        name_width, *widths = (width or max(0, left_over) for width in self._widths)
        right = place.right() - _SCROLL_BAR + 1
        numbers: list[QRect] = []
        for width in reversed(widths):
            numbers.insert(0, QRect(right - width, place.top(), width, place.height()))
            right -= width + _AIR
        left = place.left() + _AIR
        name = QRect(left, place.top(), min(name_width, max(0, right - left)), place.height())
        bar = QRect(name.right() + _AIR, place.top(), max(0, right - name.right() - _AIR), place.height())
        return name, bar, numbers

    def _paint_heads(self, painter: QPainter, top: int) -> None:
        """Paints the heads over the rows, at the top of the visible area."""
        if not self._top:
            return
        line = QRect(0, top, self.width(), self._top)
        painter.fillRect(line, theme.colour("card"))
        painter.setFont(theme.font(theme.SMALL))
        name, bar, numbers = self._columns(line)
        painter.setPen(theme.colour("muted"))
        heads = list(self.rows.heads)
        _write(painter, name, heads[0], alignment.LEFT)
        if painter.fontMetrics().horizontalAdvance(heads[1]) <= bar.width():
            _write(painter, bar, heads[1], alignment.LEFT)
        for place, head in zip(numbers, heads[2:], strict=False):
            _write(painter, place, head, alignment.RIGHT)

    def _paint_row(self, painter: QPainter, number: int) -> None:
        place = self.place_of(number)
        is_chosen = number == self.chosen
        if is_chosen:
            painter.fillRect(place, theme.colour("field"))
            painter.fillRect(QRect(0, place.top(), _MARK, place.height()), theme.colour("ink"))
        name, bar, numbers = self._columns(QRect(place.left(), place.top(), place.width(), theme.px(ROW)))
        painter.setFont(theme.font(theme.SMALL, is_chosen))
        painter.setPen(theme.colour("ink" if is_chosen else "muted"))
        words = self.rows.name(number)
        if self.rows.shorter is not None and painter.fontMetrics().horizontalAdvance(words) > name.width():
            words = self.rows.shorter(number)
        _write(painter, name, words, alignment.LEFT)
        if self.rows.bars is not None:
            self._paint_bar(painter, QRectF(bar), float(self.rows.bars[number]))
        painter.setPen(theme.colour("ink"))
        for column, (where, words) in enumerate(zip(numbers, self.rows.texts(number), strict=False)):
            painter.setFont(theme.font(theme.SMALL, column == self.rows.bold))
            _write(painter, where, words, alignment.RIGHT)
        if self.rows.second is not None:
            painter.setFont(theme.font(theme.SMALL))
            below = QRect(_AIR, place.top() + theme.px(ROW) - 2, place.width() - 2 * _AIR, theme.px(ROW) - 2)
            versions, metrics = self.rows.second(number), painter.fontMetrics()
            fitting = (words for words in versions if metrics.horizontalAdvance(words) <= below.width())
            _write(painter, below, next(fitting, versions[-1]), alignment.LEFT)

    def _paint_bar(self, painter: QPainter, place: QRectF, value: float) -> None:
        """Paints a bar from the middle: to the right if the value is positive, else to the left."""
        place = place.adjusted(0, (theme.px(ROW) - _THICKNESS) / 2, 0, -(theme.px(ROW) - _THICKNESS) / 2)
        if place.width() < _LEAST_BAR or not np.isfinite(value):
            return
        painter.fillRect(place, theme.colour("field"))
        middle, length = place.center().x(), value / self._end * place.width() / 2
        bar = QRectF(middle + min(0.0, length), place.top(), abs(length), place.height())
        painter.fillRect(bar, theme.colour("positive" if value > 0 else "negative"))
        painter.fillRect(QRectF(middle, place.top(), 1, place.height()), theme.colour("faint"))


def _write(painter: QPainter, place: QRect, words: str, side: int) -> None:
    if place.width() > 4:
        elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, side, elided)
