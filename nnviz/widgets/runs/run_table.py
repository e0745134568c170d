"""Runs as a list of any length: only the rows in sight are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnviz.look import theme
from nnviz.widgets.fields import FieldEdit
from nnviz.widgets.parts import named
from nnviz.widgets.table_look import show_as_rows

STAR, COLOUR, TITLE, FIGURE = range(4)  # columns
_WIDTHS = {STAR: 20, COLOUR: 20, FIGURE: 54}
_HIGH = 32  # pixels of a row
_SIDE = 10  # of the square
_INDENT = 12


@dataclass(frozen=True)
class RunLine:
    """A row.

    Attributes:
        title: what the run is called.
        figure, figure_colour: what stands at the right, and the name of its colour.
        colour: the name of the run's colour while it is compared; empty while it is not.
        is_starred, is_baseline: whether it is marked, and whether the others are measured by it.
        is_current: whether it is in the window.
        depth: how many of its ancestors stand above it.
    """

    title: str
    figure: str = ""
    figure_colour: str = "muted"
    colour: str = ""
    is_starred: bool = False
    is_baseline: bool = False
    is_current: bool = False
    depth: int = 0


class _Model(QAbstractTableModel):
    """Makes a line when its row is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._line: Callable[[int], RunLine] = lambda place: RunLine("")
        self._tip: Callable[[int], str] = lambda place: ""
        self._last: tuple[int, RunLine] = (-1, RunLine(""))  # a row is painted cell by cell
        self.renamed: Callable[[int, str], None] = lambda place, name: None

    def show(self, count: int, line: Callable[[int], RunLine], tip: Callable[[int], str]) -> None:
        self.beginResetModel()
        self.count, self._line, self._tip, self._last = count, line, tip, (-1, RunLine(""))
        self.endResetModel()

    def forget(self) -> None:
        self._last = (-1, RunLine(""))

    def line(self, place: int) -> RunLine:
        if self._last[0] != place:
            self._last = place, self._line(place)
        return self._last[1]

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self.count

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(_WIDTHS) + 1

    def flags(self, index: QModelIndex) -> Qt.ItemFlags:
        usual = Qt.ItemIsEnabled | Qt.ItemIsSelectable
        return Qt.ItemFlags(usual | Qt.ItemIsEditable if index.column() == TITLE else usual)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if role not in (Qt.DisplayRole, Qt.EditRole, Qt.ToolTipRole, Qt.AccessibleTextRole):
            return None
        if role == Qt.ToolTipRole:
            return self._tip(index.row())
        line = self.line(index.row())
        if role == Qt.EditRole:
            return line.title
        words = {
            STAR: "★" if line.is_starred else "",
            COLOUR: "compared" if line.colour and role == Qt.AccessibleTextRole else "",
            TITLE: f"↳ {line.title}" if line.depth else line.title,
            FIGURE: line.figure,
        }
        return words[index.column()]

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.EditRole) -> bool:
        if str(value) != self.line(index.row()).title:
            self.renamed(index.row(), str(value))
        return True


