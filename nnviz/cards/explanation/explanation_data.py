"""Why a network answers as it does, and what would change its answer: what the card and the command show.

Nothing here knows a window; all of it may run in another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine import explain
from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.dataset import Split
from engine.explain.features import activations_of, nearest_rows
from engine.network.network import Network

INTEGRATED, PRODUCT, OCCLUSION = "integrated gradients", "gradient × input", "occlusion"
LAYERS, NEAREST = "layer by layer", "nearest examples"
ATTRIBUTIONS = (INTEGRATED, PRODUCT, OCCLUSION)  # methods that give every input a number
METHODS = (*ATTRIBUTIONS, LAYERS, NEAREST)
EMPTY, MEAN = "empty", "mean"  # baselines
VISIBLE = 0.1  # of an input's range: a smaller change is not seen
FRAMES = 25  # of the film from the example to its smallest change
_SQUARES = 7  # so many of the squares that occlusion covers lie side by side in a picture
_MOST_WORK = 4e9  # multiplications for which examples are looked through to find the nearest
_MOST_NUMBERS = 50_000_000  # activations that are kept for that
_NEIGHBOURS = 5
_CHUNK = 2000


@dataclass(frozen=True, eq=False)
class Query:
    """What is asked about an example.

    Attributes:
        example: (width,).
        shape: how it is arranged: (height, width) of a picture, else (columns,).
        has_classes: whether the largest output is the answer.
        one, other: outputs that were chosen; None for the defaults, see :func:`compared`.
        method: one of ``METHODS``.
        categories: groups of inputs, as of a data set.
        truth: the true class of the example; None if it is not known.
    """

    network: Network
    example: Array
    shape: tuple[int, ...]
    has_classes: bool = True
    one: int | None = None
    other: int | None = None
    method: str = INTEGRATED
    categories: Sequence[Sequence[int]] = ()
    truth: int | None = None

    @property
    def is_picture(self) -> bool:
        return len(self.shape) == 2


@dataclass(frozen=True, eq=False)
class Reasons:
    """What contributes to one output, and to another.

    Attributes:
        outputs: the network's answer, (outputs,).
        one, other: the outputs that are compared; ``other`` is None for a network with a single one.
        baseline: (width,), what the example is compared with.
        parts: what each input contributes, (width,), for one and for the other; empty for other methods.
        share: to how much of what it should explain ``parts[0]`` adds up; None if that is nearly nothing.
        missing: by how much integrated gradients fail to add up, the larger of both; 0 within their accuracy.
        layers: what each neuron of the input and of the hidden layers contributes to the difference of both sums.
    """

    query: Query
    outputs: Array
    one: int
    other: int | None
    baseline: Array
    parts: list[Array]
    share: float | None = None
    missing: float = 0.0
    layers: Sequence[Array] = ()

    @property
    def target(self) -> explain.Target:
        """One output against the other, or the only one."""
        return self.one if self.other is None else (self.one, self.other)


@dataclass(frozen=True)
class Neighbour:
    """A training example that the last hidden layer sees as similar; ``example`` is (width,)."""

    number: int
    label: int | None
    target: float  # for regression, the first number that it should get
    example: Array
    distance: float


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What would turn the answer.

    Attributes:
        one, other: the outputs that are compared.
        to: the answer that it would turn to: the other output, or the one if the other is the answer already.
        changed: (width,), the nearest inputs with that answer; None if there are none, or no classes.
        distance: of it, Euclidean.
        visible: number of inputs that changed visibly.
        film: the answers on the way there, (frames, outputs).
        neighbours: the nearest training examples of one class, and of the other; without classes of all.
        looked_at: the number of training examples among which they were searched.
    """

    query: Query
    one: int
    other: int | None
    to: int = 0
    changed: Array | None = None
    distance: float = 0.0
    visible: int = 0
    film: Array | None = None
    neighbours: Sequence[Sequence[Neighbour]] = ()
    looked_at: int = 0


