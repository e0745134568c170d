"""A table of differences: a row for each setting or figure, a column for each run, with its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PyQt5.QtCore import QRect, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QResizeEvent
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView

from nnviz.ui import alignment, theme
from nnviz.ui.name_elision import fitted
from nnviz.ui.row_table import ListColumn, PaintedRowTable, RowModel

_HIGH, _NAME, _LEAST, _MOST = 27, 180, 112, 260  # pixels: a row, the first column, the others at least and at most
_SIDE, _GAP, _AIR = 9, 6, 8


class DifferenceCell(NamedTuple):
    """A value, its difference to the baseline, and an addition for the tooltip; empty texts for nothing."""

    text: str
    delta: str = ""
    tip: str = ""


@dataclass(frozen=True)
class DifferenceRow:
    """The title of a row, a cell for each run, and whether the row is highlighted."""

    name: str
    cells: tuple[DifferenceCell, ...]
    is_strong: bool = False


class _DifferenceModel(RowModel[DifferenceRow]):
    """Differences; the first column has the titles of the rows."""

    def text(self, row: int, column: int) -> str:
        if not column:
            return self.rows[row].name
        cell = self.rows[row].cells[column - 1]
        return f"{cell.text} {cell.delta}".rstrip()

    def tip(self, row: int, column: int) -> str:
        tip = self.rows[row].cells[column - 1].tip if column else ""
        return f"{self.text(row, column)}\n{tip}" if tip else self.text(row, column)


class _RunHeader(QHeaderView):
    """A header with the names of runs, each after the square of its colour."""

    def paintSection(self, painter: QPainter, place: QRect, section: int) -> None:
        painter.fillRect(place, theme.colour("card"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("grid"))
        model = self.model()
        assert isinstance(model, _DifferenceModel)
        if not section or section >= len(model.columns):
            return
        run, room = model.columns[section], place.adjusted(_AIR + _SIDE + _GAP, 0, -_AIR, 0)
        painter.setFont(theme.font(bold=True))
        painter.setPen(theme.colour("ink"))
        words = fitted(run.title, room.width(), True, theme.TEXT)
        painter.drawText(room, alignment.RIGHT, words)
        left = room.right() - painter.fontMetrics().horizontalAdvance(words) - _GAP - _SIDE
        painter.fillRect(left, place.center().y() - _SIDE // 2, _SIDE, _SIDE, theme.colour(run.colour))


class DifferenceTable(PaintedRowTable):
    """A table of differences. Long values are elided in the middle and complete in their tooltips."""

    least_width = 200

    def __init__(self) -> None:
        self._model = _DifferenceModel()
        super().__init__(self._model, _HIGH, _RunHeader(Qt.Orientation.Horizontal))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)

    def show_rows(self, heads: Sequence[tuple[str, str]], rows: Sequence[DifferenceRow]) -> None:
        """Shows other rows; ``heads`` are title and colour name of each run."""
        self._model.show([ListColumn(""), *(ListColumn(title, colour=colour) for title, colour in heads)], list(rows))

    def fit_columns(self) -> None:
        header, count = self.horizontalHeader(), len(self._model.columns) - 1
        if count < 1:
            return
        room = (self.viewport().width() - theme.px(_NAME)) // count
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for section in range(count + 1):
            width = min(max(room, theme.px(_LEAST)), theme.px(_MOST)) if section else theme.px(_NAME)
            header.resizeSection(section, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def paint_rows(self, painter: QPainter, rows: range) -> None:
        """Paints values and, in grey, their differences."""
        for number in rows:
            row = self.rows[number]
            place = self._place(number, 0)
            painter.setFont(theme.font())
            painter.setPen(theme.colour("ink"))
            name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, alignment.LEFT, name)
            for column, cell in enumerate(row.cells, start=1):
                _paint_cell(painter, cell, row.is_strong, self._place(number, column))

    def _place(self, row: int, column: int) -> QRect:
        """Returns the room for the texts of a cell."""
        return self.visualRect(self._model.index(row, column)).adjusted(_AIR, 0, -_AIR, 0)

    @property
    def rows(self) -> Sequence[DifferenceRow]:
        """The rows that are shown."""
        return self._model.rows


def _paint_cell(painter: QPainter, cell: DifferenceCell, is_strong: bool, place: QRect) -> None:
    right = alignment.RIGHT
    small = theme.font(theme.SMALL)
    width = QFontMetrics(small).horizontalAdvance(cell.delta) + _GAP if cell.delta else 0
    painter.setFont(small)
    painter.setPen(theme.colour("muted"))
    painter.drawText(place, right, cell.delta)
    painter.setFont(theme.font(bold=is_strong))
    painter.setPen(theme.colour("ink"))
    room = place.adjusted(0, 0, -width, 0)
    painter.drawText(
        room, right, painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideMiddle, room.width())
    )
