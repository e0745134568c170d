"""Features of neurons: their most exciting input, and the examples that are similar to a layer."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array, matrix
from engine.network.backprop import check_neuron, check_row, forward, gradient_by_inputs, gradients
from engine.network.network import Network

_CLIMBS = 60
_CHUNK = 2000  # examples at once


def carried_back(network: Network, layer: int, neuron: int, inputs: object | None = None) -> Array:
    """Returns a neuron's weights propagated back to the input, layer by layer, (width,).

    Without ``inputs`` the product of the weights, as if all layers below were linear; with inputs (width,) each layer's
    slope at that example counts too: the gradient of the neuron's sum. Layers count from 1, neurons from 0.
    """
    check_neuron(network, layer, neuron)
    if inputs is not None:
        example = matrix("inputs", [np.asarray(inputs)], network.shape[0], network.parameters.dtype)
        return gradient_by_inputs(network, gradients(network, forward(network, example), neuron, layer)[0][0])
    down: Array = network.weights[layer - 1][neuron]
    for below in range(layer - 1, 0, -1):
        down = down @ network.weights[below - 1]
    return np.array(gradient_by_inputs(network, down))


def most_exciting(
    network: Network, layer: int, neuron: int, low: object = 0.0, high: object = 1.0, start: object | None = None
) -> Array:
    """Returns inputs within the bounds that maximise a neuron's sum by gradient ascent, (width,).

    Each step follows the gradient, is kept within the bounds, and is taken only if the sum grows; it ends at a local
    maximum. Erhan et al. 2009, "Visualizing Higher-Layer Features of a Deep Network". Begins in the middle between the
    bounds unless ``start`` is given. Layers count from 1, neurons from 0.
    """
    check_neuron(network, layer, neuron)
    least, most = check_row(network, "low", low), check_row(network, "high", high)
    point = (least + most) / 2 if start is None else np.clip(check_row(network, "start", start), least, most)
    passed = forward(network, point[None])
    reach = float(np.linalg.norm(most - least)) / 4
    for _ in range(_CLIMBS):
        slope = gradients(network, passed, neuron, layer)[0][0]
        length = float(np.linalg.norm(slope))
        if not length or reach < 1e-6:
            break
        new = np.clip(point + reach / length * slope, least, most)
        tried = forward(network, new[None])
        if tried.sums[layer - 1][0, neuron] > passed.sums[layer - 1][0, neuron]:
            point, passed, reach = new, tried, 1.5 * reach
        else:
            reach /= 4
    return point


def nearest_examples(network: Network, inputs: object, examples: Array, count: int, layer: int | None = None) -> Array:
    """Returns the numbers of the examples (k, width) nearest to the inputs in the last hidden layer, (count,).

    The distance is the Euclidean one between activations. ``layer`` names another layer, from 1; 0 is the input itself.
    """
    number = len(network.weights) - 1 if layer is None else layer
    example = matrix("inputs", [np.asarray(inputs)], network.shape[0], network.parameters.dtype)
    chunks = (examples[start : start + _CHUNK] for start in range(0, len(examples), _CHUNK))
    seen = np.concatenate([activations_of(network, chunk, number) for chunk in chunks])
    return nearest_rows(seen, activations_of(network, example, number)[0], count)[0]


def activations_of(network: Network, inputs: Array, layer: int) -> Array:
    """Returns (examples, neurons): the activations of a layer, from 1; of layer 0 the inputs, as the first layer takes
    them.

    Nothing above it is computed.
    """
    a = network.standardised(inputs)
    for weights, biases, function in zip(
        network.weights[:layer], network.biases[:layer], network.layer_activations[:layer], strict=True
    ):
        a = a @ weights.T + biases.T
        function.forward(a)
    return a


def nearest_rows(rows: Array, to: Array, count: int) -> tuple[Array, Array]:
    """Returns the numbers of the nearest ``count`` rows (k, width), nearest first, and their Euclidean distances."""
    distances = np.sqrt(np.square(rows - to).sum(axis=1))
    nearest = np.argpartition(distances, min(count, len(distances)) - 1)[:count]
    nearest = nearest[np.argsort(distances[nearest], kind="stable")]
    return nearest, distances[nearest]
