"""The worker without a window: orders between two steps, pauses, several runs, what cannot be made or goes wrong."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.errors import DivergenceError, SettingError
from engine.datasets import Dataset
from engine.network.network import Network
from engine.training.events import BestRestored, Epoch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs.recorder import RecordingPlan
from nnviz.jobs.reports import Epochs, NetworkFrame, Recorded, StopCondition, Stopped
from nnviz.jobs.worker import Worker
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import MANY_EPOCHS
from tests.nnviz.library.helpers import an_experiment


@pytest.fixture
def worker(qapp: object) -> Iterator[Worker]:
    """Ended after the test."""
    worker = Worker()
    yield worker
    assert worker.quit_and_wait(10_000)


class Ear:
    """What the worker reported, as (run, event), in order; epochs one by one."""

    def __init__(self, worker: Worker) -> None:
        self.heard: list[tuple[int, object]] = []
        worker.reported.connect(self._hear)

    def _hear(self, run: int, event: object) -> None:
        self.heard += [(run, each) for each in (event if isinstance(event, Epochs) else [event])]

    def stops(self, run: int) -> list[Stopped]:
        """Of that run."""
        return [event for number, event in self.heard if number == run and isinstance(event, Stopped)]

    def epochs(self, run: int) -> list[int]:
        """Of that run, whose figures were reported."""
        return [event.epoch for number, event in self.heard if number == run and isinstance(event, Epoch)]


@pytest.fixture
def ear(worker: Worker) -> Ear:
    """Listens from the start."""
    return Ear(worker)


def network() -> Network:
    """A small one, always the same."""
    return Network((784, 8, 10), ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))


def of(data: Dataset, epochs: int = 2, **settings: Any) -> Trainer:
    """A trainer of it, 20 batches an epoch."""
    return Trainer(network(), data, TrainingSettings(batch_size=100, epochs=epochs, learning_rate=0.1, **settings))


def stop_of(qtbot: QtBot, worker: Worker, run: int, until: StopCondition) -> Stopped:
    """Lets the run go, and waits for its stop."""

    def is_it(number: int, event: object) -> bool:
        return number == run and isinstance(event, Stopped)

    with qtbot.waitSignal(worker.reported, check_params_cb=is_it) as signal:
        worker.go(run, until)
    stop = signal.args[1]
    assert isinstance(stop, Stopped)
    return stop


def frame_of(stop: Stopped) -> NetworkFrame:
    """Where it stopped."""
    assert stop.frame is not None
    return stop.frame


# ---- how far


def test_it_pauses_where_it_was_asked_to(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(7, lambda: of(few_digits))
    places = []
    for until in (
        StopCondition.BATCH,
        StopCondition.BATCH,
        StopCondition.EPOCH,
        StopCondition.BATCH,
        StopCondition.END,
    ):
        stop = stop_of(qtbot, worker, 7, until)
        assert stop.error is None
        frame = frame_of(stop)
        assert (frame.run, frame.batches) == (7, 20)
        places.append((frame.epoch, frame.batch, stop.finished))
    assert places == [(1, 1, False), (1, 2, False), (1, 20, False), (2, 1, False), (2, 20, True)]


def test_the_last_epoch_finishes_however_it_is_asked_for(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(1, lambda: of(few_digits, epochs=1))
    assert stop_of(qtbot, worker, 1, StopCondition.EPOCH).finished
    worker.begin(2, lambda: of(few_digits, epochs=1))
    stops = [stop_of(qtbot, worker, 2, StopCondition.BATCH).finished for _ in range(20)]
    assert stops == [False] * 19 + [True]


@pytest.mark.parametrize("until", [StopCondition.END, StopCondition.EPOCH])
def test_a_run_with_patience_ends_with_its_best_network(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, until: StopCondition
) -> None:
    """The last epoch does not end it: what comes then is part of the run."""
    trainer = of(few_digits, epochs=1, validation_share=0.1, patience=5)
    worker.begin(1, lambda: trainer)
    stop = stop_of(qtbot, worker, 1, until)
    assert stop.finished
    (best,) = [event for _, event in ear.heard if isinstance(event, BestRestored)]
    assert best.epoch == 1
    assert not best.early
    np.testing.assert_array_equal(frame_of(stop).parameters, trainer.network.parameters)


def test_halt_ends_the_wait(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(1, lambda: of(few_digits, MANY_EPOCHS))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: len(ear.epochs(1)) > 2)
    with qtbot.waitSignal(worker.reported, check_params_cb=lambda _, event: isinstance(event, Stopped)) as signal:
        worker.halt()
    stop = signal.args[1]
    assert not stop.finished
    where = frame_of(stop)
    on = frame_of(stop_of(qtbot, worker, 1, StopCondition.BATCH))
    assert on.epoch + on.batch / on.batches == pytest.approx(where.epoch + where.batch / where.batches + 1 / 20)


def test_halt_counts_before_the_orders_that_wait(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, gate: Gate
) -> None:
    """Go and halt in one breath: no more than a step is taken."""
    gate.close()
    worker.begin(1, lambda: of(few_digits, MANY_EPOCHS))
    worker.go(1, StopCondition.END)
    worker.halt()
    gate.open()
    qtbot.waitUntil(lambda: bool(ear.stops(1)))
    frame = frame_of(ear.stops(1)[0])
    assert (frame.epoch, frame.batch) in ((0, 0), (1, 1))


def test_no_epoch_is_lost_and_none_comes_after_the_stop(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    worker.begin(1, lambda: of(few_digits, epochs=30))
    stop_of(qtbot, worker, 1, StopCondition.END)
    assert ear.epochs(1) == list(range(31))
    assert isinstance(ear.heard[-1][1], Stopped)
    assert len(ear.stops(1)) == 1


# ---- frames


def test_a_frame_is_a_copy(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    trainer = of(few_digits)
    worker.begin(1, lambda: trainer)
    frame = frame_of(stop_of(qtbot, worker, 1, StopCondition.BATCH))
    kept = frame.parameters.copy()
    assert not np.shares_memory(frame.parameters, trainer.network.parameters)
    stop_of(qtbot, worker, 1, StopCondition.END)
    np.testing.assert_array_equal(frame.parameters, kept)


def test_frames_carry_the_number_of_their_run(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    """One that was on its way when another run began can be distinguished from those of that run."""
    worker.begin(1, lambda: of(few_digits, MANY_EPOCHS))
    worker.begin(2, lambda: of(few_digits))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: bool(worker.frames))
    assert frame_of(stop_of(qtbot, worker, 2, StopCondition.BATCH)).run == 2
    assert [left.run for left in worker.frames] == [1]


def test_a_newer_frame_replaces_one_that_nobody_took(worker: Worker) -> None:
    for batch in range(5):
        worker.frames.append(NetworkFrame(1, np.zeros(1), 1, batch, 5, 0.0))
    assert worker.frames.pop().batch == 4
    assert not worker.frames


def test_no_frame_is_ever_infinite(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even between the step that ruins the weights and the next one, which finds out."""

    class NeverFull(list[NetworkFrame]):
        """Each step wants to be shown."""

        def __bool__(self) -> bool:
            return False

    frames = NeverFull()
    monkeypatch.setattr(worker, "frames", frames)
    trainer = of(few_digits, MANY_EPOCHS)
    settings = trainer.settings
    worker.begin(1, lambda: trainer)
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: len(frames) > 20)
    worker.change(1, replace(settings, learning_rate=1e300))
    qtbot.waitUntil(lambda: bool(ear.stops(1)))
    stop = ear.stops(1)[0]
    assert isinstance(stop.error, DivergenceError)
    for frame in (*frames, frame_of(stop)):
        assert np.isfinite(frame.parameters).all()


