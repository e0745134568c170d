"""The layout of the neurons' planes: square tiles of one size, as large as fit, a block of rows for each layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LARGEST, SMALLEST = 120, 6  # side of a tile in pixels
RIM = 2  # pixels around all tiles, for their outlines
_AIR = 0.14  # gap between two tiles, as a share of a tile's side


@dataclass(frozen=True)
class TileBlock:
    """A layer's tiles: how many of its neurons are shown, and where its first row begins, in pixels."""

    shown: int
    top: int


@dataclass(frozen=True)
class TileLayout:
    """All tiles.

    Attributes:
        size, pitch: pixels of a tile's side, and from the start of one to the next.
        columns: tiles in a row.
        left: where the rows begin, in pixels.
        blocks: by layer.
        counts: how many neurons each layer has.
    """

    size: int
    pitch: int
    columns: int
    left: int
    blocks: Mapping[int, TileBlock]
    counts: Mapping[int, int]

    @property
    def right(self) -> int:
        """The end of the gap after a full row."""
        return self.left + self.columns * self.pitch

    @property
    def bottom(self) -> int:
        """The end of the last row."""
        last = list(self.blocks.values())[-1]
        return last.top + -(-last.shown // self.columns) * self.pitch - (self.pitch - self.size)

    @property
    def is_whole(self) -> bool:
        """Whether there is a tile for every neuron."""
        return {layer: block.shown for layer, block in self.blocks.items()} == dict(self.counts)

    def place(self, layer: int, number: int) -> tuple[int, int]:
        """Returns left and top of a neuron's tile."""
        row, column = divmod(number, self.columns)
        return self.left + column * self.pitch, self.blocks[layer].top + row * self.pitch

    def at(self, x: int, y: int) -> tuple[int, int] | None:
        """Returns the layer and the number of the neuron whose tile is at a pixel; None between the tiles."""
        column, inside = divmod(x - self.left, self.pitch)
        if not (0 <= column < self.columns and inside < self.size):
            return None
        for layer, block in self.blocks.items():
            row, inside = divmod(y - block.top, self.pitch)
            number = row * self.columns + column
            if row >= 0 and inside < self.size and number < block.shown:
                return layer, number
        return None


def tile_layout(counts: Mapping[int, int], width: int, height: int, left: int = 0) -> TileLayout:
    """Returns the layout with the largest tiles for a number of neurons of each layer.

    Args:
        counts: neurons by layer.
        width, height: of the available space in pixels.
        left: space left free at the left.

    If not even the smallest tiles fit, each layer shows its first neurons, or only the first layers are shown.
    """
    left += RIM
    room, height = max(width - left - RIM, SMALLEST), height - RIM
    for size in range(min(LARGEST, height, room), SMALLEST, -1):
        made = _with_tiles(size, counts, counts, room, left)
        if made.bottom <= height:
            return made
    return _with_tiles(SMALLEST, _first_ones(counts, _columns(SMALLEST, room), height - RIM), counts, room, left)


def _first_ones(counts: Mapping[int, int], columns: int, height: int) -> Mapping[int, int]:
    """Returns how many of the smallest tiles fit in each layer: as many rows for each, at least one."""
    pitch = _pitch(SMALLEST)
    gap, layers = pitch - SMALLEST, max(1, (height + pitch - SMALLEST) // pitch)
    some = dict(list(counts.items())[:layers])
    rows = ((height + 2 * gap) // len(some) - gap) // pitch  # layers of several rows are set apart by another gap
    return {layer: min(count, columns * max(1, rows)) for layer, count in some.items()}


def _pitch(size: int) -> int:
    return size + max(1, round(_AIR * size))


def _columns(size: int, room: int) -> int:
    return max(1, (room + _pitch(size) - size) // _pitch(size))


def _fewest_columns(counts: Mapping[int, int], most: int) -> int:
    """As few as need no more rows than ``most``: then the last row of the layer with the longest ones is long, too."""
    rows = {count: -(-count // most) for count in counts.values()}
    return max(-(-count // needed) for count, needed in rows.items())


def _with_tiles(size: int, shown: Mapping[int, int], counts: Mapping[int, int], room: int, left: int) -> TileLayout:
    """Tiles of that size; layers of several rows are set apart by as much again as rows are."""
    pitch, top, blocks = _pitch(size), RIM, {}
    columns = _fewest_columns(shown, _columns(size, room))
    apart = pitch - size if any(count > columns for count in shown.values()) else 0
    for layer, count in shown.items():
        blocks[layer] = TileBlock(count, top)
        top += -(-count // columns) * pitch + apart
    return TileLayout(size, pitch, columns, left, blocks, counts)
