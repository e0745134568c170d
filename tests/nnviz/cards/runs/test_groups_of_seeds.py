"""Groups of seeds in Runs, by mouse and keys: one row, one line with a band, one column, one answer."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.sweeps.quantile_bands import band
from engine.sweeps.significance import compare_groups
from nnviz.cards.comparison.conclusion import significance_conclusion
from nnviz.cards.comparison.differences_table import DifferenceTable
from nnviz.cards.comparison.model import COMPARED_PREDICTIONS, DISAGREEMENT
from nnviz.cards.comparison.prediction_rows import PredictionRows
from nnviz.cards.comparison.predictions_page import majority_class
from nnviz.cards.comparison.runs_plot import RunsPlot
from nnviz.cards.runs.run_table import SEEDS, STAR, RunTable
from nnviz.formatting.result_text import format_test
from nnviz.library import Library, RunGroup
from nnviz.session.seeds import middle_of, seed_of
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.comparison.test_compared_runs import settle
from tests.nnviz.cards.runs.helpers import cells, click_row, compare, double_click_row, show_runs, texts
from tests.nnviz.cards.runs.seed_helpers import copy_library, reported_group, trained_group
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import click, click_tab, drag, find, hover, retype, seven, stored_settings
from tests.nnviz.library.helpers import an_experiment, record

ALONE, WIDE, NARROW = range(3)  # rows, the newest first


CURVES, DIFFERENCES, ANSWERS = (
    pytest.mark.parametrize("cards", [("runsDock", *names)], ids=[names[-1]])
    for names in (["theirCurvesDock"], ["theirCurvesDock", "whatDiffersDock"], ["whatDiffersDock", "theirAnswersDock"])
)


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("runsDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


@pytest.fixture(scope="module")
def made_once(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two groups of five and a run alone, of two epochs each."""
    path = tmp_path_factory.mktemp("seeds") / "library.sqlite"
    made = an_experiment(few_digits, epochs=2, batch_size=100, hidden=(16,))
    with Library(path) as library:
        trained_group(library, made, few_digits, 5, "narrow")
        trained_group(library, made.changed(hidden=(32,), learning_rate=0.02), few_digits, 5, "wide")
        record(library, made.changed(optimizer="sgd", learning_rate=0.2), few_digits, name="alone")
    return path


@pytest.fixture
def table(made_once: Path, ready_window: CardWindow, qtbot: QtBot) -> RunTable:
    copy_library(made_once)
    return show_runs(ready_window, qtbot)


def titles(table: RunTable) -> list[str]:
    return [title for _, title, _ in texts(table)]


def errors_of(group: RunGroup) -> list[float]:
    with Library() as library:
        found = [each.test_error for each in library.records(library.runs_of_group(group)).values()]
    return [each for each in found if each is not None]


def group_at(window: CardWindow, row: int) -> RunGroup:
    group = window.session.library.rows[row].group
    assert group is not None
    return group


# ---- the list


