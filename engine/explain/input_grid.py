"""Where data of one or two inputs lie, and the places there at which a network is asked to draw what it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.basics.validation import Array
from engine.datasets import Dataset, Split

_USUAL = 1.2  # half the side of the square that shows all points within a radius of about 1
_MARGIN = 1.08  # how much larger than all points a square or a span is


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

    def places(self, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
        """(side · side, 2): the middles of cells, row by row as in a picture, the highest y first."""
        return plane_points(*self.corners, side, dtype)

    @staticmethod
    def finest(most: int) -> int:
        """The largest ``side`` with at most so many places."""
        return math.isqrt(most)


@dataclass(frozen=True)
class Span:
    """A span of one input, from its low to its high end."""

    low: float = -_USUAL
    high: float = _USUAL

    def places(self, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
        """(side, 1): evenly from the low end to the high one, both among them."""
        return np.linspace(self.low, self.high, side, dtype=dtype)[:, None]

    @staticmethod
    def finest(most: int) -> int:
        """The largest ``side`` with at most so many places."""
        return most


Region = Square | Span


def region_of(data: Dataset) -> Region | None:
    """The square or the span that shows all examples, in all parts; None for data that cannot be drawn that way."""
    if data.is_plane:
        return square_of(data)
    return span_of(data) if data.is_curve else None


def square_of(data: Dataset) -> Square:
    """The square that shows all points of a plane, in all its parts: the usual one wherever they fit into it.

    Points that lie close together are looked at from near by, unless they are meant to lie all over the usual one.
    """
    low, high = _bounds(data)
    fit = max(-low.min(), high.max()) * _MARGIN <= _USUAL
    if fit and (data.extent is not None or (high - low).max() > _USUAL / 4):
        return Square()
    half = float(_MARGIN * (high - low).max() / 2)
    return Square(float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2), half or 1.0)


def span_of(data: Dataset) -> Span:
    """The span that shows all numbers of a curve, in all its parts, and a little beyond them."""
    low, high = (float(end[0]) for end in _bounds(data))
    if data.extent is not None:
        low, high = min(low, -data.extent), max(high, data.extent)
    middle, half = (low + high) / 2, _MARGIN * (high - low) / 2 or 1.0
    return Span(middle - half, middle + half)


def places_of(data: Dataset, split: Split) -> Array:
    """(k, 2) float64: where the examples of a split lie in the plane, or x and y of a curve in its source's units."""
    inputs = split.inputs.astype(np.float64) * split.scale
    return inputs if data.is_plane else np.hstack([data.raw_inputs(inputs), data.raw_targets(split.targets)])


def _bounds(data: Dataset) -> tuple[Array, Array]:
    """(width,) each: the lowest and the highest inputs of all parts."""
    bounds = [split.bounds for split in data.splits.values()]
    low = np.min([each[0] for each in bounds], axis=0).astype(float)
    return low, np.max([each[1] for each in bounds], axis=0).astype(float)


def plane_points(low: Array, high: Array, side: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """The middles of side × side cells between two corners (2,), as rows (side · side, 2)."""
    middles = (np.arange(side) + 0.5) / side
    x, y = (low[axis] + middles * (high[axis] - low[axis]) for axis in (0, 1))
    return np.stack([np.tile(x, side), np.repeat(y[::-1], side)], axis=1).astype(dtype)
