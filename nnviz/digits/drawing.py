"""Conversion of a drawing to the 28 × 28 image that a network trained on MNIST, or on images like it, expects.

It follows MNIST (LeCun, Cortes, Burges): the ink is scaled to a 20 × 20 box with its proportions kept and grey
edges, then moved so that its centre of mass is where MNIST has it in the 28 × 28 field. Ink is light on a dark
background, as in MNIST, and dark on a light one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.basics.validation import Array
from engine.datasets.brightness import ink_brightness
from nnviz.digits.strokes import Ink, Stroke

SIDE = 28
BOX = 20
DEFAULT_PEN = 18 / 240  # the pen's width as a share of the canvas's shorter side
# Limits of the pen's width in pixels of the image, without which a small drawing would become a blot.
_THINNEST, _THICKEST = 1.6, 2.6
_SPACING = 0.4  # pixels of the image between the points of a line
_MOST_POINTS = 1200  # with more the image would lag behind the mouse
_FAINTEST = 0.05  # an image whose pixels all have less ink counts as empty
# MNIST's centres of mass lie between 14 and 15 pixels from the edges: in the middle of pixel 14, counted from 0.
_CENTRE = SIDE / 2 + 0.5
_PIXELS = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
# Of each pixel q, from the image's middle: what (p, |p|², 1) is multiplied with to give the square of |p - q|.
_ACROSS, _DOWN = np.meshgrid(_PIXELS - SIDE / 2, _PIXELS - SIDE / 2)
_FIELD = np.stack([-2 * _ACROSS, -2 * _DOWN, np.ones_like(_DOWN), _ACROSS**2 + _DOWN**2]).reshape(4, -1)


def picture_of_image(grey: Array) -> Array:
    """Converts a photograph or scan of one digit to the network's input.

    Args:
        grey: (height, width), any size and range. The border tells whether it is dark on light or light on dark.

    Returns:
        (28, 28) float32 in 0…1, white ink on black; all 0 if nothing was found.
    """
    from engine.photograph import ink_of_photograph  # needs Pillow, which takes a moment to import

    pixels = ink_of_photograph(grey)
    return np.zeros((SIDE, SIDE), np.float32) if pixels is None else picture_of([Ink(pixels, 1.0)], 0.0)


def picture_of(
    drawing: Sequence[Stroke | Ink],
    pen_width: float,
    centred: bool = True,
    field: tuple[float, float] = (1.0, 1.0),
    background: float = 0.0,
) -> Array:
    """Converts a drawing to the network's input; strokes count only where they are visible.

    Args:
        drawing: its parts from the lowest to the topmost, y down, in any unit.
        pen_width: in the same unit.
        centred: scaled and centred like MNIST. If False, the square of side 1 around (0, 0) is taken as it is.
        field: width and height of the visible part of the drawing around (0, 0), in the same unit.
        background: brightness of the image where there is no ink; ink is the opposite, see :func:`on_background`.

    Returns:
        (28, 28) float32 in 0…1; the background everywhere if there is no ink.
    """
    first = drawing[0] if drawing else None
    if len(drawing) == 1 and isinstance(first, Ink) and first.is_example and first.pixels.shape == (SIDE, SIDE):
        return np.array(first.pixels, np.float32)
    seen: list[Stroke | Ink] = []
    for part in drawing:
        if isinstance(part, Ink) and part.is_example:
            part = replace(part, pixels=ink_in(part.pixels, background))
        seen += [part] if isinstance(part, Ink) else part.within(field, pen_width)  # images always lie inside it
    if centred:
        ink = _centred(seen, pen_width)
    else:
        layers, share = _layers(seen, _SPACING / SIDE)
        ink = _inked(layers, _View(SIDE, np.full(2, SIDE / 2), pen_width * share * SIDE))
    return on_background(ink if ink.max() > _FAINTEST else np.zeros_like(ink), background)


def on_background(ink: Array, background: float) -> Array:
    """Returns the brightness of pixels, 0…1, whose ink is given, 0…1; of those without ink the background."""
    return np.float32(background) + ink * np.float32(ink_brightness(background) - background) if background else ink


def ink_in(pixels: Array, background: float) -> Array:
    """Reverses :func:`on_background`. A difference from the background in the other direction is no ink."""
    if not background:
        return pixels
    ink: Array = (pixels - np.float32(background)) / np.float32(ink_brightness(background) - background)
    return np.clip(ink, 0, 1)


@dataclass(frozen=True)
class _Line:
    """A stroke as evenly spaced points; ``shares`` are widths relative to the drawing's mean width."""

    points: Array
    shares: Array | None
    eraser: float


