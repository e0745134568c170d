"""Pumps a ``Trainer`` in a thread of its own: go, pause, step, stop. And runs other slow work off the interface.

What must not be lost (an epoch's figures, an error, the end) comes as a queued signal. What is only looked at
(parameters on the way) goes into a mailbox, where the latest wins; the interface takes it when it has time.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from PyQt5.QtCore import QObject, QRunnable, QThread, QThreadPool, pyqtSignal

from engine.events import Batch, BestRestored, Epoch, Estimate, Evaluating, Event
from engine.training import Trainer
from engine.validation import Array
from nnviz.jobs.mailbox import Mailbox

# A moving error curve costs four milliseconds each time for the default network, and much more for a huge one.
_SECONDS_BETWEEN_ESTIMATES = 0.25
_TIMES_ITS_COST = 49
_LONG_MEASUREMENT = 0.5
_ENOUGH_BATCHES, _ENOUGH_SECONDS = 50, 0.3  # either, to tell how long a batch takes


class Until(Enum):
    """How far to train before pausing."""

    END = "end"
    BATCH = "batch"
    EPOCH = "epoch"


@dataclass(frozen=True)
class Frame:
    """A network on its way: what the views draw.

    Attributes:
        job: the number of the run it was taken from.
        parameters: a copy that nobody writes to; finite.
        epoch, batch, batches: as in :class:`~engine.training.Batch`; epoch 0 before the first step.
        seconds_per_epoch: of learning, measured on the epoch under way.
        seconds_measuring: what the errors at the last epoch's end took on top of that.
        estimate: figures on a sample, if it was time for some.
    """

    job: int
    parameters: Array
    epoch: int
    batch: int
    batches: int
    seconds_per_epoch: float
    seconds_measuring: float = 0.0
    estimate: Estimate | None = None


@dataclass(frozen=True)
class Stopped:
    """The worker waits. ``finished``: there is nothing left to train; ``error``: why it could not go on."""

    frame: Frame | None
    finished: bool = False
    error: Exception | None = None


class Worker(QThread):
    """One thread that trains one network at a time.

    Signals:
        measuring(job): the errors after an epoch take long enough to say so.
        epoch_ended(job, Epoch), best_restored(job, BestRestored), stopped(job, Stopped): queued, in order, none lost.
            ``job`` is the number that :meth:`begin` gave, so that a late one of an earlier job can be told apart.

    Attributes:
        at_work: held while a trainer is being driven; whoever holds it may look into the trainer.
    """

    measuring = pyqtSignal(int)
    epoch_ended = pyqtSignal(int, object)
    best_restored = pyqtSignal(int, object)
    stopped = pyqtSignal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.frames: Mailbox[Frame] = Mailbox()
        self._orders: queue.SimpleQueue[tuple[int, Trainer, Until] | None] = queue.SimpleQueue()
        self.at_work = threading.Lock()
        self._halt = False
        self._job = 0
        self.estimating = True  # whether anybody looks at the figures within an epoch
        self._run: tuple[int, Iterator[Event]] | None = None
        self._last_batch: Batch | None = None
        self._pace: _Pace = _Pace()

    def begin(self) -> int:
        """The number of a new job. What an earlier one still has to say is then out of date."""
        self._job += 1
        return self._job

    def go(self, trainer: Trainer, until: Until) -> None:
        """Trains on from where the current job stands. Returns at once."""
        self._halt = False
        self._orders.put((self._job, trainer, until))
        if not self.isRunning():
            self.start()

    def halt(self) -> None:
        """Asks the worker to wait after the step it is in. ``stopped`` follows if it was training."""
        self._halt = True

    def quit_and_wait(self, milliseconds: int) -> bool:
        """Ends the thread after the step it is in; whether that was in time."""
        self._halt = True
        self._orders.put(None)
        return bool(self.wait(milliseconds))

    def run(self) -> None:
        """The thread: one order after another."""
        while (order := self._orders.get()) is not None:
            job, trainer, until = order
            if job == self._job:
                with self.at_work:
                    stop = self._pump(job, trainer, until)
                self.stopped.emit(job, stop)
            if self._run is not None and self._run[0] != self._job:
                self._run = None  # frees what a dropped run holds

    def _pump(self, job: int, trainer: Trainer, until: Until) -> Stopped:
        if self._run is None or self._run[0] != job:
            self._run = (job, trainer.run())
            self._last_batch = None
            self._pace = _Pace()
        self._pace.resume()
        try:
            finished = self._until(job, trainer, until, self._run[1])
            stop = Stopped(self._frame(job, trainer, not finished), finished=finished)
        except Exception as error:
            finished, stop = True, Stopped(self._frame_if_possible(job, trainer), error=error)
        if finished:
            self._run = None
        return stop

    def _until(self, job: int, trainer: Trainer, until: Until, run: Iterator[Event]) -> bool:
        """Whether the run came to its end."""
        has_stepped = False
        for event in run:
            if isinstance(event, Batch):
                has_stepped = True
                self._batch_done(job, trainer, event, until)
            elif isinstance(event, Evaluating):
                if self._pace.measures_long():
                    self.measuring.emit(job)
            elif isinstance(event, BestRestored):
                self.best_restored.emit(job, event)
            else:
                self._pace.epoch_done()
                self.epoch_ended.emit(job, event)
            if job != self._job:
                trainer.back_to_finite()
                return False
            may_stop = (self._halt and self._may_pause_at(event)) or (has_stepped and _reached(until, event))
            # What a step made infinite is neither shown nor paused at: the next step finds it and says so.
            if may_stop and not _is_last(event, trainer) and _is_sound(trainer):
                return False
        return True

    def _batch_done(self, job: int, trainer: Trainer, event: Batch, until: Until) -> None:
        self._last_batch = event
        self._pace.batch_done()
        if until is Until.BATCH or not (self.frames.empty and self._pace.views.is_due):
            return
        with self._pace.views:
            frame = self._frame(job, trainer) if _is_sound(trainer) else None
        if frame is None:
            return
        if self.estimating and self._pace.estimates.is_due:
            with self._pace.estimates:
                frame = replace(frame, estimate=trainer.estimate())
        self.frames.put(frame)

    def _may_pause_at(self, event: Event) -> bool:
        """Between an epoch's last batch and its figures only where these take long: they belong together."""
        if isinstance(event, Evaluating):
            return self._pace.is_measuring_long
        return not (isinstance(event, Batch) and event.batch == event.batches)

    def _frame_if_possible(self, job: int, trainer: Trainer) -> Frame | None:
        try:
            return self._frame(job, trainer)
        except MemoryError:
            return None

    def _frame(self, job: int, trainer: Trainer, with_estimate: bool = False) -> Frame:
        last = self._last_batch
        return Frame(
            job=job,
            parameters=trainer.network.parameters.copy(),
            epoch=last.epoch if last else 0,
            batch=last.batch if last else 0,
            batches=trainer.batches_per_epoch,
            seconds_per_epoch=self._pace.seconds_per_batch * trainer.batches_per_epoch,
            seconds_measuring=self._pace.seconds_measuring,
            estimate=trainer.estimate() if with_estimate else None,
        )


