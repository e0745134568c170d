"""Tiles of one size for all neurons, wherever there is room for them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnviz.cards.stage.weights.tile_layout import LARGEST, SMALLEST, tile_layout

COUNTS = st.lists(st.integers(1, 300), min_size=1, max_size=12).map(lambda sizes: dict(enumerate(sizes, start=1)))


@given(COUNTS, st.integers(80, 1500), st.integers(60, 900), st.sampled_from([0, 56]))
@example(dict.fromkeys(range(1, 6), 7), 80, 108, 56)
def test_each_tile_is_found_at_its_place_and_lies_within_the_room(
    counts: dict[int, int], width: int, height: int, left: int
) -> None:
    made = tile_layout(counts, width, height, left)
    assert SMALLEST <= made.size <= LARGEST
    for layer, block in made.blocks.items():
        for number in {0, block.shown // 2, block.shown - 1}:
            x, y = made.place(layer, number)
            assert left <= x <= width - made.size
            assert 0 <= y <= height - made.size
            assert made.at(x, y) == made.at(x + made.size - 1, y + made.size - 1) == (layer, number)
            assert made.at(x - 1, y) != (layer, number)
        assert made.at(*[each + made.size for each in made.place(layer, 0)]) is None, "between the tiles"


@given(COUNTS, st.integers(200, 1500), st.integers(60, 900))
def test_larger_tiles_would_not_find_room(counts: dict[int, int], width: int, height: int) -> None:
    made = tile_layout(counts, width, height)
    if made.is_whole and made.size < min(LARGEST, height - 4):
        larger = made.size + 1
        pitch = larger + round(0.14 * larger)
        columns = (width - 4 + pitch - larger) // pitch
        rows = sum(-(-count // columns) for count in counts.values())
        apart = (pitch - larger) * (len(counts) - 1) * (max(counts.values()) > columns)
        assert 2 + rows * pitch - (pitch - larger) + apart > height - 2


def test_a_row_for_each_layer_where_there_is_room_for_it() -> None:
    made = tile_layout({1: 8, 2: 8, 3: 2}, 780, 300)
    assert made.columns >= 8
    assert made.is_whole
    tops = [block.top for block in made.blocks.values()]
    assert [below - above for above, below in itertools.pairwise(tops)] == [made.pitch] * 2


@given(COUNTS, st.integers(200, 1500), st.integers(60, 900))
def test_columns_are_as_few_as_need_no_more_rows(counts: dict[int, int], width: int, height: int) -> None:
    """With one fewer, some layer would need another row."""
    made = tile_layout(counts, width, height)
    most = max(1, (width - 4 + made.pitch - made.size) // made.pitch)
    rows = {layer: -(-block.shown // made.columns) for layer, block in made.blocks.items()}
    assert rows == {layer: -(-block.shown // most) for layer, block in made.blocks.items()}
    assert any(made.columns * rows[layer] - block.shown < rows[layer] for layer, block in made.blocks.items())


def test_rows_of_64_and_32_are_full() -> None:
    """With as many columns as find room, one would be left over alone."""
    made = tile_layout({1: 64, 2: 32, 3: 3}, 750, 240, 56)
    assert made.columns == 16


@pytest.mark.parametrize("counts", [{1: 100_000}, {1: 20_000, 2: 20_000, 3: 2}, dict.fromkeys(range(1, 500), 7)])
def test_of_too_many_the_first_are_shown(counts: dict[int, int]) -> None:
    made = tile_layout(counts, 400, 200, 56)
    assert not made.is_whole
    assert made.bottom <= 200
    assert list(made.blocks) == list(counts)[: len(made.blocks)]
    assert all(0 < block.shown <= counts[layer] for layer, block in made.blocks.items())
    assert sum(block.shown for block in made.blocks.values()) > 100
