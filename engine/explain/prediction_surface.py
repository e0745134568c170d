"""Prediction surface: a network's outputs and neuron activations on a grid over the region of the data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.basics.validation import Array
from engine.explain.input_grid import Region
from engine.network.buffers import Buffers
from engine.network.network import Network, chunk_rows


class RegionEvaluator:
    """Evaluates networks of one shape on the same grid of points. Reuses its buffers."""

    def __init__(self, network: Network, region: Region, side: int) -> None:
        """Prepares a grid of ``side`` points in each direction, for networks with the shape of ``network``."""
        self._points = region.places(side, network.parameters.dtype)
        self._chunk = chunk_rows(network.shape, len(self._points))
        self._buffers = Buffers(network, self._chunk)

    def evaluate(self, network: Network, wanted: Mapping[int, slice]) -> dict[int, Array]:
        """Returns the activations of some neurons at every point of the grid.

        Args:
            network: a network with the shape given before; it is not changed.
            wanted: the neurons by layer, from 1. The activations of the last layer are the outputs.

        Returns:
            New arrays (neurons, points) by layer; 0 where an activation is not a number.
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
