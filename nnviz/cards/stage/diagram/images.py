"""Images of the diagram that are made again only if their numbers changed: tiles, curves and weight matrices."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from PyQt5.QtCore import QLineF, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPen

from engine.basics.validation import Array
from nnviz.cards.stage.diagram.curves import draw_lines
from nnviz.cards.stage.diagram.layout import LayerBlock
from nnviz.ui import theme
from nnviz.ui.plane.colours import image_of
from nnviz.ui.weights.heat_map import tile_colours
from nnviz.ui.weights.mosaic import ZERO, Axis, MosaicGrid, Renderer

_MOST_WEIGHTS = 4_000  # of a matrix without means
_MOST_READ = 260_000  # weights that are read for means; of more, some
_LINE = 1.4  # pixels of a curve
_ENLARGED = 168  # longer side of an enlarged tile in pixels


def weight_colours(look: theme.Theme) -> Array:
    """Returns the colours of weights: blue and orange."""
    return tile_colours(look)


@lru_cache
def ink_colours(look: theme.Theme) -> Array:
    """Returns the colours of activations: the stronger, the nearer to ink, whatever the sign."""
    ground, ink = (np.array(QColor(name).getRgb()[:3], float) for name in (look.field, look.ink))
    shares = np.abs(np.arange(1, 256) - ZERO)[:, None] / 127
    rgb = np.rint(ground + shares * (ink - ground)).astype(np.uint32)
    return np.append(np.uint32(QColor(look.card).rgb()), 0xFF000000 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2])


def enlarged(block: LayerBlock) -> LayerBlock:
    """Returns a block of one large tile with the proportions of the tiles of a block."""
    assert block.grid is not None
    across, down = block.grid.across, block.grid.down
    wide, high = (max(1, round(_ENLARGED * each.size / max(across.size, down.size))) for each in (across, down))
    axes = Axis(1, across.cells, wide, wide), Axis(1, down.cells, high, high)
    box = (0.0, 0.0, float(wide), float(high))
    return LayerBlock(
        block.layer, block.kind, box, np.array([box]), 1, block.size, replace(block.grid, across=axes[0], down=axes[1])
    )


class TileImage:
    """Image of the tiles of a layer: (neurons, cells) values from −limit to limit. Rendered only if they changed."""

    def __init__(self, is_ink: bool) -> None:
        """``is_ink``: whether brightness shows the values, instead of the colours of weights."""
        self._colours = ink_colours if is_ink else weight_colours
        self._renderer: Renderer | None = None
        self._image: QImage | None = None
        self._pixels: Array = np.zeros((0, 0), np.uint32)  # pixels of the image
        self._shown: tuple[object, ...] = ()

    def image(self, values: Array, numbers: Array, limit: float, grid: MosaicGrid) -> QImage:
        """Returns the image of the neurons ``numbers``. Keeps a reference to ``values`` to compare with."""
        shown = (values, numbers, limit, theme.current(), grid)
        if self._image is None or not _are_same(shown, self._shown):
            self._shown = shown
            self._render(values if len(numbers) == len(values) else values[numbers], limit, grid)
        assert self._image is not None
        return self._image

    def _render(self, values: Array, limit: float, grid: MosaicGrid) -> None:
        renderer = self._renderer
        if renderer is None or (renderer.grid, renderer.neurons) != (grid, len(values)):
            renderer = self._renderer = Renderer(grid, len(values))
            self._pixels = np.zeros(renderer.size, np.uint32)
            self._image = image_of(self._pixels)
        renderer.render(values, limit / np.sqrt(renderer.averaged))
        renderer.paint(self._colours(theme.current()), self._pixels)


class CurveImage:
    """Image of a layer's activations along one input, a curve in ink for each neuron. Painted only if they changed."""

    def __init__(self) -> None:
        self._image = QImage()
        self._shown: tuple[object, ...] = ()

    def image(self, values: Array, numbers: Array, block: LayerBlock) -> QImage:
        """Returns the image of the neurons ``numbers`` of (neurons, places) values from −1 to 1."""
        shown = (values, numbers, block, theme.current())
        if not _are_same(shown, self._shown):
            self._shown = shown
            self._paint(values[numbers], block)
        return self._image

    def _paint(self, values: Array, block: LayerBlock) -> None:
        left, top, width, height = block.box
        size = math.ceil(width), math.ceil(height)
        if (self._image.width(), self._image.height()) != size:
            self._image = QImage(*size, QImage.Format.Format_RGB32)
        self._image.fill(theme.colour("card"))
        cells = block.cells - np.array([left, top, 0, 0])
        painter = QPainter(self._image)
        for cell in cells.tolist():
            painter.fillRect(QRectF(*cell), theme.colour("field"))
        middles = (values < 0).any()
        lows = cells[:, 1] + cells[:, 3] * (0.5 if middles else 0.9)
        reach = cells[:, 3] * (0.4 if middles else 0.8)
        y = lows[:, None] - reach[:, None] * values
        x = cells[:, :1] + cells[:, 2:3] * np.linspace(0, 1, values.shape[1])
        painter.setPen(theme.colour("faint"))
        for (start, _, wide, _), low in zip(cells.tolist(), lows.tolist(), strict=True):
            painter.drawLine(QLineF(start, low, start + wide, low))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("ink"), _LINE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
        draw_lines(painter, np.stack([x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]], axis=2).reshape(-1, 4))
        painter.end()


