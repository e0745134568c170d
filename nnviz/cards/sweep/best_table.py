"""A short table of the best trials: rank, settings, figures, runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QModelIndex, QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PyQt5.QtWidgets import QHeaderView

from nnviz.ui import alignment, theme
from nnviz.ui.row_table import ListColumn, PaintedRowTable, RowModel, paint_square

_HIGH, _SIDE, _MARK = 25, 9, 22  # pixels: a row, the square, its column
_LEAST, _AIR, _PAD = 24, 12, 6  # pixels: a column at least, beside its text, and of that at the right


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


class _BestTrialModel(RowModel[BestTrialRow]):
    """Trials below the names of columns; the first column has the square of a compared trial."""

    def text(self, row: int, column: int) -> str:
        return self.rows[row].cells[column - 1] if column else ""

    def spoken(self, row: int, column: int) -> str:
        return self.text(row, column) if column or not self.rows[row].colour else "compared"


class BestTrialTable(PaintedRowTable):
    """A table of trials. A click chooses a trial, on its square it compares it; a double click or Enter opens it.

    Signals:
        chosen(int), compared(int), opened(int): the user chose, compared or opened the trial of that number.
    """

    chosen = pyqtSignal(int)
    compared = pyqtSignal(int)
    opened = pyqtSignal(int)

    def __init__(self) -> None:
        self._model = _BestTrialModel()
        super().__init__(self._model, _HIGH)
        self._divided: tuple[tuple[str, ...], int, int] = ((), 0, 0)  # the columns, the width and the text size
        heads = self.horizontalHeader()
        heads.setMinimumSectionSize(_MARK)
        heads.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)

    @property
    def rows(self) -> Sequence[BestTrialRow]:
        """The rows that are shown."""
        return self._model.rows

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns."""
        return [column.title for column in self._model.columns[1:]]

    def show_rows(self, names: Sequence[str], rows: Sequence[BestTrialRow], chosen: int | None) -> None:
        """Shows rows below the names of their columns; ``chosen`` is the number of the chosen trial."""
        self._model.show([ListColumn(""), *(ListColumn(name, is_number=True) for name in names)], rows)
        self.fit_columns()
        self.show_choice(chosen)

    def show_choice(self, chosen: int | None) -> None:
        """Selects the row of a trial, if it has one."""
        row = next((number for number, each in enumerate(self.rows) if each.trial == chosen), None)
        if row is None:
            self.clearSelection()
        elif row != self.currentIndex().row() or not self.selectionModel().hasSelection():
            self.selectRow(row)

    def fit_columns(self) -> None:
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
        for at in (*self._columns[:1], *reversed(self._columns[1:])):  # the rank first
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
        self.fit_columns()

    def paint_rows(self, painter: QPainter, rows: range) -> None:
        for number in rows:
            row, top = self.rows[number], self.rowViewportPosition(number)
            square = QRect(0, 0, _SIDE, _SIDE)
            square.moveCenter(QPoint(self.columnViewportPosition(0) + _MARK // 2, top + self.high // 2))
            paint_square(painter, square, row.colour)
            painter.setPen(theme.colour("good" if row.is_best else "ink"))
            for column, words in enumerate(row.cells, start=1):
                place = QRect(self.columnViewportPosition(column), top, self.columnWidth(column) - _PAD, self.high)
                words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
                painter.drawText(place, alignment.RIGHT, words)

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
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.opened.emit(self._trial(current))
        elif event.key() == Qt.Key.Key_C and not event.modifiers() and current.isValid():
            self.compared.emit(self._trial(current))
        else:
            super().keyPressEvent(event)
