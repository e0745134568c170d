"""What a network writes to while it runs and learns: allocated once, and laid out as the products are fastest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.validation import Array

if TYPE_CHECKING:
    from engine.network import Network

# From so many neurons on, a layer's weights lie neuron by neuron and its answers column by column; below, weights lie
# input by input and answers row by row. Measured with OpenBLAS at batches of 100: each is up to a tenth faster there.
_WIDE = 256


def layer_views(vector: Array, shape: Sequence[int]) -> tuple[list[Array], list[Array]]:
    """Cuts a flat vector into weights (n_out, n_in) and biases (n_out, 1), layer by layer, without copying.

    In memory the weights of a wide layer lie neuron by neuron, those of another input by input: see ``_WIDE``.
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
    """What a forward pass writes to, allocated once.

    Attributes:
        batch: rows they are for.
        scale: what the network's inputs are still to be multiplied with. The first layer's sums are instead, and on the
            way back its deltas: they are fewer.
        outputs: each layer's answer, (batch, neurons). Those of wide layers lie column by column, see ``_WIDE``; and so
            does that of the last layer: what softmax sums up is then one long run for each class instead of many short
            ones.
        sums: z of the layers whose activation needs it for its derivative, else None; in training only.
        masks: what each layer's inputs, the network's first, are multiplied with; None where nothing is (dropout).
        masked: where those products go.
    """

    def __init__(self, network: Network, batch: int) -> None:
        self.batch = batch
        self.scale = 1.0
        self._network = network
        self._cut: Buffers | None = None
        self.outputs = self._for_each_layer(batch)
        self.sums: list[Array | None] = [None] * len(self.outputs)
        self.masks: list[Array | None] = [None] * len(self.outputs)
        self.masked: list[Array | None] = [None] * len(self.outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles and deep copies are allocated anew: of arrays that share memory they would make separate ones."""
        return type(self), (self._network, self.batch), {"scale": self.scale}

    def cut(self, batch: int) -> Buffers:
        """The same for another number of rows: a last, smaller batch. One such number is kept."""
        if batch == self.batch:
            return self
        if self._cut is None or self._cut.batch != batch:
            self._cut = Buffers(self._network, batch)
        return self._cut

    def mask_inputs(self, rows: Array, layer: int) -> Array:
        """A layer's inputs (batch, neurons below), without those that are left out."""
        mask = self.masks[layer]
        if mask is None:
            return rows
        masked = self.masked[layer]
        if masked is None:
            masked = self.masked[layer] = np.empty_like(rows)
        return np.multiply(rows, mask, out=masked)

    def apply_scale(self, numbers: Array, layer: int) -> None:
        """Multiplies a layer's sums or deltas with ``scale``, in place, where it is the first layer."""
        if not layer and self.scale != 1:
            numbers *= self.scale

    def keep_sums(self, z: Array, layer: int) -> None:
        """Copies a layer's sums where its activation will ask for them."""
        sums = self.sums[layer]
        if sums is not None:
            np.copyto(sums, z)

    def _for_each_layer(self, batch: int) -> list[Array]:
        dtype, (*hidden, last) = self._network.parameters.dtype, self._network.shape[1:]
        rows: list[Array] = []
        for size in hidden:
            rows.append(np.empty((size, batch), dtype).T if size >= _WIDE else np.empty((batch, size), dtype))
        return [*rows, np.empty((last, batch), dtype).T]


class TrainingBuffers(Buffers):
    """What forward and backward write to.

    Attributes:
        deltas: dC/dz of each layer, laid out as ``outputs``.
        gradient: as ``parameters``; ``weight_gradients`` and ``bias_gradients`` are views into it.
    """

    def __init__(self, network: Network, batch: int, gradient: Array | None = None) -> None:
        super().__init__(network, batch)
        self.deltas = self._for_each_layer(batch)
        self._ones: Array = np.ones(batch, network.parameters.dtype)
        for layer, activation in enumerate(network.layer_activations):
            self.sums[layer] = np.empty_like(self.outputs[layer]) if activation.needs_sums else None
        self.gradient: Array = np.zeros_like(network.parameters) if gradient is None else gradient
        self.weight_gradients, self.bias_gradients = layer_views(self.gradient, network.shape)

    def cut(self, batch: int) -> TrainingBuffers:
        """For another number of rows, with the same gradient."""
        if batch == self.batch:
            return self
        if not isinstance(self._cut, TrainingBuffers) or self._cut.batch != batch:
            self._cut = TrainingBuffers(self._network, batch, self.gradient)
        return self._cut

    def unmask(self) -> None:
        """Nothing is left out any more."""
        self.masks = [None] * len(self.masks)
        self._cut = None

    def inputs_of(self, layer: int, inputs: Array) -> Array:
        """What a layer was given in the forward pass: the network's inputs, or the answers below, masked or not."""
        masked = self.masked[layer]
        if self.masks[layer] is not None and masked is not None:
            return masked
        return self.outputs[layer - 1] if layer else inputs

    def sum_deltas(self, layer: int) -> None:
        """Writes the gradient of a layer's biases: its deltas summed over the batch, as a product."""
        np.dot(self._ones, self.deltas[layer], out=self.bias_gradients[layer][:, 0])
