"""``Network``: parameters in one flat vector, forward and backward pass, predictions.

``weights[l]`` (n_out, n_in) and ``biases[l]`` (n_out, 1) are views into ``parameters``; gradients likewise. An
optimizer is then a few operations on one vector, and a snapshot one copy. Rows are examples.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.attributes import set_attributes
from engine.basics.errors import DataError, SettingError, Verbatim, shown
from engine.basics.validation import Array, check_memory, check_sizes, matrix, parameter_count, positive_number
from engine.datasets.brightness import Brightness
from engine.datasets.description import Description, described_as
from engine.datasets.table.cells import shortened
from engine.network.activations import ACTIVATIONS, Activation
from engine.network.buffers import Buffers, TrainingBuffers, layer_views
from engine.network.initializers import INITIALIZERS, Initializer
from engine.network.losses import LOSSES, Loss
from engine.network.matmul import add_product, product, supports_fused_add

# Largest number of rows processed at once, and largest number of outputs of the widest layer for them.
_CHUNK_ROWS, _CHUNK_NUMBERS = 1000, 4_000_000
# In a one-line summary: how many sizes, activations or targets are listed, and from how many classes on a range is
# shown.
_MOST_NAMED, _MOST_CLASSES = 9, 5


def neuron_by_neuron(vector: Array, shape: Sequence[int]) -> Array:
    """Returns a copy with each layer's weights neuron by neuron, then its biases: the order in files."""
    weights, biases = layer_views(vector, shape)
    return np.concatenate([part.ravel() for pair in zip(weights, biases, strict=True) for part in pair])


def from_neuron_by_neuron(ordered: Array, shape: Sequence[int]) -> Array:
    """Returns the inverse of :func:`neuron_by_neuron`, as a copy. Raises ValueError for a wrong length."""
    if ordered.shape != (parameter_count(shape),):
        raise ValueError(f"{ordered.size:,} numbers for {parameter_count(shape):,} parameters")
    vector, start = np.empty_like(ordered), 0
    for view in itertools.chain.from_iterable(zip(*layer_views(vector, shape), strict=True)):
        view[...] = ordered[start : start + view.size].reshape(view.shape)
        start += view.size
    return vector


