"""The requested step of the training: its input or batch, its settings, and the state of training it begins from."""

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
from nnviz.cards.step_through.manual_steps import ManualStep
from nnviz.cards.step_through.past_batch import PastBatch
from nnviz.jobs.latest import RequestKey
from nnviz.session.run import Run
from nnviz.session.selection import Example
from nnviz.session.session import Session
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Stage


@dataclass(frozen=True)
class StepKey:
    """The identity of a step: two keys are equal if the step is the same.

    Attributes:
        run, changes: the run's id, and its count of changes; 0 changes for an epoch of its past.
        experiment: the settings of the training.
        inputs: the example; a key of None for the next batch, and for one of the past a key of the replayed training.
        target: the class that a drawing is learned as; None if the data have the example's target.
        moment: the displayed snapshot of the past; None for the live network.
    """

    run: int
    changes: int
    experiment: Experiment
    inputs: RequestKey
    target: int | None
    moment: Snapshot | None


@dataclass(frozen=True)
class StepStart:
    """The start of a step.

    Attributes:
        network: a network of the same shape.
        moment: returns the state of training before the step; it must be called in another thread.
        epochs: the epochs of the network before this training.
        is_first: whether the step begins a training.
    """

    network: Network
    moment: Callable[[], TrainerSnapshot]
    epochs: float
    is_first: bool


@dataclass(frozen=True)
class RecordedStep:
    """A step with all its numbers, the key it was requested with, and what taking it needs (``manual_step``)."""

    key: StepKey
    step: StepTrace
    manual_step: ManualStep
    epoch: float  # of the network, over all its runs


class StepRequest:
    """The requested step, from the state of the session. Attributes are for reading.

    Attributes:
        of_example: whether the step is on the current example, not on the next batch.
        chosen_target: the class that the user chose for a drawing; None for the predicted class.
    """

    def __init__(self, session: Session, past_batch: PastBatch) -> None:
        self._session, self._past_batch = session, past_batch
        self.of_example = True
        self.chosen_target: int | None = None

    @property
    def target(self) -> int | None:
        """The class that the current example is learned as; None if the data have its target, or it has no class."""
        data = self.fitting_data
        if data is None or data.train.labels is None or self.inputs is None or self._known is not None:
            return None
        if self.chosen_target is not None and self.chosen_target < data.outputs:
            return self.chosen_target
        answer = self._session.question.answer
        return 0 if answer is None or len(answer) != data.outputs else int(np.argmax(answer))

    @property
    def fitting_data(self) -> Dataset | None:
        """The data set if the current network fits it; else None."""
        data = self._session.data.dataset
        return None if data is None or self._session.runs.current.misfit(data) is not None else data

    @property
    def experiment(self) -> Experiment:
        """The settings that the current run is or would be trained with; for its past those of its last training."""
        run = self._session.runs.current
        is_own = self.is_of_past or self._session.training.is_in_progress or self._session.training.starts_new_network
        return run.experiment if is_own else self._session.settings.fitting

    @property
    def is_of_past(self) -> bool:
        """Whether the step belongs to a displayed epoch of the past."""
        return not self._session.displayed.is_live

    @property
    def is_on_example(self) -> bool:
        """Whether the step is on the current example: it is requested, or the batch of the past is unknown."""
        return self.of_example or (self.is_of_past and bool(self._past_batch.reason_unavailable))

    @property
    def lacks_example(self) -> str:
        """A sentence that asks for an example; empty if there is one, or none is needed."""
        if not self.is_on_example or self.inputs is not None:
            return ""
        otherwise = ", or switch to the next batch" if self.of_example else " to see its step"
        return f"Draw something or choose an example{otherwise}."

    @property
    def is_awaited(self) -> bool:
        """Whether the step is on a batch of the past that the replay has not reached yet."""
        return self.is_of_past and not self.is_on_example and self._past_batch.found is None

    def key(self) -> StepKey:
        """Returns the key of the step that comes next, or came next at the displayed epoch of the past."""
        run, moment = self._session.runs.current, self._session.displayed.snapshot
        changes = run.changes if moment is None else 0
        if self.is_on_example:
            return StepKey(run.id, changes, self.experiment, RequestKey(self.inputs), self.target, moment)
        stands_at = None if moment is None else self._past_batch.found
        return StepKey(run.id, changes, self.experiment, RequestKey(stands_at), None, moment)

    @property
    def inputs(self) -> Array | None:
        """The current example, (width,); None if there is none, or if it has no known target in a regression."""
        inputs = self._current
        data = self.fitting_data
        is_number = data is not None and not data.is_classification
        return None if is_number and self._known is None else inputs

    @property
    def _current(self) -> Array | None:
        return self._session.question.example_of_width(self._session.runs.current.network.shape[0])

    @property
    def _known(self) -> Example | None:
        """The current example's place in the data; None for another input, such as a drawing."""
        return self._session.question.origin

    def start(self, run: Run, data: Dataset) -> StepStart:
        """Returns the start of the step."""
        if self.is_of_past:
            return self._past_start(run, data)
        network = run.displayed_network()  # shares its parameters, which are never written to
        first = self._first(data, network)
        if run.stage not in (Stage.PAUSED, Stage.TRAINING):
            return StepStart(run.network, first, run.end, True)

        def at(trainer: Trainer | None) -> TrainerSnapshot | None:
            """Returns the state of training. Runs in the worker's thread, between two steps."""
            return None if trainer is None else take_trainer_snapshot(trainer)

        found = self._session.training.runner.call(run.id, at)
        return StepStart(run.network, lambda: found.result() or first(), run.progress.before, False)

    def _past_start(self, run: Run, data: Dataset) -> StepStart:
        """Returns the start of a step of the past.

        On an example it is the first step of a new training, since only the weights of the past are known.
        """
        found = self._past_batch.found
        if self.is_on_example or found is None:
            return StepStart(
                run.network, self._first(data, self._session.displayed.as_trained), self._session.displayed.epochs, True
            )
        trainer = found.trainer
        return StepStart(run.network, lambda: take_trainer_snapshot(trainer), found.before, False)

    def _first(self, data: Dataset, network: Network) -> Callable[[], TrainerSnapshot]:
        """Returns a function for the state of a new training before its first step."""
        experiment = self.experiment
        return lambda: take_trainer_snapshot(experiment.trainer(data, network.copy()))

    def example_of(self, data: Dataset) -> tuple[Array, Array]:
        """Returns inputs and targets of the current example."""
        inputs = self.inputs
        assert inputs is not None
        target, chosen = self.target, self._known
        if target is not None:
            targets = np.zeros(data.outputs)
            targets[target] = 1
            return inputs, targets
        assert chosen is not None
        return inputs, data.splits[chosen.part].targets[chosen.number]
