"""How a network's numbers are spread, layer by layer: weights, biases, activations, gradients, and who is dead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.buffers import TrainingBuffers
from engine.datasets import Split
from engine.metrics import Evaluation
from engine.network import Network, chunk_rows
from engine.validation import Array

# So many examples show how neurons answer, and so many numbers how a layer's are spread.
EXAMPLES = 256
_SAMPLE = 4096
_PIECE = 65_536
# A neuron whose slope stays below this on every example learns next to nothing: it is dead, or saturated.
_FLAT = 1e-3
# Right no more than this many times as often as the most frequent class alone would be: at chance.
_NEAR_CHANCE = 1.1
# A layer is dead that gives one answer, up to so much, to all but so large a share of the examples.
_SAME, _FEW = 1e-3, 0.02


@dataclass(frozen=True, eq=False)
class Spread:
    """Some numbers of one kind.

    Attributes:
        sample: at most 4,096 of them, drawn at random, the same places each time; only finite ones.
        count: how many there are.
        low, high, mean, deviation: of all that are finite; 0 where none is.
    """

    sample: Array
    count: int
    low: float
    high: float
    mean: float
    deviation: float


@dataclass(frozen=True, eq=False)
class LayerSpreads:
    """One layer after the input.

    Attributes:
        weights, biases: its parameters.
        activations: its neurons' answers to the examples.
        gradients: of the mean loss of the examples with respect to its weights.
        dead: how many of its neurons are flat, at a slope below 0.001, on every example; None for the output layer.
        neurons: how many it has.
    """

    weights: Spread
    biases: Spread
    activations: Spread
    gradients: Spread
    dead: int | None
    neurons: int


class Anatomist:
    """Looks at networks of one make with the same examples, in buffers that it keeps."""

    def __init__(self, network: Network, split: Split) -> None:
        """``split`` gives the examples, of which the first 256 are taken. Its ends must be those of the network."""
        some = split.head(EXAMPLES)
        self._inputs = some.take(slice(None), np.empty(some.inputs.shape, network.parameters.dtype))
        self._targets = some.targets
        self._buffers = TrainingBuffers(network, len(some))

    def look_at(self, network: Network) -> list[LayerSpreads]:
        """A network of the make that was given; it is not changed."""
        buffers, last = self._buffers, len(network.weights) - 1
        with np.errstate(all="ignore"):
            network.forward_with_loss(self._inputs, self._targets, buffers)
            activations = [spread_of(answers) for answers in buffers.outputs]
            dead = [int(_flat(network, buffers, layer).sum()) for layer in range(last)]
            network.backward(self._inputs, self._targets, buffers)
            return [
                LayerSpreads(
                    weights=spread_of(network.weights[layer]),
                    biases=spread_of(network.biases[layer]),
                    activations=activations[layer],
                    gradients=spread_of(buffers.weight_gradients[layer]),
                    dead=dead[layer] if layer < last else None,
                    neurons=network.shape[layer + 1],
                )
                for layer in range(last + 1)
            ]


def is_at_chance(figures: Evaluation | None) -> bool:
    """Whether the network does no better than one that always answers the most frequent class; False for regression."""
    if figures is None or figures.confusion is None or not figures.error:
        return False
    most_frequent = figures.confusion.sum(axis=1).max() / figures.confusion.sum()
    return bool(figures.error >= 1 - _NEAR_CHANCE * most_frequent)


@np.errstate(all="ignore")
def dead_layer(network: Network, split: Split) -> int | None:
    """The number, from 1, of the first hidden layer that tells examples apart no longer and has no slope to recover by.

    Looks at up to 1,000 examples, and lets a layer be called dead that still wakes up for one in fifty of them.
    """
    some = split.head(chunk_rows(network.shape, len(split)))
    buffers = TrainingBuffers(network, len(some))
    network.forward(some.take(slice(None), np.empty(some.inputs.shape, network.parameters.dtype)), buffers)
    for layer, answers in enumerate(buffers.outputs[:-1]):
        usual = np.median(answers, axis=0)
        awake = (np.abs(answers - usual) > _SAME * np.maximum(1, np.abs(usual))).any(axis=1)
        if awake.mean() < _FEW and _flat(network, buffers, layer, ~awake).all():
            return layer + 1
    return None


def _flat(network: Network, buffers: TrainingBuffers, layer: int, rows: Array | slice = slice(None)) -> Array:
    """(neurons,) which neurons of a layer have no slope on any of the examples that went forward, or of some rows."""
    sums = buffers.sums[layer]
    values = (buffers.outputs[layer] if sums is None else sums)[rows].copy()  # it is used up
    slope = np.ones_like(values)
    network.layer_activations[layer].backward(values, slope)
    flat: Array = np.abs(slope).max(axis=0) < _FLAT
    return flat


@np.errstate(all="ignore")
def spread_of(values: Array) -> Spread:
    """How the numbers of an array of any shape are spread."""
    flat = values.reshape(-1) if values.flags.c_contiguous else values.T.reshape(-1)
    count = flat.size
    if not np.isfinite(flat.min() + flat.max()):  # NaN comes through both
        flat = flat[np.isfinite(flat)]
    if not flat.size:
        return Spread(flat, count, 0.0, 0.0, 0.0, 0.0)
    sample = np.array(flat if flat.size <= _SAMPLE else flat[_places(flat.size)])
    mean = flat.mean(dtype=np.float64)
    return Spread(sample, count, float(flat.min()), float(flat.max()), float(mean), _deviation(flat, mean))


def _deviation(flat: Array, mean: np.float64) -> float:
    """In pieces: without a copy of all the numbers, and without taking large squares from one another."""
    total = np.float64(0)
    for start in range(0, flat.size, _PIECE):
        off = flat[start : start + _PIECE] - mean
        total += np.dot(off, off)
    return float(np.sqrt(total / flat.size))


@lru_cache(maxsize=64)
def _places(size: int) -> Array:
    """Where to draw from so many numbers: the same each time, so that a histogram moves only as they do."""
    return np.sort(np.random.default_rng(0).choice(size, _SAMPLE, replace=False))
