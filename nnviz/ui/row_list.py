"""A list with columns, of any length: only the visible rows are requested."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from PyQt5.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent
from PyQt5.QtWidgets import QHeaderView, QTableView

from nnviz.ui import theme
from nnviz.ui.row_table import LazyRows, ListColumn, RowModel, RowTable

Row = Callable[[int], Sequence[str]]
Tip = Callable[[int], str]
_HIGH = 24  # pixels of a row
_AIR = 16  # beside the longest text of a column
_WIDEST = 160  # pixels of a column
_MEASURED = 60  # rows whose texts tell how wide columns must be


def measured_columns(
    titles: Sequence[str], are_numbers: Sequence[bool], rows: Iterable[Sequence[str]]
) -> list[ListColumn]:
    """Returns columns that are wide enough for the texts of the first rows."""
    longest = [max(texts, key=len) for texts in zip(*islice(rows, _MEASURED), strict=True)]
    return [ListColumn(*each) for each in zip(titles, are_numbers, longest, strict=True)]


class _ListModel(RowModel[Sequence[str]]):
    """Texts of cells. The last row is kept, because a row is painted cell by cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tip_of: Tip | None = None
        self._last: tuple[int, Sequence[str]] = (-1, ())

    def reset(self, columns: Sequence[ListColumn], rows: Sequence[Sequence[str]]) -> None:
        self._last = -1, ()
        super().reset(columns, rows)

    def text(self, row: int, column: int) -> str:
        if self._last[0] != row:
            self._last = row, self.rows[row]
        return self._last[1][column]

    def tip(self, row: int, column: int) -> str:
        return self.text(row, column) if self.tip_of is None else self.tip_of(row)


class RowList(RowTable):
    """A list of rows, one of which may be chosen; Enter and a double click open it.

    Signals:
        chosen(int): the user chose a row.
        opened(): the user opened the chosen row.
    """

    chosen = pyqtSignal(int)
    opened = pyqtSignal()

    def __init__(self) -> None:
        self._model = _ListModel()
        super().__init__(self._model, _HIGH)
        self._is_showing = False
        self._fitted: tuple[Sequence[ListColumn], int] = ((), 0)  # the columns and the text size
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().setMinimumSectionSize(24)
        self.follow_theme()
        self.doubleClicked.connect(lambda _: self.opened.emit())

    def show_rows(
        self, head: Sequence[ListColumn], count: int, row: Row, stays: bool = False, tip: Tip | None = None
    ) -> None:
        """Shows other rows; ``row`` returns the texts of one and is called for those in sight.

        The list begins with the first one, unless it ``stays`` scrolled as it is. ``tip`` returns a row's tooltip;
        without it each cell has its own text. A column without a longest text stretches; if all have one and do not
        fit, the list scrolls sideways.
        """
        scrolled = self.verticalScrollBar().value() if stays else 0
        self._model.tip_of = tip
        self._model.reset(head, LazyRows(count, row))
        self.verticalScrollBar().setValue(scrolled)

    def follow_theme(self) -> None:
        self.setFont(theme.font(theme.SMALL))
        super().follow_theme()

    def fit_columns(self) -> None:
        heads, columns = self.horizontalHeader(), self._model.columns
        if self._fitted == (columns, theme.text_size()):
            return
        self._fitted = columns, theme.text_size()
        metrics = QFontMetrics(theme.font(theme.SMALL))
        has_stretch = not all(column.longest for column in columns)
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff if has_stretch else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        )
        for number, column in enumerate(columns):
            heads.setSectionResizeMode(
                number, QHeaderView.ResizeMode.Fixed if column.longest else QHeaderView.ResizeMode.Stretch
            )
            if column.longest:
                widest = max(map(metrics.horizontalAdvance, (column.title, re.sub(r"\d", "0", column.longest))))
                heads.resizeSection(number, min(widest + _AIR, theme.px(_WIDEST)))

    def show_choice(self, place: int | None, into_sight: bool = True) -> None:
        """Chooses a row without a signal, and scrolls to it if it is to come ``into_sight``; None for none."""
        now = self.currentIndex().row() if self.currentIndex().isValid() else None
        if place == now:
            return
        self._is_showing = True
        self.setAutoScroll(into_sight)
        try:
            if place is None:
                self.setCurrentIndex(QModelIndex())
            else:
                self.setCurrentIndex(self._model.index(place, 0))
        finally:
            self._is_showing = False
            self.setAutoScroll(True)

    @property
    def count(self) -> int:
        return len(self._model.rows)

    def texts(self, place: int) -> list[str]:
        return list(self._model.rows[place])

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.isValid() and not self._is_showing:
            self.chosen.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)
