"""Tests of the layout for all widths and depths: nothing overlaps, and nothing leaves the diagram."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnviz.cards.stage.diagram.layout import SHOWN, BlockKind, Layout, LayoutOptions, LayoutSpec, lay_out

MNIST = (28, 28)
SHAPES: dict[str, LayoutSpec] = {
    "usual": LayoutSpec((784, 64, 32, 10), MNIST, MNIST, frozenset({1})),
    "no hidden layer": LayoutSpec((784, 10), MNIST, MNIST),
    "wide": LayoutSpec((784, 4000, 4000, 10), MNIST, MNIST, frozenset({1})),
    "deep": LayoutSpec((784, *[16] * 60, 10), MNIST, MNIST, frozenset({1})),
    "deep and wide": LayoutSpec((784, *[300] * 60, 10), MNIST, MNIST, frozenset({1})),
    "one neuron": LayoutSpec((1, 1, 1)),
    "columns": LayoutSpec((7, 12, 3), names=90),
    "many columns": LayoutSpec((400, 12, 2)),
    "many classes": LayoutSpec((20, 30, 1000)),
    "plane": LayoutSpec((2, 8, 6, 2), None, (24, 24), frozenset({1, 2})),
    "deep in the plane": LayoutSpec((2, *[8] * 60, 2), None, (24, 24), frozenset(range(1, 61))),
    "slim pictures": LayoutSpec((300, 40, 5), (1, 300), (1, 300), frozenset({1})),
    "one tile": LayoutSpec((784, 1, 10), MNIST, MNIST, frozenset({1})),
}
SIZES = [(786, 387), (670, 282), (300, 150), (1900, 1000)]


def boxes(layout: Layout) -> list[tuple[float, float, float, float]]:
    """Of blocks and folds, from the left."""
    return sorted([block.box for block in layout.blocks.values()] + [fold.box for fold in layout.folds])


@pytest.mark.parametrize("name", SHAPES)
def test_blocks_stand_side_by_side_and_inside(name: str) -> None:
    for width, height in SIZES:
        layout = lay_out(SHAPES[name], width, height)
        assert layout.width >= width
        for before, after in itertools.pairwise(boxes(layout)):
            assert before[0] + before[2] + 8 < after[0]
        for block in layout.blocks.values():
            assert block.cells[:, 0].min() >= 0
            assert block.cells[:, 1].min() >= 0
            assert (block.cells[:, 0] + block.cells[:, 2]).max() < layout.width
            assert (block.cells[:, 1] + block.cells[:, 3]).max() <= max(height, 90)
            assert 1 <= block.shown <= block.size


@pytest.mark.parametrize("name", SHAPES)
def test_every_layer_and_neuron_is_found_where_it_is(name: str) -> None:
    layout = lay_out(SHAPES[name], 786, 387)
    folded = [layer for fold in layout.folds for layer in range(fold.first, fold.last + 1)]
    assert sorted([*layout.blocks, *folded]) == list(range(len(SHAPES[name].shape)))
    assert all(fold.last > fold.first for fold in layout.folds), "one layer takes no more room than its fold"
    for layer, block in layout.blocks.items():
        for place, (left, top, width, height) in enumerate(block.cells.tolist()):
            wanted = None if block.kind is BlockKind.PICTURE else (layer, place)
            assert layout.find(left + width / 2, top + height / 2) == wanted
    assert layout.find(-50, -50) is None


def test_the_usual_network_is_shown_in_full() -> None:
    layout = lay_out(SHAPES["usual"], 786, 387)
    assert layout.width == 786
    assert [block.kind for block in layout.blocks.values()] == [
        BlockKind.PICTURE,
        BlockKind.TILES,
        BlockKind.DOTS,
        BlockKind.BARS,
    ]
    assert not any(block.hidden for block in layout.blocks.values())
    assert [(one.layer, other.layer) for one, other in layout.pairs()] == [(1, 2), (2, 3)]


def test_wide_layers_show_some_and_more_on_request() -> None:
    looks = SHAPES["wide"]
    first = lay_out(looks, 786, 387)
    assert [first.blocks[layer].shown for layer in (1, 2)] == [SHOWN, SHOWN]
    assert first.blocks[2].hidden == 4000 - SHOWN
    more = lay_out(looks, 786, 387, LayoutOptions({2: 256}))
    assert more.blocks[2].shown == 256
    assert more.blocks[1].shown == SHOWN
    everything = lay_out(looks, 786, 387, LayoutOptions({1: 4000, 2: 4000}))
    assert [everything.blocks[layer].hidden for layer in (1, 2)] == [0, 0]
    assert everything.width > 786, "it scrolls"


def test_deep_networks_leave_out_the_middle() -> None:
    looks = SHAPES["deep"]
    layout = lay_out(looks, 786, 387)
    (fold,) = layout.folds
    assert layout.width == 786
    assert {0, 1, 2, 60, 61} <= set(layout.blocks)
    assert fold.first in range(3, 10)
    kept = lay_out(looks, 786, 387, keep=[30])
    assert 30 in kept.blocks
    assert len(kept.folds) == 2
    whole = lay_out(looks, 786, 387, LayoutOptions(unfolded=True))
    assert len(whole.blocks) == 62
    assert not whole.folds
    assert whole.width > 786


def test_a_few_more_than_the_limit_are_shown_too() -> None:
    assert lay_out(LayoutSpec((5, SHOWN + 6, 2)), 786, 387).blocks[1].hidden == 0


def test_connections_touch_the_sides_of_cells() -> None:
    block = lay_out(SHAPES["columns"], 786, 387).blocks[1]
    x, y = block.ends(np.array([0, 3]), 1)
    left, top, width, height = block.cells[3]
    assert (x[1], y[1]) == (left + width, top + height / 2)