def test_a_group_is_one_row_that_opens_by_click_and_keys_and_is_found(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    assert [row[2:4] for row in cells(table)] == [["alone", ""], ["wide", "5 seeds"], ["narrow", "5 seeds"]]
    median = statistics.median(errors_of(group_at(ready_window, WIDE)))
    assert texts(table)[WIDE][2] == f"{100 * median:.2f} %"
    assert ready_window.card("runsDock").head.title.text() == "11 runs"

    # A tooltip tells each run.
    words = table.model().index(WIDE, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "5 runs (#6–10) that differ only in their seed. Result shown: median test error, from " in words
    assert all(f"seed {seed}: " in words for seed in range(1, 6))

    # A click on the count opens it and another one closes it.
    click_row(qtbot, table, WIDE, SEEDS)
    assert titles(table) == ["alone", "wide", *(f"seed {seed}" for seed in range(1, 6)), "narrow"]
    figures = [figure for _, _, figure in texts(table)[2:7]]
    assert figures == [f"{100 * error:.2f} %" for error in errors_of(group_at(ready_window, WIDE))]
    assert not ready_window.session.comparison.colours, "it is not compared by that"
    click_row(qtbot, table, WIDE, SEEDS)
    assert titles(table) == ["alone", "wide", "narrow"]

    # A search finds it by one of its runs.
    library = ready_window.session.library
    library.annotate(library.rows[NARROW].runs[3:4], note="odd")
    retype(qtbot, ready_window, "runSearchEdit", "odd")
    qtbot.waitUntil(lambda: titles(table) == ["narrow"])
    assert cells(table)[0][3] == "5 seeds"

    # Arrows open it and its runs are distinguished.
    library.annotate(library.rows[0].runs[3:4], note="")
    retype(qtbot, ready_window, "runSearchEdit", "")
    qtbot.waitUntil(lambda: titles(table) == ["alone", "wide", "narrow"])
    click_row(qtbot, table, NARROW)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert len(titles(table)) == 8
    assert table.current == NARROW
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert titles(table)[table.current or 0] == "seed 2"
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert table.current == NARROW
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert len(titles(table)) == 3

    # The CSV of the list has a row for each of its runs.
    click_row(qtbot, table, WIDE, SEEDS)
    _, rows = ready_window.card("runsDock").table()
    titled = ["alone", *(f"{name} · seed {seed}" for name in ("wide", "narrow") for seed in range(1, 6))]
    assert [row[1] for row in rows] == titled

    # What one of its runs is called is its own.
    ready_window.session.library.annotate(ready_window.session.library.rows[WIDE + 2].all_runs, name="odd")
    qtbot.waitUntil(lambda: titles(table)[WIDE : WIDE + 3] == ["wide", "seed 1", "seed 2 · odd"])


def test_star_name_and_note_are_those_of_all_its_runs_which_one_undo_brings_back(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    group = group_at(ready_window, WIDE)
    click_row(qtbot, table, WIDE, STAR)
    qtbot.waitUntil(lambda: texts(table)[WIDE][0] == "★")
    qtbot.keyClick(table, Qt.Key.Key_F2)
    field = find(table, QLineEdit, "runNameEdit")
    field.selectAll()
    qtbot.keyClicks(field, "wider")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(table)[WIDE] == "wider")
    retype(qtbot, ready_window, "runNoteEdit", "keep it")
    with Library() as library:
        runs = library.runs_of_group(group)
        qtbot.waitUntil(lambda: library.run(runs[-1]).note == "keep it")
        assert {(each.starred, each.name, each.note) for each in library.records(runs).values()} == {
            (True, "wider", "keep it")
        }
        for _ in range(3):
            ready_window.session.undo.undo()
        qtbot.waitUntil(lambda: not library.run(runs[-1]).starred)
        assert {(each.starred, each.name, each.note) for each in library.records(runs).values()} == {
            (False, "wide", "")
        }

    # Del deletes all of it or one run, and one undo brings it back.
    ready_window.session.comparison.clear()
    qtbot.waitUntil(lambda: titles(table)[WIDE] == "wide")
    compare(ready_window, qtbot, table, NARROW)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: titles(table) == ["alone", "wide"])
    qtbot.waitUntil(lambda: not ready_window.session.comparison.colours)
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: len(titles(table)) == 3)
    assert cells(table)[NARROW][3] == "5 seeds"

    # One of its runs is deleted alone.
    compare(ready_window, qtbot, table, WIDE)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: cells(table)[WIDE][3] == "4 seeds")
    comparison = ready_window.session.comparison
    qtbot.waitUntil(lambda: len(comparison.runs[0].members) == 4)


def test_many_groups_are_read_as_they_come_into_sight(ready_window: CardWindow, qtbot: QtBot) -> None:
    with Library() as library:
        for number in range(40):
            reported_group(library, [0.1, 0.2, 0.3], name=f"group {number}")
    table, library = show_runs(ready_window, qtbot), ready_window.session.library
    assert sum(library.record(run) is not None for row in library.rows for run in row.all_runs) == 75
    table.setFocus()
    with qtbot.waitSignal(library.known):
        qtbot.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        table.viewport().repaint()
    qtbot.waitUntil(lambda: texts(table)[-1] == ("", "group 0", "20.00 %"))


