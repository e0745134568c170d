"""Small lines as pixels: where they run, on which side of 0, and in which colour."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtGui import QColor

from engine.basics.validation import Array
from nnviz.cards.stage.weights.line_tiles import line_tiles
from nnviz.ui import theme

SIZE = 41
UP, DOWN = "positive", "negative"


def ink_of(name: str) -> int:
    return theme.colour(name).rgb()


def rows_of(tile: Array, name: str, column: int) -> list[int]:
    """The rows in which a column has the full colour."""
    return [row for row in range(len(tile)) if int(tile[row, column]) == ink_of(name)]


def test_a_line_runs_from_left_to_right_at_its_height() -> None:
    low, level, high = line_tiles(np.array([[-1, -1], [8 / 17, 8 / 17], [1, 1]], np.float32), 1.0, SIZE)
    middle = SIZE // 2
    for column in (0, 20, 40):
        assert rows_of(high, UP, column)[0] < rows_of(level, UP, column)[0] < middle < rows_of(low, DOWN, column)[0]
    rise = line_tiles(np.array([[-1, 0, 1]], np.float32), 1.0, SIZE)[0]
    assert rows_of(rise, UP, 38)
    assert not rows_of(rise, DOWN, 38)
    assert rows_of(rise, DOWN, 2)
    assert not rows_of(rise, UP, 2)


def test_it_is_filled_towards_0_only() -> None:
    tile = line_tiles(np.array([[0.8, 0.8], [-0.8, -0.8]], np.float32), 1.0, SIZE)[0]
    ground = theme.diverging_table(theme.current())[128]
    inner, outer, beyond = (int(tile[row, 20]) for row in (15, 0, 30))
    assert inner not in (ground, ink_of(UP))
    assert QColor(inner).red() > QColor(inner).blue(), "some of the line's colour"
    assert outer == beyond == ground


def test_without_answers_below_0_it_stands_at_the_foot() -> None:
    answers = np.array([[0, 0], [2, 2]], np.float32)
    flat, high = line_tiles(answers, 2.0, SIZE)
    assert min(rows_of(flat, UP, 20)) > 0.8 * SIZE
    assert max(rows_of(high, UP, 20)) < 0.2 * SIZE
    centred = line_tiles(np.concatenate([answers, [[-1, -1]]]).astype(np.float32), 2.0, SIZE)[0]
    assert rows_of(centred, UP, 20)[0] == SIZE // 2


def test_a_steep_line_has_no_gaps() -> None:
    tile = line_tiles(np.array([[-1, -1, -1, 1, 1, 1]], np.float32), 1.0, SIZE)[0]
    strong = np.isin(tile, [ink_of(UP), ink_of(DOWN)])
    rows = np.flatnonzero(strong.any(axis=1))
    assert len(rows) > 0.8 * SIZE
    assert (np.diff(rows) == 1).all()


@pytest.mark.parametrize("places", [1, 2, 125])
@pytest.mark.parametrize("size", [6, 7, 120])
def test_in_any_size_and_of_any_numbers(places: int, size: int) -> None:
    answers = np.full((3, places), np.float32(3e38))
    answers[1] *= -1
    assert line_tiles(answers, 1e-30, size).shape == (3, size, size)
    assert line_tiles(np.zeros((2, places), np.float32), 1.0, size).dtype == np.uint32
