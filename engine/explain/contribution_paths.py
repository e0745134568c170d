"""Activations of a network for one example, and the connections that contribute most to an output.

Contributions are those of :mod:`engine.explain`: a · w, propagated to the logit of the target. All vectors of one
example are computed once; single connections are looked up on demand, since a wide network has millions of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from engine import explain
from engine.basics.validation import Array
from engine.network.network import Network

_MOST_WEIGHTS = 2_000_000  # weights of a layer up to which norms are exact; beyond, they use a subset of the inputs


@dataclass(frozen=True, eq=False)
class Activity:
    """Activations and contributions of a network for one example.

    Without an example, or if activations are not finite, it is not lit: the lists of vectors are empty, and connections
    are weights.

    Attributes:
        network: the network, which must not be changed.
        example: (width,), or None.
        target: the explained output: the chosen or else the largest one; None if it is not lit.
        activations: of the input and each layer, (neurons,).
        sums: z of each layer after the input, (neurons,).
        deltas: gradients of the target's sum by the sums of each layer after the input, (neurons,).
        shares: contributions of the input and of each hidden layer's neurons to the target's logit, (neurons,).
        importance: of the input and each layer, (neurons,), at least 0; neurons with the largest are shown first.
        planes: of each layer, (neurons, points); see :func:`activation_planes`. Empty unless they are evaluated.
    """

    network: Network
    example: Array | None
    target: int | None
    activations: list[Array]
    sums: list[Array]
    deltas: list[Array]
    shares: list[Array]
    importance: list[Array]
    planes: list[Array] = field(default_factory=list)

    @property
    def is_lit(self) -> bool:
        """Whether there is an example, and all its activations are finite."""
        return bool(self.activations)


@dataclass(frozen=True, eq=False)
class Links:
    """Connections into a layer, the weakest first.

    Attributes:
        layer: where they lead, counted from 1.
        below, above: (k,) the numbers of the neurons at both ends, from 0.
        values: (k,) contributions or weights.
    """

    layer: int
    below: Array
    above: Array
    values: Array

    @cached_property
    def largest(self) -> float:
        """The magnitude of the strongest; 0 without any."""
        return float(np.abs(self.values[-1])) if len(self.values) else 0.0


def compute_activity(network: Network, example: Array | None, target: int | None = None) -> Activity:
    """Returns the activity for an example (width,), explaining the target or else the largest output."""
    if example is None:
        return _unlit(network)
    with np.errstate(all="ignore"):
        passed = explain.forward(network, example[None].astype(network.parameters.dtype, copy=False))
        activations = [a[0] for a in passed.activations]
        if not all(np.isfinite(a).all() for a in activations):
            return replace(_unlit(network), example=example)
        goal = int(activations[-1].argmax()) if target is None else target
        slopes = explain.gradients(network, passed, goal)
        layers = range(1, len(slopes))
        deltas = [explain.multiply_by_slope(network, passed, layer, slopes[layer])[0] for layer in layers]
        shares = [a * slope[0] for a, slope in zip(activations[:-1], slopes, strict=True)]
    deltas.append(np.zeros_like(activations[-1]))
    deltas[-1][goal] = 1
    importance = [*map(np.abs, shares), activations[-1] - activations[-1].min()]
    return Activity(network, example, goal, activations, [z[0] for z in passed.sums], deltas, shares, importance)


def activation_planes(network: Network, points: Array) -> list[Array]:
    """Returns each neuron's activation at points of the input, relative to its largest magnitude there.

    Args:
        points: (points, width), such as the cells of a plane or the places of a curve.

    Returns:
        (neurons, points) per layer, from -1 to 1.
    """
    with np.errstate(all="ignore"):
        answers = [np.nan_to_num(a.T) for a in explain.forward(network, points).activations[1:]]
        largest = [np.abs(a).max(axis=1, keepdims=True) for a in answers]
        return [a / np.maximum(most, 1e-30) for a, most in zip(answers, largest, strict=True)]


def _unlit(network: Network) -> Activity:
    norms = [_norms(weights) for weights in network.weights]
    return Activity(network, None, None, [], [], [], [], [_norms(network.weights[0].T), *norms])


def _norms(weights: Array) -> Array:
    """Returns the squared norms of the neurons' weights, (neurons,); if there are very many, from some inputs only."""
    step = -(-weights.size // _MOST_WEIGHTS)
    with np.errstate(all="ignore"):
        found: Array = np.nan_to_num(np.square(weights[:, ::step]).sum(axis=1))
    return found


def strongest_links(activity: Activity, layer: int, below: Array, above: Array, count: int) -> Links:
    """Returns the strongest connections into a layer, among these neurons of it and of the layer before."""
    values = activity.network.weights[layer - 1][np.ix_(above, below)]
    with np.errstate(all="ignore"):
        if activity.is_lit:
            values = activity.deltas[layer - 1][above][:, None] * values * activity.activations[layer - 1][below]
    best = _largest_in(np.abs(values), count)
    rows, columns = np.divmod(best, max(1, len(below)))
    return Links(layer, below[columns], above[rows], np.nan_to_num(values.ravel()[best]))


def neuron_links(activity: Activity, layer: int, neuron: int, count: int) -> list[Links]:
    """Returns the strongest incoming and outgoing connections of one neuron, if its layer has them.

    With an example their values are a · w, the term that each adds to the sum of the neuron above; without one the
    weights.
    """
    network, found = activity.network, []
    with np.errstate(all="ignore"):
        if layer > 0:
            values = network.weights[layer - 1][neuron]
            values = np.nan_to_num(values * activity.activations[layer - 1] if activity.is_lit else values)
            best = _largest(np.abs(values), count)
            found.append(Links(layer, best, np.full(len(best), neuron), values[best]))
        if layer < len(network.weights):
            values = network.weights[layer][:, neuron]
            values = np.nan_to_num(values * activity.activations[layer][neuron] if activity.is_lit else values)
            best = _largest(np.abs(values), count)
            found.append(Links(layer + 1, np.full(len(best), neuron), best, values[best]))
    return found


def _largest_in(sizes: Array, count: int) -> Array:
    """Returns what :func:`_largest` does, the places in a flattened matrix.

    The largest of ``count`` rows are at least as large as the smallest one of the result. Only what is not smaller is
    sorted: that is several times as fast, since many contributions are equal, 0.
    """
    flat, floor = sizes.ravel(), 0.0
    if 0 < count < len(sizes) and sizes.size:
        floor = float(np.partition(sizes.max(axis=1), -count)[-count])
    with np.errstate(all="ignore"):
        near = np.flatnonzero(flat >= floor if floor > 0 else flat > 0)
    found: Array = near[_largest(flat[near], count)]
    return found


def _largest(sizes: Array, count: int) -> Array:
    """Returns the indices of the largest sizes above 0, in ascending order of size."""
    with np.errstate(all="ignore"):
        is_finite = np.isfinite(sizes.sum())
    if not is_finite:
        sizes = np.nan_to_num(sizes)
    count = min(count, len(sizes))
    places = np.argpartition(sizes, -count)[-count:] if count else np.empty(0, np.intp)
    places = places[np.argsort(sizes[places], kind="stable")]
    found: Array = places[sizes[places] > 0]
    return found


def most_important(activity: Activity, layer: int, count: int) -> Array:
    """Returns the numbers of the neurons to show, (count,), the most important first; all in order if they fit."""
    importance = activity.importance[layer]
    if count >= len(importance):
        return np.arange(len(importance))
    sizes = np.nan_to_num(importance)
    places = np.argpartition(sizes, -count)[-count:]
    found: Array = places[np.lexsort((places, -sizes[places]))]
    return found
