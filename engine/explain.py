"""Why a network answers as it does: what each input contributes, and what would change the answer.

Attributions are of a target's sum z, before softmax or whatever else the output layer applies: softmax mixes all
outputs, so that one's share would also tell of the others. A target is the number of an output, or a pair (one, other)
for the difference of their sums: why one, and not the other. Rows are examples; nothing here depends on what they are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import DataError, EngineError, SettingError, Verbatim
from engine.network import Network
from engine.validation import Array, matrix, whole_number

Target = int | tuple[int, int]

_FIRST_INTERVALS = 16
_MOST_ROUNDS = 40
_CLOSE_ENOUGH = 0.005  # of the difference that integrated gradients must add up to, and as a number
_CLIMBS = 60


class NoChangeError(EngineError):
    """No input within the bounds was found that gets the wanted answer."""


@dataclass(frozen=True)
class Pass:
    """A forward pass, of which every layer is kept.

    Attributes:
        activations: of the input and each layer after it, (examples, neurons).
        sums: z of each layer after the input, (examples, neurons).
    """

    activations: list[Array]
    sums: list[Array]


def forward(network: Network, inputs: Array) -> Pass:
    """Keeps all sums and activations for inputs (examples, width)."""
    activations, sums = [inputs], []
    for weights, biases, function in zip(network.weights, network.biases, network.layer_activations, strict=True):
        z = activations[-1] @ weights.T + biases.T
        sums.append(z)
        a = z.copy()
        function.forward(a)
        activations.append(a)
    return Pass(activations, sums)


def gradients(network: Network, passed: Pass, target: Target, layer: int | None = None) -> list[Array]:
    """The gradients of the target's sum by the activations of the input and each layer below it.

    Args:
        passed: the forward pass.
        target: an output, or with ``layer`` a neuron of that layer, counted from 1.

    Returns:
        A list of (examples, neurons), starting with the input's. Back-propagation: Rumelhart, Hinton, Williams 1986.
    """
    top = len(network.weights) if layer is None else layer
    deltas = np.zeros_like(passed.sums[top - 1])
    for number, sign in zip(_numbers(target), (1, -1), strict=False):
        deltas[:, number] += sign
    found = [deltas @ network.weights[top - 1]]
    for below in range(top - 1, 0, -1):
        found.append(slope_times(network, passed, below, found[-1]) @ network.weights[below - 1])
    return found[::-1]


def slope_times(network: Network, passed: Pass, layer: int, gradient: Array) -> Array:
    """A gradient by a layer's activations, (examples, neurons), as the one by its sums. Layers count from 1."""
    function, through = network.layer_activations[layer - 1], gradient.copy()
    kept = passed.sums[layer - 1] if function.needs_sums else passed.activations[layer]
    function.backward(kept.copy(), through)
    return through


# ---- attributions


def gradient_times_input(network: Network, inputs: object, target: Target, baseline: object = 0.0) -> Array:
    """(width,): each input's distance from the baseline, times how much the target's sum grows with it.

    Shrikumar et al. 2016, arXiv:1605.01713. Raises DataError for inputs of a wrong width, SettingError for a target
    that is no output.
    """
    example, start = _example(network, inputs, target, baseline)
    gradient = gradients(network, forward(network, example[None]), target)[0][0]
    found: Array = (example - start) * gradient
    return found


