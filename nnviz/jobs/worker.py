"""The worker: the thread that trains. It owns all trainers; other threads reach them by orders only.

The package's docstring explains orders, reports, and the process to which a long training is lent.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PyQt5.QtCore import QThread, pyqtSignal

from engine.basics.errors import DivergenceError, ProcessError
from engine.basics.validation import Array
from engine.training.events import BestRestored
from engine.training.history import Change
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs import training_process
from nnviz.jobs.job import Job, Report
from nnviz.jobs.pace import Pace
from nnviz.jobs.recorder import Recorder, RecordingPlan, status_of
from nnviz.jobs.reports import NetworkFrame, Recorded, StopCondition, Stopped
from nnviz.jobs.training_process import TrainingLost, TrainingProcess, TrainingReturned

_LOG = logging.getLogger("nnviz")
_MOST_TRAINERS = 2  # of the current run and the one before
_SECONDS_HERE = 0.03  # a training that ends sooner is not lent
_MANY_STEPS = 2_000  # more than any network takes in that time
_MOST_BEHIND = 5.0  # seconds that a slow training catches up, after an evaluation say
_HEARD_AT_ONCE = 150  # received events that are confirmed to the process together, if no frame is taken


class Worker(QThread):
    """Trains one run at a time; other runs can be continued until they are forgotten.

    Only the two runs used last keep their trainers, whose buffers are large; other trainers are made again.

    Signals:
        reported(run, event): :class:`Epochs`, :class:`BestRestored` or :class:`Stopped` of that run, or one
            :class:`Evaluating` if the evaluation after an epoch takes long; queued, in order, none is lost. The runner
            puts the results of calls in order among them.

    Attributes:
        frames: the mailbox, which holds the latest frame until the interface takes it.
        estimating: whether some frames hold estimates.
    """

    reported = pyqtSignal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.frames: deque[NetworkFrame] = deque(maxlen=1)
        self.estimating = True
        self.must_halt = False  # set directly, not by an order, so that it takes effect before waiting orders
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._is_ending = False
        self._jobs: dict[int, Job] = {}  # by run; the last one was used last
        self._recorders: dict[int, Recorder] = {}  # by run; of all runs that are recorded
        self._parked: dict[int, Callable[[], Trainer]] = {}  # by run; makes the trainer again
        self._training: Job | None = None
        self._process: TrainingProcess | None = None
        self._is_lent = False  # whether the process has the training
        self._may_lend = True
        self._pace: Pace | None = None  # None for full speed
        self._due = 0.0  # when the next step is due at that pace
        self._last_frame: NetworkFrame | None = None  # that came from the process
        self._has_received = False  # whether anything came from the process since the training was lent
        self._heard = 0  # events that are not confirmed yet; used in the interface's thread

    # ---- orders, called in the interface's thread

    def begin(
        self, run: int, make: Callable[[], Trainer], plan: RecordingPlan | None = None, goes: bool = False
    ) -> None:
        """Makes a trainer for that run in the worker's thread; ``Stopped`` with an error follows if that fails.

        Args:
            run: id of the run.
            make: makes the trainer.
            plan: describes its record; None if it is not recorded.
            goes: whether it is trained at once; then the process may begin the record.
        """
        self._order(lambda: self._begin(run, make, plan, goes))

    def go(self, run: int, until: StopCondition, before: float = 0.0) -> None:
        """Trains the run from where it is. ``before``: epochs that its network was trained before this training."""
        self.must_halt = False
        self._order(lambda: self._go(run, until, before))

    def set_pace(self, pace: Pace | None) -> None:
        """Takes steps at a pace from the next step on; None for full speed."""
        self._order(lambda: self._set_pace(pace))

    def halt(self) -> None:
        """Pauses after the current step; ``Stopped`` follows if a run was training. A slow pace takes it at once."""
        self.must_halt = True
        self._orders.put(lambda: None)  # ends a wait
        self._send_to_process("halt", still=lambda: self.must_halt)

    def change(self, run: int, settings: TrainingSettings, words: str = "") -> None:
        """Changes settings from the next step on. They are not checked: they must fit the run.

        ``words`` is the note in the record, shown next to the curves.
        """
        self._order(lambda: self._change(run, settings, words))

    def call(self, run: int, at: Callable[[Trainer | None], Any], edit: str | None = None) -> None:
        """Calls ``at`` in the worker's thread between two steps, with the run's trainer, or None if it has none.

        If ``at`` changes parameters, ``edit`` is the note in the record, shown next to the curves.
        """
        self._order(lambda: self._call(run, at, edit))

    def record(self, run: int, plan: RecordingPlan) -> None:
        """Records the rest of a training that was begun without a record."""
        self._order(lambda: self._record(run, plan))

    def note_figures(
        self,
        run: int,
        parameters: Array,
        figures: dict[str, float] | None,
        best: BestRestored | None,
        notes: list[Change] | None = None,
    ) -> None:
        """Records figures of the run's network, if it still has these parameters (n,) and is not being trained.

        Args:
            figures, best, notes: see :meth:`~nnviz.library.recording.Recording.note_figures`.
        """
        self._order(lambda: self._note_figures(run, parameters, figures, best, notes))

    def forget(self, run: int) -> None:
        """Drops the trainer of a run."""
        self._order(lambda: self._forget(run))

    def take_frame(self) -> NetworkFrame | None:
        """Removes the latest frame from the mailbox and returns it, if there is one; another follows."""
        frame = self.frames.pop() if self.frames else None
        if frame is not None:
            self._report_heard("taken")
        return frame

    def drop_frame(self) -> None:
        """Drops the latest frame, which was made before a change."""
        self.take_frame()

    def count_heard(self, count: int) -> None:
        """Notes that the interface has handled that many events; the process sends no faster."""
        self._heard += count
        if self._heard >= _HEARD_AT_ONCE:
            self._report_heard("heard")

    def _report_heard(self, order: str) -> None:
        self._send_to_process(order, self._heard)
        self._heard = 0

    def set_estimating(self, wanted: bool) -> None:
        """Switches estimates in frames on or off."""
        if wanted != self.estimating:
            self.estimating = wanted
            self._send_to_process("estimating", wanted)

    def quit_and_wait(self, milliseconds: int) -> bool:
        """Ends the thread after the current step. Returns whether it ended in time. Takes no more orders."""
        self.must_halt = self._is_ending = True
        self._orders.put(None)
        return bool(self.wait(milliseconds))

    def _order(self, work: Callable[[], None]) -> None:
        if self._is_ending:
            return
        self._orders.put(work)
        if not self.isRunning():
            self.start()

    def _send_to_process(self, order: str, value: object = None, still: Callable[[], bool] = lambda: True) -> None:
        """Sends the process an order, if it has the training by then and ``still`` returns that the order holds."""

        def send() -> None:
            if self._is_lent and self._process is not None and still():
                self._process.send(order, value)

        if self._process is not None:  # it may be about to get the training
            self._orders.put(send)

    # ---- the thread

    def run(self) -> None:
        """Carries out all orders, then takes one step of the run that is training when it is due, and repeats."""
        while True:
            try:
                order = self._orders.get(timeout=self._seconds_to_step())
            except queue.Empty:
                self._step()
                continue
            if order is None:
                self._end()
                return
            order()

    def _seconds_to_step(self) -> float | None:
        """Returns the seconds until the next step; None if none is taken here."""
        if self._training is None or self._is_lent:
            return None
        return 0.0 if self._pace is None or self.must_halt else max(0.0, self._due - time.perf_counter())

    def _step(self) -> None:
        """Takes a step, or lends the training to the process, which takes it."""
        job, pace = self._training, self._pace
        assert job is not None
        self._lend(job)
        if self._is_lent:
            return
        start = job.seconds_at(pace) if pace is not None else 0.0
        self._advance(job)
        if pace is not None:
            late = max(self._due, time.perf_counter() - _MOST_BEHIND)
            self._due = late + job.seconds_at(pace) - start

    def _set_pace(self, pace: Pace | None) -> None:
        self._pace, self._due = pace, time.perf_counter()
        if pace is not None:
            self._call_back()
        elif self._training is not None and self._training.until is not StopCondition.BATCH:
            self._start_process(self._training)

    def _begin(self, run: int, make: Callable[[], Trainer], plan: RecordingPlan | None, goes: bool) -> None:
        self._forget(run)
        try:
            trainer = make()
        except Exception as error:
            self.reported.emit(run, Stopped(None, error=error, dropped=True))
            return
        recorder = None if plan is None else self._recorders.setdefault(run, Recorder(plan))
        self._jobs[run] = job = Job(run, trainer, recorder)
        if recorder is not None and plan is not None:
            recorder.begin(plan)
            if not plan.waits and not (goes and self._is_lent_at_once(job)):  # else the process begins the record
                recorder.open(trainer, partial(self.reported.emit, run))
            if not goes:
                recorder.release()
        self._park()

    def _end(self) -> None:
        """Closes all records and ends the process."""
        if self._recorders:
            self._call_back()
        for recorder in self._recorders.values():
            recorder.release()
        self._end_process()

    def _job(self, run: int) -> Job | None:
        """Returns the job of that run with its trainer in this process; None if it has none. Counts as a use."""
        if run in self._parked:
            self._unpark(run)
        self._call_back(run)
        if run in self._jobs:
            self._jobs[run] = self._jobs.pop(run)
        return self._jobs.get(run)

    def _unpark(self, run: int) -> None:
        make = self._parked.pop(run)
        try:
            self._jobs[run] = Job(run, make(), self._recorders.get(run))
        except Exception as error:
            self.reported.emit(run, Stopped(None, error=error, dropped=True))
        else:
            self._park()

    def _park(self) -> None:
        """Drops the trainers that were not used last, except those whose last step made weights infinite."""
        for job in list(self._jobs.values())[:-_MOST_TRAINERS]:
            if job is not self._training and job.is_finite:
                _close_record(job)
                self._parked[job.run] = self._jobs.pop(job.run).trainer.maker()

    def _call(self, run: int, at: Callable[[Trainer | None], Any], edit: str | None) -> None:
        job = self._job(run)
        recorder = None if job is None or edit is None else job.recorder
        before = None if job is None or recorder is None else job.trainer.network.parameters.copy()
        if job is not None:
            self._hand_over(job)  # ``at`` may read the record
        at(None if job is None else job.trainer)
        if job is not None and recorder is not None and before is not None and edit is not None:
            report, is_still = partial(self.reported.emit, run), job is not self._training
            recorder.edited(before, job.trainer, report, edit)
            if is_still:
                recording = recorder.open(job.trainer, report)
                if recording is not None:
                    recording.note_figures({}, None)  # the figures follow when they are measured
                recorder.release()

    def _record(self, run: int, plan: RecordingPlan) -> None:
        job = self._job(run)
        if job is None:
            self.reported.emit(run, Recorded(None, is_written=False))
            return
        if job.recorder is not None:
            state = job.recorder.state
            is_written = state.keeps_weights and not state.is_failing
            self.reported.emit(run, Recorded(state.run, is_written=is_written))
            return
        job.recorder = recorder = self._recorders.setdefault(run, Recorder(plan))
        recorder.begin(plan)
        recorder.open(job.trainer, partial(self.reported.emit, run))
        if job is not self._training:
            recorder.release()

    def _note_figures(
        self,
        run: int,
        parameters: Array,
        figures: dict[str, float] | None,
        best: BestRestored | None,
        notes: list[Change] | None,
    ) -> None:
        job = self._job(run)
        if job is None or job.recorder is None or job is self._training:
            return
        if np.array_equal(job.trainer.network.parameters, parameters):
            recording = job.recorder.open(job.trainer, partial(self.reported.emit, run))
            if recording is not None:
                recording.note_figures(figures, best, notes)
            job.recorder.release()

    def _go(self, run: int, until: StopCondition, before: float) -> None:
        self._call_back()
        job, other = self._job(run), self._training
        if other is not None and other is not job:
            other.trainer.restore_finite()  # its last step may just have made them infinite
            self._stop(other, Stopped(other.frame_if_possible()))
        if job is not None:
            job.go(until, before)
            self._training, self._due = job, time.perf_counter()
            if until is not StopCondition.BATCH:
                self._start_process(job)

    def _change(self, run: int, settings: TrainingSettings, words: str) -> None:
        job = self._training if self._is_lent and self._training and self._training.run == run else self._job(run)
        if job is None or job.trainer.settings == settings:
            return
        job.trainer.change(settings)
        if job.recorder is not None:
            job.recorder.change(settings, words)
        if job is self._training and self._is_lent and self._process is not None:
            self._process.send("change", (settings, words))

    def _forget(self, run: int) -> None:
        self._parked.pop(run, None)
        self._call_back(run)
        if run in self._jobs:
            self._drop(self._jobs[run])

    def _advance(self, job: Job) -> None:
        try:
            stopped = job.advance(self)
        except Exception as error:
            self._fail(job, error)
        else:
            if stopped is not None:
                self._stop(job, stopped)

    def _fail(self, job: Job, error: Exception) -> None:
        """Reports an error and drops the job; after a divergence the job stays, since a smaller rate may help."""
        dropped = not isinstance(error, DivergenceError) or not job.trainer.epoch
        if job.recorder is not None:
            job.recorder.finish(status_of(None, error))
        if dropped:
            self._drop(job)
        else:
            job.trainer.restore_finite()
            job.restart()
            if job is self._training:
                self._training = None
        self.reported.emit(job.run, Stopped(job.frame_if_possible(), error=error, dropped=dropped))

    def _drop(self, job: Job) -> None:
        """Drops the job. Its network stays, with finite parameters, and can be trained again."""
        del self._jobs[job.run]
        job.trainer.restore_finite()
        _close_record(job)
        if job is self._training:
            self._training = None

    def _stop(self, job: Job, stopped: Stopped) -> None:
        self._training = None
        recorder, report = job.recorder, partial(self.reported.emit, job.run)
        if recorder is not None:
            recorder.finish(status_of(stopped, None))
        report(stopped)
        if recorder is not None and stopped.finished and not self._is_ending:
            recorder.make_room(report)

    # ---- reports of the job in this thread, see ReportSink in nnviz/jobs/job.py

    @property
    def wants_frame(self) -> bool:
        """Whether the last frame was taken."""
        return not self.frames

    def nothing_waits(self) -> bool:
        """Whether there is no order, no wait, and no process that may get ready after any step."""
        return self._process is None and self._pace is None and self._orders.empty()

    def put_frame(self, frame: NetworkFrame) -> None:
        """Puts a frame into the mailbox."""
        self.frames.append(frame)

    def report(self, run: int, event: Report) -> None:
        """Reports to the interface."""
        self.reported.emit(run, event)

    report_soon = report

    # ---- the process

    def _start_process(self, job: Job) -> None:
        """Starts the process if it is worthwhile for the job; it takes the job over when it is ready."""
        may_lend = self._process is None and self._may_lend and self._pace is None
        is_wanted = may_lend and training_process.is_worthwhile()
        if is_wanted and training_process.may_be_lent(job):
            try:
                self._process = TrainingProcess(self._take_from_process, lambda: self._orders.put(self._receive))
            except (ProcessError, RuntimeError) as error:
                _LOG.warning("the training stays in the window's process: %s", error)
                self._may_lend = False

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.close()
        self._process, self._is_lent = None, False

    def _lend(self, job: Job) -> None:
        """Lends the training to the process, if that is worthwhile."""
        process = self._process
        if process is None or not process.is_ready or self.must_halt or self._pace is not None:
            return
        if job.until is StopCondition.BATCH:
            return
        is_long = job.until is StopCondition.END and job.steps_left >= _MANY_STEPS
        if job.may_be_lent and (is_long or job.seconds_going > _SECONDS_HERE):
            job.may_be_lent = training_process.may_be_lent(job)
            self._last_frame, self._has_received = None, False
            self._hand_over(job)  # the process opens the record
            self._is_lent = job.may_be_lent and process.lend(job)
            if self._is_lent:
                process.send("estimating", self.estimating)

    def _is_lent_at_once(self, job: Job) -> bool:
        """Whether the process may take over the job before its first step here."""
        may_lend = not self.must_halt and self._pace is None
        is_ready = may_lend and self._process is not None and self._process.is_ready
        return is_ready and job.steps_left >= _MANY_STEPS and training_process.may_be_lent(job)

    def _hand_over(self, job: Job) -> None:
        """Writes what is recorded up to now, so that others can read the record or continue it."""
        if job.recorder is not None and job is self._training:
            job.recorder.hand_over()
        else:
            _close_record(job)

    def _call_back(self, run: int | None = None) -> None:
        """Waits until the process hands back the training, if it is of that run or no run is given."""
        process, job = self._process, self._training
        if process is None or job is None or run not in (None, job.run):
            return
        if self._is_lent:
            process.send("hand back")
        while self._is_lent:
            self._take_messages(process.messages.get())

    def _receive(self) -> None:
        """Processes messages of the process that have arrived."""
        if self._process is not None and not self._process.messages.empty():
            self._take_messages(self._process.messages.get())

    def _take_from_process(self, frame: NetworkFrame) -> None:
        """Stores a frame, in the thread that reads from the process."""
        self._last_frame = frame
        self.frames.append(frame)

    def _take_messages(self, messages: list[object]) -> None:
        for message in messages:
            if isinstance(message, TrainingReturned):
                self._take_back(message)
            elif isinstance(message, TrainingLost):
                self._lose(message)
            else:
                self._has_received = True
                self._know(*message)  # type: ignore[misc]
                self.reported.emit(*message)  # type: ignore[misc]

    def _know(self, run: int, event: object) -> None:
        """Passes reports about the record to the recorder here, which may continue the record."""
        recorder = self._recorders.get(run)
        if isinstance(event, Recorded) and recorder is not None:
            recorder.adopt(event)

    def _take_back(self, returned: TrainingReturned) -> None:
        job, self._is_lent = self._training, False
        assert job is not None
        assert self._process is not None
        if returned.trace and not isinstance(returned.error, DivergenceError):
            _LOG.error("in the training's process:\n%s", returned.trace)
        if returned.place is None:  # it continues here
            self._process.forget()
            job.may_be_lent = False
            return
        settings = job.trainer.settings  # they may have changed too late for the process
        job.set_place(returned.place)
        job.trainer.change(settings)
        if returned.error is not None:
            self._fail(job, returned.error)
        elif returned.stopped is not None:
            self._stop(job, returned.stopped)

    def _lose(self, lost: TrainingLost) -> None:
        """Stops the run after the process has died, with the parameters that were displayed last."""
        job, frame = self._training if self._is_lent else None, self._last_frame
        _LOG.error("%s", lost.error)
        self._end_process()
        if job is None:
            return
        if frame is None and not self._has_received:  # nothing is lost: the training continues here
            self._may_lend = False
            _close_record(job)
            return
        if frame is None:
            frame = job.frame_if_possible()
        else:
            np.copyto(job.trainer.network.parameters, frame.parameters)
        self._drop(job)
        self.reported.emit(job.run, Stopped(frame, error=lost.error, dropped=True))


def _close_record(job: Job) -> None:
    """Closes the record of a job."""
    if job.recorder is not None:
        job.recorder.release()
