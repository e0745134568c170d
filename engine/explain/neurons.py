"""One neuron: its activations, the examples that excite it, and the network without it (ablation).

Layers count from 1, the last one gives the outputs; neurons count from 0. Rows are examples.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.datasets import Split
from engine.datasets.scaling import Scaling
from engine.explain.features import activations_of
from engine.network.backprop import check_neuron, forward
from engine.network.network import Network, chunk_rows
from engine.training.distributions import FLAT
from engine.training.metrics import Evaluation
from engine.training.residuals import Residuals

_FIFTHS = 5


# ---- parts of a network


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that are edited together: a neuron's bias, one of its weights, or all its outgoing weights.

    Attributes:
        what: "bias", "weight" or "outgoing".
        layer, neuron: the neuron.
        source: of a weight, the number of the input or of the neuron below; else unused.
    """

    what: str
    layer: int
    neuron: int
    source: int = 0

    def view(self, network: Network) -> Array:
        """Returns these parameters of a network, (count,), as a view: writing to it changes the network."""
        check_neuron(network, self.layer, self.neuron)
        if self.what == "outgoing":
            check_not_output(network, self.layer)
            found: Array = network.weights[self.layer][:, self.neuron]
        elif self.what == "weight":
            found = network.weights[self.layer - 1][self.neuron, self.source : self.source + 1]
        else:
            found = network.biases[self.layer - 1][self.neuron]
        return found


def check_not_output(network: Network, layer: int) -> None:
    """Raises SettingError for the last layer, whose neurons are the outputs and feed no other."""
    if layer >= len(network.weights):
        raise SettingError("layer", layer, "must be a hidden layer, because outputs feed no neuron", "Choose another.")


# ---- what if


def scaled(network: Network, factors: Mapping[tuple[int, int], float]) -> Network:
    """Returns a copy in which the outgoing weights of some neurons are multiplied by a factor; 0 switches one off.

    Args:
        network: the network, which is not changed.
        factors: the factors by layer and neuron.

    Raises:
        SettingError: the network has no such neuron, or the neuron is an output.
    """
    copy = network.copy()
    for (layer, neuron), factor in factors.items():
        leading = ParameterGroup("outgoing", layer, neuron).view(copy)
        leading *= factor
    return copy


def ablate_each(
    network: Network, split: Split, layer: int, target_scaling: Scaling | None = None
) -> Generator[float, None, tuple[Evaluation, list[Evaluation]]]:
    """Measures the network without each neuron of a hidden layer in turn: an ablation.

    The layer's activations are computed once; without a neuron, the next layer's sums lack its a · w.

    Args:
        target_scaling: the scaling of numeric targets, which gives the RMSE in their own unit.

    Yields:
        the share 0…1 that is done, often enough to stop in between.

    Returns:
        the results with all neurons, and a list of those without each: the loss, and the error or the RMSE.

    Raises:
        SettingError: there is no such layer, or it is that of the outputs.
    """
    check_neuron(network, layer, 0)
    check_not_output(network, layer)
    neurons, outgoing = network.shape[layer], network.weights[layer]
    sums_of = [_Sums(split, target_scaling) for _ in range(neurons + 1)]
    for rows, inputs in _chunks(network, split):
        part = split.at(rows)
        with np.errstate(all="ignore"):
            activations = activations_of(network, inputs, layer)
        sums = activations @ outgoing.T + network.biases[layer].T
        share = (rows.start, len(part) / len(split))
        for place in range(neurons + 1):  # the last one leaves out nothing
            without = sums.copy()
            if place < neurons:
                without -= activations[:, place, None] * outgoing[:, place]
            sums_of[place].add(part, *_measured(network, without, layer, part))
            yield share[0] / len(split) + share[1] * (place + 1) / (neurons + 1)
    *each, whole = (sums.evaluation for sums in sums_of)
    return whole, each


