"""Back-propagation for explanations: a forward pass that keeps every layer, and gradients of one output or neuron.

Rows are examples. The logit of an output is its weighted sum, before the output's activation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.errors import DataError, SettingError, Verbatim
from engine.basics.validation import Array, matrix
from engine.network.network import Network

# The number of an output, or a pair (one, other) for the difference of their logits: why one and not the other.
Target = int | tuple[int, int]


@dataclass(frozen=True)
class ForwardPass:
    """The sums and activations of every layer in a forward pass.

    Attributes:
        activations: of the input (as the first layer takes it, maybe standardised) and each layer after it,
            (examples, neurons).
        sums: z of each layer after the input, (examples, neurons).
    """

    activations: list[Array]
    sums: list[Array]


def forward(network: Network, inputs: Array) -> ForwardPass:
    """Returns all sums and activations for inputs (examples, width)."""
    rows = network.standardised(inputs)
    return forward_from(network, rows, rows @ network.weights[0].T + network.biases[0].T)


def forward_from(network: Network, inputs: Array, z: Array) -> ForwardPass:
    """Returns the forward pass from known sums z of the first layer, (examples, neurons).

    Args:
        inputs: the inputs as the first layer takes them, (examples, width); they are only stored in the result.
    """
    activations, sums = [inputs], [z]
    for layer, function in enumerate(network.layer_activations):
        if layer:
            sums.append(activations[-1] @ network.weights[layer].T + network.biases[layer].T)
        a = sums[-1].copy()
        function.forward(a)
        activations.append(a)
    return ForwardPass(activations, sums)


def gradients(network: Network, passed: ForwardPass, target: Target, layer: int | None = None) -> list[Array]:
    """Returns the gradients of the target's logit by the activations of the input and of each layer below it.

    Args:
        passed: the forward pass.
        target: an output, or with ``layer`` a neuron of that layer, counted from 1.

    Returns:
        A list of (examples, neurons), starting with the input's, as the first layer takes it;
        :func:`gradient_by_inputs` makes the gradient by the network's inputs of it. Back-propagation: Rumelhart,
        Hinton, Williams 1986.
    """
    top = len(network.weights) if layer is None else layer
    deltas = _deltas_of(passed, target, top)
    found = []
    for number in range(top, 0, -1):
        found.append(deltas @ network.weights[number - 1])
        if number > 1:
            deltas = multiply_by_slope(network, passed, number - 1, found[-1])
    return found[::-1]


def gradient_by_inputs(network: Network, gradient: Array) -> Array:
    """Converts a gradient by the first layer's (standardised) inputs, (…, width), to one by the network's inputs."""
    return gradient if network.brightness is None else gradient / gradient.dtype.type(network.brightness.deviation)


def first_deltas(network: Network, passed: ForwardPass, target: Target) -> Array:
    """Returns the gradient of the target's logit by the sums of the first layer, (examples, neurons)."""
    deltas = _deltas_of(passed, target, len(network.weights))
    for layer in range(len(network.weights) - 1, 0, -1):
        deltas = multiply_by_slope(network, passed, layer, deltas @ network.weights[layer])
    return deltas


def _deltas_of(passed: ForwardPass, target: Target, layer: int) -> Array:
    """Returns the gradient of the target's sum by the sums of its own layer, (examples, neurons)."""
    deltas = np.zeros_like(passed.sums[layer - 1])
    for number, sign in zip(target_outputs(target), (1, -1), strict=False):
        deltas[:, number] += sign
    return deltas


def multiply_by_slope(network: Network, passed: ForwardPass, layer: int, gradient: Array) -> Array:
    """Converts a gradient by a layer's activations, (examples, neurons), to one by its sums. Layers count from 1."""
    function, through = network.layer_activations[layer - 1], gradient.copy()
    kept = passed.sums[layer - 1] if function.needs_sums else passed.activations[layer]
    function.backward(kept.copy(), through)
    return through


def target_sums(passed: ForwardPass, target: Target) -> Array:
    """Returns the target's logit for each example, (examples,); for a pair of targets their difference."""
    one, *other = target_outputs(target)
    sums: Array = passed.sums[-1][:, one]
    return sums - passed.sums[-1][:, other[0]] if other else sums


# ---- checks


def check_neuron(network: Network, layer: int, neuron: int) -> None:
    """Raises SettingError unless the network has this neuron. Layers count from 1, neurons from 0."""
    if not 1 <= layer <= len(network.weights):
        raise SettingError("layer", layer, f"must be from 1 to {len(network.weights)}", "The input has no neurons.")
    if not 0 <= neuron < network.shape[layer]:
        raise SettingError("neuron", neuron, f"must be from 0 to {network.shape[layer] - 1}", "Choose one of them.")


def target_outputs(target: Target) -> tuple[int, ...]:
    """Returns the numbers of the target's outputs: one, or two for a pair."""
    return target if isinstance(target, tuple) else (target,)


def check_example(network: Network, inputs: object, target: Target, baseline: object) -> tuple[Array, Array]:
    """Returns inputs and baseline as (width,), after checking them and the target.

    Raises:
        SettingError: the target is no output of the network.
        DataError: inputs or baseline have another shape or are not finite.
    """
    for number in target_outputs(target):
        given: object = number
        is_whole = isinstance(given, (int, np.integer)) and not isinstance(given, bool)
        if not is_whole or not 0 <= number < network.shape[-1]:
            rule = f"must be the number of an output, 0 to {network.shape[-1] - 1}"
            raise SettingError("target", number, rule, "Choose one of them.")
    return check_row(network, "inputs", inputs, scalar=False), check_row(network, "baseline", baseline)


def check_row(network: Network, name: str, values: object, scalar: bool = True) -> Array:
    """Returns values as (width,) of the network's number type; with ``scalar`` a single number stands for all inputs.

    Raises DataError for another shape or values that are not finite.
    """
    given = np.asarray(values)
    if scalar and given.ndim == 0:
        given = np.full(network.shape[0], given)
    if given.ndim != 1:
        raise DataError(
            name, Verbatim(f"of shape {given.shape}"), f"must be one example, ({network.shape[0]},)", "Give one row."
        )
    row: Array = matrix(name, given[None], network.shape[0], network.parameters.dtype)[0]
    return row
