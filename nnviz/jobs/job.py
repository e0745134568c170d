"""Jobs: a run's trainer with its stop condition, which takes steps in a thread or in a process. No Qt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from engine.basics.attributes import set_attributes
from engine.network.half_precision import PackedParameters, pack
from engine.training.events import Batch, BestRestored, Epoch, Estimate, Evaluating, Event
from engine.training.trainer import Trainer
from nnviz.jobs.pace import Pace
from nnviz.jobs.recorder import Recorder
from nnviz.jobs.reports import EarlyEstimate, EpochEnd, Epochs, NetworkFrame, Recorded, StopCondition, Stopped
from nnviz.jobs.timing import BatchTimer, TimeBudget

_SECONDS_BETWEEN_ENDS = 0.05  # between two snapshots at ends of epochs; they may take a hundredth of the time
_MOST_TOGETHER = 100  # epochs that are reported together
_SECONDS_TOGETHER = 0.07  # for which epochs are gathered, unless a frame is sent before
_RARE = 0.02  # seconds per epoch, from which on each epoch is reported at once

Report = BestRestored | Evaluating | Epochs | EpochEnd | EarlyEstimate | Recorded


class ReportSink(Protocol):
    """Receiver of a job's reports.

    Attributes:
        estimating: whether some frames hold estimates.
        must_halt: whether the job is to pause.
    """

    estimating: bool
    must_halt: bool

    @property
    def wants_frame(self) -> bool:
        """Whether the last frame was taken."""

    def nothing_waits(self) -> bool:
        """Whether no order waits; called after each event."""

    def put_frame(self, frame: NetworkFrame) -> None:
        """Receives a frame, which replaces the one before."""

    def report(self, run: int, event: Report) -> None:
        """Receives a report that must not be lost."""

    def report_soon(self, run: int, event: Report) -> None:
        """Receives a report that must not be lost, but may wait for the next report or frame."""


class Job:
    """A run's trainer and its place in the training.

    Attributes:
        run: the run's id.
        trainer: only one thread uses it at a time.
        until: the stop condition.
        before: epochs that the network was trained before this training.
        may_be_lent: whether it may run in another process, as far as is known.
        recorder: records the training; None if it is not recorded.
    """

    def __init__(self, run: int, trainer: Trainer, recorder: Recorder | None = None) -> None:
        self.run = run
        self.trainer = trainer
        self.recorder = recorder
        self.until = StopCondition.END
        self.before = 0.0
        self.may_be_lent = True
        self._has_stepped = False
        self._last_batch: Batch | None = None
        self._timer = BatchTimer()
        self._ends = TimeBudget(_SECONDS_BETWEEN_ENDS)
        self._ended: list[Epoch] = []  # epochs that were not reported yet, during ``advance``
        self._epoch_at = (
            self._reported_at
        ) = -math.inf  # when the last epoch ended; when epochs or a frame were last sent
        self._went = 0.0  # when ``go`` was last called
        self._events: Iterator[Event] | None = None

    def go(self, until: StopCondition, before: float = 0.0) -> None:
        """Starts training from here until a stop condition. ``before``: epochs that the network was trained before."""
        self.until, self.before, self._has_stepped = until, before, False
        self._went = time.perf_counter()
        self._timer.resume()

    @property
    def seconds_going(self) -> float:
        """Seconds since :meth:`go`."""
        return time.perf_counter() - self._went

    @property
    def steps_left(self) -> int:
        """Number of steps until the training is complete."""
        trainer = self.trainer
        return (trainer.settings.epochs - max(trainer.epoch, 1) + 1) * trainer.batches_per_epoch - trainer.batch

    def seconds_at(self, pace: Pace) -> float:
        """Returns the seconds from the untrained network to here at a pace."""
        trainer, batches = self.trainer, self.trainer.batches_per_epoch
        done = max(trainer.epoch - 1, 0) + trainer.batch / batches
        return pace.seconds_at(self.before + done, self.before + trainer.settings.epochs, batches)

    def restart(self) -> None:
        """Makes the job ready to continue where the trainer is, after an error."""
        self._events = self._last_batch = None
        self._ended = []
        if self.recorder is not None:
            self.recorder.leap()

    def frame(self, with_estimate: bool = False) -> NetworkFrame:
        """Returns a frame of the network as it is now."""
        trainer, last = self.trainer, self._last_batch
        return NetworkFrame(
            run=self.run,
            parameters=trainer.network.parameters.copy(),
            epoch=last.epoch if last else trainer.epoch,
            batch=last.batch if last else trainer.batch,
            batches=trainer.batches_per_epoch,
            seconds_per_epoch=self._timer.seconds_per_batch * trainer.batches_per_epoch,
            seconds_measuring=self._timer.seconds_measuring,
            estimate=trainer.estimate() if with_estimate else None,
        )

    def frame_if_possible(self) -> NetworkFrame | None:
        """Returns a frame; None if memory is short."""
        try:
            return self.frame()
        except MemoryError:
            return None

    @property
    def is_finite(self) -> bool:
        """Whether all parameters are finite, found by their sum: one pass and no temporary array."""
        with np.errstate(all="ignore"):
            return math.isfinite(self.trainer.network.parameters.sum(dtype=np.float64))

    # ---- steps

    def advance(self, sink: ReportSink) -> Stopped | None:
        """Processes events of the training (a step, a part of an evaluation, the end of an epoch) until an order waits.

        Processes at least one event. Returns a report if the job has paused, else None. After an error call
        :meth:`restart`.
        """
        self._timer.come_back()
        if self._events is None:
            self._events = self.trainer.steps()  # which knows nothing of the job, so both are freed when it is dropped
        if self.recorder is not None:  # before the step, so that changed settings are recorded at their place
            self.recorder.open(self.trainer, partial(sink.report, self.run))
        try:
            with np.errstate(all="ignore"):
                return self._take(self._events, sink)
        finally:
            self._report_ended(sink, sink.report_soon)
            self._timer.leave()

    def _take(self, events: Iterator[Event], sink: ReportSink) -> Stopped | None:
        timer, recorder, pauses_by_itself = self._timer, self.recorder, self.until is not StopCondition.END
        while True:
            event = next(events, None)
            if isinstance(event, Batch):  # asked first: thousands of times a second
                self._last_batch, self._has_stepped = event, True
                timer.batch_done()
                if sink.wants_frame and (not self._ended or self._is_long()):  # else with them, when this one ends
                    self._show(sink)
                if event.estimate is not None:
                    self._take_early(event, event.estimate, sink)
                elif recorder is not None and event.epoch >= recorder.next_place <= event.place:
                    self._record(event, sink)
            elif isinstance(event, Epoch):
                timer.epoch_done()
                self._end_epoch(event, sink)
            elif event is not None and (not isinstance(event, Evaluating) or timer.measures_long()):
                self._report_ended(sink, sink.report_soon)
                sink.report(self.run, event)
                self._record(event, sink)
                if isinstance(event, BestRestored):
                    event = next(events, None)  # nothing may come between: the trainer would restore it again
            if event is None:
                return Stopped(self.frame(), finished=True)
            if sink.must_halt or pauses_by_itself:
                stopped = self._pause_after(event, sink)
                if stopped is not None:
                    return stopped
            if not sink.nothing_waits():
                return None

    def _record(self, event: Event, sink: ReportSink) -> None:
        if self.recorder is not None:
            self.recorder.take_event(event, self.trainer, partial(sink.report, self.run))

    # ---- reports

    def _take_early(self, event: Batch, estimate: Estimate, sink: ReportSink) -> None:
        """Reports and records an estimate of the first epoch; if it is not finite the next step reports that."""
        self._report_ended(sink, sink.report_soon)
        if self.is_finite:
            sink.report_soon(self.run, EarlyEstimate(event.place, estimate, self._packed()))
            self._record(event, sink)

    def _packed(self) -> PackedParameters:
        network = self.trainer.network
        now = network.parameters.copy()  # few parameters are packed as they are, and these are trained on
        return pack(now, tuple(network.shape))

    def _is_long(self) -> bool:
        """Whether the epoch has taken so long that gathered epochs no longer wait for its end."""
        return time.perf_counter() - self._epoch_at > _SECONDS_TOGETHER

    def _end_epoch(self, event: Epoch, sink: ReportSink) -> None:
        """Reports and records an epoch. Short epochs are gathered: each report costs cold caches."""
        now, before = time.perf_counter(), self._epoch_at
        self._epoch_at = now
        self._ended.append(event)
        are_many = len(self._ended) >= _MOST_TOGETHER
        cannot_wait = now - before > _RARE or now - self._reported_at > _SECONDS_TOGETHER or are_many
        if sink.wants_frame and not cannot_wait and self._show(sink):
            return  # which is the network at the end of the epoch, too
        if event.epoch and self._ends.is_due:
            self._report_end(event, sink)
        if cannot_wait:
            self._reported_at = now
            self._report_ended(sink, sink.report)
        elif self.recorder is not None and -math.inf < self.recorder.next_place <= event.epoch:
            self._report_ended(sink, sink.report_soon)

    def _report_ended(
        self, sink: ReportSink, report: Callable[[int, Report], None], frame: NetworkFrame | None = None
    ) -> None:
        """Reports the gathered epochs, with a frame if there is one, and records them."""
        ended, self._ended = Epochs.of(self._ended), []
        if ended.packed:
            report(self.run, ended)
        if frame is not None:
            sink.put_frame(frame)
        if ended.packed and self.recorder is not None:
            self.recorder.take_epochs(ended.packed, self.trainer, partial(sink.report, self.run))

    def _report_end(self, event: Epoch, sink: ReportSink) -> None:
        with self._ends:
            sink.report_soon(self.run, EpochEnd(event.epoch, self._packed()))

    def _show(self, sink: ReportSink) -> bool:
        """Sends a frame with the gathered epochs if one is due. Returns whether it was."""
        timer = self._timer
        if self.until is StopCondition.BATCH or not timer.views.is_due:
            return False
        with timer.views:
            if not self.is_finite:
                return False
            frame = self.frame()
        is_measured_soon = self._ended or self.trainer.is_estimating_early  # at the end of a short epoch, or by steps
        if sink.estimating and not is_measured_soon and timer.estimates.is_due:
            with timer.estimates:
                frame = replace(frame, estimate=self.trainer.estimate())
        self._reported_at = time.perf_counter()
        self._report_ended(sink, sink.report_soon, frame)
        return True

    def _pause_after(self, event: Event, sink: ReportSink) -> Stopped | None:
        """Returns a report if the job pauses after that event."""
        is_wanted = (sink.must_halt and self._may_pause_at(event)) or self._has_reached(event)
        # Never pauses where a step has made weights infinite: the next step finds that and raises the error.
        if not is_wanted or self._is_last(event) or not self.is_finite:
            return None
        frame = self.frame(sink.estimating and self.until is StopCondition.BATCH)
        return Stopped(frame, reached=self._has_reached(event))

    def _may_pause_at(self, event: Event) -> bool:
        """Whether a pause may follow: not between an epoch's last batch and its figures, unless these take long."""
        if isinstance(event, Evaluating):
            return self._timer.is_measuring_long
        return not isinstance(event, Batch) or event.batch < event.batches

    def _is_last(self, event: Event) -> bool:
        """Whether no step follows that event, so that the training ends by itself."""
        is_last_epoch = isinstance(event, Epoch) and event.epoch >= self.trainer.settings.epochs
        return is_last_epoch or isinstance(event, BestRestored)

    def _has_reached(self, event: Event) -> bool:
        if self.until is StopCondition.END or not self._has_stepped:
            return False
        # After the last batch of an epoch, the pause comes after the epoch's figures.
        is_batch = isinstance(event, Batch) and event.batch < event.batches
        return isinstance(event, Epoch) or (self.until is StopCondition.BATCH and is_batch)

    # ---- in another process

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state without the event iterator, which each copy makes itself."""
        return self.__dict__ | {"_events": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        set_attributes(self, state)

    def place(self) -> dict[str, Any]:
        """Returns all that changes during training, for :meth:`set_place` of a copy. Shares the trainer's arrays."""
        state = None if self.recorder is None else self.recorder.state
        return self.__getstate__() | {"trainer": self.trainer.place(), "recorder": state}

    def set_place(self, place: dict[str, Any]) -> None:
        """Continues from the place of a copy of this job in another process."""
        own = {"trainer": self.trainer, "recorder": self.recorder}
        self.trainer.set_place(place["trainer"])
        if self.recorder is not None:
            self.recorder.state = place["recorder"]
        set_attributes(self, place | own)
        self.begin_elsewhere()

    def begin_elsewhere(self) -> None:
        """Notes that the job is in another process, which may have another clock."""
        self._timer.move()
        self._ends.reset()
        self._epoch_at = self._reported_at = -math.inf
