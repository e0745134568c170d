"""Figures of many runs in words: the same for the window and for commands."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.sweeps.plan import plan_race
from engine.sweeps.results import FINISHED, FigureRange, Results, RunResult
from engine.sweeps.significance import GroupComparison, compare_groups
from nnviz.formatting import text
from nnviz.formatting.result_text import (
    figure_name,
    figure_value,
    format_best_two,
    format_pairs,
    format_range,
    format_seeds,
    format_spread,
    format_wins,
    significance,
)
from tests.nnviz.library.helpers import an_experiment


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


@pytest.mark.parametrize(
    ("one", "other", "sentence", "test"),
    [
        (
            [1, 2, 3, 4, 5],
            [6, 7, 8, 9, 10],
            "Very unlikely to be chance: every run of a has a lower error than every run of b.",
            "Compared by test error (Mann-Whitney p = 0.008).",
        ),
        (
            [1, 2, 3, 4, 5, 6],
            [7, 8, 9, 10, 11],
            "Very unlikely to be chance: every run of a has a lower error than every run of b.",
            "Compared by test error (Mann-Whitney p = 0.004).",
        ),
        (
            [4, 7, 8, 9, 10],
            [1, 2, 3, 5, 6],
            "Significant: b has a lower error than a in 23 of 25 pairs of seeds.",
            "Compared by test error (Mann-Whitney p = 0.03).",
        ),
        (
            [1, 3, 5, 7, 9],
            [2, 4, 6, 8, 10],
            "Could be chance: a has a lower error than b in 15 of 25 pairs of seeds. Train more seeds to decide.",
            "Compared by test error (Mann-Whitney p = 0.69).",
        ),
        (
            [1, 2, 3, 4, 6],
            [1, 2, 3, 4, 5],
            "Could be chance: b has a lower error than a in 11 of 25 pairs of seeds, 4 are equal. Train more seeds "
            "to decide.",
            "Compared by test error (Mann-Whitney p = 0.97).",
        ),
        (
            [1, 2, 3, 4, 5],
            [1, 2, 3, 4, 5],
            "Could be chance: a and b have the lower error in equally many pairs of seeds. Train more seeds to decide.",
            "Compared by test error (Mann-Whitney p = 1.00).",
        ),
        (
            [1, 2, 3, 4, 5],
            [1, 6, 7, 8, 9],
            "Could be chance: a has a lower error than b in 20 of 25 pairs of seeds, 1 is equal. Train more seeds "
            "to decide.",
            "Compared by test error (Mann-Whitney p = 0.10).",
        ),
        (
            [4, 5, 6],
            [1, 2, 3],
            "Too few seeds to tell: every run of b has a lower error than every run of a.",
            "Compared by test error; a significance test needs at least 5 seeds each.",
        ),
        (
            [4],
            [1, 2, 3],
            "Too few seeds to tell: b has a lower error than a in 3 of 3 pairs of seeds.",
            "Compared by test error; a significance test needs at least 5 seeds each.",
        ),
        (
            range(12),
            range(20, 32),
            "Very unlikely to be chance: every run of a has a lower error than every run of b.",
            "Compared by test error (Mann-Whitney p < 0.001).",
        ),
    ],
)
def test_it_begins_with_whether_it_is_significant(
    one: Sequence[float], other: Sequence[float], sentence: str, test: str
) -> None:
    assert format_pairs(compare_groups(one, other), "a", "b", "test error").text == f"{sentence} {test}"


@pytest.mark.parametrize(("trials", "chance"), [(2, "Very unlikely to be chance"), (3, "Significant")])
def test_the_lead_of_the_best_of_several_trials_is_significant_at_most(trials: int, chance: str) -> None:
    plan = plan_race([an_experiment(learning_rate=0.1 * (1 + trial)) for trial in range(trials)], 5)
    results = Results(plan, True, False, plan.is_choice)
    for trial in range(trials):
        results.add_trial({"learning_rate": 0.1 * (1 + trial)})
        for seed in plan.seeds:
            results.add(RunResult(trial, seed, FINISHED, {"validation_error": 0.1 * trial + 0.001 * seed}))
    found = format_best_two(plan, results)
    assert found is not None
    assert found.lead.startswith(f"{chance}: every run of ")


def test_one_of_several_comparisons_needs_a_smaller_p() -> None:
    sure, likely = GroupComparison(25, 0, 25, 0.008, 5), GroupComparison(23, 0, 25, 0.03, 5)
    assert [significance(each) for each in (sure, likely)] == ["Very unlikely to be chance", "Significant"]
    assert [significance(each, is_one_of_several=True) for each in (sure, likely)] == ["Significant", "Could be chance"]
    wins = [format_wins(each) for each in (sure, GroupComparison(4, 0, 9, None, 3))]
    assert wins == ["25 of 25 pairs (p = 0.008)", "4 of 9 pairs"]
