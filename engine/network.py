"""The network itself: one flat parameter vector, forward, backward, predict.

``weights[l]`` (n_out, n_in) and ``biases[l]`` (n_out, 1) are views into ``parameters``; gradients likewise. An
optimizer is then a few operations over one vector, a snapshot is one copy. Rows are examples.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.activations import ACTIVATIONS, Activation
from engine.errors import DataError, SettingError, Verbatim, shown
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES, Loss
from engine.validation import Array, check_memory, check_shape, matrix, parameter_count

# As many rows go through at once, as long as the widest layer's answers stay small.
_CHUNK_ROWS = 1000
_CHUNK_NUMBERS = 4_000_000


def layer_views(vector: Array, shape: Sequence[int]) -> tuple[list[Array], list[Array]]:
    """Cuts a flat vector into weights (n_out, n_in) and biases (n_out, 1), layer by layer, without copying."""
    weights, biases, start = [], [], 0
    for n_in, n_out in itertools.pairwise(shape):
        end = start + n_in * n_out
        weights.append(vector[start:end].reshape(n_out, n_in))
        biases.append(vector[end : end + n_out].reshape(n_out, 1))
        start = end + n_out
    return weights, biases


def chunk_rows(shape: Sequence[int], rows: int) -> int:
    """How many of so many examples to run through a network of that shape at once, at least 1."""
    return max(1, min(rows, _CHUNK_ROWS, _CHUNK_NUMBERS // max(shape)))


class Network:
    """A fully connected feed-forward network.

    Attributes:
        shape: layer sizes, input first.
        parameters: every weight and bias in one contiguous vector.
        weights, biases: views into it, one pair for each layer after the input.
        activations: one name for each layer after the input.
        loss: the loss it is trained with.
        provenance: what is known of its past (data set, epochs, errors), saved with it.
    """

    def __init__(
        self,
        shape: Sequence[int],
        activations: Sequence[str] | None = None,
        loss: str = "quadratic",
        initializer: str = "normal",
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        """A new network with random weights.

        Args:
            shape: at least two layer sizes.
            activations: a name for each layer after the input; sigmoid everywhere if left out.
            loss, initializer: registered names.
            rng: the source of the weights; a fresh one if left out.
            dtype: float32 or float64.

        Raises:
            SettingError: an argument breaks its rule, or the network would not fit in memory.
        """
        sizes = check_shape(shape)
        names = _checked_activations(activations, sizes)
        number_type = _checked_dtype(dtype)
        check_memory(sizes, number_type.itemsize)
        self.shape = list(sizes)
        self.activations = names
        self.layer_activations: list[Activation] = [ACTIVATIONS[name]() for name in names]
        self.loss = loss
        self.loss_function: Loss = LOSSES[loss]()
        self.loss_function.check_output(self.layer_activations[-1])
        self.provenance: dict[str, Any] = {}
        self.parameters: Array = np.empty(parameter_count(sizes), number_type)
        self.weights, self.biases = layer_views(self.parameters, sizes)
        fill = INITIALIZERS[initializer]().fill
        rng = rng if rng is not None else np.random.default_rng()
        for w, b in zip(self.weights, self.biases, strict=True):
            fill(w, b, rng)

    def with_parameters(self, parameters: Array) -> Network:
        """The same network over another parameter vector, which is not copied. What a snapshot is shown with."""
        twin = Network.__new__(Network)
        twin.__dict__.update(self.__dict__)
        twin.parameters = parameters
        twin.weights, twin.biases = layer_views(parameters, self.shape)
        return twin

    def copy(self) -> Network:
        """An independent network with the same parameters."""
        twin = self.with_parameters(self.parameters.copy())
        twin.provenance = dict(self.provenance)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """Pickles and deep copies leave out the views, which would become arrays of their own."""
        return {name: value for name, value in self.__dict__.items() if name not in ("weights", "biases")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.weights, self.biases = layer_views(self.parameters, self.shape)

    def predict(self, data: object) -> Array:
        """Answers for examples.

        Args:
            data: (k, shape[0]) list of lists or array.

        Returns:
            (k, shape[-1]) array, a row of outputs for each example.

        Raises:
            DataError: wrong width, ragged, NaN, or not numbers.
        """
        rows = matrix("data", data, self.shape[0], self.parameters.dtype)
        answers = np.empty((len(rows), self.shape[-1]), dtype=self.parameters.dtype)
        size = chunk_rows(self.shape, len(rows))
        buffers = Buffers(self, size)
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            answers[start : start + len(chunk)] = self.forward(chunk, buffers)
        return answers

    def forward(self, inputs: Array, buffers: Buffers) -> Array:
        """Outputs (batch, shape[-1]) for inputs (batch, shape[0]), as a view into ``buffers``.

        The batch may be smaller than the buffers. Every layer's answer is left in ``buffers.outputs``.
        """
        rows = inputs
        for w, b, activation, out in zip(
            self.weights, self.biases, self.layer_activations, buffers.outputs, strict=True
        ):
            answer = out[: len(inputs)]
            np.dot(rows, w.T, out=answer)
            answer += b.T
            activation.forward(answer)
            rows = answer
        return rows

    def backward(self, inputs: Array, targets: Array, buffers: TrainingBuffers) -> Array:
        """The gradient of the mean loss over the batch, as one vector laid out as ``parameters``.

        Call :meth:`forward` with the same inputs and buffers first; the outputs left there are used up.
        Back-propagation: Rumelhart, Hinton and Williams 1986.
        """
        batch = len(inputs)
        last = len(self.weights) - 1
        delta = buffers.deltas[last][:batch]
        self.loss_function.delta(buffers.outputs[last][:batch], targets, self.layer_activations[last], delta)
        for layer in range(last, -1, -1):
            below = buffers.outputs[layer - 1][:batch] if layer else inputs
            np.dot(delta.T, below, out=buffers.weight_gradients[layer])
            np.dot(buffers.ones[:batch], delta, out=buffers.bias_gradients[layer][:, 0])
            if layer:
                next_delta = buffers.deltas[layer - 1][:batch]
                np.dot(delta, self.weights[layer], out=next_delta)
                self.layer_activations[layer - 1].backward(below, next_delta)
                delta = next_delta
        return buffers.gradient

    def loss_of(self, outputs: Array, targets: Array) -> float:
        """The mean loss of outputs against targets, both (batch, shape[-1])."""
        return self.loss_function.value(outputs, targets, self.layer_activations[-1])


class Buffers:
    """What a forward pass writes to, allocated once for batches of up to ``batch`` rows."""

    def __init__(self, network: Network, batch: int) -> None:
        dtype = network.parameters.dtype
        self.outputs: list[Array] = [np.empty((batch, size), dtype) for size in network.shape[1:]]


class TrainingBuffers(Buffers):
    """What forward and backward write to."""

    def __init__(self, network: Network, batch: int) -> None:
        super().__init__(network, batch)
        dtype = network.parameters.dtype
        self.ones: Array = np.ones(batch, dtype)
        self.deltas: list[Array] = [np.empty((batch, size), dtype) for size in network.shape[1:]]
        self.gradient: Array = np.zeros_like(network.parameters)
        self.weight_gradients, self.bias_gradients = layer_views(self.gradient, network.shape)


def first_non_finite_layer(network: Network) -> int | None:
    """The number, from 1, of the first layer whose weights or biases are not finite."""
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            return layer
    return None


def _checked_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    try:
        checked = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        checked = None
    if checked is None or checked not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise SettingError("dtype", Verbatim(dtype), "must be float32 or float64", "Use float32.")
    return checked


def _checked_activations(activations: Sequence[str] | None, sizes: Sequence[int]) -> list[str]:
    layers = len(sizes) - 1
    if activations is None:
        return ["sigmoid"] * layers
    if not isinstance(activations, (list, tuple)) or len(activations) != layers:
        raise SettingError(
            "activations",
            activations,
            f"must be a list that names one activation for each of the {layers} layers after the input",
            "For example " + shown(Verbatim(["relu"] * (layers - 1) + ["softmax"])) + ".",
        )
    return list(activations)


def check_fits(network: Network, inputs: int, outputs: int, data_name: str) -> None:
    """Raises DataError where a network and a data set have different ends."""
    for parameter, has, needs in (
        ("inputs", network.shape[0], inputs),
        ("outputs", network.shape[-1], outputs),
    ):
        if has != needs:
            raise DataError(
                parameter,
                Verbatim(f"{has:,} in this network"),
                f"must be {needs:,} for {data_name}",
                "Make a network that fits (in the window: Reset), or choose data that fits this one.",
            )
