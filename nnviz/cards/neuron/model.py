"""What the view of the chosen neuron needs computed: its answers, what excites it, and the error without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain import neurons
from engine.network.network import Network
from engine.training.metrics import Evaluation, Evaluator
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session import question as asking
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.part import Part, measured_part
from nnviz.session.runs import Runs
from nnviz.session.selection import Neuron, Selection

NEURON, NEURON_NOW, NEURON_ERROR = "neuron", "neuron now", "error without the neuron"
MOST_EXCITING = 9
_SECONDS_BETWEEN = 1.0  # at least, between two computations while a network learns


@dataclass(frozen=True, eq=False)
class Example:
    """An example that excites the neuron: its number in its split, what the neuron answers, its inputs.

    ``label`` is its class, None for regression; ``target`` its first target.
    """

    number: int
    answer: float
    label: int | None
    target: float
    inputs: Array


@dataclass(frozen=True, eq=False)
class NeuronReport:
    """What is known of a neuron.

    Attributes:
        neuron: which.
        dataset: the data by whose examples it is known.
        part: the part of the data whose examples were asked.
        means: its mean answer to each class, (classes,); for regression None.
        fifths: for regression, the ends of each fifth of the targets and the mean answer to it; else empty.
        excited_by: the examples that excite it most.
        is_dead: whether it answers the same to all examples.
        active: the share of examples for which it is above 0.
        carried_back: its weights carried back to the input, (width,).
        ascent: (width,) the inputs that excite it most, by gradient ascent; None in the first layer.
    """

    neuron: Neuron
    dataset: Dataset
    part: Part
    means: Array | None
    fifths: Sequence[tuple[float, float, float]]
    excited_by: Sequence[Example]
    is_dead: bool
    active: float
    carried_back: Array
    ascent: Array | None


@dataclass(frozen=True, eq=False)
class Effect:
    """How well the network does with and without a change.

    Attributes:
        before, after: its results as it is trained, and with the what-if, or without the neuron.
        part, count: the part of the data and the number of its examples.
        neuron: the neuron that is left out; None if what-ifs are in force.
    """

    before: Evaluation
    after: Evaluation
    part: str
    count: int
    neuron: Neuron | None


def neuron_probes(
    displayed: Displayed, question: asking.Question, runs: Runs, data: Data, selection: Selection
) -> dict[str, Latest]:
    """The probes for the chosen neuron. They look again when another one is chosen."""
    asker = _Asker(displayed, question, runs, data, selection)
    probes = {
        NEURON: Latest(asker.report, Budget(_SECONDS_BETWEEN)),
        NEURON_NOW: Latest(asker.now, quick=QUICK, size=lambda: displayed.network.shape),
        NEURON_ERROR: Latest(asker.effect, Budget(_SECONDS_BETWEEN), asker.release),
    }
    for probe in probes.values():
        selection.neuron_changed.connect(probe.hurry)
        displayed.what_if_changed.connect(probe.hurry)
        for signal in (runs.replaced, data.changed):
            signal.connect(probe.forget)
    return probes


class _Asker:
    """Asks the questions as they are now."""

    def __init__(
        self, displayed: Displayed, question: asking.Question, runs: Runs, data: Data, selection: Selection
    ) -> None:
        self._displayed, self._question, self._runs = displayed, question, runs
        self._data, self._selection = data, selection
        self._measured: tuple[RequestKey, Evaluation] | None = (
            None  # the network as it is trained, which seldom changes
        )

    @property
    def _fitting(self) -> Dataset | None:
        data = self._data.dataset
        return data if self._runs.current.misfit(data) is None else None

    def _part_of(self, dataset: Dataset) -> Part:
        return measured_part(dataset, self._runs.current.experiment.training.validation_share)

    # ---- the neuron

    def report(self) -> Request | None:
        """What is known of the chosen neuron."""
        neuron, dataset, network = self._selection.neuron, self._fitting, self._displayed.network
        if neuron is None or dataset is None:
            return None
        part = self._part_of(dataset)
        return RequestKey(neuron, dataset, network, part.share), lambda: self._report(neuron, dataset, network, part)

    def _report(self, neuron: Neuron, dataset: Dataset, network: Network, part: Part) -> NeuronReport:
        """Runs in the lane's thread."""
        layer, number = neuron.layer, neuron.number
        split = part.examples
        answers = neurons.answers(network, split, layer, number)
        values, labels = np.nan_to_num(answers.values), split.labels
        means = None if labels is None else neurons.mean_by_class(values, labels, split.classes)
        fifths = neurons.mean_by_fifth(values, split.targets[:, 0]) if labels is None else []
        with np.errstate(all="ignore"):
            back = explain.carried_back(network, layer, number)
            ascent = explain.most_exciting(network, layer, number, *self._range(dataset)) if layer > 1 else None
        best = [_example(part, int(place), float(values[place])) for place in answers.strongest[:MOST_EXCITING]]
        active = float((values > 0).mean())
        known = means, fifths, best, answers.dead, active, np.nan_to_num(back), ascent
        return NeuronReport(neuron, dataset, part, *known)

    def _range(self, dataset: Dataset) -> tuple[object, object]:
        """The bounds of the inputs: 0…1 for pictures, else what was seen in training."""
        return (0.0, 1.0) if dataset.is_picture else dataset.train.bounds

    # ---- its answer now

    def now(self) -> Request | None:
        """What the chosen neuron answers to the example that is asked about."""
        neuron, network = self._selection.neuron, self._displayed.network
        example = asking.asked(self._question, self._displayed, self._data)
        if neuron is None or example is None or len(example) != network.shape[0]:
            return None

        def work() -> float:
            with np.errstate(all="ignore"):
                return neurons.activation(network, example, neuron.layer, neuron.number)

        return RequestKey(neuron, example, network), work

    # ---- without it

    def effect(self) -> Request | None:
        """The results with the what-ifs that are in force, or else without the chosen neuron."""
        neuron, dataset, trained, now = self._selection.neuron, self._fitting, *self._networks
        if dataset is None or (now is trained and (neuron is None or neuron.layer >= len(trained.weights))):
            return None
        if now is not trained:
            part = self._part_of(dataset)
            return RequestKey(dataset, now, part.share), lambda: self._effect(dataset, trained, lambda: now, None, part)
        assert neuron is not None
        factors = {(neuron.layer, neuron.number): 0.0}
        make: Callable[[], Network] = lambda: neurons.scaled(trained, factors)  # noqa: E731
        part = self._part_of(dataset)
        key = RequestKey(neuron, dataset, trained, part.share)
        return key, lambda: self._effect(dataset, trained, make, neuron, part)

    @property
    def _networks(self) -> tuple[Network, Network]:
        return self._displayed.as_trained, self._displayed.network

    def _effect(
        self, dataset: Dataset, trained: Network, make: Callable[[], Network], neuron: Neuron | None, part: Part
    ) -> Effect:
        """Runs in the lane's thread, the only one that uses ``_measured``."""
        split = part.examples
        key = RequestKey(trained, dataset, part.share)
        with np.errstate(all="ignore"):
            if self._measured is None or self._measured[0] != key:
                self._measured = key, Evaluator(trained, split, dataset.target_scaling).evaluate()
            after = Evaluator(make(), split, dataset.target_scaling).evaluate()
        return Effect(self._measured[1], after, part.name, len(split), neuron)

    def release(self) -> None:
        """Drops the network that is kept. Runs in the lane's thread."""
        self._measured = None


def _example(part: Part, index: int, answer: float) -> Example:
    """The example with that number in the part."""
    split, number = part.split, part.number(index)
    label = None if split.labels is None else int(split.labels[number])
    return Example(number, answer, label, float(split.targets[number, 0]), split.example(number))
