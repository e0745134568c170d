"""The batch that came next at an epoch of the past, found by an exact replay of the training up to there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.basics.errors import EngineError
from nnviz.jobs.stepwise import StepwiseTask, yield_to_training
from nnviz.session.exact_replay import ReplayRequest
from nnviz.session.session import Session

if TYPE_CHECKING:
    from nnviz.library.replay import ReplayResult

_PATIENCE = 1000  # milliseconds after which the progress is displayed


class PastBatch(QObject):
    """Replays the training to the displayed epoch of the past in the background, while a view wants it.

    Signals:
        changed: an attribute has changed, or the progress.

    Attributes:
        work: the replay; ``share`` is its progress.
        is_long: whether the replay takes so long that its progress should be displayed.
        reason_unavailable: why the batch is unknown, as a sentence; empty if it is known, or will be.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._runs, self._displayed, self._messages = session.runs, session.displayed, session.messages
        self._replay = session.replay
        self.work = StepwiseTask()
        self.is_long, self.reason_unavailable = False, ""
        self._is_wanted = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._take_long)
        self.work.changed.connect(self._went_on)
        self.work.failed.connect(self._failed)
        session.displayed.snapshot_changed.connect(self._drop)
        session.timeline.rested.connect(self.begin)

    def want(self, wanted: bool) -> None:
        """Notes whether a view of the batch is visible."""
        if wanted != self._is_wanted:
            self._is_wanted = wanted
            self.forget()

    @property
    def found(self) -> ReplayResult | None:
        """The replayed training at the displayed epoch; None while there is none."""
        found: ReplayResult | None = self.work.result
        return found

    @property
    def can_begin_again(self) -> bool:
        """Whether the batch is unknown, and another replay might find it."""
        return bool(self.reason_unavailable) and self._replay.reason_unavailable(self._runs.current) is None

    def begin(self) -> None:
        """Replays the training to the displayed epoch, if that is one of the past and a view is visible."""
        run, moment = self._runs.current, self._displayed.snapshot
        if not self._is_wanted or moment is None:
            return
        self.reason_unavailable = self._replay.reason_unavailable(run) or ""
        if not self.reason_unavailable:
            request = ReplayRequest(run, moment.epochs)
            steps = self._replay.steps(request)
            self._patience.start()
            self.work.start(request, lambda: yield_to_training(steps(), self._runs.is_training))
        self.changed.emit()

    def cancel(self) -> None:
        """Cancels the replay, until ``begin`` is called again."""
        if self.work.is_running:
            self.work.forget()
            self._end("Replay cancelled.")

    def _drop(self) -> None:
        """Drops the result, which belongs to another epoch than the displayed one."""
        self.work.forget()
        is_wanted = self._is_wanted and not self._displayed.is_live
        self._end((self._replay.reason_unavailable(self._runs.current) or "") if is_wanted else "")

    def forget(self) -> None:
        """Drops the result, and begins again if that is possible."""
        self._drop()
        self.begin()

    def _take_long(self) -> None:
        self.is_long = True
        self.changed.emit()

    def _went_on(self) -> None:
        if not self.work.is_running:
            self._patience.stop()
            self.is_long = False
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        from nnviz.library import UnknownRunError  # imported late to keep the start of the window fast

        if isinstance(error, UnknownRunError):
            self._end("Replay not possible: no snapshot of this run to start from.")
        elif isinstance(error, EngineError):
            self._end(f"Replay failed: {error}")
        else:
            self._end("Replay failed.")
            self._messages.crashed.emit(error)

    def _end(self, reason_unavailable: str) -> None:
        self._patience.stop()
        self.is_long, self.reason_unavailable = False, reason_unavailable
        self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the replay. Returns whether it ended in time."""
        self._patience.stop()
        return self.work.close(milliseconds)
