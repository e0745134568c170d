"""Layout of the diagram: from left to right the inputs of a table, the layers and the outputs.

A layer is a block of equal cells, row by row, with its weight matrix below it. Wide layers show some of their neurons;
networks with more than four hidden layers show the first and the last two, and captions for those between them.

Little width takes first the gaps, then the length of the bars and their percents, then the size of the tiles. Then the
names of the inputs are cut and leave, which the form of the row has, too; the bars become short, the heat maps leave,
which are wider than the dots above them, and the gaps become narrow. Then more layers of deep networks become captions,
names of outputs are cut, all later layers become captions, and the tiles the strongest 16.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.weights.mosaic import Axis, MosaicGrid, column_counts

Box = tuple[float, float, float, float]  # left, top, width, height

# Pixels, except where a comment says otherwise. Those of texts are at 100 percent.
TILES, FEW_TILES = 64, 16  # most tiles of a layer, and where there is little width
_MOST_DOTS, _MOST_CELLS, _SOME_CELLS = 64, 1024, 256  # neurons of a layer
_MOST_BARS, _SOME_BARS = 12, 8  # outputs
_MOST_INPUTS, _SOME_INPUTS = 16, 12
_MOST_LAYERS = 4  # hidden layers without captions between them
CAPTION = 20  # height of a caption
APART = 6  # between blocks and captions
_TOP, _SIDE = 4, 6  # margins, in which rings have their place
_HEIGHT_OF_MAPS, _HEIGHT_OF_LEGEND = 230, 200  # least heights for heat maps, and for a line for the legend
MAP_HEIGHT, _LEAST_MAP, _WIDEST_MAP, _ABOVE_MAP = 52, 76, 104, 10
_GAPS, _GAPS_WITH_MAPS = (40, 62), (30, 44)  # least and usual; a heat map is wider than the dots above it
_WIDEST_GAP, _NARROW_GAP = 120, 16
_SQUEEZED = 8  # gap where not even captions fit
_BAR, _LEAST_BAR, _SHORT_BAR = 85, 60, 24  # usual length, least one, and where names would be cut otherwise
_THICKEST, _ROW, _LOWER_ROW = 12, 33, 22  # height of a bar, and from one to the next
_FIGURE = 64  # width of an output that is a number
_BEFORE_BAR = 8
_PERCENT = 48
_ELIDED, _SHORTEST, _LEAST_NAME = 0.8, 0.6, 30  # shares of the widths of names that are cut, and pixels
_LEAST_TILE, _FLATTEST = 12, 6  # width and height of a tile
_NEARLY = 0.95  # share of the largest tiles' width for which gaps, bars and percents give way
_MOST_SQUARES = 1.5  # widths of all tiles that others give way to, as a multiple of their height
_DOT, _PITCH, _CLOSEST = 14, 21, 12
_TWO_COLUMNS = 32  # dots that stand in two columns if they fit
_CELL_COLUMNS, _CELL, _LEAST_CELL = 8, 10.0, 2.5
_SOURCE = 32  # from one input to the next
_FOLD = 92


class BlockKind(Enum):
    """Presentation of the neurons of a layer."""

    TILES = "tiles"  # a small image per neuron
    DOTS = "dots"
    CELLS = "cells"  # small squares
    BARS = "bars"  # outputs with their names


@dataclass(frozen=True)
class LayoutSpec:
    """Input of the layout.

    Attributes:
        shape: sizes of the layers, starting with the input.
        tile: height and width of the tiles in their cells, if there are any. Then the inputs are not shown.
        tiled: layers, from 1, whose neurons have tiles.
        has_weights: whether tiles show weights, so that they need no heat map.
        widest: width of the largest tiles in pixels.
        names: width of the names of the outputs in pixels.
        sources: width of the names of the inputs.
        is_class: whether the outputs are classes, which have bars and percents.
    """

    shape: tuple[int, ...]
    tile: tuple[int, int] | None = None
    tiled: frozenset[int] = frozenset()
    has_weights: bool = False
    widest: int = 144
    names: int = 20
    sources: int = 0
    is_class: bool = True

    @property
    def hidden_outputs(self) -> int:
        """Number of outputs without a bar."""
        return self.shape[-1] - _SOME_BARS if self.shape[-1] > _MOST_BARS else 0


@dataclass(frozen=True, eq=False)
class LayerBlock:
    """Place of a layer.

    Attributes:
        box: place of the whole block, with the names of outputs.
        cells: (shown, 4) left, top, width and height of each neuron.
        size: number of neurons of the layer.
        grid: grid of the tiles or cells; None for others.
        rest: place of the bar of all other outputs.
    """

    layer: int
    kind: BlockKind
    box: Box
    cells: Array
    columns: int
    size: int
    grid: MosaicGrid | None = None
    rest: Box | None = None

    @property
    def shown(self) -> int:
        """Number of shown neurons."""
        return len(self.cells)

    def find(self, x: float, y: float) -> int | None:
        """Returns the cell at a point; None if there is none."""
        left, top, width, height = self.cells.T
        inside = np.flatnonzero((left - 1 <= x) & (x <= left + width + 1) & (top - 1 <= y) & (y <= top + height + 1))
        return int(inside[0]) if len(inside) else None

    def ends(self, places: Array, side: int) -> tuple[Array, Array]:
        """Returns the points (x, y) at which connections touch cells: left for ``side`` 0, right for 1.

        Only dots are touched themselves: lines would cover tiles, and names stand beside bars.
        """
        left, top, width, height = self.cells[places].T
        if self.kind is BlockKind.DOTS:
            return left + side * width, top + height / 2
        edge = self.box[0] - 4 + side * (self.box[2] + 8)
        return np.full(len(left), edge), top + height / 2


@dataclass(frozen=True)
class Fold:
    """Place of the layers ``first`` to ``last``, which are captions."""

    first: int
    last: int
    box: Box


@dataclass(frozen=True)
class Layout:
    """Layout of a network.

    Attributes:
        blocks: the blocks from left to right. Without hidden layers, the outputs of images have tiles and bars.
        fold: place of the layers without blocks.
        maps: places of the heat maps by layer.
        slots: left and right ends of the places of layers, by layer.
        bottom: end of blocks and heat maps, below which the captions stand.
        has_line: whether the legend may stand on a line below the captions.
        percents: whether there is room for percents beside the bars.
        names, sources: widths of the names of outputs and inputs.
    """

    blocks: tuple[LayerBlock, ...]
    fold: Fold | None
    maps: dict[int, Box]
    slots: dict[int, tuple[float, float]]
    width: int
    height: int
    bottom: float
    has_line: bool
    percents: bool
    names: int
    sources: int
    _by_layer: dict[int, LayerBlock] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_layer.update({block.layer: block for block in reversed(self.blocks)})

    def of(self, layer: int) -> LayerBlock | None:
        """Returns the block of a layer; None if it has none."""
        return self._by_layer.get(layer)

    @property
    def layers(self) -> list[int]:
        """The layers with blocks, from left to right."""
        return sorted(self._by_layer)

    def pairs(self) -> list[tuple[LayerBlock, LayerBlock]]:
        """Returns the pairs of blocks with connections between them."""
        return [(below, above) for below, above in itertools.pairwise(self.blocks) if above.layer == below.layer + 1]

    def find(self, x: float, y: float) -> tuple[int, int] | None:
        """Returns layer and cell of the neuron at a point, or None."""
        for block in self.blocks:
            left, _, width, _ = block.box
            if left - 2 <= x <= left + width + 2:
                place = block.find(x, y)
                if place is not None:
                    return block.layer, place
        return None

    def map_at(self, x: float, y: float) -> int | None:
        """Returns the layer whose heat map is at a point."""
        for layer, (left, top, width, height) in self.maps.items():
            if left <= x <= left + width and top <= y <= top + height:
                return layer
        return None


def lay_out(spec: LayoutSpec, width: int, height: int) -> Layout:
    """Returns the layout for an area, with room for captions below the blocks."""
    for builder in _attempts(spec, max(width, 120), height):
        layout, fits = builder.layout()
        if fits:
            break
    return layout


@dataclass(frozen=True)
class _Economy:
    """Ways to save width.

    Attributes:
        folded: layers that are captions.
        sources, names: shares of the widths of the names of inputs and outputs.
        least_bar: least length of bars in pixels.
        least_gap: least width of gaps, if not the usual one.
    """

    folded: range
    sources: float = 1.0
    names: float = 1.0
    least_bar: int = _LEAST_BAR
    least_gap: int | None = None
    can_have_maps: bool = True
    most_tiles: int = TILES


def _attempts(spec: LayoutSpec, width: int, height: int) -> Iterator[_LayoutBuilder]:
    """Yields builders of layouts, each of which needs less width than the one before."""
    hidden = range(1, len(spec.shape) - 1)
    is_deep = len(hidden) > _MOST_LAYERS
    usual = range(2, len(hidden) - 1) if is_deep else range(0)
    whole = _Economy(usual)
    unnamed = replace(whole, sources=0.0)
    short = replace(unnamed, least_bar=_SHORT_BAR)
    without_maps = replace(short, can_have_maps=False)
    narrow = replace(without_maps, least_gap=_NARROW_GAP)
    deep = replace(narrow, folded=range(2, len(hidden)) if is_deep else usual)
    cut = replace(deep, names=_ELIDED)
    folded = replace(cut, folded=range(2, len(hidden) + 1) if len(hidden) > 2 else usual)
    least = replace(folded, names=_SHORTEST, most_tiles=FEW_TILES)
    attempts = whole, replace(whole, sources=_ELIDED), unnamed, short, without_maps, narrow, deep, cut, folded, least
    for economy in attempts:
        names = round(max(economy.names * spec.names, min(spec.names, _LEAST_NAME)))
        narrower = replace(spec, names=names, sources=round(economy.sources * spec.sources))
        yield _LayoutBuilder(narrower, width, height, economy)


@dataclass(frozen=True, eq=False)
class _Draft:
    """Block without a place. ``width`` includes the heat map; the block is ``across`` wide, and in its middle."""

    layer: int
    kind: BlockKind
    count: int
    width: float
    across: float
    height: float
    columns: int
    cell: tuple[float, float]
    pitch: tuple[float, float]
    grid: MosaicGrid | None = None
    has_map: bool = False


class _LayoutBuilder:
    """Computes a layout that saves width in some ways."""

    def __init__(self, spec: LayoutSpec, width: int, height: int, economy: _Economy) -> None:
        self._spec, self._height = spec, height
        self._width = width - 2 * _SIDE
        self._last = len(spec.shape) - 1
        self._has_maps = economy.can_have_maps and height >= theme.px(_HEIGHT_OF_MAPS)
        self._has_line = height >= theme.px(_HEIGHT_OF_LEGEND)
        below = theme.px(CAPTION) * (1 + self._has_line) + APART
        self._room = float(max(height - below - 2 * _TOP, 40))
        self._below = MAP_HEIGHT + _ABOVE_MAP if self._has_maps else 0
        self._full = self._room
        self._area = self._room - self._below  # height of blocks above heat maps
        self._economy, self._folded = economy, economy.folded

    # ---- which neurons

    def _shown(self, layer: int) -> int:
        size = self._spec.shape[layer]
        if layer == self._last:
            return size - self._spec.hidden_outputs
        if layer == 0:
            return size if size <= _MOST_INPUTS else _SOME_INPUTS
        if layer in self._spec.tiled:
            return min(size, self._economy.most_tiles)
        return size if size <= _MOST_CELLS else _SOME_CELLS

    @property
    def _rows(self) -> int:
        """Rows of outputs, with that of all others."""
        return self._shown(self._last) + (self._spec.hidden_outputs > 0)

    # ---- widths

    def layout(self) -> tuple[Layout, bool]:
        """Returns the layout, and whether it fits the width."""
        layers = [layer for layer in range(1, self._last) if layer not in self._folded]
        tiled = sorted(self._spec.tiled - set(self._folded))
        drafts = {layer: self._dots(layer) for layer in layers if layer not in tiled}
        if not tiled:
            drafts[0] = self._sources()
        taken = sum(each.width for each in drafts.values()) + (_fold_width() if self._folded else 0)
        gaps = len(drafts) + len(tiled) + bool(self._folded)  # one after each of them
        widths = _Widths(self._spec, self._has_maps, gaps, self._economy)
        grids, fits = self._tiles(tiled, widths, taken)
        for layer, grid in zip(tiled, grids, strict=True):
            drafts[layer] = self._tile_draft(layer, grid)
            taken += drafts[layer].width
        if tiled and self._spec.has_weights:
            self._lower(drafts, drafts[1].height)
        if not tiled:
            fits = widths.give(taken + widths.sum - self._width, is_last_resort=True)
        widths.spread(self._width - taken - widths.sum)
        return self._place(drafts, widths, taken), fits

    def _lower(self, drafts: dict[int, _Draft], height: float) -> None:
        """Makes other blocks as low as the tiles, whose caption is then near them, if that takes no more width."""
        self._room = min(self._room, max(height, self._rows * theme.px(_LOWER_ROW) + self._below))
        area, self._area = self._area, self._room - self._below
        lower = {layer: self._dots(layer) for layer, draft in drafts.items() if draft.kind is not BlockKind.TILES}
        if all(each.width <= drafts[layer].width for layer, each in lower.items()):
            drafts.update(lower)
        else:
            self._room, self._area = area + self._below, area

    def _tiles(self, tiled: Sequence[int], widths: _Widths, inner: float) -> tuple[list[MosaicGrid], bool]:
        """Returns the grids of the layers with tiles, and whether these are large enough."""
        tile = self._spec.tile
        if tile is None or not tiled:
            return [], True
        counts = [self._shown(layer) for layer in tiled]
        room = self._room if self._spec.has_weights else self._area
        least = _LEAST_MAP if self._has_maps and not self._spec.has_weights else 0
        wide = room * min(len(tiled), _MOST_SQUARES)
        wanted = _grids(counts, tile, wide, room, self._spec.widest, least)
        total = sum(_width_of(grid, least) for grid in wanted)
        widths.give(inner + widths.sum + _NEARLY * total - self._width)
        rest = self._width - inner - widths.sum
        grids = _grids(counts, tile, rest, room, self._spec.widest, least)
        is_large = grids[0].across.size >= min(_LEAST_TILE, wanted[0].across.size)  # Low ones fit no better.
        return grids, is_large and sum(_width_of(grid, least) for grid in grids) <= rest

    # ---- one layer

    def _tile_draft(self, layer: int, grid: MosaicGrid) -> _Draft:
        has_map = self._has_maps and not self._spec.has_weights
        across = grid.across.length
        width = max(across, _LEAST_MAP) if has_map else across
        cell, pitch = (grid.across.size, grid.down.size), (grid.across.pitch, grid.down.pitch)
        count = self._shown(layer)
        return _Draft(
            layer,
            BlockKind.TILES,
            count,
            width,
            across,
            grid.down.length,
            grid.across.count,
            cell,
            pitch,
            grid,
            has_map,
        )

    def _sources(self) -> _Draft:
        """Returns the block of inputs in one column, with room for their names."""
        count = self._shown(0)
        pitch = min(theme.px(_SOURCE), self._area / count)
        size = max(3.0, min(_DOT, pitch - 3.0))
        width = self._spec.sources + 6 + size
        return _Draft(0, BlockKind.DOTS, count, width, size, pitch * (count - 1) + size, 1, (size, size), (size, pitch))

    def _dots(self, layer: int) -> _Draft:
        """Returns a block of dots, or of cells for many neurons."""
        count = self._shown(layer)
        if self._spec.shape[layer] > _MOST_DOTS:
            return self._cells(layer, count)
        pitch, most = float(_PITCH), 4 if self._has_maps and count > _TWO_COLUMNS else 2  # columns
        while pitch > _CLOSEST and -(-count // max(1, int(self._area // pitch))) > most:
            pitch -= 1
        rows = max(1, min(count, int(self._area // pitch)))
        columns = max(-(-count // rows), 2 if count > FEW_TILES else 1)
        rows = -(-count // columns)
        down = min(self._area / rows, 1.15 * pitch)
        size = max(4.0, min(_DOT, pitch - 5))
        across = pitch * (columns - 1) + size
        width = max(across, _LEAST_MAP) if self._has_maps else across
        height = down * (rows - 1) + size
        has_map = self._has_maps
        cell, apart = (size, size), (pitch, down)
        return _Draft(layer, BlockKind.DOTS, count, width, across, height, columns, cell, apart, None, has_map)

    def _cells(self, layer: int, count: int) -> _Draft:
        columns = _CELL_COLUMNS
        while self._area / -(-count // columns) < _LEAST_CELL and columns < count:
            columns *= 2
        rows = -(-count // columns)
        pitch = min(_CELL, max(self._area / rows, 2.0))
        size = max(1, int(pitch - 1)) if pitch >= 3 else int(pitch)
        grid = MosaicGrid(Axis(columns, 1, size, pitch), Axis(rows, 1, size, pitch), 1, True)
        across = grid.across.length
        width = max(across, _LEAST_MAP) if self._has_maps else across
        cell, apart = (size, size), (pitch, pitch)
        height = grid.down.length
        has_map = self._has_maps
        return _Draft(layer, BlockKind.CELLS, count, width, across, height, columns, cell, apart, grid, has_map)

    # ---- places

    def _place(self, drafts: dict[int, _Draft], widths: _Widths, taken: float) -> Layout:
        height = self._content_height(drafts)
        top = _TOP + (self._full - height) / 2
        x = _SIDE + max(0.0, (self._width - taken - widths.sum) / 2)
        blocks: list[LayerBlock] = []
        fold: Fold | None = None
        maps: dict[int, Box] = {}
        slots: dict[int, tuple[float, float]] = {}
        folded = self._folded
        for layer in sorted([*drafts, *folded[:1]]):
            if layer in folded:
                fold = Fold(folded[0], folded[-1], (x, top, _fold_width(), height))
                x += _fold_width() + widths.gap
                continue
            draft = drafts[layer]
            middle = x + draft.width - draft.across / 2 if layer == 0 else x + draft.width / 2
            own = draft.kind is BlockKind.TILES and self._spec.has_weights
            blocks.append(self._block(draft, middle - draft.across / 2, top, height if own else height - self._below))
            slots[layer] = x, x + draft.width
            if draft.has_map:
                wide = min(max(draft.across, _LEAST_MAP), _WIDEST_MAP)
                maps[layer] = (round(middle - wide / 2), round(top + height) - MAP_HEIGHT, round(wide), MAP_HEIGHT)
            x += draft.width + widths.gap
        bars = self._bars(x, top, height - self._below, widths.bar)
        blocks.append(bars)
        if self._last not in drafts:
            right = bars.box[0] + bars.box[2]
            slots[self._last] = x, right
            if self._has_maps:
                wide = max(widths.bar, _LEAST_MAP)
                maps[self._last] = (round(right - wide), round(top + height) - MAP_HEIGHT, round(wide), MAP_HEIGHT)
        return Layout(
            tuple(blocks),
            fold,
            maps,
            slots,
            self._width + 2 * _SIDE,
            self._height,
            top + height,
            self._has_line,
            widths.percent > 0,
            self._spec.names,
            self._spec.sources,
        )

    def _content_height(self, drafts: dict[int, _Draft]) -> float:
        """Returns the height of blocks and heat maps, at most that of the room."""
        heights: list[float] = [self._rows * theme.px(_ROW) + self._below]
        for draft in drafts.values():
            own = draft.kind is BlockKind.TILES and self._spec.has_weights
            heights.append(draft.height + (0 if own else self._below))
        return min(max(heights), self._room)

    def _block(self, draft: _Draft, left: float, top: float, height: float) -> LayerBlock:
        left, top = round(left), round(top + max(0.0, (height - draft.height) / 2))
        rows, columns = np.divmod(np.arange(draft.count), draft.columns)
        places = np.stack([columns * draft.pitch[0], rows * draft.pitch[1]], axis=1)
        if draft.grid is not None:
            places = np.rint(places)
        missing = -draft.count % draft.columns
        if missing and draft.kind is BlockKind.TILES:
            places[rows == rows[-1], 0] += round(missing * draft.pitch[0] / 2)
        sizes = np.broadcast_to(np.array(draft.cell, float), places.shape)
        cells = np.concatenate([places + np.array([left, top]), sizes], axis=1)
        box = (left, top, draft.across, draft.height)
        return LayerBlock(draft.layer, draft.kind, box, cells, draft.columns, self._spec.shape[draft.layer], draft.grid)

    def _bars(self, left: float, top: float, height: float, bar: float) -> LayerBlock:
        count, size, rows = self._shown(self._last), self._spec.shape[-1], self._rows
        pitch = min(theme.px(_ROW), height / rows)
        thick = max(2.0, min(_THICKEST, pitch - 3))
        first = top + (height - pitch * rows) / 2 + (pitch - thick) / 2
        start = round(left + self._spec.names + _BEFORE_BAR)
        cells = np.array([(start, first + row * pitch, bar, thick) for row in range(rows)])
        box = (round(left), first, start - round(left) + bar, pitch * (rows - 1) + thick)
        rest = tuple(cells[-1].tolist()) if rows > count else None
        return LayerBlock(self._last, BlockKind.BARS, box, cells[:count], 1, size, None, rest)


class _Widths:
    """Widths that give way if there is little room: of gaps, bars and percents."""

    def __init__(self, spec: LayoutSpec, has_maps: bool, gaps: int, economy: _Economy) -> None:
        self._least, self.gap = map(float, _GAPS_WITH_MAPS if has_maps else _GAPS)
        if economy.least_gap is not None:
            self._least = economy.least_gap
        self._gaps, self._names = gaps, spec.names + _BEFORE_BAR
        self.bar = float(_BAR if spec.is_class else max(_LEAST_BAR, theme.px(_FIGURE)))
        below = _LEAST_MAP - self._names if has_maps else 0  # the heat map of the outputs is below name and bar
        self._least_bar = float(max(economy.least_bar, below)) if spec.is_class else self.bar
        self.percent = float(theme.px(_PERCENT)) if spec.is_class else 0.0

    @property
    def sum(self) -> float:
        """Pixels of all gaps, and of the outputs with their names, bars and percents."""
        return self._gaps * self.gap + self._names + self.bar + self.percent

    def give(self, pixels: float, is_last_resort: bool = False) -> bool:
        """Gives way by that many pixels. Returns whether that was possible; as a last resort gaps nearly close."""
        by = min(max(pixels, 0.0), self._gaps * (self.gap - self._least))
        self.gap -= by / max(1, self._gaps)
        pixels -= by
        pixels = self._shorten(pixels, _LEAST_BAR)
        if pixels > 0:
            pixels -= self.percent
            self.percent = 0.0
        pixels = self._shorten(pixels, 0)
        if pixels > 0 and is_last_resort:
            self.gap = max(_SQUEEZED, self.gap - pixels / max(1, self._gaps))
        return pixels <= 0

    def _shorten(self, pixels: float, least: float) -> float:
        """Makes the bars shorter by that many pixels, down to a length. Returns the pixels that remain."""
        by = min(max(pixels, 0.0), max(0.0, self.bar - max(least, self._least_bar)))
        self.bar -= by
        return pixels - by

    def spread(self, pixels: float) -> None:
        """Makes the gaps wider by that many pixels, up to a limit."""
        if pixels > 0:
            self.gap = max(self.gap, min(_WIDEST_GAP, self.gap + pixels / max(1, self._gaps)))


def _fold_width() -> int:
    return theme.px(_FOLD)


# ---- tiles


def _grids(
    counts: Sequence[int], tile: tuple[int, int], width: float, height: float, widest: int, least: int
) -> list[MosaicGrid]:
    """Returns grids of the largest tiles of one size for several layers.

    ``width`` is that of all grids together, of which each takes at least ``least``.
    """
    made: list[MosaicGrid] = []
    for wide in range(widest, 3, -1):
        high = max(round(wide * tile[0] / tile[1]), _FLATTEST)
        gap = 3 if min(wide, high) >= 24 else 2
        made = [_grid(count, tile, (wide, high), gap, height) for count in counts]
        tallest = max(grid.down.length for grid in made)
        if tallest <= height and sum(_width_of(grid, least) for grid in made) <= width:
            break
    return made


def _grid(count: int, tile: tuple[int, int], size: tuple[int, int], gap: int, height: float) -> MosaicGrid:
    """Returns the grid with the fewest columns that is at most that high; else the lowest one."""
    options = column_counts(count)
    wide, high = size
    columns = next((each for each in options if -(-count // each) * (high + gap) - gap <= height), options[-1])
    across = Axis(columns, tile[1], wide, wide + gap)
    return MosaicGrid(across, Axis(-(-count // columns), tile[0], high, high + gap), tile[0] * tile[1], True)


def _width_of(grid: MosaicGrid, least: int) -> int:
    return max(grid.across.length, least)
