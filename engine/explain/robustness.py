"""Robustness of a network: its error on perturbed examples, as a curve over the strength of each perturbation.

One curve for each kind over its severity: Hendrycks and Dietterich 2019, arXiv:1903.12261. The perturbations are in
:mod:`engine.explain.perturbations`.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.datasets import Dataset, Split
from engine.datasets.scaling import Scaling
from engine.explain.perturbations import (
    PERTURBATIONS,
    InputStatistics,
    Perturbation,
    applicable_perturbations,
    input_statistics,
)
from engine.network.network import Network
from engine.training.metrics import Evaluation, Evaluator

# Examples are perturbed in chunks, whose size depends on the data alone, so that every network gets the same ones.
_BYTES_AT_ONCE = 1_000_000
_MOST_WORK = 2_000_000_000  # multiplications between two steps, so that a caller can stop soon also in a huge network
_TURNS = 4  # examples take turns in the direction of a shift, so the size of a chunk is a multiple of this


@dataclass(frozen=True)
class RobustnessPoint:
    """A network's result at one strength: the mean loss, and the share of wrong predictions, 0…1; None for regression.

    ``rmse``: the root of the mean squared residual, in the targets' unit; None for classes.
    """

    strength: float
    loss: float
    error: float | None
    rmse: float | None = None


@dataclass(frozen=True)
class Robustness:
    """Robustness curves, complete or in progress.

    Attributes:
        examples: the number of examples at each strength.
        curves: the results by perturbation, by ascending strength; perturbations without results are missing.
    """

    examples: int
    curves: Mapping[str, Sequence[RobustnessPoint]] = field(default_factory=dict)

    def with_point(self, name: str, one: RobustnessPoint) -> Robustness:
        """Returns a copy with a further result."""
        curve = sorted([*self.curves.get(name, ()), one], key=lambda each: each.strength)
        return Robustness(self.examples, {**self.curves, name: curve})


def measure(
    network: Network, dataset: Dataset, examples: Split, names: Sequence[str] | None = None
) -> Generator[tuple[float, Robustness], None, Robustness]:
    """Measures a network on the same examples at each strength of some perturbations, or of all that apply.

    The result at strength 0 is that of :class:`~engine.training.metrics.Evaluator`; each curve is measured outward from
    there. Every network gets the same perturbed examples. Yields the share 0…1 that is done and the results so far, so
    that the caller can stop.

    Raises DataError if outputs or their loss are not finite, or if the network's loss cannot have these targets.
    """
    material, count = input_statistics(dataset), len(examples)
    chosen = applicable_perturbations(material.shape) if names is None else names
    plan = [
        (name, strength) for name in chosen for strength in _outward(PERTURBATIONS[name]().strengths(material.shape))
    ]
    steps = _Steps((1 + len(plan)) * count, Robustness(count))
    scaling = dataset.target_scaling
    undisturbed = yield from steps.through(_undisturbed(network, examples, scaling))
    steps.found = Robustness(count, {name: [undisturbed] for name in chosen})
    for name, strength in plan:
        kind = PERTURBATIONS[name]()
        one = yield from steps.through(_disturbed(network, examples, kind, material, strength, scaling))
        steps.found = steps.found.with_point(name, one)
    return steps.found


def _outward(strengths: Sequence[float]) -> Sequence[float]:
    """Returns all strengths but 0, the smallest magnitude first."""
    return sorted((strength for strength in strengths if strength), key=abs)


# Yields how many further examples are done.
_Measuring = Generator[int, None, RobustnessPoint]


@dataclass
class _Steps:
    """Progress of the measurement: examples are counted once for each strength."""

    total: int
    found: Robustness
    done: int = 0

    def through(self, measuring: _Measuring) -> Generator[tuple[float, Robustness], None, RobustnessPoint]:
        """Runs the measurement at one strength."""
        while True:
            try:
                with np.errstate(all="ignore"):  # overflows are reported by an error
                    self.done += next(measuring)
            except StopIteration as finished:
                one: RobustnessPoint = finished.value
                return one
            yield self.done / self.total, self.found


def _undisturbed(network: Network, examples: Split, scaling: Scaling | None) -> _Measuring:
    result = yield from _evaluated(network, examples, scaling)
    return RobustnessPoint(0.0, result.loss, result.error, result.rmse)


def _disturbed(
    network: Network,
    examples: Split,
    disturbance: Perturbation,
    material: InputStatistics,
    strength: float,
    scaling: Scaling | None,
) -> _Measuring:
    """Perturbs and evaluates the examples chunk by chunk."""
    loss, wrong, squares = 0.0, 0, 0.0
    at_once = max(1, _MOST_WORK // len(network.parameters))
    for number, rows in enumerate(_slices(len(examples), _chunk_size(examples.width))):
        chunk = examples.at(rows)
        inputs = chunk.scaled_inputs()
        changed = Split(disturbance(inputs, material, strength, number), chunk.targets, chunk.labels)
        for part in (changed.at(some) for some in _slices(len(chunk), at_once)):
            result = yield from _evaluated(network, part, scaling)
            loss += result.loss * len(part)
            wrong += round((result.error or 0) * len(part))
            squares += (result.rmse or 0) ** 2 * len(part)
    mean = loss / len(examples)
    if examples.labels is None:
        return RobustnessPoint(strength, mean, None, math.sqrt(squares / len(examples)))
    return RobustnessPoint(strength, mean, wrong / len(examples))


def _chunk_size(width: int) -> int:
    return max(_TURNS, _BYTES_AT_ONCE // (4 * width) // _TURNS * _TURNS)


def _slices(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _evaluated(network: Network, examples: Split, scaling: Scaling | None) -> Generator[int, None, Evaluation]:
    """Yields the ordinary evaluation, which counts further examples instead of all that are done."""
    before, steps = 0, Evaluator(network, examples, scaling).steps()
    while True:
        try:
            done = next(steps)
        except StopIteration as finished:
            result: Evaluation = finished.value
            return result
        yield done - before
        before = done
