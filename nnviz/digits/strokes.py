"""The parts of a drawing: strokes of the pen and the eraser, and images put on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np

from engine.basics.validation import Array

INKED = 0.25  # a pixel with more, as a share of full ink, counts as ink
_CORNER = np.cos(np.radians(75))  # a sharper turn than this is kept as a corner
CURVE_STEPS = 8  # pieces of line per piece of curve
_MOST_POINTS = 1200  # a stroke with more points needs no further ones
_COARSE = 64  # cells along the longer side of an image, to find where it has ink


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line of the pen or the eraser.

    Attributes:
        points: (n, 2), y down, in the drawing's unit.
        widths: (n,) shares of the pen's width; None for the full width everywhere.
        eraser: the eraser's width in the drawing's unit; 0 for the pen.
    """

    points: Array
    widths: Array | None = None
    eraser: float = 0.0

    @property
    def nbytes(self) -> int:
        """Memory of its points and of the curve through them."""
        return (1 + CURVE_STEPS) * self.points.nbytes

    @cached_property
    def curve(self) -> tuple[Array, Array | None]:
        """Points close to each other on a smooth line through the stroke's points, and the widths there."""
        return curve_of(self.points, self.widths)

    @cached_property
    def lengths(self) -> Array:
        """The distance along the curve to each of its points."""
        steps = np.diff(self.curve[0], axis=0)
        return np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])

    def within(self, field: tuple[float, float], pen_width: float) -> list[Stroke]:
        """Returns the visible parts of the stroke.

        Args:
            field: width and height of the visible area around (0, 0), in the drawing's unit.
            pen_width: in the same unit. A line is visible up to half its width outside the field.
        """
        half = np.array(field) / 2
        if (np.abs(self.curve[0]) <= half).all():
            return [self]
        half = half + (self.eraser or pen_width) / 2
        return _parts_within(self, float(half[0]), float(half[1]))


@dataclass(frozen=True, eq=False)
class Ink:
    """An image whose centre is the centre of the canvas.

    Attributes:
        pixels: (height, width) float32 in 0…1, 1 is ink; for an example of data with a background, brightness.
        side: length of its longer side in the drawing's unit.
        title: a displayed description; may be empty.
        is_example: whether it is made of the data; it is the network's unchanged input while nothing is drawn over it.
        origin: the split and the number of the example that it is; None for any other image.
        fingerprint: fingerprint of the data that an example is of, or that it was made from.
    """

    pixels: Array
    side: float
    title: str = ""
    is_example: bool = False
    origin: tuple[str, int] | None = None
    fingerprint: str = ""

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes

    @property
    def pixel(self) -> float:
        """The side of a pixel in the drawing's unit."""
        return self.side / max(self.pixels.shape)

    @property
    def corner(self) -> Array:
        """(x, y) of the upper left corner."""
        return -np.array(self.pixels.shape[::-1]) * self.pixel / 2

    @cached_property
    def box(self) -> tuple[Array, Array] | None:
        """The corners (x, y) of the box around the ink, or None without ink."""
        inked = self.pixels > INKED
        rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        if not len(rows):
            return None
        low, high = np.array([columns[0], rows[0]]), np.array([columns[-1], rows[-1]]) + 1
        return self.corner + low * self.pixel, self.corner + high * self.pixel

    @cached_property
    def cells(self) -> tuple[Array, float]:
        """The middles (k, 2) of coarse cells with ink, and the side of a cell."""
        step = -(-max(self.pixels.shape) // _COARSE)
        rows, columns = np.nonzero(self.pixels > INKED)
        cells = np.unique(np.stack([columns // step, rows // step], axis=1), axis=0)
        return self.corner + (cells + 0.5) * step * self.pixel, step * self.pixel


Drawing: TypeAlias = tuple[Stroke | Ink, ...]  # later parts lie over earlier ones


def curve_of(points: Array, widths: Array | None = None) -> tuple[Array, Array | None]:
    """Returns a smooth line through all points (Catmull-Rom in chord lengths); sharp corners stay sharp.

    Returns:
        ((n - 1) · 8 + 1, 2) points on it, fewer if the given ones are dense, and the widths there.
    """
    steps = min(CURVE_STEPS, _MOST_POINTS // max(1, len(points)))
    if len(points) < 3 or steps < 2:
        return points, widths
    way = np.diff(points, axis=0)
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-12)[:, None]
    heading = way / length
    leaves, arrives = heading.copy(), heading.copy()
    before, after = length[:-1], length[1:]
    blend = (heading[:-1] * after + heading[1:] * before) / (before + after)
    is_smooth = ((heading[:-1] * heading[1:]).sum(axis=1) > _CORNER)[:, None]
    leaves[1:] = np.where(is_smooth, blend, heading[1:])
    arrives[:-1] = np.where(is_smooth, blend, heading[:-1])
    place = np.arange(steps)[:, None] / steps
    curve = _hermite(
        points[:-1, None], points[1:, None], (leaves * length)[:, None], (arrives * length)[:, None], place
    )
    smooth = np.concatenate([curve.reshape(-1, 2), points[-1:]])
    if widths is None:
        return smooth, None
    return smooth, np.interp(np.arange(len(smooth)) / steps, np.arange(len(points)), widths)


def _hermite(start: Array, end: Array, leaves: Array, arrives: Array, place: Array) -> Array:
    """Returns the cubic from one point to the next with the given tangents, at places 0…1."""
    square, cube = place**2, place**3
    bend = 3 * square - 2 * cube
    return start + (end - start) * bend + leaves * (cube - 2 * square + place) + arrives * (cube - square)


@lru_cache(maxsize=64)  # while drawing, only the stroke in progress changes
def _parts_within(stroke: Stroke, half_width: float, half_height: float) -> list[Stroke]:
    curve, widths = stroke.curve
    numbers = np.arange(len(curve))
    parts = []
    for way in _ways_within(curve, np.array([half_width, half_height])):
        points = np.stack([np.interp(way, numbers, curve[:, axis]) for axis in (0, 1)], axis=1)
        part = None if widths is None else np.interp(way, numbers, widths)
        parts.append(Stroke(points, part, stroke.eraser))
    return parts


def _ways_within(curve: Array, half: Array) -> list[Array]:
    """Returns the parts of a curve within ±half, each as ascending places on it: 2.5 is midway from point 2 to 3."""
    if len(curve) == 1:
        return [np.zeros(1)] if (np.abs(curve) <= half).all() else []
    step = np.diff(curve, axis=0)
    step[step == 0] = 1e-30  # for segments along an edge, which lie entirely inside or outside
    ends = np.stack([(-half - curve[:-1]) / step, (half - curve[:-1]) / step])
    enters = np.clip(ends.min(axis=0).max(axis=1), 0, None)
    leaves = np.clip(ends.max(axis=0).min(axis=1), None, 1)
    inside = np.flatnonzero(enters <= leaves)
    breaks = (np.diff(inside) > 1) | (leaves[inside[:-1]] < 1)
    runs = np.split(inside, np.flatnonzero(breaks) + 1) if len(inside) else []
    return [np.concatenate([run[:1] + enters[run[:1]], run + leaves[run]]) for run in runs]