def chunk_rows(shape: Sequence[int], rows: int) -> int:
    """Returns how many of ``rows`` examples to process at once in a network of that shape, at least 1."""
    return max(1, min(rows, _CHUNK_ROWS, _CHUNK_NUMBERS // max(shape)))


class Network:
    """A fully connected feed-forward network.

    Attributes:
        shape: layer sizes, input first.
        parameters: all weights and biases in one contiguous vector.
        weights, biases: views into ``parameters``, one pair per layer after the input.
        activations: a name per layer after the input.
        loss: name of the loss it is trained with.
        provenance: what is known of its past (data set, epochs, errors); saved with it.
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
        """Makes a network with random weights.

        Args:
            shape: at least two layer sizes.
            activations: a name per layer after the input; by default sigmoid for all.
            loss, initializer: registered names.
            rng: source of the weights; by default a new one.
            dtype: float32 or float64.
            weight_scale: factor of the initial weights.

        Raises:
            SettingError: an argument breaks its rule, or the network does not fit in memory.
        """
        sizes = check_sizes(shape)
        names = ["sigmoid"] * (len(sizes) - 1) if activations is None else activations
        check_activations(names, len(sizes) - 1)
        number_type = check_dtype(dtype)
        check_memory(sizes, number_type.itemsize)
        self.shape = list(sizes)
        self.activations = list(names)
        self.layer_activations: list[Activation] = [ACTIVATIONS[name]() for name in names]
        self.loss = loss
        self.loss_function: Loss = LOSSES[loss]()
        self.loss_function.check_output(self.layer_activations[-1])
        self.provenance: dict[str, Any] = {}
        self._description: Description | None = None
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
            rule = f"must leave the initial weights in the range of {self.parameters.dtype}"
            raise SettingError("weight_scale", scale, rule, "Try 1.")

    def __str__(self) -> str:
        """Returns shape, activations, number of parameters and task in one line, with the first names of outputs."""
        sizes, names = (_abridged(list(map(str, each))) for each in (self.shape, self.activations))
        parameters, past = self.parameters.size, self._past()
        made = f"{type(self).__name__} {'-'.join(sizes)} ({', '.join(names)}), {parameters:,} parameters"
        return f"{made}: {_task(self.description, self.shape[-1])}{', ' * bool(past)}{past}"

    __repr__ = __str__

    def _past(self) -> str:
        """Returns the data that its description names; empty if their meaning is unknown."""
        return f"for {on_one_line(self.description.title)}" if self.description and self.description.title else ""

    @property
    def description(self) -> Description | None:
        """The meaning of the inputs and outputs, saved with the network; None if unknown.

        A trainer sets it to the description of its data. Setting a description that does not fit raises DataError.
        Setting None keeps the :attr:`brightness`; a description without a brightness drops it.
        """
        about = self._description
        return None if about is None or about.is_brightness_alone else about

    @description.setter
    def description(self, description: Description | None) -> None:
        if description is None:
            description = described_as(None, self.brightness)
        else:
            description.check_fits(self.shape[0], self.shape[-1])
        self._description = description

    @property
    def saved_description(self) -> Description | None:
        """The description as files store it; if it is unknown, one with the brightness alone."""
        return self._description

    def describe(self, description: Description | None) -> None:
        """Sets the description of the data it is used with, but keeps its own :attr:`brightness`."""
        self.description = described_as(description, self.brightness)

    @property
    def brightness(self) -> Brightness | None:
        """Mean and deviation by which the network standardises its inputs; None if it takes them as they are.

        It belongs to the weights, which were trained for standardised inputs.
        """
        return None if self._description is None else self._description.brightness

    @property
    def background(self) -> float:
        """The brightness of an empty image, 0…1."""
        return 0.0 if self.brightness is None else self.brightness.background

    def standardised(self, inputs: Array) -> Array:
        """Returns the inputs of the first layer, (k, shape[0]); the same array if there is no :attr:`brightness`."""
        return inputs if self.brightness is None else self.brightness.standardise(inputs)

    def with_parameters(self, parameters: Array) -> Network:
        """Returns the same network with another parameter vector, such as a snapshot, which is not copied."""
        twin = type(self).__new__(type(self))
        twin.__setstate__(self.__dict__ | {"parameters": parameters})
        return twin

    def bare(self) -> Network:
        """Returns the same network, with the same parameters, without its provenance.

        Of the description only the brightness stays.
        """
        shared = ("shape", "activations", "layer_activations", "loss", "loss_function", "parameters")
        twin = Network.__new__(Network)
        about = None if self.brightness is None else Description(brightness=self.brightness)
        twin.__setstate__({name: getattr(self, name) for name in shared} | {"provenance": {}, "_description": about})
        return twin

    def copy(self) -> Network:
        """Returns an independent network with the same parameters."""
        twin = self.with_parameters(self.parameters.copy())
        twin.provenance = dict(self.provenance)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the views out of pickles and deep copies, where they would become separate arrays."""
        return {name: value for name, value in self.__dict__.items() if name not in ("weights", "biases")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        set_attributes(self, state)
        self.weights, self.biases = layer_views(self.parameters, self.shape)

    def predict(self, data: object) -> Array:
        """Computes the outputs for examples.

        Args:
            data: (k, shape[0]) list of lists or array.

        Returns:
            (k, shape[-1]) array, a row of outputs per example.

        Raises:
            DataError: the data have the wrong width, ragged rows, NaN or no numbers; or an output is not finite,
            because
                sums overflow.
        """
        rows = matrix("data", data, self.shape[0], self.parameters.dtype)
        answers = np.empty((len(rows), self.shape[-1]), dtype=self.parameters.dtype)
        size = chunk_rows(self.shape, len(rows))
        buffers = Buffers(self, size)
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            with np.errstate(all="ignore"):  # overflows are reported by an error
                outputs = self.forward(chunk, buffers)
            if not np.isfinite(outputs).all():
                raise overflow_of(buffers.cut(len(chunk)))
            answers[start : start + len(chunk)] = outputs
        return answers

    def forward(self, inputs: Array, buffers: Buffers) -> Array:
        """Returns outputs (batch, shape[-1]) for inputs (batch, shape[0]), as a view into ``buffers``.

        All layers' outputs are left in ``buffers.outputs``; for a smaller batch in those of ``buffers.cut(batch)``.
        """
        z = self._sums_of_last_layer(inputs, buffers.cut(len(inputs)))
        self.layer_activations[-1].forward(z)
        return z

    def forward_with_loss(self, inputs: Array, targets: Array, buffers: Buffers) -> float:
        """Runs :meth:`forward` and returns the mean loss of the outputs for targets (batch, shape[-1])."""
        z = self._sums_of_last_layer(inputs, buffers.cut(len(inputs)))
        return self.loss_function.forward(z, targets, self.layer_activations[-1])

    def _sums_of_last_layer(self, inputs: Array, buffers: Buffers) -> Array:
        """Computes all hidden layers and returns the weighted sums z of the output layer."""
        below, last, brightness = inputs, len(self.weights) - 1, self.brightness
        buffers.is_standardised = brightness is not None
        if brightness is not None:
            below = buffers.standardise(inputs, brightness)
        for layer, z in enumerate(buffers.outputs):
            product(buffers.give_inputs(layer, below), self.weights[layer].T, z)
            buffers.apply_scale(z, layer)
            z += self.biases[layer].T
            if buffers.kept[layer] is not z:
                np.copyto(buffers.kept[layer], z)
            if layer < last:
                self.layer_activations[layer].forward(z)
            below = z
        return below

    def backward(self, inputs: Array, targets: Array, buffers: TrainingBuffers, factor: float = 1.0) -> Array:
        """Returns the gradient of the mean loss over the batch, times ``factor``, in the layout of ``parameters``.

        Call :meth:`forward` with the same inputs and buffers before; the outputs in the buffers are overwritten.
        Back-propagation: Rumelhart, Hinton and Williams 1986.
        """
        self._go_back(targets, buffers.cut(len(inputs)), factor, adds=False)
        return buffers.gradient

    def descend(self, inputs: Array, targets: Array, buffers: TrainingBuffers, rate: float) -> None:
        """Computes ``parameters -= rate * gradient``, adding matrix products directly to the weights if that is faster.

        Call :meth:`forward` before, as for :meth:`backward`. ``buffers.gradient`` is meaningless afterwards. If an
        error or Ctrl+C interrupts it, the upper layers may have been updated already.
        """
        ours = type(self).backward is Network.backward  # a subclass may compute another gradient
        if ours and any(supports_fused_add(w) for w in self.weights):
            self._go_back(targets, buffers.cut(len(inputs)), -rate, adds=True)
        else:
            self.parameters += self.backward(inputs, targets, buffers, -rate)

    def _go_back(self, targets: Array, buffers: TrainingBuffers, factor: float, adds: bool) -> None:
        """Back-propagates from the last to the first layer: each passes its delta down before its weights change.

        The gradient times ``factor`` is written into ``buffers``, or with ``adds`` added to the parameters.
        """
        last = len(self.weights) - 1
        delta = buffers.deltas[last]
        self.loss_function.gradient(buffers.outputs[last], targets, delta)
        delta *= factor / len(delta)
        if not self.loss_function.joined_with:
            self.layer_activations[last].backward(buffers.kept[last], delta)
        for layer in range(last, -1, -1):
            delta, below, gradient = buffers.deltas[layer], buffers.inputs[layer], buffers.weight_gradients[layer]
            if layer:
                product(delta, self.weights[layer], buffers.deltas[layer - 1])
            buffers.sum_deltas(layer)
            buffers.apply_scale(delta, layer)
            if adds:
                add_product(delta.T, below, self.weights[layer], scratch=gradient)
                self.biases[layer] += buffers.bias_gradients[layer]
            else:
                product(delta.T, below, gradient)
            if layer:
                mask = buffers.masks[layer]
                if mask is not None:
                    buffers.deltas[layer - 1] *= mask
                self.layer_activations[layer - 1].backward(buffers.kept[layer - 1], buffers.deltas[layer - 1])


def on_one_line(name: str) -> str:
    """Returns a name from a file for a line of text: without control characters, and not too long."""
    return shortened("".join(each if each.isprintable() else "\ufffd" for each in name))


def _abridged(words: list[str]) -> list[str]:
    return words if len(words) <= _MOST_NAMED else [*words[: _MOST_NAMED // 2], "…", *words[-_MOST_NAMED // 2 + 1 :]]


def _task(about: Description | None, outputs: int) -> str:
    """Returns a text about the outputs: "10 classes (0…9)", "predicts price [€]", or "2 outputs" if unknown."""
    names = [] if about is None else [on_one_line(name) for name in about.output_names]
    if not names or about is None:
        return f"{outputs:,} output{'s' * (outputs > 1)}"
    if about.is_classification:
        listed = ", ".join(names) if len(names) < _MOST_CLASSES else f"{names[0]}…{names[-1]}"
        return f"{len(names):,} classes ({listed})"
    return f"predicts {', '.join(_abridged(names))}"


def first_non_finite_layer(network: Network) -> int | None:
    """Returns the number, from 1, of the first layer whose weights or biases are not finite, or None."""
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            return layer
    return None


def overflow_of(buffers: Buffers) -> DataError:
    """Returns the error for outputs of the last forward pass, or their loss, that are not finite; names the layer."""
    layer, dtype = buffers.first_layer_not_finite(), buffers.outputs[-1].dtype
    what = f"the weighted sums of layer {layer} overflow" if layer else "the loss overflows"
    remedy = "Train the network again with a lower learning rate, or scale the inputs."
    return DataError.from_problem("network", f"{what} {dtype}, because the weights or the inputs are too large", remedy)


def check_dtype(dtype: npt.DTypeLike | None) -> np.dtype[Any]:
    """Returns the checked number type of a network. Raises SettingError unless it is float32 or float64."""
    try:
        checked = None if dtype is None else np.dtype(dtype)  # because numpy converts None to float64
    except (TypeError, ValueError, SyntaxError):
        checked = None
    if checked is None or checked not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise SettingError("dtype", Verbatim(dtype), "must be float32 or float64", "Use float32.")
    return checked


def check_activations(activations: object, layers: int) -> None:
    """Raises SettingError unless a list or tuple names a registered activation for each layer after the input."""
    if not isinstance(activations, (list, tuple)) or len(activations) != layers:
        rule = f"must be a list that names an activation for each of the {layers} layers after the input"
        example = ", ".join(["relu"] * (layers - 1) + ["softmax"])
        raise SettingError("activations", activations, rule, f"For example {shown(Verbatim(example))}.")
    for name in activations:
        ACTIVATIONS[name]


def check_can_be_trained(network: Network) -> None:
    """Raises DataError if the parameters are read-only."""
    if not all(array.flags.writeable for array in (network.parameters, *network.weights, *network.biases)):
        problem = "the parameters are read-only and cannot be trained"
        raise DataError.from_problem("network", problem, "Train a copy of it: network.copy().")


def check_fits(network: Network, inputs: int, outputs: int, data_name: str) -> None:
    """Raises DataError if the network does not have these numbers of inputs and outputs."""
    for parameter, has, needs in (
        ("inputs", network.shape[0], inputs),
        ("outputs", network.shape[-1], outputs),
    ):
        if has != needs:
            remedy = "Make a network that fits (in the window: Reset), or choose data that fit this one."
            raise DataError.from_problem(
                parameter, f"this network has {has:,}, but {data_name} needs {needs:,}", remedy
            )
