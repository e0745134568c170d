"""Explanations of a prediction, for the card and the command: contributions, counterfactual, nearest examples.

No Qt: all functions may run in any thread.
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
ATTRIBUTIONS = (INTEGRATED, PRODUCT, OCCLUSION)  # methods with a contribution of each input
METHODS = (*ATTRIBUTIONS, LAYERS, NEAREST)
EMPTY, MEAN = "empty", "mean"  # baselines
VISIBLE = 0.1  # smallest visible change of an input, as a share of its range
FRAMES = 25  # frames of the film from the example to its smallest change
_SQUARES = 7  # squares of the occlusion across an image
_THIRDS = 3  # regions across an image, and down
_MOST_COLUMNS = 50  # that are covered one by one
_MOST_WORK = 4e9  # multiplications to find the nearest examples, which limit how many are compared
_MOST_NUMBERS = 50_000_000  # activations that are kept for them
_NEIGHBOURS = 5
_CHUNK = 2000


@dataclass(frozen=True, eq=False)
class ExplanationQuery:
    """Input, outputs and method of an explanation.

    Attributes:
        example: (width,).
        shape: (height, width) of an image, else (columns,).
        has_classes: whether the largest output is the predicted class.
        one, other: chosen outputs; None for the defaults, see :func:`compared`.
        pair: two chosen classes, which are compared if one of them is the predicted class.
        rival: the class to compare the predicted class with by default, if it is another one.
        method: one of ``METHODS``.
        categories: groups of inputs, as in a data set.
        truth: the true class of the example; None if it is not known.
        baseline_name: "empty" or "mean".
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
    baseline_name: str = EMPTY
    pair: tuple[int, int] | None = None
    rival: int | None = None

    @property
    def is_picture(self) -> bool:
        return len(self.shape) == 2


@dataclass(frozen=True, eq=False)
class Contributions:
    """Contributions to one output, and to another.

    Attributes:
        outputs: (outputs,) the prediction.
        one, other: the compared outputs; ``other`` is None if the network has a single output.
        baseline: (width,) the input that the example is compared with.
        parts: (width,) contributions of the inputs to one output, and to the other; empty for other methods.
        share: sum of ``parts[0]`` relative to the difference from the baseline; None if that is nearly 0.
        missing: completeness error of integrated gradients, the larger of both; 0 within their accuracy.
        layers: contributions of each neuron of the input and the hidden layers to the difference of both logits.
        regions: the inputs of each part that is removed: of an image see :func:`regions_of`, of a row its columns.
        removal: of classes, the parts whose removal changes the prediction.
        without: of numbers, the predictions (1 + regions, outputs): whole, and without one part after the other.
    """

    query: ExplanationQuery
    outputs: Array
    one: int
    other: int | None
    baseline: Array
    parts: list[Array]
    share: float | None = None
    missing: float = 0.0
    layers: Sequence[Array] = ()
    regions: Sequence[Array] = ()
    removal: explain.Removal | None = None
    without: Array | None = None

    @property
    def target(self) -> explain.Target:
        """Target of the attribution: one output against the other, or the only one."""
        return self.one if self.other is None else (self.one, self.other)


@dataclass(frozen=True)
class NearestExample:
    """Training example with similar activations in the last hidden layer; ``example`` is (width,)."""

    number: int
    label: int | None
    target: float  # the first target, for regression
    example: Array
    distance: float


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """Smallest change found that leads to another prediction, or the nearest training examples.

    Attributes:
        one, other: the compared outputs.
        to: the new predicted class: the other output, or the one if the other is predicted already.
        changed: (width,) the nearest input found with that prediction; None if there is none, or no classes.
        distance: Euclidean distance of the changed input.
        visible: number of inputs that changed visibly.
        film: (frames, outputs) predictions on the way there.
        neighbours: the nearest training examples of one class, and of the other; for regression of all.
        looked_at: number of training examples that were compared.
    """

    query: ExplanationQuery
    one: int
    other: int | None
    to: int = 0
    changed: Array | None = None
    distance: float = 0.0
    visible: int = 0
    film: Array | None = None
    neighbours: Sequence[Sequence[NearestExample]] = ()
    looked_at: int = 0


