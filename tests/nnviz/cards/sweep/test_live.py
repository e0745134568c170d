"""Races and seeds in Runs while they are trained: curves, rows, columns fill epoch by epoch."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.comparison.differences_table import DifferenceTable
from nnviz.cards.comparison.prediction_rows import PredictionRows
from nnviz.cards.comparison.race_button import RaceButton
from nnviz.cards.comparison.runs_plot import RunsPlot
from nnviz.cards.runs.run_table import RunTable
from nnviz.library import Library, RunGroup
from nnviz.session.seeds import seed_number
from nnviz.sweeps.live_figures import PlanNews, RunNews
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import cells, click_row, compare, show_runs
from tests.nnviz.cards.runs.seed_helpers import copy_library
from tests.nnviz.helpers import bring_to_front, click, drag, find, press, seven
from tests.nnviz.jobs.plans_helpers import Epochwise, choose_offer, reported
from tests.nnviz.library.helpers import an_experiment, in_epoch, record

EPOCHS = 6
GROUPS = [RunGroup(1, 0), RunGroup(1, 1)]


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("runsDock", "theirCurvesDock", "whatDiffersDock", "theirAnswersDock")


@pytest.fixture
def epochwise(few_digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> Epochwise:
    """Has runs done an epoch at a time, and tells of each."""
    made = Epochwise(few_digits)
    monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, experiment: made)
    monkeypatch.setattr("engine.sweeps.run_execution.SECONDS_BETWEEN_REPORTS", 0.0)
    return made


@pytest.fixture
def window(ready_window: CardWindow) -> CardWindow:
    ready_window.session.records.set_on(True)
    ready_window.session.sweeps.set_seeds(3)
    ready_window.session.settings.change("small", hidden=(5,), epochs=EPOCHS)
    return ready_window


@pytest.fixture(scope="module")
def made_once(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two runs that can race."""
    path = tmp_path_factory.mktemp("race") / "library.sqlite"
    made = an_experiment(few_digits, epochs=EPOCHS, batch_size=100, hidden=(16,))
    with Library(path) as library:
        library.introduce()
        record(library, made, few_digits, name="narrow")
        record(library, made.changed(hidden=(32,)), few_digits, name="wide")
    return path


@pytest.fixture
def table(made_once: Path, window: CardWindow, qtbot: QtBot) -> RunTable:
    """The list with the two runs."""
    copy_library(made_once)
    return show_runs(window, qtbot)


def plot_of(window: CardWindow) -> RunsPlot:
    return find(window, RunsPlot, "theirPlot")


def ends(window: CardWindow) -> list[float]:
    """The last epoch of each line."""
    return [float(line.x[-1]) for line in plot_of(window).lines if len(line.x)]


def start_race(window: CardWindow, qtbot: QtBot, table: RunTable) -> None:
    compare(window, qtbot, table, 0, 1)
    click(qtbot, window, RaceButton, "raceButton")


def stop(window: CardWindow, qtbot: QtBot) -> None:
    window.session.sweeps.stop()
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=10_000)


def texts_of(table: DifferenceTable, name: str) -> list[str]:
    """The texts of a row; nothing where there is no such row."""
    return [cell.text for row in table.rows if row.name == name for cell in row.cells]


# ---- a race


def test_a_race_is_seen_side_by_side_from_its_first_epoch_on(
    window: CardWindow, table: RunTable, qtbot: QtBot, epochwise: Epochwise
) -> None:
    drag(window.canvas, seven(window.canvas))
    start_race(window, qtbot, table)
    qtbot.waitUntil(lambda: len(cells(table)) == 4)
    assert [row[4] for row in cells(table)[:2]] == ["0 of 3", "0 of 3"]
    epochwise.let(1)
    qtbot.waitUntil(lambda: list(window.session.comparison.colours) == GROUPS)
    qtbot.waitUntil(lambda: ends(window) == [0, 0])
    plot = plot_of(window)
    across = plot.view[0]
    assert across == (0, pytest.approx(EPOCHS**0.5)), "the axis reaches to the end, and need not grow"
    epochwise.let(2)
    qtbot.waitUntil(lambda: ends(window) == [2, 2])
    assert plot.view[0] == across
    assert all(label.endswith(", median of 1 of 3") for label in plot.labels)
    assert epochwise.groups == [[1, 1]], "both are in one process, their epochs in turn"
    with Library() as library:
        assert len(library.runs()) == 2, "none of the race is written yet"
    head, rows = window.card("theirCurvesDock").table()
    assert head == ["epoch", "32 · seed 1", "16 · seed 1"]
    assert [row[0] for row in rows] == [0, 1, 2]

    # What differs and the list tell how far each is, and what was measured.
    qtbot.waitUntil(lambda: [row[4] for row in cells(table)[:2]] == ["0 of 3 · epoch 2"] * 2)
    assert [row[2] for row in cells(table)[:2]] == ["784-16-10 · Adam 0.01", "784-32-10 · Adam 0.01"]
    differing = find(window, DifferenceTable, "differTable")
    qtbot.waitUntil(lambda: texts_of(differing, "epochs trained") == ["2", "2"])
    names = [row.name for row in differing.rows]
    lines = {row.name: row.cells for row in differing.rows}
    assert [cell.text for cell in lines["layers"]] == ["784-32-10", "784-16-10"]
    live = [next(iter(window.session.active_runs.runs_of(group).values())).figures["test_error"] for group in GROUPS]
    assert [cell.text for cell in lines["test error so far"]] == [f"{100 * value:.2f} %" for value in live]
    assert lines["test error so far"][0].tip.startswith("median of 1 of 3, in training")
    answers = find(window, PredictionRows, "theirAnswers")
    qtbot.waitUntil(lambda: [row.reason for row in answers.rows] == ["first run in progress"] * 2)
    epochwise.let(1)
    qtbot.waitUntil(lambda: texts_of(differing, "epochs trained") == ["3", "3"])
    assert [row.name for row in differing.rows] == names, "no row comes or goes"
    epochwise.let(EPOCHS + 1)
    qtbot.waitUntil(lambda: sorted(row[4] for row in cells(table)[:2]) == ["1 of 3 · epoch 2"] * 2, timeout=10_000)
    stop(window, qtbot)
    qtbot.waitUntil(lambda: not any("of 3" in row[4] for row in cells(table)))


