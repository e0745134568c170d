"""Conclusions about the layers of a network: dead and saturated neurons, and gradients that vanish or explode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration

# Activations near both ends of their range count as saturated: the slope there is at most a fifth of the steepest.
_ENDS = {"sigmoid": (0.05, 0.95), "tanh": (-0.9, 0.9)}
_SILENT = ("relu", "gelu", "softplus")  # are 0 where they have no slope

_MANY_DEAD = 0.1  # share of a layer's neurons
_MOST_SATURATED = 0.75  # share of a layer's activations
_FAR_APART = 100  # ratio of gradients


class LayerFigures(NamedTuple):
    """Figures of one layer.

    Attributes:
        name: "Layer 1", "Output".
        activation: name of its activation function.
        neurons: number of neurons.
        dead: number of neurons without slope on all examples; None for the output layer.
        examples: number of examples.
        saturated: share of activations near an end of their range; 0 if the function has no such ends.
        gradient: standard deviation of the gradients of its weights.
    """

    name: str
    activation: str
    neurons: int
    dead: int | None
    examples: int
    saturated: float
    gradient: float
