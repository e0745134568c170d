"""Layout of the diagram: from left to right the input, the layers and the output.

A layer is a block of equal cells, row by row. Wide layers show some of their neurons; deep networks leave out layers in
the middle. The user can show more of both, which makes the diagram wider than its card: the card then scrolls.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.weights.mosaic import MosaicGrid, picture_grid

Box = tuple[float, float, float, float]  # left, top, width, height

_LINE = 16  # pixels of a line below the blocks: the name of the layer, and the number of hidden neurons
_TOP = 4
_FEW_LAYERS = 4  # Hidden layers with wide blocks. More layers have narrow ones.
_FEWEST = 16
SHOWN = 64  # default number of shown neurons of a layer
_SHOWN_NARROW = 24
MORE = 4  # factor by which "more" raises the number of shown neurons
_MOST_BARS = 24
_PICTURE, _LEAST_PICTURE = 142, 56
_TILE, _LEAST_TILE = 36, 13  # side of a tile with its gap
_DOT, _LEAST_DOT = 20, 9  # from one dot to the next
_BAR = 56
_ROW = 34  # from one bar to the next
_NAMED, _LEAST_NAMED = 32, 13  # from one input with a name to the next
_LEAST_GAP, _NARROW_GAP = 52, 34  # between blocks, with room for connections
_UNLINKED = 0.45  # width of a gap without connections relative to others
_FOLD = 66  # width of a place of omitted layers


class BlockKind(Enum):
    """Presentation of the neurons of a layer."""

    PICTURE = "picture"  # the input as one image, whose cells are the inputs
    TILES = "tiles"  # a small image per neuron
    DOTS = "dots"
    BARS = "bars"  # outputs with their names


@dataclass(frozen=True)
class LayoutSpec:
    """Input of the layout.

    Attributes:
        shape: sizes of the layers, starting with the input.
        picture: height and width of an example, if it is an image.
        tile: height and width of the tiles, if there are any.
        tiled: layers, from 1, whose neurons have tiles.
        names: width of the names of the outputs in pixels.
        sources: width of the names of the inputs; 0 if they have none. They are shown if they fit in one column.
    """

    shape: tuple[int, ...]
    picture: tuple[int, int] | None = None
    tile: tuple[int, int] | None = None
    tiled: frozenset[int] = frozenset()
    names: int = 20
    sources: int = 0


@dataclass(frozen=True)
class LayoutOptions:
    """The user's choices: ``more``, shown neurons by layer; ``unfolded``, whether all layers are shown."""

    more: Mapping[int, int] = field(default_factory=dict)
    unfolded: bool = False


@dataclass(frozen=True, eq=False)
class LayerBlock:
    """Place of a layer.

    Attributes:
        cells: (shown, 4) left, top, width and height of each neuron.
        size: number of neurons of the layer.
        grid: grid of the tiles; None without tiles.
    """

    layer: int
    kind: BlockKind
    box: Box
    cells: Array
    columns: int
    size: int
    grid: MosaicGrid | None = None

    @property
    def shown(self) -> int:
        """Number of shown neurons."""
        return len(self.cells)

    @property
    def hidden(self) -> int:
        """Number of hidden neurons."""
        return self.size - self.shown

    def find(self, x: float, y: float) -> int | None:
        """Returns the cell at a point; None if there is none."""
        left, top, width, height = self.cells.T
        inside = np.flatnonzero((left - 1 <= x) & (x <= left + width + 1) & (top - 1 <= y) & (y <= top + height + 1))
        return int(inside[0]) if len(inside) else None

    def ends(self, places: Array, side: float) -> tuple[Array, Array]:
        """Returns the points (x, y) at which connections touch cells: left for ``side`` 0, right for 1, or between."""
        left, top, width, height = self.cells[places].T
        return left + side * width, top + height / 2


@dataclass(frozen=True)
class Fold:
    """Place of the omitted layers ``first`` to ``last``."""

    first: int
    last: int
    box: Box


