"""Tables of read-only rows: their model, their look, and the painting of whole rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QRect, QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from nnviz.ui import alignment, theme

R = TypeVar("R")


class ListColumn(NamedTuple):
    """A column: its title, whether its texts stand at the right, its longest text, and the name of its colour."""

    title: str
    is_number: bool = False
    longest: str = ""
    colour: str = ""


class LazyRows(Sequence[R]):
    """Rows that a function makes, each when it is asked for."""

    def __init__(self, count: int, row: Callable[[int], R]) -> None:
        self._count, self._row = count, row

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: Any) -> Any:
        if not 0 <= place < self._count:
            raise IndexError(place)
        return self._row(place)


class RowModel(QAbstractTableModel, Generic[R]):
    """A model of rows in columns. Subclasses give the texts of the cells.

    Attributes:
        columns, rows: the columns, and the contents of the rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.columns: Sequence[ListColumn] = ()
        self.rows: Sequence[R] = ()

    def reset(self, columns: Sequence[ListColumn], rows: Sequence[R]) -> None:
        """Shows other rows. None of them is selected."""
        self.beginResetModel()
        self.columns, self.rows = columns, rows
        self.endResetModel()

    def show(self, columns: Sequence[ListColumn], rows: Sequence[R]) -> None:
        """Shows other rows. If there are as many as before, in the same columns, selection and widths stay."""
        if list(columns) != list(self.columns) or len(rows) != len(self.rows):
            self.reset(columns, rows)
        elif rows != self.rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))

    def text(self, row: int, column: int) -> str:
        """Returns the text of a cell."""
        raise NotImplementedError

    def tip(self, row: int, column: int) -> str:
        """Returns the tooltip of a cell: its text, unless a subclass has another one."""
        return self.text(row, column)

    def spoken(self, row: int, column: int) -> str:
        """Returns the text of a cell for screen readers."""
        return self.text(row, column)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(row, column)
        return self._side(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        title = self.columns[section].title
        return title if role == Qt.ItemDataRole.DisplayRole or (role == Qt.ItemDataRole.ToolTipRole and title) else None

    def _side(self, column: int) -> int:
        return alignment.RIGHT if self.columns[column].is_number else alignment.LEFT


class RowTable(QTableView):
    """A table of rows of one height, one of which may be selected. It has no grid, and scrolls smoothly."""

    def __init__(
        self,
        model: QAbstractTableModel,
        height: int,
        header: QHeaderView | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """``height``: of a row, in pixels at 100 percent."""
        super().__init__(parent)
        if header is not None:
            self.setHorizontalHeader(header)  # before the model: it must know the columns when they are fitted
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab goes to the next control
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerWidget(QWidget())  # else a frame is painted between two scroll bars
        heads, numbers = self.horizontalHeader(), self.verticalHeader()
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        numbers.hide()
        numbers.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        theme.sized(numbers.setDefaultSectionSize, height)
        model.modelReset.connect(self.fit_columns)
        theme.changed.connect(self.follow_theme)

    def follow_theme(self) -> None:
        """Follows a change of theme or text size."""
        self.fit_columns()
        self.viewport().update()

    def fit_columns(self) -> None:
        """Fits the widths of the columns to the rows and to the text size."""


class PaintedRowTable(RowTable):
    """A table that paints whole rows, which is several times as fast as a delegate for each cell."""

    least_width = 160  # pixels

    def __init__(self, model: RowModel[Any], height: int, header: QHeaderView | None = None) -> None:
        super().__init__(model, height, header)
        self._height = height

    @property
    def high(self) -> int:
        """Height of a row in pixels, without a heading above it."""
        return theme.px(self._height)

    @property
    def row_width(self) -> int:
        """Pixels of the ground of a row."""
        return self.viewport().width()

    def paint_rows(self, painter: QPainter, rows: range) -> None:
        """Paints the contents of rows, on their grounds."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        first, last = self.rowAt(event.rect().top()), self.rowAt(event.rect().bottom())
        if first < 0:
            return
        rows = range(first, self.model().rowCount() if last < 0 else last + 1)
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        selected = {index.row() for index in self.selectionModel().selectedRows()}
        for row in rows:
            place = QRect(0, self.bottom(row) - self.high, self.row_width, self.high)
            self.paint_ground(painter, place, row, row in selected)
        self.paint_rows(painter, rows)

    def paint_ground(self, painter: QPainter, place: QRect, row: int, is_selected: bool) -> None:
        """Paints the ground of a row: a line below it, and another colour if it is selected."""
        if is_selected:
            painter.fillRect(place, theme.colour("field"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("grid"))

    def bottom(self, row: int) -> int:
        """Returns the y coordinate below a row."""
        return self.rowViewportPosition(row) + self.rowHeight(row)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.least_width, 3 * self.high)


def paint_square(painter: QPainter, square: QRect, colour: str, edge: str = "border") -> None:
    """Paints the square of a run or a trial in its colour; without one an empty square with an edge."""
    ink = theme.colour(colour or edge)
    painter.setPen(ink)
    painter.setBrush(ink if colour else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(square, 2, 2)