class Summary:
    """Of a data set: the mean example and the bounds of its inputs, computed when they are first asked for."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    @cached_property
    def mean(self) -> Array:
        """(width,), of all training examples."""
        train = self.dataset.train
        mean: Array = (train.inputs.mean(axis=0, dtype=np.float64) * train.scale).astype(np.float32)
        return mean

    @cached_property
    def _empty(self) -> Array:
        return np.full(self.dataset.width, self.dataset.background, np.float32)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """(width,) each: 0 and 1 for a picture, the range seen in training for a column."""
        train = self.dataset.train
        low, high = (each.astype(np.float32) * train.scale for each in (train.inputs.min(0), train.inputs.max(0)))
        if not self.dataset.is_picture:
            return low, high
        return np.full_like(low, min(0.0, low.min())), np.full_like(high, max(1.0, high.max()))

    def baseline(self, name: str) -> Array:
        """(width,): an empty picture or row, or the mean example."""
        return self.mean if name == MEAN else self._empty


def reasons_for(query: Query, baseline: Array) -> Reasons | None:
    """Computes what contributes; None if the network's outputs are not finite."""
    pair = compared(query)
    if pair is None:
        return None
    outputs, one, other = pair
    found = Reasons(query, outputs, one, other, baseline, [])
    with np.errstate(all="ignore"):
        if query.method == LAYERS:
            return replace(found, layers=explain.contributions(query.network, query.example, found.target))
        if query.method not in ATTRIBUTIONS:
            return found
        targets = [one] if other is None else [one, other]
        parts = [_METHODS[query.method](query, target, baseline) for target in targets]
        share = None if query.method == OCCLUSION else _share(found, parts[0])
        missing = 0.0
        if query.method == INTEGRATED:
            pairs = zip(targets, parts, strict=True)
            missing = max(explain.completeness_error(query.network, query.example, *pair, baseline) for pair in pairs)
    return replace(found, parts=parts, share=share, missing=missing)


def compared(query: Query) -> tuple[Array, int, int | None] | None:
    """The outputs, and the two that are compared; None if they are not finite.

    The defaults are the predicted class, and against it the true class. If that is the same or not known, it is the
    second best.
    """
    try:
        outputs: Array = query.network.predict(query.example[None])[0]
    except DataError:
        return None
    ranked = np.argsort(-outputs, kind="stable") if query.has_classes else np.arange(len(outputs))
    one = query.one if query.one is not None and query.one < len(outputs) else None
    other = query.other if query.other is not None and query.other < len(outputs) else None
    if one is None:
        one = next(int(number) for number in ranked if number != other or len(outputs) == 1)
    if other is None or other == one:
        truth = query.truth if query.has_classes and one == ranked[0] and query.truth in ranked else None
        second = next((int(number) for number in ranked if number != one), None)
        other = second if truth in (None, one) else truth
    return outputs, one, other


def _integrated(query: Query, target: int, baseline: Array) -> Array:
    return explain.integrated_gradients(query.network, query.example, target, baseline=baseline)


def _product(query: Query, target: int, baseline: Array) -> Array:
    return explain.gradient_times_input(query.network, query.example, target, baseline)


def _occluded(query: Query, target: int, baseline: Array) -> Array:
    """A category is covered as a whole; what it contributes stands at the input that is on."""
    covered = explain.occlusion(query.network, query.example, target, query.shape, square_of(query.shape), baseline)
    for group in map(list, query.categories):
        rows = np.stack([query.example, query.example]).astype(np.float32)
        rows[1, group] = baseline[group]
        sums = explain.target_sums(explain.forward(query.network, rows), target)
        covered[group] = 0
        covered[group[int(query.example[group].argmax())]] = sums[0] - sums[1]
    return covered


_METHODS: dict[str, Callable[[Query, int, Array], Array]] = {
    INTEGRATED: _integrated,
    PRODUCT: _product,
    OCCLUSION: _occluded,
}


def square_of(shape: tuple[int, ...]) -> int:
    """The side of the square that occlusion covers; single columns are covered one by one."""
    return max(1, round(min(shape) / _SQUARES)) if len(shape) == 2 else 1


