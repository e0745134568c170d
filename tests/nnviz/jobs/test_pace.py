"""A slow training: how long it takes, that it computes the same, that waits end at once and are no training time."""

from __future__ import annotations

import math
import types

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.jobs import timing
from nnviz.jobs.pace import SLOW, SLOW_START, Pace
from nnviz.jobs.reports import StopCondition, Stopped
from nnviz.jobs.timing import BatchTimer
from nnviz.jobs.worker import Worker
from tests.nnviz.jobs.test_worker import frame_of, of, stop_of

STOPPED = Pace(1e9)  # far slower than any test waits
pytestmark = pytest.mark.usefixtures("two_cores")


@pytest.mark.parametrize(
    ("batches", "epochs", "first", "whole"),
    [
        (600, 1, 30, 30),  # MNIST: 20 steps a second
        (600, 10, 30, 30 * math.sqrt(10)),
        (600, 20, 120 / math.sqrt(20), 120),  # at most two minutes
        (60_000, 1, 30, 30),  # at most 30 s for an epoch
        (27, 100, 27 / 20, 13.5),  # a small table
    ],
)
def test_a_run_takes_at_most_two_minutes_and_an_epoch_thirty_seconds(
    batches: int, epochs: int, first: float, whole: float
) -> None:
    assert SLOW.seconds_at(1, epochs, batches) == pytest.approx(first)
    assert SLOW.seconds_at(epochs, epochs, batches) == pytest.approx(whole)
    assert SLOW_START.seconds_at(1, epochs, batches) == pytest.approx(min(first, 10))


def test_the_figure_is_the_number_of_steps_in_the_next_second() -> None:
    for place in (0.25, 1, 9):
        rate = SLOW.steps_a_second(place, 10, 600)
        step = SLOW.seconds_at(place + 1 / 600, 10, 600) - SLOW.seconds_at(place, 10, 600)
        assert rate == pytest.approx(1 / step, rel=0.01)


def test_switching_in_the_middle_changes_no_weight(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    """Full speed may be in another process: slow calls the training back."""
    worker.begin(1, lambda: of(few_digits, epochs=40))
    alone = frame_of(stop_of(qtbot, worker, 1, StopCondition.END)).parameters
    worker.begin(2, lambda: of(few_digits, epochs=40))
    stops: list[Stopped] = []
    worker.reported.connect(lambda _, event: stops.append(event) if isinstance(event, Stopped) else None)
    worker.go(2, StopCondition.END)
    paces = [pace for _ in range(10) for pace in (Pace(0.01), None)]
    for pace in paces:
        worker.set_pace(pace)
        qtbot.waitUntil(lambda: worker.take_frame() is not None or bool(stops))
    qtbot.waitUntil(lambda: bool(stops), timeout=20_000)
    assert stops[0].finished
    np.testing.assert_array_equal(frame_of(stops[0]).parameters, alone)


def test_a_wait_ends_at_once(
    worker: Worker, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a pause, for full speed, for an order, and for the end of the window."""
    monkeypatch.setattr("nnviz.jobs.pace._WHOLE_RUN", 1e9)
    monkeypatch.setattr("nnviz.jobs.pace._FEWEST_STEPS", 1e-9)
    worker.set_pace(STOPPED)
    worker.begin(1, lambda: of(few_digits, epochs=2))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: worker.take_frame() is not None)  # after the first step
    found: list[int] = []
    worker.call(1, lambda trainer: found.append(-1 if trainer is None else trainer.batch))
    qtbot.waitUntil(lambda: found == [1])
    with qtbot.waitSignal(worker.reported, check_params_cb=lambda _, event: isinstance(event, Stopped)) as signal:
        worker.halt()
    assert frame_of(signal.args[1]).batch == 2
    worker.go(1, StopCondition.END)
    with qtbot.waitSignal(worker.reported, check_params_cb=lambda _, event: isinstance(event, Stopped)) as signal:
        worker.set_pace(None)
    assert signal.args[1].finished
    worker.set_pace(STOPPED)
    worker.begin(2, lambda: of(few_digits, epochs=2))
    worker.go(2, StopCondition.END)
    qtbot.waitUntil(lambda: worker.take_frame() is not None)


def test_a_slow_training_is_not_lent(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.set_pace(Pace(1e-9))
    worker.begin(1, lambda: of(few_digits, epochs=60))
    stop_of(qtbot, worker, 1, StopCondition.END)
    assert worker._process is None


def test_waits_are_no_training_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = types.SimpleNamespace(now=0.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr(timing, "time", clock)
    timer = BatchTimer()
    for _ in range(100):
        timer.come_back()
        clock.now += 0.01
        timer.batch_done()
        timer.leave()
        clock.now += 0.5
    timer.come_back()
    clock.now += 0.2
    assert timer.seconds_per_batch == pytest.approx(0.01)
    assert not timer.measures_long()
    timer.leave()
    clock.now += 5
    timer.come_back()
    assert not timer.measures_long()
    clock.now += 0.4
    assert timer.measures_long()
    assert not timer.measures_long(), "once for each evaluation"
    timer.epoch_done()
    assert timer.seconds_measuring == pytest.approx(0.6)
    assert timer.seconds_per_batch == pytest.approx(0.01)
