"""Conclusions about the layers of a network: dead and saturated neurons, and gradients that vanish or explode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.basics.validation import Array
from engine.network.activations import ACTIVATIONS
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration

MANY_DEAD = 0.1  # share of a layer's neurons
_SATURATED = 0.7  # share of a layer's activations
_FAR_APART = 100  # ratio of gradients
_SGD = "With SGD, layer 1 hardly learns."  # Adam and RMSProp rescale the steps of each weight
_MOST = 1_000_000  # times; a larger ratio is not written out


class LayerFigures(NamedTuple):
    """Figures of a layer.

    Attributes:
        activation: name of its activation function.
        neurons: number of neurons.
        dead: number of neurons whose slope is below 0.001 for all examples; 0 for the output layer.
        saturated: share of saturated activations, see :func:`saturated_share`.
        gradient: standard deviation of the gradients of its weights.
    """

    activation: str
    neurons: int
    dead: int
    saturated: float
    gradient: float


def saturated_share(activation: str, values: Array) -> float:
    """Returns the share of activations beyond the ends of the function, where the slope is small; 0 without ends."""
    low, high = ACTIVATIONS[activation].ends or (-math.inf, math.inf)
    return float(((values < low) | (values > high)).mean()) if len(values) else 0.0


def layer_conclusion(layers: Sequence[LayerFigures], examples: int) -> Conclusion | None:
    """Returns what is unusual about the layers, or that nothing is; None without hidden layers.

    - More than a tenth of a layer's neurons are dead, so that this part of the layer hardly learns. In networks of
      up to eight layers of He-initialised ReLU neurons, up to 9 % are dead and the network learns well.
    - More than 70 % of a layer's activations are saturated. In layers of sigmoid and tanh that learn MNIST well, up to
      55 % are; with normal initial weights, which are too large, 73 to 77 %.
    - The gradients of layer 1 are less than a hundredth, or more than 100 times those of the output layer. In networks
      that learn MNIST, these differ by up to a factor of 40; in five layers of sigmoid, which learn nothing, by 1,000.

    Args:
        layers: all layers after the input.
        examples: number of examples on which the figures were measured.
    """
    hidden = layers[:-1]
    if not hidden:
        return None
    found = list(filter(None, (_dead(hidden, examples), _saturated(hidden), _far_apart(layers))))
    if found:
        (lead, explanation), *others = found
        return Conclusion(lead, " ".join(other for other, _ in others), explanation)
    dead, count = sum(layer.dead for layer in hidden), sum(layer.neurons for layer in hidden)
    state = f"{text.count(dead)} of {text.count(count)} hidden neurons {'is' if dead == 1 else 'are'} dead"
    return Conclusion(f"Nothing unusual: {state}.", _factor(layers))


def _dead(hidden: Sequence[LayerFigures], examples: int) -> tuple[str, str] | None:
    """Returns a sentence about the layer with the largest share of dead neurons, and its explanation."""
    many = [number for number, layer in enumerate(hidden) if layer.dead > MANY_DEAD * layer.neurons]
    if not many:
        return None
    most = max(many, key=lambda number: hidden[number].dead / hidden[number].neurons)
    layer = hidden[most]
    is_silent = ACTIVATIONS[layer.activation].is_silent
    if layer.dead == 1:
        state, why = "never fires" if is_silent else "is always saturated", "Its slope is nearly 0"
    else:
        state, why = "never fire" if is_silent else "are always saturated", "Their slope is nearly 0"
    others = [f"{_share_of(hidden[n])} in layer {n + 1}" for n in many if n != most]
    also = f" The same is true of {enumeration(others)}." if others else ""
    return (
        f"Layer {most + 1}: {_share_of(layer)} neurons {state}.",
        f"{why} on all {examples} training examples measured.{also}",
    )


def _share_of(layer: LayerFigures) -> str:
    return f"{text.count(layer.dead)} of {text.count(layer.neurons)}"


def _saturated(hidden: Sequence[LayerFigures]) -> tuple[str, str] | None:
    most = max(range(len(hidden)), key=lambda number: hidden[number].saturated)
    layer = hidden[most]
    if layer.saturated <= _SATURATED:
        return None
    low, high = ACTIVATIONS[layer.activation].ends or (-math.inf, math.inf)
    share, ends = round(100 * layer.saturated), f"below {low:g} or above {high:g}".replace("-", "−")
    return (
        f"Layer {most + 1}: {share} % of the activations are {ends}.",
        "Saturated neurons pass on little gradient.",
    )


def _far_apart(layers: Sequence[LayerFigures]) -> tuple[str, str] | None:
    first, last = layers[0].gradient, layers[-1].gradient
    if not first and last > 0:
        return "No gradient reaches layer 1.", ""
    if first * _FAR_APART < last:
        how, why = f"vanish towards layer 1: {_times(last / first)} times smaller", _SGD
    elif first > _FAR_APART * last > 0:
        how, why = f"explode towards layer 1: {_times(first / last)} times larger", ""
    else:
        return None
    return f"Gradients {how} than in the output layer.", why


def _factor(layers: Sequence[LayerFigures]) -> str:
    """Returns by how much the gradients of the layers differ, if that is not much."""
    low, high = min(layer.gradient for layer in layers), max(layer.gradient for layer in layers)
    return f"Gradients differ {high / low:.1f}-fold between layers." if 0 < high < _FAR_APART * low else ""


def _times(ratio: float) -> str:
    return text.count(round(ratio)) if ratio < _MOST else f"more than {text.count(_MOST)}"
