"""What the sheet says about how cells are written, and lets a person correct."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from nnviz.cards.importing.table_view import PreviewTable
from nnviz.session.recent_data_files import _is_setting
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.importing.import_helpers import look_at, wait, words
from tests.nnviz.helpers import click, find

ROWS = "".join(f"shop {at % 3};{at},5 %;{10 + at}.{100 + at}\n" for at in range(30))


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("dataCard")


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    file = tmp_path / "sales.csv"
    file.write_text(f"shop;share;revenue\n{ROWS}Total;;999.999\n")
    return file


def head_of(window: AnyWindow, column: int) -> list[str]:
    lines = (
        find(window, PreviewTable, "importTable")
        .model()
        .headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.UserRole)
    )
    return [line for line, _ in lines]


def test_a_row_that_sums_up_the_others_is_left_out_and_can_be_kept(
    ready_window: CardWindow, qtbot: QtBot, sales: Path
) -> None:
    look_at(qtbot, ready_window, sales)
    assert "Row 32 looks like a sum of the others: left out." in words(ready_window, "importNotes")
    keep = find(ready_window, QPushButton, "keepSummaryRowsButton")
    assert keep.text() == "Keep the last row anyway"
    click(qtbot, ready_window, QPushButton, "keepSummaryRowsButton")
    wait(qtbot, ready_window.session.data_import)
    assert "looks like a sum" not in words(ready_window, "importNotes")
    assert keep.text() == "Drop sums at the end"
    click(qtbot, ready_window, QPushButton, "keepSummaryRowsButton")
    wait(qtbot, ready_window.session.data_import)
    assert "Row 32 looks like a sum" in words(ready_window, "importNotes")


def test_a_sign_beside_numbers_is_reported_in_the_columns_head(
    ready_window: CardWindow, qtbot: QtBot, sales: Path
) -> None:
    look_at(qtbot, ready_window, sales)
    assert head_of(ready_window, 1)[2] == "number · with %", "the cell of the sum is not missing"


def test_a_column_of_numbers_with_units_is_offered_as_numbers(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "ways.csv"
    file.write_text("way,kind\n" + "".join(f"{at} km,{'ab'[at % 2]}\n" for at in range(40)))
    look_at(qtbot, ready_window, file)
    menu = find(ready_window, PreviewTable, "importTable")._menu(0)
    entries = {each.objectName(): each for each in menu.actions() if each.objectName()}
    entries["numbersColumnAction"].trigger()
    wait(qtbot, ready_window.session.data_import)
    assert head_of(ready_window, 0)[2] == "number · with km"
    menu = find(ready_window, PreviewTable, "importTable")._menu(0)
    entries = {each.objectName(): each for each in menu.actions() if each.objectName()}
    assert entries["numbersColumnAction"].isChecked()
    entries["foundColumnAction"].trigger()
    wait(qtbot, ready_window.session.data_import)
    assert head_of(ready_window, 0)[2] == "categories"


def test_columns_that_were_understood_as_numbers_are_remembered_so() -> None:
    settings = {"numbers": ("way",), "texts": ("kind",), "target": "kind"}
    assert all(_is_setting(name, value) for name, value in settings.items())
