"""Turning knobs while it learns: most act at once, some wait for the next run and say so."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.look.text import duration
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, click, find, pause, press, retype, train_epochs, train_for_a_while, wait_for


def notice(window: MainWindow, name: str) -> QLabel:
    """networkNotice or trainingNotice."""
    return find(window, QLabel, name)


def test_the_learning_rate_acts_at_once(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    retype(qtbot, window, "learningRateEdit", "1e-12")
    assert window.session.state is Status.TRAINING
    pause(qtbot, window)
    before = window.session.runs.current.network.parameters.copy()
    click(qtbot, window, QPushButton, "stepBatchButton")
    wait_for(qtbot, window, Status.PAUSED)
    np.testing.assert_array_equal(window.session.runs.current.network.parameters, before, "at that rate nothing moves")
    retype(qtbot, window, "learningRateEdit", "0.1")
    click(qtbot, window, QPushButton, "stepBatchButton")
    wait_for(qtbot, window, Status.PAUSED)
    assert np.any(window.session.runs.current.network.parameters != before)
    assert not notice(window, "trainingNotice").isVisible()


def test_batch_size_waits_and_says_so(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    hint = notice(window, "trainingNotice")
    train_for_a_while(qtbot, window)
    assert not hint.isVisible()
    retype(qtbot, window, "batchSizeEdit", "50")
    assert hint.isVisible()
    assert hint.text() == "Batch size waits for the next run."
    retype(qtbot, window, "batchSizeEdit", "100")
    assert not hint.isVisible()
    retype(qtbot, window, "batchSizeEdit", "50")
    pause(qtbot, window)
    assert window.session.training.progress.batches == 20, "the run goes on as it was begun"
    assert hint.isVisible()
    click(qtbot, window, QPushButton, "resetButton")
    assert not hint.isVisible()
    retype(qtbot, window, "epochsEdit", "3")
    press(qtbot, window, Qt.Key_Space)
    wait_for(qtbot, window, Status.FINISHED)
    assert window.session.training.progress.batches == 40
    assert window.session.runs.current.history.completed == 3


def test_epochs_act_at_once(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    done = window.session.runs.current.history.completed
    retype(qtbot, window, "epochsEdit", str(done + 2))
    assert f"of {done + 2}" in find(window, QLabel, "runStatus").text()
    press(qtbot, window, Qt.Key_Space)
    wait_for(qtbot, window, Status.FINISHED)
    assert window.session.runs.current.history.completed == done + 2


def test_fewer_epochs_than_are_done_end_the_run(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    retype(qtbot, window, "epochsEdit", "1")
    wait_for(qtbot, window, Status.FINISHED)
    assert window.session.runs.current.share_done == 1


def test_the_bar_counts_all_epochs_of_a_network_that_is_trained_on(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    window.session.settings.change("epochs", epochs=1)
    window.session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    assert window.run_bar.status.text().startswith("epoch 4 of 4")
    assert 0.75 < window.session.runs.current.share_done < 1
    assert window.run_bar.progress.value() == round(
        window.run_bar.progress.maximum() * window.session.runs.current.share_done
    )


def test_shape_activation_and_seed_wait_and_say_so(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    hint = notice(window, "networkNotice")
    train_for_a_while(qtbot, window)
    network = window.session.runs.current.network
    assert not hint.isVisible()

    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    assert hint.isVisible()
    assert "next run" in hint.text()
    assert "Reset" in hint.text()
    retype(qtbot, window, "shapeEdit", "784, 64, 32, 10")
    assert not hint.isVisible()

    combo = find(window, QComboBox, "activation1Combo")
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key_Home)
    assert hint.isVisible()
    action(window, "actionUndo").trigger()
    assert not hint.isVisible()

    retype(qtbot, window, "seedEdit", "5")
    assert hint.isVisible()
    assert window.session.state is Status.TRAINING
    assert window.session.runs.current.network is network

    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    click(qtbot, window, QPushButton, "resetButton")
    assert window.session.state is Status.READY
    assert window.session.runs.current.network.shape == [784, 20, 10]
    assert window.session.runs.current.configuration.seed == 5
    assert not hint.isVisible()


def test_train_after_a_change_begins_the_new_network(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    old = window.session.runs.current
    retype(qtbot, window, "shapeEdit", "784, 12, 10")
    assert window.session.runs.current is old
    click(qtbot, window, QPushButton, "stepEpochButton")
    wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)
    assert window.session.runs.current is not old
    assert window.session.runs.current.network.shape == [784, 12, 10]
    assert window.session.runs.current.history.error.test.epochs == [0, 1]
    action(window, "actionUndo").trigger()
    assert window.session.runs.current is old, "and undo has the trained one"


def test_a_paused_run_waits_for_reset_too(ready_window: MainWindow, qtbot: QtBot) -> None:
    """A paused run goes on with its network; the new shape waits."""
    window = ready_window
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    network = window.session.runs.current.network
    retype(qtbot, window, "shapeEdit", "784, 12, 10")
    assert notice(window, "networkNotice").isVisible()
    click(qtbot, window, QPushButton, "stepBatchButton")
    wait_for(qtbot, window, Status.PAUSED)
    assert window.session.runs.current.network is network


def test_the_bar_tells_how_far_it_is(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train = find(window, QPushButton, "trainButton")
    state, status = find(window, QLabel, "runState"), find(window, QLabel, "runStatus")
    assert state.text() == "Ready"
    assert train.text().strip() == "Train"
    train_for_a_while(qtbot, window)
    assert state.text() == "Training"
    assert train.text().strip() == "Pause"
    for name in ("stepBatchButton", "stepEpochButton"):
        assert not find(window, QPushButton, name).isEnabled()
    qtbot.waitUntil(lambda: "epoch" in status.text())
    qtbot.waitUntil(lambda: "samples/s" in find(window, QLabel, "speedLabel").text())
    whole = duration(window.session.training.progress.seconds_of_epoch)
    assert find(window, QLabel, "runTimes").text().startswith(f"{whole} per epoch"), "as what is left counts them"
    assert "left" in find(window, QLabel, "runTimes").text()
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.PAUSED)
    assert state.text() == "Paused"
    assert train.text().strip() == "Train"
    assert find(window, QPushButton, "stepBatchButton").isEnabled()
    assert find(window, QLabel, "speedLabel").text() == ""

    click(qtbot, window, QPushButton, "resetButton")
    train_epochs(qtbot, window, 2)
    assert state.text() == "Finished"
    assert find(window, QProgressBar, "runProgress").value() == find(window, QProgressBar, "runProgress").maximum()
    assert status.text() == "epoch 2 of 2 · batch 20 / 20"
    assert (
        find(window, QLabel, "testFigure").text()
        == f"{100 * window.session.runs.current.history.error.test.values[-1]:.2f} %"
    )
    assert (
        find(window, QLabel, "trainFigure").text()
        == f"{100 * window.session.runs.current.history.error.train.values[-1]:.2f} %"
    )
    click(qtbot, window, QPushButton, "resetButton")
    assert find(window, QLabel, "testFigure").text() == "–"
    assert find(window, QProgressBar, "runProgress").value() == 0


def test_speed_counts_the_batches_of_the_run(ready_window: MainWindow, qtbot: QtBot) -> None:
    """A batch size that waits for the next run does not change what is told of this one."""
    window = ready_window
    train_for_a_while(qtbot, window)
    speed = find(window, QLabel, "speedLabel")

    def samples() -> float:
        progress = window.session.training.progress
        return progress.batches * 100 / progress.seconds_per_epoch

    retype(qtbot, window, "batchSizeEdit", "1000")
    with qtbot.waitSignal(window.session.displayed.changed):
        pass
    told = float("".join(letter for letter in speed.text() if letter.isdigit()))
    assert told < 3 * samples()


def test_fields_that_are_being_typed_into_are_left_alone(ready_window: MainWindow, qtbot: QtBot) -> None:
    """Training goes on under the typing; the text does not jump."""
    window = ready_window
    train_for_a_while(qtbot, window)
    edit = find(window, QLineEdit, "learningRateEdit")
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClicks(edit, "0.0")
    with qtbot.waitSignal(window.session.runs.history_changed):
        pass
    window.session.settings.change("epochs", epochs=30)
    assert edit.text() == "0.0"
    qtbot.keyClicks(edit, "7")
    qtbot.keyClick(edit, Qt.Key_Return)
    assert window.session.settings.experiment.training.learning_rate == 0.07