def integrated_gradients(
    network: Network, inputs: object, target: Target, steps: int | None = None, baseline: object = 0.0
) -> Array:
    """(width,): what each input adds to the target's sum on the straight way from the baseline to the inputs.

    All of them add up to the difference of the sums at both ends. Sundararajan, Taly and Yan 2017, arXiv:1703.01365.

    Args:
        inputs: (width,).
        target: the number of an output, or two of them.
        steps: number of gradients, at the middles of equal parts of the way; by default as many as it takes to add
            up within 1 % of the difference (or 0.01): parts in which a gradient does not explain the change are
            halved.
        baseline: where the way begins, a number or (width,).

    Raises:
        DataError: inputs or baseline of a wrong width, or no finite numbers.
        SettingError: a target that is no output, or no steps.
    """
    example, start = _example(network, inputs, target, baseline)
    count = _FIRST_INTERVALS if steps is None else whole_number("steps", steps, 1, "50")
    edges = np.linspace(0, 1, count + 1)
    found = _Way(network, start, example, target)
    starts, stops = edges[:-1], edges[1:]
    parts, misses = found.parts(starts, stops)
    total: Array = parts.sum(axis=0)
    rounds = _MOST_ROUNDS if steps is None else 0
    allowed = _CLOSE_ENOUGH * max(abs(found.difference), 1.0)
    while rounds and abs(misses.sum()) > allowed:
        rounds -= 1
        worst = np.abs(misses) > allowed / (2 * len(misses))
        total -= parts[worst].sum(axis=0)
        middles = (starts[worst] + stops[worst]) / 2
        halves = np.concatenate([starts[worst], middles]), np.concatenate([middles, stops[worst]])
        new_parts, new_misses = found.parts(*halves)
        total += new_parts.sum(axis=0)
        starts, stops = np.concatenate([starts[~worst], halves[0]]), np.concatenate([stops[~worst], halves[1]])
        parts, misses = np.concatenate([parts[~worst], new_parts]), np.concatenate([misses[~worst], new_misses])
    return total


class _Way:
    """The straight way from a baseline to an example, and the target's sum along it."""

    def __init__(self, network: Network, start: Array, end: Array, target: Target) -> None:
        self._network, self._start, self._target = network, start, target
        self._whole = end - start
        ends = self._sums(forward(network, np.stack([start, end])))
        self.difference = float(ends[1] - ends[0])

    def _sums(self, passed: Pass) -> Array:
        return target_sums(passed, self._target)

    def _at(self, places: Array) -> Pass:
        return forward(self._network, (self._start + places[:, None] * self._whole).astype(self._start.dtype))

    def parts(self, starts: Array, stops: Array) -> tuple[Array, Array]:
        """Attributions (parts, width) of parts of the way, and by how much each misses the change of the sum."""
        slopes = gradients(self._network, self._at((starts + stops) / 2), self._target)[0]
        found = slopes * self._whole * (stops - starts)[:, None]
        change = self._sums(self._at(stops)) - self._sums(self._at(starts))
        return found, change - found.sum(axis=1)


def target_sums(passed: Pass, target: Target) -> Array:
    """(examples,) the target's sums before the output's activation; of two targets, their difference."""
    one, *other = _numbers(target)
    sums: Array = passed.sums[-1][:, one]
    return sums - passed.sums[-1][:, other[0]] if other else sums


def occlusion(
    network: Network,
    inputs: object,
    target: Target,
    example_shape: Sequence[int],
    size: int,
    baseline: object = 0.0,
) -> Array:
    """(width,): by how much the target's sum falls where a square is covered: the mean of all squares with that input.

    Zeiler and Fergus 2014, arXiv:1311.2901, section 4.2.

    Args:
        inputs: (width,).
        example_shape: how the inputs are arranged: (height, width), or (columns,) without an order in two directions.
        size: side of the square, in inputs; it never leaves the example.
        baseline: what covers the inputs, a number or (width,).

    Raises:
        DataError: inputs of a wrong width.
        SettingError: a shape of another size, or a square that is larger than the example.
    """
    example, cover = _example(network, inputs, target, baseline)
    shape = tuple(int(side) for side in example_shape)
    if math.prod(shape) != len(example):
        raise SettingError(
            "example_shape", shape, f"must have {len(example)} inputs, as the network has", "Give the data's own."
        )
    side = whole_number("size", size, 1, "4")
    if side > min(shape):
        raise SettingError("size", size, f"must be at most {min(shape)}, the example's shorter side", "Try 4.")
    places = np.arange(len(example)).reshape(shape)
    corners = itertools.product(*(range(length - side + 1) for length in shape))
    squares = np.array([places[tuple(slice(c, c + side) for c in corner)].ravel() for corner in corners])
    falls = _falls(network, example, cover, target, squares)
    total, count = np.zeros(len(example)), np.zeros(len(example))
    np.add.at(total, squares.ravel(), np.repeat(falls, squares.shape[1]))
    np.add.at(count, squares.ravel(), 1)
    return (total / count).astype(example.dtype)


