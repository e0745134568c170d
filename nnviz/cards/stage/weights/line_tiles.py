"""Tiles with line plots of neurons' activations over one input, made as pixels: hundreds cost as much as a few."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.plane.colours import neuron_pixels

_WIDTH = 1.8  # of the line, in pixels
_AIR = 3.0  # pixels above the line's highest and below its lowest place
_FILL = 0.3  # share of the line's colour between it and 0
_REACH = 0.35  # columns beyond its own that a steep line covers
_FAINT = 0.1  # share up to which the line of 0 is seen


def line_tiles(activations: Array, limit: float, size: int) -> Array:
    """Returns tiles of lines: orange above 0, blue below, filled towards 0.

    0 is in the middle of a tile, or at its foot if no activation is negative.

    Args:
        activations: (neurons, places), from left to right.
        limit: the activation at the upper end of a tile; its negative is at the lower end if any is negative.
        size: the side of a tile in pixels.

    Returns:
        (neurons, size, size) uint32.
    """
    zero, scale = _axis(activations, size)
    with np.errstate(over="ignore"):
        scaled = np.clip(activations / np.float32(max(limit, 1e-30)), -1, 1)
    columns = np.arange(size) + 0.5
    heights = [zero - scale * _at(scaled, (columns + by) / size) for by in (-0.5 - _REACH, 0, 0.5 + _REACH)]
    upper, lower = np.minimum.reduce(heights), np.maximum.reduce(heights)
    line = _covered(upper - _WIDTH / 2, lower + _WIDTH / 2, size)
    fill = _covered(np.minimum(heights[1], zero), np.maximum(heights[1], zero), size)
    fill *= _FILL
    shares = np.maximum(line, fill, out=line)
    signs = np.where(heights[1] <= zero, 1, -1).astype(np.float32)
    pixels = neuron_pixels(shares * signs[:, None], 1.0)
    row = round(zero)
    pixels[:, row][shares[:, row] < _FAINT] = theme.colour("border").rgb()
    return pixels


def _axis(activations: Array, size: int) -> tuple[np.float32, np.float32]:
    """Returns the distance of 0 below the middle of the first row of pixels, and the height of the limit above 0."""
    middle = (size - 1) / 2
    zero = middle if (activations < 0).any() else max(middle, size - 1 - _AIR)
    return np.float32(zero), np.float32(max(0.0, zero - _AIR))


def _at(values: Array, places: Array) -> Array:
    """Returns (neurons, k): lines (neurons, places) interpolated at (k,) places, 0…1 from left to right."""
    last = values.shape[1] - 1
    exact = np.clip(places, 0, 1) * last
    left = np.minimum(exact.astype(np.intp), max(0, last - 1))
    shares = (exact - left).astype(np.float32)
    found: Array = values[:, left] * (1 - shares) + values[:, np.minimum(left + 1, last)] * shares
    return found


def _covered(upper: Array, lower: Array, size: int) -> Array:
    """Returns (neurons, size, size): the share of each pixel between two heights (neurons, size) of its column."""
    rows = np.arange(size, dtype=np.float32)[:, None]
    covered = np.minimum(lower[:, None], rows + np.float32(0.5))
    covered -= np.maximum(upper[:, None], rows - np.float32(0.5))
    return np.clip(covered, 0, 1, out=covered)
