"""The thread that trains. It owns all trainers; other threads use them only by orders.

Orders (begin, go, change the settings, look at the trainer, forget) are carried out between two steps, first come,
first served. What must not be lost (the figures of an epoch, an error, the end) comes back as a queued signal. What is
only displayed (parameters during training) goes into a mailbox that holds the latest; the interface takes it when it
has time.
"""

from __future__ import annotations

import math
import queue
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PyQt5.QtCore import QThread, pyqtSignal

from engine.errors import DivergenceError
from engine.events import Batch, BestRestored, Epoch, Evaluating, Event
from engine.experiment import train_on
from engine.settings import TrainingSettings
from engine.training import Trainer
from nnviz.jobs.pace import Pace
from nnviz.jobs.reports import Frame, Stopped, Until

_MOST_TRAINERS = 2  # of the current run and the one before


class _Job:
    """A run's trainer and its place in the training. Only the worker's thread uses it."""

    def __init__(self, run: int, trainer: Trainer, take: Callable[[Event], None]) -> None:
        self.run = run
        self.trainer = trainer
        self.events: Iterator[Event] = train_on(trainer, take)
        self.until = Until.END
        self.has_stepped = False
        self.last_batch: Batch | None = None
        self.pace = Pace()

    def frame(self, with_estimate: bool = False) -> Frame:
        """A frame of the network as it is now."""
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
    """Trains one run at a time; the others can go on from where they are until they are forgotten.

    Only the two runs used last keep their trainers, whose buffers are large; those of the others are made again.

    Signals:
        told(run, event): an :class:`Epoch`, :class:`BestRestored` or :class:`Stopped` of that run, or one
            :class:`Evaluating` if the evaluation after an epoch takes so long that the window should say so; queued, in
            order, none is lost. The runner lets looks take their place among them.

    Attributes:
        frames: the mailbox: holds the latest frame until the interface pops it.
        estimating: whether frames hold estimates now and then.
    """

    told = pyqtSignal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.frames: deque[Frame] = deque(maxlen=1)
        self.estimating = True
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._halt = False  # set directly, not by an order, so that it takes effect before waiting orders
        self._is_ending = False
        self._jobs: dict[int, _Job] = {}  # the one used last at the end
        self._parked: dict[int, Callable[[], Trainer]] = {}  # what makes the trainers of the other runs again
        self._training: _Job | None = None

    # ---- orders, called in the interface's thread

    def begin(self, run: int, make: Callable[[], Trainer]) -> None:
        """Makes a trainer for that run, in this thread; ``Stopped`` with an error follows if that fails."""
        self._order(lambda: self._begin(run, make))

    def go(self, run: int, until: Until) -> None:
        """Trains the run from where it is."""
        self._halt = False
        self._order(lambda: self._go(run, until))

    def halt(self) -> None:
        """Pauses after the current step; ``Stopped`` follows if a run was training."""
        self._halt = True

    def change(self, run: int, settings: TrainingSettings) -> None:
        """Changes settings from the next step on; ``Stopped`` with an error follows if they do not fit the run."""
        self._order(lambda: self._change(run, settings))

    def look(self, run: int, at: Callable[[Trainer | None], Any]) -> None:
        """Calls ``at`` in this thread between two steps, with the run's trainer or None if it has none."""
        self._order(lambda: self._look(run, at))

    def forget(self, run: int) -> None:
        self._order(lambda: self._forget(run))

    def quit_and_wait(self, milliseconds: int) -> bool:
        """Ends the thread after the current step; returns whether that was in time. Takes no more orders."""
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
        """Carries out all orders, then one step of the run that is training; repeats."""
        while True:
            while self._training is None or not self._orders.empty():
                order = self._orders.get()
                if order is None:
                    return
                order()
            self._advance(self._training)

    def _begin(self, run: int, make: Callable[[], Trainer]) -> None:
        self._forget(run)
        try:
            trainer = make()
        except Exception as error:
            self.told.emit(run, Stopped(None, error=error, dropped=True))
        else:
            self._jobs[run] = _Job(run, trainer, lambda event: self._take(run, event))
            self._park()

    def _job(self, run: int) -> _Job | None:
        """The job of that run, which is now the one used last; None if it has none."""
        if run in self._parked:
            self._begin(run, self._parked[run])
        elif run in self._jobs:
            self._jobs[run] = self._jobs.pop(run)
        return self._jobs.get(run)

    def _park(self) -> None:
        """Drops the trainers that were not used lately, but not where a step has just made weights infinite."""
        for job in list(self._jobs.values())[:-_MOST_TRAINERS]:
            if job is not self._training and _is_finite(job.trainer):
                self._parked[job.run] = self._jobs.pop(job.run).trainer.maker()

    def _look(self, run: int, at: Callable[[Trainer | None], Any]) -> None:
        job = self._job(run)
        at(None if job is None else job.trainer)

    def _go(self, run: int, until: Until) -> None:
        job, other = self._job(run), self._training
        if other is not None and other is not job:
            other.trainer.back_to_finite()  # its last step may just have made them infinite
            self._stop(other, Stopped(_frame_if_possible(other)))
        if job is not None:
            job.until, job.has_stepped = until, False
            job.pace.resume()
            self._training = job

    def _change(self, run: int, settings: TrainingSettings) -> None:
        job = self._job(run)
        if job is not None and job.trainer.settings != settings:
            try:
                job.trainer.change(settings)
            except Exception as error:
                self._fail(job, error)

    def _forget(self, run: int) -> None:
        self._parked.pop(run, None)
        if run in self._jobs:
            self._drop(self._jobs[run])

    def _advance(self, job: _Job) -> None:
        """Takes one event of the training: a step, a part of an evaluation, or the end of an epoch."""
        try:
            event = next(job.events, None)
            if event is None:
                self._stop(job, Stopped(job.frame(), finished=True))
            elif self._must_pause_after(event, job):
                frame = job.frame(self.estimating and job.until is Until.BATCH)
                self._stop(job, Stopped(frame, reached=_has_reached(job, event)))
        except Exception as error:
            self._fail(job, error)

    def _fail(self, job: _Job, error: Exception) -> None:
        """Drops the job, but not where a smaller learning rate lets it go on: then it stays at its place."""
        dropped = not isinstance(error, DivergenceError) or not job.trainer.epoch
        if dropped:
            self._drop(job)
        else:
            self._restart(job)
        self.told.emit(job.run, Stopped(_frame_if_possible(job), error=error, dropped=dropped))

    def _restart(self, job: _Job) -> None:
        """Lets the job go on at its place after an error, which has ended its events."""
        job.trainer.back_to_finite()
        job.events, job.last_batch = train_on(job.trainer, lambda event: self._take(job.run, event)), None
        if job is self._training:
            self._training = None

    def _drop(self, job: _Job) -> None:
        """Drops the job; its network stays, with finite parameters, and can be trained anew."""
        del self._jobs[job.run]
        job.trainer.back_to_finite()
        if job is self._training:
            self._training = None

    def _stop(self, job: _Job, stopped: Stopped) -> None:
        self._training = None
        self.told.emit(job.run, stopped)

    def _take(self, run: int, event: Event) -> None:
        job = self._jobs[run]
        if isinstance(event, Batch):
            self._batch_done(job, event)
        elif not isinstance(event, Evaluating) or job.pace.measures_long():
            if isinstance(event, Epoch):
                job.pace.epoch_done()
            self.told.emit(run, event)

    def _batch_done(self, job: _Job, event: Batch) -> None:
        job.last_batch, job.has_stepped = event, True
        job.pace.batch_done()
        if job.until is Until.BATCH or self.frames or not job.pace.views.is_due:
            return
        with job.pace.views:
            if not _is_finite(job.trainer):
                return
            frame = job.frame()
        if self.estimating and job.pace.estimates.is_due:
            with job.pace.estimates:
                frame = replace(frame, estimate=job.trainer.estimate())
        self.frames.append(frame)

    def _must_pause_after(self, event: Event, job: _Job) -> bool:
        is_wanted = (self._halt and _may_pause_at(event, job)) or _has_reached(job, event)
        # Never pauses where a step has made weights infinite: the next step finds that and raises the error.
        return is_wanted and not _is_last(event, job.trainer) and _is_finite(job.trainer)


def _may_pause_at(event: Event, job: _Job) -> bool:
    """Whether a pause may come here: not between an epoch's last batch and its figures, unless these take long."""
    if isinstance(event, Evaluating):
        return job.pace.is_measuring_long
    return not isinstance(event, Batch) or event.batch < event.batches


def _frame_if_possible(job: _Job) -> Frame | None:
    try:
        return job.frame()
    except MemoryError:
        return None


def _is_finite(trainer: Trainer) -> bool:
    """Whether all parameters are finite: then their sum is too. That takes one pass and no temporary array."""
    with np.errstate(all="ignore"):
        return math.isfinite(trainer.network.parameters.sum(dtype=np.float64))


def _is_last(event: Event, trainer: Trainer) -> bool:
    """Whether no step follows that event: the training then ends by itself."""
    return isinstance(event, BestRestored) or (isinstance(event, Epoch) and event.epoch >= trainer.settings.epochs)


def _has_reached(job: _Job, event: Event) -> bool:
    if job.until is Until.END or not job.has_stepped:
        return False
    # After the last batch of an epoch, the pause comes after the epoch's figures.
    is_batch = isinstance(event, Batch) and event.batch < event.batches
    return isinstance(event, Epoch) or (job.until is Until.BATCH and is_batch)
