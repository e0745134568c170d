"""Heat maps: zero is the background, cells lie where the mouse says they do."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtGui import QColor
from pytestqt.qtbot import QtBot

from nnviz import theme
from nnviz.panels.weights import _best_columns, mosaic
from nnviz.widgets.heat_map import ColourBar, HeatMap
from tests.nnviz.helpers import hover, leave


@pytest.fixture
def heat_map(qtbot: QtBot) -> HeatMap:
    """One of 300 × 200 pixels."""
    widget = HeatMap()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    return widget


def colour_of(widget: HeatMap, row: int, column: int, shape: tuple[int, int]) -> str:
    """As painted, in the middle of a cell."""
    place = widget.picture_rect()
    x = place.x() + int((column + 0.5) * place.width() / shape[1])
    y = place.y() + int((row + 0.5) * place.height() / shape[0])
    return widget.grab().toImage().pixelColor(x, y).name()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_zero_is_the_background_and_the_ends_are_the_ends(heat_map: HeatMap, qapp: object, name: str) -> None:
    theme.apply(qapp, name)  # type: ignore[arg-type]
    look = theme.current()
    values = np.array([[0.0, 2.0, -2.0], [1e-4, 50.0, -50.0]], np.float32)
    heat_map.show_values(values, 2.0)
    seen = [[colour_of(heat_map, row, column, (2, 3)) for column in range(3)] for row in range(2)]
    assert seen == [[look.field, look.positive, look.negative]] * 2


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (7, 13), (64, 127), (200, 300), (5, 301)])
def test_every_width_is_drawn_straight(heat_map: HeatMap, shape: tuple[int, int]) -> None:
    """Rows of an image begin at multiples of four bytes; a width that is none must not shear the picture."""
    rng = np.random.default_rng(1)
    values = np.where(rng.random(shape) > 0.5, 1.0, -1.0)
    heat_map.resize(shape[1] * 2, max(shape[0] * 2, 60))
    heat_map.show_values(values, 1.0)
    look = theme.current()
    place = heat_map.picture_rect()
    image = heat_map.grab().toImage()
    scale = place.width() / shape[1]
    for row, column in zip(rng.integers(0, shape[0], 60), rng.integers(0, shape[1], 60), strict=True):
        pixel = image.pixelColor(int((column + 0.5) * scale), int((row + 0.5) * place.height() / shape[0]))
        assert pixel.name() == (look.positive if values[row, column] > 0 else look.negative)


def test_the_mouse_finds_its_cell(heat_map: HeatMap) -> None:
    seen: list[tuple[int, int]] = []
    heat_map.hovered.connect(lambda row, column: seen.append((row, column)))
    hover(heat_map, (5, 5))
    assert seen == [(-1, -1)], "nothing is shown yet"
    heat_map.show_values(np.zeros((4, 8)), 1.0)
    place = heat_map.picture_rect()
    assert (place.width(), place.height()) == (300, 150), "cells are square"
    for row, column in ((0, 0), (0, 7), (3, 0), (3, 7), (2, 5)):
        hover(heat_map, ((column + 0.5) * 300 / 8, (row + 0.5) * 150 / 4))
        assert seen[-1] == (row, column)
    hover(heat_map, (299, 149))
    assert seen[-1] == (3, 7)
    hover(heat_map, (100, 180))
    assert seen[-1] == (-1, -1), "below the picture"
    hover(heat_map, (10, 10))
    leave(heat_map)
    assert seen[-1] == (-1, -1)


def test_a_very_long_matrix_is_still_to_be_seen(heat_map: HeatMap) -> None:
    heat_map.show_values(np.ones((1, 2000)), 1.0)
    assert heat_map.picture_rect().height() >= 1
    heat_map.show_values(np.ones((2000, 1)), 1.0)
    assert heat_map.picture_rect().width() >= 1


def test_the_array_may_change_afterwards(heat_map: HeatMap) -> None:
    values = np.ones((3, 3))
    heat_map.show_values(values, 1.0)
    values[:] = -1
    assert colour_of(heat_map, 1, 1, (3, 3)) == theme.current().positive


def test_clear(heat_map: HeatMap) -> None:
    heat_map.show_values(np.ones((3, 3)), 1.0)
    heat_map.clear()
    assert heat_map.picture_rect().isEmpty()
    heat_map.grab()


def test_the_colour_bar_is_drawn(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.show()
    image = bar.grab().toImage()
    look = theme.current()
    for x, end in ((64, look.negative), (149, look.positive)):
        seen, wanted = image.pixelColor(x, 9), QColor(end)
        assert abs(seen.red() - wanted.red()) + abs(seen.blue() - wanted.blue()) < 12
    before = image.copy()
    bar.set_limit(0.25)
    assert bar.grab().toImage() != before


# ---- mosaic


def test_tiles_lie_in_rows_with_a_gap_of_zeros() -> None:
    weights = np.arange(1, 5 * 6 + 1, dtype=np.float32).reshape(5, 6)
    field = mosaic(weights, (2, 3), 3)
    assert field.shape == (2 * 2 + 1, 3 * 3 + 2)
    for neuron in range(5):
        top, left = neuron // 3 * 3, neuron % 3 * 4
        np.testing.assert_array_equal(field[top : top + 2, left : left + 3], weights[neuron].reshape(2, 3))
    assert not field[2].any()
    assert not field[:, 3].any()
    assert not field[3:, 8:].any(), "the place of a sixth neuron is empty"


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 100, 400])
@pytest.mark.parametrize("size", [(800, 400), (300, 600), (50, 50)])
def test_as_many_columns_as_make_the_tiles_largest(count: int, size: tuple[int, int]) -> None:
    def scale(columns: int) -> float:
        rows = -(-count // columns)
        return min(size[0] / columns, size[1] / rows)

    chosen = _best_columns(count, (28, 28), *size)
    assert 1 <= chosen <= count
    assert scale(chosen) == max(scale(columns) for columns in range(1, count + 1))
