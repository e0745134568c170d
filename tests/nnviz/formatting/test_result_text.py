"""Figures of many runs in words: the same for the window and for commands."""

from __future__ import annotations

from engine.sweeps.results import FigureRange
from nnviz.formatting import text
from nnviz.formatting.result_text import figure_name, figure_value, format_range, format_seeds, format_spread


def test_figures_have_names_and_units() -> None:
    assert [figure_name(each) for each in ("validation_error", "test_rmse")] == ["validation error", "test RMSE"]
    assert figure_value("error", 0.0231) == "2.31 %"
    assert figure_value("rmse", 3.4, "mpg") == "3.40 mpg"
    assert figure_value("rmse", 3.4) == "3.40"


def test_a_spread_tells_its_unit_once() -> None:
    assert format_spread("error", FigureRange(0.02, 0.01, 0.03, 3)) == "median 2.00 %, 1.00 to 3.00 %"
    assert format_spread("rmse", FigureRange(2, 1, 3, 3), "mpg") == "median 2.00 mpg, 1.00 to 3.00 mpg"
    assert format_spread("error", FigureRange(0.02, 0.02, 0.02, 1)) == "2.00 %"
    assert format_range("error", 0.01, 0.03, between=" – ") == "1.00 – 3.00 %"


def test_seeds_are_counted() -> None:
    assert [format_seeds(count) for count in (1, 5)] == ["1 seed", "5 seeds"]


def test_durations_that_are_only_estimated_are_round() -> None:
    seconds = (0.14, 8.87, 61.4, 540, 9000, 200_000)
    assert [text.roughly(each) for each in seconds] == ["0.14 s", "8.9 s", "61 s", "9 min", "2.5 h", "2 days"]