@dataclass(frozen=True)
class Layout:
    """Layout of a network.

    Attributes:
        blocks: the blocks by layer.
        folds: places of omitted layers.
        width, height: size in pixels.
        has_sources: whether the names of inputs are shown.
    """

    blocks: dict[int, LayerBlock]
    folds: list[Fold]
    width: int
    height: int
    has_sources: bool = False

    def pairs(self) -> list[tuple[LayerBlock, LayerBlock]]:
        """Returns the pairs of blocks with connections between them."""
        return [
            (below, above)
            for below, above in itertools.pairwise(self.blocks.values())
            if above.layer == below.layer + 1
            and not (below.kind is BlockKind.PICTURE and above.kind is BlockKind.TILES)
        ]

    def is_between(self, layer: int, left: float, right: float) -> bool:
        """Whether connections into a layer cross the horizontal interval."""
        below, above = self.blocks[layer - 1], self.blocks[layer]
        return below.box[0] <= right and above.box[0] + above.box[2] >= left

    def find(self, x: float, y: float) -> tuple[int, int] | None:
        """Returns layer and cell of the neuron at a point, or None. Pixels of an image are no neurons."""
        for block in self.blocks.values():
            left, _, width, _ = block.box
            if left - 2 <= x <= left + width + 2 and block.kind is not BlockKind.PICTURE:
                place = block.find(x, y)
                if place is not None:
                    return block.layer, place
        return None


def lay_out(
    looks: LayoutSpec, width: int, height: int, wish: LayoutOptions | None = None, keep: Sequence[int] = ()
) -> Layout:
    """Returns the layout for an area, or for a wider one if needed. Layers in ``keep`` are not omitted."""
    return _LayoutBuilder(looks, width, height, wish or LayoutOptions(), keep).layout()


@dataclass(frozen=True, eq=False)
class _Draft:
    """Block without a place."""

    layer: int
    kind: BlockKind
    count: int
    width: float
    height: float
    columns: int
    cell: tuple[float, float]
    pitch: tuple[float, float]
    grid: MosaicGrid | None = None


