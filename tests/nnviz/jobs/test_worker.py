"""The worker without a window: orders, pauses, jobs that are out of date, other slow work."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.errors import DivergenceError
from engine.network import Network
from engine.settings import TrainingSettings
from engine.training import Trainer
from nnviz.jobs.worker import Background, Frame, Stopped, Until, Worker
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import MANY_EPOCHS


@pytest.fixture
def worker(qapp: object) -> Iterator[Worker]:
    """Ended after the test."""
    worker = Worker()
    yield worker
    assert worker.quit_and_wait(10_000)


def trainer(data: Dataset, epochs: int = 2) -> Trainer:
    """Of a small network."""
    network = Network((784, 8, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    return Trainer(network, data, TrainingSettings(batch_size=100, epochs=epochs, learning_rate=0.1))


def stopped(qtbot: QtBot, worker: Worker, order: Trainer, until: Until) -> Stopped:
    """Gives an order to the job that was begun last, and waits for its end."""
    with qtbot.waitSignal(worker.stopped, check_params_cb=lambda job, _: job == worker._job) as signal:
        worker.go(order, until)
    return signal.args[1]


def test_it_pauses_where_it_was_told_to(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    order = trainer(few_digits)
    worker.begin()
    steps = [Until.BATCH, Until.BATCH, Until.EPOCH, Until.BATCH, Until.END]
    places = []
    for until in steps:
        stop = stopped(qtbot, worker, order, until)
        assert stop.error is None
        assert stop.frame.batches == 20
        places.append((stop.frame.epoch, stop.frame.batch, stop.finished))
    assert places == [(1, 1, False), (1, 2, False), (1, 20, False), (2, 1, False), (2, 20, True)]


def test_the_last_epoch_finishes_however_it_is_asked_for(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    order = trainer(few_digits, epochs=1)
    worker.begin()
    assert stopped(qtbot, worker, order, Until.EPOCH).finished
    order = trainer(few_digits, epochs=1)
    worker.begin()
    stops = [stopped(qtbot, worker, order, Until.BATCH).finished for _ in range(20)]
    assert stops == [False] * 19 + [True]


@pytest.mark.parametrize("until", [Until.END, Until.EPOCH])
def test_a_run_with_patience_ends_with_its_best_network(
    worker: Worker, qtbot: QtBot, few_digits: Dataset, until: Until
) -> None:
    """The last epoch does not end it: what comes then is part of the run."""
    settings = TrainingSettings(epochs=1, learning_rate=0.1, validation_share=0.1, patience=5)
    network = Network((784, 8, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    worker.begin()
    with qtbot.waitSignal(worker.best_restored) as signal:
        stop = stopped(qtbot, worker, Trainer(network, few_digits, settings), until)
    assert stop.finished
    assert signal.args[1].epoch == 1
    assert not signal.args[1].early
    np.testing.assert_array_equal(stop.frame.parameters, network.parameters)


def test_nobody_looks_into_a_trainer_at_work(worker: Worker, qtbot: QtBot, few_digits: Dataset, gate: Gate) -> None:
    worker.begin()
    gate.close()
    worker.go(trainer(few_digits), Until.END)
    gate.wait_until_reached()
    assert not worker.at_work.acquire(blocking=False)
    with qtbot.waitSignal(worker.stopped):
        gate.open()
    assert worker.at_work.acquire(blocking=False), "as soon as it has stopped"
    worker.at_work.release()


def test_halt_ends_the_wait(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    order = trainer(few_digits, MANY_EPOCHS)
    job = worker.begin()
    with qtbot.waitSignal(worker.epoch_ended, check_params_cb=lambda job, result: result.epoch == 2):
        worker.go(order, Until.END)
    with qtbot.waitSignal(worker.stopped) as signal:
        worker.halt()
    assert signal.args[0] == job
    assert not signal.args[1].finished
    assert stopped(qtbot, worker, order, Until.BATCH).frame.epoch >= 2, "and it goes on from there"


def test_a_frame_is_a_copy(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    order = trainer(few_digits)
    worker.begin()
    frame = stopped(qtbot, worker, order, Until.BATCH).frame
    kept = frame.parameters.copy()
    assert not np.shares_memory(frame.parameters, order.network.parameters)
    stopped(qtbot, worker, order, Until.END)
    np.testing.assert_array_equal(frame.parameters, kept)


def test_frames_carry_the_number_of_their_job(worker: Worker, qtbot: QtBot, few_digits: Dataset, gate: Gate) -> None:
    """One that was on its way when another job began can be told from those of that job."""
    first = worker.begin()
    with qtbot.waitSignal(worker.epoch_ended, check_params_cb=lambda job, result: result.epoch == 1):
        worker.go(trainer(few_digits, MANY_EPOCHS), Until.END)
    gate.close()
    gate.wait_until_reached()
    second = worker.begin()
    worker.frames.take()
    gate.open()
    stop = stopped(qtbot, worker, trainer(few_digits), Until.BATCH)
    assert stop.frame.job == second
    left = worker.frames.take()
    assert left is None or left.job == first


def test_no_frame_is_ever_infinite(
    worker: Worker, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for the moment between the step that ruins the weights and the one that finds out."""
    frames: list[Frame] = []
    monkeypatch.setattr(worker.frames, "put", frames.append)  # never full: each step wants to be shown
    order = trainer(few_digits, MANY_EPOCHS)
    worker.begin()
    with qtbot.waitSignal(worker.stopped) as signal:
        worker.go(order, Until.END)
        qtbot.waitUntil(lambda: len(frames) > 20)
        order.learning_rate = 1e300
    assert isinstance(signal.args[1].error, DivergenceError)
    for frame in (*frames, signal.args[1].frame):
        assert np.isfinite(frame.parameters).all()