# ---- equal runs one after the other


@pytest.fixture
def equal(few_digits: Dataset, ready_window: CardWindow, qtbot: QtBot) -> RunTable:
    """Two equal runs but for the seed, of which the second was trained twice, and one with another rate."""
    made = an_experiment(few_digits, epochs=2, batch_size=100, hidden=(16,))
    with Library() as library:
        for changes in ({"seed": 1}, {"seed": 2}, {"seed": 2}, {"learning_rate": 0.05}):
            record(library, made.changed(**changes), few_digits)
    return show_runs(ready_window, qtbot)


def test_equal_runs_are_one_row_that_opens_and_stays_open_and_is_deleted_as_one(
    equal: RunTable, ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset
) -> None:
    click_row(qtbot, equal, 1)
    qtbot.keyClick(equal, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(titles(equal)) == 1)
    assert ready_window.session.messages.current.text.startswith("3 runs were deleted.")
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: [row[3] for row in cells(equal)] == ["", "3 seeds"])
    ready_window.session.comparison.clear()

    # Equal runs are one row that opens by click and keys and stays open.
    assert [row[2:4] for row in cells(equal)] == [["rate 0.05", ""], ["rate 0.01 · seeds 1, 2", "3 seeds"]]
    click_row(qtbot, equal, 1, SEEDS)
    assert titles(equal)[2:] == ["seed 1", "seed 2", "seed 2"]
    with Library() as library:
        record(library, an_experiment(few_digits, epochs=1, hidden=(8,)), few_digits)
    with qtbot.waitSignal(ready_window.session.library.listed):
        ready_window.session.library.refresh()
    qtbot.waitUntil(lambda: titles(equal)[-3:] == ["seed 1", "seed 2", "seed 2"])
    assert len(titles(equal)) == 6
    click_row(qtbot, equal, 2)
    qtbot.keyClick(equal, Qt.Key.Key_Left)
    assert len(titles(equal)) == 3
    qtbot.keyClick(equal, Qt.Key.Key_Right)
    assert len(titles(equal)) == 6


