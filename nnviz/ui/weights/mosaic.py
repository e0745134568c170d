"""The layout of a mosaic's tiles, and its pixels. Uses numpy only.

A tile is a neuron, a cell in it one of its incoming weights. All tiles have the same whole number of pixels; the
pixels left over are distributed over the gaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.validation import Array

EMPTY, ZERO = 0, 128  # of 256 colour indices: the gap between tiles, and the value 0; 1 and 255 are the ends
SMALLEST = 5  # side of a tile in pixels; tiles that would be smaller go to another page
_AIR = 0.06  # gap between two tiles, as a share of a tile's side
_MOST_AIR = 0.25
_MOST_COLUMNS = 4  # ratio of columns and rows of tiles, or its inverse
_WHOLE = 0.85  # of the largest side that images without empty places have at least
_HIGHEST_ROW = 64  # pixels; also of the widest column
_LEAST_CELL = 2  # least width in pixels of a cell, if a row shows a neuron's inputs side by side
_MOST_READ = 1_500_000  # weights read for one picture; of more, each cell samples some


@dataclass(frozen=True)
class Axis:
    """Tiles side by side: their number, cells and pixels of each, and pixels from the start of one to the next."""

    count: int
    cells: int
    size: int
    pitch: float

    def start(self, tile: int) -> int:
        """Returns the first pixel of a tile."""
        return round(tile * self.pitch)

    @property
    def length(self) -> int:
        """Pixels of all tiles and gaps."""
        return self.start(self.count - 1) + self.size

    @property
    def block(self) -> int:
        """Number of cells that are drawn as one, because there are more cells than pixels."""
        return -(-self.cells // self.size)

    @property
    def seen(self) -> int:
        """Number of drawn cells in a tile."""
        return -(-self.cells // self.block)

    def find(self, pixel: int) -> tuple[int, int] | None:
        """Returns tile and cell at a pixel, or None between tiles."""
        for tile in (int(pixel / self.pitch), int(pixel / self.pitch) + 1):
            inside = pixel - self.start(tile)
            if tile < self.count and 0 <= inside < self.size:
                return tile, min(inside * self.seen * self.block // self.size, self.cells - 1)
        return None

    @property
    def sources(self) -> npt.NDArray[np.intp]:
        """For each pixel the index of its cell, where each tile counts its drawn cells and one for the gap after it."""
        made = np.full(self.length, self.seen, np.intp)
        within = np.arange(self.size) * self.seen // self.size
        for tile in range(self.count):
            start = self.start(tile)
            made[start : start + self.size] = tile * (self.seen + 1) + within
        return made


@dataclass(frozen=True)
class MosaicGrid:
    """The layout of one page: tiles row by row. Only the first ``inputs`` cells of each tile are used."""

    across: Axis
    down: Axis
    inputs: int
    is_picture: bool

    @property
    def has_columns(self) -> bool:
        """Whether a tile is a column, an input below the other."""
        return not self.is_picture and self.down.count == self.across.cells == 1

    @property
    def capacity(self) -> int:
        """The number of tiles on a page."""
        return self.across.count * self.down.count

    def place(self, tile: int) -> tuple[int, int, int, int]:
        """Returns left, top, width and height of a tile in pixels."""
        row, column = divmod(tile, self.across.count)
        return self.across.start(column), self.down.start(row), self.across.size, self.down.size

    def at(self, x: int, y: int) -> tuple[int, int] | None:
        """Returns tile and input at a pixel, or None. On the last page the tile's number may be too high."""
        across, down = self.across.find(x), self.down.find(y)
        if across is None or down is None:
            return None
        number = down[1] * self.across.cells + across[1]
        return (down[0] * self.across.count + across[0], number) if number < self.inputs else None


# ---- layouts


