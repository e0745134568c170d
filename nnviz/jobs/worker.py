"""The thread that trains. It owns every trainer: whoever wants something of one gives an order.

Orders are carried out between two steps, in the order they were given: go, change the settings, take the state, forget.
What must not be lost (an epoch's figures, an error, the end) comes back as a queued signal. What is only looked at
(parameters on the way) goes into a mailbox, where the latest wins; the interface takes it when it has time.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from PyQt5.QtCore import QThread, pyqtSignal

from engine.events import Batch, BestRestored, Epoch, Estimate, Evaluating, Event
from engine.experiment import train_on
from engine.settings import TrainingSettings
from engine.training import Trainer
from engine.validation import Array
from nnviz.jobs.mailbox import Mailbox
from nnviz.jobs.pace import Pace


class Until(Enum):
    """How far to train before pausing."""

    END = "end"
    BATCH = "batch"
    EPOCH = "epoch"


@dataclass(frozen=True)
class Frame:
    """A network on its way: what the views draw.

    Attributes:
        run: the id of the run it was taken from.
        parameters: a copy that nobody writes to; finite.
        epoch, batch, batches: as in :class:`~engine.events.Batch`; epoch 0 before the first step.
        seconds_per_epoch: of learning, measured on the epoch under way.
        seconds_measuring: what the errors at the last epoch's end took on top of that.
        estimate: figures on a sample, if it was time for some.
    """

    run: int
    parameters: Array
    epoch: int
    batch: int
    batches: int
    seconds_per_epoch: float
    seconds_measuring: float = 0.0
    estimate: Estimate | None = None


@dataclass(frozen=True)
class Measuring:
    """The errors after an epoch take long enough to say so."""


@dataclass(frozen=True)
class Stopped:
    """The run waits. ``finished``: there is nothing left to train; ``error``: why it could not go on."""

    frame: Frame | None
    finished: bool = False
    error: Exception | None = None


class _Job:
    """A trainer on its way, known to the worker's thread only."""

    def __init__(self, run: int, trainer: Trainer, take: Callable[[Event], None]) -> None:
        self.run = run
        self.trainer = trainer
        self.events: Iterator[Event] = train_on(trainer, take)
        self.until = Until.END
        self.has_stepped = False
        self.last_batch: Batch | None = None
        self.pace = Pace()

    def frame(self, with_estimate: bool = False) -> Frame:
        """As it is between two steps."""
        trainer, last = self.trainer, self.last_batch
        return Frame(
            run=self.run,
            parameters=trainer.network.parameters.copy(),
            epoch=last.epoch if last else trainer.epoch,
            batch=last.batch if last else trainer.batch,
            batches=trainer.batches_per_epoch,
            seconds_per_epoch=self.pace.seconds_per_batch * trainer.batches_per_epoch,
            seconds_measuring=self.pace.seconds_measuring,
            estimate=trainer.estimate() if with_estimate else None,
        )