def _share(found: Reasons, parts: Array) -> float | None:
    ends = np.stack([found.baseline, found.query.example]).astype(np.float32)
    sums = explain.target_sums(explain.forward(found.query.network, ends), found.one)
    difference = float(sums[1] - sums[0])
    return float(parts.sum()) / difference if abs(difference) > 1e-4 else None


# ---- what would turn it


def counterfactual_of(
    query: Query, low: Array, high: Array, categories: Sequence[Sequence[int]] = ()
) -> Counterfactual | None:
    """Computes the smallest change within bounds (width,) and the film to it; None if the outputs are not finite.

    ``categories`` are groups of columns, as of a data set.
    """
    pair = compared(query)
    if pair is None:
        return None
    outputs, one, other = pair
    if other is None or not query.has_classes:
        return Counterfactual(query, one, other)
    to = one if int(outputs.argmax()) == other else other
    try:
        with np.errstate(all="ignore"):
            changed = explain.smallest_change(query.network, query.example, to, low, high, categories)
    except explain.NoChangeError:
        return Counterfactual(query, one, other, to)
    way = changed - query.example
    visible = int((np.abs(way) > VISIBLE * np.maximum(high - low, 1e-12)).sum())
    film = query.network.predict(query.example + np.linspace(0, 1, FRAMES, dtype=np.float32)[:, None] * way)
    return Counterfactual(query, one, other, to, changed, float(np.linalg.norm(way)), visible, film)


class Neighbours:
    """Finds the nearest training examples; keeps how the last hidden layer of one network sees them."""

    def __init__(self) -> None:
        self._network: Network | None = None
        self._examples: Split | None = None
        self._seen: Array = np.empty((0, 0))

    def find(self, query: Query, dataset: Dataset) -> Counterfactual | None:
        """The nearest of each of both classes; None if the network's outputs are not finite."""
        pair = compared(query)
        if pair is None:
            return None
        _, one, other = pair
        examples = dataset.train
        if self._network is not query.network or self._examples is not examples:
            self._seen = _seen_by(query.network, examples)
            self._network, self._examples = query.network, examples
        own = activations_of(query.network, query.example[None], len(query.network.weights) - 1)[0]
        groups = self._groups(examples, one, other, query.has_classes)
        found = [[_neighbour(examples, *each) for each in self._nearest(own, rows)] for rows in groups]
        return Counterfactual(query, one, other, neighbours=found, looked_at=len(self._seen))

    def _groups(self, examples: Split, one: int, other: int | None, has_classes: bool) -> list[Array]:
        every = np.arange(len(self._seen))
        if examples.labels is None or not has_classes or other is None:
            return [every]
        labels = examples.labels[: len(every)]
        return [every[labels == number] for number in (one, other)]

    def _nearest(self, own: Array, rows: Array) -> list[tuple[int, float]]:
        if not len(rows):
            return []
        numbers, distances = nearest_rows(self._seen[rows], own, _NEIGHBOURS)
        return [(int(rows[number]), float(far)) for number, far in zip(numbers, distances, strict=True)]


def _seen_by(network: Network, examples: Split) -> Array:
    """The last hidden layer's activations for as many training examples as is quick."""
    layer = len(network.weights) - 1
    most = min(_MOST_WORK / network.parameters.size, _MOST_NUMBERS / network.shape[layer])
    count = max(1, min(len(examples), int(most)))
    seen = np.empty((count, network.shape[layer]), np.float32)
    for start in range(0, count, _CHUNK):
        rows = slice(start, min(start + _CHUNK, count))
        inputs = examples.take(rows, np.empty((rows.stop - start, examples.width), np.float32))
        with np.errstate(all="ignore"):
            seen[rows] = activations_of(network, inputs, layer)
    return seen


def _neighbour(examples: Split, number: int, distance: float) -> Neighbour:
    label = None if examples.labels is None else int(examples.labels[number])
    target = float(examples.targets[number, 0])
    return Neighbour(number, label, target, examples.example(number), distance)
