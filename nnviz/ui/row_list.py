"""A list with columns, of any length: only the visible rows are requested."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from nnviz.ui import theme
from nnviz.ui.row_table import show_as_rows

Row = Callable[[int], Sequence[str]]
Tip = Callable[[int], str]
_HIGH = 24  # pixels of a row
_AIR = 16  # beside the longest text of a column
_WIDEST = 160  # pixels of a column


class ListColumn(NamedTuple):
    """A column: its title, whether its texts stand at the right, and its longest text; without one it stretches."""

    title: str
    is_number: bool = False
    longest: str = ""


class _Model(QAbstractTableModel):
    """Texts of cells, made when they are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.head: Sequence[ListColumn] = ()
        self.count = 0
        self.row: Row = lambda place: ()
        self.tip: Tip | None = None
        self._last: tuple[int, Sequence[str]] = (-1, ())  # a row is painted cell by cell

    def show(self, head: Sequence[ListColumn], count: int, row: Row, tip: Tip | None) -> None:
        self.beginResetModel()
        self.head, self.count, self.row, self.tip, self._last = head, count, row, tip, (-1, ())
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return self.count

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.head)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if role == Qt.TextAlignmentRole:
            return self._side(index.column())
        if role == Qt.ToolTipRole and self.tip is not None:
            return self.tip(index.row())
        if role not in (Qt.DisplayRole, Qt.ToolTipRole):
            return None
        if self._last[0] != index.row():
            self._last = index.row(), self.row(index.row())
        return self._last[1][index.column()]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if orientation != Qt.Horizontal:
            return None
        if role == Qt.TextAlignmentRole:
            return self._side(section)
        return self.head[section].title if role == Qt.DisplayRole else None

    def _side(self, column: int) -> int:
        return int(Qt.AlignVCenter | (Qt.AlignRight if self.head[column].is_number else Qt.AlignLeft))


class RowList(QTableView):
    """A list of rows, one of which may be chosen; Enter and a double click open it.

    Signals:
        chosen(int): the user chose a row.
        opened(): the user opened the chosen row.
    """

    chosen = pyqtSignal(int)
    opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._rows = _Model()
        self.setModel(self._rows)
        self._is_showing = False
        self.setFrameShape(QTableView.NoFrame)
        self.setTextElideMode(Qt.ElideMiddle)
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setSelectionMode(QAbstractItemView.SingleSelection)
        show_as_rows(self, _HIGH)
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        heads.setMinimumSectionSize(24)
        self._fit_text()
        theme.changed.connect(self._fit_text)
        self.doubleClicked.connect(lambda _: self.opened.emit())

    def show_rows(
        self, head: Sequence[ListColumn], count: int, row: Row, stays: bool = False, tip: Tip | None = None
    ) -> None:
        """Shows other rows; ``row`` returns the texts of one and is called for those in sight.

        The list begins with the first one, unless it ``stays`` scrolled as it is. ``tip`` returns a row's tooltip;
        without it each cell has its own text. Columns that have a longest text each, and do not fit, are scrolled.
        """
        scrolled = self.verticalScrollBar().value() if stays else 0
        has_changed = list(head) != list(self._rows.head)
        self._rows.show(head, count, row, tip)
        if has_changed:
            self._fit_columns(head)
        self.verticalScrollBar().setValue(scrolled)

    def _fit_text(self) -> None:
        self.setFont(theme.font(theme.SMALL))
        self._fit_columns(self._rows.head)

    def _fit_columns(self, head: Sequence[ListColumn]) -> None:
        metrics, heads = QFontMetrics(theme.font(theme.SMALL)), self.horizontalHeader()
        has_stretch = not all(column.longest for column in head)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff if has_stretch else Qt.ScrollBarAsNeeded)
        for number, column in enumerate(head):
            heads.setSectionResizeMode(number, QHeaderView.Fixed if column.longest else QHeaderView.Stretch)
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
                self.setCurrentIndex(self._rows.index(place, 0))
        finally:
            self._is_showing = False
            self.setAutoScroll(True)

    @property
    def count(self) -> int:
        return self._rows.count

    def texts(self, place: int) -> list[str]:
        return list(self._rows.row(place))

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.isValid() and not self._is_showing:
            self.chosen.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)
