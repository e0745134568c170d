"""Trials of a sweep in columns: where they lie, what came of them, which is best, as results come."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.sweeps.plan import SWEEP, Plan
from engine.sweeps.results import DIVERGED, FINISHED, PRUNED, STOPPED, RunResult
from engine.sweeps.search_space import parse_dimension
from nnviz.cards.sweep.trial_table import SettingAxis, TrialTable
from tests.nnviz.library.helpers import an_experiment


def a_table(*typed: str, seeds: tuple[int, ...] = (1, 2, 3), **more: Any) -> TrialTable:
    return TrialTable(Plan(SWEEP, (an_experiment(),), seeds, tuple(map(parse_dimension, typed)), **more))


def a_run(trial: int, seed: int, error: float, status: str = FINISHED) -> RunResult:
    figures = {"validation_error": error, "test_error": error} if math.isfinite(error) else {}
    return RunResult(trial, seed, status, figures, 5.0, 1.0, 10 * trial + seed)


# ---- where values lie


@pytest.mark.parametrize(
    ("typed", "names", "is_log", "value", "place"),
    [
        ("learning-rate=log:0.01..1", (), True, 0.1, -1.0),
        ("dropout=0..0.5", (), False, 0.25, 0.25),
        ("hidden=16..64", (), False, 32, 32.0),
        ("learning-rate=0.2,0.05", ("0.05", "0.2"), False, 0.2, 1.0),
        ("hidden=64-32,16", ("64-32", "16"), False, (16,), 1.0),
        ("optimizer=sgd,adam", ("sgd", "adam"), False, "adam", 1.0),
        ("drop-last=true,false", ("true", "false"), False, False, 1.0),
        (f"learning-rate={','.join(str(each / 100) for each in range(1, 21))}", (), True, 0.1, -1.0),
    ],
)
def test_values_lie_along_their_axis(
    typed: str, names: tuple[str, ...], is_log: bool, value: object, place: float
) -> None:
    axis = SettingAxis.of(parse_dimension(typed))
    assert (axis.names, axis.is_log) == (names, is_log)
    assert axis.place(value) == pytest.approx(place)
    assert axis.low <= place <= axis.high


def test_a_value_that_has_no_place_lies_nowhere() -> None:
    assert math.isnan(SettingAxis.of(parse_dimension("optimizer=sgd,adam")).place("luck"))
    assert math.isnan(SettingAxis.of(parse_dimension("learning-rate=log:0.01..1")).place(0))
    assert math.isnan(SettingAxis.of(parse_dimension("dropout=0..0.5")).place("x"))


# ---- growing


def test_results_come_bit_by_bit_and_each_counts_once() -> None:
    table = a_table("learning-rate=0.05,0.2")
    assert table.add_trials(0, [{"learning_rate": 0.05}])
    table.add_runs([a_run(0, 1, 0.4), a_run(0, 2, 0.2)])
    assert table.add_trials(0, [{"learning_rate": 0.05}, {"learning_rate": 0.2}]), "the first was reported before"
    assert not table.add_trials(3, [{"learning_rate": 0.3}]), "one is missing"
    table.add_runs([a_run(0, 2, 0.9), a_run(0, 3, 0.3), a_run(1, 1, 0.1), a_run(7, 1, 0.1)])
    assert table.trials_of_runs.tolist() == [0, 0, 0, 1]
    assert table.values.tolist() == [0.4, 0.2, 0.3, 0.1]
    assert table.medians.tolist() == [0.3, 0.1]
    assert table.places(0).tolist() == [0.0, 1.0]
    assert table.results.chosen == table.results.trials[0], "the other has not all its seeds"


def test_settings_are_judged_by_trials_or_by_runs_if_only_one_varies() -> None:
    runs = [a_run(0, 1, 0.4), a_run(0, 2, 0.2), a_run(1, 1, 0.1, PRUNED), a_run(1, 2, 0.3, STOPPED)]
    table = a_table("learning-rate=0.05,0.2", seeds=(1, 2))
    table.add_trials(0, [{"learning_rate": 0.05}, {"learning_rate": 0.2}])
    table.add_runs(runs)
    assert [each.tolist() for each in table.scores] == [[0, 0, 1], [0.4, 0.2, math.inf]]
    table = a_table("learning-rate=0.05,0.2", "hidden=16,32", seeds=(1, 2))
    table.add_trials(0, [{"learning_rate": 0.05, "hidden": (16,)}, {"learning_rate": 0.2, "hidden": (16,)}])
    assert [each.tolist() for each in table.scores] == [[], []]
    table.add_runs(runs)
    assert [each.tolist() for each in table.scores] == [[0, 1], [pytest.approx(0.3), math.inf]]


def test_a_run_that_was_stopped_is_taken_again_when_it_was_done() -> None:
    table = a_table("learning-rate=0.05,0.2", seeds=(1,))
    table.add_trials(0, [{"learning_rate": 0.05}])
    table.add_runs([a_run(0, 1, 0.5, STOPPED)])
    assert np.isnan(table.medians).all()
    table.add_runs([a_run(0, 1, 0.2)])
    assert (table.statuses.tolist(), table.values.tolist(), table.medians.tolist()) == ([FINISHED], [0.2], [0.2])


def test_nothing_came_of_a_run_that_was_stopped_in_its_first_epoch() -> None:
    """Its figures are those of the untrained network."""
    table = a_table("learning-rate=0.05,0.2", seeds=(1, 2, 3))
    table.add_trials(0, [{"learning_rate": 0.05}])
    table.add_runs(
        [
            RunResult(0, seed, STOPPED, {"validation_error": 0.9}, epochs)
            for seed, epochs in ((1, 0.7), (2, 1.0), (3, 1.2))
        ]
    )
    assert [run.seed for run in table.runs] == [3], "after exactly one epoch its figures may be on their way"
    assert table.values.tolist() == [0.9]


def test_what_is_measured_shows_in_the_figures() -> None:
    table = a_table("learning-rate=0.05,0.2", seeds=(1,))
    table.add_trials(0, [{"learning_rate": 0.05}])
    assert table.results.test_figure is None
    table.add_runs([RunResult(0, 1, FINISHED, {"validation_rmse": 2.5, "test_rmse": 3.0}, 5.0, 1.0, 1)])
    assert (table.results.compared_by, table.results.test_figure) == ("validation_rmse", "test_rmse")
    assert table.values.tolist() == [2.5]


# ---- which run stands for a trial, and the best so far


def test_the_run_in_the_middle_stands_for_its_trial() -> None:
    table = a_table("learning-rate=0.05,0.2", seeds=(1, 2, 3, 4))
    table.add_trials(0, [{"learning_rate": 0.05}, {"learning_rate": 0.2}])
    assert table.run_of(0) is None
    table.add_runs([a_run(0, seed, error) for seed, error in enumerate((0.4, 0.1, 0.3, 0.2), start=1)])
    assert (table.run_of(0) or a_run(0, 9, 1)).seed == 4, "of two the better one"
    table.add_runs([a_run(1, 1, math.nan, DIVERGED), a_run(1, 2, 0.9, PRUNED)])
    assert (table.run_of(1) or a_run(0, 9, 1)).seed == 1, "where none was trained to its end, one that was kept"


def test_a_trial_lies_at_the_median_by_which_it_is_ranked() -> None:
    table = a_table("learning-rate=0.05,0.2")
    table.add_trials(0, [{"learning_rate": 0.05}, {"learning_rate": 0.2}])
    table.add_runs([a_run(0, 1, 0.1), a_run(0, 2, 0.3), a_run(0, 3, 0.9, PRUNED)])
    table.add_runs([a_run(1, 1, 0.1), a_run(1, 2, 0.9, PRUNED), a_run(1, 3, math.nan, DIVERGED)])
    assert table.medians.tolist() == pytest.approx([0.3, math.nan], nan_ok=True)


def test_the_best_so_far_falls_when_a_trial_has_all_its_seeds() -> None:
    table = a_table("learning-rate=0.05,0.2,0.3", seeds=(1, 2))
    table.add_trials(0, [{"learning_rate": rate} for rate in (0.05, 0.2, 0.3)])
    table.add_runs(
        [
            *(a_run(0, 1, 0.4), a_run(1, 1, 0.1), a_run(0, 2, 0.2)),
            *(a_run(2, 1, 0.9), a_run(1, 2, 0.2), a_run(2, 2, 0.0, PRUNED)),
        ]
    )
    counts, medians = table.best_so_far()
    assert counts.tolist() == [3, 5]
    assert medians.tolist() == pytest.approx([0.3, 0.15])