@dataclass(frozen=True)
class _View:
    """The placement of the drawing in the image: scale, then offset; and the width of the pen there."""

    scale: float
    offset: Array
    width: float
    grown: float = 0.0  # by how much ``width`` exceeds the scaled pen width; erasers become wider by the same amount


def _centred(drawing: Sequence[Stroke | Ink], pen_width: float) -> Array:
    """Scales the drawing to the box and moves it to where MNIST has its digits."""
    rough = _rough_extent(drawing) + pen_width
    layers, share = _layers(drawing, _SPACING * rough / BOX)
    pen = pen_width * share
    box = _box(layers, pen)
    if box is None:
        return np.zeros((SIDE, SIDE), np.float32)
    low, high = box
    if float((high - low).max()) + pen < 0.6 * rough:  # much was erased: the rest needs denser points
        layers, _ = _layers(drawing, _SPACING * (float((high - low).max()) + pen) / BOX)
    view = _fitted(low, high, pen, has_lines=any(isinstance(layer, _Line) for layer in layers))
    ink = _inked(layers, view)
    if not ink.any():
        return ink
    shift = _CENTRE - _centre_of_mass(ink)
    # The ink must stay inside the field.
    middle, half = (low + high) / 2 * view.scale + view.offset, (high - low) / 2 * view.scale + view.width / 2
    shift = np.clip(shift, np.minimum(half - middle, 0), np.maximum(SIDE - half - middle, 0))
    return _inked(layers, _View(view.scale, _aligned(layers, view, shift), view.width, view.grown))


def _fitted(low: Array, high: Array, pen: float, has_lines: bool) -> _View:
    """Returns the view that makes the box 20 pixels long, with its middle at the wanted centre of mass."""
    length = max(float((high - low).max()), 1e-9)
    scale = BOX / max(length + pen, 2 * pen)
    width = pen * scale
    if has_lines and pen:
        width = float(np.clip(width, _THINNEST, _THICKEST))
        # The line may now be thicker or thinner than the scaled pen; its edges must still touch the box.
        scale = min(scale, (BOX - width) / length)
    return _View(scale, _CENTRE - (low + high) / 2 * scale, width, max(0.0, width - pen * scale))


def _aligned(layers: Sequence[_Line | Ink], view: _View, shift: Array) -> Array:
    """Returns the shifted offset, rounded so that an image's edges stay on pixel edges and therefore sharp."""
    offset = view.offset + shift
    ink = layers[0]
    if isinstance(ink, Ink) and ink.box is not None:
        edge = ink.box[0] * view.scale + offset
        offset = offset + np.round(edge) - edge
    return offset


# ---- where the ink is


def _rough_extent(drawing: Sequence[Stroke | Ink]) -> float:
    """Returns the extent of all that was drawn, in the drawing's unit."""
    points = [part.points if isinstance(part, Stroke) else np.stack([part.corner, -part.corner]) for part in drawing]
    all_points = np.concatenate(points) if points else np.zeros((1, 2))
    return max(float((all_points.max(axis=0) - all_points.min(axis=0)).max()), 1e-9)


def _layers(drawing: Sequence[Stroke | Ink], spacing: float) -> tuple[list[_Line | Ink], float]:
    """Returns strokes as evenly spaced points, and the mean width of the strokes as a share of the pen's width."""
    whole = sum(float(part.lengths[-1]) for part in drawing if isinstance(part, Stroke))
    spacing = max(spacing, whole / _MOST_POINTS)
    layers = [part if isinstance(part, Ink) else _evenly(part, spacing) for part in drawing]
    pens = [layer for layer in layers if isinstance(layer, _Line) and not layer.eraser]
    weight = sum(len(line.points) for line in pens)
    total = sum(len(line.points) if line.shares is None else float(line.shares.sum()) for line in pens)
    share = total / weight if weight else 1.0
    if any(line.shares is not None for line in pens):
        layers = [_relative(layer, share) for layer in layers]
    return layers, share


def _relative(line: _Line | Ink, share: float) -> _Line | Ink:
    if isinstance(line, Ink) or line.eraser:
        return line
    shares = np.ones(len(line.points)) if line.shares is None else line.shares
    return _Line(line.points, shares / share, 0.0)


def _evenly(stroke: Stroke, spacing: float) -> _Line:
    curve, widths = stroke.curve
    lengths = stroke.lengths
    places = np.linspace(0, lengths[-1], int(np.ceil(lengths[-1] / spacing)) + 1)
    points = np.stack([np.interp(places, lengths, curve[:, axis]) for axis in (0, 1)], axis=1)
    shares = None if widths is None else np.interp(places, lengths, widths)
    return _Line(points, shares, stroke.eraser)


