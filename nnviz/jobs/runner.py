"""Drives one run at a time: owns the worker and the timer that fetches what it has to show."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.events import TrainingState
from engine.network import Network
from engine.settings import TrainingSettings
from engine.training import FIXED_WHILE_TRAINING, Trainer
from nnviz.jobs.worker import Frame, Stopped, Until, Worker
from nnviz.session.state import Progress

# Views are as frequent as the interface can draw them in this share of its time: what it takes, learning loses.
_SHARE_FOR_VIEWS = 0.1
_QUICKEST, _SLOWEST = 28, 250  # milliseconds between two views
_LONGEST_STEP = 1.0  # seconds
_LOOK_AGAIN = 5  # where there was nothing new to show
_TRUST = 0.3  # how much of a new measurement of a view's cost is taken over


class Pilot(QObject):
    """Only the run that was begun last is heard: what an earlier one still says is dropped here.

    Signals:
        frame(Frame): the latest, several times a second; none while nothing is trained.
        epoch_ended(engine.events.Epoch): every one, in order.
        best_restored(engine.events.BestRestored): early stopping has put the best parameters back.
        measuring: the errors after an epoch are being worked out, and it takes a while.
        stopped(Stopped): paused, finished or failed.
    """

    frame = pyqtSignal(object)
    epoch_ended = pyqtSignal(object)
    best_restored = pyqtSignal(object)
    measuring = pyqtSignal()
    stopped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._trainer: Trainer | None = None
        self._ended: Trainer | None = None  # the run that came to its end last
        self._job = 0
        self._worker = Worker()
        self._worker.epoch_ended.connect(self._epoch_ended)
        self._worker.best_restored.connect(self._best_restored)
        self._worker.measuring.connect(self._measuring)
        self._worker.stopped.connect(self._stopped)
        self._cost = 0.0  # of the last view, in seconds of the interface's processor time
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fetch)

    @property
    def has_run(self) -> bool:
        """Whether a run is under way or paused."""
        return self._trainer is not None

    @property
    def trainer(self) -> Trainer | None:
        """Of the run under way or paused."""
        return self._trainer

    @property
    def settings(self) -> TrainingSettings | None:
        """What the run goes by; it may differ from the fields in what waits for the next one."""
        return self._trainer.settings if self._trainer else None

    def begin(self, network: Network, dataset: Dataset, settings: TrainingSettings) -> None:
        """A new run, not going yet. Raises SettingError, DataError or MemoryError."""
        self.resume(Trainer(network, dataset, settings))

    def resume(self, trainer: Trainer) -> None:
        """A run that was begun elsewhere, not going yet."""
        self._trainer, self._ended = trainer, None
        self._job = self._worker.begin()

    def go(self, until: Until) -> None:
        """On from where the run stands."""
        assert self._trainer is not None
        self._timer.start(_QUICKEST)
        self._worker.go(self._trainer, until)

    def halt(self) -> None:
        """Pauses after the batch under way; ``stopped`` follows."""
        self._worker.halt()

    def drop(self) -> None:
        """The run is over, whatever it was doing."""
        self._timer.stop()
        self._worker.halt()
        self._job = self._worker.begin()
        self._worker.frames.take()
        self._trainer = self._ended = None

    def wait_for_step(self) -> None:
        """Until the worker has ended the step in which its run was dropped; no longer than a person waits."""
        if self._worker.at_work.acquire(timeout=_LONGEST_STEP):
            self._worker.at_work.release()

    def change(self, settings: TrainingSettings) -> None:
        """From the next step on; what a run cannot change in its middle stays as it is until the next one."""
        if self._trainer is None:
            return
        now = self._trainer.settings
        wanted = replace(settings, **{name: getattr(now, name) for name in FIXED_WHILE_TRAINING})
        # Patience may have been chosen together with examples to hold out, dropout together with other layers.
        for attempt in (wanted, replace(wanted, patience=now.patience, dropout=now.dropout)):
            try:
                if attempt != self._trainer.settings:
                    self._trainer.change(attempt)
            except EngineError:
                continue
            return

    def hold(self) -> Callable[[], TrainingState] | None:
        """A function for another thread that takes the run as it stands; until it has, the run does not go on.

        None where there is no run, or it is going.
        """
        trainer = self._trainer or self._ended
        if trainer is None or not self._worker.at_work.acquire(blocking=False):
            return None

        def take() -> TrainingState:
            try:
                return trainer.state()
            finally:
                self._worker.at_work.release()

        return take

    def progress(self, frame: Frame) -> Progress:
        """Where in the run that frame was taken."""
        trainer = self._trainer or self._ended
        epochs = trainer.settings.epochs if trainer else 0
        seconds = frame.seconds_per_epoch, frame.seconds_measuring
        return Progress(frame.epoch, epochs, frame.batch, frame.batches, *seconds)

    def set_estimating(self, wanted: bool) -> None:
        """Whether figures within an epoch are worth their price: not where nobody sees them."""
        self._worker.estimating = wanted

    def close(self, milliseconds: int) -> bool:
        """Ends the thread after the step it is in; whether that was in time."""
        self.drop()
        return self._worker.quit_and_wait(milliseconds)

    def _fetch(self) -> None:
        frame = self._worker.frames.take()
        if frame is None or frame.job != self._job or self._trainer is None:
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

    def _epoch_ended(self, job: int, result: object) -> None:
        if job == self._job and self._trainer is not None:
            self.epoch_ended.emit(result)

    def _best_restored(self, job: int, result: object) -> None:
        if job == self._job and self._trainer is not None:
            self.best_restored.emit(result)

    def _measuring(self, job: int) -> None:
        if job == self._job and self._trainer is not None:
            self.measuring.emit()

    def _stopped(self, job: int, stop: Stopped) -> None:
        if job != self._job or self._trainer is None:
            return
        self._timer.stop()
        self._worker.frames.take()
        if stop.frame is not None:
            self.frame.emit(stop.frame)
        if stop.finished or stop.error is not None:
            self._trainer, self._ended = None, self._trainer if stop.finished else None
        self.stopped.emit(stop)
