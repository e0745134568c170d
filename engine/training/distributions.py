"""Layer statistics: distributions of weights, biases, activations and gradients, and the number of dead neurons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Split
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network, chunk_rows
from engine.training.metrics import Evaluation

# Number of examples for activations and gradients, and size of the sample of a distribution.
EXAMPLES = 256
_SAMPLE = 4096
_JUDGED = 1000  # examples that tell which neurons are dead
_PIECE = 65_536
# A neuron whose slope stays below this for every example hardly learns: it is dead, or saturated.
FLAT = 1e-3
# An output whose slope is below this is saturated: sigmoid beyond 0.99, tanh beyond 0.995.
_SATURATED = 1e-2
# At chance: right at most this many times as often as the most frequent class alone would be.
_NEAR_CHANCE = 1.1
# A layer is dead if its outputs are equal, within this, for all examples but this share.
_SAME, _FEW = 1e-3, 0.02


@dataclass(frozen=True, eq=False)
class DistributionSummary:
    """The distribution of some numbers.

    Attributes:
        sample: at most 4,096 of the finite numbers, taken at random places that are the same every time.
        count: how many numbers there are.
        low, high, mean, deviation: of the finite numbers; 0 if there are none.
    """

    sample: Array
    count: int
    low: float
    high: float
    mean: float
    deviation: float


@dataclass(frozen=True, eq=False)
class LayerDistributions:
    """The statistics of one layer after the input.

    Attributes:
        weights, biases: its parameters.
        activations: its neurons' outputs for the examples.
        gradients: gradient of the examples' mean loss with respect to its weights.
        dead: number of neurons whose slope is below 0.001 for every example; None for the output layer.
        neurons: number of neurons.
    """

    weights: DistributionSummary
    biases: DistributionSummary
    activations: DistributionSummary
    gradients: DistributionSummary
    dead: int | None
    neurons: int


@dataclass(frozen=True)
class LayerActivity:
    """How much of a hidden layer responds to some examples.

    Attributes:
        activation: the registered name of its activation.
        neurons: number of neurons.
        dead: number of neurons whose slope is below 0.001 for every example.
        saturated: share of the outputs, of all neurons for all examples, at which the slope is below 0.01.
    """

    activation: str
    neurons: int
    dead: int
    saturated: float


class LayerStatisticsEvaluator:
    """Computes the layer statistics of networks of one shape on the same examples. Reuses its buffers."""

    def __init__(self, network: Network, split: Split) -> None:
        """Allocates buffers for the first 256 examples of ``split``, whose width and outputs must fit the network."""
        some = split.head(EXAMPLES)
        self._inputs = some.scaled_inputs(network.parameters.dtype)
        self._targets = some.targets
        self._buffers = TrainingBuffers(network, len(some))

    def evaluate(self, network: Network) -> list[LayerDistributions]:
        """Returns the statistics of each layer. ``network`` has the shape given before; it is not changed."""
        buffers, last = self._buffers, len(network.weights) - 1
        with np.errstate(all="ignore"):
            network.forward_with_loss(self._inputs, self._targets, buffers)
            activations = [summarise(answers) for answers in buffers.outputs]
            dead = [int(_flat(network, buffers, layer).sum()) for layer in range(last)]
            network.backward(self._inputs, self._targets, buffers)
            return [
                LayerDistributions(
                    weights=summarise(network.weights[layer]),
                    biases=summarise(network.biases[layer]),
                    activations=activations[layer],
                    gradients=summarise(buffers.weight_gradients[layer]),
                    dead=dead[layer] if layer < last else None,
                    neurons=network.shape[layer + 1],
                )
                for layer in range(last + 1)
            ]


@np.errstate(all="ignore")
def layer_activities(network: Network, split: Split) -> list[LayerActivity]:
    """Returns the activity of each hidden layer on the first 256 examples of ``split``, by a forward pass."""
    some = split.head(EXAMPLES)
    # The gradient is never written, so that none has to be allocated.
    buffers = TrainingBuffers(network, len(some), gradient=network.parameters)
    network.forward(some.scaled_inputs(network.parameters.dtype), buffers)
    found = []
    for layer, name in enumerate(network.activations[:-1]):
        slopes = np.abs(_slopes(network, buffers, layer))
        dead = int((slopes.max(axis=0) < FLAT).sum())
        found.append(LayerActivity(name, network.shape[layer + 1], dead, float((slopes < _SATURATED).mean())))
    return found


@np.errstate(all="ignore")
def dead_neurons(network: Network, split: Split) -> list[Array]:
    """Returns (neurons,) bool for each hidden layer: whether an output is 0 for the first 1,000 examples."""
    some = split.head(_JUDGED)
    buffers = TrainingBuffers(network, len(some), gradient=network.parameters)
    network.forward(some.scaled_inputs(network.parameters.dtype), buffers)
    return [np.logical_not(outputs.any(axis=0)) for outputs in buffers.outputs[:-1]]


def is_at_chance(figures: Evaluation | None) -> bool:
    """Whether the network is hardly better than always giving the most frequent class; False for regression."""
    if figures is None or figures.confusion is None or not figures.error:
        return False
    most_frequent = figures.confusion.sum(axis=1).max() / figures.confusion.sum()
    return bool(figures.error >= 1 - _NEAR_CHANCE * most_frequent)


@np.errstate(all="ignore")
def dead_layer(network: Network, split: Split) -> int | None:
    """Returns the number, from 1, of the first hidden layer with equal outputs for nearly all examples and no slope.

    Such a layer hardly recovers. It is tested on up to 1,000 examples, of which fewer than one in fifty may have other
    outputs. So not each of its neurons must be dead: that is one without slope on every example.
    """
    some = split.head(chunk_rows(network.shape, len(split)))
    buffers = TrainingBuffers(network, len(some))
    network.forward(some.scaled_inputs(network.parameters.dtype), buffers)
    for layer, answers in enumerate(buffers.outputs[:-1]):
        typical = np.median(answers, axis=0)
        awake = (np.abs(answers - typical) > _SAME * np.maximum(1, np.abs(typical))).any(axis=1)
        if awake.mean() < _FEW and _flat(network, buffers, layer, ~awake).all():
            return layer + 1
    return None


def _flat(network: Network, buffers: TrainingBuffers, layer: int, rows: Array | slice = slice(None)) -> Array:
    """Returns (neurons,) bool: whether a neuron has no slope on any example (or ``rows``) of the last forward pass."""
    flat: Array = np.abs(_slopes(network, buffers, layer, rows)).max(axis=0) < FLAT
    return flat


def _slopes(network: Network, buffers: TrainingBuffers, layer: int, rows: Array | slice = slice(None)) -> Array:
    """Returns (examples, neurons) the slope of a layer's activation on the examples of the last forward pass."""
    values = buffers.kept[layer][rows].copy()  # backward() overwrites it
    slopes = np.ones_like(values)
    network.layer_activations[layer].backward(values, slopes)
    return slopes