class _LayoutBuilder:
    """Computes a layout."""

    def __init__(self, looks: LayoutSpec, width: int, height: int, wish: LayoutOptions, keep: Sequence[int]) -> None:
        self._looks, self._width, self._wish = looks, max(width, 120), wish
        self._is_narrow = len(looks.shape) - 2 > _FEW_LAYERS
        first = 1 if looks.picture is not None else 0
        is_partial = any(self._shown(layer) < looks.shape[layer] for layer in range(first, len(looks.shape)))
        lines = 2 if is_partial or wish.more or wish.unfolded else 1
        self._room = max(height - lines * theme.px(_LINE) - _TOP - 4, 48)
        self._height = self._room + lines * theme.px(_LINE) + _TOP + 4
        self._keep = set(keep)
        self._gap = _NARROW_GAP if self._is_narrow else _LEAST_GAP

    def layout(self) -> Layout:
        layers = self._chosen_layers()
        parts: list[_Draft | tuple[int, int]] = []
        for before, layer in itertools.pairwise([-1, *layers]):
            if layer > before + 1:
                parts.append((before + 1, layer - 1))
            parts.append(self._draft(layer))
        return self._place(parts)

    # ---- which layers

    def _chosen_layers(self) -> list[int]:
        """Returns all layers if they fit or are wanted; else those at both ends, and those to keep."""
        last = len(self._looks.shape) - 1
        everything = list(range(last + 1))
        if self._wish.unfolded or not self._is_narrow:
            return everything
        drafts = {layer: self._draft(layer).width for layer in everything}
        if sum(drafts.values()) + self._gap * last <= self._width:
            return everything
        kept = {0, last} | {layer for layer in self._keep if 0 < layer < last}
        taken = sum(drafts[layer] for layer in kept) + (self._gap + _FOLD) * (len(kept) - 1) + self._gap * len(kept)
        room = self._width - taken - self._looks.names
        ends = [layer for pair in zip(everything[1:], reversed(everything[:-1]), strict=True) for layer in pair]
        for layer in ends:  # the first, the last, the second, the last but one, …
            if layer not in kept:
                room -= drafts[layer] + self._gap
                if room < 0:
                    break
                kept.add(layer)
        return _without_small_folds(sorted(kept))

    # ---- one layer

    def _draft(self, layer: int) -> _Draft:
        looks, size, last = self._looks, self._looks.shape[layer], len(self._looks.shape) - 1
        if layer == 0 and looks.picture is not None:
            return self._picture(*looks.picture)
        count = self._shown(layer)
        if layer == last and size <= _MOST_BARS:
            return self._bars(layer, size)
        if layer in looks.tiled and looks.tile is not None:
            return self._tiles(layer, count, looks.tile)
        return self._sources(count) if layer == 0 and self._has_sources else self._dots(layer, count)

    def _shown(self, layer: int) -> int:
        """Returns the number of shown neurons of a layer: all if they exceed the limit by at most a quarter."""
        size = self._looks.shape[layer]
        limit = _SHOWN_NARROW if self._is_narrow else SHOWN
        wished = max(self._wish.more.get(layer, 0), limit)
        return size if size <= wished + wished // 4 else wished

    def _picture(self, rows: int, columns: int) -> _Draft:
        share = 0.12 if self._is_narrow else 0.18
        side = min(_PICTURE, max(_LEAST_PICTURE, self._room * 0.5), max(_LEAST_PICTURE, self._width * share))
        unit = side / max(rows, columns)
        width, height = unit * columns, unit * rows
        return _Draft(0, BlockKind.PICTURE, rows * columns, width, height, columns, (unit, unit), (unit, unit))

    def _bars(self, layer: int, size: int) -> _Draft:
        pitch = min(theme.px(_ROW), self._room / size)
        bar = min(16.0, pitch - 2) if pitch > 5 else pitch
        return _Draft(layer, BlockKind.BARS, size, _BAR, pitch * (size - 1) + bar, 1, (_BAR, bar), (_BAR, pitch))

    def _tiles(self, layer: int, count: int, tile: tuple[int, int]) -> _Draft:
        share = 0.13 if self._is_narrow else min(0.4, 0.6 / len(self._looks.tiled))
        free = self._width - self._looks.names - (self._looks.sources if self._has_sources else 0)
        wide = max(self._room * tile[1] / tile[0] * 0.25, min(self._room, free * share))
        rows = max(1, self._room // _LEAST_TILE)
        wide = max(wide, -(-count // rows) * _LEAST_TILE * max(1.0, tile[1] / tile[0])) if count > SHOWN else wide
        most = 4 * _TILE if count > 1 else _PICTURE
        across = min(wide, most * math.ceil(math.sqrt(count)))
        grid = _evenly(picture_grid(count, tile, int(across), int(min(self._room, most * count))))
        cell, pitch = (grid.across.size, grid.down.size), (grid.across.pitch, grid.down.pitch)
        count = min(count, grid.capacity)
        columns = grid.across.count
        return _Draft(layer, BlockKind.TILES, count, grid.across.length, grid.down.length, columns, cell, pitch, grid)

    @property
    def _has_sources(self) -> bool:
        """Whether the names of inputs are shown."""
        looks = self._looks
        return looks.sources > 0 and looks.picture is None and looks.shape[0] * theme.px(_LEAST_NAMED) <= self._room

    def _sources(self, count: int) -> _Draft:
        """Returns the block of inputs in one column, with room for their names."""
        pitch = min(theme.px(_NAMED), self._room / count)
        size = min(_DOT - 6.0, pitch - 3)
        return _Draft(0, BlockKind.DOTS, count, size, pitch * (count - 1) + size, 1, (size, size), (size, pitch))

    def _dots(self, layer: int, count: int) -> _Draft:
        """Returns a block of dots. Rows are filled first; dots move closer before columns are added."""
        pitch = float(_DOT if not self._is_narrow else _DOT - 6)
        least = _LEAST_DOT if self._is_narrow else _DOT - 5
        for most, closest in ((2, least), (4, _LEAST_DOT)):
            while count > _FEWEST and pitch > closest and -(-count // max(1, int(self._room // pitch))) > most:
                pitch -= 1
        rows = max(1, min(count, int(self._room // pitch)))
        columns = -(-count // rows)
        rows = -(-count // columns)
        down = min(self._room / rows, pitch * (1.6 if columns == 1 else 1.15))
        size = max(4.0, pitch - 6 if pitch > 12 else pitch - 3)
        width, height = pitch * (columns - 1) + size, down * (rows - 1) + size
        return _Draft(layer, BlockKind.DOTS, count, width, height, columns, (size, size), (pitch, down))

    # ---- places

    def _place(self, parts: list[_Draft | tuple[int, int]]) -> Layout:
        widths = [part.width if isinstance(part, _Draft) else _FOLD for part in parts]
        margin, names = 6.0, self._looks.names + 10.0
        sources = self._looks.sources + 6.0 if self._has_sources else 0.0
        taken = sum(widths) + 2 * margin + names + sources
        gaps = max(1, len(parts) - 1) - (1 - _UNLINKED) * self._begins_unlinked
        gap = max((self._width - taken) / gaps, self._gap)
        x, blocks, folds = margin + sources, {}, []
        for part, width in zip(parts, widths, strict=True):
            if isinstance(part, _Draft):
                blocks[part.layer] = self._block(part, round(x))
            else:
                folds.append(Fold(*part, (x, _TOP, width, self._room)))
            x += width + (gap * _UNLINKED if part is parts[0] and self._begins_unlinked else gap)
        right = max(box[0] + box[2] for box in (*(block.box for block in blocks.values()), *(f.box for f in folds)))
        width = max(self._width, math.ceil(right + names + margin))
        return Layout(blocks, folds, width, self._height, bool(sources))

    @property
    def _begins_unlinked(self) -> bool:
        """Whether connections from the input are omitted, because the tiles of the first layer show them."""
        return self._looks.picture is not None and 1 in self._looks.tiled

    def _block(self, draft: _Draft, left: int) -> LayerBlock:
        top = round(_TOP + (self._room - draft.height) / 2)
        rows, columns = np.divmod(np.arange(draft.count), draft.columns)
        places = np.stack([columns * draft.pitch[0], rows * draft.pitch[1]], axis=1)
        if draft.grid is not None:
            places = np.rint(places)
        sizes = np.broadcast_to(np.array(draft.cell, float), places.shape)
        cells = np.concatenate([places + np.array([left, top]), sizes], axis=1)
        box = (left, top, draft.width, draft.height)
        return LayerBlock(
            draft.layer, draft.kind, box, cells, draft.columns, self._looks.shape[draft.layer], draft.grid
        )


def _evenly(grid: MosaicGrid) -> MosaicGrid:
    """Returns the grid with equal gaps between rows and columns."""
    axes = [axis for axis in (grid.across, grid.down) if axis.count > 1]
    gap = min((axis.pitch - axis.size for axis in axes), default=0.0)
    across, down = (
        replace(axis, pitch=axis.size + gap) if axis.count > 1 else axis for axis in (grid.across, grid.down)
    )
    return replace(grid, across=across, down=down)


def _without_small_folds(layers: list[int]) -> list[int]:
    """Returns the layers with those added that would be omitted alone."""
    filled = list(layers)
    for before, after in itertools.pairwise(layers):
        if after == before + 2:
            filled.append(before + 1)
    return sorted(filled)