class InputSummary:
    """Mean example and bounds of the inputs of a data set, computed at first use."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    @cached_property
    def mean(self) -> Array:
        """The mean (width,) of all training examples."""
        train = self.dataset.train
        mean: Array = (train.inputs.mean(axis=0, dtype=np.float64) * train.scale).astype(np.float32)
        return mean

    @cached_property
    def _empty(self) -> Array:
        return np.full(self.dataset.width, self.dataset.background, np.float32)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Bounds of the inputs, (width,) each: 0 and 1 for images, else the range of the training set."""
        train = self.dataset.train
        low, high = (each.astype(np.float32) * train.scale for each in (train.inputs.min(0), train.inputs.max(0)))
        if not self.dataset.is_picture:
            return low, high
        return np.full_like(low, min(0.0, low.min())), np.full_like(high, max(1.0, high.max()))

    def baseline(self, name: str) -> Array:
        """Returns a baseline (width,) by name: an empty example, or the mean example."""
        return self.mean if name == MEAN else self._empty


def contributions_for(query: ExplanationQuery, baseline: Array) -> Contributions | None:
    """Returns the contributions; None if the outputs are not finite."""
    pair = compared(query)
    if pair is None:
        return None
    outputs, one, other = pair
    found = Contributions(query, outputs, one, other, baseline, [])
    targets = [one] if other is None else [one, other]
    with np.errstate(all="ignore"):
        if query.method == LAYERS:
            found = replace(found, layers=explain.contributions(query.network, query.example, found.target))
        if query.method in ATTRIBUTIONS:
            found = _with_parts(found, [_METHODS[query.method](query, target, baseline) for target in targets])
        if query.is_picture:
            regions = regions_of(query.shape)
        else:
            regions = _columns_to_cover(query, found.parts or [_product(query, target, baseline) for target in targets])
        return _with_removals(replace(found, regions=regions))


def _with_removals(found: Contributions) -> Contributions:
    """Returns the contributions with what the prediction is without parts; the same if there are fewer than two."""
    query, regions, baseline = found.query, found.regions, found.baseline
    if len(regions) < 2:
        return found
    if not query.has_classes or found.other is None:
        return replace(found, without=explain.without_each(query.network, query.example, regions, baseline))
    against = found.one if int(found.outputs.argmax()) == found.other else found.other
    removal = explain.deciding_parts(query.network, query.example, regions, against, baseline)
    return replace(found, removal=removal)


def _with_parts(found: Contributions, parts: list[Array]) -> Contributions:
    query, missing = found.query, 0.0
    share = None if query.method == OCCLUSION else _share(found, parts[0])
    if query.method == INTEGRATED:
        targets = [found.one] if found.other is None else [found.one, found.other]
        pairs = zip(targets, parts, strict=True)
        missing = max(explain.completeness_error(query.network, query.example, *pair, found.baseline) for pair in pairs)
    return replace(found, parts=parts, share=share, missing=missing)


def compared(query: ExplanationQuery) -> tuple[Array, int, int | None] | None:
    """Returns the outputs (outputs,) and the indices of the two compared ones; None if they are not finite.

    See :func:`compared_outputs`.
    """
    try:
        outputs: Array = query.network.predict(query.example[None])[0]
    except DataError:
        return None
    return outputs, *compared_outputs(query, outputs)


def compared_outputs(query: ExplanationQuery, outputs: Array) -> tuple[int, int | None]:
    """Returns the indices of the explained output and of the one that it is compared with.

    Of a pair that includes the predicted class, that is the first. Any other pair is ignored. The defaults are the
    predicted class and, if it is another one, the rival, else the true class, else the second most likely class.
    """
    ranked = np.argsort(-outputs, kind="stable") if query.has_classes else np.arange(len(outputs))
    one = query.one if query.one is not None and query.one < len(outputs) else None
    other = query.other if query.other is not None and query.other < len(outputs) else None
    if query.pair is not None and ranked[0] in query.pair:
        one, other = int(ranked[0]), next(number for number in query.pair if number != ranked[0])
    if one is None:
        one = next(int(number) for number in ranked if number != other or len(outputs) == 1)
    if other is None or other == one:
        is_predicted = query.has_classes and one == ranked[0]
        defaults = (*((query.rival, query.truth) if is_predicted else ()), *ranked.tolist())
        other = next((number for number in defaults if number != one and number in ranked), None)
    return one, other


