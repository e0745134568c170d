"""Round numbers: the same table for every axis and every scale."""

from __future__ import annotations

import math

import pytest

from nnviz.formatting.round_numbers import digits, even_marks, marks, round_end, round_top, step


@pytest.mark.parametrize(
    ("value", "end"),
    [(1, 1), (1.01, 1.5), (0.31, 0.4), (8.1, 10), (0.08, 0.08), (9999, 10_000), (0.0, 1e-9), (3e-5, 3e-5), (7e9, 8e9)],
)
def test_a_scale_ends_at_the_next_round_number(value: float, end: float) -> None:
    assert round_end(value) == pytest.approx(end, rel=1e-12)
    assert round_end(value) >= value


def test_a_scale_of_nothing_has_an_end_all_the_same() -> None:
    assert round_end(0.0, 1e-4) == 1e-4
    assert round_end(math.inf) == math.inf
    assert math.isnan(round_end(math.nan))


def test_marks_are_one_two_and_five() -> None:
    assert marks(0.9, 60) == pytest.approx([1, 2, 5, 10, 20, 50])
    assert even_marks(0, 20, 6) == [0, 5, 10, 15, 20]
    assert [step(wanted) for wanted in (0.3, 1, 3, 6)] == pytest.approx([0.5, 1, 5, 10])
    assert round_top(83) == 100
    assert digits([0.0, 0.25]) == 1
    assert digits([0.0, 5.0]) == 0
