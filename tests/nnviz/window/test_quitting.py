"""Quitting: one question about all networks that would be lost, distinguished; training pauses behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractButton, QFileDialog
from pytestqt.qtbot import QtBot

from engine.storage import load_checkpoint, load_network
from nnviz.formatting.setting_text import changes_between
from nnviz.session.run import Run
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    action,
    choose_file,
    find,
    pause,
    press,
    quit_unasked,
    train_epochs,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.window.asking_window import AskingWindow, asked, question


@pytest.fixture
def asking(ready_model: Model) -> Iterator[AskingWindow]:
    """A window that does no more than ask."""
    window = AskingWindow(ready_model.session)
    window.show()
    yield window
    window.end()


def press_button(qtbot: QtBot, window: AskingWindow | MainWindow, text: str) -> None:
    """Presses the button with that text."""
    buttons = asked(window).findChildren(QAbstractButton)
    (button,) = (each for each in buttons if each.text().replace("&", "").startswith(text))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def is_training_on(qtbot: QtBot, window: AskingWindow, run: Run) -> None:
    """Until it has learned more than it had."""
    before = run.changes
    qtbot.waitUntil(lambda: run.changes > before)
    assert window.session.runs.current is run


# ---- about earlier networks


def test_an_earlier_network_is_named_restored_and_discarded(ready_window: MainWindow, qtbot: QtBot) -> None:
    """In the whole window, by its key."""
    window, session = ready_window, ready_window.session
    train_epochs(qtbot, window, 2)
    session.reset()
    assert not session.runs.current.unsaved
    press(qtbot, window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert "earlier: 784-64-32-10, trained for 2 epochs" in asked(window).informativeText()
    qtbot.keyClick(asked(window), Qt.Key.Key_Escape)
    assert question(window) is None
    assert window.isVisible()

    window.close()
    press_button(qtbot, window, "Restore")
    assert window.isVisible()
    assert session.runs.current.epochs == 2
    assert window.isWindowModified()
    window.close()
    assert "since it was last saved" in asked(window).text(), "now it is the current one"
    asked(window).reject()
    action(window, "actionUndo").trigger()
    assert session.runs.current.untouched

    window.close()
    press_button(qtbot, window, "Discard")
    assert not window.isVisible()


def test_saved_ones_are_not_asked_about(asking: AskingWindow, qtbot: QtBot, home: Path) -> None:
    session = asking.session
    train_epochs(qtbot, asking, 1)
    session.files.save(home / "kept.json")
    qtbot.waitUntil(lambda: not session.runs.current.unsaved)
    session.reset()
    asking.close()
    assert not asking.isVisible()


def test_nobody_is_asked_twice(asking: AskingWindow, qtbot: QtBot, home: Path) -> None:
    """What was given up when another was opened is not asked about at the end, unless it is trained on."""
    session = asking.session
    session.files.save(home / "first.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    train_epochs(qtbot, asking, 1)
    trained = session.runs.current
    asking.dialogs.open_network()
    press_button(qtbot, asking, "Discard")
    choose_file(qtbot, asking, "openNetworkDialog", home / "first.json")
    qtbot.waitUntil(lambda: session.runs.current is not trained)
    asking.close()
    assert question(asking) is None
    assert not asking.isVisible()

    asking.show()
    session.undo.undo()
    train_epochs(qtbot, asking, 1)
    session.reset()
    asking.close()
    press_button(qtbot, asking, "Discard")
    assert not asking.isVisible()


def test_untrained_ones_are_nothing_to_ask_about(asking: AskingWindow) -> None:
    asking.session.settings.change("shape", shape=(784, 20, 10))
    asking.session.reset()
    asking.close()
    assert not asking.isVisible()


# ---- one question about several


@pytest.fixture
def three(asking: AskingWindow, qtbot: QtBot) -> AskingWindow:
    """Three that have learned: two earlier ones and the current one, each with settings of its own."""
    settings = asking.session.settings
    for rate, seed in ((0.05, 1), (0.2, 7)):
        settings.change("learning rate", learning_rate=rate)
        settings.change("seed", seed=seed)
        train_epochs(qtbot, asking, 1)
        asking.session.reset()
    settings.change("seed", seed=1)
    train_epochs(qtbot, asking, 1)
    return asking


def test_one_question_tells_them_apart(three: AskingWindow, qtbot: QtBot) -> None:
    three.close()
    box = asked(three)
    assert box.text().startswith("3 trained networks")
    lines = [line for line in box.informativeText().splitlines() if line.startswith("•")]
    assert len(lines) == len(set(lines)) == 3
    of_current, of_second, of_first = lines
    assert of_current.startswith("• this one: 784-64-32-10, trained for 1 epochs")
    assert of_second.endswith("seed 7")
    assert of_first.endswith("learning rate 0.05")
    press_button(qtbot, three, "Restore the last")
    assert three.isVisible()
    assert three.session.runs.current.experiment.seed == 7
    three.close()
    press_button(qtbot, three, "Discard")
    assert question(three) is None
    assert not three.isVisible()


def test_saving_the_current_one_lets_the_others_go(three: AskingWindow, qtbot: QtBot, home: Path) -> None:
    parameters = three.session.displayed.network.parameters.copy()
    three.close()
    press_button(qtbot, three, "Save this one")
    choose_file(qtbot, three, "saveNetworkDialog", home / "this.json")
    qtbot.waitUntil(lambda: not three.isVisible())
    assert (load_network(home / "this.json").parameters == parameters).all()


# ---- training pauses behind it


def test_training_pauses_behind_the_question_and_goes_on_at_cancel(asking: AskingWindow, qtbot: QtBot) -> None:
    """However it is cancelled; also if no file is chosen. What was paused stays so."""
    train_for_a_while(qtbot, asking)
    run = asking.session.runs.current
    for way in ("Cancel", "escape", "close", "no file"):
        asking.close()
        box = asked(asking)
        wait_for(qtbot, asking, Status.PAUSED)
        if way == "Cancel":
            press_button(qtbot, asking, "Cancel")
        elif way == "escape":
            qtbot.keyClick(box, Qt.Key.Key_Escape)
        elif way == "close":
            box.close()
        else:
            press_button(qtbot, asking, "Save")
            find(asking, QFileDialog, "saveNetworkDialog").reject()
        assert asking.session.state is Status.TRAINING, way
        is_training_on(qtbot, asking, run)
        assert run.experiment.training.epochs == MANY_EPOCHS
    pause(qtbot, asking)
    asking.close()
    press_button(qtbot, asking, "Cancel")
    assert asking.session.state is Status.PAUSED


def test_a_cancel_that_comes_before_it_has_paused(asking: AskingWindow, qtbot: QtBot) -> None:
    session = asking.session
    train_for_a_while(qtbot, asking)
    states: list[Status] = []
    session.training.state_changed.connect(lambda: states.append(session.state))
    asking.close()
    asked(asking).reject()
    assert session.state is Status.TRAINING
    qtbot.waitUntil(lambda: states[-2:] == [Status.PAUSED, Status.TRAINING])
    is_training_on(qtbot, asking, session.runs.current)


def test_at_cancel_the_run_goes_on_also_where_the_fields_describe_another_network(
    asking: AskingWindow, qtbot: QtBot
) -> None:
    """Whether the pause has come by then or not, and however often."""
    session = asking.session
    train_for_a_while(qtbot, asking)
    run = session.runs.current
    session.settings.change("layers", hidden=(7, 5))
    assert session.training.starts_new_network
    for is_paused in (False, False, True, True):
        asking.close()
        if is_paused:
            wait_for(qtbot, asking, Status.PAUSED)
        asked(asking).reject()
        assert session.state is Status.TRAINING, is_paused
    is_training_on(qtbot, asking, run)


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_single_epoch_is_trained_to_its_end_only(
    asking: AskingWindow, qtbot: QtBot, gate: Gate, comes_first: bool
) -> None:
    """At Cancel it goes on as far as it was to, whether the pause has come by then or not."""
    session = asking.session
    train_epochs(qtbot, asking, 1)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.step_batch()
    wait_for(qtbot, asking, Status.PAUSED)
    gate.close()
    session.step_epoch()
    gate.wait_until_reached()
    asking.close()
    if not comes_first:
        asked(asking).reject()
    gate.open()
    if comes_first:
        wait_for(qtbot, asking, Status.PAUSED)
        assert session.training.progress.batch < 20
        asked(asking).reject()
        assert session.state is Status.TRAINING
    qtbot.waitUntil(lambda: session.state is Status.PAUSED and session.training.progress.batch == 20)
    assert session.runs.current.history.completed == 2


@pytest.mark.parametrize("answer", ["Discard", "Save"])
def test_other_answers_do_not_train_on(asking: AskingWindow, qtbot: QtBot, answer: str, home: Path) -> None:
    """What is saved before the end is all that was learned."""
    train_for_a_while(qtbot, asking)
    run = asking.session.runs.current
    asking.close()
    wait_for(qtbot, asking, Status.PAUSED)
    changes = run.changes
    press_button(qtbot, asking, answer)
    assert asking.session.state is Status.PAUSED
    assert run.changes == changes
    if answer == "Save":
        choose_file(qtbot, asking, "saveNetworkDialog", home / "all.json")
        qtbot.waitUntil(lambda: not asking.isVisible())
        assert not run.unsaved
        assert (load_network(home / "all.json").parameters == run.network.parameters).all()


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
    asking: AskingWindow, qtbot: QtBot, home: Path
) -> None:
    session = asking.session
    train_for_a_while(qtbot, asking)
    session.files.save(home / "late.npz")
    assert any(session.close() for _ in range(50))
    assert load_checkpoint(home / "late.npz")[1] is not None


def test_data_are_named_shortly(asking: AskingWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """Neither every painted point nor a path stands in the question."""
    run = asking.session.runs.current
    points = ", ".join(f"-0.{number} 0.1" for number in range(11, 40))
    now = run.experiment
    painted = now.changed(data="painted", data_settings={"painted": points, "classes": 3})
    file = now.changed(data=str(tmp_path / "folder" / "mine.csv"), fingerprint="")
    assert changes_between(now, painted)[:2] == ["data Painted points", "data settings painted, classes 3"]
    assert changes_between(now, file)[:1] == ["data mine.csv"]
    train_epochs(qtbot, asking, 1)
    asking.session.reset()
    run.experiment, run.progress = painted, replace(run.progress, before=19_899)
    asking.close()
    words = asked(asking).informativeText()
    assert "trained for 19\u202f900 epochs" in words
    assert "-0.11" not in words
    press_button(qtbot, asking, "Discard")
