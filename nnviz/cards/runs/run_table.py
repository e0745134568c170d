"""A list of runs of any length, which reads and paints visible rows only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PyQt5.QtCore import QEvent, QModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPolygonF
from PyQt5.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnviz.formatting import text
from nnviz.formatting.run_name import BETWEEN, RunName
from nnviz.ui import alignment, theme
from nnviz.ui.fields import FieldEdit
from nnviz.ui.name_elision import fitted
from nnviz.ui.parts import named
from nnviz.ui.row_table import LazyRows, ListColumn, PaintedRowTable, RowModel, paint_square

STAR, COLOUR, TITLE, SEEDS, FIGURE, DETAILS = range(6)  # columns, of which only TITLE is shown, over the whole width
_HIGH = 54  # pixels of a row: two lines of text in a frame
_HEADING = 24  # pixels above the first row of a section
_EDGE, _TOP, _BOTTOM = 9, 6, 8  # pixels between the texts and the edges of the row
_SIDE = 12  # of the square
_INDENT, _GAP = 12, 9
_STAR_WIDTH = 18  # pixels
_ARROW = 3.5  # half the width of the triangle
_STAR, _NO_STAR = "★", "☆"


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
        number: "#18", the number of the run in its library; "#3–7" for a group.
        details: its seed, epochs and age, in the second line.
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
    details: str = ""

    @property
    def words(self) -> RunName:
        """The title as the list shows it."""
        return self.title.after("↳ ") if self.is_branch else self.title

    @property
    def count(self) -> str:
        """ "5 seeds" for a group; empty for a single run."""
        return f"{text.count(self.runs)} {self.of}{'s' * (self.runs != 1)}" if self.runs else ""

    @property
    def second(self) -> str:
        """The second line."""
        return BETWEEN.join(filter(None, (self.count, "open" if self.is_current else "", self.details)))

    @property
    def told(self) -> str:
        """The text at the right."""
        return self.progress or self.figure

    @property
    def indent(self) -> int:
        """Pixels before the title."""
        return _INDENT * min(max(self.depth - self.is_branch, 0), 3)


class _Places(NamedTuple):
    """Where the parts of a row are, in pixels."""

    square: QRect
    title: QRect
    figure: QRect
    seeds: QRect
    second: QRect
    star: QRect

    @classmethod
    def of(cls, line: RunLine, row: QRect) -> _Places:
        """Returns the places in the rectangle of a row."""
        small = QFontMetrics(theme.font(theme.SMALL))
        told = small if line.progress else QFontMetrics(theme.font(bold=True))
        inner = row.adjusted(_EDGE + line.indent, theme.px(_TOP), -_EDGE, -theme.px(_BOTTOM))
        first, second = QRect(inner), QRect(inner)
        first.setBottom(inner.center().y())
        second.setTop(inner.center().y() + 1)
        square = QRect(first.left(), first.center().y() - _SIDE // 2, _SIDE, _SIDE)
        figure, star, seeds = QRect(first), QRect(second), QRect(second)
        figure.setLeft(first.right() - told.horizontalAdvance(line.told))
        star.setLeft(second.right() - theme.px(_STAR_WIDTH))
        seeds.setWidth(_SIDE + _GAP + small.horizontalAdvance(line.count) if line.runs else 0)
        if line.has_square:
            first.setLeft(first.left() + _SIDE + _GAP)
        first.setRight(figure.left() - _GAP)
        second.setLeft(second.left() + _SIDE + _GAP)
        return cls(square, first, figure, seeds, second, star)


class _RunTableModel(RowModel[RunLine]):
    """The model of the list. Names can be edited."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = (ListColumn(""),) * (DETAILS + 1)
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
        return (star, "", str(line.words), line.count, line.told, line.details)[column]

    def tip(self, row: int, column: int) -> str:
        return self._tip(row)

    def spoken(self, row: int, column: int) -> str:
        line = self.rows[row]
        spoken = {
            COLOUR: "compared" if line.colour else "",
            TITLE: ", ".join(filter(None, (f"{line.number} {line.words}".lstrip(), line.told, line.second))),
            SEEDS: _spoken(line),
        }
        return spoken[column] if column in spoken else self.text(row, column)

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if str(value) != self.data(index, Qt.ItemDataRole.EditRole):
            self.renamed(index.row(), str(value))
        return True


def _spoken(line: RunLine) -> str:
    return f"{line.count}, {'open' if line.is_open else 'closed'}" if line.runs else ""


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
        """Places the editor over the title and the figure."""
        places = self._table.places_in(index.row())
        editor.setGeometry(places.title.united(places.figure).adjusted(-4, -2, 4, 2))


