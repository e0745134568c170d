"""The trials of a sweep in Runs: dots, lines, the best so far; hovered, chosen, compared, opened."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QApplication, QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.sweeps.results import DIVERGED, PRUNED, STOPPED
from nnviz.cards.sweep.best_table import BestTrialTable
from nnviz.cards.sweep.parallel_plot import ParallelPlot
from nnviz.cards.sweep.trial_points import places_along
from nnviz.cards.sweep.trial_table import TrialTable
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.library import Library, RunGroup
from nnviz.library.sweeps import SweepLibrary
from nnviz.ui import theme
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.plots.point_plot import PointPlot
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import click_row, show_runs
from tests.nnviz.cards.runs.seed_helpers import copy_library, reported_group
from tests.nnviz.cards.sweep.sweep_helpers import a_sweep, at, choose_entry, dots, record_sweep, show_trials
from tests.nnviz.helpers import click, click_tab, find, hover, leave
from tests.nnviz.library.helpers import an_experiment, record

RATES = "learning-rate=0.001,0.01,0.1"


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("runsDock", "theirCurvesDock", "whatDiffersDock")


@pytest.fixture
def window(ready_window: CardWindow) -> CardWindow:
    ready_window.session.records.set_on(True)
    return ready_window


@pytest.fixture(scope="module")
def made_once(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a sweep of three learning rates and two shapes, with three seeds each."""
    path = tmp_path_factory.mktemp("sweep") / "library.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_LIBRARY", str(path))
        record_sweep(few_digits, a_sweep(few_digits, RATES, "hidden=4,8", seeds=(1, 2, 3)))
    return path


@pytest.fixture
def table(made_once: Path, window: CardWindow, qtbot: QtBot) -> TrialTable:
    copy_library(made_once)
    return show_trials(window, qtbot)


def read_out(view: PointPlot | ParallelPlot) -> str:
    found = find(view, QLabel, "readOut")
    return found.text() if found.isVisible() else ""


def values_of(table: TrialTable, trial: int) -> list[float]:
    runs = table.results.trials[trial].runs.values()
    return sorted(run.figures["validation_error"] for run in runs)


def dot_of_run(window: CardWindow, trial: int, seed: int) -> int:
    """The dot of a run in the first plot."""
    table, drawn = window.session.models[TrialsModel].table, window.card("trialsPage").views.drawn(dots(window))
    assert table is not None
    place = next(n for n, run in enumerate(table.runs) if (run.trial, run.seed) == (trial, seed))
    return int(np.flatnonzero(drawn.runs == place)[0])


def wait_for_current(qtbot: QtBot, window: CardWindow, record: int | None) -> None:
    qtbot.waitUntil(lambda: window.session.runs.current.storage.record == record)


# ---- the conclusion


def test_it_begins_with_the_setting_that_matters(window: CardWindow, few_digits: Dataset, qtbot: QtBot) -> None:
    window.show_workspace("train")
    record_sweep(few_digits, a_sweep(few_digits, "learning-rate=0.00001,0.02", seeds=(1, 2, 3, 4)))
    table = show_trials(window, qtbot)
    found = find(window, ConclusionLabel, "trialsConclusion").conclusion
    assert found is not None
    assert found.lead in (f"The learning rate {verb}: 0.02 works best." for verb in ("matters", "seems to matter"))
    assert f"{100 * table.medians[1]:.2f} % there" in found.rest


# ---- dots


