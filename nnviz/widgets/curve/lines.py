"""Small line plots of what neurons answer over one number, made as pixels: hundreds of them cost as much as a few."""

from __future__ import annotations

import numpy as np

from engine.validation import Array
from nnviz.look import theme
from nnviz.widgets.plane.colours import neuron_pixels

_WIDTH = 1.8  # of the line, in pixels
_AIR = 3.0  # pixels above the line's highest and below its lowest place
_FILL = 0.3  # share of the line's colour between it and 0
_FAINT = 0.1  # share up to which the line of 0 is seen


def line_tiles(answers: Array, limit: float, size: int) -> Array:
    """Pictures of lines: orange where an answer is above 0, blue below, filled towards 0 in the middle.

    Args:
        answers: (neurons, places), from left to right.
        limit: the answer at the upper end of a picture, and with a minus at the lower one.
        size: pixels of a side.

    Returns:
        (neurons, size, size) uint32.
    """
    middle = (size - 1) / 2
    edges = _heights(answers, limit, size, middle)
    upper, lower = np.minimum(edges[:, :-1], edges[:, 1:]), np.maximum(edges[:, :-1], edges[:, 1:])
    line = _covered(upper - _WIDTH / 2, lower + _WIDTH / 2, size)
    fill = _covered(np.minimum(upper, middle), np.maximum(lower, middle), size)
    fill *= _FILL
    shares = np.maximum(line, fill, out=line)
    signs = np.where(edges[:, :-1] + edges[:, 1:] <= 2 * middle, 1, -1).astype(np.float32)
    pixels = neuron_pixels(shares * signs[:, None], 1.0)
    row = size // 2
    pixels[:, row][shares[:, row] < _FAINT] = theme.colour("border").rgb()
    return pixels


def _heights(answers: Array, limit: float, size: int, middle: float) -> Array:
    """(neurons, size + 1): how far below the first row of pixels the lines are at the columns' edges."""
    places = np.linspace(0, answers.shape[1] - 1, size + 1)
    left = np.minimum(places.astype(np.intp), max(0, answers.shape[1] - 2))
    right = np.minimum(left + 1, answers.shape[1] - 1)
    shares = (places - left).astype(np.float32)
    with np.errstate(over="ignore"):
        scaled = np.clip(answers / np.float32(max(limit, 1e-30)), -1, 1)
    values = scaled[:, left] * (1 - shares) + scaled[:, right] * shares
    return middle - values * np.float32(max(0.0, middle - _AIR))


def _covered(upper: Array, lower: Array, size: int) -> Array:
    """(neurons, size, size): which share of each pixel lies between two heights (neurons, size) of its column."""
    rows = np.arange(size, dtype=np.float32)[:, None]
    covered = np.minimum(lower[:, None], rows + np.float32(0.5))
    covered -= np.maximum(upper[:, None], rows - np.float32(0.5))
    return np.clip(covered, 0, 1, out=covered)
