"""Quitting: one question about all networks that would be lost, told apart; training pauses behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractButton, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.storage import load_checkpoint, load_network
from nnviz.formatting.setting_text import changes_between
from nnviz.session.run import Run
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    action,
    choose_file,
    ends_whole,
    find,
    pause,
    press,
    quit_unasked,
    retype,
    train_epochs,
    train_for_a_while,
    wait_for,
)


def question(window: MainWindow) -> QMessageBox | None:
    """The one question, if it is asked."""
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) <= 1, "one question at a time"
    return boxes[0] if boxes else None


def asked(window: MainWindow) -> QMessageBox:
    """The question, which must be there."""
    box = question(window)
    assert box is not None, "nothing is asked"
    return box


def press_button(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Presses the button with that text."""
    buttons = asked(window).findChildren(QAbstractButton)
    (button,) = (each for each in buttons if each.text().replace("&", "").startswith(text))
    qtbot.mouseClick(button, Qt.LeftButton)


def is_training_on(qtbot: QtBot, window: MainWindow, run: Run) -> None:
    """Until it has learned more than it had."""
    before = run.changes
    qtbot.waitUntil(lambda: run.changes > before)
    assert window.session.runs.current is run


@pytest.fixture
def replaced(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose trained network was replaced by Reset."""
    train_epochs(qtbot, ready_window, 2)
    ready_window.session.reset()
    assert not ready_window.session.runs.current.unsaved
    return ready_window


# ---- about earlier networks


def test_asked_and_told_which(replaced: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, replaced, Qt.Key_Q, Qt.ControlModifier)
    assert "earlier: 784-64-32-10, trained for 2 epochs" in asked(replaced).informativeText()
    qtbot.keyClick(asked(replaced), Qt.Key_Escape)
    assert question(replaced) is None
    assert replaced.isVisible()


def test_an_earlier_network_is_restored(replaced: MainWindow, qtbot: QtBot) -> None:
    replaced.close()
    press_button(qtbot, replaced, "Restore")
    assert replaced.isVisible()
    assert replaced.session.runs.current.epochs == 2
    assert replaced.isWindowModified()
    replaced.close()
    assert "since it was last saved" in asked(replaced).text(), "now it is the current one"
    asked(replaced).reject()
    action(replaced, "actionUndo").trigger()
    assert replaced.session.runs.current.untouched


def test_discarded(replaced: MainWindow, qtbot: QtBot) -> None:
    replaced.close()
    press_button(qtbot, replaced, "Discard")
    assert not replaced.isVisible()


def test_saved_ones_are_not_asked_about(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    window.session.files.save(home / "kept.json")
    qtbot.waitUntil(lambda: not window.session.runs.current.unsaved)
    window.session.reset()
    window.close()
    assert not window.isVisible()


def discard_and_open(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Opens a file over the trained network, which may go."""
    trained = window.session.runs.current
    action(window, "actionOpenNetwork").trigger()
    press_button(qtbot, window, "Discard")
    choose_file(qtbot, window, "openNetworkDialog", path)
    qtbot.waitUntil(lambda: window.session.runs.current is not trained)


def test_nobody_is_asked_twice(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    """Whoever said that it may go when another was opened is not asked at the end."""
    window = ready_window
    window.session.files.save(home / "first.json")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path is not None)
    train_epochs(qtbot, window, 1)
    discard_and_open(qtbot, window, home / "first.json")
    window.close()
    assert question(window) is None
    assert not window.isVisible()


def test_trained_on_after_it_was_given_up_it_is_asked_about(ready_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    window = ready_window
    window.session.files.save(home / "first.json")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path is not None)
    train_epochs(qtbot, window, 1)
    discard_and_open(qtbot, window, home / "first.json")
    action(window, "actionUndo").trigger()
    train_epochs(qtbot, window, 1)
    window.session.reset()
    window.close()
    press_button(qtbot, window, "Discard")
    assert not window.isVisible()


def test_untrained_ones_are_nothing_to_ask_about(ready_window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "shapeEdit", "784, 20, 10")
    ready_window.session.reset()
    ready_window.close()
    assert not ready_window.isVisible()


# ---- one question about several


@pytest.fixture
def three(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Three that have learned: two earlier ones and the current one, each with settings of its own."""
    window, settings = ready_window, ready_window.session.settings
    for rate, seed in ((0.05, 1), (0.2, 7)):
        settings.change("learning rate", learning_rate=rate)
        settings.change("seed", seed=seed)
        train_epochs(qtbot, window, 1)
        window.session.reset()
    settings.change("seed", seed=1)
    train_epochs(qtbot, window, 1)
    return window


def test_one_question_tells_them_apart(three: MainWindow, qtbot: QtBot) -> None:
    three.close()
    box = asked(three)
    assert box.text().startswith("3 trained networks")
    lines = [line for line in box.informativeText().splitlines() if line.startswith("•")]
    assert len(lines) == len(set(lines)) == 3
    of_current, of_second, of_first = lines
    assert of_current.startswith("• this one: 784-64-32-10, trained for 1 epochs")
    assert of_second.endswith("seed 7")
    assert of_first.endswith("learning rate 0.05")
    press_button(qtbot, three, "Discard")
    assert question(three) is None
    assert not three.isVisible()


def test_the_last_of_them_can_be_restored(three: MainWindow, qtbot: QtBot) -> None:
    three.close()
    press_button(qtbot, three, "Restore the last")
    assert three.isVisible()
    assert three.session.runs.current.experiment.seed == 7


def test_saving_the_current_one_lets_the_others_go(three: MainWindow, qtbot: QtBot, home: Path) -> None:
    parameters = three.session.displayed.network.parameters.copy()
    three.close()
    press_button(qtbot, three, "Save this one")
    choose_file(qtbot, three, "saveNetworkDialog", home / "this.json")
    qtbot.waitUntil(lambda: not three.isVisible())
    assert (load_network(home / "this.json").parameters == parameters).all()


# ---- training pauses behind it


@pytest.mark.parametrize("way", ["Cancel", "escape", "close"])
def test_training_pauses_behind_the_question_and_goes_on_at_cancel(
    ready_window: MainWindow, qtbot: QtBot, way: str
) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    run = window.session.runs.current
    window.close()
    box = asked(window)
    wait_for(qtbot, window, Status.PAUSED)
    if way == "Cancel":
        press_button(qtbot, window, "Cancel")
    elif way == "escape":
        qtbot.keyClick(box, Qt.Key_Escape)
    else:
        box.close()
    assert window.session.state is Status.TRAINING
    is_training_on(qtbot, window, run)
    assert run.experiment.training.epochs == MANY_EPOCHS


def test_a_cancel_that_comes_before_it_has_paused(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    states: list[Status] = []
    window.session.training.state_changed.connect(lambda: states.append(window.session.state))
    window.close()
    asked(window).reject()
    assert window.session.state is Status.TRAINING
    qtbot.waitUntil(lambda: states[-2:] == [Status.PAUSED, Status.TRAINING])
    is_training_on(qtbot, window, window.session.runs.current)


@pytest.mark.parametrize("is_paused", [False, True])
def test_at_cancel_the_run_goes_on_also_where_the_fields_describe_another_network(
    ready_window: MainWindow, qtbot: QtBot, is_paused: bool
) -> None:
    """Whether the pause has come by then or not, and however often."""
    window, session = ready_window, ready_window.session
    train_for_a_while(qtbot, window)
    run = session.runs.current
    session.settings.change("layers", hidden=(7, 5))
    assert session.training.is_another_network
    for _ in range(2):
        window.close()
        if is_paused:
            wait_for(qtbot, window, Status.PAUSED)
        asked(window).reject()
        assert session.state is Status.TRAINING
    is_training_on(qtbot, window, run)


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_single_epoch_is_trained_to_its_end_only(
    ready_window: MainWindow, qtbot: QtBot, gate: Gate, comes_first: bool
) -> None:
    """At Cancel it goes on as far as it was to, whether the pause has come by then or not."""
    window, session = ready_window, ready_window.session
    train_epochs(qtbot, window, 1)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    gate.close()
    session.step_epoch()
    gate.wait_until_reached()
    window.close()
    if not comes_first:
        asked(window).reject()
    gate.open()
    if comes_first:
        wait_for(qtbot, window, Status.PAUSED)
        assert session.training.progress.batch < 20
        asked(window).reject()
        assert session.state is Status.TRAINING
    qtbot.waitUntil(lambda: session.state is Status.PAUSED and session.training.progress.batch == 20)
    assert session.runs.current.history.completed == 2


def test_a_file_that_is_not_chosen_cancels_too(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    window.close()
    wait_for(qtbot, window, Status.PAUSED)
    press_button(qtbot, window, "Save")
    find(window, QFileDialog, "saveNetworkDialog").reject()
    is_training_on(qtbot, window, window.session.runs.current)


def test_what_was_paused_stays_so(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    window.close()
    press_button(qtbot, window, "Cancel")
    assert window.session.state is Status.PAUSED


def test_what_is_saved_before_the_end_is_all_that_was_learned(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    run = window.session.runs.current
    window.close()
    wait_for(qtbot, window, Status.PAUSED)
    press_button(qtbot, window, "Save")
    choose_file(qtbot, window, "saveNetworkDialog", home / "all.json")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert not run.unsaved
    assert (load_network(home / "all.json").parameters == run.network.parameters).all()


@pytest.mark.parametrize("answer", ["Discard", "Save"])
def test_other_answers_do_not_train_on(ready_window: MainWindow, qtbot: QtBot, answer: str, home: Path) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    window.close()
    wait_for(qtbot, window, Status.PAUSED)
    changes = window.session.runs.current.changes
    press_button(qtbot, window, answer)
    assert window.session.state is Status.PAUSED
    assert window.session.runs.current.changes == changes
    if answer == "Save":
        choose_file(qtbot, window, "saveNetworkDialog", home / "x.json")
        qtbot.waitUntil(lambda: not window.isVisible())


# ---- what is still being saved


def test_a_save_behind_a_long_step_does_not_wait_for_it(
    ready_window: MainWindow, qtbot: QtBot, gate: Gate, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is written from the last whole copy, and the log says what is missing."""
    window, session = ready_window, ready_window.session
    train_for_a_while(qtbot, window)
    gate.close()
    gate.wait_until_reached()
    parameters = session.displayed.network.parameters.copy()
    session.files.save(home / "late.npz")
    quit_unasked(window)
    assert not window.ended_whole, "the step has not ended"
    gate.open()
    network, state = load_checkpoint(home / "late.npz")
    assert (network.parameters == parameters).all()
    assert state is None
    assert "late.npz holds the network as last displayed" in caplog.text
    assert session.close()


def test_a_save_behind_a_short_step_keeps_the_state_of_the_training(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    train_for_a_while(qtbot, ready_window)
    ready_window.session.files.save(home / "late.npz")
    assert ends_whole(ready_window)
    assert load_checkpoint(home / "late.npz")[1] is not None


def test_a_save_that_fails_while_the_window_closes_is_logged(
    ready_window: MainWindow, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ready_window.session.files.save(home / "no such folder" / "x.json")
    ready_window.close()
    assert "x.json could not be saved" in caplog.text


def test_data_are_named_shortly(ready_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """Neither every painted point nor a path stands in the question."""
    points = ", ".join(f"-0.{number} 0.1" for number in range(11, 40))
    now = ready_window.session.runs.current.experiment
    painted = now.changed(data="painted", data_settings={"painted": points, "classes": 3})
    file = now.changed(data=str(tmp_path / "folder" / "mine.csv"), fingerprint="")
    assert changes_between(now, painted)[:2] == ["data Painted points", "data settings painted, classes 3"]
    assert changes_between(now, file)[:1] == ["data mine.csv"]
    run = ready_window.session.runs.current
    train_epochs(qtbot, ready_window, 1)
    ready_window.session.reset()
    run.experiment, run.progress = painted, replace(run.progress, before=19_899)
    ready_window.close()
    words = asked(ready_window).informativeText()
    assert "trained for 19\u202f900 epochs" in words
    assert "-0.11" not in words
    press_button(qtbot, ready_window, "Discard")