def test_a_job_out_of_date_is_left_alone(worker: Worker, qtbot: QtBot, few_digits: Dataset, gate: Gate) -> None:
    old, new = trainer(few_digits, MANY_EPOCHS), trainer(few_digits)
    worker.begin()
    gate.close()
    worker.go(old, Until.END)
    gate.wait_until_reached()
    worker.go(old, Until.BATCH)  # an order that is never looked at
    worker.begin()
    gate.open()
    assert stopped(qtbot, worker, new, Until.EPOCH).frame.batch == 20
    assert old.epoch == 0


def test_it_ends_in_the_middle_of_a_run(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin()
    with qtbot.waitSignal(worker.epoch_ended):
        worker.go(trainer(few_digits, MANY_EPOCHS), Until.END)
    assert worker.quit_and_wait(10_000)
    assert not worker.isRunning()


# ---- other slow work


def test_work_is_done_elsewhere_and_told_here(qtbot: QtBot) -> None:
    background = Background()
    told: list[object] = []
    for number in range(5):
        background.run(
            lambda number=number: (number, threading.get_ident()),
            lambda outcome: told.append((*outcome, threading.get_ident())),
            told.append,
        )
    qtbot.waitUntil(lambda: len(told) == 5)
    assert [number for number, *_ in told] == [0, 1, 2, 3, 4], "one after the other"
    here = threading.get_ident()
    assert all(worked != here and heard == here for _, worked, heard in told)


def test_what_goes_wrong_is_told_too(qtbot: QtBot) -> None:
    background = Background()
    failed: list[Exception] = []
    background.run(lambda: 1 / 0, lambda _: pytest.fail("it did not work"), failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert isinstance(failed[0], ZeroDivisionError)


def test_after_the_end_nothing_is_told(qtbot: QtBot) -> None:
    background = Background()
    done = threading.Event()
    told: list[object] = []
    background.run(done.set, told.append, told.append)
    assert background.close(10_000)
    assert done.is_set(), "what was asked for is finished"
    qtbot.wait(1)
    assert told == []


def test_an_outcome_that_comes_when_nobody_is_left_to_hear_it_is_dropped(qapp: QApplication) -> None:
    """Closing did not wait for it: it is on its way while what asked for it is taken apart."""
    gate = threading.Event()
    told: list[object] = []
    background = Background()
    background.run(lambda: gate.wait(5), told.append, told.append)
    assert not background.close(0)
    pool = background._pool
    gate.set()
    assert pool.waitForDone(5000)
    del background
    gc.collect()
    QApplication.processEvents()
    assert told == []