@CURVES
def test_compared_equal_runs_have_one_colour_and_a_band_and_stay_so_when_the_first_is_deleted(
    equal: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    """A seed that was trained twice counts once: both runs are the same, and would feign certainty."""
    compare(ready_window, qtbot, equal, 1)
    (run,) = ready_window.session.comparison.runs
    assert [seed_of(record) for record in run.records] == ["seed 1", "seed 2"]
    assert len(find(ready_window, RunsPlot, "theirPlot").fills[0].x)

    # Compared equal runs have one colour and stay compared pinned and open when the first is deleted.
    ready_window.session.comparison.clear()
    comparison = ready_window.session.comparison
    click_row(qtbot, equal, 1, SEEDS)
    click_row(qtbot, equal, 2)
    (colour,) = comparison.colours.values()
    click_row(qtbot, equal, 1, SEEDS)
    assert equal.lines.rows[1].colour == colour
    click_row(qtbot, equal, 1)
    assert not comparison.colours, "a click on a coloured row leaves it out"

    # Compared and pinned they stay so, and open, when the first of them is deleted.
    compare(ready_window, qtbot, equal, 1)
    (group,) = comparison.colours
    comparison.pin(group)
    click_row(qtbot, equal, 1, SEEDS)
    ready_window.session.library.delete([ready_window.session.library.rows[1].run])
    qtbot.waitUntil(lambda: [row[3] for row in cells(equal)][:2] == ["", "2 seeds"])
    qtbot.waitUntil(lambda: [len(run.records) for run in comparison.runs] == [1])  # one seed, trained twice
    assert titles(equal)[2:] == ["seed 2", "seed 2"]
    assert (comparison.baseline, comparison.is_pinned) == (group, True)


# ---- compared


def test_compared_it_has_one_colour_and_is_opened_by_enter(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    comparison = ready_window.session.comparison
    compare(ready_window, qtbot, table, WIDE, NARROW)
    assert list(comparison.colours) == [group_at(ready_window, WIDE), group_at(ready_window, NARROW)]
    assert [len(run.members) for run in comparison.runs] == [5, 5]
    click_row(qtbot, table, WIDE, SEEDS)
    click_row(qtbot, table, WIDE + 3)
    qtbot.waitUntil(lambda: len(comparison.runs) == 3)
    assert len(set(comparison.colours.values())) == 3
    assert comparison.runs[2].title == "wide · seed 3"
    click_row(qtbot, table, WIDE)
    assert group_at(ready_window, WIDE) not in comparison.colours

    # Enter puts the one in the middle into the window.
    comparison.clear()
    with Library() as library:
        records = list(library.records(library.runs_of_group(group_at(ready_window, WIDE))).values())
    double_click_row(qtbot, table, WIDE)
    qtbot.waitUntil(lambda: ready_window.session.runs.current.storage.record == middle_of(records).id)
    assert not ready_window.session.comparison.colours


@CURVES
def test_its_line_is_the_median_over_a_band(table: RunTable, ready_window: CardWindow, qtbot: QtBot) -> None:
    compare(ready_window, qtbot, table, ALONE, WIDE)
    plot, runs = find(ready_window, RunsPlot, "theirPlot"), ready_window.session.comparison.runs
    expected = band([member.history.error.joined("test") for member in runs[1].members], is_log=True)
    assert plot.lines[1].y.tolist() == pytest.approx((100 * expected.middle).tolist())
    assert plot.fills[1].low.tolist() == pytest.approx((100 * expected.low).tolist())
    assert plot.fills[1].high.tolist() == pytest.approx((100 * expected.high).tolist())
    assert not len(plot.fills[0].x), "a run alone has none"
    alone = runs[0].members[0].history.error.test.values[-1]
    assert plot.labels == [f"{100 * alone:.2f} % alone", f"{100 * expected.middle[-1]:.2f} % wide, median of 5"]
    low, high = (10**end for end in plot.view[1])
    assert low <= 100 * expected.low.min()
    assert high >= 100 * expected.high.max()

    # The mouse reads median, range and number.
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, WIDE)
    area = plot.plot_area()
    middle_of_run = area.left() + round(area.width() / 2**0.5), area.center().y()  # of two epochs
    hover(plot.viewport(), middle_of_run)
    (run,) = ready_window.session.comparison.runs
    values = sorted(value for each in run.members if (value := each.history.error.test.at(1)) is not None)
    low, middle, high = (f"{100 * value:.2f}" for value in (values[0], values[2], values[-1]))
    assert f"wide {middle} %, {low} – {high} % · n = 5" in find(plot, QLabel, "readOut").text()

    # The CSV of the curves has a column for each of its runs.
    head, rows = ready_window.card("theirCurvesDock").table()
    assert head == ["epoch", *(f"wide · seed {seed}" for seed in range(1, 6))]
    assert [row[0] for row in rows] == [0, 1, 2]

    # The band is that of the quartiles at a choice.
    choose_spread(ready_window, qtbot, "quartiles")
    expected = band([member.history.error.joined("test") for member in run.members], True, "quartiles")
    assert plot.fills[0].low.tolist() == pytest.approx((100 * expected.low).tolist())
    assert plot.fills[0].high.tolist() == pytest.approx((100 * expected.high).tolist())
    hover(plot.viewport(), middle_of_run)
    place = expected.place(1)
    low, high = (f"{100 * each[place]:.2f}" for each in (expected.low, expected.high))
    assert f", quartiles {low} – {high} % · n = 5" in find(plot, QLabel, "readOut").text()
    assert plot.labels[0].endswith(" wide, median of 5")


def choose_spread(window: CardWindow, qtbot: QtBot, spread: str) -> None:
    """From the menu in the head of the curves."""
    click(qtbot, window, ChoiceButton, "theirView")
    menu = find(window, QMenu, "theirViewMenu")
    (entry,) = [each for each in menu.actions() if each.objectName() == f"actionTheir{spread.title()}"]
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


def test_the_choice_of_the_band_is_remembered(restart: Restart, qtbot: QtBot) -> None:
    restart().session.comparison.set_spread("quartiles")
    qtbot.waitUntil(lambda: stored_settings().get("spread") == "quartiles")
    assert restart().session.comparison.spread == "quartiles"


@CURVES
def test_with_fewer_than_four_seeds_it_says_that_it_is_the_range(
    ready_window: CardWindow, few_digits: Dataset, qtbot: QtBot
) -> None:
    made = an_experiment(few_digits, epochs=1, batch_size=500)
    with Library() as library:
        trained_group(library, made, few_digits, 3)
    table = show_runs(ready_window, qtbot)
    compare(ready_window, qtbot, table, 0)
    choose_spread(ready_window, qtbot, "quartiles")
    plot = find(ready_window, RunsPlot, "theirPlot")
    (run,) = ready_window.session.comparison.runs
    assert plot.fills[0].low[-1] == pytest.approx(100 * min(each.history.error.test.values[-1] for each in run.members))
    hover(plot.viewport(), (plot.plot_area().right() - 2, plot.plot_area().center().y()))
    assert ", range " in find(plot, QLabel, "readOut").text()


# ---- what differs


@DIFFERENCES
def test_it_is_one_column_with_median_range_and_difference(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    compare(ready_window, qtbot, table, NARROW, WIDE)
    rows = {row.name: row.cells for row in find(ready_window, DifferenceTable, "differTable").rows}
    assert [cell.text for cell in rows["layers"]] == ["784-16-10", "784-32-10"]
    assert "seed" not in rows
    one, other = (sorted(errors_of(group_at(ready_window, row))) for row in (NARROW, WIDE))
    assert [cell.text for cell in rows["test error, median of 5"]] == [
        f"{100 * each[2]:.2f} %" for each in (one, other)
    ]
    assert rows["test error, median of 5"][1].delta == f"{100 * (other[2] - one[2]):+.2f}".replace("-", "−")
    assert [cell.text for cell in rows["lowest – highest"]] == [
        f"{100 * each[0]:.2f} – {100 * each[-1]:.2f}" for each in (one, other)
    ]
    assert rows["training loss"][0].tip.startswith("median of 5: ")

    # The chart begins with whether it is significant.
    test = compare_groups(errors_of(group_at(ready_window, WIDE)), errors_of(group_at(ready_window, NARROW)))
    found = significance_conclusion("narrow", [("wide", test)])
    assert conclusion_of(ready_window) == found.lead
    method = find(ready_window, ElidedLabel, "comparisonMethod")
    assert method.isVisible()
    assert format_test(test, "test error") in method.toolTip()
    ready_window.session.comparison.clear()
    assert conclusion_of(ready_window) == ""
    compare(ready_window, qtbot, table, ALONE, WIDE)
    assert conclusion_of(ready_window).startswith(("alone has the lowest test error", "wide has the lowest test error"))
    about_chance = "alone is a single run: train it with 5 seeds to see whether the difference may be chance."
    assert method.toolTip() == about_chance
    rows = {row.name: row.cells for row in find(ready_window, DifferenceTable, "differTable").rows}
    assert rows["lowest – highest"][0].text == "", "a run alone has no range"
    assert rows["lowest – highest"][1].text
    click_row(qtbot, table, NARROW)
    qtbot.waitUntil(lambda: "Mann-Whitney" in method.toolTip())


def conclusion_of(window: CardWindow) -> str:
    """The headline of the chart; empty for nothing."""
    found = find(window, ConclusionLabel, "comparisonConclusion").conclusion
    return "" if found is None else found.text


@DIFFERENCES
def test_runs_that_differ_only_in_their_seed_differ_by_chance(
    ready_window: CardWindow, few_digits: Dataset, qtbot: QtBot
) -> None:
    made = an_experiment(few_digits, epochs=1, batch_size=500)
    with Library() as library:
        for each in (made, made.changed(learning_rate=0.02), made.changed(seed=7)):
            record(library, each, few_digits)
    table = show_runs(ready_window, qtbot)
    compare(ready_window, qtbot, table, 0, 1)
    assert "has the lowest test error" in conclusion_of(ready_window)
    method = find(ready_window, ElidedLabel, "comparisonMethod")
    assert method.text().startswith("These are single runs: train each with 5 seeds")
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, 0, 2)
    assert conclusion_of(ready_window) == "These runs differ only in their seed: the difference is chance."


@DIFFERENCES
def test_too_few_seeds_and_groups_of_other_data_are_reported(ready_window: CardWindow, qtbot: QtBot) -> None:
    with Library() as library:
        reported_group(library, [0.1, 0.2, 0.3, 0.4, 0.5])
        reported_group(library, [0.6, 0.7, 0.8, 0.9, 0.95], an_experiment().changed(fingerprint="others"))
        reported_group(library, [0.1, None, 0.3])
        reported_group(library, [0.2, 0.2])
    table = show_runs(ready_window, qtbot)
    compare(ready_window, qtbot, table, 0, 1)
    assert conclusion_of(ready_window) == "Too few seeds to tell."
    method = find(ready_window, ElidedLabel, "comparisonMethod")
    assert "at least 5 seeds each" in method.toolTip()
    rows = {row.name: row.cells for row in find(ready_window, DifferenceTable, "differTable").rows}
    assert [cell.text for cell in rows["test error, median"]] == ["20.00 %", "30.00 %"]
    assert [cell.text for cell in rows["lowest – highest"]] == ["20.00 – 20.00", "10.00 – diverged"]

    # Groups of other data are not set against each other.
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, 2, 3)
    assert "Not comparable, because trained on other data than the baseline: " in method.toolTip()
    assert "Mann-Whitney" not in method.toolTip()
    assert conclusion_of(ready_window).startswith("Test error of 5 seeds: median ")


