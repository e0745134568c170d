"""What a network answers all over the region in which the data lie: its outputs, and each neuron's activation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.basics.validation import Array
from engine.explain.input_grid import Region
from engine.network.buffers import Buffers
from engine.network.network import Network, chunk_rows


class RegionEvaluator:
    """Evaluates networks of one shape at the same places again and again. Reuses its buffers."""

    def __init__(self, network: Network, region: Region, side: int) -> None:
        """``network``: one of that shape, with the inputs of the region; ``side``: places in each direction."""
        self._points = region.places(side, network.parameters.dtype)
        self._chunk = chunk_rows(network.shape, len(self._points))
        self._buffers = Buffers(network, self._chunk)

    def evaluate(self, network: Network, wanted: Mapping[int, slice]) -> dict[int, Array]:
        """What some neurons answer at every place.

        Args:
            network: of the shape given before; it is not changed.
            wanted: which neurons, by their layers, from 1. The last layer's answers are the outputs.

        Returns:
            By layer (neurons, places), new arrays; 0 where an answer is not a number.
        """
        places = len(self._points)
        count = {layer: len(range(network.shape[layer])[of]) for layer, of in wanted.items()}
        found = {layer: np.empty((count[layer], places), self._points.dtype) for layer in wanted}
        with np.errstate(all="ignore"):
            for start in range(0, places, self._chunk):
                rows = self._points[start : start + self._chunk]
                network.forward(rows, self._buffers)
                outputs = self._buffers.cut(len(rows)).outputs
                for layer, of in wanted.items():
                    found[layer][:, start : start + len(rows)] = outputs[layer - 1][:, of].T
        return {layer: np.nan_to_num(answers, copy=False) for layer, answers in found.items()}
