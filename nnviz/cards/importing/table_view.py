"""The preview table: first rows of the file, with a menu on each column."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QModelIndex, QPoint, Qt, QTimer
from PyQt5.QtGui import QKeyEvent, QPainter, QResizeEvent
from PyQt5.QtWidgets import QAbstractItemView, QMenu, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.datasets.preview import TablePreview
from engine.datasets.table.table_columns import TEXT
from nnviz.cards.importing.column_header import ColumnHeader
from nnviz.cards.importing.table_model import IGNORED, INPUT, KINDS, PREDICT, TableModel
from nnviz.session.data_import import DataImport
from nnviz.ui import theme
from nnviz.ui.parts import named
from nnviz.ui.row_table import RowTable

_ROW, _PADDING = 22, 7  # pixels
_WIDEST, _AIR = 190, 18  # pixels: greatest width of a column; space next to its longest cell
_FORCED = ("texts", "numbers")  # settings with the kind of a column
_MOST_FITTED = 200  # columns; others have the default width
_ROLES = {
    PREDICT: "Predict this column",
    INPUT: "Use as input",
    IGNORED: "Ignore this column",
}
_TIP = (
    "First rows as they were read. Click the heading of a column, or press Enter, to choose its role. "
    "Unreadable cells are marked."
)


class _Cells(QStyledItemDelegate):
    """A word on a background, painted directly: a style sheet takes three times as long."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        model = index.model()
        assert isinstance(model, TableModel)
        ink, side = model.look(index.column())
        if model.is_wrong(index.row(), index.column()):
            ink = "error"
            painter.fillRect(option.rect, theme.colour("error_ground"))
        place = option.rect.adjusted(_PADDING, 0, -_PADDING, 0)
        painter.setPen(theme.colour(ink))
        words = model.data(index)
        painter.drawText(
            place, side, painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        )


class PreviewTable(RowTable):
    """Shows a preview. The menu of a column changes the settings of the import."""

    def __init__(self, importing: DataImport, parent: QWidget) -> None:
        self._shown = TableModel()
        header = ColumnHeader()
        super().__init__(self._shown, _ROW, header, parent)
        named(self, "importTable", "First rows of the table", _TIP)
        self._importing = importing
        self._seen = ""  # target column that was scrolled to
        self._sought = ""  # target column to scroll to once the table has its size
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.open_menu)
        numbers = self.verticalHeader()
        numbers.show()
        numbers.setSectionsClickable(False)
        numbers.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItemDelegate(_Cells(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setCornerButtonEnabled(False)

    def show_preview(self, preview: TablePreview | None) -> None:
        """Shows a preview, and scrolls to a new target column and to a column with an error."""
        bar = self.horizontalScrollBar()
        kept = bar.value()
        self._shown.show_preview(preview)
        self.horizontalHeader().viewport().update()  # headerDataChanged would repaint all cells
        self.updateGeometries()
        bar.setValue(kept)
        if preview is None or not preview.head:
            return
        target = str(preview.settings.get("target") or "")
        if target != self._seen:
            self._seen = target
            self._sought = target
            QTimer.singleShot(0, self._show_sought)  # once the table has its size
        if preview.error is not None:
            self._show_column(preview.error.parameter)

    def begin(self) -> None:
        """Prepares for another file, shown from its first row, with its target column in view."""
        self._seen = ""
        self.scrollToTop()
        self.horizontalScrollBar().setValue(0)

    def _show_sought(self) -> None:
        self._show_column(self._sought)
        self._sought = ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scrolls to the target column before painting: painting all cells twice is slow."""
        super().resizeEvent(event)
        self._show_column(self._sought)

    def _show_column(self, name: str) -> None:
        """Scrolls horizontally as little as needed to show a column."""
        preview = self._shown.preview
        names = [] if preview is None else [column.name for column in preview.columns]
        if name in names:
            bar = self.verticalScrollBar()
            row = bar.value()
            self.scrollTo(self._shown.index(max(0, self.rowAt(0)), names.index(name)))
            bar.setValue(row)  # a row that is cut at the top stays so

    def fit_columns(self) -> None:
        """Fits the width of the first columns to their headers and cells, within bounds."""
        header = self.horizontalHeader()
        assert isinstance(header, ColumnHeader)
        for column in range(min(_MOST_FITTED, self._shown.columnCount())):
            lines = self._shown.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole)
            cells = self._shown.longest(column)
            needed = max(header.width_for(lines), self.fontMetrics().horizontalAdvance(cells) + _AIR)
            header.resizeSection(column, min(needed, theme.px(_WIDEST)))

    def go_to_row(self, number: int) -> None:
        """Scrolls to a row, given by its number in the file, if it is shown."""
        preview = self._shown.preview
        if preview is not None and number in preview.head_rows:
            index = self._shown.index(preview.head_rows.index(number), max(0, self.currentIndex().column()))
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def open_menu(self, column: int) -> None:
        """Opens the menu of a column below its header."""
        menu = self._menu(column)
        header = self.horizontalHeader()
        menu.popup(header.viewport().mapToGlobal(QPoint(header.sectionViewportPosition(column), header.height())))

    def _menu(self, column: int) -> QMenu:
        preview = self._shown.preview
        assert preview is not None
        menu = named(QMenu(self), "importColumnMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for role, words in _ROLES.items():
            action = menu.addAction(words)
            action.setObjectName(f"{role}ColumnAction")
            action.setCheckable(True)
            action.setChecked(self._shown.role(column) == role)
            action.triggered.connect(partial(self._set_role, preview, column, role))
        menu.addSeparator()
        self._add_kinds(menu, preview, column)
        return menu

    def _add_kinds(self, menu: QMenu, preview: TablePreview, column: int) -> None:
        """Adds the kinds of a column to its menu; numbers only if most cells are numbers."""
        chosen = preview.columns[column]
        wish = next((each for each in _FORCED if chosen.name in preview.settings.get(each, ())), "")
        as_found = "as found in the file" if wish else f"as {KINDS[chosen.kind]}"
        offered = [("foundColumnAction", as_found, "")]
        if chosen.kind != TEXT or wish:
            offered.append(("categoriesColumnAction", f"as {KINDS[TEXT]}", "texts"))
        if chosen.mostly_numbers or wish == "numbers":
            offered.append(("numbersColumnAction", "as numbers", "numbers"))
        for name, words, kind in offered:
            action = menu.addAction(f"Read {words}")
            action.setObjectName(name)
            action.setCheckable(True)
            action.setChecked(kind == wish)
            action.triggered.connect(partial(self._set_kind, preview, chosen.name, kind))

    def _set_role(self, preview: TablePreview, column: int, role: str) -> None:
        name = preview.columns[column].name
        ignored = [each for each in preview.settings.get("ignored", ()) if each != name]
        if role == PREDICT:
            self._importing.choose(target=name, ignored=tuple(ignored))
        elif name != preview.settings.get("target"):
            self._importing.choose(ignored=(*ignored, name) if role == IGNORED else tuple(ignored))

    def _set_kind(self, preview: TablePreview, name: str, kind: str) -> None:
        """Sets the kind of a column. ``kind``: the setting that names the column; "" for none."""
        others = {each: tuple(other for other in preview.settings.get(each, ()) if other != name) for each in _FORCED}
        self._importing.choose(**{each: (*names, name) if each == kind else names for each, names in others.items()})

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Opens the menu of the current column by Return."""
        column = self.currentIndex().column()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Menu) and column >= 0:
            self.open_menu(column)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