@np.errstate(all="ignore")
def summarise(values: Array) -> DistributionSummary:
    """Returns the distribution of an array of any shape."""
    flat = values.reshape(-1) if values.flags.c_contiguous else values.T.reshape(-1)
    count = flat.size
    if not np.isfinite(flat.min() + flat.max()):  # NaN passes through both
        flat = flat[np.isfinite(flat)]
    if not flat.size:
        return DistributionSummary(flat, count, 0.0, 0.0, 0.0, 0.0)
    sample = np.array(flat if flat.size <= _SAMPLE else flat[_places(flat.size)])
    mean = flat.mean(dtype=np.float64)
    return DistributionSummary(sample, count, float(flat.min()), float(flat.max()), float(mean), _deviation(flat, mean))


def _deviation(flat: Array, mean: np.float64) -> float:
    """Computes the deviation in pieces, which avoids a copy of all numbers and the cancellation of large squares."""
    total = np.float64(0)
    for start in range(0, flat.size, _PIECE):
        off = flat[start : start + _PIECE] - mean
        total += np.dot(off, off)
    return float(np.sqrt(total / flat.size))


@lru_cache(maxsize=64)
def _places(size: int) -> Array:
    """Returns the places of a sample, always the same, so that a histogram moves only if the numbers do."""
    return np.sort(np.random.default_rng(0).choice(size, _SAMPLE, replace=False))
