"""Backfill of missing snapshots: short runs end before more than a few snapshots are kept."""

from __future__ import annotations

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.basics.errors import EngineError
from engine.network.half_precision import packed_size
from nnviz.jobs.stepwise import StepwiseTask, yield_to_training
from nnviz.session.data import Data
from nnviz.session.exact_replay import ExactReplay
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.training import Training

_MOST_SECONDS = 2.0  # of learning, in all: of longer trainings enough is kept
_SOON = 50  # milliseconds at rest until it begins


class SnapshotBackfill(QObject):
    """Replays the training of a short run while the window is idle, to fill in missing snapshots.

    Signals:
        changed: ``work`` has ended.

    Attributes:
        work: the replay; it is cancelled when the run is trained further, or another one becomes the current run.
    """

    changed = pyqtSignal()

    def __init__(self, runs: Runs, data: Data, training: Training, replay: ExactReplay, messages: Messages) -> None:
        super().__init__()
        self._runs, self._replay, self._messages = runs, replay, messages
        self._tried: tuple[object, ...] | None = None  # what it was begun for last, unless that was given up
        self._is_closed = False
        self.work = StepwiseTask()
        self.work.changed.connect(self._worked)
        self.work.failed.connect(self._failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self._begin)
        for signal in (training.state_changed, runs.replaced, runs.file_changed, data.changed):
            signal.connect(self._look)

    @property
    def _place(self) -> tuple[object, ...]:
        """Identifies the run and its state; a change cancels the replay."""
        run = self._runs.current
        return run.id, run.epochs, run.stage, run.storage.record

    def _look(self) -> None:
        """Starts or cancels the replay after something may have changed."""
        if self.work.is_running and self.work.about != self._place:
            self._tried = None
            self.work.forget()
        if self._may_begin():
            self._soon.start()
        else:
            self._soon.stop()

    def _may_begin(self) -> bool:
        run = self._runs.current
        is_at_rest = not (self._is_closed or self._runs.is_training())
        return is_at_rest and self._place != self._tried and self._replay.reason_unavailable(run) is None

    def _begin(self) -> None:
        if not self._may_begin():
            return
        run, place = self._runs.current, self._place
        ends = [epoch for epoch in run.history.measured if 0 < epoch <= run.epochs]
        missing = run.snapshots.missing(ends, packed_size(run.parameters.size))
        self._tried = place
        if missing:
            steps = self._replay.past(run, missing, _MOST_SECONDS)
            self.work.start(place, lambda: yield_to_training(steps(), lambda: True))

    def _worked(self) -> None:
        found = self.work.result
        if found and self.work.about == self._place:
            self._fill(self._runs.current)
        if not self.work.is_running:
            self.changed.emit()

    def _fill(self, run: Run) -> None:
        found = self.work.result
        self.work.forget()
        places = {snapshot.epochs for snapshot in found}
        kept = [snapshot for snapshot in run.snapshots if snapshot.epochs not in places]
        run.snapshots.fill(sorted((*kept, *found), key=lambda snapshot: snapshot.epochs))
        self._runs.emit_history(run)

    def _failed(self, error: Exception) -> None:
        """Ignores errors of the library, which reports damaged records itself; passes other errors on."""
        if not isinstance(error, EngineError):
            self._messages.crashed.emit(error)

    def close(self, milliseconds: int) -> bool:
        """Cancels the replay. Returns whether its thread ended in time."""
        self._is_closed = True
        self._soon.stop()
        return self.work.close(milliseconds)
