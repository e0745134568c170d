"""Rows of a name, a bar and a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.formatting.round_numbers import steady_end
from nnviz.ui import alignment, theme
from nnviz.ui.item_view import ItemView

_LOWEST, _HIGHEST = 12, 19  # of a row
_THICKNESS = 9
_MOST_NAME, _LEAST_BAR = 130, 24
_AIR = 6


class NamedBars(ItemView):
    """A bar for each value, from 0 at the left or, if some are negative, from the middle to both sides.

    If not all rows have room, those with the largest absolute values are shown, in their order, unless ``scrolls``:
    then the widget is as high as all of them. The end of the scale is a round number that seldom changes, so that bars
    do not jump.

    Attributes:
        order: which value each row shows.

    Signals:
        rows_changed: another number of rows has room.
    """

    rows_changed = pyqtSignal()

    def __init__(
        self, scrolls: bool = False, number: Callable[[float], str] = "{:.2f}".format, least_end: float = 1e-6
    ) -> None:
        """``number`` formats a value; the scale ends at ``least_end`` or later."""
        super().__init__()
        self._scrolls, self._number, self._least_end = scrolls, number, least_end
        self._names: Sequence[str] = ()
        self._values: Array = np.zeros(0)
        self.order: list[int] = []
        self._end, self._is_signed, self._is_weights = 1.0, False, False
        self._name_width = self._value_width = 0
        self.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed if scrolls else QSizePolicy.Policy.Expanding
        )
        theme.changed.connect(self._measure)

    @property
    def count(self) -> int:
        return len(self.order)

    def _choose_rows(self) -> None:
        """Chooses the rows that have room."""
        room = len(self._values) if self._scrolls else self.height() // theme.px(_LOWEST)
        largest = np.argsort(-np.abs(np.nan_to_num(self._values)), kind="stable")[:room]
        self.order = np.sort(largest).tolist()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as many rows as have room now."""
        super().resizeEvent(event)
        before = len(self.order)
        self._choose_rows()
        if len(self.order) != before:
            self.items_changed()
            self.rows_changed.emit()

    @property
    def values(self) -> Array:
        """All values, also those without a row."""
        return self._values

    @property
    def end(self) -> float:
        """The value at the end of the scale."""
        return self._end

    def show_rows(self, names: Sequence[str], values: Array, is_signed: bool = False) -> None:
        """Shows a value for each name; NaN shows no bar.

        Signed ones have the two colours of the weights. Of others, the largest is in ink.
        """
        largest = float(np.abs(np.nan_to_num(values, posinf=0.0, neginf=0.0)).max(initial=0.0))
        self._end = steady_end(self._end, largest, self._least_end)
        is_two_sided = is_signed or bool((np.nan_to_num(values) < 0).any())
        has_changed = list(names) != list(self._names)
        self._names, self._values, self._is_signed = names, values, is_two_sided
        self._is_weights = is_signed
        if has_changed:
            self._measure_names()
        self._value_width = self._widest_number()
        self._choose_rows()
        self.items_changed()

    def _measure(self) -> None:
        self._measure_names()
        self._value_width = self._widest_number()

    def _measure_names(self) -> None:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        self._name_width = min(widest + _AIR, theme.px(_MOST_NAME))
        self.updateGeometry()

    def _widest_number(self) -> int:
        """Returns the width of the widest number of this size, so that bars keep their length."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        return int(metrics.horizontalAdvance(self._number(-self._end if self._is_signed else self._end))) + _AIR

    def sizeHint(self) -> QSize:
        """Returns a comfortable row for each name."""
        return QSize(150, (theme.px(_HIGHEST) if self._scrolls else theme.px(_LOWEST)) * max(1, len(self._names)))

    def minimumSizeHint(self) -> QSize:
        """Returns the height of a few rows if the bars scroll, else of all."""
        return self.sizeHint() if self._scrolls else QSize(90, 4 * theme.px(_LOWEST))

    @property
    def name_width(self) -> int:
        """Long names leave room for numbers and short bars, or half of the width."""
        return min(self._name_width, max(self.width() // 2, self.width() - self._value_width - _LEAST_BAR))

    @property
    def _row(self) -> float:
        return theme.px(_HIGHEST) if self._scrolls else min(theme.px(_HIGHEST), self.height() / max(1, self.count))

    def place_of(self, number: int) -> QRect:
        return QRect(0, round(number * self._row), self.width(), round(self._row))

    def number_at(self, point: QPoint) -> int | None:
        number = int(point.y() / self._row) if point.y() >= 0 else -1
        return number if 0 <= number < self.count else None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        row = self._row
        first = max(0, int(event.rect().top() / row))
        last = min(self.count, int(event.rect().bottom() / row) + 1)
        for number in range(first, last):
            self._paint_row(painter, number, QRectF(0, number * row, self.width(), row))
        self.paint_mark(painter)

    def _colour(self, value: float) -> str:
        if self._is_weights:
            return "positive" if value > 0 else "negative"
        return "ink" if value == np.nanmax(self._values) else "faint"

    def _paint_row(self, painter: QPainter, number: int, place: QRectF) -> None:
        at, metrics = self.order[number], painter.fontMetrics()
        value = float(self._values[at])
        name_width = self.name_width
        name = QRectF(place.left(), place.top(), name_width, place.height())
        painter.setPen(theme.colour("muted"))
        words = metrics.elidedText(self._names[at], Qt.TextElideMode.ElideMiddle, name_width - 4)
        painter.drawText(name, alignment.LEFT, words)
        room = max(0.0, place.width() - name_width - self._value_width)
        middle = name.right() + (room / 2 if self._is_signed else 0)
        length = float(np.nan_to_num(value)) / self._end * (room / 2 if self._is_signed else room)
        bar = QRectF(middle + min(0, length), place.top() + (place.height() - _THICKNESS) / 2, 0, _THICKNESS)
        bar.setWidth(max(abs(length), 1.5))
        if not np.isnan(value):
            painter.fillRect(bar, theme.colour(self._colour(value)))
        painter.setPen(theme.colour("ink"))
        after = place if self._is_signed else place.adjusted(bar.right() + _AIR, 0, 0, 0)
        side = alignment.RIGHT if self._is_signed else alignment.LEFT
        words = "–" if np.isnan(value) else self._number(value).replace("-", "−")
        painter.drawText(after, side, words)
