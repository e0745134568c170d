"""A small table of the first rows: names above cells, the target column first and marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from PyQt5.QtCore import QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.formatting import text
from nnviz.ui import alignment, theme

_ROW = 17  # pixels
_LEAST, _APART = 46, 10  # width of a column, and what lies between two
_PADDING = 7


class SmallTable(QWidget):
    """Paints as many columns as fit; the others are named in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._cells: list[list[str]] = []
        self._numbers: list[bool] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(0)
        theme.changed.connect(self._measure)

    def show_rows(self, names: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[bool]) -> None:
        """Shows names from outside; the first column is the one to predict, and ``numbers`` says which are numbers."""
        self._names = [text.name(name) for name in names]
        self._cells = [[text.name(cell) for cell in row] for row in cells]
        self._numbers = list(numbers)
        self._measure()
        self.update()

    def _measure(self) -> None:
        self.setFixedHeight(theme.px(_ROW) * (1 + len(self._cells)) + 2 * _PADDING if self._names else 0)

    @property
    def shown(self) -> int:
        """The number of columns that fit."""
        return len(self._widths())

    def _widths(self) -> list[int]:
        """Returns the widths of the columns that fit, up to a third each; wider columns share what is left."""
        metrics, most = QFontMetrics(theme.font(theme.SMALL, bold=True)), self.width() // 3
        columns = zip(self._names, *self._cells, strict=True)
        needed = [max(theme.px(_LEAST), *(metrics.horizontalAdvance(word) for word in words)) for words in columns]
        widths = self._that_fit([min(most, each) for each in needed])
        free = self._room - sum(width + _APART for width in widths)
        for number, width in enumerate(widths):
            more = min(free, needed[number] - width)
            widths[number], free = width + more, free - more
        return widths

    @property
    def _room(self) -> int:
        """The width for columns, each with the gap after it."""
        return self.width() - 2 * _PADDING + _APART

    def _that_fit(self, widths: list[int]) -> list[int]:
        """Returns the first of the widths that fit."""
        ends = accumulate(width + _APART for width in widths)
        return [width for width, end in zip(widths, ends, strict=True) if end <= self._room]

    def sizeHint(self) -> QSize:
        return QSize(120, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(self.rect(), 5, 5)
        left, widths = _PADDING, self._widths()
        for column, width in enumerate(widths):
            self._paint_column(painter, column, QRect(left, _PADDING, width, theme.px(_ROW)))
            left += width + _APART

    def _paint_column(self, painter: QPainter, column: int, place: QRect) -> None:
        is_target = column == 0
        side = alignment.RIGHT if self._numbers[column] else alignment.LEFT
        words = [self._names[column], *(row[column] for row in self._cells)]
        for number, word in enumerate(words):
            painter.setFont(theme.font(theme.SMALL, bold=is_target and number == 0))
            painter.setPen(theme.colour("ink" if is_target or number else "muted"))
            shown = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place.translated(0, number * theme.px(_ROW)), side, shown)
        if is_target:
            painter.fillRect(place.left(), place.bottom() + 1, place.width(), 1, theme.colour("ink"))
