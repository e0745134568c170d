"""Branches off from a moment of the past: a new run that begins there, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.training.trainer import FIXED_WHILE_TRAINING
from nnviz.jobs.stepwise import Stepwise
from nnviz.session.data import Data
from nnviz.session.exact import Exact, Wish, branched
from nnviz.session.making import Making
from nnviz.session.messages import Messages
from nnviz.session.records import Records
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.status import Progress, Stage
from nnviz.session.timeline import Timeline
from nnviz.session.training import Training

if TYPE_CHECKING:
    from nnviz.library.replay import ReplayedMoment


class Branching(QObject):
    """Trains again from a whole state before the moment, in another thread; then the new run is the current one.

    Signals:
        changed: how far it is, or whether one can branch.

    Attributes:
        work: that training; ``share`` says how far it is.
        exact: which moments can be had exactly.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        data: Data,
        settings: Settings,
        runs: Runs,
        making: Making,
        training: Training,
        timeline: Timeline,
        records: Records,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._data, self._settings, self._runs, self._making = data, settings, runs, making
        self._training, self._timeline, self._messages = training, timeline, messages
        self.exact = Exact(data, training, records)
        self.work = Stepwise()
        self.work.changed.connect(self._worked)
        self.work.failed.connect(self._failed)
        timeline.branch_asked.connect(self.branch)
        runs.replaced.connect(self._cancel_of_another)
        for signal in (timeline.changed, runs.replaced, records.changed, data.changed, training.state_changed):
            signal.connect(self.changed)
        self._is_trained = False  # whether the run was trained when that was looked at last
        timeline.extended.connect(self._look)

    def _look(self) -> None:
        """One can branch as soon as the first batch is over, in the middle of a training."""
        is_trained = self._runs.current.epochs > 0
        if is_trained != self._is_trained:
            self._is_trained = is_trained
            self.changed.emit()

    @property
    def why_not(self) -> str | None:
        """Why one cannot branch from the moment that is displayed, as a sentence; None if one can."""
        run = self._runs.current
        if not run.epochs:
            return "Train the network first: there is nothing to branch off from."
        why_not = self.exact.why_not(run)
        if why_not is None and not self._settings.experiment.same_network(run.experiment):
            return "A branch keeps the network, and the fields describe another one: undo that first."
        return why_not

    def branch(self) -> None:
        """Branches off from the moment that is displayed, with the settings of the fields; can be undone."""
        self.branch_at(self._timeline.live_epoch if self._timeline.epoch is None else self._timeline.epoch)

    def branch_at(self, epoch: float, changes: Mapping[str, Any] | None = None) -> None:
        """The same from another moment at which a batch ended, with some settings otherwise than in the fields."""
        why_not = self.why_not
        if why_not is not None:
            self._messages.tell(why_not)
            return
        wish = Wish(self._runs.current, epoch, changes or {})
        self.work.start(wish, self.exact.steps(wish))

    def cancel(self) -> None:
        """Gives up what is under way."""
        self.work.cancel()

    def _cancel_of_another(self) -> None:
        """The person went on to another run: a branch of the one before would take its place unasked."""
        if self.work.is_running and self.work.about.run is not self._runs.current:
            self.cancel()

    def _worked(self) -> None:
        wish, found = self.work.about, self.work.result
        if found is not None and isinstance(wish, Wish):
            self.work.forget()
            self._put(wish, found)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._messages.tell_error("The run could not be branched off", error)
        self.changed.emit()

    def _put(self, wish: Wish, found: ReplayedMoment) -> None:
        """Makes the new run the current one, paused where it branched off."""
        wanted, trainer = self._settings.fitting.changed(**wish.changes), found.trainer
        run = branched(wish, found)
        if all(getattr(wanted.training, name) == getattr(trainer.settings, name) for name in FIXED_WHILE_TRAINING):
            run.adopt(wanted.training, self._data.dataset)
            try:
                trainer.change(run.experiment.training)
            except EngineError as error:
                self._failed(error)
                return
        else:  # the order of the examples is another one: a new training begins
            run.rest()
            run.start_epoch = run.history.completed = wish.at
            run.experiment = wanted
            run.progress = Progress(epochs=wanted.training.epochs)
        words = f"branch at {wish.run.moment(wish.at)}"
        self._runs.add(run)
        if run.stage is not Stage.RESTING:
            self._training.begin(run, lambda: trainer)
        self._making.put(run, words)
        if found.differences:
            told = "; ".join(found.differences)
            self._messages.tell(f"This {words} is approximate, because what computed the run was other: {told}.")

    def close(self, milliseconds: int) -> bool:
        """Ends the work; returns whether that was in time."""
        return self.work.close(milliseconds)
