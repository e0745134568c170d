"""The region of data with one or two inputs, and a grid of points in it at which predictions are drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.network.buffers import Buffers
from engine.network.network import Network, chunk_rows

_DEFAULT = 1.2  # half the side of the square that shows all points within a radius of about 1
_MARGIN = 1.08  # ratio of a square or an interval to the extent of the points


@dataclass(frozen=True)
class Square:
    """A square of the plane, y upwards: its centre and half its side."""

    x: float = 0.0
    y: float = 0.0
    half: float = _DEFAULT

    @property
    def corners(self) -> tuple[Array, Array]:
        """The lowest and the highest x and y, (2,) each."""
        middle = np.array([self.x, self.y])
        return middle - self.half, middle + self.half

    def places(self, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
        """Returns the centres of the cells, (side · side, 2), row by row as in an image, the highest y first."""
        return plane_points(*self.corners, side, dtype)

    @staticmethod
    def finest(most: int) -> int:
        """Returns the largest ``side`` whose grid has at most ``most`` points."""
        return math.isqrt(most)


@dataclass(frozen=True)
class Span:
    """An interval of one input, both ends included."""

    low: float = -_DEFAULT
    high: float = _DEFAULT

    def places(self, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
        """Returns evenly spaced points from the low to the high end, both included, (side, 1)."""
        return np.linspace(self.low, self.high, side, dtype=dtype)[:, None]

    @staticmethod
    def finest(most: int) -> int:
        """Returns the largest ``side`` whose grid has at most ``most`` points."""
        return most


Region = Square | Span


def region_of(data: Dataset) -> Region | None:
    """Returns the square or interval that contains all examples of all splits; None for other kinds of data."""
    if data.is_plane:
        return square_of(data)
    return span_of(data) if data.is_curve else None


def square_of(data: Dataset) -> Square:
    """Returns the square that contains all points of all splits: the default one if they fit into it.

    Points close together get a smaller square, unless the data set is defined on all of the default one.
    """
    low, high = _bounds(data)
    fit = max(-low.min(), high.max()) * _MARGIN <= _DEFAULT
    if fit and (data.extent is not None or (high - low).max() > _DEFAULT / 4):
        return Square()
    half = float(_MARGIN * (high - low).max() / 2)
    return Square(float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2), half or 1.0)


def span_of(data: Dataset) -> Span:
    """Returns the interval that contains all inputs of a curve, in all splits, with a margin."""
    low, high = (float(end[0]) for end in _bounds(data))
    if data.extent is not None:
        low, high = min(low, -data.extent), max(high, data.extent)
    middle, half = (low + high) / 2, _MARGIN * (high - low) / 2 or 1.0
    return Span(middle - half, middle + half)


def places_of(data: Dataset, split: Split) -> Array:
    """Returns the positions of a split's examples, (k, 2) float64: in the plane, or x and y of a curve in its units."""
    inputs = split.inputs.astype(np.float64) * split.scale
    return inputs if data.is_plane else np.hstack([data.raw_inputs(inputs), data.raw_targets(split.targets)])


def _bounds(data: Dataset) -> tuple[Array, Array]:
    """Returns the lowest and the highest inputs of all splits, (width,) each."""
    bounds = [split.bounds for split in data.splits.values()]
    low = np.min([each[0] for each in bounds], axis=0).astype(float)
    return low, np.max([each[1] for each in bounds], axis=0).astype(float)


def plane_points(low: Array, high: Array, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """Returns the centres of side × side cells between two corners (2,), as rows (side · side, 2)."""
    middles = (np.arange(side) + 0.5) / side
    x, y = (low[axis] + middles * (high[axis] - low[axis]) for axis in (0, 1))
    return np.stack([np.tile(x, side), np.repeat(y[::-1], side)], axis=1).astype(dtype)


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
