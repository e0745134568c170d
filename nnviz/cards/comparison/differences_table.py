"""A table of differences: a row for each setting or figure, a column for each run, with its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from nnviz.ui import theme
from nnviz.ui.name_elision import fitted
from nnviz.ui.row_table import show_as_rows

_HIGH, _NAME, _LEAST = 25, 150, 104  # pixels: a row, the first column, the others at least
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


class _DifferenceTableModel(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.heads: Sequence[tuple[str, str]] = ()  # titles and names of colours
        self.rows: Sequence[DifferenceRow] = ()

    def show(self, heads: Sequence[tuple[str, str]], rows: Sequence[DifferenceRow]) -> bool:
        """Shows other rows; returns whether their titles or number have changed, not only the figures."""
        is_other = list(heads) != list(self.heads) or [row.name for row in rows] != [row.name for row in self.rows]
        if is_other:
            self.beginResetModel()
            self.heads, self.rows = heads, rows
            self.endResetModel()
        elif rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 1), self.index(len(rows) - 1, len(heads)))
        return is_other

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.heads) + 1

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if role not in (Qt.DisplayRole, Qt.ToolTipRole):
            return None
        row = self.rows[index.row()]
        if not index.column():
            return row.name
        cell = row.cells[index.column() - 1]
        words = f"{cell.text} {cell.delta}".rstrip()
        return f"{words}\n{cell.tip}" if cell.tip and role == Qt.ToolTipRole else words

    def headerData(self, section: int, side: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if side != Qt.Horizontal:
            return None
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignRight | Qt.AlignVCenter)
        if not section:
            return "" if role == Qt.DisplayRole else None
        return self.heads[section - 1][0] if role in (Qt.DisplayRole, Qt.ToolTipRole) else None


class _RunHeader(QHeaderView):
    """A header with the names of runs, each after the square of its colour."""

    def __init__(self) -> None:
        super().__init__(Qt.Horizontal)
        self.setHighlightSections(False)
        self.setSectionsClickable(False)

    def paintSection(self, painter: QPainter, place: QRect, section: int) -> None:
        painter.fillRect(place, theme.colour("card"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("grid"))
        model = self.model()
        assert isinstance(model, _DifferenceTableModel)
        if not section or section > len(model.heads):
            return
        (title, colour), room = model.heads[section - 1], place.adjusted(_AIR + _SIDE + _GAP, 0, -_AIR, 0)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        words = fitted(title, room.width())
        painter.drawText(room, int(Qt.AlignRight | Qt.AlignVCenter), words)
        left = room.right() - painter.fontMetrics().horizontalAdvance(words) - _GAP - _SIDE
        painter.fillRect(left, place.center().y() - _SIDE // 2, _SIDE, _SIDE, theme.colour(colour))


class _DifferenceDelegate(QStyledItemDelegate):
    """Paints a value and, smaller and in grey, its difference."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        model = index.model()
        assert isinstance(model, _DifferenceTableModel)
        row, place = model.rows[index.row()], QRect(option.rect)
        painter.save()
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("grid"))
        place = place.adjusted(_AIR, 0, -_AIR, 0)
        if not index.column():
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            name = painter.fontMetrics().elidedText(row.name, Qt.ElideRight, place.width())
            painter.drawText(place, int(Qt.AlignLeft | Qt.AlignVCenter), name)
        else:
            _paint_cell(painter, row.cells[index.column() - 1], row.is_strong, place)
        painter.restore()


def _paint_cell(painter: QPainter, cell: DifferenceCell, is_strong: bool, place: QRect) -> None:
    right = int(Qt.AlignRight | Qt.AlignVCenter)
    small = theme.font(theme.SMALL)
    width = QFontMetrics(small).horizontalAdvance(cell.delta) + _GAP if cell.delta else 0
    painter.setFont(small)
    painter.setPen(theme.colour("muted"))
    painter.drawText(place, right, cell.delta)
    painter.setFont(theme.font(theme.SMALL, bold=is_strong))
    painter.setPen(theme.colour("text"))
    room = place.adjusted(0, 0, -width, 0)
    painter.drawText(room, right, painter.fontMetrics().elidedText(cell.text, Qt.ElideMiddle, room.width()))


class DifferenceTable(QTableView):
    """A table of differences. Long values are elided in the middle and complete in their tooltips."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = _DifferenceTableModel()
        self.setHorizontalHeader(_RunHeader())
        self.setModel(self._lines)
        self.setItemDelegate(_DifferenceDelegate(self))
        self.setSelectionMode(QAbstractItemView.NoSelection)
        show_as_rows(self, _HIGH)
        theme.changed.connect(self.viewport().update)
        theme.changed.connect(self._fit)

    def show_rows(self, heads: Sequence[tuple[str, str]], rows: Sequence[DifferenceRow]) -> None:
        """Shows other rows; ``heads`` are title and colour name of each run."""
        is_new = (list(heads), list(rows)) != (list(self._lines.heads), list(self._lines.rows))
        if is_new and self._lines.show(list(heads), list(rows)):
            self._fit()

    def _fit(self) -> None:
        header, count = self.horizontalHeader(), len(self._lines.heads)
        is_roomy = count * theme.px(_LEAST) + theme.px(_NAME) <= self.viewport().width()
        header.setSectionResizeMode(QHeaderView.Stretch if is_roomy else QHeaderView.Fixed)
        header.setSectionResizeMode(0, QHeaderView.Fixed)
        header.resizeSection(0, theme.px(_NAME))
        if not is_roomy:
            for section in range(1, count + 1):
                header.resizeSection(section, theme.px(_LEAST))

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 3 * theme.px(_HIGH))

    @property
    def rows(self) -> Sequence[DifferenceRow]:
        """The rows that are shown."""
        return self._lines.rows
