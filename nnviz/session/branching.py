"""Branches: new runs that begin exactly at an epoch of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.training.trainer import FIXED_WHILE_TRAINING
from nnviz.jobs.stepwise import StepwiseTask
from nnviz.session.exact_replay import ReplayRequest, branched
from nnviz.session.status import Progress, Stage

if TYPE_CHECKING:
    from nnviz.library.replay import ReplayResult
    from nnviz.session.session import Session


class Branching(QObject):
    """Replays the training up to an epoch in the background, and makes a run that continues there the current one.

    Signals:
        changed: the progress has changed, or whether a branch can be made.

    Attributes:
        work: the replay; ``share`` is its progress.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._data, self._settings, self._runs = session.data, session.settings, session.runs
        self._replacement, self._training, self._replay = session.replacement, session.training, session.replay
        self._timeline, self._messages = session.timeline, session.messages
        self.work = StepwiseTask()
        self.work.changed.connect(self._worked)
        self.work.failed.connect(self._failed)
        self._timeline.branch_asked.connect(self.branch)
        self._runs.replaced.connect(self._cancel_of_another)
        for signal in (
            self._timeline.changed,
            self._runs.replaced,
            session.records.changed,
            self._data.changed,
            self._training.state_changed,
        ):
            signal.connect(self.changed)
        self._is_trained = False  # whether the run was trained when that was looked at last
        self._timeline.extended.connect(self._look)

    def _look(self) -> None:
        """Emits ``changed`` when the first batch is done, because branching is possible from then on."""
        is_trained = self._runs.current.epochs > 0
        if is_trained != self._is_trained:
            self._is_trained = is_trained
            self.changed.emit()

    @property
    def reason_unavailable(self) -> str | None:
        """The reason why branching from the displayed epoch is impossible, as a sentence; None if it is possible."""
        run = self._runs.current
        if not run.epochs:
            return "There is nothing to branch from yet. Train the network first."
        reason_unavailable = self._replay.reason_unavailable(run)
        if reason_unavailable is None and not self._settings.experiment.same_network(run.experiment):
            return "A branch keeps the network, but the settings describe another one. Undo these changes first."
        return reason_unavailable

    def branch(self) -> None:
        """Branches off from the displayed epoch with the settings of the fields; can be undone."""
        self.branch_at(self._timeline.live_epoch if self._timeline.epoch is None else self._timeline.epoch)

    def branch_at(self, epoch: float, changes: Mapping[str, Any] | None = None) -> None:
        """Branches off from an epoch at which a batch ended; ``changes`` override settings of the fields."""
        reason_unavailable = self.reason_unavailable
        if reason_unavailable is not None:
            self._messages.show(reason_unavailable)
            return
        request = ReplayRequest(self._runs.current, epoch, changes or {})
        self.work.start(request, self._replay.steps(request))

    def cancel(self) -> None:
        """Cancels the replay in progress."""
        self.work.cancel()

    def _cancel_of_another(self) -> None:
        """Cancels a branch of another run than the current one, which would replace that unasked."""
        if self.work.is_running and self.work.about.run is not self._runs.current:
            self.cancel()

    def _worked(self) -> None:
        request, found = self.work.about, self.work.result
        if found is not None and isinstance(request, ReplayRequest):
            self.work.forget()
            self._put(request, found)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._messages.show_error("The run could not be branched off", error)
        self.changed.emit()

    def _put(self, request: ReplayRequest, found: ReplayResult) -> None:
        """Makes the new run the current one, paused where it branched off."""
        wanted, trainer = self._settings.fitting.changed(**request.changes), found.trainer
        run = branched(request, found)
        if all(getattr(wanted.training, name) == getattr(trainer.settings, name) for name in FIXED_WHILE_TRAINING):
            run.adopt(wanted.training, self._data.dataset)
            trainer.change(run.experiment.training)
        else:  # the order of the examples is another one: a new training begins
            run.rest()
            run.history.completed = request.at
            run.experiment = wanted
            run.progress = Progress(epochs=wanted.training.epochs, before=request.at)
        words = f"branch at {request.run.epoch_text(request.at)}"
        self._runs.add(run)
        if run.stage is not Stage.RESTING:
            self._training.begin(run, lambda: trainer)
        self._replacement.put(run, words)
        if found.differences:
            differences = "; ".join(found.differences)
            self._messages.show(
                f"This {words} is approximate, because the run was computed with other software or hardware: "
                f"{differences}."
            )

    def close(self, milliseconds: int) -> bool:
        """Cancels the replay. Returns whether its thread ended in time."""
        return self.work.close(milliseconds)
