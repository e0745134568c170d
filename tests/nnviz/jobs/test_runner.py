"""The runner: the interface's side of the worker. Frames of the run that goes, looks into trainers, the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.errors import SettingError
from engine.datasets import Dataset
from engine.network.network import Network
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs.reports import Epochs, NetworkFrame, StopCondition, Stopped
from nnviz.jobs.runner import Runner
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import MANY_EPOCHS


@pytest.fixture
def runner(qapp: object) -> Iterator[Runner]:
    """Ended after the test."""
    runner = Runner()
    yield runner
    assert runner.close(10_000)


def of(data: Dataset, epochs: int = MANY_EPOCHS, neurons: int = 6) -> Trainer:
    """A trainer of a small network."""
    network = Network((784, neurons, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    return Trainer(network, data, TrainingSettings(batch_size=100, epochs=epochs, learning_rate=0.1))


def stop_of(qtbot: QtBot, runner: Runner, run: int, until: StopCondition) -> Stopped:
    """Lets the run go, and waits for its stop."""

    def is_it(number: int, event: object) -> bool:
        return number == run and isinstance(event, Stopped)

    with qtbot.waitSignal(runner.reported, check_params_cb=is_it) as signal:
        runner.go(run, until)
    stop = signal.args[1]
    assert isinstance(stop, Stopped)
    return stop


def test_a_run_and_its_events(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    reported: list[tuple[int, object]] = []
    runner.reported.connect(lambda run, event: reported.append((run, event)))
    runner.worker.begin(3, lambda: of(few_digits, epochs=2))
    assert not stop_of(qtbot, runner, 3, StopCondition.EPOCH).finished
    stop = stop_of(qtbot, runner, 3, StopCondition.END)
    assert stop.finished
    assert stop.frame is not None
    assert (stop.frame.epoch, stop.frame.batch) == (2, 20)
    assert [each.epoch for _, event in reported if isinstance(event, Epochs) for each in event] == [0, 1, 2]
    assert {run for run, _ in reported} == {3}


def test_no_frame_comes_after_the_stop(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    """It was copied earlier, and would put the views back."""
    heard: list[str] = []
    runner.frame.connect(lambda _: heard.append("frame"))
    runner.reported.connect(lambda _, event: heard.append(type(event).__name__))
    runner.worker.begin(1, lambda: of(few_digits))
    with qtbot.waitSignal(runner.frame):
        runner.go(1, StopCondition.END)
    with qtbot.waitSignal(runner.reported, check_params_cb=lambda _, event: isinstance(event, Stopped)):
        runner.worker.halt()
    qtbot.wait(30)  # longer than from one view to the next
    assert heard[-1] == "Stopped"


def test_frames_of_a_run_that_was_left_are_not_emitted(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    """Its network may have another shape."""
    frames: list[NetworkFrame] = []
    runner.worker.begin(1, lambda: of(few_digits))
    runner.worker.begin(2, lambda: of(few_digits, neurons=9))
    with qtbot.waitSignal(runner.frame):
        runner.go(1, StopCondition.END)
    runner.frame.connect(frames.append)
    with qtbot.waitSignal(runner.frame):
        runner.go(2, StopCondition.END)
    assert {frame.run for frame in frames} == {2}


def test_settings_are_those_of_the_next_step(runner: Runner, few_digits: Dataset) -> None:
    settings = TrainingSettings(epochs=7, learning_rate=0.25, batch_size=100, dropout=0.2)
    runner.worker.begin(1, lambda: of(few_digits))
    runner.worker.change(1, settings)
    assert runner.call(1, lambda trainer: trainer.settings if trainer else None).result(10) == settings
    runner.worker.change(1, replace(settings, learning_rate=0.5))
    assert runner.call(1, lambda trainer: trainer.learning_rate if trainer else None).result(10) == 0.5


# ---- looks into a trainer


def place(trainer: Trainer | None) -> tuple[int, int, bool]:
    """Epoch and batch of its state, and whether this is another thread."""
    assert trainer is not None
    progress = trainer.state().progress
    return progress["epoch"], progress["batch"], threading.current_thread() is not threading.main_thread()


def test_a_look_at_a_run_that_rests(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    runner.worker.begin(1, lambda: of(few_digits))
    assert runner.call(1, place).result(10) == (0, 0, True), "before its first step"
    stop_of(qtbot, runner, 1, StopCondition.BATCH)
    stop_of(qtbot, runner, 1, StopCondition.BATCH)
    assert runner.call(1, place).result(10) == (1, 2, True)


def test_a_look_at_a_run_that_has_ended(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    runner.worker.begin(1, lambda: of(few_digits, epochs=1))
    assert stop_of(qtbot, runner, 1, StopCondition.END).finished
    assert runner.call(1, place).result(10)[:2] == (1, 20)


def test_a_look_while_it_trains_does_not_stop_it(runner: Runner, qtbot: QtBot, few_digits: Dataset, gate: Gate) -> None:
    """The state is that between two steps; a training that goes on from it ends the same to the bit."""
    runner.worker.begin(1, lambda: of(few_digits, epochs=3))
    stop_of(qtbot, runner, 1, StopCondition.BATCH)
    reported: list[object] = []
    runner.reported.connect(lambda _, event: reported.append(event))
    gate.close()
    runner.go(1, StopCondition.END)
    gate.wait_until_reached()

    def copied(trainer: Trainer | None) -> Trainer:
        assert trainer is not None
        return Trainer.resume(trainer.network.copy(), few_digits, trainer.state())

    look = runner.call(1, copied)
    assert not look.done(), "the step in progress comes first"
    gate.open()
    copy = look.result(10)
    assert (copy.epoch, copy.batch) == (1, 2)
    qtbot.waitUntil(lambda: any(isinstance(event, Stopped) for event in reported))
    (stop,) = [event for event in reported if isinstance(event, Stopped)]
    assert stop.finished
    for _ in copy.run():
        pass
    assert stop.frame is not None
    np.testing.assert_array_equal(stop.frame.parameters, copy.network.parameters)


def test_a_look_at_a_run_without_a_trainer(runner: Runner, few_digits: Dataset) -> None:
    assert runner.call(9, lambda trainer: trainer is None).result(10)
    runner.worker.begin(1, lambda: of(few_digits))
    runner.worker.forget(1)
    assert runner.call(1, lambda trainer: trainer is None).result(10)


def test_a_look_that_goes_wrong_harms_nobody_else(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    def refuse(_: object) -> None:
        raise SettingError("batch_size", 5, "must be smaller", "Try 3.")

    runner.worker.begin(1, lambda: of(few_digits))
    with pytest.raises(SettingError):
        runner.call(1, refuse).result(10)
    assert stop_of(qtbot, runner, 1, StopCondition.BATCH).frame is not None


def test_closing_in_the_middle_of_a_run(runner: Runner, qtbot: QtBot, few_digits: Dataset) -> None:
    runner.worker.begin(1, lambda: of(few_digits))
    with qtbot.waitSignal(runner.frame):
        runner.go(1, StopCondition.END)
    assert runner.close(10_000)
