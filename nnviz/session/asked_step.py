"""Which step of the training is asked for: what it is of, with what it is trained, and from which moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.one_step import Moment, OneStep, moment_of
from engine.training import Trainer
from engine.validation import Array
from nnviz.jobs.probes import Same
from nnviz.session.current_example import CurrentExample
from nnviz.session.data import Data
from nnviz.session.question import Question
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.selection import Example, Selection
from nnviz.session.settings import Settings
from nnviz.session.status import Stage
from nnviz.session.taken_steps import Taken
from nnviz.session.training import Training


@dataclass(frozen=True)
class About:
    """What a step is of. Two are equal if the step is the same.

    Attributes:
        run, changes: the run's id, and its count of changes.
        experiment: what it is trained with.
        inputs: the example; of None for the next batch.
        target: the class that a drawing is to be learned as; None if the data tell the example's targets.
    """

    run: int
    changes: int
    experiment: Experiment
    inputs: Same
    target: int | None


@dataclass(frozen=True)
class Written:
    """A step that is written down, of the moment at which it was asked for; ``taken`` is what taking it takes."""

    about: About
    step: OneStep
    taken: Taken
    epoch: float  # counted over all trainings of the network


class AskedStep:
    """What is asked for. Attributes are for reading.

    Attributes:
        runs, training: of the session.
        question, selection, data, settings: of the session; their changes may change what is asked for.
        of_example: whether the step is to be of the current example, not of the next batch.
        chosen_target: the class that the person chose for a drawing; None for its answer.
    """

    def __init__(
        self,
        data: Data,
        settings: Settings,
        runs: Runs,
        training: Training,
        question: Question,
        selection: Selection,
    ) -> None:
        self.data, self.settings, self.runs, self.training = data, settings, runs, training
        self.question, self.selection = question, selection
        self.of_example = False
        self.chosen_target: int | None = None
        self._example = CurrentExample(question, selection, data)

    @property
    def target(self) -> int | None:
        """The class that the current example is learned as; None where the data tell it, or it has no class."""
        data = self.fitting_data
        if data is None or data.train.labels is None or self.inputs is None or self._known is not None:
            return None
        if self.chosen_target is not None and self.chosen_target < data.outputs:
            return self.chosen_target
        answer = self.question.answer
        return 0 if answer is None or len(answer) != data.outputs else int(np.argmax(answer))

    @property
    def fitting_data(self) -> Dataset | None:
        """The data set, if the current network fits it."""
        data = self.data.dataset
        return None if data is None or self.runs.current.misfit(data) is not None else data

    @property
    def experiment(self) -> Experiment:
        """What the current run is, or would be, trained with."""
        run = self.runs.current
        is_other = self.training.is_under_way or self.training.is_another_network
        return run.experiment if is_other else self.settings.fitting

    def about(self) -> About:
        """What the step that comes next is of."""
        run = self.runs.current
        if not self.of_example:
            return About(run.id, run.changes, self.experiment, Same(None), None)
        return About(run.id, run.changes, self.experiment, Same(self.inputs), self.target)

    @property
    def inputs(self) -> Array | None:
        """(width,) of the current example; None for none, or if nobody knows what number it is to be learned as."""
        inputs = self._current
        data = self.fitting_data
        is_number = data is not None and not data.is_classification
        return None if is_number and self._known is None else inputs

    @property
    def _current(self) -> Array | None:
        return self._example.inputs(self.runs.current.network.shape[0])

    @property
    def _known(self) -> Example | None:
        """Which example of the data the current one is; None for another, such as a drawing."""
        return self.question.origin if self._current is self.question.example else self.selection.example

    def moment(self, run: Run, data: Dataset, experiment: Experiment) -> tuple[Callable[[], Moment], bool]:
        """What gives the moment before the step, in the lane's thread, and whether a training begins with it."""
        network = run.displayed_network()  # shares its parameters, which nobody writes to
        if run.stage not in (Stage.PAUSED, Stage.TRAINING):
            return lambda: moment_of(experiment.trainer(data, network.copy())), True

        def at(trainer: Trainer | None) -> Moment | None:
            """Runs in the worker's thread, between two steps."""
            return None if trainer is None else moment_of(trainer)

        found = self.training.runner.look(run.id, at)
        return lambda: found.result() or moment_of(experiment.trainer(data, network.copy())), False

    def example_of(self, data: Dataset) -> tuple[Array, Array]:
        """Inputs and targets of the current example."""
        inputs = self.inputs
        assert inputs is not None
        target, chosen = self.target, self._known
        if target is not None:
            targets = np.zeros(data.outputs)
            targets[target] = 1
            return inputs, targets
        assert chosen is not None
        return inputs, data.splits[chosen.part].targets[chosen.number]