def test_each_setting_has_its_dots_and_seeds_their_median(window: CardWindow, table: TrialTable, qtbot: QtBot) -> None:
    """Of few trials nothing is concluded; the mouse reads a run, arrows go from dot to dot."""
    session, page = window.session, window.card("trialsPage")
    assert len(table.results.trials) == 6
    assert not page.compare_button.isVisible()
    assert find(window, ConclusionLabel, "trialsConclusion").conclusion is None
    assert [dots(window, number).count for number in (1, 2)] == [24, 24]  # 18 runs and 6 medians
    assert "median of 3 seeds" in window.card("trialsPage").words.text()
    plot = dots(window)
    frame = plot.frame
    assert frame.x_scale.names == ("0.001", "0.01", "0.1")
    assert frame.x_name == "learning rate"
    assert frame.y_name == "validation error %"
    low, high = (10**end for end in frame.y)
    errors = [100 * value for value in table.values.tolist()]
    assert low <= min(errors) <= max(errors) <= high
    assert places_along(table, 0).tolist() == pytest.approx([0, 0.05, 1, 1.05, 2, 2.05])
    assert places_along(table, 1).tolist() == pytest.approx([0, 1, 0.05, 1.05, -0.05, 0.95])
    run = table.results.trials[0].runs[2]
    place = at(plot, dot_of_run(window, 0, 2))
    hover(plot, (place.x(), place.y()))
    said = read_out(plot)
    assert "trial 1 · " in said
    assert "learning rate 0.001 · hidden layers 4" in said
    runs = [each for each in table.results.trials[0].runs.values() if each.figures == run.figures]
    assert any(f"seed {each.seed}" in said for each in runs) or "3 seeds" in said
    assert f"{100 * run.figures['validation_error']:.2f} %" in said
    leave(plot)
    assert not read_out(plot)
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    first = window.session.models[TrialsModel].chosen
    for _ in range(24):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert first in (0, 1), "the smallest learning rate"
    assert window.session.models[TrialsModel].chosen in (4, 5)

    # A click chooses, and C compares, as in the list.
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at(plot, page.views.drawn(plot).dot_of(3)))
    assert session.models[TrialsModel].chosen == 3
    assert "trial 4 · learning rate 0.01 · hidden layers 8" in page.words.text()
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_C)
    assert list(session.comparison.colours) == [RunGroup(1, 3)]
    assert page.compare_button.isChecked()
    click(qtbot, window, QPushButton, "trialCompareButton")
    assert not session.comparison.colours
    click(qtbot, window, QPushButton, "trialOpenButton")
    wait_for_current(qtbot, window, (table.run_of(3) or table.runs[0]).run)

    # Enter puts the run in the middle of the chosen trial into the window.
    window.session.models[TrialsModel].choose(2)
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Return)
    middle = table.run_of(2)
    assert middle is not None
    assert middle.figures["validation_error"] == values_of(table, 2)[1]
    wait_for_current(qtbot, window, middle.run)

    # A double click puts that run there, with its past.
    run = table.results.trials[1].runs[1]
    place = at(plot, dot_of_run(window, 1, 1))
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=place)
    wait_for_current(qtbot, window, run.run)
    current = window.session.runs.current
    assert current.epochs == 2
    assert len(current.history.error.test.epochs) == 3
    assert window.session.timeline.has_past

    # Parallel coordinates show each trial, and the mouse finds it.
    choose_entry(qtbot, window, "trialsViewButton", "parallel coordinates")
    lines = find(window, ParallelPlot, "trialLines")
    assert lines.isVisible()
    assert lines.count == 6
    best = table.results.chosen
    assert best is not None
    place = lines.place_of(best.trial, 2).toPoint() - QPoint(3, 0)
    hover(lines, (place.x(), place.y()))
    assert f"trial {best.trial + 1} · 3 seeds" in read_out(lines)
    qtbot.mouseClick(lines, Qt.MouseButton.LeftButton, pos=place)
    assert window.session.models[TrialsModel].chosen == best.trial
    qtbot.mouseDClick(lines, Qt.MouseButton.LeftButton, pos=place)
    wait_for_current(qtbot, window, (table.run_of(best.trial) or table.runs[0]).run)
    lines.setFocus()
    qtbot.keyClick(lines, Qt.Key.Key_Up)
    assert window.session.models[TrialsModel].chosen != best.trial
    assert window.session.models[TrialsModel].view == "parallel"

    # The best so far falls from trial to trial.
    choose_entry(qtbot, window, "trialsViewButton", "best so far")
    line = find(window, PointPlot, "trialBestPlot")
    assert line.isVisible()
    assert line.count == 18
    assert line.frame.x_name == "finished runs"
    counts, medians = table.best_so_far()
    assert len(counts)
    assert list(medians) == sorted(medians, reverse=True)
    click(qtbot, window, QPushButton, "trialsLogButton")
    assert not line.frame.y_scale.is_log
    low, high = line.frame.y
    assert -0.03 * high < low < 0, "with room for a dot at 0"

    # A table of all runs goes into a file, and deleted runs leave it.
    card = window.card("whatDiffersDock")
    assert card.caption == "Trials"
    assert card.has_table
    head, rows = card.table()
    assert head == [
        "trial",
        "seed",
        "learning_rate",
        "hidden",
        "validation_error",
        "epochs",
        "seconds",
        "status",
        "run",
    ]
    rows = list(rows)
    assert len(rows) == 18
    assert rows[0][:4] == [1, 1, 0.001, "4"]
    assert math.isclose(rows[0][4], table.results.trials[0].runs[1].figures["validation_error"])
    assert not any("test" in name for name in head), "the test error of a trial that was not chosen is not reported"
    library = session.library
    qtbot.waitUntil(lambda: library.is_read)
    library.delete([1, 2])
    qtbot.waitUntil(lambda: len((window.session.models[TrialsModel].table or table).runs) == 16)
    window.session.undo.undo()
    qtbot.waitUntil(lambda: len((window.session.models[TrialsModel].table or table).runs) == 18)


