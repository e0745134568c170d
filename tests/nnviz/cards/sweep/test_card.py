"""The form of a sweep in the window: filled in by keys and mouse, started, stopped, gone on with, remembered."""

from __future__ import annotations

import sys

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QLabel, QLineEdit, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.basics.optional_packages import install_advice
from engine.datasets import Dataset
from nnviz.cards.sweep.best_table import BestTrialTable
from nnviz.cards.sweep.fields import VariedSetting
from nnviz.cards.sweep.model import SweepForm
from nnviz.cards.sweep.tick_button import TickButton
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.library import Library
from nnviz.library.sweeps import SweepLibrary
from nnviz.ui import start_stop
from nnviz.ui.note import Note
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.cards.sweep.sweep_helpers import a_sweep, choose_entry, dots, record_sweep
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import click, click_tab, find, find_field, pick, press, retype, stored_settings
from tests.nnviz.jobs.plans_helpers import Does, choose_offer, reported


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("runsDock", "theirCurvesDock", "whatDiffersDock")


def small(qtbot: QtBot, window: AnyWindow) -> None:
    """The plane, a network 2-4-2 and a training of two epochs."""
    load(qtbot, window, "spirals", points=60)
    window.session.records.set_on(True)
    window.session.settings.change("small", hidden=(4,), epochs=2, batch_size=10, learning_rate=0.2)
    window.session.undo.clear()


@pytest.fixture
def window(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    """At the form."""
    small(qtbot, ready_window)
    ready_window.show_sweep_form()
    return ready_window


@pytest.fixture
def plane(window: CardWindow) -> Dataset:
    assert window.session.data.dataset is not None
    return window.session.data.dataset


def start_button(window: CardWindow) -> QPushButton:
    return find(window, QPushButton, "sweepStartButton")


def note(window: CardWindow, name: str) -> str:
    """What is reported as wrong; empty where it is not shown."""
    found = find(window, Note, name)
    return found.text() if found.isVisible() else ""


def words(window: CardWindow, name: str) -> str:
    return find(window, QLabel, name).text()


def wait_for_end(qtbot: QtBot, window: CardWindow) -> None:
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=20_000)
    qtbot.waitUntil(lambda: window.session.models[TrialsModel].is_over or window.session.models[TrialsModel].can_resume)


def two_rates(qtbot: QtBot, window: AnyWindow, seeds: str = "5") -> None:
    """Is 0.2 really better than 0.05?"""
    choose_entry(qtbot, window, "sweepLearningRateKindButton", "list")
    retype(qtbot, window, "sweepLearningRateValuesEdit", "0.05, 0.2")
    retype(qtbot, window, "sweepSeedsEdit", seeds)


# ---- from the first choice to the end


def test_is_one_learning_rate_really_better_than_another(
    window: CardWindow, plane: Dataset, qtbot: QtBot, does: Does, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = does(data=plane)
    form = window.session.models[SweepForm]
    qtbot.waitUntil(lambda: bool(form.estimate))
    assert form.estimate.startswith("60 runs of 2 epochs with 1 process. The duration is unknown")
    assert find_field(window, "sweepLearningRateLowEdit").text() == "0.02", "a tenth of what Train says"
    assert window.focusWidget() is find_field(window, "sweepLearningRateLowEdit")
    two_rates(qtbot, window)
    assert find_field(window, "sweepRunsEdit").text() == "10"
    click(qtbot, window, QPushButton, "sweepStartButton")
    wait_for_end(qtbot, window)
    assert sorted((spec.experiment.training.learning_rate, spec.experiment.seed) for spec in executor.done) == [
        (rate, seed) for rate in (0.05, 0.2) for seed in range(1, 6)
    ]
    assert {spec.experiment.training.validation_share for spec in executor.done} == {0.1}
    assert {spec.experiment.shape for spec in executor.done} == {(2, 4, 2)}
    click_tab(qtbot, window, "trialsTab")
    qtbot.waitUntil(lambda: dots(window).count == 12)  # ten runs and two medians
    click_tab(qtbot, window, "sweepTab")
    rows = find(window, BestTrialTable, "bestTrialsTable").rows
    assert {row.cells[1] for row in rows} == {"0.05", "0.2"}
    assert [row.cells[0] for row in rows] == ["1", "2"]
    assert rows[0].cells[4] == "5"
    assert " chance: " in words(window, "trialsVerdict")
    assert "Mann-Whitney" in words(window, "trialsVerdict")
    assert words(window, "trialsChosen").startswith("Test error of the best: median ")
    assert "It was not used to select the trial" in find(window, QLabel, "trialsChosen").text()
    assert "sweep" not in reported(window.session), "a message would cover what the person looks at"
    with Library() as library:
        assert [(each.kind, each.status) for each in SweepLibrary(library).all()] == [("sweep", "finished")]

    # What it takes is reported by the runs of the library.
    qtbot.waitUntil(lambda: "measured on similar runs in the library" in form.estimate)
    assert form.estimate.startswith("10 runs of 2 epochs, about ")
    assert window.card("sweepPage").estimate.text() == form.estimate

    # A click that comes too late to stop it starts nothing.
    retype(qtbot, window, "sweepSeedsEdit", "1")
    monkeypatch.setattr(start_stop, "REST", 60.0)
    click(qtbot, window, QPushButton, "sweepStartButton")
    assert window.session.sweeps.plan_progress is None
    monkeypatch.setattr(start_stop, "REST", 0.0)

    # Another workspace shows that it is over.
    does(data=plane)
    click(qtbot, window, QPushButton, "sweepStartButton")
    assert window.session.sweeps.plan_progress is not None
    window.show_workspace("train")
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=20_000)
    assert reported(window.session).startswith("The sweep is finished: 2 of 2 runs. Best trial: learning rate 0.")