class MatrixImage:
    """Small image of a layer's weights, a row for each neuron, from −limit to limit. Made only if they changed."""

    def __init__(self) -> None:
        self._image = QImage()
        self._pixels: Array = np.zeros((0, 0), np.uint32)
        self._shown: tuple[object, ...] = ()

    def image(self, weights: Array, limit: float, size: tuple[int, int], is_ink: bool) -> QImage:
        """Returns the image; ``size`` is the width and height at which it is drawn. See :func:`blocks_of`."""
        shown = (weights, limit, size, is_ink, theme.current())
        if not _are_same(shown, self._shown):
            self._shown = shown
            cells, averaged = _means(weights, size)
            with np.errstate(all="ignore"):
                places = np.nan_to_num(cells * (127 * math.sqrt(averaged) / max(limit, 1e-12))).clip(-127, 127)
            colours = (ink_colours if is_ink else weight_colours)(theme.current())
            self._pixels = np.ascontiguousarray(colours[np.rint(places).astype(np.intp) + ZERO])
            self._image = image_of(self._pixels)
        return self._image


def blocks_of(shape: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Returns rows and columns of weights of which a cell shows the mean: one of each up to 4 000 weights."""
    if shape[0] * shape[1] <= _MOST_WEIGHTS:
        return 1, 1
    return -(-shape[0] // size[1]), -(-shape[1] // size[0])


def _means(weights: Array, size: tuple[int, int]) -> tuple[Array, float]:
    """Returns the means of blocks, and the number of weights that each is of."""
    rows, columns = blocks_of((len(weights), weights.shape[1]), size)
    if rows == columns == 1:
        return weights, 1.0
    step = max(1, math.isqrt(weights.size // _MOST_READ))
    down, across = min(step, rows), min(step, columns)
    read = weights[::down, ::across]
    rows, columns = -(-rows // down), -(-columns // across)
    left, top = np.arange(0, read.shape[1], columns), np.arange(0, read.shape[0], rows)
    counts = np.diff(top, append=read.shape[0])[:, None] * np.diff(left, append=read.shape[1])
    with np.errstate(all="ignore"):
        sums = np.add.reduceat(np.add.reduceat(read, left, axis=1), top, axis=0)
        return sums / counts, float(rows * columns)


def _are_same(now: tuple[object, ...], before: tuple[object, ...]) -> bool:
    """Whether all elements are identical objects, or equal ones that are no arrays."""
    return len(now) == len(before) and all(
        one is other or (not isinstance(one, np.ndarray) and one == other)
        for one, other in zip(now, before, strict=True)
    )
