"""The weights at the ends of the colours, which stay the same while a network learns: noise stays pale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.formatting.round_numbers import round_end
from nnviz.ui.neuron_facts import typical_end

_OF_PIXELS = 0.3  # weight at the end of the colours of the first layer of images
_TIMES_TYPICAL = 1.5  # of other layers, as a multiple of nearly all initial weights
_WITHIN = 0.99  # share of the weights that the colours must distinguish
_LEAST, _LARGEST = 1e-4, float(np.finfo(np.float32).max)


class ColourRanges:
    """The weight of the last colour for each layer of one run.

    It starts at 0.3 for the first layer of images, else at a round number from 1.5 × the 99.5 % quantile of the initial
    weights, and doubles when more than 1 % of the weights are beyond it. It never shrinks.
    """

    def __init__(self, initial: Sequence[Array], is_picture: bool) -> None:
        """``initial``: the weights of each layer before the training."""
        self._initial = initial
        self._ends = {0: _OF_PIXELS} if is_picture else {}

    def end(self, layer: int, weights: Array) -> float:
        """Returns the weight of the last colour for a layer, from 0, after it has grown to these weights."""
        end = self._ends.get(layer) or round_end(_TIMES_TYPICAL * typical_end(self._initial[layer]), _LEAST)
        needed = typical_end(weights, _WITHIN)
        while end < needed:
            end = min(2 * end, _LARGEST)
        self._ends[layer] = end
        return end