def most_tiles(width: int, height: int) -> int:
    """Returns how many of the smallest tiles fit into this area."""
    pitch = SMALLEST + 1
    return max(1, (width + 1) // pitch) * max(1, (height + 1) // pitch)


@lru_cache(maxsize=64)
def column_counts(count: int) -> list[int]:
    """Returns numbers of columns for that many tiles, ascending: divisors, if one gives a block within 1 : 4."""
    near = [
        columns
        for columns in range(1, count + 1)
        if 1 / _MOST_COLUMNS <= columns / -(-count // columns) <= _MOST_COLUMNS
    ]
    return [columns for columns in near if count % columns == 0] or near


def picture_grid(count: int, shape: tuple[int, int], width: int, height: int) -> MosaicGrid:
    """Returns the layout for tiles with the proportions of ``shape``, with as many columns as make them largest.

    A number of columns that leaves no place empty is preferred if tiles are not much smaller.
    """
    grid = _picture_grid(min(count, most_tiles(width, height)), shape, width, height)
    while grid.capacity > 1 and (grid.across.length > max(width, 1) or grid.down.length > max(height, 1)):
        grid = _picture_grid(grid.capacity * 3 // 4, shape, width, height)  # for very slim shapes
    return grid


def _picture_grid(count: int, shape: tuple[int, int], width: int, height: int) -> MosaicGrid:
    rows, columns = shape
    across = np.arange(1, count + 1)
    down = -(-count // across)
    unit = np.minimum(_largest(width, across) / columns, _largest(height, down) / rows)
    is_whole = np.isin(across, column_counts(count)) & (count % across == 0)
    whole = np.where(is_whole, unit, 0)
    unit = whole if whole.max() >= _WHOLE * unit.max() else unit
    best = across[unit >= unit.max() * 0.999][-1]
    scale = float(unit[best - 1])
    return MosaicGrid(
        _axis(int(best), columns, scale * columns, width, _MOST_AIR),
        _axis(-(-count // int(best)), rows, scale * rows, height, _MOST_AIR),
        rows * columns,
        True,
    )


def plain_grid(count: int, inputs: int, width: int, height: int) -> MosaicGrid:
    """Returns the layout for inputs that are no image: a row per neuron if legible, otherwise square tiles."""
    if count * (SMALLEST + 1) <= height + 1 and inputs * _LEAST_CELL <= width:
        size = min(float(_largest(height, count)), _HIGHEST_ROW)
        return MosaicGrid(Axis(1, inputs, width, width), _axis(count, 1, size, height, _AIR), inputs, False)
    count = min(count, most_tiles(width, height))
    columns = _columns_of_squares(count, width, height)
    rows = -(-count // columns)
    across, down = (float(_largest(side, number)) for side, number in ((width, columns), (height, rows)))
    cells = _wrapped(inputs, across / down)
    wide = _axis(columns, cells, across, width, _MOST_AIR)
    return MosaicGrid(wide, _axis(rows, -(-inputs // cells), down, height, _MOST_AIR), inputs, False)


def column_grid(count: int, inputs: int, width: int, height: int) -> MosaicGrid:
    """Returns the layout for inputs with names: a column per neuron, as many as fit, and a row per input."""
    count = min(count, max(1, (width + 1) // (SMALLEST + 1)))
    size = min(float(_largest(width, np.array(count))), _HIGHEST_ROW)
    high = min(height, inputs * _HIGHEST_ROW)
    return MosaicGrid(_axis(count, 1, size, width, _AIR), Axis(1, inputs, high, high), inputs, False)


def _largest(length: int, counts: Any) -> Any:
    """Returns the largest side of a tile for each count of tiles along the length, gaps included; at least 1 pixel."""
    airy = length / (counts + _AIR * (counts - 1))
    return np.maximum(np.where(airy * _AIR >= 1, airy, (length - counts + 1) / counts), 1.0)


def _axis(count: int, cells: int, size: float, length: int, most_air: float) -> Axis:
    whole = max(1, int(size + 1e-6))
    if count == 1:
        return Axis(1, cells, whole, whole)
    pitch = min((length - whole) / (count - 1), whole + max(2.0, most_air * whole))
    return Axis(count, cells, whole, max(pitch, whole))


def _columns_of_squares(count: int, width: int, height: int) -> int:
    """Returns the number of columns for nearly square tiles with few empty places."""
    columns = np.arange(1, count + 1)
    rows = -(-count // columns)
    odd = np.abs(np.log((width / columns) / (height / rows))) + 2 * (columns * rows - count) / count
    return int(columns[odd.argmin()])


def _wrapped(inputs: int, aspect: float) -> int:
    """Returns the number of cells in a row of a tile: for about square cells and, if possible, a full last row."""
    ideal = min(max(1.0, math.sqrt(inputs * aspect)), float(inputs))
    near = range(max(1, round(ideal / 1.5)), min(inputs, round(ideal * 1.5)) + 1)
    exact = [cells for cells in near if inputs % cells == 0]
    return min(exact, key=lambda cells: abs(math.log(cells / ideal))) if exact else round(ideal)


# ---- pixels


class Renderer:
    """Draws weights as the pixels of a grid, by way of 256 colour indices. Reuses its buffers for every image.

    Attributes:
        size: height and width in pixels.
        averaged: the number of weights of which a cell shows the mean.
    """

    def __init__(self, grid: MosaicGrid, neurons: int) -> None:
        self.grid, self.neurons = grid, neurons
        self._cells = grid.down.seen, grid.across.seen
        is_whole = grid.down.block == grid.across.block == 1
        self._samples = None if is_whole else self._places_to_look()
        self.averaged = len(self._samples or [0]) if grid.is_picture else 1
        self._used = grid.inputs if self._samples is None else len(self._samples[0])
        high, wide = self._cells
        self._field = np.full((grid.down.count, high + 1, grid.across.count, wide + 1), EMPTY, np.intp)
        self._scaled: npt.NDArray[np.float32] | None = None
        self._taken: npt.NDArray[Any] = np.empty((3, 0))
        self._across, self._down = grid.across.sources, grid.down.sources
        self._cell_rows = self._field.reshape(grid.down.count * (high + 1), -1)  # the same indices, (rows, columns)
        self._coloured = np.empty(self._cell_rows.shape, np.uint32)
        self._widened = np.empty((len(self._cell_rows), len(self._across)), np.uint32)
        self.size = len(self._down), len(self._across)

    def _places_to_look(self) -> list[npt.NDArray[np.intp]]:
        """Returns an array per weight that shares a cell: the input to read for every cell."""
        grid, rows, columns = self.grid, self.grid.down.block, self.grid.across.block
        high, wide = self._cells
        affordable = math.sqrt(max(1.0, _MOST_READ / (self.neurons * high * wide)))
        made = []
        for down in _spread(rows, affordable):
            for across in _spread(columns, affordable):
                y = np.minimum(np.arange(high) * rows + down, grid.down.cells - 1)
                x = np.minimum(np.arange(wide) * columns + across, grid.across.cells - 1)
                made.append((y[:, None] * grid.across.cells + x).ravel())
        first = np.arange(high)[:, None] * rows * grid.across.cells + np.arange(wide) * columns
        used = int((first.ravel() < grid.inputs).sum())
        return [np.minimum(places[:used], grid.inputs - 1) for places in made]

    def render(self, weights: Array, limit: float) -> None:
        """Converts (neurons, inputs) weights to colour indices; the colours range from -limit to limit."""
        by_input = weights.flags.fnc  # in memory, an input's weights follow each other
        if self._scaled is None or self._scaled.flags.fnc != by_input:  # one number per cell, in the same order
            shape = (self.neurons, math.prod(self._cells))
            self._scaled = np.full(shape, EMPTY, np.float32, order="F" if by_input else "C")
        used = self._scaled[:, : self._used]  # cells without input stay EMPTY
        values, share = self._sampled(weights.T, 0) if by_input else self._sampled(weights, 1)
        with np.errstate(invalid="ignore", over="ignore"):  # a network that diverged is drawn too
            np.multiply(values.T if by_input else values, share * 127 / max(limit, 1e-12), out=used, casting="unsafe")
            np.clip(used, -127, 127, out=used)  # several times as fast as minimum and maximum
            np.add(used, ZERO + 0.5, out=used)  # the conversion to integers truncates, so adding 0.5 rounds
            self._lay_out(self._scaled)

    def paint(self, colours: npt.NDArray[np.uint32], pixels: npt.NDArray[np.uint32]) -> None:
        """Fills ``pixels``, of this ``size``, with colours.

        Cells are coloured before they are enlarged to pixels, of which there are several times as many; all pixel rows
        of a cell are copies of one. Indices are of type intp, because numpy would convert any other. NaN gives an index
        out of range, which is clipped to that of the gap; all others are valid, and ``wrap`` is the fastest mode.
        """
        np.take(colours, self._cell_rows, out=self._coloured, mode="clip")
        np.take(self._coloured, self._across, axis=1, out=self._widened, mode="wrap")
        np.take(self._widened, self._down, axis=0, out=pixels, mode="wrap")

    def _sampled(self, lying: Array, axis: int) -> tuple[Array, float]:
        """Returns a number per cell and its factor: of images the mean weight, otherwise the largest in size."""
        if self._samples is None:
            return lying, 1.0
        first, *others = self._samples
        shape = (self._used, lying.shape[1]) if axis == 0 else (lying.shape[0], self._used)
        if self._taken.shape[1:] != shape or self._taken.dtype != lying.dtype:
            self._taken = np.empty((3, *shape), lying.dtype)
        total, low, more = self._taken
        np.take(lying, first, axis=axis, out=total, mode="clip")
        if self.grid.is_picture:
            for places in others:
                total += np.take(lying, places, axis=axis, out=more, mode="clip")
            return total, 1 / len(self._samples)
        np.copyto(low, total)
        for places in others:
            np.take(lying, places, axis=axis, out=more, mode="clip")
            np.fmax(total, more, out=total)
            np.fmin(low, more, out=low)
        np.copyto(total, low, where=-low > total)
        return total, 1.0

    def _lay_out(self, cells: npt.NDArray[np.float32]) -> None:
        """Copies (neurons, cells) indices to the places of the tiles."""
        high, wide = self._cells
        columns = self.grid.across.count
        tiles = self._field[:, :high, :, :wide].transpose(0, 2, 1, 3)
        whole, rest = divmod(self.neurons, columns)
        split = whole * columns
        np.copyto(tiles[:whole], cells[:split].reshape(whole, columns, high, wide), casting="unsafe")
        if rest:
            np.copyto(tiles[whole, :rest], cells[split:].reshape(rest, high, wide), casting="unsafe")


def _spread(block: int, affordable: float) -> list[int]:
    """Returns at most ``affordable`` evenly spaced places in a block."""
    count = max(1, min(block, int(affordable)))
    return [(2 * place + 1) * block // (2 * count) for place in range(count)]
