"""The pilot hears only the run that was begun last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.network import Network
from engine.settings import TrainingSettings
from nnviz.jobs.runner import Pilot
from nnviz.jobs.worker import Frame, Until
from tests.nnviz.helpers import MANY_EPOCHS


@pytest.fixture
def pilot(qapp: object) -> Iterator[Pilot]:
    """Ended after the test."""
    pilot = Pilot()
    yield pilot
    assert pilot.close(10_000)


def begin(pilot: Pilot, data: Dataset, epochs: int = MANY_EPOCHS) -> Network:
    """A run of a small network, not going yet."""
    network = Network((784, 6, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    pilot.begin(network, data, TrainingSettings(epochs=epochs, learning_rate=0.1))
    return network


def test_a_run_and_its_progress(pilot: Pilot, qtbot: QtBot, few_digits: Dataset) -> None:
    assert not pilot.has_run
    begin(pilot, few_digits, epochs=2)
    assert pilot.has_run
    assert pilot.settings is not None
    frames: list[Frame] = []
    pilot.frame.connect(frames.append)
    with qtbot.waitSignal(pilot.stopped) as signal:
        pilot.go(Until.EPOCH)
    assert not signal.args[0].finished
    assert pilot.progress(frames[-1]).epochs_done == 1
    with qtbot.waitSignal(pilot.stopped) as signal:
        pilot.go(Until.END)
    assert signal.args[0].finished
    assert not pilot.has_run


def test_a_dropped_run_is_not_heard(pilot: Pilot, qtbot: QtBot, few_digits: Dataset) -> None:
    begin(pilot, few_digits)
    with qtbot.waitSignal(pilot.frame):
        pilot.go(Until.END)
    heard: list[object] = []
    for signal in (pilot.frame, pilot.epoch_ended, pilot.stopped):
        signal.connect(heard.append)
    pilot.drop()
    assert not pilot.has_run
    begin(pilot, few_digits)
    qtbot.wait(1)  # what was on its way arrives
    assert heard == []


def test_a_frame_that_an_earlier_run_left_is_thrown_away(pilot: Pilot, qtbot: QtBot, few_digits: Dataset) -> None:
    """Its network may have had another shape."""
    begin(pilot, few_digits)
    late = Frame(job=pilot._job - 1, parameters=np.zeros(3), epoch=1, batch=1, batches=1, seconds_per_epoch=1)
    pilot._worker.frames.put(late)
    frames: list[Frame] = []
    pilot.frame.connect(frames.append)
    with qtbot.waitSignal(pilot.frame):
        pilot.go(Until.END)
    pilot.halt()
    assert not any(frame is late for frame in frames)
    assert frames


def test_settings_may_be_changed(pilot: Pilot, few_digits: Dataset) -> None:
    """What a run cannot change in its middle stays as it is, and nothing else with it."""
    settings = TrainingSettings(epochs=7, learning_rate=0.25, batch_size=50, seed=9, dropout=0.2)
    pilot.change(settings)  # of no run: nothing happens
    begin(pilot, few_digits)
    begun = pilot.settings
    assert begun is not None
    pilot.change(settings)
    assert pilot.settings == replace(settings, batch_size=begun.batch_size, seed=begun.seed)
    pilot.change(begun)
    assert pilot.settings == begun


def test_what_does_not_fit_the_run_keeps_nothing_else_back(pilot: Pilot, few_digits: Dataset) -> None:
    """Patience without examples put aside, dropout for other layers."""
    begin(pilot, few_digits)
    begun = pilot.settings
    assert begun is not None
    pilot.change(replace(begun, momentum=0.5, validation_share=0.1, patience=3, dropout=(0.1, 0.2, 0.3)))
    assert pilot.settings == replace(begun, momentum=0.5)
