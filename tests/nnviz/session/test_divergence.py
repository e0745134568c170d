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

from engine.activations import ACTIVATIONS
from engine.storage import load_checkpoint, load_network
from nnviz.jobs.reports import Stopped
from nnviz.session.remedies import best_epoch
from nnviz.session.status import Status
from nnviz.widgets.bars import ProbabilityBars
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import click, drag, find, pause, retype, seven, train_epochs, train_for_a_while, wait_for


@pytest.fixture(autouse=True)
def always_finite(ready_window: MainWindow) -> None:
    """Fails at the first view that is not finite."""
    session = ready_window.session

    def check() -> None:
        assert np.isfinite(session.displayed.network.parameters).all()
        for answer in (session.prediction, session.question.answer):
            assert answer is None or np.isfinite(answer).all()
        history = session.runs.current.history
        for curve in (*vars(history.error).values(), *vars(history.loss).values()):
            assert all(math.isfinite(value) for value in curve.values)

    session.displayed.changed.connect(check)
    session.question.answered.connect(check)


def texts(window: MainWindow) -> str:
    """All that can be read in the window."""
    labels = [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
    bars = find(window, ProbabilityBars, "predictionBars").accessibleDescription()
    return " ".join([*labels, bars, window.windowTitle(), window.card("weightsDock").map.toolTip()])


# At the first the weights stay finite for a step, and what they give does not; at the second they do not either.
RATES = pytest.mark.parametrize("rate", ["1e+30", "1e+300"])


def expect_told(window: MainWindow, rate: str) -> None:
    """Paused, with a message that says what to do, and sound in all it shows."""
    session = window.session
    assert session.state is Status.PAUSED
    message = find(window, QLabel, "messageText")
    assert message.isVisible()
    for part in ("no longer finite", f"learning rate of {rate}", "Lower the learning rate"):
        assert part in message.text()
    assert np.isfinite(session.runs.current.network.parameters).all()
    np.testing.assert_array_equal(session.displayed.network.parameters, session.runs.current.network.parameters)
    shown = texts(window).replace(message.text(), "").lower()
    assert "nan" not in shown
    assert "inf " not in shown
    window.grab()


@RATES
def test_in_the_middle_of_training(window: MainWindow, qtbot: QtBot, home: Any, rate: str) -> None:
    session = window.session
    drag(window.canvas, seven(window.canvas))
    train_for_a_while(qtbot, window)
    epochs = session.runs.current.history.completed
    retype(qtbot, window, "learningRateEdit", rate)
    wait_for(qtbot, window, Status.PAUSED)
    expect_told(window, rate)
    assert session.runs.current.history.completed >= epochs
    assert session.prediction is not None

    session.files.save(home / "after.json")
    qtbot.waitUntil(lambda: session.runs.current.path is not None)
    np.testing.assert_array_equal(load_network(home / "after.json").parameters, session.runs.current.network.parameters)

    retype(qtbot, window, "learningRateEdit", "0.05")
    last = int(session.runs.current.history.completed) + 2
    session.settings.change("epochs", epochs=last)
    assert f"of {last}" in find(window, QLabel, "runStatus").text()
    click(qtbot, window, QPushButton, "trainButton")
    assert session.messages.current is None, "it goes with the next start"
    wait_for(qtbot, window, Status.FINISHED)
    assert session.runs.current.history.completed == last, "as many as were asked for, not so many more"
    assert session.runs.current.history.error.test.epochs == list(range(last + 1))
    assert session.runs.current.history.error.test.values[-1] < 0.5


def choices(window: MainWindow) -> list[str]:
    """What the message offers."""
    message = window.session.messages.current
    return [] if message is None else [choice.text for choice in message.choices]


def diverge_after(qtbot: QtBot, window: MainWindow, epochs: int) -> None:
    """Some epochs that are recorded, then a rate that is too high."""
    session = window.session
    session.settings.change("epochs", epochs=20)
    for _ in range(epochs):
        session.step_epoch()
        wait_for(qtbot, window, Status.TRAINING)
        wait_for(qtbot, window, Status.PAUSED)
    retype(qtbot, window, "learningRateEdit", "1e+30")
    session.start()
    qtbot.waitUntil(lambda: bool(choices(window)), timeout=20_000)


@pytest.mark.parametrize(("number", "changed"), [(1, {"learning_rate": 1e29}), (2, {"clip_norm": 1.0})])
def test_it_goes_back_to_the_last_good_epoch_exactly(
    recorded: MainWindow, qtbot: QtBot, number: int, changed: dict[str, float]
) -> None:
    window, session = recorded, recorded.session
    diverge_after(qtbot, window, 3)
    old, dataset = session.runs.current, session.dataset
    assert dataset is not None
    good = best_epoch(old)
    assert good == 3
    assert choices(window) == [
        "Go back to epoch 3 with rate 1e+29",
        "Go back to epoch 3 with clipped gradients",
        "Reset",
    ]
    settings = old.experiment.training
    click(qtbot, window, QPushButton, f"messageChoice{number}Button")
    qtbot.waitUntil(lambda: session.runs.current is not old, timeout=20_000)
    new = session.runs.current
    assert (new.parent, new.left_at, new.epochs, session.state) == (old.id, 3, 3, Status.PAUSED)
    assert new.experiment.training == replace(settings, **changed)  # type: ignore[arg-type]
    assert session.settings.experiment.training == new.experiment.training
    assert old.experiment.training == settings, "the old run stays as it was"
    trainer = old.experiment.changed(learning_rate=0.2).trainer(dataset)
    events = trainer.run()
    while trainer.epoch < 3 or trainer.batch < trainer.batches_per_epoch:
        next(events)
    np.testing.assert_array_equal(new.network.parameters, trainer.network.parameters)


def test_in_a_second_training_message_and_offer_count_the_epochs_of_both(recorded: MainWindow, qtbot: QtBot) -> None:
    train_epochs(qtbot, recorded, 4)
    assert recorded.session.state is Status.FINISHED
    retype(qtbot, recorded, "learningRateEdit", "1e+30")
    recorded.session.start()
    qtbot.waitUntil(lambda: bool(choices(recorded)), timeout=20_000)
    assert recorded.session.runs.current.history.completed == 4
    assert "of epoch 5 the loss" in find(recorded, QLabel, "messageText").text()
    assert choices(recorded)[0] == "Go back to epoch 4 with rate 1e+29"


def test_only_an_epoch_that_can_be_gone_back_to_is_offered(recorded: MainWindow, qtbot: QtBot, home: Path) -> None:
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


def test_if_it_never_learned_it_offers_to_begin_again(recorded: MainWindow, qtbot: QtBot) -> None:
    window, session = recorded, recorded.session
    diverge_after(qtbot, window, 0)
    assert choices(window) == ["Reset with rate 1e+29", "Reset with clipped gradients", "Reset"]
    click(qtbot, window, QPushButton, "messageChoice2Button")
    assert session.state is Status.READY
    assert session.settings.experiment.training.clip_norm == 1


def test_what_it_offers_goes_when_the_fields_change(recorded: MainWindow, qtbot: QtBot) -> None:
    window, session = recorded, recorded.session
    diverge_after(qtbot, window, 1)
    assert choices(window)
    retype(qtbot, window, "learningRateEdit", "0.05")
    assert session.messages.current is None


@RATES
def test_at_the_first_step_of_all(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    retype(qtbot, window, "learningRateEdit", rate)
    window.session.start()
    wait_for(qtbot, window, Status.PAUSED)
    expect_told(window, rate)


@RATES
def test_step_by_step(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    """A single step that ruins the weights is not paused at: the next one says what happened."""
    session = window.session
    retype(qtbot, window, "learningRateEdit", rate)
    for _ in range(5):
        session.step_batch()
        wait_for(qtbot, window, Status.TRAINING)
        wait_for(qtbot, window, Status.PAUSED)
        if session.messages.current is not None:
            break
        assert np.isfinite(session.runs.current.network.parameters).all()
    expect_told(window, rate)


@RATES
def test_pause_just_after_it(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    session = window.session
    train_for_a_while(qtbot, window)
    retype(qtbot, window, "learningRateEdit", rate)
    session.pause()
    wait_for(qtbot, window, Status.PAUSED)
    assert np.isfinite(session.runs.current.network.parameters).all()
    assert np.isfinite(session.displayed.network.parameters).all()


@RATES
def test_every_activation(ready_window: MainWindow, qtbot: QtBot, rate: str) -> None:
    """Where a bounded activation hides what happened, training may go on; but nothing infinite is ever shown."""
    session = ready_window.session
    for activation in [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]:
        session.settings.change("shape", hidden=(16,), activations=(activation, "softmax"))
        session.reset()
        train_for_a_while(qtbot, ready_window)
        assert session.runs.current.experiment.activations == (activation, "softmax")
        ruin_and_go_on(qtbot, ready_window, rate)


def ruin_and_go_on(qtbot: QtBot, window: MainWindow, rate: str) -> None:
    """Three epochs with that rate, or as far as it comes, and one with another."""
    session = window.session
    retype(qtbot, window, "learningRateEdit", rate)
    enough = session.runs.current.history.completed + 3
    qtbot.waitUntil(lambda: session.state is Status.PAUSED or session.runs.current.history.completed >= enough)
    if session.state is Status.PAUSED:
        expect_told(window, rate)
    else:
        pause(qtbot, window)
    retype(qtbot, window, "learningRateEdit", "0.01")
    session.step_epoch()
    wait_for(qtbot, window, Status.TRAINING)
    wait_for(qtbot, window, Status.PAUSED)


@RATES
def test_the_message_is_for_people_and_the_error_for_scripts(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    errors: list[Any] = []
    runner = window.session.training.runner
    runner.told.connect(lambda _, event: errors.append(event.error) if isinstance(event, Stopped) else None)
    retype(qtbot, window, "learningRateEdit", rate)
    window.session.start()
    wait_for(qtbot, window, Status.PAUSED)
    (error,) = errors
    assert str(error).startswith("loss is no longer finite at epoch 1, batch ")
    told = find(window, QLabel, "messageText").text()
    assert told == f"Training was paused: {error.in_words}"
    assert "first in layer " in told
    assert "at batch " in told
    assert "loss is" not in told.replace("the loss is", "")


@RATES
def test_a_checkpoint_after_it_holds_the_place_that_is_shown(
    window: MainWindow, qtbot: QtBot, home: Any, rate: str
) -> None:
    session = window.session
    train_for_a_while(qtbot, window)
    retype(qtbot, window, "learningRateEdit", rate)
    wait_for(qtbot, window, Status.PAUSED)
    session.files.save(home / "after.npz")
    qtbot.waitUntil(lambda: session.runs.current.path is not None)
    network, state = load_checkpoint(home / "after.npz")
    assert state is not None
    progress = session.training.progress
    assert (state.progress["epoch"], state.progress["batch"]) == (progress.epoch, progress.batch)
    np.testing.assert_array_equal(network.parameters, session.displayed.network.parameters)


def test_the_message_can_be_dismissed(window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, window, "learningRateEdit", "1e30")
    window.session.start()
    wait_for(qtbot, window, Status.PAUSED)
    click(qtbot, window, QToolButton, "dismissMessageButton")
    assert not find(window, QLabel, "messageText").isVisible()
    assert window.session.messages.current is None


def test_a_prediction_that_is_not_finite_is_no_answer(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    drag(window.canvas, seven(window.canvas))
    assert session.prediction is not None
    qtbot.waitUntil(lambda: find(window, QLabel, "answerLabel").text() != "")
    run = session.runs.current
    run.parameters = np.full_like(run.parameters, 1e38)
    session.displayed.show(run)
    assert session.prediction is None
    qtbot.waitUntil(lambda: find(window, QLabel, "answerLabel").text() == "")
