"""A training that was saved in a file goes on when the data that it was begun with are there."""

from __future__ import annotations

from PyQt5.QtCore import QObject

from engine.datasets import Dataset
from engine.training.events import TrainingState
from nnviz.jobs.lane import Lane
from nnviz.jobs.reading import Opened, resumed
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.opening import stand_at
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.status import Stage
from nnviz.session.training import Training


class Resuming(QObject):
    """Gives the worker the trainings of opened runs: at once, or later where their data are still loading."""

    def __init__(self, data: Data, runs: Runs, training: Training, messages: Messages) -> None:
        super().__init__()
        self._data, self._runs, self._training, self._messages = data, runs, training, messages
        self._waiting: dict[int, Opened] = {}  # by run, what is to go on with other data, or to be checked against them
        self._made: set[int] = set()  # the runs whose trainers are being made
        self._lane = Lane()
        data.changed.connect(self._resume)
        runs.replaced.connect(self._resume)
        runs.let_go.connect(lambda run: self._waiting.pop(run.id, None))

    def begin(self, run: Run, found: Opened) -> None:
        """The worker gets the trainer of a run, if its file had one for the data that are there."""
        trainer = found.trainer
        if trainer is not None:
            self._training.begin(run, lambda: trainer, waits=True)

    def settle(self, run: Run, found: Opened) -> None:
        """Waits for the data of a run that was opened, if they are loading; else tells what does not fit."""
        if self._data.loading:
            self._waiting[run.id] = found
        else:
            self._tell_problem(run, found)

    def state_of(self, run: Run) -> TrainingState | None:
        """The training of a run that is to go on when its data are there; None if there is none, or it was changed."""
        found = self._waiting.get(run.id)
        return None if found is None or run.changes else found.state

    def _tell_problem(self, run: Run, found: Opened) -> None:
        misfit = run.misfit(self._data.dataset)
        if misfit:
            self._messages.warn(misfit)
        elif found.why_not:
            self._messages.tell(f"{run.title} opened. A new training will start from its weights: {found.why_not}")

    def _resume(self) -> None:
        """The current run goes on with the data that have come, or it is told what does not fit."""
        run, dataset = self._runs.current, self._data.dataset
        if self._data.loading or dataset is None or run.id not in self._waiting or run.id in self._made:
            return
        found = self._waiting[run.id]
        if not self._data.has(run.experiment):
            self._tell_problem(run, found)
        elif found.state is None:
            del self._waiting[run.id]
            self._tell_problem(run, found)
        else:
            self._make_trainer(run, found, dataset)

    def _make_trainer(self, run: Run, found: Opened, dataset: Dataset) -> None:
        go_on = self._training.hold(waits=True)  # what is started meanwhile begins no other training
        self._made.add(run.id)
        self._training.state_changed.emit()

        def done(now: Opened) -> None:
            if run is self._runs.current and self._data.dataset is dataset:
                self._waiting.pop(run.id, None)
                if run.stage is Stage.RESTING and not run.changes:
                    stand_at(run, now, dataset)  # first, since what is recorded begins there
                    self.begin(run, now)
                    self._runs.show(run)
                    self._tell_problem(run, now)
            over()

        def failed(error: Exception) -> None:
            self._waiting.pop(run.id, None)
            self._messages.tell_error(f"The training of {run.title} cannot go on", error)
            over()

        def over() -> None:
            self._made.discard(run.id)
            go_on()
            self._training.state_changed.emit()
            self._resume()  # other data may have come meanwhile

        self._lane.run(lambda: resumed(found, dataset), done, failed)

    def close(self, milliseconds: int) -> bool:
        """Waits at most so long for a training that is being made; returns whether that has ended."""
        return self._lane.close(milliseconds)