class Worker(QThread):
    """Trains one run at a time; paused ones keep their place until they are forgotten.

    Signals:
        told(run, event): an :class:`Epoch`, :class:`BestRestored`, :class:`Measuring` or :class:`Stopped` of that run;
            queued, in order, none lost.

    Attributes:
        frames: the latest parameters on the way.
        estimating: whether anybody looks at the figures within an epoch.
    """

    told = pyqtSignal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.frames: Mailbox[Frame] = Mailbox()
        self.estimating = True
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._halt = False  # set at once, so that it counts before the orders that are waiting
        self._is_ending = False
        self._jobs: dict[int, _Job] = {}
        self._going: _Job | None = None

    # ---- orders, from the interface's thread

    def begin(self, run: int, make: Callable[[], Trainer]) -> None:
        """A new trainer for that run, made in this thread; ``Stopped`` with an error where that cannot be."""
        self._order(lambda: self._begin(run, make))

    def go(self, run: int, until: Until) -> None:
        """Trains on from where the run stands."""
        self._halt = False
        self._order(lambda: self._go(run, until))

    def halt(self) -> None:
        """Waits after the step under way; ``Stopped`` follows if something was training."""
        self._halt = True

    def change(self, run: int, settings: TrainingSettings) -> None:
        """Other settings from the next step on; ``Stopped`` with an error where the run cannot have them."""
        self._order(lambda: self._change(run, settings))

    def look(self, run: int, at: Callable[[Trainer | None], Any]) -> None:
        """Calls ``at`` in this thread with the run's trainer between two steps; None where there is none."""
        self._order(lambda: at(self._jobs[run].trainer if run in self._jobs else None))

    def forget(self, run: int) -> None:
        """The run will not go on; its trainer is let go."""
        self._order(lambda: self._forget(run))

    def quit_and_wait(self, milliseconds: int) -> bool:
        """Ends the thread after the step it is in; whether that was in time. No more orders are taken."""
        self._halt = self._is_ending = True
        self._orders.put(None)
        return bool(self.wait(milliseconds))

    def _order(self, work: Callable[[], None]) -> None:
        if self._is_ending:
            return
        self._orders.put(work)
        if not self.isRunning():
            self.start()

    # ---- the thread

    def run(self) -> None:
        """Orders first, then a step of what is going."""
        while True:
            while self._going is None or not self._orders.empty():
                order = self._orders.get()
                if order is None:
                    return
                order()
            self._advance(self._going)

    def _begin(self, run: int, make: Callable[[], Trainer]) -> None:
        self._forget(run)
        try:
            trainer = make()
        except Exception as error:
            self.told.emit(run, Stopped(None, error=error))
        else:
            self._jobs[run] = _Job(run, trainer, lambda event: self._take(run, event))

    def _go(self, run: int, until: Until) -> None:
        job, other = self._jobs.get(run), self._going
        if other is not None and other is not job:
            self._stop(other, Stopped(other.frame() if _is_sound(other.trainer) else None))
        if job is not None:
            job.until, job.has_stepped = until, False
            job.pace.resume()
            self._going = job

    def _change(self, run: int, settings: TrainingSettings) -> None:
        job = self._jobs.get(run)
        if job is not None and job.trainer.settings != settings:
            try:
                job.trainer.change(settings)
            except Exception as error:
                self._fail(job, error)

    def _forget(self, run: int) -> None:
        if run in self._jobs:
            self._let_go(self._jobs[run])

    def _advance(self, job: _Job) -> None:
        """One event of the run: a step, a piece of an evaluation, an epoch's end."""
        try:
            event = next(job.events, None)
            if event is None:
                self._stop(job, Stopped(job.frame(), finished=True))
            elif self._may_stop_after(event, job):
                self._stop(job, Stopped(job.frame(self.estimating and job.until is Until.BATCH)))
        except Exception as error:
            self._fail(job, error)

    def _fail(self, job: _Job, error: Exception) -> None:
        self._let_go(job)
        self.told.emit(job.run, Stopped(_frame_if_possible(job), error=error))

    def _let_go(self, job: _Job) -> None:
        """The network stays, fit to be trained anew."""
        del self._jobs[job.run]
        job.trainer.back_to_finite()
        if job is self._going:
            self._going = None

    def _stop(self, job: _Job, stopped: Stopped) -> None:
        self._going = None
        self.told.emit(job.run, stopped)

    def _take(self, run: int, event: Event) -> None:
        job = self._jobs[run]
        if isinstance(event, Batch):
            self._batch_done(job, event)
        elif isinstance(event, Evaluating):
            if job.pace.measures_long():
                self.told.emit(run, Measuring())
        else:
            if isinstance(event, Epoch):
                job.pace.epoch_done()
            self.told.emit(run, event)

    def _batch_done(self, job: _Job, event: Batch) -> None:
        job.last_batch, job.has_stepped = event, True
        job.pace.batch_done()
        if job.until is Until.BATCH or not (self.frames.empty and job.pace.views.is_due):
            return
        with job.pace.views:
            frame = job.frame() if _is_sound(job.trainer) else None
        if frame is None:
            return
        if self.estimating and job.pace.estimates.is_due:
            with job.pace.estimates:
                frame = replace(frame, estimate=job.trainer.estimate())
        self.frames.put(frame)

    def _may_stop_after(self, event: Event, job: _Job) -> bool:
        asked = (self._halt and _may_pause_at(event, job)) or (job.has_stepped and _reached(job.until, event))
        # What a step made infinite is neither shown nor paused at: the next step finds it and says so.
        return asked and not _is_last(event, job.trainer) and _is_sound(job.trainer)


def _may_pause_at(event: Event, job: _Job) -> bool:
    """Between an epoch's last batch and its figures only where these take long: they belong together."""
    if isinstance(event, Evaluating):
        return job.pace.is_measuring_long
    return not (isinstance(event, Batch) and event.batch == event.batches)


def _frame_if_possible(job: _Job) -> Frame | None:
    try:
        return job.frame()
    except MemoryError:
        return None


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
