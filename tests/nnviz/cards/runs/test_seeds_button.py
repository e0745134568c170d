"""Below the list of runs: the experiment of the fields with several seeds, started, watched, stopped and shown."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QLabel, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.cards.runs.seeds_button import ProgressButton
from nnviz.library import Library, library_path
from nnviz.library.sweeps import SweepLibrary
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import (
    action,
    click,
    ends_whole,
    find,
    find_field,
    is_shown,
    press,
    retype,
    stored_settings,
    wait_for,
)
from tests.nnviz.jobs.plans_helpers import Does, choose_offer, reported


@pytest.fixture
def recorded(make_cards: MakeCards) -> CardWindow:
    """The list of runs and the settings, with a network that is trained in a moment."""
    window = make_cards("trainingCard", "runsDock", records=True)
    make_small(window)
    return window


@pytest.fixture
def whole(make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """The same in the whole window, with its menus and messages."""
    window = make_window(records=True)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    make_small(window)
    return window


def make_small(window: AnyWindow) -> None:
    window.session.settings.change("small", hidden=(5,), epochs=2)
    window.session.undo.clear()
    with Library() as library:
        library.introduce()


def button(window: AnyWindow) -> ProgressButton:
    window.show_workspace("runs")
    return find(window, ProgressButton, "seedsButton")


def click_seeds(qtbot: QtBot, window: AnyWindow) -> None:
    """Clicks it and goes back to the settings, where a message says what came of it."""
    qtbot.mouseClick(button(window), Qt.MouseButton.LeftButton)
    window.show_workspace("train")


def choose(qtbot: QtBot, window: MainWindow, words: str) -> None:
    """Clicks a choice of the message."""
    found = [each for each in window.message_bar.findChildren(QPushButton) if each.text() == words]
    assert found, words
    qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)


def wait_for_end(qtbot: QtBot, window: AnyWindow) -> None:
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=10_000)


def seeds_in_library(plan: int = 1) -> list[int]:
    """Of the runs of that plan."""
    with Library(library_path()) as library:
        return sorted(library.run(run).experiment.seed for run in SweepLibrary(library).runs(plan))


def test_a_click_trains_five_seeds_of_what_the_fields_describe(recorded: CardWindow, qtbot: QtBot, does: Does) -> None:
    executor = does()
    assert button(recorded).text() == "5 seeds"
    retype(qtbot, recorded, "learningRateEdit", "0.1")
    run = recorded.session.runs.current
    click_seeds(qtbot, recorded)
    wait_for_end(qtbot, recorded)
    assert [spec.experiment.seed for spec in executor.done] == [1, 2, 3, 4, 5]
    assert {spec.experiment.training.learning_rate for spec in executor.done} == {0.1}
    assert {spec.experiment.hidden for spec in executor.done} == {(5,)}
    assert recorded.session.runs.current is run
    assert run.untouched, "the network in the window stays as it is"
    with Library(library_path()) as library:
        (found,) = SweepLibrary(library).all()
        assert (found.kind, found.status) == ("seeds", "finished")
        errors = sorted(library.run(each).figures["test_error"] for each in SweepLibrary(library).runs(1))
    low, median, high = (f"{100 * errors[place]:.2f}" for place in (0, 2, 4))
    assert reported(recorded.session) == f"5 seeds: test error median {median} %, {low} to {high} %."


def test_stopped_before_one_is_done_it_goes_on_at_a_click(recorded: CardWindow, qtbot: QtBot, does: Does) -> None:
    executor = does(held_seed=1)
    click_seeds(qtbot, recorded)
    assert executor.reached.wait(10)
    click_seeds(qtbot, recorded)
    wait_for_end(qtbot, recorded)
    assert reported(recorded.session) == "Stopped before a run finished (5 seeds)."
    shown = recorded.session.messages.current
    assert shown is not None
    assert [choice.text for choice in shown.choices] == ["Resume"]
    recorded.session.messages.set_locks(lambda name: name == "seeds")
    assert recorded.session.messages.offered(shown) == []
    recorded.session.messages.set_locks(lambda name: False)

    # What was stopped is resumed at a click, again and again.
    executor = does(held_seed=2)
    choose_offer(recorded.session, "Resume")
    assert executor.reached.wait(10)
    recorded.session.sweeps.stop()
    wait_for_end(qtbot, recorded)
    executor = does()
    choose_offer(recorded.session, "Resume")
    wait_for_end(qtbot, recorded)
    assert [spec.experiment.seed for spec in executor.done] == [2, 3, 4, 5]
    assert seeds_in_library() == [1, 2, 3, 4, 5]
    assert reported(recorded.session).startswith("5 seeds: test error median")
    assert "Stopped" not in reported(recorded.session)


def test_the_window_trains_on_meanwhile(recorded: CardWindow, qtbot: QtBot, does: Does) -> None:
    executor = does(held_seed=1)
    click_seeds(qtbot, recorded)
    assert executor.reached.wait(10)
    recorded.session.start()
    wait_for(qtbot, recorded, Status.FINISHED)
    assert recorded.session.sweeps.plan_progress is not None
    executor.go.set()
    wait_for_end(qtbot, recorded)
    assert recorded.session.runs.current.epochs == 2


def test_while_they_train_a_click_stops_and_how_many_is_chosen_in_a_menu_and_shown_in_runs(
    whole: MainWindow, qtbot: QtBot, does: Does, restart: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A wrong field is named in its tooltip.
    retype(qtbot, whole, "learningRateEdit", "-1")
    assert not button(whole).isEnabled()
    assert "Learning rate" in button(whole).toolTip()
    assert not action(whole, "actionSeeds").isEnabled()
    whole.session.settings.forget_problems()
    assert button(whole).isEnabled()

    # While they train it shows how far they are and a click stops.
    executor = does(held_seed=3)
    click_seeds(qtbot, whole)
    assert executor.reached.wait(10)
    qtbot.waitUntil(lambda: button(whole).text() == "■ 2/5")
    assert button(whole).share == pytest.approx(0.4)
    assert "2 of 5 runs done" in button(whole).toolTip()
    assert find(whole, QLabel, "activityLabel").text().startswith("5 seeds: 2 of 5 runs done")
    assert action(whole, "actionSeeds").text() == "Stop &seeds"
    assert not find(whole, QToolButton, "seedsCountButton").isEnabled()
    click_seeds(qtbot, whole)
    wait_for_end(qtbot, whole)
    assert button(whole).text() == "5 seeds"
    assert button(whole).share is None
    assert reported(whole.session).endswith(", of 2 runs. Stopped after 2 of 5 runs, which are kept.")
    assert seeds_in_library() == [1, 2]

    # The shortcut takes what was typed, and starts and stops.
    executor = does(held_seed=2)
    whole.show_workspace("train")
    rate = find_field(whole, "learningRateEdit")
    rate.setFocus()
    qtbot.keyClick(rate, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(rate, "0.07")
    press(qtbot, whole, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert executor.reached.wait(10)
    assert executor.done[0].experiment.training.learning_rate == 0.07
    press(qtbot, whole, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    wait_for_end(qtbot, whole)
    assert seeds_in_library(2) == [1]

    # How many is chosen in a menu remembered and shown in runs.
    whole.session.messages.clear()
    monkeypatch.setattr("nnviz.ui.start_stop.REST", 0.0)
    does()
    whole.show_workspace("runs")
    click(qtbot, whole, QToolButton, "seedsCountButton")
    menu = find(whole, QMenu, "seedsCountMenu")
    assert menu.isVisible()
    entries = {each.text(): each for each in menu.actions()}
    assert list(entries) == ["3 seeds", "5 seeds", "10 seeds"]
    assert entries["5 seeds"].isChecked()
    place = menu.actionGeometry(entries["3 seeds"]).center()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert button(whole).text() == "3 seeds"
    assert action(whole, "actionSeeds").text() == "Train with 3 &seeds"
    qtbot.waitUntil(lambda: stored_settings().get("seeds") == 3)
    assert restart().session.sweeps.seeds == 3

    # It is shown in Runs.
    click_seeds(qtbot, whole)
    wait_for_end(qtbot, whole)
    choose(qtbot, whole, "Show in Runs")
    assert whole.workspace == "runs"
    comparison = whole.session.comparison
    qtbot.waitUntil(lambda: len(comparison.runs) == 1)
    assert [each.experiment.seed for each in comparison.runs[0].records] == [1, 2, 3]


def test_with_recording_off_it_says_why_it_cannot_and_offers_to_keep_them(
    recorded: CardWindow, qtbot: QtBot, does: Does
) -> None:
    executor = does()
    recorded.session.records.set_on(False)
    click_seeds(qtbot, recorded)
    assert recorded.session.sweeps.plan_progress is None
    assert "Record runs in the library is off" in reported(recorded.session)
    with Library() as library:
        assert not SweepLibrary(library).all()
    choose_offer(recorded.session, "Record runs and train 5 seeds")
    wait_for_end(qtbot, recorded)
    assert recorded.session.records.is_on
    assert len(executor.done) == 5


def test_a_run_that_diverges_is_reported_and_not_counted(recorded: CardWindow, qtbot: QtBot, does: Does) -> None:
    does()
    recorded.session.settings.change("rate", learning_rate=1e30)
    click_seeds(qtbot, recorded)
    wait_for_end(qtbot, recorded)
    assert reported(recorded.session) == "5 seeds: no run finished. Not counted: 5 diverged."


def test_what_the_closed_window_left_is_offered_at_the_next_start(
    whole: MainWindow, qtbot: QtBot, does: Does, make_window: MakeWindow
) -> None:
    executor = does(held_seed=3)
    click_seeds(qtbot, whole)
    assert executor.reached.wait(10)
    assert ends_whole(whole)
    executor = does()
    window = make_window(records=True)
    qtbot.waitUntil(lambda: "interrupted after 2 of 5 runs" in reported(window.session))
    choose(qtbot, window, "Resume")
    wait_for_end(qtbot, window)
    assert [spec.experiment.seed for spec in executor.done] == [3, 4, 5]
    assert seeds_in_library() == [1, 2, 3, 4, 5]


def test_errors_and_questions_come_first(recorded: CardWindow, qtbot: QtBot, does: Does) -> None:
    executor, messages = does(held_seed=5), recorded.session.messages
    click_seeds(qtbot, recorded)
    assert executor.reached.wait(10)
    messages.warn("An error")
    executor.go.set()
    wait_for_end(qtbot, recorded)
    assert reported(recorded.session) == "An error"
    messages.dismiss()
    assert reported(recorded.session).startswith("5 seeds: ")
    messages.show("Something else")
    messages.dismiss()
    assert reported(recorded.session).startswith("5 seeds: "), "it comes back until it was read"
    messages.dismiss()
    assert reported(recorded.session) == ""


def test_the_first_ones_say_that_runs_are_kept(recorded: CardWindow, qtbot: QtBot, does: Does) -> None:
    library_path().unlink()
    executor = does(held_seed=2)
    click_seeds(qtbot, recorded)
    qtbot.waitUntil(lambda: "Runs are saved in the library" in reported(recorded.session))
    executor.go.set()
    wait_for_end(qtbot, recorded)
    assert reported(recorded.session).startswith("5 seeds: "), (
        "what came of them is reported though nobody dismissed that"
    )


def test_with_real_processes(recorded: CardWindow, qtbot: QtBot) -> None:
    recorded.session.sweeps.set_seeds(3)
    far: list[Any] = []
    recorded.session.sweeps.changed.connect(lambda: far.append(recorded.session.sweeps.plan_progress))
    click_seeds(qtbot, recorded)
    qtbot.waitUntil(lambda: recorded.session.sweeps.plan_progress is None, timeout=30_000)
    assert seeds_in_library() == [1, 2, 3]
    assert reported(recorded.session).startswith("3 seeds: test error median")