def test_what_is_written_takes_the_place_of_what_was_live_without_a_jump(
    window: CardWindow, table: RunTable, qtbot: QtBot, epochwise: Epochwise
) -> None:
    start_race(window, qtbot, table)
    seen: list[tuple[list[float], list[float]]] = []

    def note() -> None:
        line = plot_of(window).lines[:1]
        if line and list(window.session.comparison.colours) == GROUPS:
            seen.append((line[0].x.tolist(), line[0].y.tolist()))

    for signal in (window.session.active_runs.changed, window.session.comparison.changed):
        signal.connect(note)
    comparison = window.session.comparison
    epochwise.let(3)
    qtbot.waitUntil(lambda: list(comparison.colours) == GROUPS)
    qtbot.waitUntil(lambda: ends(window) == [2, 2])
    epochwise.let(EPOCHS - 1)  # one more, in which each sees that it is over
    qtbot.waitUntil(lambda: [len(run.members) for run in comparison.runs] == [1, 1], timeout=10_000)
    active_runs = window.session.active_runs  # which may hear a little later that they are written
    qtbot.waitUntil(lambda: not any(active_runs.runs_of(group) for group in GROUPS))  # they need not be held any more
    assert len(seen) > 1
    for (before, values), (after, _) in itertools.pairwise(seen):
        assert after[: len(before)] == before
        assert seen[-1][1][: len(values)] == values
    (recorded,) = comparison.runs[0].members
    seed = seed_number(recorded.record)
    assert seed is not None
    late = RunNews(0, seed, 1, True, "written", [(EPOCHS, {"test_error": 0.5})])
    active_runs.add_news(PlanNews((1, 1), (late,)))
    assert not active_runs.runs_of(GROUPS[0]), "it was read before that was heard"
    assert seen[-1][1] == pytest.approx([100 * value for value in recorded.history.error.test.values])
    epochwise.let(3)
    qtbot.waitUntil(lambda: any("median of 1 of 3" in label for label in plot_of(window).labels))
    qtbot.waitUntil(lambda: [len(window.session.active_runs.runs_of(group)) for group in GROUPS] == [1, 1])
    assert ends(window) == [EPOCHS, EPOCHS]
    for number, run in enumerate(comparison.runs):
        (live,) = window.session.active_runs.runs_of(run.chosen).values()
        expected = [run.members[0].history.error.test.at(0), live.curve("test_error").at(0)]
        assert plot_of(window).fills[number].high[0] == pytest.approx(100 * max(each or 0 for each in expected))
    stop(window, qtbot)


def test_a_row_without_runs_can_be_compared_and_nothing_else_and_goes_if_they_fail(
    window: CardWindow, table: RunTable, qtbot: QtBot, epochwise: Epochwise
) -> None:
    start_race(window, qtbot, table)
    epochwise.let(1)
    qtbot.waitUntil(lambda: list(window.session.comparison.colours) == GROUPS)
    window.session.undo.clear()
    bring_to_front(qtbot, window)
    click_row(qtbot, table, 0)
    assert list(window.session.comparison.colours) == GROUPS[:1]
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Return):
        press(qtbot, window, key)
        assert "until the first of these runs has finished" in reported(window.session)
        window.session.messages.dismiss()
    press(qtbot, window, Qt.Key.Key_Asterisk)
    assert window.session.undo.last() is None
    epochwise.let(1)
    qtbot.waitUntil(lambda: cells(table)[0][4] == "0 of 3 · epoch 1")
    assert list(window.session.comparison.colours) == GROUPS[:1], "it was left out, and stays so"
    click_row(qtbot, table, 0)
    qtbot.waitUntil(lambda: ends(window) == [1, 1])
    epochwise.fails = True
    epochwise.let(1)
    qtbot.waitUntil(lambda: ends(window) == [])
    epochwise.let(2)
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None)
    qtbot.waitUntil(lambda: len(cells(table)) == 2)
    qtbot.waitUntil(lambda: not window.session.comparison.colours)


