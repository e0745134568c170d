"""Attributions: the contribution of each input, neuron and connection to an output.

They explain the target's logit z, before softmax or another activation of the output layer. Softmax mixes all outputs,
so an attribution after it would depend on the other outputs, too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from engine.basics.errors import SettingError
from engine.basics.validation import Array, whole_number
from engine.network.backprop import (
    ForwardPass,
    Target,
    check_example,
    first_deltas,
    forward,
    forward_from,
    gradient_by_inputs,
    gradients,
    multiply_by_slope,
    target_outputs,
    target_sums,
)
from engine.network.network import Network

_FIRST_INTERVALS = 32
_MOST_INTERVALS = 4096
_MOST_NUMBERS = 4_000_000  # activations of all intervals: larger networks get fewer intervals
_MOST_ROUNDS = 40
_VAIN_ROUNDS = 3  # halvings in a row after which the intervals miss more than before: only rounding is left
_CLOSE_ENOUGH = 0.005  # tolerance of completeness: as a share of the difference, and as a number


def gradient_times_input(network: Network, inputs: object, target: Target, baseline: object = 0.0) -> Array:
    """Returns each input's distance from the baseline times the gradient of the target's logit, (width,).

    Shrikumar et al. 2016, arXiv:1605.01713. Raises DataError for inputs of a wrong width, SettingError for a target
    that is no output.
    """
    example, start = check_example(network, inputs, target, baseline)
    gradient = gradient_by_inputs(network, gradients(network, forward(network, example[None]), target)[0][0])
    found: Array = (example - start) * gradient
    return found


def integrated_gradients(
    network: Network, inputs: object, target: Target, steps: int | None = None, baseline: object = 0.0
) -> Array:
    """Returns the integrated gradients of the target's logit on the straight path from the baseline to the inputs,
    (width,).

    They add up to the difference of the logits at both ends (completeness). Sundararajan, Taly and Yan 2017,
    arXiv:1703.01365.

    Args:
        inputs: (width,).
        target: the number of an output, or two of them.
        steps: number of gradients, at the middles of equal parts of the way; by default as many as it takes to add
            up within 1 % of the difference (or 0.01): parts in which a gradient does not explain the change are
            halved. Halving stops at 4,096 parts (fewer for a large network), and if only rounding errors are left;
            :func:`completeness_error` returns by how much a result then fails to add up.
        baseline: where the way begins, a number or (width,).

    Raises:
        DataError: inputs or baseline of a wrong width, or no finite numbers.
        SettingError: a target that is no output, or no steps.
    """
    example, start = check_example(network, inputs, target, baseline)
    count = _FIRST_INTERVALS if steps is None else whole_number("steps", steps, 1, "50")
    edges = np.linspace(0, 1, count + 1, dtype=example.dtype)
    way = _Path(network, start, example, target)
    starts, stops = edges[:-1], edges[1:]
    parts, misses = way.parts(starts, stops)
    total: Array = parts.sum(axis=0)
    allowed = _CLOSE_ENOUGH * max(abs(way.difference), 1.0)
    best, least = total, abs(misses.sum())
    most = max(_FIRST_INTERVALS, min(_MOST_INTERVALS, _MOST_NUMBERS // sum(network.shape[1:])))
    rounds, vain = _MOST_ROUNDS if steps is None else 0, 0
    while rounds and vain < _VAIN_ROUNDS and least > allowed:
        rounds -= 1
        worst = np.abs(misses) > allowed / (2 * len(misses))
        if len(misses) + worst.sum() > most:
            break
        total = total - parts[worst].sum(axis=0)
        middles = (starts[worst] + stops[worst]) / 2
        halves = np.concatenate([starts[worst], middles]), np.concatenate([middles, stops[worst]])
        new_parts, new_misses = way.parts(*halves)
        total += new_parts.sum(axis=0)
        vain = vain + 1 if np.abs(new_misses).sum() > np.abs(misses[worst]).sum() else 0
        starts, stops = np.concatenate([starts[~worst], halves[0]]), np.concatenate([stops[~worst], halves[1]])
        parts, misses = np.concatenate([parts[~worst], new_parts]), np.concatenate([misses[~worst], new_misses])
        if abs(misses.sum()) < least:
            best, least = total, abs(misses.sum())
    found: Array = (example - start) * gradient_by_inputs(network, best @ network.weights[0])
    return found


def completeness_error(network: Network, inputs: object, target: Target, found: Array, baseline: object = 0.0) -> float:
    """Returns the gap to completeness of integrated gradients; 0 if it is within 1 % of the difference, or 0.01.

    ``found`` is what :func:`integrated_gradients` returned for the other arguments.
    """
    example, start = check_example(network, inputs, target, baseline)
    before, after = target_sums(forward(network, np.stack([start, example])), target)
    difference = float(after) - float(before)
    miss = abs(float(found.sum(dtype=np.float64)) - difference)
    return miss if miss > 2 * _CLOSE_ENOUGH * max(abs(difference), 1.0) else 0.0


class _Path:
    """The straight path from a baseline to an example, and the target's logit along it.

    The sums of the first layer change linearly along it, so only the layers above are computed at each point.
    """

    def __init__(self, network: Network, start: Array, end: Array, target: Target) -> None:
        self._network, self._target = network, target
        first, last = (network.standardised(each[None])[0] for each in (start, end))
        self._inputs = first[None]
        at_start = first @ network.weights[0].T + network.biases[0][:, 0]
        self._first, self._change = at_start, (last - first) @ network.weights[0].T
        ends = target_sums(self._at(np.array([0, 1], start.dtype)), target)
        self.difference = float(ends[1] - ends[0])

    def _at(self, places: Array) -> ForwardPass:
        return forward_from(self._network, self._inputs, self._first + places[:, None] * self._change)

    def parts(self, starts: Array, stops: Array) -> tuple[Array, Array]:
        """Slopes by the first layer's sums, (parts, neurons), times each part's length; and what each part misses.

        A part misses by how much its slope at the middle does not explain the change of the target's sum.
        """
        count, lengths = len(starts), stops - starts
        passed = self._at(np.concatenate([(starts + stops) / 2, starts, stops]))  # at once: each call costs time
        middles = ForwardPass([a[:count] for a in passed.activations], [z[:count] for z in passed.sums])
        slopes = first_deltas(self._network, middles, self._target) * lengths[:, None]
        _, before, after = target_sums(passed, self._target).reshape(3, count)
        return slopes, after - before - slopes @ self._change


def occlusion(
    network: Network,
    inputs: object,
    target: Target,
    example_shape: Sequence[int],
    size: int,
    baseline: object = 0.0,
) -> Array:
    """Returns (width,): by how much the target's sum falls where a square is covered: the mean of all squares with that
    input.

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
    example, cover = check_example(network, inputs, target, baseline)
    shape = tuple(int(side) for side in example_shape)
    if math.prod(shape) != len(example):
        raise SettingError(
            "example_shape",
            shape,
            f"must have {len(example)} inputs, as the network has",
            "Pass the data set's example_shape.",
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
    """Returns the decrease of the target's logit for each square whose inputs are covered, (squares,)."""
    whole = float(target_sums(forward(network, example[None]), target)[0])
    falls = np.empty(len(squares))
    for start in range(0, len(squares), 500):
        chunk = squares[start : start + 500]
        covered = np.repeat(example[None], len(chunk), axis=0)
        covered[np.arange(len(chunk))[:, None], chunk] = cover[chunk]
        falls[start : start + len(chunk)] = whole - target_sums(forward(network, covered), target)
    return falls


def contributions(network: Network, inputs: object, target: Target) -> list[Array]:
    """Returns activation times the gradient of the target's sum by it, for the input and each hidden layer, (neurons,).

    Within the last layer that is exactly a · w; below it each neuron's share through all layers above, exact where
    they are linear around this example, as with ReLU.
    """
    example, _ = check_example(network, inputs, target, 0.0)
    passed = forward(network, example[None])
    slopes = gradients(network, passed, target)
    return [(a * slope)[0] for a, slope in zip(passed.activations[:-1], slopes, strict=True)]


def connection_contributions(network: Network, inputs: object, target: Target, layer: int) -> Array:
    """Returns each connection's contribution a · w to the target, propagated upward, (neurons, neurons below)."""
    example, _ = check_example(network, inputs, target, 0.0)
    passed = forward(network, example[None])
    above = gradients(network, passed, target)
    if layer == len(network.weights):
        deltas = np.zeros(network.shape[-1], example.dtype)
        for number, sign in zip(target_outputs(target), (1, -1), strict=False):
            deltas[number] += sign
    else:
        deltas = multiply_by_slope(network, passed, layer, above[layer])[0]
    found: Array = deltas[:, None] * network.weights[layer - 1] * passed.activations[layer - 1][0]
    return found