def _integrated(query: ExplanationQuery, target: int, baseline: Array) -> Array:
    return explain.integrated_gradients(query.network, query.example, target, baseline=baseline)


def _product(query: ExplanationQuery, target: int, baseline: Array) -> Array:
    return explain.gradient_times_input(query.network, query.example, target, baseline)


def _occluded(query: ExplanationQuery, target: int, baseline: Array) -> Array:
    """Returns (width,): occlusion. A category is covered as a whole; its contribution is that of the active input."""
    covered = explain.occlusion(query.network, query.example, target, query.shape, occluded_side(query.shape), baseline)
    for group in map(list, query.categories):
        rows = np.stack([query.example, query.example]).astype(np.float32)
        rows[1, group] = baseline[group]
        sums = explain.target_sums(explain.forward(query.network, rows), target)
        covered[group] = 0
        covered[group[int(query.example[group].argmax())]] = sums[0] - sums[1]
    return covered


_METHODS: dict[str, Callable[[ExplanationQuery, int, Array], Array]] = {
    INTEGRATED: _integrated,
    PRODUCT: _product,
    OCCLUSION: _occluded,
}


def occluded_side(shape: tuple[int, ...]) -> int:
    """Returns the side of the covered square; 1 for columns."""
    return max(1, round(min(shape) / _SQUARES)) if len(shape) == 2 else 1


def _share(found: Contributions, parts: Array) -> float | None:
    ends = np.stack([found.baseline, found.query.example]).astype(np.float32)
    sums = explain.target_sums(explain.forward(found.query.network, ends), found.one)
    difference = float(sums[1] - sums[0])
    return float(parts.sum()) / difference if abs(difference) > 1e-4 else None


# ---- parts of the input


def regions_of(shape: tuple[int, ...]) -> list[Array]:
    """Returns the pixels of the nine regions of an image, row by row; none if it has fewer than 3 rows or columns."""
    if min(shape) < _THIRDS:
        return []
    places = np.arange(shape[0] * shape[1]).reshape(shape)
    rows, columns = (np.array_split(np.arange(side), _THIRDS) for side in shape)
    return [places[np.ix_(row, column)].ravel() for row in rows for column in columns]


def _columns_to_cover(query: ExplanationQuery, parts: list[Array]) -> list[Array]:
    """Returns the inputs of each column, of many columns those with the largest contributions.

    ``parts`` are contributions (width,) to one output, and to the other.
    """
    grouped = {number for group in query.categories for number in group}
    columns = [*map(np.array, query.categories), *(np.array([n]) for n in range(len(parts[0])) if n not in grouped)]
    total = total_of(query, parts)
    return sorted(columns, key=lambda column: -abs(float(total[column].sum())))[:_MOST_COLUMNS]


def total_of(query: ExplanationQuery, parts: list[Array]) -> Array:
    """Returns (width,) the contributions to one class against the other, or to a predicted number."""
    return np.nan_to_num(parts[0] - parts[1] if query.has_classes and len(parts) > 1 else parts[0])


# ---- counterfactual and nearest examples


def counterfactual_of(
    query: ExplanationQuery, low: Array, high: Array, categories: Sequence[Sequence[int]] = ()
) -> Counterfactual | None:
    """Returns the smallest change found within bounds (width,), with its film; None if the outputs are not finite.

    ``categories`` are groups of columns, as in a data set.
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


class NearestExamples:
    """Search for the nearest training examples. Keeps their activations in the last hidden layer of one network."""

    def __init__(self) -> None:
        self._network: Network | None = None
        self._examples: Split | None = None
        self._seen: Array = np.empty((0, 0))

    def find(self, query: ExplanationQuery, dataset: Dataset) -> Counterfactual | None:
        """Returns the nearest examples of both classes; None if the outputs are not finite."""
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
    """Returns activations in the last hidden layer, for as many training examples as the limits allow."""
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


def _neighbour(examples: Split, number: int, distance: float) -> NearestExample:
    label = None if examples.labels is None else int(examples.labels[number])
    target = float(examples.targets[number, 0])
    return NearestExample(number, label, target, examples.example(number), distance)