def test_a_range_stays_once_a_sweep_was_started_with_it(
    window: CardWindow, plane: Dataset, qtbot: QtBot, does: Does, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before that it follows the learning rate of Train, which another network in the window changes too."""
    executor = does(data=plane)
    settings = window.session.settings
    settings.choose("learning rate", settings.experiment.changed(learning_rate=0.3, epochs=1))
    assert find_field(window, "sweepLearningRateLowEdit").text() == "0.03"
    retype(qtbot, window, "sweepSeedsEdit", "1")
    retype(qtbot, window, "sweepRunsEdit", "4")
    click(qtbot, window, QPushButton, "sweepStartButton")
    wait_for_end(qtbot, window)
    assert [spec.experiment.training.epochs for spec in executor.done] == [1] * 4, "the fields of Train are trained"
    assert all(0.03 <= spec.experiment.training.learning_rate <= 3 for spec in executor.done)
    settings.choose("learning rate", settings.experiment.changed(learning_rate=0.1))
    assert find_field(window, "sweepLearningRateLowEdit").text() == "0.03"

    # Names are ticked.
    monkeypatch.setattr(start_stop, "REST", 0.0)
    executor = does(data=plane)
    choose_entry(qtbot, window, "sweepAddButton", "optimizer")
    click(qtbot, window, QToolButton, "sweepLearningRateRemoveButton")
    ticks = click(qtbot, window, TickButton, "sweepOptimizerTickButton")
    menu = find(ticks, QMenu, "sweepOptimizerTickButtonMenu")
    for entry in menu.actions():
        if entry.text() not in ("SGD", "Adam"):
            qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())
            assert menu.isVisible(), "more can be ticked"
    menu.hide()
    qtbot.waitUntil(lambda: ticks.text() == "SGD, Adam ▾")
    retype(qtbot, window, "sweepSeedsEdit", "1")
    click(qtbot, window, QPushButton, "sweepStartButton")
    wait_for_end(qtbot, window)
    assert [spec.experiment.training.optimizer for spec in executor.done] == ["sgd", "adam"]
    assert {row.cells[1] for row in find(window, BestTrialTable, "bestTrialsTable").rows} == {"SGD", "Adam"}


def test_what_varies_comes_and_goes_and_a_typed_end_of_a_range_no_longer_follows_train(
    window: CardWindow, qtbot: QtBot
) -> None:
    window.session.settings.change("rate", learning_rate=0.5)
    assert find_field(window, "sweepLearningRateHighEdit").text() == "5", "it follows Train until something is typed"
    retype(qtbot, window, "sweepLearningRateHighEdit", "1")
    window.session.settings.change("rate", learning_rate=0.01)
    assert find_field(window, "sweepLearningRateHighEdit").text() == "1"

    # Settings come and go, and undo brings them back.
    choose_entry(qtbot, window, "sweepAddButton", "hidden layers")
    assert find_field(window, "sweepHiddenValuesEdit").text() == "2, 4, 8"
    assert window.focusWidget() is find_field(window, "sweepHiddenValuesEdit")
    click(qtbot, window, QToolButton, "sweepLearningRateRemoveButton")
    assert [row.name for row in window.session.models[SweepForm].fields.rows] == ["hidden"]
    assert window.session.undo.last().text == "removal of learning rate from the sweep"
    window.session.undo.undo()
    window.session.undo.undo()
    assert [row.name for row in window.session.models[SweepForm].fields.rows] == ["learning_rate"]
    window.session.undo.redo()
    assert [row.name for row in window.session.models[SweepForm].fields.rows] == ["learning_rate", "hidden"]
    for _ in range(2):
        window.session.undo.undo()

    # What varies already is not offered again, nor what makes no sense; on a grid a range says how many values it has.
    click(qtbot, window, QToolButton, "sweepAddButton")
    menu = find(window, QMenu, "sweepAddMenu")
    names = {each.objectName() for each in menu.findChildren(QAction)}
    assert {"actionVaryHidden", "actionVaryOptimizer", "actionVaryDropout"} <= names
    assert "actionVaryLearningRate" not in names
    assert "actionVaryRotation" not in names, "points are not distorted"
    menu.hide()
    points = find_field(window, "sweepLearningRatePointsEdit")
    assert not points.isVisible()
    pick(qtbot, window, "sweepSamplerCombo", "grid")
    assert points.isVisible()
    assert find_field(window, "sweepRunsEdit").text() == "15"
    retype(qtbot, window, "sweepLearningRatePointsEdit", "3")
    assert find_field(window, "sweepRunsEdit").text() == "9"
    pick(qtbot, window, "sweepRuleCombo", "median rule")
    planned = window.session.models[SweepForm].parsed
    assert planned is not None
    assert planned.plan is not None
    assert planned.plan.prune == "median"


def test_the_view_fills_while_it_works_and_the_test_error_waits(
    window: CardWindow, plane: Dataset, qtbot: QtBot, does: Does, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = does(held_seed=3, data=plane)
    two_rates(qtbot, window)
    click(qtbot, window, QPushButton, "sweepStartButton")
    assert executor.reached.wait(10)
    qtbot.waitUntil(lambda: start_button(window).text() == "■ 2/10", timeout=20_000)
    click_tab(qtbot, window, "trialsTab")
    qtbot.waitUntil(lambda: dots(window).count == 3, timeout=20_000)  # two runs and their median
    click_tab(qtbot, window, "sweepTab")
    qtbot.waitUntil(lambda: "the end of the sweep" in words(window, "trialsChosen"))
    assert "median" not in words(window, "trialsChosen")
    executor.go.set()
    wait_for_end(qtbot, window)

    # Stopped it keeps what is done, and goes on.
    monkeypatch.setattr(start_stop, "REST", 0.0)
    executor = does(held_seed=2, data=plane)
    retype(qtbot, window, "sweepSeedsEdit", "3")
    click(qtbot, window, QPushButton, "sweepStartButton")
    assert executor.reached.wait(10)
    go_on = find(window, QPushButton, "sweepGoOnButton")
    assert not go_on.isVisible()
    click(qtbot, window, QPushButton, "sweepStartButton")
    wait_for_end(qtbot, window)
    assert start_button(window).text() == "▷ start"
    assert "1 of 6 runs done, stopped" in window.card("sweepPage").best.title.text()
    assert "the end of the sweep" in words(window, "trialsChosen")
    executor = does(data=plane)
    click(qtbot, window, QPushButton, "sweepGoOnButton")
    wait_for_end(qtbot, window)
    assert len(executor.done) == 5
    assert not go_on.isVisible()
    assert "6 runs done" in window.card("sweepPage").best.title.text()
    assert words(window, "trialsChosen").startswith("Test error of the best")

    # While seeds are trained, its button stops them.
    executor = does(held_seed=2, data=plane)
    window.session.sweeps.toggle()
    assert executor.reached.wait(10)
    qtbot.waitUntil(lambda: start_button(window).text() == "■ 1/5")
    window.session.models[SweepForm].start()
    assert "Only one sweep can run at a time" in reported(window.session)
    executor.go.set()
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=10_000)

    # Where no runs are kept, that is offered first.
    executor = does(data=plane)
    window.session.records.set_on(False)
    retype(qtbot, window, "sweepSeedsEdit", "1")
    click(qtbot, window, QPushButton, "sweepStartButton")
    assert "The runs of a sweep are recorded in the library" in reported(window.session)
    choose_offer(window.session, "Record runs")
    wait_for_end(qtbot, window)
    assert len(executor.done) == 2


# ---- what is wrong


WRONG = [
    ("sweepLearningRateLowEdit", "x", "sweepLearningRateLowError", "must be a number"),
    ("sweepLearningRateLowEdit", "0", "sweepLearningRateLowError", "must begin above 0"),
    ("sweepLearningRateHighEdit", "0.001", "sweepLearningRateHighError", "to a larger one"),
    ("sweepSeedsEdit", "0", "sweepSeedsError", "at least 1"),
    ("sweepRunsEdit", "2", "sweepRunsError", "must be at least 3, the number of seeds"),
    ("sweepMinutesEdit", "soon", "sweepMinutesError", "must be a number"),
]


def test_a_wrong_value_is_reported_at_its_field_and_stays_there(
    window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong list and wrong points of a grid, too; and that nothing varies, or Optuna is missing."""
    for field, typed, error, said in WRONG:
        retype(qtbot, window, field, typed)
        assert said in note(window, error)
        assert find_field(window, field).text() == typed
        assert find_field(window, field).property("wrong")
        assert not start_button(window).isEnabled()
        assert said in start_button(window).toolTip()
        window.session.undo.undo()
        assert not note(window, error), field
        assert start_button(window).isEnabled(), field

    pick(qtbot, window, "sweepSamplerCombo", "grid")
    retype(qtbot, window, "sweepLearningRatePointsEdit", "1")
    assert "at least 2" in note(window, "sweepLearningRatePointsError")
    retype(qtbot, window, "sweepLearningRatePointsEdit", "3")

    monkeypatch.setitem(sys.modules, "optuna", None)
    pick(qtbot, window, "sweepSamplerCombo", "TPE (Optuna)")
    assert install_advice("sweep") in note(window, "sweepSamplerError")
    assert not start_button(window).isEnabled()
    pick(qtbot, window, "sweepSamplerCombo", "grid")
    assert start_button(window).isEnabled()

    choose_entry(qtbot, window, "sweepLearningRateKindButton", "list")
    retype(qtbot, window, "sweepLearningRateValuesEdit", "0.1, x")
    assert "Learning rate is 'x'" in note(window, "sweepLearningRateValuesError")
    retype(qtbot, window, "sweepLearningRateValuesEdit", "0.1, 0.2")
    assert not note(window, "sweepLearningRateValuesError")

    window.session.settings.set_problem("epochs", "Epochs is -1.")
    assert not start_button(window).isEnabled()
    assert "Epochs is -1." in start_button(window).toolTip()
    window.session.settings.set_problem("epochs", None)

    click(qtbot, window, QToolButton, "sweepLearningRateRemoveButton")
    assert "No setting varies" in note(window, "sweepVaryError")
    assert not start_button(window).isEnabled()


# ---- stop, go on, and what comes first


# ---- what is remembered


def test_the_form_comes_back_at_the_next_start(whole_window: MainWindow, qtbot: QtBot, restart: Restart) -> None:
    window = whole_window
    small(qtbot, window)
    press(qtbot, window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.workspace == "runs"

    # Tab goes from field to field.
    low = find(window, QLineEdit, "sweepLearningRateLowEdit")
    names = []
    for _ in range(12):
        qtbot.keyClick(window.focusWidget() or low, Qt.Key.Key_Tab)
        names.append((window.focusWidget() or low).objectName())
    assert names[:2] == ["sweepLearningRateHighEdit", "sweepLearningRateRemoveButton"]
    assert {"sweepAddButton", "sweepSamplerCombo", "sweepSeedsEdit", "sweepRunsEdit"} <= set(names)

    two_rates(qtbot, window)
    window.session.models[TrialsModel].set_view("parallel")
    qtbot.waitUntil(lambda: '"0.05, 0.2"' in str(stored_settings().get("sweep")))
    again = restart()
    assert again.session.models[SweepForm].fields.rows == (VariedSetting("learning_rate", "list", "0.05, 0.2"),)
    assert again.session.models[SweepForm].fields.seeds == "5"
    assert again.session.models[TrialsModel].view == "parallel"


def test_a_sweep_of_before_is_there_with_its_best_trials(window: CardWindow, plane: Dataset, qtbot: QtBot) -> None:
    window.show_workspace("train")
    record_sweep(plane, a_sweep(plane, "learning-rate=0.01,0.1"))
    window.show_sweep_form()
    qtbot.waitUntil(lambda: len(find(window, BestTrialTable, "bestTrialsTable").rows) == 2)
    assert "a single run: differences may be chance" in words(window, "trialsVerdict")
    head, rows = window.card("sweepPage").table()
    assert head == ["rank", "rate", "error"], "of one seed there is no spread"
    assert [row[0] for row in rows] == ["1", "2"]