class _Cells(QStyledItemDelegate):
    """Paints the cells of a line, and makes the field for another name."""

    def __init__(self, table: RunTable) -> None:
        super().__init__(table)
        self._lines = table.lines

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line, place = self._lines.line(index.row()), QRect(option.rect)
        painter.save()
        if option.state & QStyle.State_Selected:
            painter.fillRect(place, theme.colour("field"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("grid"))
        if index.column() == COLOUR:
            _paint_square(painter, line, place)
        else:
            _paint_words(painter, line, place, index)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:
        field = named(FieldEdit(), "runNameEdit", "Name of the run", "What the run is called. Enter keeps the name.")
        field.setParent(parent)
        return field


def _paint_square(painter: QPainter, line: RunLine, place: QRect) -> None:
    square = QRect(0, 0, _SIDE, _SIDE)
    square.moveCenter(place.center())
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(theme.colour(line.colour or "border"))
    painter.setBrush(theme.colour(line.colour) if line.colour else Qt.NoBrush)
    painter.drawRoundedRect(square, 2, 2)
    if line.is_baseline:
        painter.setPen(theme.colour("text"))
        painter.setBrush(Qt.NoBrush)
        painter.drawRoundedRect(square.adjusted(-3, -3, 3, 3), 3, 3)


def _paint_words(painter: QPainter, line: RunLine, place: QRect, index: QModelIndex) -> None:
    column, words = index.column(), str(index.data())
    colours = {STAR: "text", TITLE: "text" if line.colour or line.is_current else "muted", FIGURE: line.figure_colour}
    sides = {STAR: Qt.AlignHCenter, TITLE: Qt.AlignLeft, FIGURE: Qt.AlignRight}
    if column == TITLE:
        place = place.adjusted(4 + _INDENT * min(line.depth - 1, 3) if line.depth else 4, 0, -4, 0)
    elif column == FIGURE:
        place = place.adjusted(0, 0, -4, 0)
    painter.setFont(theme.font(theme.SMALL, bold=line.is_current and column == TITLE))
    painter.setPen(theme.colour(colours[column]))
    painter.drawText(
        place,
        int(sides[column] | Qt.AlignVCenter),
        painter.fontMetrics().elidedText(words, Qt.ElideRight, place.width()),
    )


class RunTable(QTableView):
    """A click chooses a run, in the first column it marks it; a double click opens it.

    Signals:
        chosen(int), starred(int), opened(int): what the person did with the run in that row.
        renamed(int, str): the person gave it another name.
        moved: another row is the current one.
    """

    chosen = pyqtSignal(int)
    starred = pyqtSignal(int)
    opened = pyqtSignal(int)
    renamed = pyqtSignal(int, str)
    moved = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.lines = _Model()
        self.lines.renamed = self.renamed.emit
        self.setModel(self.lines)
        self.setItemDelegate(_Cells(self))
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setSelectionMode(QAbstractItemView.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        show_as_rows(self, _HIGH)
        heads = self.horizontalHeader()
        heads.hide()
        heads.setMinimumSectionSize(16)
        heads.setSectionResizeMode(QHeaderView.Fixed)
        for column, width in _WIDTHS.items():
            heads.resizeSection(column, width)
        heads.setSectionResizeMode(TITLE, QHeaderView.Stretch)
        self.clicked.connect(lambda index: (self.starred if index.column() == STAR else self.chosen).emit(index.row()))
        self.doubleClicked.connect(self._double_clicked)
        theme.changed.connect(self.viewport().update)

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column() != STAR:
            self.chosen.emit(index.row())  # takes back what the first click did
            self.opened.emit(index.row())

    def show_lines(
        self,
        count: int,
        line: Callable[[int], RunLine],
        tip: Callable[[int], str],
        current: int | None,
        is_sought: bool = False,
    ) -> None:
        """Shows other rows, scrolled as before; ``line`` is called for those in sight, ``tip`` for their tooltips.

        Args:
            current: the current row; None for none.
            is_sought: whether it is brought into sight.
        """
        scrolled = self.verticalScrollBar().value()
        self.lines.show(count, line, tip)
        if current is not None:
            self.setAutoScroll(False)
            self.setCurrentIndex(self.lines.index(current, TITLE))
            self.setAutoScroll(True)
        self.verticalScrollBar().setValue(scrolled)
        if is_sought and current is not None:
            self.scrollTo(self.lines.index(current, TITLE))

    def show_anew(self) -> None:
        """Paints the lines again: what they tell has changed."""
        self.lines.forget()
        self.viewport().update()

    @property
    def current(self) -> int | None:
        """The current row; None for none."""
        return self.currentIndex().row() if self.currentIndex().isValid() else None

    def rename(self) -> None:
        """Opens the field for another name of the current run."""
        if self.current is not None:
            self.edit(self.lines.index(self.current, TITLE))

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self.moved.emit()

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 3 * _HIGH)
