"""A run's trainer, and how far it is to be trained. Takes its steps in whatever thread or process it is. No Qt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from engine.basics.attributes import set_attributes
from engine.network.half_precision import pack
from engine.training.events import Batch, BestRestored, Epoch, Evaluating, Event
from engine.training.trainer import Trainer
from nnviz.jobs.pace import Budget, Pace
from nnviz.jobs.recorder import Recorder
from nnviz.jobs.reports import EpochEnd, Epochs, Frame, Recorded, Stopped, Until

_SECONDS_BETWEEN_ENDS = 0.05  # of epochs that are kept; they may take a hundredth of the time
_MOST_TOGETHER = 100  # epochs that are told together
_SECONDS_TOGETHER = 0.07  # in which epochs are gathered, if no frame takes them along
_RARE = 0.02  # seconds from one epoch to the next, from which on each is told at once

Report = BestRestored | Evaluating | Epochs | EpochEnd | Recorded


class Outlet(Protocol):
    """Where a job's reports go.

    Attributes:
        estimating: whether frames hold estimates now and then.
        must_halt: whether the job is to pause.
    """

    estimating: bool
    must_halt: bool

    @property
    def wants_frame(self) -> bool:
        """Whether the last frame was taken."""

    def nothing_waits(self) -> bool:
        """Whether nobody has anything else to do than to train; asked after each event."""

    def put_frame(self, frame: Frame) -> None:
        """Takes a frame, which replaces the last one."""

    def tell(self, run: int, event: Report) -> None:
        """Takes what must not be lost."""

    def tell_soon(self, run: int, event: Report) -> None:
        """Takes it, too, but it may wait for what is told next, or for the next frame."""


class Job:
    """A run's trainer and its place in the training.

    Attributes:
        run: the run's id.
        trainer: only one thread uses it at a time.
        until: where to pause.
        may_be_lent: whether nothing is known that keeps it from going on in another process.
        recorder: records the training; None for nothing.
    """

    def __init__(self, run: int, trainer: Trainer, recorder: Recorder | None = None) -> None:
        self.run = run
        self.trainer = trainer
        self.recorder = recorder
        self.until = Until.END
        self.may_be_lent = True
        self._has_stepped = False
        self._last_batch: Batch | None = None
        self._pace = Pace()
        self._ends = Budget(_SECONDS_BETWEEN_ENDS)
        self._ended: list[Epoch] = []  # those that were not told yet, while it takes events
        self._epoch_at = self._told_at = -math.inf  # when the last epoch ended; when epochs or a frame were last sent
        self._went = 0.0  # when it was last told to go
        self._events: Iterator[Event] | None = None

    def go(self, until: Until) -> None:
        """Is to be trained so far from here."""
        self.until, self._has_stepped = until, False
        self._went = time.perf_counter()
        self._pace.resume()

    @property
    def seconds_going(self) -> float:
        """How long it has been going."""
        return time.perf_counter() - self._went

    @property
    def steps_left(self) -> int:
        """Steps until it ends by itself."""
        trainer = self.trainer
        return (trainer.settings.epochs - max(trainer.epoch, 1) + 1) * trainer.batches_per_epoch - trainer.batch

    def restart(self) -> None:
        """Lets it go on at the trainer's place after an error."""
        self._events = self._last_batch = None
        self._ended = []
        if self.recorder is not None:
            self.recorder.leap()

    def frame(self, with_estimate: bool = False) -> Frame:
        """A frame of the network as it is now."""
        trainer, last = self.trainer, self._last_batch
        return Frame(
            run=self.run,
            parameters=trainer.network.parameters.copy(),
            epoch=last.epoch if last else trainer.epoch,
            batch=last.batch if last else trainer.batch,
            batches=trainer.batches_per_epoch,
            seconds_per_epoch=self._pace.seconds_per_batch * trainer.batches_per_epoch,
            seconds_measuring=self._pace.seconds_measuring,
            estimate=trainer.estimate() if with_estimate else None,
        )

    def frame_if_possible(self) -> Frame | None:
        try:
            return self.frame()
        except MemoryError:
            return None

    @property
    def is_finite(self) -> bool:
        """Whether all parameters are finite: then their sum is too. That takes one pass and no temporary array."""
        with np.errstate(all="ignore"):
            return math.isfinite(self.trainer.network.parameters.sum(dtype=np.float64))

    # ---- steps

    def advance(self, outlet: Outlet) -> Stopped | None:
        """Takes events of the training (a step, a part of an evaluation, the end of an epoch), one at least, until
        something else waits to be done.

        Returns how it has paused; None if it has not. Raises what goes wrong; then :meth:`restart` it.
        """
        if self._events is None:
            self._events = self.trainer.steps()  # which knows nothing of the job, so both are freed when it is dropped
        if self.recorder is not None:  # before the step, so that changed settings are recorded at their place
            self.recorder.open(self.trainer, partial(outlet.tell, self.run))
        try:
            with np.errstate(all="ignore"):
                return self._take(self._events, outlet)
        finally:
            self._tell_ended(outlet, outlet.tell_soon)

    def _take(self, events: Iterator[Event], outlet: Outlet) -> Stopped | None:
        pace, recorder, pauses_by_itself = self._pace, self.recorder, self.until is not Until.END
        while True:
            event = next(events, None)
            if isinstance(event, Batch):  # asked first: thousands of times a second
                self._last_batch, self._has_stepped = event, True
                pace.batch_done()
                if outlet.wants_frame and (not self._ended or self._is_long()):  # else with them, when this one ends
                    self._show(outlet)
                if recorder is not None and event.epoch >= recorder.next_moment <= event.place:
                    self._record(event, outlet)
            elif isinstance(event, Epoch):
                pace.epoch_done()
                self._end_epoch(event, outlet)
            elif event is not None and (not isinstance(event, Evaluating) or pace.measures_long()):
                self._tell_ended(outlet, outlet.tell_soon)
                outlet.tell(self.run, event)
                self._record(event, outlet)
                if isinstance(event, BestRestored):
                    event = next(events, None)  # nothing may come between: the trainer would restore it again
            if event is None:
                return Stopped(self.frame(), finished=True)
            if outlet.must_halt or pauses_by_itself:
                stopped = self._pause_after(event, outlet)
                if stopped is not None:
                    return stopped
            if not outlet.nothing_waits():
                return None

    def _record(self, event: Event, outlet: Outlet) -> None:
        if self.recorder is not None:
            self.recorder.take(event, self.trainer, partial(outlet.tell, self.run))

    # ---- what is told

    def _is_long(self) -> bool:
        """Whether the epoch has already taken too long for others to wait for its end."""
        return time.perf_counter() - self._epoch_at > _SECONDS_TOGETHER

    def _end_epoch(self, event: Epoch, outlet: Outlet) -> None:
        """Short epochs are told and recorded together: the caches are cold after each, so all that is done costs."""
        now, before = time.perf_counter(), self._epoch_at
        self._epoch_at = now
        self._ended.append(event)
        are_many = len(self._ended) >= _MOST_TOGETHER
        cannot_wait = now - before > _RARE or now - self._told_at > _SECONDS_TOGETHER or are_many
        if outlet.wants_frame and not cannot_wait and self._show(outlet):
            return  # which is the network at the end of the epoch, too
        if event.epoch and self._ends.is_due:
            self._tell_end(event, outlet)
        if cannot_wait:
            self._told_at = now
            self._tell_ended(outlet, outlet.tell)
        elif self.recorder is not None and -math.inf < self.recorder.next_moment <= event.epoch:
            self._tell_ended(outlet, outlet.tell_soon)

    def _tell_ended(self, outlet: Outlet, tell: Callable[[int, Report], None], frame: Frame | None = None) -> None:
        """Tells the epochs that have ended, with a frame if there is one, and records them."""
        ended, self._ended = Epochs.of(self._ended), []
        if ended.packed:
            tell(self.run, ended)
        if frame is not None:
            outlet.put_frame(frame)
        if ended.packed and self.recorder is not None:
            self.recorder.take_epochs(ended.packed, self.trainer, partial(outlet.tell, self.run))

    def _tell_end(self, event: Epoch, outlet: Outlet) -> None:
        with self._ends:
            network = self.trainer.network
            now = network.parameters.copy()  # few parameters are packed as they are, and these are trained on
            outlet.tell_soon(self.run, EpochEnd(event.epoch, pack(now, tuple(network.shape))))

    def _show(self, outlet: Outlet) -> bool:
        """Puts a frame into the outlet, with the epochs that have ended, if it is due; returns whether it was."""
        pace = self._pace
        if self.until is Until.BATCH or not pace.views.is_due:
            return False
        with pace.views:
            if not self.is_finite:
                return False
            frame = self.frame()
        if outlet.estimating and not self._ended and pace.estimates.is_due:  # short epochs are measured soon enough
            with pace.estimates:
                frame = replace(frame, estimate=self.trainer.estimate())
        self._told_at = time.perf_counter()
        self._tell_ended(outlet, outlet.tell_soon, frame)
        return True

    def _pause_after(self, event: Event, outlet: Outlet) -> Stopped | None:
        """How it has paused, if it is to pause after that event."""
        is_wanted = (outlet.must_halt and self._may_pause_at(event)) or self._has_reached(event)
        # Never pauses where a step has made weights infinite: the next step finds that and raises the error.
        if not is_wanted or self._is_last(event) or not self.is_finite:
            return None
        frame = self.frame(outlet.estimating and self.until is Until.BATCH)
        return Stopped(frame, reached=self._has_reached(event))

    def _may_pause_at(self, event: Event) -> bool:
        """Whether a pause may come here: not between an epoch's last batch and its figures, unless these take long."""
        if isinstance(event, Evaluating):
            return self._pace.is_measuring_long
        return not isinstance(event, Batch) or event.batch < event.batches

    def _is_last(self, event: Event) -> bool:
        """Whether no step follows that event: the training then ends by itself."""
        is_last_epoch = isinstance(event, Epoch) and event.epoch >= self.trainer.settings.epochs
        return is_last_epoch or isinstance(event, BestRestored)

    def _has_reached(self, event: Event) -> bool:
        if self.until is Until.END or not self._has_stepped:
            return False
        # After the last batch of an epoch, the pause comes after the epoch's figures.
        is_batch = isinstance(event, Batch) and event.batch < event.batches
        return isinstance(event, Epoch) or (self.until is Until.BATCH and is_batch)

    # ---- in another process

    def __getstate__(self) -> dict[str, Any]:
        """Leaves out the events, which a twin makes anew."""
        return self.__dict__ | {"_events": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        set_attributes(self, state)

    def place(self) -> dict[str, Any]:
        """All that changes while it trains, for a twin's :meth:`stand_at`; shares the trainer's arrays."""
        standing = None if self.recorder is None else self.recorder.standing
        return self.__getstate__() | {"trainer": self.trainer.place(), "recorder": standing}

    def stand_at(self, place: dict[str, Any]) -> None:
        """Goes to the place of a twin, a job of the same run."""
        own = {"trainer": self.trainer, "recorder": self.recorder}
        self.trainer.stand_at(place["trainer"])
        if self.recorder is not None:
            self.recorder.standing = place["recorder"]
        set_attributes(self, place | own)
        self.begin_elsewhere()

    def begin_elsewhere(self) -> None:
        """Notes that it is in another process, whose clock may be another."""
        self._pace.move()
        self._ends.reset()
        self._epoch_at = self._told_at = -math.inf