# ---- answers


@ANSWERS
def test_the_answer_of_each_of_its_runs_counts(table: RunTable, ready_window: CardWindow, qtbot: QtBot) -> None:
    compare(ready_window, qtbot, table, WIDE)
    drag(ready_window.canvas, seven(ready_window.canvas))
    settle(ready_window, qtbot, COMPARED_PREDICTIONS)
    example, (run,) = ready_window.session.question.example, ready_window.session.comparison.runs
    assert example is not None
    answers = [int(each.network.predict(example[None])[0].argmax()) for each in run.members if each.network is not None]
    rows = find(ready_window, PredictionRows, "theirAnswers")
    (row,) = rows.rows
    assert answers.count(int(row.answer)) == max(map(answers.count, answers))
    shares = [float(each.network.predict(example[None])[0][int(row.answer)]) for each in run.members]
    assert row.share == pytest.approx(statistics.median(shares))
    assert row.is_divided == (len(set(answers)) > 1)
    assert all(f"seed {seed}: {answer}, " in rows.toolTip() for seed, answer in enumerate(answers, 1))

    # Where they disagree the one in the middle is asked and named.
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, ALONE, WIDE)
    click_tab(qtbot, ready_window, "disagreeTab")
    settle(ready_window, qtbot, DISAGREEMENT)
    found, run = ready_window.session.queries[DISAGREEMENT].result, ready_window.session.comparison.runs[1]
    wrong = int(found.answers[1].are_wrong.sum())
    assert wrong == round(500 * statistics.median(errors_of(group_at(ready_window, WIDE))))
    button = find(ready_window, ChoiceButton, "disagreeSecondButton")
    assert f"seed {run.record.experiment.seed}" in button.text()


def test_of_a_tie_the_surer_answer_leads() -> None:
    answers = [np.array(each) for each in ([0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.0, 0.7, 0.3], [0.1, 0.9, 0.0])]
    assert majority_class(answers) == (1, 2)
    assert majority_class(answers[:1]) == (0, 1)
