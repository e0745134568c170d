"""Figures of many runs: medians, ranks, and whether groups differ significantly."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.sweeps.plan import SWEEP, Plan, plan_race, plan_seeds
from engine.sweeps.results import DIVERGED, FINISHED, PRUNED, STOPPED, FigureRange, Results, RunResult
from engine.sweeps.search_space import parse_dimension
from engine.sweeps.significance import compare_groups, kruskal_wallis, mann_whitney
from tests.nnviz.library.helpers import an_experiment

# ---- Mann-Whitney


def by_all_permutations(a: list[float], b: list[float]) -> float:
    """The share of all ways to divide the figures whose U is as far from its mean."""
    every = [*a, *b]

    def distance(chosen: tuple[int, ...]) -> float:
        rest = [each for number, each in enumerate(every) if number not in chosen]
        wins = sum((every[i] < y) + (every[i] == y) / 2 for i in chosen for y in rest)
        return abs(wins - len(a) * len(b) / 2)

    found = distance(tuple(range(len(a))))
    all_of_them = [distance(chosen) for chosen in itertools.combinations(range(len(every)), len(a))]
    return sum(each >= found - 1e-9 for each in all_of_them) / len(all_of_them)


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252),
        ([1, 2, 3, 4, 6], [5, 7, 8, 9, 10], 4 / 252),
        ([1, 2, 3], [4, 5, 6], 2 / 20),
        # U = 13 of 16, in tables of the exact distribution: 0.2 (Mann and Whitney 1947, table 1: P(U <= 3) = 0.1)
        ([1, 2, 4, 6], [3, 5, 7, 8], 14 / 70),
        ([7, 7, 7, 7, 7], [7, 7, 7, 7, 7], 1.0),
    ],
)
def test_p_has_the_worked_values(a: list[float], b: list[float], p: float) -> None:
    assert mann_whitney(a, b) == pytest.approx(p, abs=1e-12)
    assert mann_whitney(b, a) == pytest.approx(p, abs=1e-12)


def test_p_with_equal_figures_and_other_sizes_counts_all_ways() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = (rng.integers(0, 4, rng.integers(2, 6)).astype(float).tolist() for _ in range(2))
        assert mann_whitney(a, b) == pytest.approx(by_all_permutations(a, b), abs=1e-12)


def test_p_of_many_runs_is_near_the_counted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(0, 1, 20), rng.normal(0.7, 1, 25)
    exact = mann_whitney(a, b)
    monkeypatch.setattr("engine.sweeps.significance._MOST_COUNTED", 0)
    assert mann_whitney(a, b) == pytest.approx(exact, rel=0.1)
    assert mann_whitney([1.0] * 5, [1.0] * 5) == 1.0


# ---- Kruskal-Wallis


@pytest.mark.parametrize(
    ("figures", "p"),
    [
        # Three groups of two: of the 90 divisions of the ranks 1 to 6, the 3! orders of the groups separate as well.
        ([1, 2, 3, 4, 5, 6], 6 / 90),
        # Four groups of two, separated: 4! of 2,520 divisions.
        ([1, 2, 3, 4, 5, 6, 7, 8], 24 / 2520),
        ([1, 1, 1, 1, 1, 1], 1.0),
    ],
)
def test_p_of_several_groups_has_the_worked_values(figures: list[float], p: float) -> None:
    groups = [number // 2 for number in range(len(figures))]
    assert kruskal_wallis(figures, groups) == pytest.approx(p, abs=1e-12)


def test_p_of_two_groups_is_that_of_mann_and_whitney() -> None:
    a, b = [1.0, 2, 3, 4, 6], [5.0, 7, 8, 9, 10, 11]
    assert kruskal_wallis([*a, *b], [0] * 5 + [1] * 6) == mann_whitney(a, b)


def test_p_of_several_groups_with_equal_figures_counts_all_divisions() -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        figures, groups = rng.integers(0, 4, 7).astype(float), np.array([0, 0, 1, 1, 2, 2, 2])

        def between(ranks: Array, groups: Array = groups) -> float:
            sums, sizes = np.bincount(groups, ranks), np.bincount(groups)
            return float((sums**2 / sizes).sum())

        ranks = np.array([(figures < each).sum() + ((figures == each).sum() + 1) / 2 for each in figures])
        every = [between(ranks[list(order)]) for order in itertools.permutations(range(7))]
        p = np.mean(np.array(every) >= between(ranks) - 1e-9)
        assert kruskal_wallis(figures, groups) == pytest.approx(p, abs=1e-12)


def test_p_of_several_groups_is_drawn_and_approximated_near_the_counted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    groups = np.arange(12) % 3
    figures = rng.normal(0, 1, 12) + 0.8 * groups
    exact = kruskal_wallis(figures, groups)
    monkeypatch.setattr("engine.sweeps.significance._MOST_DIVISIONS", 0)
    drawn = kruskal_wallis(figures, groups)
    assert drawn == pytest.approx(exact, rel=0.1)
    assert drawn == kruskal_wallis(figures, groups), "the seed is fixed"
    monkeypatch.setattr("engine.sweeps.significance._MOST_DRAWN", 0)
    assert kruskal_wallis(figures, groups) == pytest.approx(exact, rel=0.3)


def test_a_comparison_tells_pairs_and_from_five_seeds_on_p() -> None:
    few = compare_groups([0.1, 0.2, 0.3, 0.3], [0.3, 0.4, 0.5, 0.6])
    assert (few.wins, few.ties, few.pairs, few.p, few.seeds, few.is_significant) == (14, 2, 16, None, 4, False)
    assert compare_groups([1, 2, 3, 4, 5], [6, 7, 8, 9, math.inf]).is_significant
    assert not compare_groups([1, 3, 5, 7, 9], [2, 4, 6, 8, 10]).is_significant


# ---- results


def results_of(plan: Plan, *, has_test: bool = True) -> Results:
    found = Results(plan, True, has_test, plan.is_choice)
    for _ in plan.experiments:
        found.add_trial({})
    return found


def a_run(trial: int, seed: int, error: float, status: str = FINISHED, test: float = 0.5) -> RunResult:
    return RunResult(trial, seed, status, {"validation_error": error, "test_error": test})


def test_the_median_over_seeds_decides_and_bad_ends_count_as_worst() -> None:
    plan = plan_race([an_experiment(), an_experiment(hidden=(6,)), an_experiment(hidden=(7,))], 3)
    found = results_of(plan)
    for seed, errors in enumerate([(0.1, 0.3, 0.0), (0.2, 0.3, 0.0), (0.9, 0.3, 0.9)], 1):
        for trial, error in enumerate(errors):
            status = FINISHED if trial < 2 or seed == 1 else (PRUNED, DIVERGED)[seed - 2]
            assert found.add(a_run(trial, seed, error, status))
    assert [each.trial for each in found.ranked()] == [0, 1, 2]
    assert found.score(0) == 0.2
    assert found.score(2) == math.inf
    assert found.chosen == found.trials[0]
    assert found.trials[0].spread("validation_error") == FigureRange(0.2, 0.1, 0.9, 3)


def test_a_run_counts_once() -> None:
    found = results_of(plan_race([an_experiment(), an_experiment(hidden=(6,))], 1))
    assert found.add(a_run(0, 1, 0.5, STOPPED))
    assert found.over == 0
    assert found.add(a_run(0, 1, 0.2))
    assert not found.add(a_run(0, 1, 0.1))
    assert (found.over, found.score(0)) == (1, 0.2)


def test_a_trial_without_all_its_seeds_is_not_chosen() -> None:
    found = results_of(plan_race([an_experiment(), an_experiment(hidden=(6,))], 2))
    found.add(a_run(0, 1, 0.1))
    assert found.chosen is None
    for seed in (1, 2):
        found.add(a_run(1, seed, 0.4))
    assert found.chosen == found.trials[1]
    assert [each.trial for each in found.ranked()] == [1, 0]


def test_results_give_back_what_was_added() -> None:
    vary = tuple(map(parse_dimension, ("learning-rate=0.1,0.2", "dropout=0,0.5")))
    found = Results(Plan(SWEEP, (an_experiment(),), (2**70, 1), vary), True, True, True)
    values = [{"learning_rate": 0.1, "dropout": 0.0}, {"dropout": 0.5, "learning_rate": 0.2}, {}]
    assert [found.add_trial(each) for each in values] == [0, 1, 2]
    before = found.trials[1]
    stopped = RunResult(1, 2**70, STOPPED, {"train_error": 0.5}, 1.5, 2.0, 4)
    others = [RunResult(0, 1, FINISHED, {"validation_error": 0.3}, 5.0, 1.0), RunResult(1, 1, PRUNED, {}, 2.0, 1.0, 0)]
    again = RunResult(1, 2**70, FINISHED, {"validation_error": 0.2}, 5.0, 3.0)
    assert all(map(found.add, [stopped, *others, again]))
    assert not found.add(again)
    assert list(found.runs) == [again, *others], "in its old place, without the figures of before"
    assert found.runs[1:] == others
    assert [dict(each.values) for each in found.trials] == values
    assert (found.over, found.order.tolist(), found.chosen) == (3, [1, 0], None)
    found.name_run(1, 2**70, 9)
    assert (found.run(1, 2**70), found.run(2, 1)) == (replace(again, run=9), None)
    assert (before.is_kept, found.trials[2].is_kept) == (True, False)
    assert (before.over, before.runs) == (2, {2**70: replace(again, run=9), 1: others[1]}), "it tells what came since"
    assert found.trials[-1].trial == 2


def test_a_run_that_is_none_of_the_plan_is_not_added() -> None:
    """As a damaged library may have some."""
    found = results_of(plan_race([an_experiment(), an_experiment(hidden=(6,))], 1))
    assert found.add(a_run(0, 1, 0.5))
    for trial, seed in ((0, 2), (-1, 1), (2, 1)):
        assert not found.add(a_run(trial, seed, 0.1))
    assert (len(found.runs), found.over, found.chosen) == (1, 1, found.trials[0])


def test_a_figure_that_is_no_number_is_none() -> None:
    found = results_of(plan_race([an_experiment(), an_experiment(hidden=(6,))], 1))
    assert found.add(a_run(0, 1, math.nan))
    assert found.runs[0].figures == {"test_error": 0.5}
    assert (found.trials[0].spread("validation_error"), found.score(0), found.chosen) == (None, math.inf, None)


def test_by_what_runs_are_compared() -> None:
    race, seeds = plan_race([an_experiment(), an_experiment(hidden=(6,))], 2), plan_seeds(an_experiment(), 2)
    assert results_of(race).compared_by == "validation_error"
    assert results_of(seeds).compared_by == "test_error"
    assert results_of(seeds, has_test=False).compared_by == "train_error"
    assert results_of(seeds, has_test=False).test_figure is None
    assert Results(race, False, True, True).compared_by == "validation_rmse"
