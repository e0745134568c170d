"""The arrays a network writes to during forward and backward passes, allocated once in the fastest memory layout."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.basics.validation import Array
from engine.datasets.brightness import Brightness

if TYPE_CHECKING:
    from engine.network.network import Network

# Layers of at least this many neurons have weights neuron by neuron and outputs column by column in memory, narrower
# ones weights input by input and outputs row by row. Measured with OpenBLAS at batches of 100: up to a tenth faster.
_WIDE = 256


def layer_views(vector: Array, shape: Sequence[int]) -> tuple[list[Array], list[Array]]:
    """Cuts a flat vector into weights (n_out, n_in) and biases (n_out, 1), layer by layer, as views.

    In memory the weights of a wide layer lie neuron by neuron, those of other layers input by input, see ``_WIDE``.
    """
    weights, biases, start = [], [], 0
    for n_in, n_out in itertools.pairwise(shape):
        end = start + n_in * n_out
        block = vector[start:end]
        weights.append(block.reshape(n_out, n_in) if n_out >= _WIDE else block.reshape(n_in, n_out).T)
        biases.append(vector[end : end + n_out].reshape(n_out, 1))
        start = end + n_out
    return weights, biases


class Buffers:
    """The arrays of a forward pass, allocated once.

    Attributes:
        batch: the number of rows.
        scale: the factor by which the network's inputs still have to be multiplied. It is applied to the first layer's
            sums and deltas instead, which are fewer numbers; or to the inputs where they are standardised.
        outputs: each layer's outputs, (batch, neurons). Those of wide layers are stored column by column, see
            ``_WIDE``; also those of the last layer, so that softmax sums a few long runs of memory instead of many
            short ones.
        kept: what each activation needs for its derivative: the outputs or, for training, maybe a copy of the sums z.
        masks: the factors for each layer's inputs, starting with the network's inputs (dropout); None without dropout.
        is_standardised: whether the network's inputs were scaled and standardised in the last forward pass.
        inputs: what each layer got in the last forward pass: the inputs (standardised, if the network does that) or the
            outputs below, masked or not.
    """

    def __init__(self, network: Network, batch: int) -> None:
        self.batch = batch
        self.scale = 1.0
        self._network = network
        self._cut: Buffers | None = None
        self.outputs = self._for_each_layer(batch)
        self.kept = list(self.outputs)
        self.masks: list[Array | None] = [None] * len(self.outputs)
        self.inputs: dict[int, Array] = {}
        self._masked: dict[int, Array] = {}
        self._standardised: Array | None = None  # the inputs of the last forward pass, if they were standardised
        self.is_standardised = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Allocates new arrays for pickles and deep copies, because copied arrays would no longer share memory."""
        return type(self), (self._network, self.batch), {"scale": self.scale}

    def cut(self, batch: int) -> Buffers:
        """Returns buffers for another number of rows, such as a last, smaller batch. One such number is kept."""
        if batch == self.batch:
            return self
        if self._cut is None or self._cut.batch != batch:
            self._cut = Buffers(self._network, batch)
        return self._cut

    def first_layer_not_finite(self) -> int | None:
        """Returns the number, from 1, of the first layer whose outputs are not finite, or None."""
        for layer, outputs in enumerate(self.outputs, start=1):
            if not np.isfinite(outputs).all():
                return layer
        return None

    def standardise(self, rows: Array, brightness: Brightness) -> Array:
        """Returns the network's inputs, times ``scale``, standardised; later calls overwrite them."""
        if self._standardised is None:
            self._standardised = np.empty(rows.shape, rows.dtype)
        return brightness.standardise(rows, self.scale, self._standardised)

    def give_inputs(self, layer: int, rows: Array) -> Array:
        """Keeps and returns a layer's inputs (batch, neurons below), with its dropout mask applied."""
        mask = self.masks[layer]
        if mask is not None:
            if layer not in self._masked:
                self._masked[layer] = np.empty_like(rows)
            rows = np.multiply(rows, mask, out=self._masked[layer])
        self.inputs[layer] = rows
        return rows

    def apply_scale(self, numbers: Array, layer: int) -> None:
        """Multiplies sums or deltas of the first layer by ``scale``, in place; does nothing for other layers."""
        if not layer and self.scale != 1 and not self.is_standardised:
            numbers *= self.scale

    def _for_each_layer(self, batch: int) -> list[Array]:
        dtype, (*hidden, last) = self._network.parameters.dtype, self._network.shape[1:]
        rows: list[Array] = []
        for size in hidden:
            rows.append(np.empty((size, batch), dtype).T if size >= _WIDE else np.empty((batch, size), dtype))
        return [*rows, np.empty((last, batch), dtype).T]


class TrainingBuffers(Buffers):
    """The arrays of forward and backward passes.

    Attributes:
        deltas: dC/dz of each layer, in the layout of ``outputs``.
        gradient: in the layout of ``parameters``; ``weight_gradients`` and ``bias_gradients`` are views into it.
    """

    def __init__(self, network: Network, batch: int, gradient: Array | None = None) -> None:
        super().__init__(network, batch)
        self.deltas = self._for_each_layer(batch)
        self._ones: Array = np.ones(batch, network.parameters.dtype)
        for layer, activation in enumerate(network.layer_activations):
            if activation.needs_sums:
                self.kept[layer] = np.empty_like(self.outputs[layer])
        self.gradient: Array = np.zeros_like(network.parameters) if gradient is None else gradient
        self.weight_gradients, self.bias_gradients = layer_views(self.gradient, network.shape)

    def cut(self, batch: int) -> TrainingBuffers:
        """Returns buffers for another number of rows, which share the gradient."""
        if batch == self.batch:
            return self
        if not isinstance(self._cut, TrainingBuffers) or self._cut.batch != batch:
            self._cut = TrainingBuffers(self._network, batch, self.gradient)
        return self._cut

    def unmask(self) -> None:
        """Removes all dropout masks."""
        self.masks = [None] * len(self.masks)
        self._cut = None

    def sum_deltas(self, layer: int) -> None:
        """Writes the gradient of a layer's biases: the deltas summed over the batch, computed as a matrix product."""
        np.dot(self._ones, self.deltas[layer], out=self.bias_gradients[layer][:, 0])