class _Sums:
    """Running sums of the results on the chunks of a split."""

    def __init__(self, split: Split, target_scaling: Scaling | None) -> None:
        self._count, self._loss, self._wrong = len(split), 0.0, 0
        self._residuals = Residuals(split.targets, target_scaling) if split.labels is None else None

    def add(self, part: Split, loss: float, outputs: Array) -> None:
        """Adds a chunk: its mean loss and its outputs."""
        self._loss += loss * len(part)
        if self._residuals is not None:
            with np.errstate(all="ignore"):
                self._residuals.add(outputs, part.targets)
        else:
            self._wrong += int((outputs.argmax(axis=1) != part.labels).sum())

    @property
    def evaluation(self) -> Evaluation:
        if self._residuals is None:
            return Evaluation(self._loss / self._count, self._wrong / self._count, None)
        return Evaluation(self._loss / self._count, None, None, rmse=self._residuals.rmse)


def _measured(network: Network, sums: Array, layer: int, part: Split) -> tuple[float, Array]:
    """Returns mean loss and outputs from the sums above a layer, which are overwritten."""
    with np.errstate(all="ignore"):
        for above in range(layer, len(network.weights) - 1):
            network.layer_activations[above].forward(sums)
            sums = sums @ network.weights[above + 1].T + network.biases[above + 1].T
        loss = network.loss_function.forward(sums, part.targets, network.layer_activations[-1])
    return loss, sums


def _chunks(network: Network, split: Split) -> Generator[tuple[slice, Array], None, None]:
    """Yields the rows of each chunk of a split, and their inputs in a buffer that is reused."""
    size = chunk_rows(network.shape, len(split))
    buffer = np.empty((size, split.width), network.parameters.dtype)
    for start in range(0, len(split), size):
        rows = slice(start, min(start + size, len(split)))
        yield rows, split.take(rows, buffer[: rows.stop - start])


# ---- activations


@dataclass(frozen=True, eq=False)
class NeuronActivations:
    """Activations of one neuron for many examples.

    Attributes:
        values: its activation for each, (examples,).
        dead: whether its slope is below 0.001 on all of them, so that its weights hardly change.
    """

    values: Array
    dead: bool

    @property
    def strongest(self) -> Array:
        """The numbers of all examples, the most exciting first."""
        return np.argsort(-np.nan_to_num(self.values), kind="stable")


def answers(network: Network, split: Split, layer: int, neuron: int) -> NeuronActivations:
    """Returns a neuron's activations for all examples. Raises SettingError if there is no such neuron."""
    check_neuron(network, layer, neuron)
    weights, bias = network.weights[layer - 1][neuron, :, None], network.biases[layer - 1][neuron]
    function = network.layer_activations[layer - 1]
    values, steepest = np.empty(len(split), network.parameters.dtype), 0.0
    is_output = layer == len(network.weights)  # softmax mixes all outputs, and an output cannot die
    with np.errstate(all="ignore"):
        for rows, inputs in _chunks(network, split):
            if is_output:
                values[rows] = activations_of(network, inputs, layer)[:, neuron]
                continue
            sums = activations_of(network, inputs, layer - 1) @ weights + bias  # (rows, 1)
            a, slope = sums.copy(), np.ones_like(sums)
            function.forward(a)
            values[rows] = a[:, 0]
            function.backward(sums if function.needs_sums else a, slope)
            steepest = max(steepest, float(np.abs(slope).max()))
    return NeuronActivations(values, not is_output and steepest < FLAT)


def activation(network: Network, inputs: Array, layer: int, neuron: int) -> float:
    """Returns a neuron's activation for one example, (width,). Raises SettingError if there is no such neuron."""
    check_neuron(network, layer, neuron)
    return float(forward(network, inputs[None]).activations[layer][0, neuron])


def mean_by_class(values: Array, labels: Array, classes: int) -> Array:
    """Returns the mean value of each class, (classes,); NaN for a class without examples."""
    counts = np.bincount(labels, minlength=classes)
    totals = np.bincount(labels, weights=values, minlength=classes)
    with np.errstate(invalid="ignore"):
        means: Array = totals / counts
    return means


def mean_by_fifth(values: Array, targets: Array) -> list[tuple[float, float, float]]:
    """Returns both ends and the mean value of each fifth of the examples, ordered by their targets (k,)."""
    order = np.argsort(targets, kind="stable")
    fifths = [fifth for fifth in np.array_split(order, _FIFTHS) if len(fifth)]
    return [(float(targets[fifth[0]]), float(targets[fifth[-1]]), float(values[fifth].mean())) for fifth in fifths]