class _RowPainter:
    """Paints rows; looks up fonts and colours once for all of them."""

    def __init__(self, painter: QPainter) -> None:
        self._painter = painter
        self._small, self._bold = theme.font(theme.SMALL), theme.font(bold=True)
        self._colours: dict[str, QColor] = {}

    def _colour(self, name: str) -> QColor:
        if name not in self._colours:
            self._colours[name] = theme.colour(name)
        return self._colours[name]

    def paint_heading(self, words: str, top: int, width: int) -> None:
        """Paints the heading of a section."""
        place = QRect(_EDGE, top, width - 2 * _EDGE, theme.px(_HEADING))
        self._painter.setFont(self._small)
        self._write(fitted(words, place.width()), "muted", place, alignment.LEFT)

    def paint(self, line: RunLine, places: _Places, has_star: bool) -> None:
        """Paints a row. ``has_star``: whether a star is offered to a row without one."""
        painter = self._painter
        if line.has_square:
            self._paint_square(line, places.square)
        painter.setFont(self._bold)
        number = f"{line.number} " if line.number and line.has_square else ""
        width = painter.fontMetrics().horizontalAdvance(number)
        words = fitted(line.words, places.title.width() - width, True, theme.TEXT)
        self._write(f"{number}{words}", "ink", places.title, alignment.LEFT)
        if line.progress:
            painter.setFont(self._small)
        self._write(line.told, "muted" if line.progress else line.figure_colour, places.figure, alignment.RIGHT)
        painter.setFont(self._small)
        room = places.second.width()
        if line.is_starred or has_star:
            star = _STAR if line.is_starred else _NO_STAR
            self._write(star, "ink" if line.is_starred else "muted", places.star, alignment.RIGHT)
            room -= places.star.width()
        parts = line.second.split(BETWEEN)
        while len(parts) > 1 and painter.fontMetrics().horizontalAdvance(BETWEEN.join(parts)) > room:
            parts.pop()
        elided = painter.fontMetrics().elidedText(BETWEEN.join(parts), Qt.TextElideMode.ElideRight, room)
        self._write(elided, "muted", places.second, alignment.LEFT)
        if line.runs:
            self._paint_arrow(line.is_open, QPointF(places.square.center().x() + 0.5, places.seeds.center().y() + 0.5))

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

    def _paint_square(self, line: RunLine, square: QRect) -> None:
        painter = self._painter
        paint_square(painter, square, line.colour, "edge")
        if line.is_baseline:
            painter.setPen(self._colour("ink"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(square.adjusted(-3, -3, 3, 3), 3, 3)


class RunTable(PaintedRowTable):
    """A list of runs in two lines each. A click chooses a run, or stars it at its right end; a double click opens it.

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
        heads.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        for column in range(DETAILS + 1):
            self.setColumnHidden(column, column != TITLE)
        self.setMouseTracking(True)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)
        self._pressed = QPoint()  # where the mouse was pressed
        self._hovered = -1  # the row under the mouse
        self._headed: Sequence[int] = ()  # the rows that are higher, by a heading
        self.fit_columns()

    def fit_columns(self) -> None:
        """Fits headings to the text size."""
        for row in self._headed:
            self.setRowHeight(row, self.high + theme.px(_HEADING))

    def places_in(self, row: int) -> _Places:
        """Returns where the parts of a row are, in pixels of the viewport."""
        return _Places.of(self.lines.rows[row], QRect(0, self.bottom(row) - self.high, self.row_width, self.high))

    def place_of(self, row: int, column: int) -> QRect:
        """Returns where the text of a column is."""
        places = self.places_in(row)
        second = places.second
        return (places.star, places.square, places.title, places.seeds, places.figure, second)[column]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.pos()
        if not self._is_heading(event.y()):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self._is_heading(event.y()):
            super().mouseDoubleClickEvent(event)

    def _is_heading(self, y: int) -> bool:
        """Whether there is the heading of a section at that height."""
        row = self.rowAt(y)
        return row in self._headed and y < self.rowViewportPosition(row) + theme.px(_HEADING)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.least_width, self.high)

    def _is_over(self, row: int, column: int) -> bool:
        """Whether the mouse was pressed on the text of a column."""
        return self.place_of(row, column).adjusted(-_GAP, -2, _GAP, 2).contains(self._pressed)

    def _is_count(self, row: int) -> bool:
        """Whether the mouse was pressed on the count or its triangle."""
        return bool(self.lines.rows[row].runs) and self._is_over(row, SEEDS)

    def _clicked(self, index: QModelIndex) -> None:
        row = index.row()
        if self._is_count(row):
            self.unfolded.emit(row, not self.lines.rows[row].is_open)
        else:
            (self.starred if self._is_over(row, STAR) else self.chosen).emit(row)

    def _double_clicked(self, index: QModelIndex) -> None:
        row = index.row()
        if self._is_count(row):
            self._clicked(index)
        elif not self._is_over(row, STAR):
            if self.lines.rows[row].has_square:
                self.chosen.emit(row)  # takes back what the first click did
            self.opened.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.current is not None:
            self.unfolded.emit(self.current, event.key() == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def go_to(self, row: int) -> None:
        """Makes a row the current one and scrolls to it."""
        self.setCurrentIndex(self.lines.index(row, TITLE))

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

    def paint_ground(self, painter: QPainter, place: QRect, row: int, is_selected: bool) -> None:
        """Paints a frame around a compared or selected row."""
        is_compared = bool(self.lines.rows[row].colour)
        if is_compared or is_selected:
            edge = "edge" if is_compared else "border"
            painter.setPen(theme.colour("ink" if is_selected and self.hasFocus() else edge))
            painter.setBrush(theme.colour("field"))
            painter.drawRoundedRect(QRectF(place).adjusted(0.5, 1.5, -0.5, -3.5), 5, 5)

    def paint_rows(self, painter: QPainter, rows: range) -> None:
        ink = _RowPainter(painter)
        for row in rows:
            line = self.lines.rows[row]
            if line.heading:
                ink.paint_heading(line.heading, self.rowViewportPosition(row), self.row_width)
            ink.paint(line, self.places_in(row), row in (self._hovered, self.current))

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