# ---- seeds


def test_seeds_fill_live_for_who_goes_to_runs(window: CardWindow, qtbot: QtBot, epochwise: Epochwise) -> None:
    with Library() as library:
        library.introduce()
    window.session.sweeps.toggle()
    epochwise.let(2)
    group = RunGroup(1, 0)
    qtbot.waitUntil(lambda: window.session.active_runs.progress_text(group) == "0 of 3 · epoch 1")
    assert not window.session.comparison.colours, "nobody looks"
    table = show_runs(window, qtbot)
    qtbot.waitUntil(lambda: ends(window) == [1])
    assert cells(table)[0][4] == "0 of 3 · epoch 1"
    epochwise.let(1)
    qtbot.waitUntil(lambda: ends(window) == [2])
    window.show_workspace("train")
    epochwise.let(1)
    qtbot.waitUntil(lambda: window.session.active_runs.progress_text(group) == "0 of 3 · epoch 3")
    assert ends(window) == [2], "hidden cards draw nothing"
    window.show_workspace("runs")
    assert ends(window) == [3]
    stop(window, qtbot)


def test_done_again_a_run_that_was_stopped_counts_once_and_later_seeds_stand_beside_it(
    window: CardWindow,
    table: RunTable,
    qtbot: QtBot,
    epochwise: Epochwise,
    few_digits: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.session.sweeps.toggle()
    epochwise.let(4)
    qtbot.waitUntil(lambda: ends(window) == [3])
    stop(window, qtbot)
    qtbot.waitUntil(lambda: [len(run.members) for run in window.session.comparison.runs] == [1])
    again = Epochwise(few_digits)
    monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, experiment: again)
    choose_offer(window.session, "Resume")
    again.let(3)
    group = RunGroup(1, 0)
    qtbot.waitUntil(lambda: window.session.active_runs.progress_text(group) == "0 of 3 · epoch 2")
    assert len(plot_of(window).runs[0].curves) == 1
    reached = window.session.comparison.runs[0].members[0].record.epochs
    assert ends(window)[0] <= reached, "the library has it further"
    again.let(3)
    qtbot.waitUntil(lambda: ends(window) == [5])
    assert len(plot_of(window).runs[0].curves) == 1
    stop(window, qtbot)
    later = Epochwise(few_digits)
    monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, experiment: later)
    window.session.sweeps.toggle()
    later.let(2)
    comparison = window.session.comparison
    qtbot.waitUntil(lambda: list(comparison.colours) == [group, RunGroup(2, 0)])
    assert len(set(comparison.colours.values())) == 2
    stop(window, qtbot)


def test_seeds_are_not_added_to_runs_that_the_user_chose(
    window: CardWindow, table: RunTable, qtbot: QtBot, epochwise: Epochwise
) -> None:
    """Neither as they begin nor at their end; they are added to seeds that were compared by themselves."""
    compare(window, qtbot, table, 0, 1)
    comparison = window.session.comparison
    chosen = list(comparison.colours)
    window.session.sweeps.toggle()
    epochwise.let(2)
    qtbot.waitUntil(lambda: window.session.active_runs.progress_text(RunGroup(1, 0)) == "0 of 3 · epoch 1")
    assert list(comparison.colours) == chosen
    stop(window, qtbot)
    assert list(comparison.colours) == chosen


# ---- in processes


def test_one_process_that_must_do_several_interleaves_the_epochs_of_a_race(
    window: CardWindow, few_digits: Dataset, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on one core, or beside a window on two: both are well on their way before one is over."""
    monkeypatch.setattr("nnviz.sweeps.pool.default_workers", lambda beside_a_window: 1)
    made = an_experiment(few_digits, epochs=400, batch_size=20, hidden=(16,))
    with Library() as library:
        library.introduce()
        for each in (made, made.changed(learning_rate=0.02)):
            record(library, each, few_digits, in_epoch(1, 2))
    table = show_runs(window, qtbot)
    start_race(window, qtbot, table)
    apart: list[tuple[float, float]] = []

    def note() -> None:
        if len(found := ends(window)) == 2 and list(window.session.comparison.colours) == GROUPS:
            apart.append((found[0], found[1]))

    window.session.active_runs.changed.connect(note)
    qtbot.waitUntil(lambda: any(min(pair) > 5 for pair in apart), timeout=60_000)
    assert any(min(pair) > 5 and max(pair) < 400 for pair in apart), "none waits for the end of the other"
    stop(window, qtbot)