def test_the_best_trials_stand_as_they_are_ranked(window: CardWindow, few_digits: Dataset, qtbot: QtBot) -> None:
    """One of which the better runs were stopped early says so, and how many of its runs a trial still lacks."""
    sweep = record_sweep(few_digits, a_sweep(few_digits, "learning-rate=0.01,0.1", seeds=(1, 2, 3)))
    with Library() as library, library.database.writing():
        runs = SweepLibrary(library).runs(sweep)
        for run, reported in zip(runs, [("pruned", 0.9), ("pruned", 0.9), ("finished", 0.001)], strict=False):
            library.database.update_run(run, {"status": reported[0], "validation_error": reported[1]})
        library.delete(runs[-1:])
    table = show_trials(window, qtbot)
    click_tab(qtbot, window, "sweepTab")
    qtbot.waitUntil(lambda: len(find(window, BestTrialTable, "bestTrialsTable").rows) == 2)
    rows = find(window, BestTrialTable, "bestTrialsTable").rows
    assert [row.trial for row in rows] == [0, 1]
    assert rows[0].cells[2:] == ("pruned", "", "3")
    assert rows[1].cells[-1] == "2 of 3"
    assert rows[1].cells[2] == f"{100 * table.results.score(1):.2f}"


def test_the_best_and_the_compared_stand_out_in_both_themes(
    window: CardWindow, table: TrialTable, qapp: QApplication
) -> None:
    session, page, plot = window.session, window.card("trialsPage"), dots(window)
    best = table.results.chosen
    assert best is not None
    other = (best.trial + 3) % 6
    session.models[TrialsModel].compare(other)

    def colour(trial: int) -> QColor:
        return plot.grab().toImage().pixelColor(at(plot, page.views.drawn(plot).dot_of(trial)))

    for name in ("light", "dark"):
        theme.apply(qapp, name)
        session.models[TrialsModel].set_view("dots")
        assert colour(best.trial) == theme.colour("good"), name
        assert colour(other) == theme.colour(session.comparison.colours[RunGroup(1, other)]), name
        for view in ("parallel", "best"):
            session.models[TrialsModel].set_view(view)
            assert not page.views.currentWidget().grab().isNull(), (name, view)


# ---- runs that did not end well


def test_stopped_pruned_and_diverged_runs_are_distinguished(
    window: CardWindow, few_digits: Dataset, qtbot: QtBot
) -> None:
    sweep = record_sweep(few_digits, a_sweep(few_digits, "learning-rate=0.001,0.002,0.003,0.01,0.1"))
    with Library() as library:
        for run, status in ((1, PRUNED), (2, STOPPED), (3, DIVERGED)):
            library.database.update_run(run, {"status": status})
            if status == DIVERGED:
                library.database.update_run(run, {"validation_error": None})
    table = show_trials(window, qtbot)
    assert sweep == 1
    assert table.statuses[:3].tolist() == [PRUNED, STOPPED, DIVERGED]
    words = window.card("trialsPage").words
    qtbot.waitUntil(lambda: words.text() == "each dot is a run · • 1 pruned · ○ 1 stopped · × 1 diverged")
    plot = dots(window)
    looks = {series.mark + series.ink for series in plot.series}
    assert {"discfaint", "circlefaint", "crossmuted"} <= looks
    place = at(plot, dot_of_run(window, 2, 1))
    assert 0 < place.y() - plot.field.top() < 0.03 * plot.field.height(), "at the upper end, as it has no figure"
    hover(plot, (place.x(), place.y()))
    assert "diverged: its parameters became infinite or undefined" in read_out(plot)
    click_tab(qtbot, window, "sweepTab")
    rows = find(window, BestTrialTable, "bestTrialsTable").rows
    click_tab(qtbot, window, "trialsTab")
    assert len(rows) == 4, "of the one that was stopped, nothing can be reported"
    assert {row.cells[2] for row in rows[2:]} == {"pruned", "diverged"}
    choose_entry(qtbot, window, "trialsViewButton", "parallel coordinates")
    qtbot.waitUntil(lambda: words.text().startswith("each line is a trial, the best are brighter · dotted: "))