def _is_sound(trainer: Trainer) -> bool:
    """Whether all weights are finite; in one pass, without a mask."""
    with np.errstate(all="ignore"):
        return math.isfinite(trainer.network.parameters.sum(dtype=np.float64))


def _is_last(event: Event, trainer: Trainer) -> bool:
    """Whether nothing is learned after that: the run then comes to its end by itself."""
    return isinstance(event, BestRestored) or (isinstance(event, Epoch) and event.epoch >= trainer.settings.epochs)


def _reached(until: Until, event: Event) -> bool:
    if until is Until.BATCH:
        # A step that completes an epoch also waits for its figures.
        is_last = isinstance(event, Batch) and event.batch == event.batches
        return (isinstance(event, Batch) and not is_last) or (isinstance(event, Epoch) and event.epoch > 0)
    return until is Until.EPOCH and isinstance(event, Epoch) and event.epoch > 0


class _Pace:
    """How long a batch takes, pauses and evaluations left out, and what watching may cost."""

    def __init__(self) -> None:
        self.seconds_per_batch = self.seconds_measuring = 0.0
        self._batches = 0
        self._start = time.perf_counter()
        self.views = _Budget(0)
        self.estimates = _Budget(_SECONDS_BETWEEN_ESTIMATES)
        self._last_batch = self._start
        self._told = False

    def batch_done(self) -> None:
        self._batches += 1
        self._last_batch = time.perf_counter()
        self._told = False
        elapsed = self._last_batch - self._start
        if self._batches >= _ENOUGH_BATCHES or elapsed > _ENOUGH_SECONDS:
            self.seconds_per_batch = elapsed / self._batches

    @property
    def is_measuring_long(self) -> bool:
        return time.perf_counter() - self._last_batch > _LONG_MEASUREMENT

    def measures_long(self) -> bool:
        """True once in an evaluation, when it has gone on for a while."""
        was_told, self._told = self._told, self.is_measuring_long
        return self._told and not was_told

    def epoch_done(self) -> None:
        if self._batches:
            self.seconds_per_batch = (self._last_batch - self._start) / self._batches
        self.seconds_measuring = time.perf_counter() - (self._last_batch if self._batches else self._start)
        self.resume()

    def resume(self) -> None:
        self._batches = 0
        self._start = time.perf_counter()


class _Budget:
    """Something that may take a fiftieth of the time: the longer it takes, the longer until it is due again."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._start = self._due = 0.0

    @property
    def is_due(self) -> bool:
        return time.perf_counter() >= self._due

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        now = time.perf_counter()
        self._due = now + max(self._least, _TIMES_ITS_COST * (now - self._start))


class _Report(QObject):
    """Carries the outcomes of tasks, by their numbers, to the thread that it was made in."""

    settled = pyqtSignal(int, bool, object)  # the task, whether it went well, its result or what it raised


class _Task(QRunnable):
    def __init__(self, number: int, work: Callable[[], Any], report: _Report) -> None:
        super().__init__()
        self._number = number
        self._work = work
        self._report = report

    def run(self) -> None:
        try:
            result = self._work()
        except Exception as error:
            self._report.settled.emit(self._number, False, error)
        else:
            self._report.settled.emit(self._number, True, result)


class Background:
    """Loads, saves and opens off the interface. Outcomes arrive in the thread that asked."""

    def __init__(self) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)  # in order: a save is over before the next open begins
        self._asked = 0  # tasks so far
        self._waiting: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None]]] = {}
        # One for all tasks: it may not go while one of its outcomes is being delivered.
        self._report = _Report()
        self._report.settled.connect(self._settle)
        self._closed = False

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Calls ``done`` with the result of ``work()``, or ``failed`` with what it raised. Nothing after ``close``."""
        if self._closed:
            return
        self._asked += 1
        self._waiting[self._asked] = (done, failed)
        self._pool.start(_Task(self._asked, work, self._report))

    def _settle(self, number: int, went_well: bool, outcome: Any) -> None:
        done, failed = self._waiting.pop(number, (None, None))
        then = done if went_well else failed
        if then is not None:
            then(outcome)

    def close(self, milliseconds: int) -> bool:
        """Waits for what was asked for, -1 for as long as it takes; what is not delivered yet is dropped."""
        self._closed = True
        self._waiting.clear()
        return bool(self._pool.waitForDone(milliseconds))
