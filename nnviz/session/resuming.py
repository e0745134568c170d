"""A training that was saved in a file goes on when the data that it was begun with are there."""

from __future__ import annotations

from PyQt5.QtCore import QObject

from engine.datasets import Dataset
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
        self._lane = Lane()
        data.changed.connect(self._resume)
        runs.replaced.connect(self._resume)
        runs.let_go.connect(lambda run: self._waiting.pop(run.id, None))

    def begin(self, run: Run, found: Opened) -> None:
        """The worker gets the trainer of a run, if its file had one for the data that are there."""
        trainer = found.trainer
        if trainer is not None:
            self._training.begin(run, lambda: trainer)

    def settle(self, run: Run, found: Opened) -> None:
        """Waits for the data of a run that was opened, if they are loading; else tells what does not fit."""
        if self._data.loading:
            self._waiting[run.id] = found
        else:
            self._tell_problem(run, found)

    def _tell_problem(self, run: Run, found: Opened) -> None:
        misfit = run.misfit(self._data.dataset)
        if misfit:
            self._messages.warn(misfit)
        elif found.why_not:
            self._messages.tell(f"{run.title} opened. A new training will start from its weights: {found.why_not}")

    def _resume(self) -> None:
        """The current run goes on with the data that have come, or it is told what does not fit."""
        run, dataset = self._runs.current, self._data.dataset
        if self._data.loading or dataset is None or run.id not in self._waiting:
            return
        if not self._data.has(run.experiment):
            self._tell_problem(run, self._waiting[run.id])
            return
        found = self._waiting.pop(run.id)
        if found.state is None:
            self._tell_problem(run, found)
        else:
            self._make_trainer(run, found, dataset)

    def _make_trainer(self, run: Run, found: Opened, dataset: Dataset) -> None:
        go_on = self._training.hold(waits=True)  # what is started meanwhile begins no other training

        def done(now: Opened) -> None:
            if run is not self._runs.current or self._data.dataset is not dataset:
                self._waiting[run.id] = found
            elif run.stage is Stage.RESTING and not run.changes:
                stand_at(run, now, dataset)  # first, since what is recorded begins there
                self.begin(run, now)
                self._runs.show(run)
                self._tell_problem(run, now)
            go_on()

        def failed(error: Exception) -> None:
            self._messages.tell_error(f"The training of {run.title} cannot go on", error)
            go_on()

        self._lane.run(lambda: resumed(found, dataset), done, failed)

    def close(self, milliseconds: int) -> bool:
        """Waits at most so long for a training that is being made; returns whether that has ended."""
        return self._lane.close(milliseconds)
