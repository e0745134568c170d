"""Drives one run at a time: owns the worker and the timer that fetches what it has to show."""

from __future__ import annotations

import time

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.datasets import Dataset
from engine.network import Network
from engine.settings import TrainingSettings
from engine.training import Trainer
from nnviz.state import Progress
from nnviz.worker import Frame, Stopped, Until, Worker

# Views are as frequent as the interface can draw them in this share of its time: what it takes, learning loses.
_SHARE_FOR_VIEWS = 0.06
_QUICKEST, _SLOWEST = 40, 250  # milliseconds between two views


class Pilot(QObject):
    """Only the run that was begun last is heard: what an earlier one still says is dropped here.

    Signals:
        frame(Frame): the latest, several times a second; none while nothing is trained.
        epoch_ended(engine.training.Epoch): every one, in order.
        measuring: the errors after an epoch are being worked out, and it takes a while.
        stopped(Stopped): paused, finished or failed.
    """

    frame = pyqtSignal(object)
    epoch_ended = pyqtSignal(object)
    measuring = pyqtSignal()
    stopped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._trainer: Trainer | None = None
        self._job = 0
        self._worker = Worker()
        self._worker.epoch_ended.connect(self._epoch_ended)
        self._worker.measuring.connect(self._measuring)
        self._worker.stopped.connect(self._stopped)
        self._timer = QTimer(self)
        self._drawn_until = 0.0  # the interface's processor time when it had drawn the last view
        self._timer.timeout.connect(self._fetch)

    @property
    def has_run(self) -> bool:
        """Whether a run is under way or paused."""
        return self._trainer is not None

    @property
    def settings(self) -> TrainingSettings | None:
        """What the run was begun with."""
        return self._trainer.settings if self._trainer else None

    def begin(self, network: Network, dataset: Dataset, settings: TrainingSettings) -> None:
        """A new run, not going yet. Raises SettingError, DataError or MemoryError."""
        self._trainer = Trainer(network, dataset, settings)
        self._job = self._worker.begin()

    def go(self, until: Until) -> None:
        """On from where the run stands."""
        assert self._trainer is not None
        self._timer.start(_QUICKEST)
        self._drawn_until = time.thread_time()
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
        self._trainer = None

    def set_learning_rate(self, rate: float) -> None:
        """From the next batch on."""
        if self._trainer is not None:
            self._trainer.learning_rate = rate

    def progress(self, frame: Frame) -> Progress:
        """Where in the run that frame was taken."""
        epochs = self._trainer.settings.epochs if self._trainer else 0
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
        self._timer.setInterval(self._pause())
        frame = self._worker.frames.take()
        if frame is not None and frame.job == self._job and self._trainer is not None:
            self.frame.emit(frame)

    def _pause(self) -> int:
        """Milliseconds to the next view, from what the last one cost."""
        now = time.thread_time()
        cost, self._drawn_until = now - self._drawn_until, now
        return round(min(max(1000 * cost / _SHARE_FOR_VIEWS, _QUICKEST), _SLOWEST))

    def _epoch_ended(self, job: int, result: object) -> None:
        if job == self._job and self._trainer is not None:
            self.epoch_ended.emit(result)

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
            self._trainer = None
        self.stopped.emit(stop)
