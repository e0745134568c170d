"""Settings that are changed during training: most act at once, some wait for the next run and say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.storage import save_network
from engine.training.history import Change
from nnviz.formatting.text import count, duration
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    click,
    drag,
    find,
    pause,
    pick,
    press,
    retype,
    seven,
    train_epochs,
    train_for_a_while,
    wait_for,
)


def notice(window: AnyWindow, name: str) -> QLabel:
    """networkNotice or trainingNotice."""
    return find(window, QLabel, name)


@pytest.fixture
def card_window(make_cards: MakeCards) -> CardWindow:
    """The cards of the network and the training, and the bar of the run."""
    window = make_cards("networkCard", "trainingCard")
    window.add_bars()
    return window


def test_the_learning_rate_and_epochs_act_at_once_and_fields_being_typed_into_are_left_alone(
    card_window: CardWindow, qtbot: QtBot
) -> None:
    """Training goes on under the typing; the text does not jump."""
    window = card_window
    train_for_a_while(qtbot, window)
    edit = find(window, QLineEdit, "learningRateEdit")
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(edit, "0.0")
    with qtbot.waitSignal(window.session.runs.history_changed):
        pass
    window.session.settings.change("epochs", epochs=MANY_EPOCHS - 1)
    assert edit.text() == "0.0"
    qtbot.keyClicks(edit, "7")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert window.session.settings.experiment.training.learning_rate == 0.07

    retype(qtbot, window, "learningRateEdit", "1e-30")
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

    done = window.session.runs.current.history.completed
    retype(qtbot, window, "epochsEdit", str(done + 2))
    assert f"of {done + 2}" in find(window, QLabel, "runStatus").text()
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.FINISHED)
    assert window.session.runs.current.history.completed == done + 2


def test_batch_size_waits_and_speed_counts_the_batches_of_the_run(card_window: CardWindow, qtbot: QtBot) -> None:
    window = card_window
    hint = notice(window, "trainingNotice")
    train_for_a_while(qtbot, window)
    assert not hint.isVisible()
    retype(qtbot, window, "batchSizeEdit", "50")
    assert hint.isVisible()
    assert hint.text() == "Batch size: from the next run."
    retype(qtbot, window, "batchSizeEdit", "100")
    assert not hint.isVisible()
    state = find(window, QLabel, "runStatus")

    right: list[str] = []

    def look() -> None:
        """Is called just after the progress was shown, if that was due."""
        progress = window.session.training.progress
        if progress.seconds_per_epoch:
            samples = 1000 * round(progress.batches * 100 / progress.seconds_per_epoch / 1000)
            right.extend([""] * (f"{count(samples)} samples/s" in state.toolTip()))

    retype(qtbot, window, "batchSizeEdit", "500")
    assert window.session.runs.current.experiment.training.batch_size == 100
    window.session.training.progressed.connect(look)
    qtbot.waitUntil(lambda: bool(right))
    assert window.session.settings.experiment.training.batch_size == 500
    window.session.training.progressed.disconnect(look)

    retype(qtbot, window, "batchSizeEdit", "50")
    pause(qtbot, window)
    assert window.session.training.progress.batches == 5, "the run goes on as it was begun"
    assert hint.isVisible()
    click(qtbot, window, QPushButton, "resetButton")
    assert not hint.isVisible()
    retype(qtbot, window, "epochsEdit", "3")
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.FINISHED)
    assert window.session.training.progress.batches == 10
    assert window.session.runs.current.history.completed == 3


def test_what_only_another_network_or_validation_set_can_have_waits_and_the_rest_acts(
    ready_model: Model, qtbot: QtBot
) -> None:
    model, session = ready_model, ready_model.session
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    train_for_a_while(qtbot, model)
    before, layers = session.runs.current.experiment.training, len(session.settings.experiment.activations)
    session.settings.change("shape", shape=(784, *[8] * layers, 10), dropout=(0, *[0.2] * layers))
    session.settings.change("stopping", validation_share=0.2, patience=3, learning_rate=0.02)
    wanted = replace(before, learning_rate=0.02)
    assert session.runs.current.experiment.training == wanted
    session.settings.change("dropout", dropout=0.3, learning_rate=0.03)
    assert session.runs.current.experiment.training == (wanted := replace(wanted, dropout=0.3, learning_rate=0.03))
    found: list[object] = []
    session.training.runner.worker.call(session.runs.current.id, lambda trainer: found.append(trainer.settings))
    qtbot.waitUntil(lambda: bool(found))
    assert found == [wanted]
    assert session.state is Status.TRAINING
    assert session.messages.current is None


def test_fewer_epochs_than_are_done_end_the_run(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    session.settings.change("epochs", epochs=1)
    wait_for(qtbot, ready_model, Status.FINISHED)
    assert session.runs.current.progress.share_done == 1


def test_shape_activation_and_seed_wait_and_say_so(card_window: CardWindow, qtbot: QtBot) -> None:
    window = card_window
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
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    assert hint.isVisible()
    window.session.undo.undo()
    assert not hint.isVisible()

    retype(qtbot, window, "seedEdit", "5")
    assert hint.isVisible()
    assert window.session.state is Status.TRAINING
    assert window.session.runs.current.network is network

    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    click(qtbot, window, QPushButton, "resetButton")
    assert window.session.state is Status.READY
    assert window.session.runs.current.network.shape == [784, 20, 10]
    assert window.session.runs.current.experiment.seed == 5
    assert not hint.isVisible()


# ---- the fields describe another network than the one that was trained


def learn(qtbot: QtBot, model: Model | AnyWindow, until: Status) -> None:
    """A run that is paused or finished."""
    if until is Status.PAUSED:
        train_for_a_while(qtbot, model)
        pause(qtbot, model)
    else:
        train_epochs(qtbot, model, 1)


def question(model: Model | AnyWindow) -> list[str]:
    """The choices of the message in the window; none where nothing is asked."""
    message = model.session.messages.current
    return [choice.text for choice in message.choices] if message else []


@pytest.mark.parametrize("until", [Status.PAUSED, Status.FINISHED])
def test_the_network_of_the_fields_is_trained_and_undo_restores_the_trained_one(
    card_window: CardWindow, qtbot: QtBot, until: Status
) -> None:
    window, session = card_window, card_window.session
    learn(qtbot, window, until)
    retype(qtbot, window, "shapeEdit", "784, 12, 10")
    assert notice(window, "networkNotice").isVisible()
    old, learned = session.runs.current, session.runs.current.network.parameters.copy()
    button = find(window, QPushButton, "trainButton")
    assert button.text().strip() == "Train new"
    assert button.sizeHint().width() <= button.width()
    assert "784-12-10" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, window, Status.TRAINING)
    assert session.runs.current.network.shape == [784, 12, 10]
    assert find(window, QLineEdit, "shapeEdit").text() == "784, 12, 10"
    assert not notice(window, "networkNotice").isVisible()
    assert button.text().strip() == "Pause"
    session.pause()
    wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)  # A run of one epoch may end before it pauses.
    session.undo.undo()
    assert session.runs.current is old
    np.testing.assert_array_equal(old.network.parameters, learned)
    assert button.text().strip() == "Train new", "the fields still describe the new one"
    session.undo.undo()
    assert find(window, QLineEdit, "shapeEdit").text() == "784, 64, 32, 10"
    assert button.text().strip() in ("Train", "1 more epoch")


def test_so_it_is_whatever_was_changed(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_epochs(qtbot, ready_model, 1)
    changes: list[dict[str, Any]] = [
        {"activations": ("tanh", "relu", "softmax")},
        {"initializer": "orthogonal"},
        {"seed": 5},
        {"shape": (784, 64, 10)},
        {"shape": (784, 64, 32, 32, 10)},
    ]
    for change in changes:
        old = session.runs.current
        session.settings.change("network", **change)
        wanted = session.settings.experiment
        assert not old.experiment.same_network(wanted), change
        session.start()
        wait_for(qtbot, ready_model, Status.FINISHED)
        assert session.runs.current is not old, change
        assert session.runs.current.experiment.same_network(wanted), change
        assert session.runs.current.history.error.test.epochs == [0, 1], change


@pytest.mark.parametrize(("until", "step"), [(Status.PAUSED, "step_batch"), (Status.FINISHED, "step_epoch")])
def test_a_single_step_trains_the_network_of_the_fields(
    ready_model: Model, qtbot: QtBot, until: Status, step: str
) -> None:
    """A message says so if the trained one was not saved."""
    session = ready_model.session
    learn(qtbot, ready_model, until)
    session.settings.change("shape", shape=(784, 12, 10))
    old, is_reported = session.runs.current, session.runs.current.unsaved
    getattr(session, step)()
    wait_for(qtbot, ready_model, Status.PAUSED, Status.FINISHED)
    assert session.runs.current is not old
    assert session.runs.current.network.shape == [784, 12, 10]
    assert session.runs.current.epochs > 0
    message = session.messages.current
    assert (message is not None and "Ctrl+Z restores it" in message.text) == is_reported
    session.undo.undo()
    assert session.runs.current is old


def test_a_new_one_is_trained_where_the_trained_one_does_not_fit_the_data(
    ready_model: Model, qtbot: QtBot, home: Path
) -> None:
    model, session = ready_model, ready_model.session
    save_network(Experiment(shape=(4, 3), activations=("softmax",)).build(), home / "other.json")
    session.files.open(home / "other.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    session.settings.show_experiment(session.settings.fitting)
    session.step_epoch()
    wait_for(qtbot, model, Status.PAUSED, Status.FINISHED)
    assert session.runs.current.network.shape == [784, 10]


def test_a_step_button_has_the_focus_again_after_its_step_and_other_data_begin_a_new_network(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window, session = ready_window, ready_window.session
    button = find(window, QPushButton, "stepEpochButton")
    button.setFocus()
    for epoch in (1, 2):
        press(qtbot, window, Qt.Key.Key_Return)
        wait_for(qtbot, window, Status.PAUSED)
        assert session.runs.current.epochs == epoch
        assert button.hasFocus()

    pick(qtbot, window, "datasetCombo", "Spirals")
    wait_for(qtbot, window, Status.READY)
    assert find(window, QPushButton, "trainButton").text().strip() == "Train"
    click(qtbot, window, QPushButton, "stepBatchButton")
    wait_for(qtbot, window, Status.PAUSED)
    assert session.runs.current.network.shape == list(session.settings.experiment.shape)
    assert session.runs.current.network.shape[0] == 2


# ---- a finished run


def test_going_on_is_a_choice_that_the_button_names_and_the_chart_marks(card_window: CardWindow, qtbot: QtBot) -> None:
    """The bar counts all epochs of the network."""
    window, session = card_window, card_window.session
    train_epochs(qtbot, window, 2)
    button = find(window, QPushButton, "trainButton")
    assert button.text().strip() == "2 more epochs"
    assert session.runs.current.history.changes == []
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.TRAINING)
    assert session.runs.current.progress.last_epoch == 4
    wait_for(qtbot, window, Status.FINISHED)
    assert session.runs.current.history.changes == [Change(2, "2 more epochs")]
    retype(qtbot, window, "learningRateEdit", "0.05")
    retype(qtbot, window, "epochsEdit", "1")
    assert button.text().strip() == "1 more epoch"
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.TRAINING)
    wait_for(qtbot, window, Status.FINISHED)
    assert session.runs.current.history.changes[1:] == [Change(4, "1 more epoch, learning rate 0.05")]
    for epochs, text in (("99", "99 more epochs"), ("100", "More epochs")):
        retype(qtbot, window, "epochsEdit", epochs)
        assert button.text().strip() == text
        assert button.sizeHint().width() <= button.width()
    window.session.settings.change("epochs", epochs=1)
    window.session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    assert find(window, QLabel, "runStatus").text().startswith("epoch 6 of 6 · 1 of ")
    assert 5 / 6 < window.session.runs.current.progress.share_done < 1


@pytest.mark.parametrize(
    ("settings", "rises"),
    [
        ({"schedule": "cosine"}, True),
        ({"schedule": "step", "decay_epochs": 1}, True),
        ({"schedule": "step", "decay_epochs": 5}, False),
        ({"schedule": "constant"}, False),
    ],
)
def test_more_epochs_say_if_the_schedule_raises_the_learning_rate(
    make_cards: MakeCards, qtbot: QtBot, settings: dict[str, Any], rises: bool
) -> None:
    window = make_cards()
    window.add_bars()
    window.session.settings.change("schedule", **settings)
    train_epochs(qtbot, window, 2)
    button = find(window, QPushButton, "trainButton")
    sentence = f"The {settings['schedule']} schedule starts again: the learning rate rises to 0.2."
    assert (sentence in button.toolTip()) == rises
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.TRAINING)
    note = f"2 more epochs, {settings['schedule']} schedule from its start" if rises else "2 more epochs"
    assert window.session.runs.current.history.changes == [Change(2, note)]
    wait_for(qtbot, window, Status.FINISHED)


def test_a_change_in_the_middle_is_marked_too(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    session.settings.change("learning rate", learning_rate=0.05)
    session.settings.change("epochs", epochs=3)
    assert session.runs.current.history.changes == [Change(1 / 5, "learning rate 0.05")], "epochs are the axis"


# ---- a network that has died


def kill(qtbot: QtBot, model: Model | MainWindow) -> None:
    """Trains with a rate that leaves no neuron alive, for some epochs after it."""
    model.session.settings.change("learning rate", learning_rate=5)
    train_epochs(qtbot, model, 4)


def test_a_network_that_died_says_so_and_a_smaller_rate_makes_it_learn(card_window: CardWindow, qtbot: QtBot) -> None:
    window, session = card_window, card_window.session
    kill(qtbot, window)
    layer = session.runs.current.dead_layer
    assert layer is not None
    message = session.messages.current
    assert message is not None
    assert f"layer {layer} has the same output for nearly every example" in message.text
    assert f"layer {layer} is dead" in find(window, QLabel, "runStatus").text()
    assert question(window) == ["Reset with learning rate 0.2", "Reset with learning rate 0.5"]
    session.messages.choose(1)
    assert session.settings.experiment.training.learning_rate == 0.5
    assert session.state is Status.READY
    assert session.runs.current.dead_layer is None
    train_epochs(qtbot, window, 1)
    assert session.runs.current.dead_layer is None


def test_it_is_said_once_and_its_remedies_go_when_the_fields_change(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    reported: list[object] = []
    session.training.died.connect(reported.append)
    kill(qtbot, ready_model)
    assert reported == [session.runs.current]
    assert question(ready_model)
    session.settings.change("batch size", batch_size=50)
    assert session.messages.current is None


def test_or_the_rate_before_whatever_was_done_since(card_window: CardWindow, qtbot: QtBot) -> None:
    window, session = card_window, card_window.session
    retype(qtbot, window, "learningRateEdit", "5")
    session.settings.change("epochs", epochs=2)
    session.start()
    drag(window.canvas, seven(window.canvas))
    wait_for(qtbot, window, Status.FINISHED)
    assert question(window)[0] == "Reset with learning rate 0.2"
    session.messages.choose(0)
    assert session.settings.experiment.training.learning_rate == 0.2
    assert session.settings.experiment.training.epochs == 2
    assert session.state is Status.READY
    assert not window.canvas.is_empty, "the stroke stays"


def test_a_remedy_keeps_the_shape_of_a_network_that_was_opened(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    """Changes before it was opened were of another network."""
    model, session = ready_model, ready_model.session
    session.settings.change("epochs", epochs=3)
    network = Experiment(shape=(784, 30, 10), activations=("relu", "softmax")).build()
    save_network(network, home / "other.json")
    session.files.open(home / "other.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    session.runs.current.network.biases[0][:] = -1e5
    session.step_epoch()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.PAUSED)
    assert question(model)
    session.messages.choose(0)
    assert session.runs.current.network.shape == [784, 30, 10]
    assert session.runs.current.untouched


def test_the_status_says_how_far_it_is(card_window: CardWindow, qtbot: QtBot) -> None:
    window = card_window
    train = find(window, QPushButton, "trainButton")
    status = find(window, QLabel, "runStatus")
    assert train.text().strip() == "Train"
    train_for_a_while(qtbot, window)
    assert train.text().strip() == "Pause"
    for name in ("stepBatchButton", "stepEpochButton"):
        assert not find(window, QPushButton, name).isEnabled()
    qtbot.waitUntil(lambda: "batches" in status.text())
    qtbot.waitUntil(lambda: "samples/s" in status.toolTip())
    training = window.session.training
    # As what is left counts them; the words follow a moment later.
    qtbot.waitUntil(lambda: f"{duration(training.progress.seconds_of_epoch)} per epoch" in status.toolTip())
    assert status.text().endswith(" left")
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.PAUSED)
    assert train.text().strip() == "Train"
    assert find(window, QPushButton, "stepBatchButton").isEnabled()
    assert "samples/s" not in status.toolTip()

    click(qtbot, window, QPushButton, "resetButton")
    train_epochs(qtbot, window, 2)
    assert status.text() == "epoch 2 of 2"
