"""Mosaics: every neuron has its place at any width, and every cell its colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.ui.weights.mosaic import (
    EMPTY,
    SMALLEST,
    ZERO,
    MosaicGrid,
    Renderer,
    column_grid,
    most_tiles,
    picture_grid,
    plain_grid,
)

SIZES = st.sampled_from([(786, 383), (300, 600), (80, 60)])
COUNTS = st.integers(1, 10_000)
some_layouts = settings(max_examples=100, derandomize=True)


def rendered(grid: MosaicGrid, weights: np.ndarray, limit: float = 1.0) -> np.ndarray:
    """The pixels of a page."""
    renderer = Renderer(grid, len(weights))
    renderer.render(weights, limit)
    return painted(renderer)


def painted(renderer: Renderer) -> np.ndarray:
    """The pixels, each the number of its colour."""
    pixels = np.empty(renderer.size, np.uint32)
    renderer.paint(np.arange(256, dtype=np.uint32), pixels)
    return pixels


def check_places(grid: MosaicGrid, count: int, width: int, height: int) -> None:
    """All lie within, apart from each other."""
    assert 1 <= grid.across.length <= width
    assert 1 <= grid.down.length <= height
    assert grid.capacity >= min(count, most_tiles(width, height))
    for axis in (grid.across, grid.down):
        ends = [axis.start(tile) + axis.size for tile in range(axis.count)]
        assert all(axis.start(tile + 1) > ends[tile] for tile in range(axis.count - 1)), "a gap between tiles"


@some_layouts
@given(COUNTS, SIZES)
def test_pictures_keep_their_proportions(count: int, size: tuple[int, int]) -> None:
    grid = picture_grid(count, (28, 28), *size)
    check_places(grid, count, *size)
    assert abs(grid.across.size - grid.down.size) <= 1
    assert (grid.down.cells, grid.across.cells) == (28, 28)


@some_layouts
@given(COUNTS, st.integers(1, 10_000), SIZES)
def test_plain_inputs_have_a_cell_each(count: int, inputs: int, size: tuple[int, int]) -> None:
    grid = plain_grid(count, inputs, *size)
    check_places(grid, count, *size)
    assert grid.across.cells * grid.down.cells >= inputs
    assert grid.across.cells * (grid.down.cells - 1) < inputs, "no row of nothing"


@pytest.mark.parametrize("count", [10, 64, 256, 1000])
def test_the_card_is_filled(count: int) -> None:
    width, height = 786, 383
    grid = picture_grid(count, (28, 28), width, height)
    assert width - grid.across.length < 0.1 * width
    assert height - grid.down.length < 0.13 * height
    matrix = plain_grid(32, 64, width, height)
    assert (matrix.across.length, matrix.across.count) == (width, 1)
    assert height - matrix.down.length <= 1
    tiles = plain_grid(500, 1000, width, height)
    assert width - tiles.across.length <= 1
    assert height - tiles.down.length <= 1


@pytest.mark.parametrize("size", [(287, 290), (287, 340), (224, 260)])
def test_a_number_of_images_without_empty_places_is_preferred(size: tuple[int, int]) -> None:
    grid = picture_grid(64, (28, 28), *size)
    assert (grid.across.count, grid.down.count) == (8, 8)


def test_a_row_a_neuron_where_it_can_be_read() -> None:
    assert plain_grid(32, 64, 786, 383).down.cells == 1
    assert plain_grid(10, 393, 786, 383).down.cells == 1
    assert plain_grid(10, 394, 786, 383).down.cells > 1
    assert plain_grid(64, 64, 786, 383).down.cells == 1
    assert plain_grid(65, 64, 786, 383).down.cells > 1


def test_no_tile_is_smaller_than_can_be_pointed_at() -> None:
    for count in (5000, 10_000, 100_000):
        grid = picture_grid(count, (28, 28), 786, 383)
        assert min(grid.across.size, grid.down.size) >= SMALLEST


@pytest.mark.parametrize(
    ("count", "inputs", "by_input"), [(1, 6, True), (5, 97, False), (70, 7, True), (200, 6, False)]
)
def test_a_pixel_has_the_colour_of_the_input_it_lies_on(count: int, inputs: int, by_input: bool) -> None:
    rng = np.random.default_rng(1)
    weights = rng.uniform(-1, 1, (count, inputs)).astype(np.float32)
    grid = plain_grid(count, inputs, 786, 383)
    assert grid.across.block == grid.down.block == 1
    pixels = rendered(grid, np.asfortranarray(weights) if by_input else weights)
    wanted = np.floor(weights * 127 + 128.5)
    empty = 0
    for x, y in zip(rng.integers(0, grid.across.length, 300), rng.integers(0, grid.down.length, 300), strict=True):
        found = grid.at(int(x), int(y))
        if found is None or found[0] >= count:
            assert pixels[y, x] == EMPTY
            empty += 1
        else:
            assert abs(int(pixels[y, x]) - wanted[found]) <= 1  # float32 may round a half to either side
    assert empty < 300


def test_every_tile_and_cell_is_found_where_it_is_placed() -> None:
    grid = picture_grid(64, (28, 28), 786, 383)
    for tile in range(64):
        x, y, width, height = grid.place(tile)
        assert grid.at(x, y) == (tile, 0)
        assert grid.at(x + width - 1, y + height - 1) == (tile, 783)
        assert grid.at(x + width, y) is None
        assert grid.at(x, y + height) is None


def test_the_ends_are_the_ends() -> None:
    weights = np.array([[0.0, 0.5, -0.5, 50.0, -50.0, np.nan, np.inf, -np.inf]], np.float32)
    grid = plain_grid(1, 8, 800, 64)
    pixels = rendered(grid, weights, 0.5)[0]
    assert list(pixels[50::100][:5]) == [ZERO, 255, 1, 255, 1]
    assert list(pixels[50::100][6:]) == [255, 1]


def test_a_cell_of_several_inputs_lies_where_they_lie() -> None:
    grid = picture_grid(1500, (28, 28), 786, 383)
    assert grid.across.block == grid.down.block == 3, "which does not divide 28"
    for number in (0, 13, 27, 28 * 14 + 20, 783):
        weights = np.zeros((1500, 784), np.float32)
        weights[:, number] = 90.0
        pixels = rendered(grid, weights)
        x, y, width, height = grid.place(700)
        bright = [grid.at(x + i, y + j) for i in range(width) for j in range(height) if pixels[y + j, x + i] == 255]
        assert bright
        for found in bright:
            assert found is not None
            assert abs(found[1] // 28 - number // 28) < 3
            assert abs(found[1] % 28 - number % 28) < 3


@pytest.mark.parametrize("by_input", [False, True])
def test_small_tiles_show_the_means_of_neighbouring_pixels(by_input: bool) -> None:
    tile = np.zeros((28, 28), np.float32)
    tile[0:2, 0:2] = [[1.0, -1.0], [0.5, 0.1]]  # their mean is 0.15
    tile[2:4, 2:4] = 1.0
    weights = np.tile(tile.ravel(), (500, 1))
    grid = picture_grid(500, (28, 28), 786, 383)
    assert grid.across.block == grid.down.block == 2
    renderer = Renderer(grid, 500)
    assert renderer.averaged == 4
    renderer.render(np.asfortranarray(weights) if by_input else weights, 1.0)
    pixels = painted(renderer)
    for tile_number in (0, 77, 499):
        x, y, width, _ = grid.place(tile_number)
        places = [-(-cell * width // 14) for cell in range(3)]
        seen = [int(pixels[y + place, x + place]) for place in places]
        assert seen == [ZERO + round(0.15 * 127), 255, ZERO]


def test_of_other_inputs_the_strongest_of_a_cell_is_seen() -> None:
    weights = np.full((500, 1000), 0.01, np.float32)
    weights[:, 0] = -0.8
    weights[3, 999] = 0.9
    grid = plain_grid(500, 1000, 786, 383)
    assert max(grid.across.block, grid.down.block) > 1
    pixels = rendered(grid, weights)
    assert Renderer(grid, 500).averaged == 1
    for tile in (0, 250, 499):
        x, y, _, _ = grid.place(tile)
        assert pixels[y, x] == 128 - round(0.8 * 127)
    assert (pixels == 128 + round(0.9 * 127)).any(), "one weight of half a million"


def test_buffers_serve_again() -> None:
    """No view leaves anything behind for the next."""
    rng = np.random.default_rng(2)
    grid = plain_grid(70, 97, 786, 383)
    renderer = Renderer(grid, 70)
    weights = rng.normal(0, 1, (70, 97)).astype(np.float32)
    renderer.render(rng.normal(0, 9, (70, 97)).astype(np.float32), 1.0)
    painted(renderer)
    renderer.render(weights, 1.0)
    np.testing.assert_array_equal(painted(renderer), rendered(grid, weights))


def test_what_is_no_number_has_the_colour_of_the_ground() -> None:
    weights = np.full((256, 784), np.nan, np.float32)
    weights[:, 400] = 1.0
    pixels = rendered(picture_grid(256, (28, 28), 786, 383), weights)
    assert set(np.unique(pixels)) == {EMPTY, 255}


@some_layouts
@given(st.integers(1, 500), st.integers(1, 5000))
def test_columns_have_a_row_for_each_input_and_as_many_as_fit(count: int, inputs: int) -> None:
    width, height = 640, 290
    grid = column_grid(count, inputs, width, height)
    assert grid.has_columns
    assert grid.across.length <= width
    assert grid.down.length <= height
    assert grid.capacity == min(count, (width + 1) // (SMALLEST + 1))
    left, top, wide, high = grid.place(grid.capacity - 1)
    tile, number = grid.at(left + wide // 2, top) or (None, None)
    assert (tile, number) == (grid.capacity - 1, 0)
    last = grid.at(left, top + high - 1)
    assert last is not None
    assert last[1] >= inputs - grid.down.block
    picture = Renderer(grid, grid.capacity)
    picture.render(np.ones((grid.capacity, inputs), np.float32), 1.0)
    assert picture.size == (grid.down.length, grid.across.length)


def test_other_layouts_have_no_columns() -> None:
    assert not plain_grid(10, 9, 640, 290).has_columns
    assert not picture_grid(10, (3, 3), 640, 290).has_columns