def _falls(network: Network, example: Array, cover: Array, target: Target, squares: Array) -> Array:
    """(squares,): by how much the target's sum falls if the inputs of a square are covered."""
    whole = float(target_sums(forward(network, example[None]), target)[0])
    falls = np.empty(len(squares))
    for start in range(0, len(squares), 500):
        chunk = squares[start : start + 500]
        covered = np.repeat(example[None], len(chunk), axis=0)
        covered[np.arange(len(chunk))[:, None], chunk] = cover[chunk]
        falls[start : start + len(chunk)] = whole - target_sums(forward(network, covered), target)
    return falls


def contributions(network: Network, inputs: object, target: Target) -> list[Array]:
    """For the input and each hidden layer, (neurons,): activation times the gradient of the target's sum by it.

    Within the last layer that is exactly a · w; below it each neuron's share through all layers above, exact where
    they are linear around this example, as with ReLU.
    """
    example, _ = _example(network, inputs, target, 0.0)
    passed = forward(network, example[None])
    slopes = gradients(network, passed, target)
    return [(a * slope)[0] for a, slope in zip(passed.activations[:-1], slopes, strict=True)]


def connection_contributions(network: Network, inputs: object, target: Target, layer: int) -> Array:
    """(neurons, neurons below): what each connection into a layer contributes to the target: a · w, carried on."""
    example, _ = _example(network, inputs, target, 0.0)
    passed = forward(network, example[None])
    above = gradients(network, passed, target)
    if layer == len(network.weights):
        deltas = np.zeros(network.shape[-1], example.dtype)
        for number, sign in zip(_numbers(target), (1, -1), strict=False):
            deltas[number] += sign
    else:
        deltas = slope_times(network, passed, layer, above[layer])[0]
    found: Array = deltas[:, None] * network.weights[layer - 1] * passed.activations[layer - 1][0]
    return found


# ---- what would turn it


def smallest_change(network: Network, inputs: object, target: int, low: object = 0.0, high: object = 1.0) -> Array:
    """(width,): inputs near the given ones, by the Euclidean norm, for which the target has the largest output.

    Linearises all differences to the target around the last point, takes the nearest point to the *given* inputs at
    which the linearised network gives the target, within the bounds, and repeats; that is DeepFool (Moosavi-Dezfooli
    et al. 2016, arXiv:1511.04599) with the pull to the original of Croce and Hein 2020 (arXiv:1907.02044). From each
    point found, the way back is searched for the first place that still gets the answer.

    Args:
        inputs: (width,), within the bounds.
        low, high: bounds of the inputs, numbers or (width,).

    Raises:
        NoChangeError: nothing was found.
        DataError: inputs or bounds of a wrong width.
        SettingError: a target that is no output, or a network with a single one.
    """
    example, _ = _example(network, inputs, target, 0.0)
    if network.shape[-1] < 2:
        raise SettingError("target", target, "must be one of at least two outputs", "Explain its sum instead.")
    least, most = _row(network, "low", low), _row(network, "high", high)
    if (least > most).any():
        raise SettingError("low", Verbatim("above high"), "must be at most high for every input", "Swap them.")
    search = _Turning(network, np.clip(example, least, most), target, least, most)
    found = search.best()
    if found is None:
        rule = f"must be an answer that some inputs within the bounds get near these; none was found for {target}"
        raise NoChangeError("target", target, rule, "Try another class.")
    return found


