"""A short table of the best trials: rank, settings, figures, runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from nnviz.ui import theme
from nnviz.ui.row_table import show_as_rows

_HIGH, _SIDE, _MARK = 25, 9, 22  # pixels: a row, the square, its column
_LEAST, _AIR, _PAD = 24, 16, 6  # pixels: a column at least, beside its text, and of that at the right


@dataclass(frozen=True)
class BestTrialRow:
    """A row of the table.

    Attributes:
        trial: number of the trial.
        cells: texts of the columns.
        colour: name of the trial's colour in the comparison; empty if the trial is not compared.
        is_best: whether it is the selected trial of the sweep.
    """

    trial: int
    cells: tuple[str, ...]
    colour: str = ""
    is_best: bool = False


class _BestTrialTableModel(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.names: Sequence[str] = ()
        self.rows: Sequence[BestTrialRow] = ()

    def show(self, names: Sequence[str], rows: Sequence[BestTrialRow]) -> None:
        if list(names) == list(self.names) and len(rows) == len(self.rows):
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(names)))
            return
        self.beginResetModel()
        self.names, self.rows = names, rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 1 + len(self.names)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.AccessibleTextRole and not index.column():
            return "compared" if row.colour else ""
        if role in (Qt.DisplayRole, Qt.ToolTipRole, Qt.AccessibleTextRole):
            return row.cells[index.column() - 1] if index.column() else ""
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if orientation != Qt.Horizontal or not section or section > len(self.names):
            return None
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return self.names[section - 1]
        return int(Qt.AlignRight | Qt.AlignVCenter) if role == Qt.TextAlignmentRole else None


class BestTrialTable(QTableView):
    """A table of trials. A click chooses a trial, on its square it compares it; a double click or Enter opens it.

    Signals:
        chosen(int), compared(int), opened(int): the user chose, compared or opened the trial of that number.
    """

    chosen = pyqtSignal(int)
    compared = pyqtSignal(int)
    opened = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._model = _BestTrialTableModel()
        self._divided: tuple[tuple[str, ...], int, int] = ((), 0, 0)  # the columns, the width and the text size
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setSelectionMode(QAbstractItemView.SingleSelection)
        show_as_rows(self, _HIGH)
        heads = self.horizontalHeader()
        heads.setMinimumSectionSize(_MARK)
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        heads.setTextElideMode(Qt.ElideMiddle)
        heads.setSectionResizeMode(QHeaderView.Fixed)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)
        theme.changed.connect(self.viewport().update)
        theme.changed.connect(self._divide)

    @property
    def rows(self) -> Sequence[BestTrialRow]:
        """The rows that are shown."""
        return self._model.rows

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns."""
        return self._model.names

    def show_rows(self, names: Sequence[str], rows: Sequence[BestTrialRow], chosen: int | None) -> None:
        """Shows rows below the names of their columns; ``chosen`` is the number of the chosen trial."""
        self._model.show(names, rows)
        self._divide()
        self.show_choice(chosen)

    def show_choice(self, chosen: int | None) -> None:
        """Selects the row of a trial, if it has one."""
        row = next((number for number, each in enumerate(self.rows) if each.trial == chosen), None)
        if row is None:
            self.clearSelection()
        elif row != self.currentIndex().row() or not self.selectionModel().hasSelection():
            self.selectRow(row)

    def _divide(self) -> None:
        """Sets the widths of the columns: for their cells first, then for their names; the rest is divided equally.

        As long as columns and text size stay the same, widths that suffice are kept, so that nothing jumps.
        """
        metrics, heads = QFontMetrics(theme.font(theme.SMALL)), self.horizontalHeader()
        cells = [
            max((metrics.horizontalAdvance(row.cells[at]) for row in self.rows), default=0) for at in self._columns
        ]
        needed = [_MARK, *(max(theme.px(_LEAST), _AIR + width) for width in cells)]
        room, key = self.viewport().width(), (tuple(self.names), self.viewport().width(), theme.text_size())
        given = [heads.sectionSize(column) for column in range(len(needed))]
        if key == self._divided and all(has >= needs for has, needs in zip(given, needed, strict=True)):
            return
        self._divided = key
        for at in reversed(self._columns):
            wanted = _AIR + metrics.horizontalAdvance(self.names[at])
            needed[at + 1] += max(0, min(wanted - needed[at + 1], room - sum(needed)))
        more = max(0, room - sum(needed)) // max(1, len(self.names))
        for column, width in enumerate(needed):
            heads.resizeSection(column, width + (more if column else 0))

    @property
    def _columns(self) -> range:
        return range(len(self.names))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._divide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints whole rows, which is several times as fast as a delegate for each cell."""
        first, last = self.rowAt(event.rect().top()), self.rowAt(event.rect().bottom())
        if first < 0:
            return
        painter = QPainter(self.viewport())
        painter.setFont(theme.font(theme.SMALL))
        selected = {index.row() for index in self.selectionModel().selectedRows()}
        for row in range(first, len(self.rows) if last < 0 else last + 1):
            self._paint_row(painter, row, row in selected)

    def _paint_row(self, painter: QPainter, row: int, is_selected: bool) -> None:
        told, top, width = self.rows[row], self.rowViewportPosition(row), self.viewport().width()
        if is_selected:
            painter.fillRect(0, top, width, theme.px(_HIGH), theme.colour("field"))
        painter.fillRect(0, top + theme.px(_HIGH) - 1, width, 1, theme.colour("grid"))
        self._paint_square(
            painter, told.colour, QPoint(self.columnViewportPosition(0) + _MARK // 2, top + theme.px(_HIGH) // 2)
        )
        painter.setPen(theme.colour("good" if told.is_best else "text"))
        metrics, side = painter.fontMetrics(), int(Qt.AlignRight | Qt.AlignVCenter)
        for column, words in enumerate(told.cells, start=1):
            place = QRect(self.columnViewportPosition(column), top, self.columnWidth(column) - _PAD, theme.px(_HIGH))
            painter.drawText(place, side, metrics.elidedText(words, Qt.ElideRight, place.width()))

    def _paint_square(self, painter: QPainter, colour: str, centre: QPoint) -> None:
        square = QRect(0, 0, _SIDE, _SIDE)
        square.moveCenter(centre)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(theme.colour(colour or "border"))
        painter.setBrush(theme.colour(colour) if colour else Qt.NoBrush)
        painter.drawRoundedRect(square, 2, 2)

    def _trial(self, index: QModelIndex) -> int:
        return self.rows[index.row()].trial

    def _clicked(self, index: QModelIndex) -> None:
        (self.chosen if index.column() else self.compared).emit(self._trial(index))

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column():
            self.opened.emit(self._trial(index))

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.isValid() and current.row() != previous.row() and self.hasFocus():
            self.chosen.emit(self._trial(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the trial of the current row, C compares it."""
        current = self.currentIndex()
        if event.key() in (Qt.Key_Return, Qt.Key_Enter) and current.isValid():
            self.opened.emit(self._trial(current))
        elif event.key() == Qt.Key_C and not event.modifiers() and current.isValid():
            self.compared.emit(self._trial(current))
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 3 * theme.px(_HIGH))
