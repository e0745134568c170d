"""The table model of a preview: first rows, and the role and kind of each column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, Qt

from engine.datasets.preview import PreviewColumn, TablePreview
from engine.datasets.table.cells import Problem
from engine.datasets.table.table_columns import NUMBER, TEXT, YES_NO
from nnviz.formatting import text
from nnviz.ui import alignment

PREDICT, INPUT, IGNORED = "predict", "input", "ignored"
_SAMPLED_ROWS = 30  # for the width of a column
KINDS = {NUMBER: "number", YES_NO: "yes or no", TEXT: "categories"}


class TableModel(QAbstractTableModel):
    """Cells as in the file. Unreadable cells are marked, with the error in their tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.preview: TablePreview | None = None
        self._wrong: dict[tuple[int, str], Problem] = {}  # by row and column of the file

    def show_preview(self, preview: TablePreview | None) -> None:
        """Sets the preview; None for none."""
        same = self.preview is not None and preview is not None and self.preview.head == preview.head
        is_same = same and len(self.preview.columns) == len(preview.columns)  # type: ignore[union-attr]
        if not is_same:
            self.beginResetModel()
        looked = _looks(self.preview)
        self.preview = preview
        problems = preview.problems if preview is not None else ()
        self._wrong = {(row, each.column): each for each in problems for row in each.rows}
        if not is_same:
            self.endResetModel()
        elif _looks(preview) != looked:  # keeps the scroll position; repaints only if needed, as it is slow
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # the signature in Qt
        return 0 if self.preview is None or parent.isValid() else len(self.preview.head)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if self.preview is None or parent.isValid() else len(self.preview.columns)

    def role(self, column: int) -> str:
        """Returns the role of a column."""
        assert self.preview is not None
        name = self.preview.columns[column].name
        if name == self.preview.settings.get("target"):
            return PREDICT
        return IGNORED if name in self.preview.settings.get("ignored", ()) else INPUT

    def is_used(self, column: int) -> bool:
        """Whether a column is an input or a target."""
        assert self.preview is not None
        role = self.role(column)
        return role == PREDICT or (role == INPUT and not self.preview.columns[column].reason_unavailable)

    def longest(self, column: int) -> str:
        """Returns the longest of a column's first cells."""
        assert self.preview is not None
        return max((text.name(row[column]) for row in self.preview.head[:_SAMPLED_ROWS]), key=len, default="")

    def is_wrong(self, row: int, column: int) -> bool:
        """Whether a cell could not be read."""
        return self.preview is not None and (row, column) in self.preview.wrong_cells

    def look(self, column: int) -> tuple[str, int]:
        """Returns the theme colour and the alignment of a column's cells."""
        assert self.preview is not None
        side = alignment.RIGHT if self.preview.columns[column].kind == NUMBER else alignment.LEFT
        return "ink" if self.is_used(column) else "faint", side

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.preview is None or not index.isValid():
            return None
        row, place = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return text.name(self.preview.head[row][place])
        if role == Qt.ItemDataRole.ToolTipRole and self.is_wrong(row, place):
            number = self.preview.head_rows[row]
            problem = self._wrong.get((number, self.preview.columns[place].name))
            alone = problem and replace(problem, row=number, value=self.preview.head[row][place].strip(), count=1)
            return text.plain(str(alone or "This cell cannot be read."))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        preview = self.preview
        if preview is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(preview.head_rows[section]) if role == Qt.ItemDataRole.DisplayRole else None
        column = preview.columns[section]
        if role == Qt.ItemDataRole.UserRole:
            return self._lines(section, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return text.name(column.name)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment.RIGHT if column.kind == NUMBER else alignment.LEFT
        return (
            self._tip(section, column)
            if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole)
            else None
        )

    def _lines(self, section: int, column: PreviewColumn) -> list[tuple[str, str]]:
        """Returns name, role and kind, each with its colour."""
        assert self.preview is not None
        role, error = self.role(section), self.preview.error
        is_wrong = error is not None and error.parameter == column.name
        is_used = self.is_used(section)
        ink = "error" if is_wrong else "ink" if is_used else "faint"
        shown = role if is_used or role == IGNORED or is_wrong else "left out"
        missing = f" · {text.count(column.missing)} missing" if column.missing else ""
        written = "".join(f" · {words}" for words in text.number_signs(column.separator, column.sign))
        return [
            (text.name(column.name), ink),
            (f"{shown} ▾", ink if is_wrong or not is_used or role == PREDICT else "muted"),
            (f"{KINDS[column.kind]}{missing}{written}", "muted" if is_used else "faint"),
        ]

    def _tip(self, section: int, column: PreviewColumn) -> str:
        assert self.preview is not None
        facts = [f"{text.name(column.name)}: {KINDS[column.kind]}, {self.role(section)}."]
        if column.reason_unavailable and self.role(section) != PREDICT:
            facts.append(f"It {column.reason_unavailable}.")
        if column.missing:
            unread = f", {text.count(column.wrong)} of which could not be read" if column.wrong else ""
            facts.append(f"{text.count(column.missing)} missing values{unread}.")
        if written := text.number_signs(column.separator, column.sign):
            facts.append(f"Number format: {', '.join(written)}.")
        facts.append("Click or press Enter to choose the role of this column.")
        return " ".join(facts)


def _looks(preview: TablePreview | None) -> tuple[object, ...]:
    """Returns what the look of cells depends on, apart from their texts."""
    if preview is None:
        return ()
    roles = [preview.settings.get(each) for each in ("target", "ignored")]
    return preview.wrong_cells, roles, [(column.kind, column.reason_unavailable) for column in preview.columns]
