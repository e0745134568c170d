"""The network itself: one flat parameter vector, forward, backward, predict.

``weights[l]`` (n_out, n_in) and ``biases[l]`` (n_out, 1) are views into ``parameters``; gradients likewise. An
optimizer is then a few operations over one vector, a snapshot is one copy. Rows are examples.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.activations import ACTIVATIONS, Activation
from engine.buffers import Buffers, TrainingBuffers, layer_views
from engine.errors import DataError, SettingError, Verbatim, shown
from engine.initializers import INITIALIZERS, Initializer
from engine.losses import LOSSES, Loss
from engine.products import add_product, adds_at_once, product
from engine.validation import Array, check_memory, check_shape, matrix, parameter_count, positive_number

# So many rows go through at once, as long as the widest layer's answers are not more than so many numbers.
_CHUNK_ROWS, _CHUNK_NUMBERS = 1000, 4_000_000


def neuron_by_neuron(vector: Array, shape: Sequence[int]) -> Array:
    """A copy with each layer's weights neuron by neuron, then its biases: what files hold, however we lay it out."""
    weights, biases = layer_views(vector, shape)
    return np.concatenate([part.ravel() for pair in zip(weights, biases, strict=True) for part in pair])


def from_neuron_by_neuron(ordered: Array, shape: Sequence[int]) -> Array:
    """What :func:`neuron_by_neuron` was made from, as a copy. Raises ValueError where the length is not right."""
    if ordered.shape != (parameter_count(shape),):
        raise ValueError(f"{ordered.size:,} numbers for {parameter_count(shape):,} parameters")
    vector, start = np.empty_like(ordered), 0
    for view in itertools.chain.from_iterable(zip(*layer_views(vector, shape), strict=True)):
        view[...] = ordered[start : start + view.size].reshape(view.shape)
        start += view.size
    return vector


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
        weight_scale: float = 1.0,
    ) -> None:
        """A new network with random weights.

        Args:
            shape: at least two layer sizes.
            activations: a name for each layer after the input; sigmoid everywhere if left out.
            loss, initializer: registered names.
            rng: the source of the weights; a fresh one if left out.
            dtype: float32 or float64.
            weight_scale: what the first weights are multiplied with.

        Raises:
            SettingError: an argument breaks its rule, or the network would not fit in memory.
        """
        sizes = check_shape(shape)
        names = _checked_activations(activations, sizes)
        number_type = check_dtype(dtype)
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
        rng = np.random.default_rng() if rng is None else rng
        self._draw_weights(INITIALIZERS[initializer](), positive_number("weight_scale", weight_scale, "1"), rng)

    def _draw_weights(self, initializer: Initializer, scale: float, rng: np.random.Generator) -> None:
        for w, b in zip(self.weights, self.biases, strict=True):
            initializer.fill(w, b, rng)
            if scale != 1:
                with np.errstate(over="ignore"):
                    w *= scale
        if scale != 1 and first_non_finite_layer(self) is not None:
            rule = f"must leave the first weights in the range of {self.parameters.dtype}"
            raise SettingError("weight_scale", scale, rule, "Try 1.")

    def with_parameters(self, parameters: Array) -> Network:
        """The same network over another parameter vector, which is not copied. What a snapshot is shown with."""
        twin = type(self).__new__(type(self))
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

        Every layer's answer is left in ``buffers.outputs``; for a smaller batch in those of ``buffers.cut(batch)``.
        """
        z = self._sums_of_last_layer(inputs, buffers.cut(len(inputs)))
        self.layer_activations[-1].forward(z)
        return z

    def forward_with_loss(self, inputs: Array, targets: Array, buffers: Buffers) -> float:
        """The same, with the mean loss of the outputs against targets (batch, shape[-1]) as its result."""
        z = self._sums_of_last_layer(inputs, buffers.cut(len(inputs)))
        return self.loss_function.forward(z, targets, self.layer_activations[-1])

    def _sums_of_last_layer(self, inputs: Array, buffers: Buffers) -> Array:
        """The weighted sums z of the output layer; all layers below are worked out."""
        below, last = inputs, len(self.weights) - 1
        for layer, z in enumerate(buffers.outputs):
            product(buffers.mask_inputs(below, layer), self.weights[layer].T, z)
            buffers.apply_scale(z, layer)
            z += self.biases[layer].T
            buffers.keep_sums(z, layer)
            if layer < last:
                self.layer_activations[layer].forward(z)
            below = z
        return below

    def backward(self, inputs: Array, targets: Array, buffers: TrainingBuffers, factor: float = 1.0) -> Array:
        """The gradient of the mean loss over the batch, times a factor, as one vector laid out as ``parameters``.

        Call :meth:`forward` with the same inputs and buffers first; the outputs left there are used up.
        Back-propagation: Rumelhart, Hinton and Williams 1986.
        """
        self._go_back(inputs, targets, buffers.cut(len(inputs)), factor, self._write_gradient)
        return buffers.gradient

    def descend(self, inputs: Array, targets: Array, buffers: TrainingBuffers, rate: float) -> None:
        """``parameters -= rate * gradient``, straight from the products where that saves time.

        Call :meth:`forward` first, as for :meth:`backward`. What is left in ``buffers.gradient`` means nothing. Where
        an error or Ctrl+C ends it half-way, the upper layers may have taken the step already.
        """
        ours = type(self).backward is Network.backward  # a subclass may have another gradient
        if ours and any(adds_at_once(w) for w in self.weights):
            self._go_back(inputs, targets, buffers.cut(len(inputs)), -rate, self._add_gradient)
        else:
            self.parameters += self.backward(inputs, targets, buffers, -rate)

    def _go_back(self, inputs: Array, targets: Array, buffers: TrainingBuffers, factor: float, learn: _Learn) -> None:
        """From the last layer to the first: each hands down what it must with its weights as they are, then learns."""
        last = len(self.weights) - 1
        delta = buffers.deltas[last]
        self.loss_function.gradient(buffers.outputs[last], targets, delta)
        delta *= factor / len(inputs)
        if not self.loss_function.joined_with:
            self._through_activation(last, buffers)
        for layer in range(last, -1, -1):
            if layer:
                product(buffers.deltas[layer], self.weights[layer], buffers.deltas[layer - 1])
            buffers.sum_deltas(layer)
            buffers.apply_scale(buffers.deltas[layer], layer)
            learn(layer, buffers.inputs_of(layer, inputs), buffers)
            if layer:
                mask = buffers.masks[layer]
                if mask is not None:
                    buffers.deltas[layer - 1] *= mask
                self._through_activation(layer - 1, buffers)

    def _write_gradient(self, layer: int, below: Array, buffers: TrainingBuffers) -> None:
        product(buffers.deltas[layer].T, below, buffers.weight_gradients[layer])

    def _add_gradient(self, layer: int, below: Array, buffers: TrainingBuffers) -> None:
        add_product(buffers.deltas[layer].T, below, self.weights[layer], scratch=buffers.weight_gradients[layer])
        self.biases[layer] += buffers.bias_gradients[layer]

    def _through_activation(self, layer: int, buffers: TrainingBuffers) -> None:
        """Turns the layer's delta from dC/da into dC/dz."""
        kept = buffers.sums[layer]
        self.layer_activations[layer].backward(buffers.outputs[layer] if kept is None else kept, buffers.deltas[layer])


# Given a layer, what went into it, and the buffers with its delta.
_Learn = Callable[[int, Array, "TrainingBuffers"], None]


def first_non_finite_layer(network: Network) -> int | None:
    """The number, from 1, of the first layer whose weights or biases are not finite."""
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            return layer
    return None


def check_dtype(dtype: npt.DTypeLike | None) -> np.dtype[Any]:
    """The number type of a network. Raises SettingError unless it is float32 or float64."""
    try:
        checked = None if dtype is None else np.dtype(dtype)  # numpy takes None for float64
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
