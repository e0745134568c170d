"""What a network of two inputs answers all over a square of the plane: its outputs, and each neuron's activation.

Cells lie row by row as in a picture, from left to right and the highest y first. A cell is asked at its middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.buffers import Buffers
from engine.datasets import Dataset
from engine.network import Network, chunk_rows
from engine.validation import Array

_USUAL = 1.2  # half the side of the square that shows all points within a radius of about 1
_MARGIN = 1.08  # how much larger than all points a square is


@dataclass(frozen=True)
class Square:
    """A square of the plane, y upwards: the coordinates of its middle, and half its side."""

    x: float = 0.0
    y: float = 0.0
    half: float = _USUAL

    @property
    def corners(self) -> tuple[Array, Array]:
        """(2,) each: the lowest and the highest x and y."""
        middle = np.array([self.x, self.y])
        return middle - self.half, middle + self.half


def square_of(data: Dataset) -> Square:
    """The square that shows all points of a plane, in all its parts: the usual one wherever they fit into it."""
    bounds = [split.bounds for split in data.splits.values()]
    low = np.min([each[0] for each in bounds], axis=0).astype(float)
    high = np.max([each[1] for each in bounds], axis=0).astype(float)
    if max(-low.min(), high.max()) * _MARGIN <= _USUAL and (high - low).max() > _USUAL / 4:
        return Square()
    half = float(_MARGIN * (high - low).max() / 2)
    return Square(float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2), half or 1.0)


def plane_points(low: Array, high: Array, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """The middles of side × side cells between two corners (2,), as rows (side · side, 2)."""
    middles = (np.arange(side) + 0.5) / side
    x, y = (low[axis] + middles * (high[axis] - low[axis]) for axis in (0, 1))
    return np.stack([np.tile(x, side), np.repeat(y[::-1], side)], axis=1).astype(dtype)


class PlaneEvaluator:
    """Evaluates networks of one shape over the same cells again and again. Reuses its buffers."""

    def __init__(self, network: Network, square: Square, side: int) -> None:
        """``network``: one of that shape, with two inputs; ``side``: cells in each direction."""
        self._points = plane_points(*square.corners, side, network.parameters.dtype)
        self._chunk = chunk_rows(network.shape, len(self._points))
        self._buffers = Buffers(network, self._chunk)

    def evaluate(self, network: Network, wanted: Mapping[int, slice]) -> dict[int, Array]:
        """What some neurons answer in every cell.

        Args:
            network: of the shape given before; it is not changed.
            wanted: which neurons, by their layers, from 1. The last layer's answers are the outputs.

        Returns:
            By layer (neurons, side · side), new arrays; 0 where an answer is not a number.
        """
        cells = len(self._points)
        count = {layer: len(range(network.shape[layer])[of]) for layer, of in wanted.items()}
        found = {layer: np.empty((count[layer], cells), self._points.dtype) for layer in wanted}
        with np.errstate(all="ignore"):
            for start in range(0, cells, self._chunk):
                rows = self._points[start : start + self._chunk]
                network.forward(rows, self._buffers)
                outputs = self._buffers.cut(len(rows)).outputs
                for layer, of in wanted.items():
                    found[layer][:, start : start + len(rows)] = outputs[layer - 1][:, of].T
        return {layer: np.nan_to_num(answers, copy=False) for layer, answers in found.items()}