def test_numbers_to_predict_have_their_unit(window: CardWindow, qtbot: QtBot) -> None:
    from engine.datasets import source_of

    sine = source_of("sine").load({"points": 60})
    made = an_experiment(sine, epochs=1, hidden=(4,)).for_task(sine)
    record_sweep(sine, a_sweep(sine, "learning-rate=0.01,0.1", made=made))
    table = show_trials(window, qtbot)
    assert table.results.compared_by == "validation_rmse"
    assert dots(window).frame.y_name == "validation RMSE"
    click_tab(qtbot, window, "sweepTab")
    assert "RMSE" in find(window, QLabel, "trialsChosen").text()


# ---- which sweep


def test_what_is_hidden_is_not_drawn_and_any_sweep_of_the_library_can_be_looked_at(
    window: CardWindow, few_digits: Dataset, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_sweep(few_digits, a_sweep(few_digits, RATES), name="rates")
    show_trials(window, qtbot)
    drawn: list[Any] = []
    original = PointPlot.show_points
    monkeypatch.setattr(PointPlot, "show_points", lambda self, *given: drawn.append(self) or original(self, *given))
    trials = window.session.models[TrialsModel]
    window.card("whatDiffersDock").tabs.setCurrentIndex(0)
    qtbot.waitUntil(lambda: trials.table is None)  # nothing is kept of what nobody sees
    drawn.clear()
    record_sweep(few_digits, a_sweep(few_digits, "hidden=4,8"))
    trials.show(2)
    trials.set_view("best")
    trials.set_view("dots")
    assert not drawn
    click_tab(qtbot, window, "trialsTab")
    qtbot.waitUntil(lambda: trials.table is not None)
    assert drawn
    assert trials.shown == 2

    # The newest comes first.
    button = find(window, ChoiceButton, "trialsSweepButton")
    qtbot.waitUntil(lambda: button.text() == "sweep 2 ▾")
    assert button.entries == ["2", "1"]
    title = next(
        entry.text()
        for entry in find(window, QMenu, "trialsSweepButtonMenu").actions()
        if entry.text().startswith("rates · ")
    )
    assert title.startswith("rates · learning rate · 20")
    choose_entry(qtbot, window, "trialsSweepButton", title)
    qtbot.waitUntil(lambda: trials.table is not None and len(trials.table.runs) == 3)
    assert button.text() == "rates ▾"
    assert dots(window).frame.x_name == "learning rate"


def test_a_sweep_of_another_program_appears_and_grows(
    window: CardWindow, few_digits: Dataset, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.jobs.library_watch._PAUSE", 50)
    plan = a_sweep(few_digits, RATES)
    record_sweep(few_digits, plan, most=1)
    show_trials(window, qtbot)
    trials = window.session.models[TrialsModel]
    assert [each.id for each in trials.sweeps] == [1]
    record_sweep(few_digits, a_sweep(few_digits, "hidden=4,8"), most=1)
    qtbot.waitUntil(lambda: [each.id for each in trials.sweeps] == [2, 1], timeout=10_000)
    assert trials.shown == 1
    with Library() as other:
        (run,) = SweepLibrary(other).runs(1)
        other.delete([run])
    qtbot.waitUntil(lambda: trials.table is not None and not trials.table.runs, timeout=10_000)


def test_t_in_the_list_shows_the_sweep_of_a_run(
    window: CardWindow, made_once: Path, few_digits: Dataset, qtbot: QtBot
) -> None:
    copy_library(made_once)
    with Library() as library:
        record(library, an_experiment(few_digits, epochs=1, batch_size=500), few_digits)
        reported_group(library, [0.1, 0.2])
    runs = show_runs(window, qtbot)
    page, messages = window.card("trialsPage"), window.session.messages
    assert not page.in_view
    click_row(qtbot, runs, 2)
    qtbot.keyClick(runs, Qt.Key.Key_T)
    assert page.in_view
    qtbot.waitUntil(lambda: window.session.models[TrialsModel].table is not None)
    assert window.session.models[TrialsModel].shown == 1
    click_row(qtbot, runs, 1)
    qtbot.keyClick(runs, Qt.Key.Key_T)
    assert messages.current is not None
    assert "belongs to no sweep" in messages.current.text
    click_row(qtbot, runs, 0)
    qtbot.keyClick(runs, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: messages.current is not None and "This is not a sweep" in messages.current.text)


def test_without_a_sweep_it_says_how_to_begin_one(window: CardWindow, qtbot: QtBot) -> None:
    window.show_workspace("runs")
    click_tab(qtbot, window, "trialsTab")
    hint = window.card("trialsPage").hint
    qtbot.waitUntil(lambda: hint.isVisible() and hint.text().startswith("No sweep yet"))
    assert not find(window, ChoiceButton, "trialsSweepButton").isVisible()
