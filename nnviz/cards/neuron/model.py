"""Model of the neuron card: activations of the chosen neuron, the inputs that excite it, and the error without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain import neurons
from engine.explain.contribution_paths import compute_activity
from engine.network.network import Network
from engine.training.metrics import Evaluation, Evaluator
from nnviz.cards.neuron.conclusion import Response, firing_level
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.stepwise import StepwiseTask
from nnviz.jobs.timing import TimeBudget
from nnviz.session import question as asking
from nnviz.session.chosen_neuron import ChosenNeuron
from nnviz.session.example_sets import ExampleSet, evaluation_set
from nnviz.session.selection import Neuron
from nnviz.session.session import Session

# Names of the queries.
NEURON, NEURON_NOW, NEURON_ERROR = "neuron", "activation of the neuron", "error without the neuron"
STRONGEST = "strongest neuron"
MOST_EXCITING = 9
_SECONDS_BETWEEN = 1.0  # at least, between two computations during training


@dataclass(frozen=True, eq=False)
class ExcitingExample:
    """An example with a large activation of the neuron.

    Attributes:
        number: its number in its split.
        activation: activation of the neuron.
        label: its class; None for regression.
        target: its first target.
        inputs: (width,).
    """

    number: int
    activation: float
    label: int | None
    target: float
    inputs: Array


@dataclass(frozen=True, eq=False)
class NeuronReport:
    """Activations of a neuron over a part of the data, and the inputs that excite it.

    Attributes:
        neuron: the neuron.
        dataset, part: the data, and the part with the examples.
        means: (classes,) mean activation for each class; None for regression.
        fifths: for regression, the ends of each fifth of the targets and the mean activation there; else empty.
        excited_by: the examples with the largest activations.
        is_dead: whether its slope is 0 for all examples, so that it no longer learns; never so in the output layer.
        active: share of the examples with an activation above 0.
        response: what the conclusion is made of.
        carried_back: (width,) its weights carried back to the input.
        ascent: (width,) the input that excites it most, by gradient ascent; None in the first layer.
    """

    neuron: Neuron
    dataset: Dataset
    part: ExampleSet
    means: Array | None
    fifths: Sequence[tuple[float, float, float]]
    excited_by: Sequence[ExcitingExample]
    is_dead: bool
    active: float
    response: Response
    carried_back: Array
    ascent: Array | None


@dataclass(frozen=True, eq=False)
class ErrorChange:
    """Results of the network before and after a change.

    Attributes:
        before, after: results as trained, and with the what-ifs or without the neuron.
        part, count: name of the part of the data, and the number of its examples.
        neuron: the neuron that is switched off; None if there are what-ifs.
        what_if: the what-ifs, see :attr:`Displayed.what_if`.
    """

    before: Evaluation
    after: Evaluation
    part: str
    count: int
    neuron: Neuron | None
    what_if: Mapping[Neuron, float]


class NeuronModel(ChosenNeuron):
    """The chosen neuron with its report, and the ranking of its layer by ablation.

    Attributes:
        ranking: measures the network without each neuron of a layer.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._displayed, self._question, self._data = session.displayed, session.question, session.data
        self._measured: tuple[RequestKey, Evaluation] | None = None  # of the network as trained, which seldom changes
        self._report_query = Latest(self._report_request, TimeBudget(_SECONDS_BETWEEN), forget_on_new_run=True)
        size = lambda: self._displayed.network.shape  # noqa: E731
        budget = TimeBudget(_SECONDS_BETWEEN)
        self._error_query = Latest(self._error_request, budget, self._release, forget_on_new_run=True)
        queries = {
            NEURON: self._report_query,
            NEURON_NOW: Latest(self._activation_request, quick=QUICK, size=size, forget_on_new_run=True),
            NEURON_ERROR: self._error_query,
            STRONGEST: Latest(self._strongest_request, quick=QUICK, size=size, forget_on_new_run=True),
        }
        session.queries.add(queries)
        self.ranking = StepwiseTask()
        self.ranking.failed.connect(session.messages.crashed)
        session.displayed.snapshot_changed.connect(self.ranking.forget)
        for query in queries.values():
            session.selection.neuron_changed.connect(query.hurry)
            session.displayed.what_if_changed.connect(query.hurry)

    def forget(self) -> None:
        """Drops the ranking."""
        self.ranking.forget()

    def part_of(self, dataset: Dataset) -> ExampleSet:
        """Returns the part of the data with the examples."""
        return evaluation_set(dataset, self._session.runs.current.experiment.training.validation_share)

    def close(self, milliseconds: int) -> bool:
        """Stops the ranking. Returns whether its thread ended in time."""
        return self.ranking.close(milliseconds)

    # ---- the report

    @property
    def report(self) -> NeuronReport | None:
        """The report of the chosen neuron; None until it is computed."""
        report: NeuronReport | None = self._report_query.result
        is_known = report is not None and (report.neuron, report.dataset) == (self.neuron, self.data)
        return report if is_known else None

    def _report_request(self) -> Request | None:
        neuron, dataset, network = self.neuron, self.data, self._displayed.network
        if neuron is None or dataset is None:
            return None
        part = self.part_of(dataset)
        return RequestKey(neuron, dataset, network, part.share), lambda: self._report(neuron, dataset, network, part)

    def _report(self, neuron: Neuron, dataset: Dataset, network: Network, part: ExampleSet) -> NeuronReport:
        """Runs in the query's thread."""
        layer, number = neuron.layer, neuron.number
        split = part.examples
        answers = neurons.answers(network, split, layer, number)
        values, labels = np.nan_to_num(answers.values), split.labels
        means = None if labels is None else neurons.mean_by_class(values, labels, split.classes)
        fifths = neurons.mean_by_fifth(values, split.targets[:, 0]) if labels is None else []
        with np.errstate(all="ignore"):
            back = explain.carried_back(network, layer, number)
            ascent = explain.most_exciting(network, layer, number, *self._range(dataset)) if layer > 1 else None
            deviation = float(values.std(dtype=np.float64))
        best = [_example(part, int(place), float(values[place])) for place in answers.strongest[:MOST_EXCITING]]
        active = float((values > 0).mean())
        output = number if layer == len(network.weights) else None
        group_means = [mean for _, _, mean in fifths] if means is None else means.tolist()
        level = firing_level(network.activations[layer - 1], output is not None, float(np.nanmax(group_means)))
        fires = values > level
        response = Response(
            network.activations[layer - 1],
            output,
            answers.dead,
            deviation,
            len(values),
            int(fires.sum()),
            group_means,
            () if labels is None else neurons.mean_by_class(fires, labels, split.classes).tolist(),
            () if labels is None else np.bincount(labels, minlength=split.classes).tolist(),
        )
        known = means, fifths, best, answers.dead, active, response, np.nan_to_num(back), ascent
        return NeuronReport(neuron, dataset, part, *known)

    def _range(self, dataset: Dataset) -> tuple[object, object]:
        """Returns the bounds of the inputs: 0…1 for images, else those of the training set."""
        return (0.0, 1.0) if dataset.is_picture else dataset.train.bounds

    # ---- the activation for the current input

    def _activation_request(self) -> Request | None:
        neuron, network = self.neuron, self._displayed.network
        example = asking.active_input(self._question, self._displayed, self._data)
        if neuron is None or example is None or len(example) != network.shape[0]:
            return None

        def work() -> float:
            with np.errstate(all="ignore"):
                return neurons.activation(network, example, neuron.layer, neuron.number)

        return RequestKey(neuron, example, network), work

    # ---- the neuron of the first layer that contributes most

    @property
    def strongest(self) -> Neuron | None:
        """The neuron of the first layer with the largest contribution to the prediction; None while one is chosen."""
        query = self._session.queries[STRONGEST]
        return query.result if query.is_up_to_date else None

    def _strongest_request(self) -> Request | None:
        network = self._displayed.network
        example = asking.active_input(self._question, self._displayed, self._data)
        if self.neuron is not None or example is None or len(example) != network.shape[0]:
            return None

        def work() -> Neuron | None:
            activity = compute_activity(network, example)
            if activity.target is None:
                return None
            hidden = activity.shares[1:]
            return Neuron(1, int(np.abs(hidden[0]).argmax()) if hidden else activity.target)

        return RequestKey(example, network), work

    # ---- the error without the neuron

    @property
    def error_change(self) -> ErrorChange | None:
        """The change by the what-ifs, or without the chosen neuron if there are none; None until it is computed."""
        change: ErrorChange | None = self._error_query.result
        neuron = None if self._displayed.what_if else self.neuron
        return change if change is not None and change.neuron == neuron else None

    @property
    def is_error_current(self) -> bool:
        """Whether ``error_change`` is that of the present what-ifs, and of the displayed snapshot if there is one."""
        change = self.error_change
        is_of_snapshot = self._displayed.is_live or self._error_query.is_up_to_date
        return change is not None and change.what_if == self._displayed.what_if and is_of_snapshot

    def _error_request(self) -> Request | None:
        """Results with the current what-ifs, or without the chosen neuron if there are none."""
        neuron, dataset, trained, now = self.neuron, self.data, self._displayed.as_trained, self._displayed.network
        if dataset is None or (now is trained and (neuron is None or neuron.layer >= len(trained.weights))):
            return None
        part = self.part_of(dataset)
        if now is not trained:
            key, what_if = RequestKey(dataset, now, part.share), dict(self._displayed.what_if)
            return key, lambda: self._error_change(dataset, trained, lambda: now, None, part, what_if)
        assert neuron is not None
        factors = {(neuron.layer, neuron.number): 0.0}
        make: Callable[[], Network] = lambda: neurons.scaled(trained, factors)  # noqa: E731
        key = RequestKey(neuron, dataset, trained, part.share)
        return key, lambda: self._error_change(dataset, trained, make, neuron, part, {})

    def _error_change(
        self,
        dataset: Dataset,
        trained: Network,
        make: Callable[[], Network],
        neuron: Neuron | None,
        part: ExampleSet,
        what_if: Mapping[Neuron, float],
    ) -> ErrorChange:
        """Runs in the query's thread, the only one that uses ``_measured``."""
        split = part.examples
        key = RequestKey(trained, dataset, part.share)
        with np.errstate(all="ignore"):
            if self._measured is None or self._measured[0] != key:
                self._measured = key, Evaluator(trained, split, dataset.target_scaling).evaluate()
            after = Evaluator(make(), split, dataset.target_scaling).evaluate()
        return ErrorChange(self._measured[1], after, part.name, len(split), neuron, what_if)

    def _release(self) -> None:
        """Drops the network that is kept. Runs in the query's thread."""
        self._measured = None


def _example(part: ExampleSet, index: int, activation: float) -> ExcitingExample:
    """Returns the example with an index in the part."""
    split, number = part.split, part.number(index)
    label = None if split.labels is None else int(split.labels[number])
    return ExcitingExample(number, activation, label, float(split.targets[number, 0]), split.example(number))
