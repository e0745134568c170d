"""Names and numbers of a layer's neurons and of their weights."""

from __future__ import annotations

import math

import numpy as np

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.formatting.layers import LayerNames
from nnviz.ui.weights.neuron_view import NeuronFacts

_STRONGEST = 5
_TYPICAL = 0.995  # share of the weights within the range of colours; the few beyond it saturate
_SAMPLE = 4096  # number of weights from which that range is estimated


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
    return NeuronFacts(title, rows, inputs, names.short_source)


def signed(value: float) -> str:
    """Returns a number with a real minus sign: +0.0312."""
    return f"{value:+.4f}".replace("-", "−")


def typical_end(weights: Array, share: float = _TYPICAL) -> float:
    """Returns the magnitude below which that share of the weights is, from a sample spread over neurons and inputs."""
    flat = (weights if weights.flags.c_contiguous else weights.T).reshape(-1)
    step = max(1, flat.size // _SAMPLE)
    while step > 1 and any(math.gcd(step, side) > 1 for side in weights.shape):
        step += 1  # a step with a common factor would sample the same inputs again and again
    sample = np.abs(flat[::step])
    sample = sample[np.isfinite(sample)]  # a network that diverged can still be drawn
    if not len(sample):
        return 1.0
    place = min(len(sample) - 1, int(share * len(sample)))
    return float(np.partition(sample, place)[place])
