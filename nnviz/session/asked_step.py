"""Which step of the training is asked for: what it is of, with what it is trained, and from which moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.explain.step_trace import StepTrace, TrainerSnapshot, take_trainer_snapshot
from engine.network.network import Network
from engine.training.trainer import Trainer
from nnviz.jobs.latest import RequestKey
from nnviz.session.current_example import CurrentExample
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.past_batch import PastBatch
from nnviz.session.question import Question
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.selection import Example, Selection
from nnviz.session.settings import Settings
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Stage
from nnviz.session.taken_steps import Taken
from nnviz.session.training import Training


@dataclass(frozen=True)
class About:
    """What a step is of. Two are equal if the step is the same.

    Attributes:
        run, changes: the run's id, and its count of changes; 0 for a moment of its past.
        experiment: what it is trained with.
        inputs: the example; of None for the next batch, and in the past of the training that stands there.
        target: the class that a drawing is to be learned as; None if the data tell the example's targets.
        moment: the one of the past that is looked back at; None for now.
    """

    run: int
    changes: int
    experiment: Experiment
    inputs: RequestKey
    target: int | None
    moment: Snapshot | None


@dataclass(frozen=True)
class Start:
    """Where a step begins.

    Attributes:
        network: one of its shape.
        moment: returns the moment before it; to be called in another thread.
        epochs: that the network had before this training.
        is_first: whether a training begins with the step.
    """

    network: Network
    moment: Callable[[], TrainerSnapshot]
    epochs: float
    is_first: bool


@dataclass(frozen=True)
class Written:
    """A step that is written down, of the moment at which it was asked for; ``taken`` is what taking it takes."""

    about: About
    step: StepTrace
    taken: Taken
    epoch: float  # counted over all trainings of the network


class AskedStep:
    """What is asked for. Attributes are for reading.

    Attributes:
        runs, training: of the session.
        question, selection, data, settings, displayed, past_batch: of the session; their changes may change what is
            asked for.
        of_example: whether the step is to be of the current example, not of the next batch.
        chosen_target: the class that the person chose for a drawing; None for its answer.
    """

    def __init__(
        self,
        data: Data,
        settings: Settings,
        runs: Runs,
        training: Training,
        displayed: Displayed,
        past_batch: PastBatch,
        question: Question,
        selection: Selection,
    ) -> None:
        self.data, self.settings, self.runs, self.training = data, settings, runs, training
        self.displayed, self.past_batch = displayed, past_batch
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
        """What the current run is, or would be, trained with; of its past what it was trained with last."""
        run = self.runs.current
        is_own = self.is_of_past or self.training.is_under_way or self.training.is_another_network
        return run.experiment if is_own else self.settings.fitting

    @property
    def is_of_past(self) -> bool:
        """Whether it is to be of a moment that is looked back at."""
        return not self.displayed.is_live

    @property
    def is_on_example(self) -> bool:
        """Whether it is of the current example: that is asked for, or the batch of then is not known."""
        return self.of_example or (self.is_of_past and bool(self.past_batch.why_not))

    @property
    def lacks_example(self) -> str:
        """That there is no example, as a sentence; empty if there is one, or none is asked for."""
        if not self.is_on_example or self.inputs is not None:
            return ""
        otherwise = ", or look at the next batch" if self.of_example else " to see the step on it"
        return f"Draw something or choose an example{otherwise}."

    @property
    def is_awaited(self) -> bool:
        """Whether it is of a batch of the past, to which it is still being trained again."""
        return self.is_of_past and not self.is_on_example and self.past_batch.found is None

    def about(self) -> About:
        """What the step is of that comes next, or came next at the moment that is looked back at."""
        run, moment = self.runs.current, self.displayed.moment
        changes = run.changes if moment is None else 0
        if self.is_on_example:
            return About(run.id, changes, self.experiment, RequestKey(self.inputs), self.target, moment)
        stands_at = None if moment is None else self.past_batch.found
        return About(run.id, changes, self.experiment, RequestKey(stands_at), None, moment)

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

    def start(self, run: Run, data: Dataset) -> Start:
        """Where it begins."""
        if self.is_of_past:
            return self._past_start(run, data)
        network = run.displayed_network()  # shares its parameters, which nobody writes to
        first = self._first(data, network)
        if run.stage not in (Stage.PAUSED, Stage.TRAINING):
            return Start(run.network, first, run.end, True)

        def at(trainer: Trainer | None) -> TrainerSnapshot | None:
            """Runs in the worker's thread, between two steps."""
            return None if trainer is None else take_trainer_snapshot(trainer)

        found = self.training.runner.look(run.id, at)
        return Start(run.network, lambda: found.result() or first(), run.start_epoch, False)

    def _past_start(self, run: Run, data: Dataset) -> Start:
        """On an example, with the first step of a training that begins there: of then only the weights are known."""
        found = self.past_batch.found
        if self.is_on_example or found is None:
            return Start(run.network, self._first(data, self.displayed.as_trained), self.displayed.epochs, True)
        trainer = found.trainer
        return Start(run.network, lambda: take_trainer_snapshot(trainer), found.before, False)

    def _first(self, data: Dataset, network: Network) -> Callable[[], TrainerSnapshot]:
        """What gives the moment before a new training's first step."""
        experiment = self.experiment
        return lambda: take_trainer_snapshot(experiment.trainer(data, network.copy()))

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