# ---- orders between two steps


def test_orders_are_carried_out_in_the_order_they_were_given(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, gate: Gate
) -> None:
    """All between the same two steps: none of them sees the trainer in the middle of one."""
    trainer = of(few_digits, MANY_EPOCHS)
    settings = trainer.settings
    rates: list[float] = []
    places: set[tuple[int, int]] = set()
    last: list[object] = []
    worker.begin(1, lambda: trainer)
    gate.close()
    worker.go(1, StopCondition.END)
    gate.wait_until_reached()

    def look(found: Trainer | None) -> None:
        assert found is trainer
        assert threading.current_thread() is not threading.main_thread()
        rates.append(found.learning_rate)
        places.add((found.epoch, found.batch))

    worker.call(1, look)
    for rate in (0.2, 0.3):
        worker.change(1, replace(settings, learning_rate=rate))
        worker.call(1, look)
    worker.forget(1)
    worker.call(1, last.append)
    gate.open()
    qtbot.waitUntil(lambda: last == [None])
    assert rates == [0.1, 0.2, 0.3]
    assert len(places) == 1
    assert ear.stops(1) == [], "who forgets a run knows that it stops"


def test_settings_change_in_the_middle_of_an_epoch(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    """As a bare loop does that changes them there, to the bit."""
    alone = of(few_digits)
    settings = replace(alone.settings, learning_rate=0.5, optimizer="momentum", dropout=0.1)
    for step, _ in enumerate(alone.run()):
        if (alone.epoch, alone.batch) == (1, 3) and alone.settings != settings:
            assert step > 0
            alone.change(settings)
    worker.begin(1, lambda: of(few_digits))
    for _ in range(3):
        stop_of(qtbot, worker, 1, StopCondition.BATCH)
    worker.change(1, settings)
    stop = stop_of(qtbot, worker, 1, StopCondition.END)
    assert stop.finished
    np.testing.assert_array_equal(frame_of(stop).parameters, alone.network.parameters)


def test_more_epochs_for_a_run_in_progress(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(1, lambda: of(few_digits, epochs=2))
    stop_of(qtbot, worker, 1, StopCondition.EPOCH)
    worker.change(1, replace(of(few_digits).settings, epochs=4))
    assert frame_of(stop_of(qtbot, worker, 1, StopCondition.END)).epoch == 4
    assert ear.epochs(1) == [0, 1, 2, 3, 4]


def test_a_change_for_a_run_that_is_not_there_is_nothing(worker: Worker, ear: Ear, qtbot: QtBot) -> None:
    seen: list[object] = []
    worker.change(5, TrainingSettings())
    worker.forget(5)
    worker.go(5, StopCondition.END)
    worker.call(5, seen.append)
    qtbot.waitUntil(lambda: seen == [None])
    assert ear.heard == []


# ---- several runs


def test_a_run_left_in_its_middle_keeps_its_place(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    """Another goes, with steps of its own; then the first goes on as if it had never been left, to the bit."""
    alone = of(few_digits)
    for _ in alone.run():
        pass
    worker.begin(1, lambda: of(few_digits))
    for _ in range(5):
        stop_of(qtbot, worker, 1, StopCondition.BATCH)
    worker.begin(2, lambda: of(few_digits, momentum=0.5))
    assert frame_of(stop_of(qtbot, worker, 2, StopCondition.EPOCH)).batch == 20
    on = frame_of(stop_of(qtbot, worker, 1, StopCondition.BATCH))
    assert (on.epoch, on.batch) == (1, 6)
    stop = stop_of(qtbot, worker, 1, StopCondition.END)
    np.testing.assert_array_equal(frame_of(stop).parameters, alone.network.parameters)
    assert ear.epochs(1) == [0, 1, 2]
    assert frame_of(stop_of(qtbot, worker, 2, StopCondition.BATCH)).epoch == 2, "and so does the other"


def test_only_the_last_two_keep_their_trainers(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    """The others go on all the same as if they had never been left, to the bit."""
    varied: dict[str, Any] = {"optimizer": "adam", "dropout": 0.2, "validation_share": 0.1, "patience": 2}
    alone = of(few_digits, **varied)
    for _ in alone.run():
        pass
    trainers: list[weakref.ref[Trainer]] = []

    def make() -> Trainer:
        trainer = of(few_digits, **varied)
        trainers.append(weakref.ref(trainer))
        return trainer

    gc.disable()  # they go at once: their buffers are large, and garbage may be collected late
    for run in range(1, 6):
        worker.begin(run, make)
        stop_of(qtbot, worker, run, StopCondition.BATCH)
    gc.enable()
    assert [trainer() is not None for trainer in trainers] == [False, False, False, True, True]
    places: list[tuple[int, int]] = []
    worker.call(1, lambda trainer: places.append((trainer.epoch, trainer.batch)) if trainer else None)
    worker.change(2, replace(alone.settings, epochs=1))
    assert frame_of(stop_of(qtbot, worker, 2, StopCondition.END)).epoch == 1
    stop = stop_of(qtbot, worker, 1, StopCondition.END)
    assert places == [(1, 1)]
    assert stop.finished
    np.testing.assert_array_equal(frame_of(stop).parameters, alone.network.parameters)
    assert ear.epochs(1) == [0, 1, 2]


def test_a_run_left_long_ago_is_forgotten_too(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    for run in range(1, 4):
        worker.begin(run, lambda: of(few_digits))
    worker.forget(1)
    seen: list[object] = []
    worker.call(1, seen.append)
    qtbot.waitUntil(lambda: seen == [None])


def test_one_that_goes_stops_the_one_before(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    """Its last frame is emitted with the pause, and it can be continued."""
    worker.begin(1, lambda: of(few_digits, MANY_EPOCHS))
    worker.begin(2, lambda: of(few_digits))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: len(ear.epochs(1)) > 1)
    assert stop_of(qtbot, worker, 2, StopCondition.END).finished
    (left,) = ear.stops(1)
    assert left.error is None
    assert not left.finished
    assert frame_of(left).run == 1
    assert ear.epochs(1) == list(range(len(ear.epochs(1))))
    runs = [run for run, event in ear.heard if isinstance(event, Stopped)]
    assert runs == [1, 2]


def test_a_forgotten_run_is_let_go(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(1, lambda: of(few_digits, MANY_EPOCHS))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: len(ear.epochs(1)) > 1)
    worker.forget(1)
    kept: list[object] = []
    worker.call(1, kept.append)
    qtbot.waitUntil(lambda: kept == [None])
    heard = len(ear.heard)
    worker.begin(2, lambda: of(few_digits, epochs=1))
    stop_of(qtbot, worker, 2, StopCondition.END)
    assert {run for run, _ in ear.heard[heard:]} == {2}, "the forgotten one does not go on"


def test_a_forgotten_run_leaves_a_network_that_can_be_trained_again(
    worker: Worker, qtbot: QtBot, few_digits: Dataset
) -> None:
    """Also where its last step has ruined the weights, and the next would have found out."""
    trainer = of(few_digits, MANY_EPOCHS)
    worker.begin(1, lambda: trainer)
    stop_of(qtbot, worker, 1, StopCondition.BATCH)

    def ruin(found: Trainer | None) -> None:
        assert found is trainer
        found.network.parameters[:] = np.nan

    worker.call(1, ruin)
    worker.forget(1)
    done: list[object] = []
    worker.call(1, done.append)
    qtbot.waitUntil(lambda: done == [None])
    assert np.isfinite(trainer.network.parameters).all()


def test_a_run_that_another_one_stops_tells_the_weights_that_it_has(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """Also where its last step has ruined them: what is shown is what goes on, or is trained again."""
    trainer = of(few_digits, MANY_EPOCHS)
    worker.begin(1, lambda: trainer)
    worker.begin(2, lambda: of(few_digits, epochs=1))

    def ruin(_: object) -> None:
        trainer.network.parameters[:] = np.nan
        worker.go(2, StopCondition.BATCH)  # before the next step

    stop_of(qtbot, worker, 1, StopCondition.BATCH)
    heard = len(ear.stops(1))
    worker.go(1, StopCondition.END)
    worker.call(1, ruin)
    qtbot.waitUntil(lambda: len(ear.stops(1)) > heard)
    frame = frame_of(ear.stops(1)[-1])
    assert np.isfinite(frame.parameters).all()
    np.testing.assert_array_equal(frame.parameters, trainer.network.parameters)


# ---- what goes wrong


def test_a_trainer_that_cannot_be_made_is_reported(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    """In place of a training; the thread lives on, and other runs with it."""
    worker.begin(1, lambda: of(few_digits, momentum=-1))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: bool(ear.stops(1)))
    assert isinstance(ear.stops(1)[0].error, SettingError)
    assert ear.stops(1)[0].frame is None

    def no_memory() -> Trainer:
        raise MemoryError

    worker.begin(2, no_memory)
    worker.go(2, StopCondition.END)
    qtbot.waitUntil(lambda: bool(ear.stops(2)))
    assert isinstance(ear.stops(2)[0].error, MemoryError)
    worker.begin(3, lambda: of(few_digits))
    assert stop_of(qtbot, worker, 3, StopCondition.END).finished
    assert [len(ear.stops(run)) for run in (1, 2, 3)] == [1, 1, 1]


def test_a_run_that_cannot_be_copied_when_another_goes(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, gate: Gate
) -> None:
    """It has no frame; the thread lives on."""

    class Short(Trainer):
        is_short = False

        @property
        def batches_per_epoch(self) -> int:
            if self.is_short:
                raise MemoryError
            return super().batches_per_epoch

    first = Short(network(), few_digits, of(few_digits, MANY_EPOCHS).settings)

    def run_short(_: Trainer | None) -> None:
        first.is_short = True

    worker.begin(1, lambda: first)
    worker.begin(2, lambda: of(few_digits))
    gate.close()
    worker.go(1, StopCondition.END)
    gate.wait_until_reached()
    worker.call(1, run_short)
    worker.go(2, StopCondition.END)
    gate.open()
    qtbot.waitUntil(lambda: bool(ear.stops(2)))
    assert ear.stops(2)[0].finished
    assert ear.stops(1) == [Stopped(None)]


def test_the_training_before_does_not_stand_in_for_one_that_cannot_be_made(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    worker.begin(1, lambda: of(few_digits, epochs=1))
    assert stop_of(qtbot, worker, 1, StopCondition.END).finished
    worker.begin(1, lambda: of(few_digits, momentum=-1))
    worker.go(1, StopCondition.END)
    done: list[object] = []
    worker.call(1, done.append)
    qtbot.waitUntil(lambda: done == [None] and len(ear.stops(1)) == 2)
    assert isinstance(ear.stops(1)[1].error, SettingError)


def test_trainers_are_made_in_the_workers_thread(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    threads: list[threading.Thread] = []

    def make() -> Trainer:
        threads.append(threading.current_thread())
        return of(few_digits)

    worker.begin(1, make)
    stop_of(qtbot, worker, 1, StopCondition.BATCH)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


def test_a_run_that_diverged_goes_on_from_the_last_finite_copy_with_a_smaller_rate(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    """It has paused, at its place: as many epochs are left as before."""
    trainer = of(few_digits, 3)
    worker.begin(1, lambda: trainer)
    stop_of(qtbot, worker, 1, StopCondition.EPOCH)
    worker.change(1, replace(of(few_digits, 3).settings, learning_rate=1e300))
    stop = stop_of(qtbot, worker, 1, StopCondition.END)
    assert isinstance(stop.error, DivergenceError)
    assert not stop.finished
    assert not stop.dropped
    frame = frame_of(stop)
    assert np.isfinite(frame.parameters).all()
    np.testing.assert_array_equal(frame.parameters, trainer.network.parameters)
    assert (frame.epoch, frame.batch) == (trainer.epoch, trainer.batch)
    assert isinstance(ear.heard[-1][1], Stopped)
    worker.change(1, replace(of(few_digits, 3).settings, learning_rate=0.05))
    assert stop_of(qtbot, worker, 1, StopCondition.END).finished
    assert ear.epochs(1) == [0, 1, 2, 3]


def test_a_run_that_diverged_before_its_first_step_is_over(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset
) -> None:
    trainer = of(few_digits)
    trainer.network.parameters[:] = 1e38
    worker.begin(1, lambda: trainer)
    stop = stop_of(qtbot, worker, 1, StopCondition.END)
    assert isinstance(stop.error, DivergenceError)
    assert stop.dropped
    kept: list[object] = []
    worker.call(1, kept.append)
    qtbot.waitUntil(lambda: kept == [None])


# ---- the end


def test_it_ends_in_the_middle_of_a_run(worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(1, lambda: of(few_digits, MANY_EPOCHS))
    worker.go(1, StopCondition.END)
    qtbot.waitUntil(lambda: len(ear.epochs(1)) > 1)
    assert worker.quit_and_wait(10_000)
    assert not worker.isRunning()


def test_what_was_ordered_before_the_end_is_still_done(
    worker: Worker, qtbot: QtBot, few_digits: Dataset, gate: Gate
) -> None:
    """A file that is being saved waits for it."""
    trainer = of(few_digits, MANY_EPOCHS)
    worker.begin(1, lambda: trainer)
    gate.close()
    worker.go(1, StopCondition.END)
    gate.wait_until_reached()
    seen: list[object] = []
    worker.call(1, seen.append)
    assert not worker.quit_and_wait(0), "it is in the middle of a step"
    gate.open()
    assert worker.quit_and_wait(10_000)
    assert seen == [trainer]


@pytest.mark.parametrize("is_recorded", [False, True])
def test_what_comes_of_an_order_to_record_is_always_reported(
    worker: Worker, ear: Ear, qtbot: QtBot, few_digits: Dataset, tmp_path: Path, is_recorded: bool
) -> None:
    """Also where nothing is there to record, or it is recorded already."""
    plan = RecordingPlan(tmp_path / "library.sqlite", None, 0.0, an_experiment(few_digits), "digits")

    def reported() -> list[tuple[int | None, bool]]:
        return [(event.run, event.is_written) for _, event in ear.heard if isinstance(event, Recorded)]

    if is_recorded:
        worker.begin(1, lambda: of(few_digits), plan)
        qtbot.waitUntil(lambda: reported() == [(1, True)])
        worker.record(1, plan)
        qtbot.waitUntil(lambda: reported() == [(1, True)] * 2)
    else:
        worker.record(1, plan)
        qtbot.waitUntil(lambda: reported() == [(None, False)])


def test_it_does_not_wait_for_a_trainer_that_is_long_in_the_making(worker: Worker, few_digits: Dataset) -> None:
    go_on = threading.Event()

    def make() -> Trainer:
        go_on.wait(10)
        return of(few_digits)

    worker.begin(1, make)
    assert not worker.quit_and_wait(20)
    go_on.set()
    assert worker.quit_and_wait(10_000)


def test_after_the_end_no_order_wakes_it(worker: Worker, qtbot: QtBot, few_digits: Dataset) -> None:
    worker.begin(1, lambda: of(few_digits))
    stop_of(qtbot, worker, 1, StopCondition.BATCH)
    assert worker.quit_and_wait(10_000)
    worker.go(1, StopCondition.END)
    assert not worker.isRunning()
