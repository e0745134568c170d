"""A list of runs of any length, which reads and paints visible rows only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QModelIndex, QPointF, QRect, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPolygonF
from PyQt5.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnviz.formatting import text
from nnviz.formatting.run_name import RunName
from nnviz.ui import alignment, theme
from nnviz.ui.fields import FieldEdit
from nnviz.ui.name_elision import fitted
from nnviz.ui.parts import named
from nnviz.ui.row_table import LazyRows, ListColumn, PaintedRowTable, RowModel, paint_square

STAR, COLOUR, TITLE, SEEDS, FIGURE = range(5)  # columns
_WIDTHS = {STAR: 20, COLOUR: 20, SEEDS: 32, FIGURE: 56}
_HIGH = 32  # pixels of a row
_HEADING = 22  # pixels above the first row of a section
_SIDE = 10  # of the square
_INDENT, _AIR, _GAP = 12, 4, 7
_ARROW = 3.5  # half the width of the triangle
_STAR = "★"


@dataclass(frozen=True)
class RunLine:
    """The content of a row.

    Attributes:
        title: title of the run.
        figure, figure_colour: the text at the right, and the name of its colour.
        colour: name of the run's colour in the comparison; empty if the run is not compared.
        is_starred, is_baseline: whether the run is starred; whether it is the baseline of the comparison.
        is_current: whether the run is in the window.
        depth: number of ancestors above the row.
        runs, of: number of runs that a row stands for, and their kind ("seed", "run"); 0 for a single run.
        is_open: whether these runs are listed below the row.
        is_branch: whether the row is a branch of the run above it.
        has_square: whether the row can be compared; otherwise the title begins at the place of the square.
        progress: progress of a group in training, shown in place of count and figure.
        name: the editable name if it differs from the title.
        heading: heading above the first row of a section; empty for other rows.
        number: "#18", the number of the run in its library.
    """

    title: RunName
    figure: str = ""
    figure_colour: str = "muted"
    colour: str = ""
    is_starred: bool = False
    is_baseline: bool = False
    is_current: bool = False
    depth: int = 0
    runs: int = 0
    of: str = "seed"
    is_open: bool = False
    is_branch: bool = False
    has_square: bool = True
    progress: str = ""
    name: str = ""
    heading: str = ""
    number: str = ""

    @property
    def words(self) -> RunName:
        """The title as the list shows it."""
        return self.title.after("↳ ") if self.is_branch else self.title

    @property
    def count(self) -> str:
        """ "×5" for a group; empty for a single run."""
        return f"×{text.count(self.runs)}" if self.runs else ""

    @property
    def told(self) -> str:
        """The text at the right."""
        return self.progress or self.figure

    @property
    def indent(self) -> int:
        """Pixels before the title."""
        return _INDENT * min(max(self.depth - self.is_branch, 0), 3)


class _RunTableModel(RowModel[RunLine]):
    """The model of the list. Names can be edited."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = (ListColumn(""),) * (len(_WIDTHS) + 1)
        self._tip: Callable[[int], str] = lambda place: ""
        self.renamed: Callable[[int, str], None] = lambda place, name: None

    def show_lines(self, count: int, line: Callable[[int], RunLine], tip: Callable[[int], str]) -> None:
        self._tip = tip
        self.reset(self.columns, LazyRows(count, line))

    def flags(self, index: QModelIndex) -> Any:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == TITLE else flags

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.EditRole:
            return super().data(index, role)
        line = self.rows[index.row()]
        return line.name or line.title

    def text(self, row: int, column: int) -> str:
        line = self.rows[row]
        star = _STAR if line.is_starred else ""
        return {STAR: star, COLOUR: "", TITLE: str(line.words), SEEDS: line.count, FIGURE: line.told}[column]

    def tip(self, row: int, column: int) -> str:
        return self._tip(row)

    def spoken(self, row: int, column: int) -> str:
        line = self.rows[row]
        spoken = {
            COLOUR: "compared" if line.colour else "",
            TITLE: f"{line.number} {line.words}".lstrip(),
            SEEDS: _spoken(line),
        }
        return spoken[column] if column in spoken else self.text(row, column)

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if str(value) != self.data(index, Qt.ItemDataRole.EditRole):
            self.renamed(index.row(), str(value))
        return True


def _spoken(line: RunLine) -> str:
    of = f"{line.of}{'s' * (line.runs != 1)}"
    return f"{text.count(line.runs)} {of}, {'open' if line.is_open else 'closed'}" if line.runs else ""