def _box(layers: Sequence[_Line | Ink], pen: float) -> tuple[Array, Array] | None:
    """Returns the corners of the ink that was not erased, half a pen inward on every side; None without ink."""
    corners = []
    for number, layer in enumerate(layers):
        erasers = [line for line in layers[number + 1 :] if isinstance(line, _Line) and line.eraser]
        found = _ink_box(layer, erasers, pen) if isinstance(layer, Ink) else _line_box(layer, erasers)
        corners += [] if found is None else list(found)
    if not corners:
        return None
    return np.min(corners, axis=0), np.max(corners, axis=0)


def _line_box(line: _Line, erasers: Sequence[_Line]) -> tuple[Array, Array] | None:
    left = line.points[:0] if line.eraser else _not_erased(line.points, erasers)
    return (left.min(axis=0), left.max(axis=0)) if len(left) else None


def _ink_box(ink: Ink, erasers: Sequence[_Line], pen: float) -> tuple[Array, Array] | None:
    if ink.box is None:
        return None
    low, high = ink.box
    if erasers:
        cells, side = ink.cells
        left = _not_erased(cells, erasers)
        if not len(left):
            return None
        low, high = np.maximum(low, left.min(axis=0) - side / 2), np.minimum(high, left.max(axis=0) + side / 2)
    inset = np.minimum(pen, high - low) / 2
    return low + inset, high - inset


def _not_erased(points: Array, erasers: Sequence[_Line]) -> Array:
    """Returns the points that no eraser passed over."""
    for line in erasers:
        across = np.subtract.outer(points[:, 0], line.points[:, 0])
        down = np.subtract.outer(points[:, 1], line.points[:, 1])
        points = points[(across**2 + down**2).min(axis=1) > (line.eraser / 2) ** 2]
    return points


# ---- ink


def _inked(layers: Sequence[_Line | Ink], view: _View) -> Array:
    """Returns the layers drawn over each other, (28, 28) float32."""
    ink = np.zeros((SIDE, SIDE), np.float32)
    for layer in layers:
        if isinstance(layer, Ink):
            np.maximum(ink, _resampled(layer, view), out=ink)
        elif layer.eraser:
            ink *= 1 - _covered(layer, view, layer.eraser * view.scale + view.grown)
        else:
            np.maximum(ink, _covered(layer, view, view.width), out=ink)
    return ink


def _covered(line: _Line, view: _View, width: float) -> Array:
    """Returns the (28, 28) coverage by a round pen: 1 inside, 0 outside, with a soft edge of one pixel."""
    # From the image's middle, so that little is lost when squares are subtracted: |p - q|² = |p|² - 2 p · q + |q|².
    places = (line.points * view.scale + (view.offset - SIDE / 2)).astype(np.float32)
    lengths = np.einsum("ij,ij->i", places, places)[:, None]
    squares = np.concatenate([places, lengths, np.ones_like(lengths)], axis=1) @ _FIELD
    if line.shares is None:
        outside = np.sqrt(np.maximum(squares.min(axis=0), 0)) - np.float32(width / 2)
    else:
        outside = (np.sqrt(np.maximum(squares, 0)) - (line.shares * width / 2).astype(np.float32)[:, None]).min(axis=0)
    return np.clip(np.float32(0.5) - outside, 0, 1).reshape(SIDE, SIDE)


def _resampled(ink: Ink, view: _View) -> Array:
    """Returns the (28, 28) image of an ink: each pixel is the mean over its area."""
    height, width = ink.pixels.shape
    left, top = ink.corner * view.scale + view.offset
    rows = _overlaps(top, ink.pixel * view.scale, height)
    columns = _overlaps(left, ink.pixel * view.scale, width)
    return np.clip(rows @ np.asarray(ink.pixels, np.float32) @ columns.T, 0, 1)


def _overlaps(start: float, step: float, count: int) -> Array:
    """Returns (28, count): the overlap of each pixel of the field with each pixel of the ink, along one axis."""
    edges = start + step * np.arange(count + 1)
    field = np.arange(SIDE)[:, None]
    inside = np.clip(edges[None, :], field, field + 1)
    return np.diff(inside, axis=1).astype(np.float32)


def _centre_of_mass(ink: Array) -> Array:
    """Returns (x, y) in pixels from the upper left corner."""
    return np.array([ink.sum(axis=axis) @ _PIXELS for axis in (0, 1)], np.float64) / float(ink.sum())
