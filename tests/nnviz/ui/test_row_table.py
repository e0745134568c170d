"""Tables of rows: what stays when other rows are shown, and the widths of columns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHeaderView
from pytestqt.qtbot import QtBot

from nnviz.ui.row_table import LazyRows, ListColumn, RowModel, RowTable

COLUMNS = [ListColumn("name"), ListColumn("loss", is_number=True)]
ROWS = [["a", "0.1"], ["b", "0.2"]]


class Model(RowModel[Sequence[str]]):
    def text(self, row: int, column: int) -> str:
        return self.rows[row][column]


class Table(RowTable):
    def fit_columns(self) -> None:
        self.horizontalHeader().resizeSection(1, 77)


@pytest.fixture
def table(qtbot: QtBot) -> Table:
    model = Model()
    made = Table(model, 20, QHeaderView(Qt.Orientation.Horizontal))
    model.setParent(made)
    qtbot.addWidget(made)
    return made


def model_of(table: Table) -> Model:
    model = table.model()
    assert isinstance(model, Model)
    return model


def test_columns_are_fitted_when_the_header_knows_them(table: Table) -> None:
    model_of(table).show(COLUMNS, ROWS)
    assert table.columnWidth(1) == 77


def test_other_figures_keep_the_selection(table: Table, qtbot: QtBot) -> None:
    model = model_of(table)
    model.show(COLUMNS, ROWS)
    table.selectRow(1)
    with qtbot.waitSignal(model.dataChanged):
        model.show(COLUMNS, [["a", "0.1"], ["b", "0.3"]])
    assert [index.row() for index in table.selectionModel().selectedRows()] == [1]
    assert model.index(1, 1).data() == "0.3"


@pytest.mark.parametrize(("columns", "rows"), [(COLUMNS, [*ROWS, ["c", "0.4"]]), (COLUMNS[:1], ROWS)])
def test_more_rows_or_other_columns_are_another_table(
    table: Table, columns: list[ListColumn], rows: list[list[str]]
) -> None:
    model = model_of(table)
    model.show(COLUMNS, ROWS)
    table.selectRow(1)
    model.show(columns, rows)
    assert not table.selectionModel().hasSelection()
    assert (model.rowCount(), model.columnCount()) == (len(rows), len(columns))


def test_titles_are_aligned_as_the_texts_below_them(table: Table) -> None:
    model = model_of(table)
    model.show(COLUMNS, ROWS)
    for column, side in enumerate((Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)):
        assert model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) & side
        assert model.index(0, column).data(Qt.ItemDataRole.TextAlignmentRole) & side


def test_lazy_rows_are_made_when_they_are_asked_for() -> None:
    asked: list[int] = []
    rows: LazyRows[int] = LazyRows(1_000_000, lambda place: asked.append(place) or place)  # type: ignore[func-returns-value]
    assert len(rows) == 1_000_000
    assert rows[7] == 7
    assert asked == [7]
    with pytest.raises(IndexError):
        rows[-1]
