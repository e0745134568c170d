"""The list of runs: found, sorted, marked, named, deleted and brought back, and opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QFileDialog, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset
from engine.experiment import Experiment
from nnviz.cards.runs.run_table import STAR, TITLE, RunTable
from nnviz.formatting import text
from nnviz.library import Library
from nnviz.library.schema import FIGURES
from nnviz.session.run_list import RunRow, nested_rows
from nnviz.session.run_text import SORTS
from nnviz.session.status import Stage, Status
from nnviz.window.main_window import MainWindow
from tests.engine.helpers import prices
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import (
    click_row,
    compare,
    double_click_row,
    show_runs,
    star_row,
    texts,
)
from tests.nnviz.helpers import action, click, find, is_shown, retype, train_epochs, wait_for
from tests.nnviz.library.helpers import an_experiment, in_epoch, of_prices, record


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("runsDock")


@pytest.fixture
def numbers(three_runs: list[int]) -> list[int]:
    """The runs of the library, before there is a window."""
    return three_runs


@pytest.fixture
def table(numbers: list[int], ready_window: CardWindow, qtbot: QtBot) -> RunTable:
    return show_runs(ready_window, qtbot)


def titles(table: RunTable) -> list[str]:
    return [title for _, title, _ in texts(table)]


# ---- which are listed


def test_an_empty_library_says_when_runs_appear_and_makes_no_file(ready_window: CardWindow, qtbot: QtBot) -> None:
    show_runs(ready_window, qtbot)
    card = ready_window.card("runsDock")
    assert "Train a network and it appears here." in [label.text() for label in card.findChildren(QLabel)]
    assert not ready_window.session.records.path.exists()


def test_the_newest_run_is_compared_at_first(ready_window: CardWindow, numbers: list[int], qtbot: QtBot) -> None:
    ready_window.show_workspace("runs")
    session = ready_window.session
    qtbot.waitUntil(lambda: list(session.comparison.colours) == [numbers[2]])

    # Once the user has compared none, none is compared by itself.
    session.comparison.clear()
    with qtbot.waitSignal(session.library.listed):
        session.library.refresh()
    assert not session.comparison.colours


def test_a_row_offers_its_star_under_the_mouse_and_says_which_run_is_open(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    place = table.place_of(1, STAR)
    before = table.viewport().grab(place).toImage()
    qtbot.mouseMove(table.viewport(), table.place_of(1, TITLE).center())
    assert table.viewport().grab(place).toImage() != before
    star_row(qtbot, table, 1)
    qtbot.waitUntil(lambda: texts(table)[1][0] == "★")
    assert not ready_window.session.comparison.colours, "that compares nothing"
    double_click_row(qtbot, table, 0)
    qtbot.waitUntil(lambda: table.lines.rows[0].is_current)
    assert table.lines.rows[0].second.startswith("open · seed 1 · 2 epochs · ")


def test_a_row_has_number_name_and_error_is_found_by_its_words_and_has_its_figures_in_the_csv(
    table: RunTable, numbers: list[int], ready_window: CardWindow, qtbot: QtBot
) -> None:
    assert titles(table) == ["bold try · SGD 0.2 · 32", "narrow", "↳ from #1 at epoch 1 · rate 0.05"]

    # The test error stands beside each.
    with Library() as library:
        wide = library.run(numbers[2]).test_error
    assert wide is not None
    assert texts(table)[0][2] == f"{100 * wide:.2f} %"

    # A tooltip tells date state data settings and note.
    words = table.model().index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    with Library() as library:
        date = text.date(library.run(numbers[2]).created)
    for expected in ("784-32-10 · SGD 0.2", "seed 1", f"run 3 · {date} · finished, epoch 2", "MNIST", "bold try"):
        assert expected in words

    # The number stands before the name and is read out with it.
    index = table.model().index(0, TITLE)
    assert table.lines.rows[0].number == f"#{numbers[2]}"
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"#{numbers[2]} bold try · SGD 0.2 · 32, {100 * wide:.2f} %, seed 1 · 2 epochs · now"

    # A search lists those with all words.
    field = retype(qtbot, ready_window, "runSearchEdit", "sgd bold")
    qtbot.waitUntil(lambda: titles(table) == ["bold try · 784-32-10 · SGD 0.2"])
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(titles(table)) == 3)

    # What is not found is said.
    retype(qtbot, ready_window, "runSearchEdit", "nothing of that kind")
    qtbot.waitUntil(lambda: not table.isVisible())
    words = [label.text() for label in ready_window.card("runsDock").findChildren(QLabel) if label.isVisible()]
    assert any(each.startswith("No run has all these words") for each in words)

    # Figures and settings of a run are in the csv and the tooltip.
    retype(qtbot, ready_window, "runSearchEdit", "")
    qtbot.waitUntil(lambda: len(titles(table)) == 3)
    figures = {name: number / 100 for number, name in enumerate(FIGURES, 1)}
    with Library() as library, library.database.writing():
        library.database.update_run(numbers[0], figures)
    shown = ready_window.session.library
    shown.refresh()
    qtbot.waitUntil(lambda: getattr(shown.record(numbers[0]), "figures", None) == figures)
    head, rows = ready_window.card("runsDock").table()
    found = next(dict(zip(head, row, strict=True)) for row in rows if row[0] == numbers[0])
    assert {name: found[name] for name in FIGURES} == figures

    # A tooltip has all settings that are no defaults.
    library = ready_window.session.library
    with Library() as kept:
        record(kept, an_experiment(learning_rate=0.1, weight_decay=0.01))
    with qtbot.waitSignal(library.listed):
        library.refresh()
    qtbot.waitUntil(lambda: "weight decay 0.01" in table.model().index(0, 2).data(Qt.ItemDataRole.ToolTipRole))


def test_the_proposed_file_name_of_a_run_without_a_name_begins_with_its_number(
    whole_window: MainWindow, qtbot: QtBot
) -> None:
    with Library() as kept:
        number, _ = record(kept, an_experiment(learning_rate=0.1))
    session = whole_window.session
    session.library.open(number)
    qtbot.waitUntil(lambda: session.runs.current.storage.record == number)
    action(whole_window, "actionSaveNetworkAs").trigger()
    (proposed,) = find(whole_window, QFileDialog, "saveNetworkDialog").selectedFiles()
    assert Path(proposed).name.startswith(f"{number}-4-5-3-")
    find(whole_window, QFileDialog, "saveNetworkDialog").reject()


def test_runs_of_other_data_stand_below_its_title(table: RunTable, ready_window: CardWindow, qtbot: QtBot) -> None:
    """However they are sorted, the latest data first by default; a figure has its unit, in a file its column."""
    library, heights = ready_window.session.library, [table.rowHeight(row) for row in range(3)]
    with Library() as kept:
        numbers = record(kept, of_prices(), prices())[0], record(kept, an_experiment(learning_rate=0.1))[0]
    with qtbot.waitSignal(library.listed):
        library.sort_by("train_rmse")
    (place,) = [place for place, row in enumerate(library.rows) if row.run == numbers[0]]
    assert (place, library.rows[0].section) == (0, "prices")
    qtbot.waitUntil(lambda: texts(table)[0][2].endswith(" €"))
    assert [row.section for row in library.rows if row.section] == [
        "prices",
        "clouds",
        ready_window.session.dataset.title,
    ]
    assert [table.rowHeight(row) > heights[0] for row in range(5)] == [bool(row.section) for row in library.rows]
    table.grab()
    head, rows = ready_window.card("runsDock").table()
    reported = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert [(reported[each]["data"], reported[each]["unit of RMSE"]) for each in numbers] == [
        ("prices", "€"),
        ("clouds", ""),
    ]
    with qtbot.waitSignal(library.listed):
        library.sort_by("id")
    digits = ready_window.session.dataset.title
    assert [row.section for row in library.rows] == ["clouds", "prices", digits, "", ""]
    with qtbot.waitSignal(library.listed):
        library.find("narrow")
    assert [row.section for row in library.rows] == [""], "a single data set needs no title"
    assert table.rowHeight(0) == heights[0]


def test_keys_and_clicks_pass_over_the_title_of_a_data_set(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    """It is part of no row: the arrows go from run to run, and a click on it chooses none."""
    library = ready_window.session.library
    with Library() as kept:
        record(kept, an_experiment())
    with qtbot.waitSignal(library.listed):
        library.refresh()
    assert [bool(row.section) for row in library.rows] == [True, True, False, False]
    click_row(qtbot, table, 0)
    colours = list(ready_window.session.comparison.colours)
    visited = []
    for _ in range(3):
        qtbot.keyClick(table, Qt.Key.Key_Down)
        visited.append(table.current)
    assert visited == [1, 2, 3]
    heading = QPoint(60, table.rowViewportPosition(1) + 6)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert table.current == 3
    assert list(ready_window.session.comparison.colours) == colours


def test_sorted_by_a_figure_the_best_family_comes_first(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, numbers: list[int]
) -> None:
    library = ready_window.session.library
    for sort in ("train_loss", "epochs"):
        button = click(qtbot, ready_window, QToolButton, "runSortButton")
        menu = button.menu() or next(each for each in button.children() if each.objectName() == "runSortButtonMenu")
        entry = next(each for each in menu.actions() if each.text() == SORTS[sort].title)
        with qtbot.waitSignal(library.listed):
            entry.trigger()
        menu.close()
        with Library() as kept:
            order = kept.runs(sort=sort, ascending=SORTS[sort].is_ascending).ids
        family = [numbers[0], numbers[1]]
        expected = [*family, numbers[2]] if order[0] in family else [numbers[2], *family]
        assert [row.run for row in library.rows] == expected, sort


def test_families_stand_where_their_first_one_would() -> None:
    rows = nested_rows([5, 4, 3, 2, 1], {5: 4, 4: 1, 3: 99, 2: 3})  # who is younger than its branch is no parent
    assert rows == [RunRow(1, 0), RunRow(4, 1), RunRow(5, 2), RunRow(3, 0), RunRow(2, 0)]


def test_names_that_differ_at_their_ends_can_be_distinguished(
    ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset
) -> None:
    """In the small window, where they do not fit: two that follow one another in the list."""
    made = an_experiment(few_digits, hidden=(512, 256))
    with Library() as library:
        for name in ("my best network so far, first try", "my best network so far, second try"):
            library.begin(made, name=name)
        for changes in (
            {"optimizer": "adam"},
            {"optimizer": "adamw"},
            {"learning_rate": 0.001},
            {"learning_rate": 0.002},
        ):
            library.begin(made.changed(**changes))
    ready_window.resize(1280, 720)
    table = show_runs(ready_window, qtbot)
    qtbot.waitUntil(lambda: texts(table)[0][1] != "…" and len(texts(table)) == 6)
    images = [table.grab(table.place_of(row, TITLE)).toImage() for row in range(6)]
    for row in (0, 2, 4):
        assert images[row] != images[row + 1], texts(table)[row]


def test_a_run_that_is_trained_now_and_what_another_program_writes_appear(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, numbers: list[int]
) -> None:
    ready_window.session.records.set_on(True)
    train_epochs(qtbot, ready_window, 1)
    qtbot.waitUntil(lambda: len(titles(table)) == 4 and texts(table)[0][2] != "—", timeout=10_000)

    # What another program writes appears.
    count = ready_window.session.library.count
    with Library() as other:
        new = other.begin(an_experiment(), "MNIST")
    qtbot.waitUntil(lambda: ready_window.session.library.count == count + 1, timeout=10_000)
    assert ready_window.session.library.rows[0].run == new
    ready_window.show_workspace("train")
    with Library() as other:
        other.begin(an_experiment(), "MNIST")
    ready_window.show_workspace("runs")
    qtbot.waitUntil(lambda: ready_window.session.library.count == count + 2)


def test_what_is_no_library_is_said_and_stays_as_it_was(ready_window: CardWindow, qtbot: QtBot) -> None:
    path = ready_window.session.records.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"these are somebody's notes" * 100)
    show_runs(ready_window, qtbot)
    words = [label.text() for label in ready_window.card("runsDock").findChildren(QLabel) if label.isVisible()]
    assert ready_window.session.library.problem in words
    assert ready_window.session.messages.current is not None
    assert path.read_bytes() == b"these are somebody's notes" * 100


def test_nothing_is_read_while_the_list_is_out_of_sight(ready_window: CardWindow, numbers: list[int]) -> None:
    library = ready_window.session.library
    library.refresh()
    assert not library.is_read
    assert not ready_window.session.library.rows


def test_after_a_deletion_the_other_runs_keep_their_numbers(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, numbers: list[int]
) -> None:
    ready_window.session.library.delete([numbers[0]])
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    assert [table.lines.rows[row].number for row in range(2)] == [f"#{numbers[2]}", f"#{numbers[1]}"]


# ---- what a person says of them


def test_a_star_a_note_and_a_name_are_kept_and_a_click_or_key_compares(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, numbers: list[int]
) -> None:
    star_row(qtbot, table, 0)
    qtbot.waitUntil(lambda: texts(table)[0][0] == "★")
    with Library() as library:
        assert library.run(numbers[2]).starred
    assert not ready_window.session.comparison.colours, "it is not compared"
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: texts(table)[0][0] == "")

    # The note of the chosen run is shown and kept.
    click_row(qtbot, table, 0)
    assert find(ready_window, QLineEdit, "runNoteEdit").text() == "bold try"
    click_row(qtbot, table, 1)
    retype(qtbot, ready_window, "runNoteEdit", "the first one")
    library = ready_window.session.library
    qtbot.waitUntil(lambda: (found := library.record(numbers[0])) is not None and found.note == "the first one")
    with Library() as kept:
        assert kept.run(numbers[0]).note == "the first one"

    # F2 gives another name.
    click_row(qtbot, table, 0)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    field = find(table, QLineEdit, "runNameEdit")
    field.selectAll()
    qtbot.keyClicks(field, "wider")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(table)[0] == "wider")
    with Library() as library:
        assert library.run(numbers[2]).name == "wider"

    # A click or a key compares, and a run gets its colour again.
    ready_window.session.comparison.clear()
    comparison = ready_window.session.comparison
    compare(ready_window, qtbot, table, 1)
    (colour,) = comparison.colours.values()
    click_row(qtbot, table, 1)
    assert not comparison.colours
    click_row(qtbot, table, 0)
    click_row(qtbot, table, 1)
    assert list(comparison.colours.values()) != [colour], "each has a colour of its own"
    assert len(set(comparison.colours.values())) == 2

    # A run gets its colour again.
    comparison.clear()
    compare(ready_window, qtbot, table, 0, 1)
    before = dict(comparison.colours)
    click_row(qtbot, table, 0)
    click_row(qtbot, table, 2)
    click_row(qtbot, table, 0)
    assert {run: comparison.colours[run] for run in before} == before
    assert len(set(comparison.colours.values())) == 3

    # Keys compare and pin the baseline.
    comparison.clear()
    compare(ready_window, qtbot, table, 0, 1)
    assert comparison.baseline == numbers[2]
    qtbot.keyClick(table, Qt.Key.Key_Equal)
    assert comparison.baseline == numbers[0]
    qtbot.keyClick(table, Qt.Key.Key_C)
    assert list(comparison.colours) == [numbers[2]]
    assert comparison.baseline == numbers[2], "who is not compared is no baseline"


def test_del_deletes_until_undo_and_for_good_when_the_window_closes(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, numbers: list[int]
) -> None:
    compare(ready_window, qtbot, table, 0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    session = ready_window.session
    assert not session.comparison.colours
    reported = f"Run {numbers[2]} was deleted. Ctrl+Z restores it, until the window is closed."
    assert session.messages.current.text == reported
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: len(titles(table)) == 3)
    assert session.messages.current is None
    with Library() as library:
        assert numbers[2] in library.runs().ids

    # One that was compared is so again when it is brought back.
    comparison = session.comparison
    comparison.clear()
    compare(ready_window, qtbot, table, 0, 1, 2)
    comparison.pin(numbers[1])
    before = dict(comparison.colours)
    ready_window.session.library.delete([numbers[1]])
    qtbot.waitUntil(lambda: numbers[1] not in comparison.colours)
    assert not comparison.is_pinned
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: len(comparison.runs) == 3)
    assert list(comparison.colours.items()) == list(before.items())
    assert comparison.baseline == numbers[1]
    assert comparison.is_pinned

    # A deletion is final when the window closes.
    comparison.clear()
    click_row(qtbot, table, 0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(titles(table)) == 2)
    assert any(ready_window.session.close() for _ in range(50))
    with Library() as library:
        assert library.records(numbers).keys() == {numbers[0], numbers[1]}


# ---- compared


def test_more_than_eight_are_refused_in_words(
    ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset, numbers: list[int]
) -> None:
    with Library() as library:
        for _ in range(6):
            library.begin(an_experiment(few_digits))
    table = show_runs(ready_window, qtbot)
    for row in range(9):
        click_row(qtbot, table, row)
    assert len(ready_window.session.comparison.colours) == 8
    message = ready_window.session.messages.current
    assert message is not None
    assert "At most 8 runs can be compared" in message.text


# ---- into the window


def test_a_double_click_opens_a_run_and_undo_returns_to_the_run_before(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, numbers: list[int]
) -> None:
    session = ready_window.session
    double_click_row(qtbot, table, 1)
    qtbot.waitUntil(lambda: session.runs.current.storage.record == numbers[0])
    run = session.runs.current
    assert (run.title, run.epochs, tuple(run.network.shape)) == ("narrow", 2, (784, 16, 10))
    with Library() as library:
        kept = library.network(numbers[0]).parameters
        assert run.figures()["test_error"] == library.run(numbers[0]).test_error
    assert run.parameters.tolist() == kept.tolist()
    assert not session.comparison.colours, "what its first click did is taken back"
    assert session.settings.experiment.hidden == (16,)

    # Its past can be looked back at.
    session.timeline.go_to(1)
    assert session.displayed.epochs == 1
    with Library() as library:
        expected = library.snapshot(numbers[0], 1)
    np.testing.assert_allclose(session.displayed.network.parameters, expected, atol=1e-3)

    # Enter opens one too, and undo returns to the run before.
    before = session.runs.current
    click_row(qtbot, table, 0)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.runs.current.storage.record == numbers[2])
    ready_window.session.undo.undo()
    assert session.runs.current is before


def test_a_training_that_was_broken_off_goes_on_in_its_record(
    ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset
) -> None:
    made = an_experiment(few_digits, epochs=4, batch_size=100, hidden=(16,)).changed(evaluate=True)
    with Library() as library:
        whole, trainer = record(library, made, few_digits)
        part, _ = record(library, made, few_digits, until=in_epoch(2, 7), name="part")
    session = ready_window.session
    session.records.set_on(True)
    table = show_runs(ready_window, qtbot)
    double_click_row(qtbot, table, 0)
    qtbot.waitUntil(lambda: session.runs.current.storage.record == part)
    assert session.runs.current.stage is Stage.PAUSED
    session.start()
    wait_for(qtbot, ready_window, Status.FINISHED)
    assert session.runs.current.parameters.tolist() == trainer.network.parameters.tolist()
    assert session.runs.current.storage.record == part
    with Library() as library:
        assert library.run(part).test_error == library.run(whole).test_error
        assert library.run(part).epochs == 4
        assert len(library.runs()) == 2


def test_a_run_of_this_window_comes_back_with_its_past(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.records.set_on(True)
    train_epochs(qtbot, ready_window, 2)
    run = session.runs.current
    qtbot.waitUntil(lambda: run.storage.record is not None)
    session.reset()
    assert session.runs.current is not run
    table = show_runs(ready_window, qtbot)
    double_click_row(qtbot, table, 0)
    assert session.runs.current is run


# ---- many


def test_pages_are_read_as_they_come_into_sight_down_and_up(
    ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset
) -> None:
    made = an_experiment(few_digits)
    with Library() as library:
        for number in range(120):
            library.begin(made, name=f"run {number}")
    table = show_runs(ready_window, qtbot)
    session = ready_window.session
    assert sum(session.library.record(row.run) is not None for row in session.library.rows) == 25
    table.setFocus()
    with qtbot.waitSignal(session.library.known):
        qtbot.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        table.viewport().repaint()
    qtbot.waitUntil(lambda: titles(table)[-1] == "run 0")

    # Row by row from the end to the beginning: a page is read for many rows, not one for each.
    library, read = session.library, list[bool]()
    library.known.connect(lambda: read.append(True))
    for _ in range(60):
        qtbot.keyClick(table, Qt.Key.Key_Up)
        table.viewport().repaint()
        seen = table.rowAt(1)
        qtbot.waitUntil(lambda seen=seen: library.record(library.rows[seen].run) is not None)
    assert table.current == 59
    assert 0 < len(read) <= 10


def test_a_run_of_other_data_brings_them_along(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    penguins = DATASETS["penguins"].load()
    made = Experiment(data="penguins").for_data(penguins).changed(epochs=4, evaluate=True)
    with Library() as library:
        run, _ = record(library, made, penguins, until=in_epoch(3, 1))
    session.records.set_on(True)
    table = show_runs(ready_window, qtbot)
    double_click_row(qtbot, table, 0)
    qtbot.waitUntil(lambda: session.runs.current.storage.record == run and is_shown(session.data))
    assert session.data.name == "penguins"
    qtbot.waitUntil(lambda: session.runs.current.stage is Stage.PAUSED)
    assert {0, 1} <= set(session.runs.current.snapshots.epochs), "its past can be looked back at"
    session.start()
    wait_for(qtbot, ready_window, Status.FINISHED)
    assert session.runs.current.epochs == 4
    with Library() as library:
        assert library.run(run).epochs == 4
        assert library.history(run).error.test.epochs == [0, 1, 2, 3, 4]
