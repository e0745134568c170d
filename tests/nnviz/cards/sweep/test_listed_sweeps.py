"""Sweeps in the list of runs, by mouse and keys: one row, opened, looked at in Trials, deleted."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.sweeps.plan import plan_seeds
from nnviz.cards.runs.run_table import SEEDS, STAR, RunTable
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.library import Library
from nnviz.library.sweeps import SweepLibrary
from nnviz.session.run_list import SweepKey
from nnviz.ui.choice_button import ChoiceButton
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import cells, click_row, double_click_row, show_runs, texts
from tests.nnviz.cards.runs.seed_helpers import copy_library
from tests.nnviz.cards.sweep.sweep_helpers import a_sweep, record_sweep
from tests.nnviz.helpers import action, find, retype
from tests.nnviz.library.helpers import an_experiment, record

ALONE, SWEEP = range(2)  # rows, the newest first
OPENED = ["0.1", "0.01"]


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("runsDock", "theirCurvesDock", "whatDiffersDock")


@pytest.fixture(scope="module")
def made_once(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A library with a sweep of two learning rates with two seeds each, and then a run alone; the sweep's number."""
    path = tmp_path_factory.mktemp("sweep") / "library.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_LIBRARY", str(path))
        number = record_sweep(few_digits, a_sweep(few_digits, "learning-rate=0.01,0.1", seeds=(1, 2)))
        with Library() as library:
            record(library, an_experiment(few_digits, epochs=1, batch_size=100, hidden=(5,)), few_digits, name="alone")
    return path, number


@pytest.fixture
def sweep(made_once: tuple[Path, int], ready_window: CardWindow) -> int:
    path, number = made_once
    ready_window.session.records.set_on(True)
    copy_library(path)
    return number


@pytest.fixture
def table(sweep: int, ready_window: CardWindow, qtbot: QtBot) -> RunTable:
    return show_runs(ready_window, qtbot)


def titles(table: RunTable) -> list[str]:
    return [title for _, title, _ in texts(table)]


def message(window: CardWindow) -> str:
    current = window.session.messages.current
    return "" if current is None else current.text


def wait_until_open(window: CardWindow, qtbot: QtBot) -> None:
    """And its trials are listed."""
    qtbot.waitUntil(lambda: len(window.session.library.rows) > SWEEP + 1)


def click_sweep(table: RunTable, window: CardWindow, qtbot: QtBot) -> TrialsModel:
    """Clicks its row, and waits until its trials are read."""
    click_row(qtbot, table, SWEEP)
    trials = window.session.models[TrialsModel]
    qtbot.waitUntil(lambda: trials.table is not None)
    return trials


def test_it_is_one_row_with_its_count_and_its_best_and_clicks_open_and_close_it(
    table: RunTable, sweep: int, ready_window: CardWindow, qtbot: QtBot
) -> None:
    """A click on the count, one on the triangle before it, and a double click."""
    with Library() as library:
        found = [each.figures["validation_error"] for each in SweepLibrary(library).records(sweep)]
    best = min(statistics.median(found[:2]), statistics.median(found[2:]))
    assert cells(table)[SWEEP] == ["", "", f"sweep {sweep} · rate", "4 runs", f"{100 * best:.2f} %"]
    spoken = table.model().index(SWEEP, SEEDS).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "4 runs, closed"
    tip = table.model().index(SWEEP, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "4 runs. Result shown: validation error of the best trial." in tip
    click_row(qtbot, table, SWEEP, SEEDS)
    wait_until_open(ready_window, qtbot)
    qtbot.waitUntil(lambda: titles(table)[2:] == OPENED)  # their titles are read, too
    assert [row[3] for row in cells(table)] == ["", "4 runs", "2 seeds", "2 seeds"]
    assert str(table.model().index(2, 2).data(Qt.ItemDataRole.ToolTipRole)).startswith("learning rate 0.1\n")
    click_row(qtbot, table, SWEEP, SEEDS)
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    triangle = table.place_of(SWEEP, SEEDS)
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(triangle.left() + 4, triangle.center().y())
    )
    wait_until_open(ready_window, qtbot)
    click_row(qtbot, table, SWEEP, SEEDS)
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    current = ready_window.session.runs.current
    double_click_row(qtbot, table, SWEEP)
    wait_until_open(ready_window, qtbot)
    assert ready_window.session.runs.current is current

    # Arrows open it and its trials, and lead back.
    click_row(qtbot, table, SWEEP, SEEDS)
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    click_row(qtbot, table, SWEEP)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    wait_until_open(ready_window, qtbot)
    assert table.current == SWEEP
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert titles(table)[3:5] == ["seed 1", "seed 2"]
    for place in (3, 4):
        qtbot.keyClick(table, Qt.Key.Key_Down)
        assert table.current == place
    for place in (2, 2, SWEEP):  # to its trial, which is closed, to the sweep
        qtbot.keyClick(table, Qt.Key.Key_Left)
        assert table.current == place
    assert len(titles(table)) == 4
    qtbot.keyClick(table, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: len(titles(table)) == 2)

    # The run in the window marks the sweep while it is closed.
    session = ready_window.session
    with Library() as library:
        run = SweepLibrary(library).runs(sweep)[0]
    session.library.open(run)
    qtbot.waitUntil(lambda: session.runs.current.storage.record == run)
    assert [table.lines.rows[row].is_current for row in (ALONE, SWEEP)] == [False, True]
    session.library.unfold(SweepKey(sweep), True)
    wait_until_open(ready_window, qtbot)
    assert [table.lines.rows[row].is_current for row in range(4)] == [False, True, False, True]


