"""Names and numbers of a layer's neurons and of their weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.network.network import Network
from nnviz.formatting import text
from nnviz.ui.weights.neuron_view import NeuronFacts

_STRONGEST = 5
_TYPICAL = 0.995  # share of the weights within the range of colours; the few beyond it saturate
_SAMPLE = 4096  # number of weights from which that range is estimated


@dataclass(frozen=True)
class LayerNames:
    """Names for the neurons of a layer and for their inputs.

    ``tile`` is the shape of the picture that the inputs form, or None; ``classes`` are the names of the network's
    outputs, empty if they have none, and ``columns`` those of its inputs; ``output`` is what an output is.
    """

    network: Network
    layer: int
    tile: tuple[int, int] | None
    classes: Sequence[str]
    columns: Sequence[str] = ()
    output: str = "class"

    def neuron(self, number: int) -> str:
        """Returns "neuron 8", with the class of an output. Numbers count from 0, names from 1."""
        name = self.class_name(number)
        return f"neuron {number + 1} ({self.output} {name})" if name else f"neuron {number + 1}"

    def class_name(self, number: int) -> str:
        """Returns the class of an output; "" if it has none."""
        is_output = self.layer == len(self.network.weights) - 1 and len(self.classes) == self.network.shape[-1]
        return self.classes[number] if is_output else ""

    def source(self, number: int) -> str:
        """Returns the name of an input: a pixel, a number of the example, or a neuron of the layer before."""
        if self.tile is not None:
            row, column = divmod(number, self.tile[1])
            return f"pixel row {row + 1}, column {column + 1}"
        if self.layer:
            return f"neuron {number + 1} of layer {self.layer}"
        return self.columns[number] if number < len(self.columns) else f"input {number + 1}"


def neuron_facts(names: LayerNames, neuron: int) -> NeuronFacts:
    """Returns the numbers of one neuron; ``neuron`` counts from 0."""
    network, layer = names.network, names.layer
    weights = network.weights[layer][neuron]
    name = names.class_name(neuron)
    title = f"neuron {text.count(neuron + 1)} of {text.count(len(network.weights[layer]))}"
    rows = [
        ("activation", network.layer_activations[layer].label),
        ("bias", signed(float(network.biases[layer][neuron, 0]))),
        ("weights", f"{signed(float(weights.min()))} … {signed(float(weights.max()))}"),
        ("norm", f"{math.hypot(*weights.tolist()):.4f}"),
    ]
    strongest = np.argsort(-np.abs(weights), kind="stable")[:_STRONGEST]
    inputs = [(names.source(int(number)), signed(float(weights[number]))) for number in strongest]
    title = f"{names.output.capitalize()} {name} · {title}" if name else title.capitalize()
    return NeuronFacts(title, rows, inputs, names.source)


def signed(value: float) -> str:
    """Returns a number with a real minus sign: +0.0312."""
    return f"{value:+.4f}".replace("-", "−")


def typical_end(weights: Array) -> float:
    """Returns the magnitude below which nearly all weights are, from a sample spread over neurons and inputs."""
    flat = (weights if weights.flags.c_contiguous else weights.T).reshape(-1)
    step = max(1, flat.size // _SAMPLE)
    while step > 1 and any(math.gcd(step, side) > 1 for side in weights.shape):
        step += 1  # a step with a common factor would sample the same inputs again and again
    sample = np.abs(flat[::step])
    sample = sample[np.isfinite(sample)]  # a network that diverged can still be drawn
    if not len(sample):
        return 1.0
    place = min(len(sample) - 1, int(_TYPICAL * len(sample)))
    return float(np.partition(sample, place)[place])
