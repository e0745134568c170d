"""The interface's side of the worker: passes orders on, and takes frames as often as the cost of drawing allows."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from PyQt5.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal, pyqtSlot

from engine.training.trainer import Trainer
from nnviz.jobs.pace import Pace
from nnviz.jobs.reports import NetworkFrame, StopCondition, Stopped, count_of
from nnviz.jobs.worker import Worker

T = TypeVar("T")

# Share of the interface's processor time for views and all that follows from them, such as figures of an epoch.
# Training with short steps loses most of it, because the worker needs Python's lock all the time. Long steps are
# matrix products, beside which Python can draw.
_SHARE_FOR_VIEWS, _SHARE_BESIDE_LONG_STEPS = 0.11, 0.17
_SHARE_BESIDE_WAITS = 0.4  # beside a training that is lent to a process and has a core of its own, or is slow
_LONG_STEP = 0.0008  # seconds
_SHORTEST, _LONGEST = 28, 250  # milliseconds between two views
_SHORTEST_BESIDE_EPOCHS = 50  # the same where each view is also one of several epochs, whose figures are shown too
_LOOK_AGAIN = 5  # milliseconds until the next look, if there was no new frame
_LONGEST_LOOK = 0.3  # seconds that closing waits for what was to be looked at between two steps
_SMOOTHING = 0.3  # weight of the last view's cost in the moving average


class Runner(QObject):
    """Trains runs, one at a time, each identified by its id.

    Attributes:
        worker: takes the orders that need nothing on this side.

    Signals:
        frame(Frame): the latest frame, several times a second while a run is training.
        reported(run, event): reports in order, none is lost: epochs, restored best parameters, evaluations, pauses.
    """

    frame = pyqtSignal(object)
    reported = pyqtSignal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.worker = Worker()
        self.worker.reported.connect(self._pass_on)
        self._is_closed = self._is_slow = False
        self._calls: dict[Future[Any], Callable[[], None]] = {}  # calls without a result, with their callbacks
        self._run: int | None = None  # the run whose frames are shown
        self._cost = 0.0  # moving average of a view's cost, in seconds of the interface's processor time
        self._last = 0.0  # the interface's processor time at the last view
        self._is_disturbed = True  # whether some of it was spent on input of the user, or before the run
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fetch)

    def go(self, run: int, until: StopCondition, before: float = 0.0) -> None:
        """Trains the run from where it is. ``before``: epochs that its network was trained before this training."""
        self._run, self._is_disturbed = run, True
        self._timer.start(_SHORTEST)
        self.worker.go(run, until, before)

    def set_pace(self, pace: Pace | None) -> None:
        """Takes steps at a pace from the next step on; None for full speed."""
        self._is_slow = pace is not None
        self.worker.set_pace(pace)

    def call(
        self,
        run: int,
        at: Callable[[Trainer | None], T],
        then: Callable[[], None] = lambda: None,
        edit: str | None = None,
    ) -> Future[T]:
        """Calls ``at`` in the worker's thread between two steps, with the run's trainer or None. Returns its result.

        Args:
            run: id of the run.
            at: called in the worker's thread.
            then: called in this thread, after all reports from before ``at`` and before all later ones. The result may
                come a little later.
            edit: the note in the record, if ``at`` changes parameters.
        """
        found: Future[T] = Future()

        def settle(trainer: Trainer | None) -> None:
            if not found.set_running_or_notify_cancel():
                return  # cancelled by ``close``
            self.worker.reported.emit(run, found)  # before the result is there, for which ``close`` waits
            try:
                found.set_result(at(trainer))
            except Exception as error:
                found.set_exception(error)

        if self._is_closed:
            found.cancel()
            then()
            return found
        self._calls[found] = then
        self.worker.call(run, settle, edit)
        return found

    def close(self, milliseconds: int) -> bool:
        """Ends the thread after the current step. Returns whether it ended in time. Emits nothing afterwards.

        Pending calls are carried out first; those that a long step keeps waiting are cancelled.
        """
        if self._calls:
            self._end_calls()
        self._timer.stop()
        self._run, self._is_closed = None, True
        return self.worker.quit_and_wait(milliseconds)

    def _end_calls(self) -> None:
        """Waits briefly for all looks, then cancels those that have not begun."""
        late = wait(self._calls, _LONGEST_LOOK).not_done
        cancelled = [look for look in late if look.cancel()]
        wait(self._calls.keys() - cancelled)
        QCoreApplication.sendPostedEvents(self)
        for look in cancelled:
            self._calls.pop(look)()

    def _fetch(self) -> None:
        frame = self.worker.take_frame()
        if frame is None or frame.run != self._run:
            self._timer.start(_LOOK_AGAIN)
            return
        now = time.thread_time()
        if not self._is_disturbed:
            cost = now - self._last
            self._cost += (min(cost, 2 * self._cost or cost) - self._cost) * _SMOOTHING
        self._last, self._is_disturbed = now, False
        self._timer.start(self._pause(frame))
        self.frame.emit(frame)

    def disturb(self) -> None:
        """Notes that the interface handles input of the user, which is no cost of the views."""
        self._is_disturbed = True

    def _pause(self, frame: NetworkFrame) -> int:
        """Returns the milliseconds until the next view, from the cost of the last ones."""
        share, shortest = _SHARE_FOR_VIEWS, _SHORTEST
        if frame.is_lent or self._is_slow:
            share = _SHARE_BESIDE_WAITS
            if 1000 * frame.seconds_per_epoch < _SHORTEST:
                shortest = _SHORTEST_BESIDE_EPOCHS
        elif frame.seconds_per_epoch > _LONG_STEP * frame.batches:
            share = _SHARE_BESIDE_LONG_STEPS
        return round(min(max(1000 * self._cost / share, shortest), _LONGEST))

    @pyqtSlot(int, object)  # so that ``close`` can have it called
    def _pass_on(self, run: int, event: object) -> None:
        if self._is_closed:
            return
        if isinstance(event, Future):
            self._calls.pop(event)()
            return
        self.worker.count_heard(count_of(event))
        if isinstance(event, Stopped) and run == self._run:
            self._timer.stop()
            self.worker.drop_frame()
        self.reported.emit(run, event)