class _Turning:
    """Searches for the nearest inputs that get an answer."""

    def __init__(self, network: Network, example: Array, target: int, low: Array, high: Array) -> None:
        self._network, self._target = network, target
        self._example, self._low, self._high = (part.astype(np.float64) for part in (example, low, high))
        self._found: Array | None = None
        self._distance = math.inf

    def best(self) -> Array | None:
        """The nearest inputs found, in the network's number type; None if there are none."""
        if self._leads(self._example[None])[0]:
            return self._cast(self._example)
        for only_best in (True, False):
            self._cross(only_best)
        while self._found is not None and self._come_nearer(self._found):
            pass
        return None if self._found is None else self._cast(self._found)

    def _cross(self, only_best: bool, steps: int = 60) -> None:
        """Crosses the linearised boundary again and again, to the target from all others or only from the best."""
        point = self._example
        for _ in range(steps):
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
        """From a point on the boundary towards where the boundary would be nearest if it were flat."""
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
        repeated = Pass(
            [np.repeat(a, outputs, 0) for a in passed.activations], [np.repeat(z, outputs, 0) for z in passed.sums]
        )
        deltas = np.eye(outputs, dtype=passed.sums[-1].dtype)
        down = deltas @ self._network.weights[-1]
        for layer in range(len(self._network.weights) - 1, 0, -1):
            down = slope_times(self._network, repeated, layer, down) @ self._network.weights[layer - 1]
        others = [number for number in range(outputs) if number != self._target]
        slopes = down.astype(np.float64)
        sums = passed.sums[-1][0].astype(np.float64)
        lead = sums[self._target] - sums[others]
        return slopes[self._target] - slopes[others], self._margin(sums) - lead

    def _nearest(self, centre: Array, slopes: Array, lacks: Array) -> Array:
        """The point within the bounds nearest to the centre with slopes · (x - centre) >= lacks.

        x = clip(centre + multipliers · slopes), with multipliers found one after the other by bisection (coordinate
        ascent of the dual).
        """
        multipliers = np.zeros(len(lacks))
        for _ in range(12):
            before = multipliers.copy()
            for number in np.argsort(-lacks):
                multipliers[number] = self._multiplier(centre, slopes, lacks, multipliers, int(number))
            if np.abs(multipliers - before).max() <= 1e-9 + 1e-4 * np.abs(multipliers).max():
                break
        return self._clipped(centre + multipliers @ slopes)

    def _multiplier(self, centre: Array, slopes: Array, lacks: Array, multipliers: Array, number: int) -> float:
        slope = slopes[number]
        length = float(slope @ slope)
        if not length:
            return 0.0
        rest = centre + multipliers @ slopes - multipliers[number] * slope

        def misses(multiplier: float) -> float:
            return float(lacks[number] - slope @ (self._clipped(rest + multiplier * slope) - centre))

        if misses(0.0) <= 0:
            return 0.0
        below, above = 0.0, max(2 * misses(0.0) / length, 1e-9)
        for _ in range(30):
            if misses(above) <= 0:
                break
            below, above = above, 4 * above
        for _ in range(30):
            middle = (below + above) / 2
            below, above = (middle, above) if misses(middle) > 0 else (below, middle)
        return above

    def _take(self, point: Array) -> None:
        """Goes back towards the example as far as the answer stays, and keeps the point if it is the nearest."""
        way = point - self._example
        shares = np.linspace(0, 1, 65)
        leads = self._leads(self._example + shares[:, None] * way)
        first = int(np.argmax(leads))
        if not leads[first]:
            return
        below, above = shares[max(first - 1, 0)], shares[first]
        for _ in range(24):
            middle = (below + above) / 2
            below, above = (below, middle) if self._leads((self._example + middle * way)[None])[0] else (middle, above)
        distance = above * float(np.linalg.norm(way))
        if distance < self._distance:
            self._found, self._distance = self._example + above * way, distance

    def _leads(self, points: Array) -> Array:
        """(points,) whether the target's sum leads by more than rounding could take away."""
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


# ---- what a neuron looks for


def carried_back(network: Network, layer: int, neuron: int, inputs: object | None = None) -> Array:
    """(width,): a neuron's weights carried back to the input, layer by layer.

    Without ``inputs`` the product of the weights, as if all layers below were linear; with inputs (width,) each layer's
    slope at that example counts too: the gradient of the neuron's sum. Layers count from 1, neurons from 0.
    """
    _check_neuron(network, layer, neuron)
    if inputs is not None:
        example = matrix("inputs", [np.asarray(inputs)], network.shape[0], network.parameters.dtype)
        slope: Array = gradients(network, forward(network, example), neuron, layer)[0][0]
        return slope
    down: Array = network.weights[layer - 1][neuron]
    for below in range(layer - 1, 0, -1):
        down = down @ network.weights[below - 1]
    return np.array(down)


