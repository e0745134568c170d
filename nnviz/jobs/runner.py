"""The interface's side of the worker: hands over orders, and fetches what there is to show as often as it pays."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.settings import TrainingSettings
from engine.training import Trainer
from nnviz.jobs.worker import Stopped, Until, Worker

T = TypeVar("T")

# Views are as frequent as the interface can draw them in this share of its time: what it takes, learning loses.
_SHARE_FOR_VIEWS = 0.1
_QUICKEST, _SLOWEST = 28, 250  # milliseconds between two views
_LOOK_AGAIN = 5  # where there was nothing new to show
_TRUST = 0.3  # how much of a new measurement of a view's cost is taken over


class Runner(QObject):
    """Trains runs, one at a time, each known by its id.

    Signals:
        frame(Frame): the latest, several times a second while something is trained.
        told(run, event): every epoch, the best parameters put back, a long measurement, a stop; in order.
    """

    frame = pyqtSignal(object)
    told = pyqtSignal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self._worker = Worker()
        self._worker.told.connect(self._told)
        self._is_closed = False
        self._run: int | None = None  # whose frames are wanted
        self._cost = 0.0  # of the last view, in seconds of the interface's processor time
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fetch)

    def begin(self, run: int, make: Callable[[], Trainer]) -> None:
        """A trainer for that run, made in the worker's thread, not going yet."""
        self._worker.begin(run, make)

    def go(self, run: int, until: Until) -> None:
        """On from where the run stands."""
        self._run = run
        self._timer.start(_QUICKEST)
        self._worker.go(run, until)

    def halt(self) -> None:
        """Pauses after the batch under way; a ``Stopped`` follows."""
        self._worker.halt()

    def change(self, run: int, settings: TrainingSettings) -> None:
        """Other settings from the next step on."""
        self._worker.change(run, settings)

    def look(self, run: int, at: Callable[[Trainer | None], T]) -> Future[T]:
        """What ``at`` gives, called in the worker's thread between two steps with the run's trainer, or None."""
        found: Future[T] = Future()

        def settle(trainer: Trainer | None) -> None:
            try:
                found.set_result(at(trainer))
            except Exception as error:
                found.set_exception(error)

        self._worker.look(run, settle)
        return found

    def forget(self, run: int) -> None:
        """The run will not go on from where it stands."""
        self._worker.forget(run)

    def set_estimating(self, wanted: bool) -> None:
        """Whether figures within an epoch are worth their price: not where nobody sees them."""
        self._worker.estimating = wanted

    @property
    def is_estimating(self) -> bool:
        """Whether there are figures within an epoch."""
        return self._worker.estimating

    def close(self, milliseconds: int) -> bool:
        """Ends the thread after the step it is in; whether that was in time. Nothing is told after it."""
        self._timer.stop()
        self._run, self._is_closed = None, True
        return self._worker.quit_and_wait(milliseconds)

    def _fetch(self) -> None:
        frame = self._worker.frames.take()
        if frame is None or frame.run != self._run:
            self._timer.start(_LOOK_AGAIN)
            return
        start = time.thread_time()
        self.frame.emit(frame)
        # What the view has to paint is painted before the event loop comes to this.
        QTimer.singleShot(0, lambda: self._painted(time.thread_time() - start))
        self._timer.start(self._pause())

    def _painted(self, cost: float) -> None:
        """What the person does meanwhile counts too, so one costly view is not believed at once."""
        self._cost += (min(cost, 2 * self._cost or cost) - self._cost) * _TRUST

    def _pause(self) -> int:
        """Milliseconds to the next view, from what the last ones cost."""
        return round(min(max(1000 * self._cost / _SHARE_FOR_VIEWS, _QUICKEST), _SLOWEST))

    def _told(self, run: int, event: object) -> None:
        if self._is_closed:
            return
        if isinstance(event, Stopped) and run == self._run:
            self._timer.stop()
            self._worker.frames.take()
        self.told.emit(run, event)
