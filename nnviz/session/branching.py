"""Branches off from a moment of the past: a new run that begins there, exactly."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.training import FIXED_WHILE_TRAINING
from nnviz.jobs.stepwise import Stepwise, only_shares
from nnviz.look import text
from nnviz.session.data import Data
from nnviz.session.making import Making
from nnviz.session.messages import Messages
from nnviz.session.records import Records
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.status import Progress, Stage
from nnviz.session.timeline import Timeline
from nnviz.session.training import Training

if TYPE_CHECKING:
    from nnviz.library.replay import Replayed


@dataclass(frozen=True, eq=False)
class _Wish:
    """The moment to go to."""

    run: Run
    at: float
    dataset: Dataset
    path: Path
    is_written: Future[None]  # when the record is complete up to now


class Branching(QObject):
    """Trains again from a whole state before the moment, in another thread; then the new run is the current one.

    Signals:
        changed: how far it is, or whether one can branch.

    Attributes:
        work: that training; ``share`` says how far it is.
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
        self._training, self._timeline, self._records, self._messages = training, timeline, records, messages
        self.work = Stepwise()
        self.work.changed.connect(self._worked)
        self.work.failed.connect(self._failed)
        timeline.branch_asked.connect(self.branch)
        for signal in (timeline.changed, runs.replaced, records.changed, data.changed, training.state_changed):
            signal.connect(self.changed)

    @property
    def why_not(self) -> str | None:
        """Why one cannot branch from the moment that is displayed, as a sentence; None if one can."""
        run, dataset = self._runs.current, self._data.dataset
        if not run.epochs:
            return "Train the network first: there is nothing to branch off from."
        if run.record is None:
            return "This run is not recorded, so no moment of it is known exactly. Record runs, and train it."
        if dataset is None or dataset.fingerprint != run.experiment.fingerprint:
            return "A branch needs the data that the run was trained on: open them first."
        if not self._settings.experiment.same_network(run.experiment):
            return "A branch keeps the network, and the fields describe another one: undo that first."
        return None

    def branch(self) -> None:
        """Branches off from the moment that is displayed, with the settings of the fields; can be undone."""
        why_not, run, dataset = self.why_not, self._runs.current, self._data.dataset
        if why_not is not None or dataset is None:
            self._messages.tell(why_not or "")
            return
        at = self._timeline.live_epoch if self._timeline.epoch is None else self._timeline.epoch
        is_written = self._training.runner.look(run.id, lambda _: None)
        wish = _Wish(run, at, dataset, self._records.path, is_written)
        self.work.start(wish, lambda: only_shares(_gone_to(wish)))

    def cancel(self) -> None:
        """Gives up what is under way."""
        self.work.cancel()

    def _worked(self) -> None:
        wish, found = self.work.about, self.work.result
        if found is not None and isinstance(wish, _Wish):
            self.work.forget()
            self._put(wish, found)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._messages.tell_error("The run could not be branched off", error)
        self.changed.emit()

    def _put(self, wish: _Wish, found: Replayed) -> None:
        """Makes the new run the current one, paused where it branched off."""
        wanted, trainer = self._settings.fitting, found.trainer
        run = branched(wish.run, wish.at, found)
        if all(getattr(wanted.training, name) == getattr(trainer.settings, name) for name in FIXED_WHILE_TRAINING):
            run.adopt(wanted.training, wish.dataset)
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
        words = f"branch at epoch {text.epochs(wish.at)}"
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


def _gone_to(wish: _Wish) -> Any:
    """In the work's thread."""
    from nnviz.library import Library
    from nnviz.library.replay import replay

    wish.is_written.result()
    assert wish.run.record is not None
    with Library(wish.path) as library:
        return (yield from replay(library, wish.run.record, wish.at, wish.dataset))


def branched(run: Run, at: float, found: Replayed) -> Run:
    """A run that begins at that moment of another one's past, with all that lies before it."""
    trainer = found.trainer
    made = Run(
        run.experiment.changed(training=trainer.settings),
        trainer.network,
        parent=run.id,
        left_at=at,
        parent_record=run.record,
        history=run.history.until(at),
        name=run.name,
        changes=1,
    )
    made.start_epoch = found.before
    made.progress = Progress(trainer.epoch, trainer.settings.epochs, trainer.batch, trainer.batches_per_epoch)
    is_over = trainer.epoch >= trainer.settings.epochs and trainer.batch == trainer.batches_per_epoch
    made.stage = Stage.ENDED if is_over else Stage.PAUSED
    made.snapshots.clear()
    made.snapshots.fill([snapshot for snapshot in run.snapshots if snapshot.epochs < at])
    made.keep_snapshot()
    return made
