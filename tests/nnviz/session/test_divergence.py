"""A learning rate that makes the loss infinite pauses the run with a message. NaN is never shown as a result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.activations import ACTIVATIONS
from engine.storage import load_network
from nnviz.session.configuration import Layer
from nnviz.session.state import State
from nnviz.widgets.bars import ProbabilityBars
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import click, drag, find, pause, retype, seven, train_for_a_while, wait_for


@pytest.fixture(autouse=True)
def always_finite(ready_window: MainWindow) -> None:
    """Fails at the first view that is not finite."""
    session = ready_window.session

    def check() -> None:
        assert np.isfinite(session.shown.parameters).all()
        if session.prediction is not None:
            assert np.isfinite(session.prediction).all()
        for curve in vars(session.run.tape).values():
            if hasattr(curve, "values"):
                assert all(math.isfinite(value) for value in curve.values)

    session.snapshot.connect(check)
    session.prediction_changed.connect(check)


def texts(window: MainWindow) -> str:
    """All that can be read in the window."""
    labels = [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
    bars = find(window, ProbabilityBars, "predictionBars").accessibleDescription()
    return " ".join([*labels, bars, window.windowTitle(), window.weights.map.toolTip()])


# At the first the weights stay finite for a step, and what they give does not; at the second they do not either.
RATES = pytest.mark.parametrize("rate", ["1e+30", "1e+300"])


def expect_told(window: MainWindow, rate: str) -> None:
    """Paused, with a message that says what to do, and sound in all it shows."""
    session = window.session
    assert session.state is State.PAUSED
    message = find(window, QLabel, "messageText")
    assert message.isVisible()
    for part in ("no longer finite", f"learning rate of {rate}", "Lower the learning rate"):
        assert part in message.text()
    assert np.isfinite(session.run.network.parameters).all()
    np.testing.assert_array_equal(session.shown.parameters, session.run.network.parameters)
    shown = texts(window).replace(message.text(), "").lower()
    assert "nan" not in shown
    assert "inf " not in shown
    window.grab()


@RATES
def test_in_the_middle_of_training(window: MainWindow, qtbot: QtBot, home: Any, rate: str) -> None:
    session = window.session
    drag(window.canvas, seven(window.canvas))
    train_for_a_while(qtbot, window)
    epochs = session.run.tape.completed
    retype(qtbot, window, "learningRateEdit", rate)
    wait_for(qtbot, window, State.PAUSED)
    expect_told(window, rate)
    assert session.run.tape.completed >= epochs
    assert session.prediction is not None

    session.save(home / "after.json")
    qtbot.waitUntil(lambda: session.run.path is not None)
    np.testing.assert_array_equal(load_network(home / "after.json").parameters, session.run.network.parameters)

    retype(qtbot, window, "learningRateEdit", "0.05")
    session.change("epochs", epochs=2)
    before = session.run.tape.completed
    click(qtbot, window, QPushButton, "trainButton")
    assert session.message is None, "it goes with the next start"
    wait_for(qtbot, window, State.FINISHED)
    assert session.run.tape.completed == before + 2
    assert session.run.tape.test.values[-1] < 0.5


@RATES
def test_at_the_first_step_of_all(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    retype(qtbot, window, "learningRateEdit", rate)
    window.session.start()
    wait_for(qtbot, window, State.PAUSED)
    expect_told(window, rate)


@RATES
def test_step_by_step(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    """A single step that ruins the weights is not paused at: the next one says what happened."""
    session = window.session
    retype(qtbot, window, "learningRateEdit", rate)
    for _ in range(5):
        session.step_batch()
        wait_for(qtbot, window, State.TRAINING)
        wait_for(qtbot, window, State.PAUSED)
        if session.message is not None:
            break
        assert np.isfinite(session.run.network.parameters).all()
    expect_told(window, rate)


@RATES
def test_pause_just_after_it(window: MainWindow, qtbot: QtBot, rate: str) -> None:
    session = window.session
    train_for_a_while(qtbot, window)
    retype(qtbot, window, "learningRateEdit", rate)
    session.pause()
    wait_for(qtbot, window, State.PAUSED)
    assert np.isfinite(session.run.network.parameters).all()
    assert np.isfinite(session.shown.parameters).all()


@RATES
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden])
def test_every_activation(window: MainWindow, qtbot: QtBot, activation: str, rate: str) -> None:
    """Where a bounded activation hides what happened, training may go on; but nothing infinite is ever shown."""
    session = window.session
    session.change("shape", layers=(Layer(16, activation),))
    train_for_a_while(qtbot, window)
    retype(qtbot, window, "learningRateEdit", rate)
    enough = session.run.tape.completed + 3
    qtbot.waitUntil(lambda: session.state is State.PAUSED or session.run.tape.completed >= enough)
    if session.state is State.PAUSED:
        expect_told(window, rate)
    else:
        pause(qtbot, window)
    retype(qtbot, window, "learningRateEdit", "0.01")
    session.step_epoch()
    wait_for(qtbot, window, State.TRAINING)
    wait_for(qtbot, window, State.PAUSED)


def test_the_message_can_be_dismissed(window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, window, "learningRateEdit", "1e30")
    window.session.start()
    wait_for(qtbot, window, State.PAUSED)
    click(qtbot, window, QToolButton, "dismissMessageButton")
    assert not find(window, QLabel, "messageText").isVisible()
    assert window.session.message is None


def test_a_prediction_that_is_not_finite_is_no_answer(window: MainWindow) -> None:
    session = window.session
    drag(window.canvas, seven(window.canvas))
    assert session.prediction is not None
    session.shown = session.shown.with_parameters(np.full_like(session.shown.parameters, 1e38))
    session.set_drawing(session.drawing)
    assert session.prediction is None
    assert find(window, QLabel, "answerLabel").text() == ""
