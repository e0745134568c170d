"""A window at Runs, over a library that was filled before."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QPoint, QRect, Qt
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.runs.run_table import STAR, TITLE, RunTable
from nnviz.library import Library
from tests.nnviz.cards.card_window import AnyWindow
from tests.nnviz.helpers import find
from tests.nnviz.library.helpers import an_experiment, record


def filled(data: Dataset, path: Path | None = None) -> list[int]:
    """Three runs of two epochs, the second a branch of the first; returns their numbers.

    In the test's library, unless a path is given.
    """
    made = an_experiment(data, epochs=2, batch_size=100, hidden=(16,))
    with Library(path) as library:
        first, _ = record(library, made, data, name="narrow")
        branch, _ = record(library, made.changed(learning_rate=0.05), data, parent=first, left_at=1.0)
        wide, _ = record(library, made.changed(hidden=(32,), optimizer="sgd", learning_rate=0.2), data, note="bold try")
    return [first, branch, wide]


def show_runs(window: AnyWindow, qtbot: QtBot) -> RunTable:
    """Turns to Runs, and waits until the list is read. No recorded run is compared then."""
    window.show_workspace("runs")
    qtbot.waitUntil(lambda: window.session.library.is_read)
    if not window.session.active_runs.groups:
        window.session.comparison.clear()
    return find(window, RunTable, "runsTable")


def place_in(table: RunTable, row: int, column: int = TITLE) -> QPoint:
    """The middle of a cell, which must be in sight."""
    place: QRect = table.place_of(row, column)
    assert table.viewport().rect().contains(place.center())
    return place.center()


def click_row(qtbot: QtBot, table: RunTable, row: int, column: int = TITLE) -> None:
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place_in(table, row, column))


def star_row(qtbot: QtBot, table: RunTable, row: int) -> None:
    click_row(qtbot, table, row, STAR)


def double_click_row(qtbot: QtBot, table: RunTable, row: int) -> None:
    """As a mouse does it: a click comes first."""
    click_row(qtbot, table, row)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place_in(table, row))


def texts(table: RunTable) -> list[tuple[str, str, str]]:
    """Star, title and figure of each row."""
    return [(star, title, figure) for star, _, title, _, figure in cells(table)]


def cells(table: RunTable) -> list[list[str]]:
    """The texts of all columns of each row."""
    model = table.model()
    return [[str(model.index(row, column).data()) for column in range(5)] for row in range(model.rowCount())]


def compare(window: AnyWindow, qtbot: QtBot, table: RunTable, *rows: int) -> None:
    """Clicks these rows, and waits until their runs are read."""
    for row in rows:
        click_row(qtbot, table, row)
    comparison = window.session.comparison
    qtbot.waitUntil(lambda: len(comparison.runs) == len(comparison.colours) == len(rows))
