"""From strokes or a photograph to the 28 × 28 picture that a network of MNIST expects.

Made as MNIST was (LeCun, Cortes, Burges): the ink is scaled to fit a 20 × 20 box with its proportions kept, grey at
the edges, then moved so that its centre of mass is where MNIST has it in the 28 × 28 field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]

SIDE = 28
BOX = 20
# A pen is never thinner or thicker than this in the picture: a small drawing would else become a blot.
_THINNEST, _THICKEST = 1.6, 2.6
_SPACING = 0.35  # pixels of the picture between two points of a stroke that are worth keeping
_MOST_SEGMENTS = 500  # in a scribble they lie farther apart: the picture must keep up with the mouse
_INK = 0.25  # what counts as ink in a photograph, as a share of its contrast
# MNIST's centres of mass lie between 14 and 15 pixels from the edges: in the middle of pixel 14, counted from 0.
_CENTRE = SIDE / 2 + 0.5


def picture_of_strokes(strokes: Sequence[Array], pen_width: float) -> Array:
    """The network's picture of a drawing.

    Args:
        strokes: (n, 2) arrays of points, y down, in any unit.
        pen_width: in the same unit.

    Returns:
        (28, 28) float32 in 0…1, white ink on black; all 0 where there is no stroke.
    """
    drawn = [np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not drawn:
        return np.zeros((SIDE, SIDE), np.float32)
    points = np.concatenate(drawn)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max()) + pen_width
    scale = BOX / max(extent, 2 * pen_width)
    width = float(np.clip(pen_width * scale, _THINNEST, _THICKEST))
    # The line may be thicker or thinner now than the pen was; its edges must still touch the box.
    scale = min(scale, (BOX - width) / max(float((high - low).max()), 1e-9))
    starts, ends = _segments([(stroke - (low + high) / 2) * scale + _CENTRE for stroke in drawn])
    ink = _ink(starts, ends, width)
    shift = _CENTRE - _centre_of_mass(ink)
    return _ink(starts + shift, ends + shift, width).astype(np.float32)


def picture_of_image(grey: Array) -> Array:
    """The network's picture of a photograph or scan of one digit.

    Args:
        grey: (height, width), any size and range; dark on light or light on dark, told apart by the border.

    Returns:
        (28, 28) float32 in 0…1, white ink on black; all 0 for a picture of one grey.
    """
    ink = _ink_of(np.asarray(grey, np.float64))
    rows, columns = np.flatnonzero((ink > _INK).any(axis=1)), np.flatnonzero((ink > _INK).any(axis=0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.float32)
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    size = [max(1, round(length * scale)) for length in digit.shape]
    small = np.asarray(Image.fromarray(digit.astype(np.float32)).resize(size[::-1], Image.Resampling.BOX), np.float64)
    small = np.clip(small, 0, 1)
    field = np.zeros((SIDE, SIDE), np.float32)
    corner = np.round(_CENTRE - _centre_of_mass(small)).astype(int)[::-1]
    top, left = np.clip(corner, 0, SIDE - np.array(small.shape))
    field[top : top + size[0], left : left + size[1]] = small
    return field


def _ink_of(grey: Array) -> Array:
    """0 for paper, 1 for ink: the border shows which is which."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(border))
    distance = grey - paper
    if abs(distance.min()) > abs(distance.max()):
        distance = -distance
    strongest = float(distance.max())
    return np.clip(distance / strongest, 0, 1) if strongest > 0 else np.zeros_like(grey)


def _segments(strokes: list[Array]) -> tuple[Array, Array]:
    """Starts and ends of all pieces of line, (k, 2) each; a dot is a piece of no length."""
    spacing = max(_SPACING, sum(_path_length(stroke)[-1] for stroke in strokes) / _MOST_SEGMENTS)
    starts, ends = [], []
    for stroke in strokes:
        kept = _thinned(stroke, spacing)
        starts.append(kept[:-1] if len(kept) > 1 else kept)
        ends.append(kept[1:] if len(kept) > 1 else kept)
    return np.concatenate(starts), np.concatenate(ends)


def _path_length(stroke: Array) -> Array:
    """How far it is along the stroke to each of its points."""
    steps = np.hypot(*np.diff(stroke, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _thinned(stroke: Array, spacing: float) -> Array:
    """Without the points that lie closer together than the picture can show."""
    marks = np.floor(_path_length(stroke) / spacing)
    keep = np.concatenate([[True], np.diff(marks) > 0])
    keep[-1] = True
    return stroke[keep]


def _ink(starts: Array, ends: Array, width: float) -> Array:
    """(28, 28) coverage by a round pen: 1 inside, 0 outside, falling off over one pixel at the edge."""
    centres = np.arange(SIDE) + 0.5
    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    dx = centres[None, :] - starts[:, :1]  # (k, 28) columns
    dy = centres[None, :] - starts[:, 1:]  # (k, 28) rows
    projected = (dy * along[:, 1:])[:, :, None] + (dx * along[:, :1])[:, None, :]
    share = np.clip(projected / length[:, None, None], 0, 1)
    off_x = dx[:, None, :] - share * along[:, 0, None, None]
    off_y = dy[:, :, None] - share * along[:, 1, None, None]
    distance = np.sqrt((off_x**2 + off_y**2).min(axis=0))
    return np.clip(width / 2 + 0.5 - distance, 0, 1)


def _centre_of_mass(ink: Array) -> Array:
    """(x, y) in pixels from the upper left corner."""
    total = ink.sum()
    x = ink.sum(axis=0) @ (np.arange(ink.shape[1]) + 0.5)
    y = ink.sum(axis=1) @ (np.arange(ink.shape[0]) + 0.5)
    return np.array([x, y]) / total