def test_keys_that_come_before_it_is_read_count_too(
    table: RunTable, sweep: int, ready_window: CardWindow, qtbot: QtBot
) -> None:
    table.go_to(SWEEP)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(table, key)
    library = ready_window.session.library
    assert not library.rows[SWEEP].is_open
    with qtbot.waitSignal(library.listed):
        pass
    assert len(titles(table)) == 2
    for _ in range(3):
        click_row(qtbot, table, SWEEP, SEEDS)
    wait_until_open(ready_window, qtbot)

    # What is for runs is not done with all of them.
    table.go_to(SWEEP)
    names = ("actionCompareRun", "actionBaselineRun", "actionStarRun", "actionNoteRun", "actionExportRun")
    for name in names:
        ready_window.session.messages.dismiss()
        action(ready_window, name).trigger()
        assert "Not available for a whole sweep" in message(ready_window), name
    ready_window.session.messages.dismiss()
    click_row(qtbot, table, SWEEP, STAR)
    assert "Not available for a whole sweep" in message(ready_window), "a click beside the star marks none"

    # Its trials are compared as they stand in it, and a file has their runs.
    qtbot.waitUntil(lambda: titles(table)[2:] == OPENED)
    found = ready_window.card("runsDock").table()
    assert found is not None
    assert [row[1] for row in found[1]] == [
        "alone",
        *(f"sweep {sweep} · learning rate {rate} · seed {seed}" for rate in (0.1, 0.01) for seed in (1, 2)),
    ]
    click_row(qtbot, table, 3)
    comparison = ready_window.session.comparison
    assert list(comparison.colours) == [ready_window.session.library.rows[3].group]
    qtbot.waitUntil(lambda: len(comparison.runs) == 1)


def test_it_is_found_by_what_varies_but_groups_of_seeds_are_not(
    few_digits: Dataset, table: RunTable, sweep: int, ready_window: CardWindow, qtbot: QtBot
) -> None:
    record_sweep(few_digits, plan_seeds(an_experiment(few_digits, epochs=1, hidden=(4,)), 2))
    for words, found in (("learning rate 784-10", []), ("sweep", [f"sweep {sweep} · rate"])):
        retype(qtbot, ready_window, "runSearchEdit", words)
        qtbot.waitUntil(lambda found=found: titles(table) == found)
    with Library() as library:
        library.annotate(SweepLibrary(library).runs(sweep)[0], note="odd")
    retype(qtbot, ready_window, "runSearchEdit", "odd")
    qtbot.waitUntil(lambda: [row[2:4] for row in cells(table)] == [[f"sweep {sweep} · rate", "1 run"]])


def test_a_click_shows_what_came_of_its_trials_until_it_is_deleted_and_when_it_comes_back(
    table: RunTable, sweep: int, ready_window: CardWindow, qtbot: QtBot
) -> None:
    trials = click_sweep(table, ready_window, qtbot)
    assert trials.shown == sweep
    assert ready_window.card("trialsPage").isVisible()
    assert not ready_window.session.comparison.colours
    action(ready_window, "actionDeleteRun").trigger()
    qtbot.waitUntil(lambda: titles(table) == ["alone"])
    qtbot.waitUntil(lambda: not trials.sweeps)
    assert "4 runs were deleted." in message(ready_window)
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: titles(table) == ["alone", f"sweep {sweep} · rate"])
    qtbot.waitUntil(lambda: [each.id for each in trials.sweeps] == [sweep])


def test_f2_renames_it_and_it_is_found_by_its_name(
    table: RunTable, sweep: int, ready_window: CardWindow, qtbot: QtBot
) -> None:
    named, nameless = [f"{name} · rate" for name in ("Wider", f"sweep {sweep}")]
    click_row(qtbot, table, SWEEP)
    for typed, title in (("Wider", named), ("", nameless), ("Wider", named)):
        qtbot.keyClick(table, Qt.Key.Key_F2)
        editor = find(table, QLineEdit, "runNameEdit")
        assert editor.text() == titles(table)[SWEEP].removesuffix(" · rate"), "what varies is no part of its name"
        editor.selectAll()
        qtbot.keyClick(editor, Qt.Key.Key_Delete)
        qtbot.keyClicks(editor, typed)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda title=title: titles(table) == ["alone", title])
    with Library() as library:
        assert SweepLibrary(library).get(sweep).name == "Wider"
    for words in ("WIDER 0.01", f"sweep {sweep}"):
        retype(qtbot, ready_window, "runSearchEdit", words)
        qtbot.waitUntil(lambda: titles(table) == [named])
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: titles(table) == [nameless])

    # Another name stands wherever it is called.
    retype(qtbot, ready_window, "runSearchEdit", "")
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    trials = click_sweep(table, ready_window, qtbot)
    ready_window.session.library.rename_sweep(trials.sweeps[0], "Größer")
    qtbot.waitUntil(lambda: [each.name for each in trials.sweeps] == ["Größer"])
    button = find(ready_window, ChoiceButton, "trialsSweepButton")
    qtbot.waitUntil(lambda: "Größer" in button.text())
    ready_window.session.library.find("grösser")
    qtbot.waitUntil(lambda: titles(table) == ["Größer · rate"])
