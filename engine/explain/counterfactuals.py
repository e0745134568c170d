"""Counterfactuals: a change of an example, as small as the search finds, that leads to another prediction."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from engine.basics.errors import EngineError, SettingError, Verbatim
from engine.basics.validation import Array
from engine.network.backprop import (
    ForwardPass,
    check_example,
    check_row,
    forward,
    gradient_by_inputs,
    multiply_by_slope,
)
from engine.network.network import Network

_MOST_STEPS = 60  # across the boundary
_MOST_ROUNDS = 12  # iterations of the search for multipliers
_MOST_NEWTON_STEPS = 40
_MOST_SWITCHES = 40  # categories that are tried at a time
_FINER_AND_FINER = (32, 16, 16, 16)  # parts into which the way back is cut, then the part with the boundary, …


class NoChangeError(EngineError):
    """No input within the bounds was found for which the target has the largest output."""


def smallest_change(
    network: Network,
    inputs: object,
    target: int,
    low: object = 0.0,
    high: object = 1.0,
    categories: Sequence[Sequence[int]] = (),
) -> Array:
    """Returns inputs (width,) near the given ones, by the Euclidean norm, for which the target has the largest output.

    Linearises all differences to the target around the last point, takes the nearest point to the *given* inputs at
    which the linearised network gives the target, within the bounds, and repeats; that is DeepFool (Moosavi-Dezfooli
    et al. 2016, arXiv:1511.04599) with the pull to the original of Croce and Hein 2020 (arXiv:1907.02044). From each
    point found, a line search towards the original finds the nearest point that is still predicted as the target. It is
    a heuristic: nearer inputs with that prediction may exist.

    Args:
        inputs: (width,), within the bounds.
        low, high: bounds of the inputs, numbers or (width,).
        categories: groups of inputs, of which one is at its high and the others are at their low bound. They change
            only as a whole, to another input of the group: none if that is enough, else one group, else more.

    Raises:
        NoChangeError: nothing was found.
        DataError: inputs or bounds of a wrong width.
        SettingError: a target that is no output, or a network with a single one.
    """
    example, _ = check_example(network, inputs, target, 0.0)
    if network.shape[-1] < 2:
        raise SettingError("target", target, "must be one of at least two outputs", "Explain its logit instead.")
    least, most = check_row(network, "low", low), check_row(network, "high", high)
    if (least > most).any():
        raise SettingError("low", Verbatim("above high"), "must be at most high for every input", "Swap them.")
    found = _best_with_categories(network, np.clip(example, least, most), target, (least, most), categories)
    if found is None:
        problem = f"no inputs within the bounds were found that are predicted as {target}"
        raise NoChangeError.from_problem("target", problem, "Try another class.")
    return found


def _best_with_categories(
    network: Network, example: Array, target: int, bounds: tuple[Array, Array], categories: Sequence[Sequence[int]]
) -> Array | None:
    """Returns the nearest inputs found with at most one other category; with two only if that finds none, and so on.

    Of very many categories only those that bring the target nearest to the lead are tried.
    """
    held = np.array([number for group in categories for number in group], int)
    start, left, best = example, list(categories), _within(network, example, target, bounds, held)
    while best is None and left:
        others = [(group, other) for group in left for other in _switched(start, group, bounds)]
        others.sort(key=lambda each: -_lead(network, each[1], target))
        for _, other in others[:_MOST_SWITCHES]:
            if best is None or _length(other - example) < _length(best - example):
                best = _nearer(example, best, _within(network, other, target, bounds, held))
        if not others:
            break
        group, start = others[0]
        left.remove(group)
    return best


def _within(network: Network, example: Array, target: int, bounds: tuple[Array, Array], held: Array) -> Array | None:
    """Returns the nearest inputs found without changing the held ones."""
    least, most = (bound.copy() for bound in bounds)
    least[held] = most[held] = example[held]
    return _CounterfactualSearch(network, example, target, least, most).best()


def _nearer(example: Array, one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return other if one is None else one
    return other if _length(other - example) < _length(one - example) else one


def _switched(example: Array, group: Sequence[int], bounds: tuple[Array, Array]) -> Iterator[Array]:
    """Yields the example with each other category of a group."""
    numbers = np.array(group)
    for number in numbers[example[numbers] != bounds[1][numbers]]:
        other = example.copy()
        other[numbers] = bounds[0][numbers]
        other[number] = bounds[1][number]
        yield other


def _lead(network: Network, example: Array, target: int) -> float:
    """Returns the margin of the target's logit over all others; below 0 if it is not the largest."""
    sums = forward(network, example[None]).sums[-1][0]
    return float(sums[target] - np.delete(sums, target).max())


def _length(way: Array) -> float:
    return float(np.linalg.norm(way))


