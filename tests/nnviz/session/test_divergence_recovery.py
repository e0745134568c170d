"""A learning rate that makes the loss infinite pauses the run with a message. NaN is never shown as a result."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.network.activations import ACTIVATIONS
from engine.storage import load_checkpoint, load_network
from nnviz.cards.stage.diagram.diagram import NetworkDiagram
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.jobs.reports import Stopped
from nnviz.session.divergence_recovery import best_epoch
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import click, drag, find, pause, retype, seven, train_epochs, train_for_a_while, wait_for


def expect_finite(session: Session) -> None:
    """Fails as soon as the session shows a number that is not finite."""

    def check() -> None:
        assert np.isfinite(session.displayed.network.parameters).all()
        for answer in (session.prediction, session.question.answer):
            assert answer is None or np.isfinite(answer).all()
        history = session.runs.current.history
        for curve in (*vars(history.error).values(), *vars(history.loss).values()):
            assert all(math.isfinite(value) for value in curve.values)

    session.displayed.changed.connect(check)
    session.question.answer_changed.connect(check)


@pytest.fixture
def ready_window(ready_window: MainWindow) -> MainWindow:
    """A window whose session shows finite numbers only."""
    expect_finite(ready_window.session)
    return ready_window


@pytest.fixture
def ready_model(ready_model: Model) -> Model:
    """A session that shows finite numbers only."""
    expect_finite(ready_model.session)
    return ready_model


def texts(window: MainWindow) -> str:
    """All that can be read in the window."""
    labels = [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
    answer = find(window, AnswerView, "answerView").accessibleDescription()
    network = find(window, NetworkDiagram, "networkDiagram").accessibleDescription()
    return " ".join([*labels, answer, network, window.windowTitle()])


# At the first the weights stay finite for a step, and what they give does not; at the second they do not either.
RATES = pytest.mark.parametrize("rate", ["1e+30", "1e+300"])


def expect_message(model: Model | MainWindow, rate: str) -> str:
    """Paused, with finite parameters and a message that says what to do, which is returned."""
    session = model.session
    assert session.state is Status.PAUSED
    message = session.messages.current
    assert message is not None
    for part in ("no longer finite", f"learning rate of {rate}", "Lower the learning rate"):
        assert part in message.text
    assert np.isfinite(session.runs.current.network.parameters).all()
    np.testing.assert_array_equal(session.displayed.network.parameters, session.runs.current.network.parameters)
    return message.text


def expect_reported(window: MainWindow, rate: str) -> None:
    """The same, and no label of the window shows a number that is not finite."""
    message = find(window, QLabel, "messageText")
    assert message.isVisible()
    assert message.text() == expect_message(window, rate)
    shown = texts(window).replace(message.text(), "").lower()
    assert "nan" not in shown
    assert "inf " not in shown
    window.grab()


def test_in_the_middle_of_training_and_a_prediction_that_is_not_finite_is_no_answer(
    ready_window: MainWindow, qtbot: QtBot, home: Any
) -> None:
    """Other rates, and other places, are below, without a window. The message can be dismissed."""
    rate = "1e+300"
    session = ready_window.session
    drag(ready_window.canvas, seven(ready_window.canvas))
    train_for_a_while(qtbot, ready_window)
    epochs = session.runs.current.history.completed
    retype(qtbot, ready_window, "learningRateEdit", rate)
    wait_for(qtbot, ready_window, Status.PAUSED)
    expect_reported(ready_window, rate)
    assert session.runs.current.history.completed >= epochs
    assert session.prediction is not None

    session.files.save(home / "after.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    np.testing.assert_array_equal(load_network(home / "after.json").parameters, session.runs.current.network.parameters)

    retype(qtbot, ready_window, "learningRateEdit", "0.05")
    last = int(session.runs.current.history.completed) + 2
    session.settings.change("epochs", epochs=last)
    assert f"of {last}" in find(ready_window, QLabel, "runStatus").text()
    click(qtbot, ready_window, QPushButton, "trainButton")
    assert session.messages.current is None, "it goes with the next start"
    wait_for(qtbot, ready_window, Status.FINISHED)
    assert session.runs.current.history.completed == last, "as many as were asked for, not more"
    assert session.runs.current.history.error.test.epochs == list(range(last + 1))
    assert session.runs.current.history.error.test.values[-1] < 0.5

    retype(qtbot, ready_window, "learningRateEdit", "1e30")
    session.settings.change("epochs", epochs=last + 2)
    session.start()
    wait_for(qtbot, ready_window, Status.PAUSED)
    click(qtbot, ready_window, QToolButton, "dismissMessageButton")
    assert not find(ready_window, QLabel, "messageText").isVisible()
    assert session.messages.current is None
    view = find(ready_window, AnswerView, "answerView")
    qtbot.waitUntil(lambda: bool(view.answers))
    run = session.runs.current
    run.parameters = np.full_like(run.parameters, 1e38)
    session.displayed.show(run)
    assert session.prediction is None
    qtbot.waitUntil(lambda: not view.answers)


def choices(model: Model) -> list[str]:
    """What the message offers."""
    message = model.session.messages.current
    return [] if message is None else [choice.text for choice in message.choices]


def diverge_after(qtbot: QtBot, model: Model, epochs: int) -> None:
    """Some epochs that are recorded, then a rate that is too high."""
    session = model.session
    session.settings.change("epochs", epochs=20)
    for _ in range(epochs):
        session.step_epoch()
        wait_for(qtbot, model, Status.TRAINING)
        wait_for(qtbot, model, Status.PAUSED)
    session.settings.change("rate", learning_rate=1e30)
    session.start()
    qtbot.waitUntil(lambda: bool(choices(model)), timeout=20_000)


@pytest.mark.parametrize(("number", "changed"), [(0, {"learning_rate": 0.2}), (1, {"clip_norm": 1.0})])
def test_it_goes_back_to_the_last_good_epoch_exactly(
    recorded: Model, qtbot: QtBot, number: int, changed: dict[str, float]
) -> None:
    session = recorded.session
    diverge_after(qtbot, recorded, 3)
    old, dataset = session.runs.current, session.dataset
    assert dataset is not None
    good = best_epoch(old)
    assert good == 3
    assert choices(recorded) == [
        "Go back to epoch 3 with rate 0.2",
        "Go back to epoch 3 with clipped gradients",
        "Reset",
    ]
    settings = old.experiment.training
    session.messages.choose(number)
    qtbot.waitUntil(lambda: session.runs.current is not old, timeout=20_000)
    new = session.runs.current
    assert (new.origin.parent, new.origin.left_at, new.epochs, session.state) == (old.id, 3, 3, Status.PAUSED)
    assert new.experiment.training == replace(settings, **changed)  # type: ignore[arg-type]
    assert session.settings.experiment.training == new.experiment.training
    assert old.experiment.training == settings, "the old run stays as it was"
    trainer = old.experiment.changed(learning_rate=0.2).trainer(dataset)
    events = trainer.run()
    while trainer.epoch < 3 or trainer.batch < trainer.batches_per_epoch:
        next(events)
    np.testing.assert_array_equal(new.network.parameters, trainer.network.parameters)


def test_in_a_second_training_message_and_offer_count_the_epochs_of_both(recorded: Model, qtbot: QtBot) -> None:
    train_epochs(qtbot, recorded, 4)
    assert recorded.session.state is Status.FINISHED
    recorded.session.settings.change("rate", learning_rate=1e30)
    recorded.session.start()
    qtbot.waitUntil(lambda: bool(choices(recorded)), timeout=20_000)
    assert recorded.session.runs.current.history.completed == 4
    assert "at epoch 5, batch" in recorded.session.messages.current.text
    assert choices(recorded)[0] == "Go back to epoch 4 with rate 0.2"


def test_only_an_epoch_that_can_be_gone_back_to_is_offered(recorded: Model, qtbot: QtBot, home: Path) -> None:
    """Not one that an opened network learned elsewhere, however good it was."""
    session, path = recorded.session, home / "opened.json"
    train_epochs(qtbot, recorded, 3)
    session.runs.current.history.loss.train.values[1] = 0.0  # the best epoch is long past
    session.files.save(path)
    qtbot.waitUntil(lambda: not session.files.activity)
    assert best_epoch(session.runs.current) == 1
    before = session.runs.current
    session.files.open(path)
    qtbot.waitUntil(lambda: session.runs.current is not before)
    train_epochs(qtbot, recorded, 2)
    opened = session.runs.current
    assert opened.history.loss.train.at(1) == 0
    assert best_epoch(opened) >= 3
    session.branching.branch_at(best_epoch(opened))
    qtbot.waitUntil(lambda: session.runs.current is not opened, timeout=20_000)


def test_if_it_never_learned_it_offers_to_begin_again(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    diverge_after(qtbot, recorded, 0)
    assert choices(recorded) == ["Reset with rate 0.2", "Reset with clipped gradients", "Reset"]
    old, made_from = session.runs.current, session.settings.experiment
    session.messages.choose(1)
    assert session.state is Status.READY
    assert session.settings.experiment.training.clip_norm == 1
    assert old.experiment.training.clip_norm == 0, "the old run stays as it was"
    session.undo.undo()
    assert session.runs.current is old
    assert session.settings.experiment == made_from


def test_what_it_offers_goes_when_the_fields_change(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    diverge_after(qtbot, recorded, 1)
    assert choices(recorded)
    session.settings.change("rate", learning_rate=0.05)
    assert session.messages.current is None


@RATES
def test_at_the_first_step_of_all(ready_model: Model, qtbot: QtBot, rate: str) -> None:
    ready_model.session.settings.change("rate", learning_rate=float(rate))
    ready_model.session.start()
    wait_for(qtbot, ready_model, Status.PAUSED)
    expect_message(ready_model, rate)


@RATES
def test_step_by_step(ready_model: Model, qtbot: QtBot, rate: str) -> None:
    """A single step that ruins the weights is not paused at: the next one says what happened."""
    session = ready_model.session
    session.settings.change("rate", learning_rate=float(rate))
    for _ in range(5):
        session.step_batch()
        wait_for(qtbot, ready_model, Status.TRAINING)
        wait_for(qtbot, ready_model, Status.PAUSED)
        if session.messages.current is not None:
            break
        assert np.isfinite(session.runs.current.network.parameters).all()
    expect_message(ready_model, rate)


@RATES
def test_pause_just_after_it(ready_model: Model, qtbot: QtBot, rate: str) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    session.settings.change("rate", learning_rate=float(rate))
    session.pause()
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert np.isfinite(session.runs.current.network.parameters).all()
    assert np.isfinite(session.displayed.network.parameters).all()


@RATES
def test_every_activation(ready_model: Model, qtbot: QtBot, rate: str) -> None:
    """Where a bounded activation hides what happened, training may go on; but nothing infinite is ever shown."""
    session = ready_model.session
    for activation in [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]:
        session.settings.change("shape", hidden=(16,), activations=(activation, "softmax"))
        session.reset()
        train_for_a_while(qtbot, ready_model)
        assert session.runs.current.experiment.activations == (activation, "softmax")
        ruin_and_go_on(qtbot, ready_model, rate)


def ruin_and_go_on(qtbot: QtBot, model: Model, rate: str) -> None:
    """Three epochs with that rate, or as far as it comes, and one with another."""
    session = model.session
    session.settings.change("rate", learning_rate=float(rate))
    enough = session.runs.current.history.completed + 3
    qtbot.waitUntil(lambda: session.state is Status.PAUSED or session.runs.current.history.completed >= enough)
    if session.state is Status.PAUSED:
        expect_message(model, rate)
    else:
        pause(qtbot, model)
    session.settings.change("rate", learning_rate=0.01)
    session.step_epoch()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.PAUSED)


@RATES
def test_the_message_is_for_people_and_the_error_for_scripts(ready_model: Model, qtbot: QtBot, rate: str) -> None:
    errors: list[Any] = []
    runner = ready_model.session.training.runner
    runner.reported.connect(lambda _, event: errors.append(event.error) if isinstance(event, Stopped) else None)
    ready_model.session.settings.change("rate", learning_rate=float(rate))
    ready_model.session.start()
    wait_for(qtbot, ready_model, Status.PAUSED)
    (error,) = errors
    assert str(error).startswith("loss: no longer finite at epoch 1, batch ")
    reported = ready_model.session.messages.current.text
    assert reported == f"Training paused: {error.in_words}"
    assert "first in layer " in reported
    assert ", batch " in reported
    assert "loss is" not in reported.replace("the loss is", "")


@RATES
def test_a_checkpoint_after_it_holds_the_place_that_is_shown(
    ready_model: Model, qtbot: QtBot, home: Any, rate: str
) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    session.settings.change("rate", learning_rate=float(rate))
    wait_for(qtbot, ready_model, Status.PAUSED)
    session.files.save(home / "after.npz")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    network, state = load_checkpoint(home / "after.npz")
    assert state is not None
    progress = session.training.progress
    assert (state.progress["epoch"], state.progress["batch"]) == (progress.epoch, progress.batch)
    np.testing.assert_array_equal(network.parameters, session.displayed.network.parameters)
