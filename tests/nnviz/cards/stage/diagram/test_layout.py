"""Tests of the layout for all widths and depths: nothing overlaps, and nothing leaves the diagram."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnviz.cards.stage.diagram.layout import BlockKind, Layout, LayoutSpec, lay_out

DIGITS = {"tile": (28, 28), "tiled": frozenset({1}), "has_weights": True}
PLANE = {"tile": (24, 24), "widest": 100}
SHAPES: dict[str, LayoutSpec] = {
    "usual": LayoutSpec((784, 64, 32, 10), **DIGITS),
    "no hidden layer": LayoutSpec((784, 10), **DIGITS),
    "wide": LayoutSpec((784, 4000, 4000, 10), **DIGITS),
    "wide cells": LayoutSpec((784, 512, 256, 1000, 10), **DIGITS),
    "deep": LayoutSpec((784, *[16] * 60, 10), **DIGITS),
    "deep and wide": LayoutSpec((784, *[300] * 60, 10), **DIGITS),
    "one neuron": LayoutSpec((1, 1, 1)),
    "columns": LayoutSpec((7, 12, 3), names=90, sources=100),
    "many columns": LayoutSpec((400, 12, 2), sources=100),
    "many classes": LayoutSpec((20, 30, 1000)),
    "plane": LayoutSpec((2, 8, 6, 2), tiled=frozenset({1, 2}), **PLANE),
    "deep in the plane": LayoutSpec((2, *[8] * 60, 2), tiled=frozenset(range(1, 61)), **PLANE),
    "slim pictures": LayoutSpec((300, 40, 5), (1, 300), frozenset({1}), True, 64),
    "one tile": LayoutSpec((784, 1, 10), **DIGITS),
    "a prime": LayoutSpec((784, 13, 10), **DIGITS),
}
SIZES = [(786, 387), (670, 282), (560, 270), (300, 150), (1900, 1000)]


def boxes(layout: Layout) -> list[tuple[float, float, float, float]]:
    """Of blocks and folds, from the left."""
    fold = [] if layout.fold is None else [layout.fold.box]
    return sorted([block.box for block in layout.blocks] + fold)


@pytest.mark.parametrize("name", SHAPES)
def test_blocks_stand_side_by_side_and_inside(name: str) -> None:
    for width, height in SIZES:
        layout = lay_out(SHAPES[name], width, height)
        assert (layout.width, layout.height) == (width, height)
        for before, after in itertools.pairwise(boxes(layout)):
            assert before[0] + before[2] + 6 < after[0]
        for block in layout.blocks:
            assert block.cells[:, 0].min() >= 0
            assert block.cells[:, 1].min() >= 0
            assert (block.cells[:, 0] + block.cells[:, 2]).max() <= width
            assert (block.cells[:, 1] + block.cells[:, 3]).max() <= layout.bottom + 1
            assert 1 <= block.shown <= block.size
        assert layout.bottom <= height - 20, "captions stand below"


@pytest.mark.parametrize("name", SHAPES)
def test_every_layer_and_neuron_is_found_where_it_is(name: str) -> None:
    spec = SHAPES[name]
    layout = lay_out(spec, 786, 387)
    folded = [] if layout.fold is None else list(range(layout.fold.first, layout.fold.last + 1))
    first = 0 if spec.tile is None else 1  # the inputs of images and points are beside the diagram
    assert sorted([*layout.layers, *folded]) == list(range(first, len(spec.shape)))
    for block in layout.blocks:
        for place, (left, top, width, height) in enumerate(block.cells.tolist()):
            assert layout.find(left + width / 2, top + height / 2) == (block.layer, place)
    for layer, (left, top, width, height) in layout.maps.items():
        assert layout.map_at(left + width / 2, top + height / 2) == layer
    assert layout.find(-50, -50) is None


def test_the_usual_network_is_shown_in_full() -> None:
    layout = lay_out(SHAPES["usual"], 786, 387)
    assert [block.kind for block in layout.blocks] == [BlockKind.TILES, BlockKind.DOTS, BlockKind.BARS]
    assert all(block.shown == block.size for block in layout.blocks)
    assert layout.blocks[0].columns == 8
    assert [(one.layer, other.layer) for one, other in layout.pairs()] == [(1, 2), (2, 3)]
    assert set(layout.maps) == {2, 3}
    assert not lay_out(SHAPES["usual"], 786, 220).maps, "heat maps leave first"


@pytest.mark.parametrize(
    ("size", "kind", "shown"),
    [
        (64, BlockKind.DOTS, 64),
        (65, BlockKind.CELLS, 65),
        (1024, BlockKind.CELLS, 1024),
        (1025, BlockKind.CELLS, 256),
    ],
)
def test_later_layers_are_dots_cells_or_the_strongest(size: int, kind: BlockKind, shown: int) -> None:
    block = lay_out(LayoutSpec((784, 64, size, 10), **DIGITS), 700, 470).of(2)
    assert block is not None
    assert (block.kind, block.shown) == (kind, shown)


@pytest.mark.parametrize(("neurons", "columns"), [(1, {1}), (6, {2, 3}), (10, {2, 5}), (48, {4, 6, 8, 12}), (64, {8})])
def test_columns_of_tiles_divide_their_number(neurons: int, columns: set[int]) -> None:
    block = lay_out(LayoutSpec((784, neurons, 10), **DIGITS), 700, 470).blocks[0]
    assert block.columns in columns
    assert neurons % block.columns == 0


def test_a_last_row_that_is_not_full_is_in_the_middle() -> None:
    block = lay_out(SHAPES["a prime"], 700, 470).blocks[0]
    rows = [list(row) for _, row in itertools.groupby(block.cells.tolist(), key=lambda cell: cell[1])]
    assert len(rows[-1]) < len(rows[0])
    middles = [(row[0][0] + row[-1][0]) / 2 for row in rows]
    assert middles[-1] == pytest.approx(middles[0], abs=1)


def test_little_width_folds_later_layers_and_leaves_sixteen_tiles() -> None:
    spec = LayoutSpec((784, 64, 32, 32, 10), **DIGITS)
    assert lay_out(spec, 700, 300).fold is None
    narrow = lay_out(spec, 190, 300)
    assert narrow.fold is not None
    assert (narrow.fold.first, narrow.fold.last) == (2, 3)
    assert narrow.blocks[0].shown == 16
    assert lay_out(SHAPES["usual"], 560, 150).blocks[0].shown == 64, "low tiles are no fewer"


def test_deep_networks_show_both_ends() -> None:
    for width, height in ((786, 387), (500, 364)):  # the second one has the window of 1280 x 720
        layout = lay_out(SHAPES["deep"], width, height)
        assert layout.fold is not None
        assert layout.layers == [1, 59, 60, 61]
        assert (layout.fold.first, layout.fold.last) == (2, 58)
    assert lay_out(LayoutSpec((784, 9, 9, 9, 9, 10), **DIGITS), 786, 387).fold is None
    assert lay_out(SHAPES["deep"], 300, 364).layers == [1, 60, 61], "the last layer longest"


def test_three_layers_over_the_plane_show_all_their_neurons_in_little_width() -> None:
    layout = lay_out(LayoutSpec((2, 64, 64, 64, 2), tiled=frozenset({1, 2, 3}), names=44, **PLANE), 397, 364)
    assert [block.shown for block in layout.blocks] == [64, 64, 64, 2]
    assert layout.names == 44


def test_names_of_outputs_have_room_before_bars() -> None:
    columns = SHAPES["columns"]
    widths = {width: lay_out(columns, width, 325) for width in (600, 300)}
    assert [layout.names for layout in widths.values()] == [90, 90]
    assert widths[300].blocks[-1].cells[0, 2] < widths[600].blocks[-1].cells[0, 2]


def test_many_outputs_are_the_largest_and_the_others() -> None:
    bars = lay_out(SHAPES["many classes"], 786, 387).blocks[-1]
    assert bars.shown == 8
    assert bars.rest is not None
    assert lay_out(LayoutSpec((20, 30, 12)), 786, 387).blocks[-1].rest is None


def test_connections_touch_the_sides_of_dots_and_of_whole_tiles() -> None:
    layout = lay_out(SHAPES["usual"], 786, 387)
    tiles, dots, _ = layout.blocks
    x, y = dots.ends(np.array([0, 3]), 1)
    left, top, width, height = dots.cells[3]
    assert (x[1], y[1]) == (left + width, top + height / 2)
    x, _ = tiles.ends(np.array([0, 7]), 1)
    assert x[0] == x[1] > tiles.cells[7, 0] + tiles.cells[7, 2]