class _CounterfactualSearch:
    """A search for the nearest inputs that are predicted as the target."""

    def __init__(self, network: Network, example: Array, target: int, low: Array, high: Array) -> None:
        self._network, self._target = network, target
        self._example, self._low, self._high = (part.astype(np.float64) for part in (example, low, high))
        self._found: Array | None = None
        self._distance = math.inf

    def best(self) -> Array | None:
        """Returns the nearest inputs found, in the network's number type; None if there are none."""
        if self._leads(self._example[None])[0]:
            return self._cast(self._example)
        for only_best in (True, False):
            self._cross(only_best)
        while self._found is not None and self._come_nearer(self._found):
            pass
        return None if self._found is None else self._cast(self._found)

    def _cross(self, only_best: bool) -> None:
        """Crosses the linearised boundary again and again, to the target from all others or only from the best."""
        point = self._example
        for _ in range(_MOST_STEPS):
            slopes, lacks = self._linearised(point)
            if only_best:
                worst = int(lacks.argmax())
                slopes, lacks = slopes[worst : worst + 1], lacks[worst : worst + 1]
            new = self._nearest(point, slopes, lacks)
            if self._leads(new[None])[0]:
                self._take(new)
                return
            if np.abs(new - point).max() < 1e-7:
                return
            point = new

    def _come_nearer(self, found: Array) -> bool:
        """Moves a point along the boundary to where it would be nearest if the boundary were flat."""
        slopes, lacks = self._linearised(found)
        goal = self._nearest(self._example, slopes, lacks + slopes @ (found - self._example))
        before = self._distance
        for share in (1.0, 0.5, 0.25, 0.1, 0.03):
            point = found + share * (goal - found)
            for _ in range(3):  # back to where the target leads
                if self._leads(point[None])[0]:
                    self._take(point)
                    break
                point = self._nearest(point, *self._linearised(point))
            if self._distance < 0.999 * before:
                return True
        return False

    def _linearised(self, point: Array) -> tuple[Array, Array]:
        """Gradients (others, width) of the target's lead over each other output, and what the lead lacks (others,)."""
        outputs = self._network.shape[-1]
        passed = forward(self._network, self._cast(point)[None])
        repeated = ForwardPass(
            [np.repeat(a, outputs, 0) for a in passed.activations], [np.repeat(z, outputs, 0) for z in passed.sums]
        )
        deltas = np.eye(outputs, dtype=passed.sums[-1].dtype)
        down = deltas @ self._network.weights[-1]
        for layer in range(len(self._network.weights) - 1, 0, -1):
            down = multiply_by_slope(self._network, repeated, layer, down) @ self._network.weights[layer - 1]
        others = [number for number in range(outputs) if number != self._target]
        slopes = gradient_by_inputs(self._network, down).astype(np.float64)
        sums = passed.sums[-1][0].astype(np.float64)
        lead = sums[self._target] - sums[others]
        return slopes[self._target] - slopes[others], self._margin(sums) - lead

    def _nearest(self, centre: Array, slopes: Array, lacks: Array) -> Array:
        """Returns the point within the bounds nearest to the centre with slopes · (x - centre) >= lacks.

        x = clip(centre + multipliers · slopes), with multipliers found one after the other (coordinate ascent of the
        dual).
        """
        multipliers = np.zeros(len(lacks))
        moved = centre.copy()  # centre + multipliers · slopes
        order = np.argsort(-lacks)
        for _ in range(_MOST_ROUNDS):
            change = 0.0
            for number in order:
                new = self._multiplier(moved, centre, slopes[number], float(lacks[number]), multipliers[number])
                step = new - multipliers[number]
                if step:
                    moved += step * slopes[number]
                    multipliers[number] = new
                    change = max(change, abs(step))
            if len(lacks) == 1 or change <= 1e-9 + 1e-4 * multipliers.max():
                break
        return self._clipped(moved)

    def _multiplier(self, moved: Array, centre: Array, slope: Array, lack: float, now: float) -> float:
        """Returns the least multiplier >= 0 of one slope that makes up for the lack, by Newton's method on a line with
        kinks.

        The gain grows with the multiplier, less and less where inputs reach a bound. Raising the multiplier by what
        is missing, divided by the squared slopes of inputs that still can move, therefore comes closer each time; where
        it goes too far, the middle of what is left is taken.
        """
        below, above, multiplier = 0.0, math.inf, now
        wanted = lack + float(slope @ centre)
        for _ in range(_MOST_NEWTON_STEPS):
            point = moved + (multiplier - now) * slope
            inside = self._clipped(point)
            missing = wanted - float(slope @ inside)
            if abs(missing) <= 1e-7 * (1 + abs(lack)) or (missing < 0 and multiplier == 0):
                break
            if missing > 0:
                below = multiplier
            else:
                above = multiplier
            free = slope[point == inside]
            length = float(free @ free)
            if not length and above == math.inf:
                break  # no input can move any further
            new = multiplier + missing / length if length else math.inf
            multiplier = max(new, 0.0) if below <= new < above or (new < 0 and not below) else (below + above) / 2
        return multiplier

    def _take(self, point: Array) -> None:
        """Moves towards the example as far as the prediction stays, and keeps the point if it is the nearest."""
        way = point - self._example
        length = float(np.linalg.norm(way))
        below, above = 0.0, 1.0
        for parts in _FINER_AND_FINER:
            shares = np.linspace(below, above, parts + 1)
            leads = self._leads(self._example + shares[:, None] * way)
            first = int(np.argmax(leads))
            if not leads[first]:
                return
            below, above = shares[max(first - 1, 0)], shares[first]
            if below * length >= self._distance:
                return
        if above * length < self._distance:
            self._found, self._distance = self._example + above * way, above * length

    def _leads(self, points: Array) -> Array:
        """Returns whether the target's logit is the largest beyond rounding errors, (points,)."""
        sums = forward(self._network, self._cast(points)).sums[-1].astype(np.float64)
        others = np.delete(sums, self._target, axis=1).max(axis=1)
        leads: Array = sums[:, self._target] - others >= 0.5 * self._margin(sums)
        return leads

    @staticmethod
    def _margin(sums: Array) -> Array:
        margin: Array = 2e-5 * (1 + np.abs(sums).max(axis=-1))
        return margin

    def _clipped(self, point: Array) -> Array:
        return np.minimum(np.maximum(point, self._low), self._high)

    def _cast(self, points: Array) -> Array:
        cast: Array = points.astype(self._network.parameters.dtype)
        return cast