class _NameDelegate(QStyledItemDelegate):
    """The editor of a run's name."""

    def __init__(self, table: RunTable) -> None:
        super().__init__(table)
        self._table = table

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:
        field = named(FieldEdit(), "runNameEdit", "Name of the run", "Name of the run. Enter saves it.")
        field.is_in_table = True
        field.setParent(parent)
        return field

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Places the editor over the title; further left if the row has no square or number."""
        place = QRect(option.rect)
        place.setTop(place.bottom() + 1 - theme.px(_HIGH))  # below the heading of a section
        is_run = self._table.lines.rows[index.row()].has_square
        place.setLeft(place.left() + (self._table.number_width if is_run else -theme.px(_WIDTHS[COLOUR])))
        editor.setGeometry(place)


class _RowPainter:
    """Paints rows; looks up fonts, colours and columns once for all of them."""

    def __init__(self, painter: QPainter, columns: Mapping[int, tuple[int, int]], number_width: int) -> None:
        self._painter, self._columns, self._number_width = painter, columns, number_width
        self._plain, self._bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        self._colours: dict[str, QColor] = {}

    def _colour(self, name: str) -> QColor:
        if name not in self._colours:
            self._colours[name] = theme.colour(name)
        return self._colours[name]

    def _place(self, column: int, top: int) -> QRect:
        left, width = self._columns[column]
        return QRect(left, top, width, theme.px(_HIGH))

    def paint_heading(self, words: str, top: int, width: int) -> None:
        """Paints the heading of a section."""
        place = QRect(_AIR, top, width - 2 * _AIR, theme.px(_HEADING))
        self._painter.setFont(self._plain)
        self._write(fitted(words, place.width()), "muted", place, alignment.LEFT)
        self._painter.fillRect(0, top + theme.px(_HEADING) - 1, width, 1, self._colour("grid"))

    def paint(self, line: RunLine, top: int) -> None:
        """Paints a row."""
        painter = self._painter
        painter.setFont(self._plain)
        if line.is_starred:
            self._write(_STAR, "ink", self._place(STAR, top), alignment.CENTER)
        place = self._place(TITLE, top).adjusted(_AIR + self._number_width + line.indent, 0, 0, 0)
        if line.has_square:
            self._paint_square(line, self._place(COLOUR, top))
            number = self._place(TITLE, top).adjusted(_AIR, 0, 0, 0)
            number.setWidth(self._number_width - _GAP)
            self._write(line.number, "muted", number, alignment.RIGHT)
        else:
            place.setLeft(self._place(COLOUR, top).left() + _AIR)
        place.setRight(self._paint_right(line, top))
        if line.is_current:
            painter.setFont(self._bold)
        ink = "ink" if line.colour or line.is_current else "muted"
        self._write(self._fitted(line, place.width()), ink, place, alignment.LEFT)

    def _fitted(self, line: RunLine, width: int) -> str:
        """Returns the title shortened to the width: in the middle for runs, at the end for other rows."""
        if line.has_square:
            return fitted(line.words, width, line.is_current)
        return self._painter.fontMetrics().elidedText(line.words, Qt.TextElideMode.ElideRight, width)

    def _paint_right(self, line: RunLine, top: int) -> int:
        """Paints the text at the right in full; returns where the title has to end."""
        figure, count, triangle = _begins(line, self._columns, self._painter.fontMetrics())
        place = self._place(FIGURE, top).adjusted(0, 0, -_AIR, 0)
        place.setLeft(figure)
        self._write(line.told, "muted" if line.progress else line.figure_colour, place, alignment.RIGHT)
        end = figure - _AIR
        if not line.runs:
            return end
        if not line.progress:
            self._write(line.count, "muted", QRect(count, top, end - count + 1, theme.px(_HIGH)), alignment.RIGHT)
        self._paint_arrow(line.is_open, QPointF(triangle + _ARROW, place.center().y() + 0.5))
        return int(triangle - _ARROW)

    def _write(self, words: str, ink: str, place: QRect, side: int) -> None:
        self._painter.setPen(self._colour(ink))
        self._painter.drawText(place, side, words)

    def _paint_arrow(self, is_open: bool, centre: QPointF) -> None:
        """Paints a triangle that points to the right, or down."""
        corners = [QPointF(-_ARROW, -_ARROW / 2), QPointF(_ARROW, -_ARROW / 2), QPointF(0, _ARROW / 2 + 1)]
        if not is_open:
            corners = [QPointF(corner.y(), corner.x()) for corner in corners]
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(self._colour("muted"))
        self._painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))

    def _paint_square(self, line: RunLine, place: QRect) -> None:
        painter, square = self._painter, QRect(0, 0, _SIDE, _SIDE)
        square.moveCenter(place.center())
        paint_square(painter, square, line.colour)
        if line.is_baseline:
            painter.setPen(self._colour("ink"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(square.adjusted(-3, -3, 3, 3), 3, 3)


def _begins(line: RunLine, columns: Mapping[int, tuple[int, int]], metrics: QFontMetrics) -> tuple[int, int, float]:
    """Returns the x coordinates where the figure, the count and the triangle begin."""
    left, width = columns[FIGURE]
    figure = min(left, left + width - 1 - _AIR - metrics.horizontalAdvance(line.told))
    count = figure - _AIR - (0 if line.progress else metrics.horizontalAdvance(line.count))
    return figure, count, count - 3.5 * _ARROW


class RunTable(PaintedRowTable):
    """A list of runs. A click chooses a run, or stars it in the first column; a double click opens it.

    A click on the count, or the right and the left arrow, opens and closes a row that stands for several runs.

    Signals:
        chosen(int), starred(int), opened(int): the user chose, starred or opened the run in that row.
        renamed(int, str): the user renamed it.
        unfolded(int, bool): the user opened or closed that row; rows nested in another row also emit it when closed.
        moved: another row is the current one.
    """

    chosen = pyqtSignal(int)
    starred = pyqtSignal(int)
    opened = pyqtSignal(int)
    renamed = pyqtSignal(int, str)
    unfolded = pyqtSignal(int, bool)
    moved = pyqtSignal()

    def __init__(self) -> None:
        self.lines = _RunTableModel()
        super().__init__(self.lines, _HIGH)
        self.lines.renamed = self.renamed.emit
        self.setItemDelegate(_NameDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        heads = self.horizontalHeader()
        heads.hide()
        heads.setMinimumSectionSize(16)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)
        self._pressed = 0  # where the mouse was pressed, from the left
        self._headed: Sequence[int] = ()  # the rows that are higher, by a heading
        self._largest = 0  # of the numbers of runs
        self.fit_columns()

    def fit_columns(self) -> None:
        """Fits columns and headings to the text size."""
        for column, width in _WIDTHS.items():
            self.horizontalHeader().resizeSection(column, theme.px(width))
        for row in self._headed:
            self.setRowHeight(row, self.high + theme.px(_HEADING))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.x()
        if not self._is_heading(event.y()):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self._is_heading(event.y()):
            super().mouseDoubleClickEvent(event)

    def _is_heading(self, y: int) -> bool:
        """Whether there is the heading of a section at that height."""
        row = self.rowAt(y)
        return row in self._headed and y < self.rowViewportPosition(row) + theme.px(_HEADING)

    def _is_count(self, index: QModelIndex) -> bool:
        """Whether the mouse was pressed on the count or its triangle."""
        line = self.lines.rows[index.row()]
        if not line.runs or index.column() not in (TITLE, SEEDS):
            return False
        *_, triangle = _begins(line, self._columns, QFontMetrics(theme.font(theme.SMALL)))
        return index.column() == SEEDS or self._pressed >= triangle - _AIR

    @property
    def _columns(self) -> dict[int, tuple[int, int]]:
        """The start and width of each column."""
        return {column: (self.columnViewportPosition(column), self.columnWidth(column)) for column in range(5)}

    def _clicked(self, index: QModelIndex) -> None:
        if self._is_count(index):
            self.unfolded.emit(index.row(), not self.lines.rows[index.row()].is_open)
        else:
            (self.starred if index.column() == STAR else self.chosen).emit(index.row())

    def _double_clicked(self, index: QModelIndex) -> None:
        if self._is_count(index):
            self._clicked(index)
        elif index.column() != STAR:
            if self.lines.rows[index.row()].has_square:
                self.chosen.emit(index.row())  # takes back what the first click did
            self.opened.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.current is not None:
            self.unfolded.emit(self.current, event.key() == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def go_to(self, row: int) -> None:
        """Makes a row the current one and scrolls to it."""
        self.setCurrentIndex(self.lines.index(row, TITLE))

    def show_numbers(self, largest: int) -> None:
        """Reserves width for the numbers of runs up to the given one."""
        self._largest = largest

    @property
    def number_width(self) -> int:
        """Pixels for the numbers of runs at the left of the titles."""
        digits = max(len(str(self._largest)), 2)
        return QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(f"#{digits * '8'}") + _GAP

    def show_lines(
        self,
        count: int,
        line: Callable[[int], RunLine],
        tip: Callable[[int], str],
        current: int | None,
        is_sought: bool = False,
        headed: Sequence[int] = (),
    ) -> None:
        """Shows other rows and keeps the scroll position. Calls ``line`` and ``tip`` for visible rows and their
        tooltips.

        Args:
            current: the current row; None for none.
            is_sought: whether to scroll to it.
            headed: the rows with a heading.
        """
        scrolled = self.verticalScrollBar().value()
        self.lines.show_lines(count, line, tip)
        for row in {*self._headed, *headed}:
            self.setRowHeight(row, self.high + (theme.px(_HEADING) if row in headed else 0))
        self._headed = headed
        if current is not None:
            self.setAutoScroll(False)
            self.setCurrentIndex(self.lines.index(current, TITLE))
            self.setAutoScroll(True)
        self.verticalScrollBar().setValue(scrolled)
        if is_sought and current is not None:
            self.scrollTo(self.lines.index(current, TITLE))

    def show_anew(self) -> None:
        """Repaints the lines after their content has changed."""
        self.viewport().update()

    @property
    def row_width(self) -> int:
        return self.horizontalHeader().length()

    def paint_rows(self, painter: QPainter, rows: range) -> None:
        ink = _RowPainter(painter, self._columns, self.number_width)
        for row in rows:
            line = self.lines.rows[row]
            if line.heading:
                ink.paint_heading(line.heading, self.rowViewportPosition(row), self.row_width)
            ink.paint(line, self.bottom(row) - self.high)

    @property
    def current(self) -> int | None:
        """The current row; None for none."""
        return self.currentIndex().row() if self.currentIndex().isValid() else None

    def rename(self) -> None:
        """Opens the editor of the current run's name."""
        if self.current is not None:
            self.edit(self.lines.index(self.current, TITLE))

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self.moved.emit()