def most_exciting(
    network: Network, layer: int, neuron: int, low: object = 0.0, high: object = 1.0, start: object | None = None
) -> Array:
    """(width,): inputs within the bounds that excite a neuron more and more, by gradient ascent on its sum.

    Each step follows the gradient, is kept within the bounds, and is taken only if the sum grows; it ends at a local
    maximum. Erhan et al. 2009, "Visualizing Higher-Layer Features of a Deep Network". Begins in the middle between the
    bounds unless ``start`` is given. Layers count from 1, neurons from 0.
    """
    _check_neuron(network, layer, neuron)
    least, most = _row(network, "low", low), _row(network, "high", high)
    point = (least + most) / 2 if start is None else np.clip(_row(network, "start", start), least, most)
    passed = forward(network, point[None])
    reach = float(np.linalg.norm(most - least)) / 4
    for _ in range(_CLIMBS):
        slope = gradients(network, passed, neuron, layer)[0][0]
        length = float(np.linalg.norm(slope))
        if not length or reach < 1e-6:
            break
        new = np.clip(point + reach / length * slope, least, most)
        tried = forward(network, new[None])
        if tried.sums[layer - 1][0, neuron] > passed.sums[layer - 1][0, neuron]:
            point, passed, reach = new, tried, 1.5 * reach
        else:
            reach /= 4
    return point


def nearest_examples(network: Network, inputs: object, examples: Array, count: int, layer: int | None = None) -> Array:
    """(count,) numbers of the examples (k, width) nearest to the inputs, as the last hidden layer sees them.

    The distance is the Euclidean one between activations. ``layer`` names another layer, from 1; 0 is the input itself.
    """
    number = len(network.weights) - 1 if layer is None else layer
    example = matrix("inputs", [np.asarray(inputs)], network.shape[0], network.parameters.dtype)
    own = forward(network, example).activations[number][0]
    distances = np.concatenate(
        [
            np.square(forward(network, examples[start : start + 2000]).activations[number] - own).sum(axis=1)
            for start in range(0, len(examples), 2000)
        ]
    )
    nearest = np.argpartition(distances, min(count, len(distances)) - 1)[:count]
    return nearest[np.argsort(distances[nearest], kind="stable")]


# ---- checks


def _numbers(target: Target) -> tuple[int, ...]:
    return target if isinstance(target, tuple) else (target,)


def _example(network: Network, inputs: object, target: Target, baseline: object) -> tuple[Array, Array]:
    """Inputs and baseline as (width,), checked, as is the target."""
    for number in _numbers(target):
        given: object = number
        is_whole = isinstance(given, (int, np.integer)) and not isinstance(given, bool)
        if not is_whole or not 0 <= number < network.shape[-1]:
            rule = f"must be the number of an output, 0 to {network.shape[-1] - 1}"
            raise SettingError("target", number, rule, "Choose one of them.")
    return _row(network, "inputs", inputs, scalar=False), _row(network, "baseline", baseline)


def _row(network: Network, name: str, values: object, scalar: bool = True) -> Array:
    """Values as (width,) of the network's number type; a number stands for all inputs where ``scalar`` is set."""
    given = np.asarray(values)
    if scalar and given.ndim == 0:
        given = np.full(network.shape[0], given)
    if given.ndim != 1:
        raise DataError(
            name, Verbatim(f"of shape {given.shape}"), f"must be one example, ({network.shape[0]},)", "Give one row."
        )
    row: Array = matrix(name, given[None], network.shape[0], network.parameters.dtype)[0]
    return row


def _check_neuron(network: Network, layer: int, neuron: int) -> None:
    if not 1 <= layer <= len(network.weights):
        raise SettingError("layer", layer, f"must be from 1 to {len(network.weights)}", "The input has no neurons.")
    if not 0 <= neuron < network.shape[layer]:
        raise SettingError("neuron", neuron, f"must be from 0 to {network.shape[layer] - 1}", "Choose one of them.")
