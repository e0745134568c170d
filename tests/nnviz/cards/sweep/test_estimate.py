"""How long a sweep takes, by the runs of the library."""

from __future__ import annotations

from typing import Any

import pytest

from engine.experiment import Experiment
from engine.sweeps.plan import SWEEP, Plan
from engine.sweeps.search_space import parse_dimension
from nnviz.cards.sweep.estimate import format_estimate, mean_seconds, run_seconds
from nnviz.library.run_durations import RunDuration
from tests.engine.helpers import class_data

DATA = class_data()  # 60 examples to learn from
BASE = Experiment().changed(hidden=(5,), batch_size=10, epochs=10).for_data(DATA)


def took(seconds: float, shape: tuple[int, ...] = (4, 5, 3), fingerprint: str = DATA.fingerprint) -> RunDuration:
    return RunDuration(fingerprint, shape, 10, 6, seconds)


def a_plan(*typed: str, **more: Any) -> Plan:
    return Plan(SWEEP, (BASE,), vary=tuple(map(parse_dimension, typed)), **{"runs": 40, "seeds": (1, 2), **more})


def test_runs_with_the_same_data_layers_and_batches_say_it() -> None:
    reported = run_seconds(BASE, DATA, [took(1.0), took(3.0), took(2.0), took(50.0, (4, 6, 3))])
    assert reported is not None
    seconds, is_like = reported
    assert is_like
    assert 20 < seconds < 50, "ten epochs of two seconds, and what measuring takes"


def test_else_it_is_scaled_by_parameters_and_examples_from_those_of_like_size() -> None:
    double = (4, 11, 3)  # 91 parameters, 2.1 times as many as 4-5-3
    reported = run_seconds(BASE, DATA, [took(2.0, double, "others"), took(1000.0, (784, 64, 10), "others")])
    same = run_seconds(BASE, DATA, [took(2.0 * 43 / 91)])
    assert reported is not None
    assert same is not None
    assert reported[0] == pytest.approx(same[0])
    assert not reported[1]


def test_where_there_is_none_of_like_size_it_is_not_known() -> None:
    assert run_seconds(BASE, DATA, []) is None
    assert run_seconds(BASE, DATA, [took(1000.0, (784, 64, 10), "others")]) is None
    words = format_estimate(a_plan("learning-rate=0.1,0.2"), None, 1)
    assert words.startswith("4 runs of 10 epochs with 1 process. The duration is unknown")
    words = format_estimate(a_plan("dropout=0..0.5", runs=None, minutes=10), None, 2)
    assert words.startswith("As many runs of 10 epochs as fit in at most 10 min with 2 processes.")


def test_it_tells_runs_and_time() -> None:
    plan = a_plan("learning-rate=log:0.01..1", sampler="random")
    assert format_estimate(plan, (9.0, True), 1).startswith(
        "40 runs of 10 epochs, about 6 min with 1 process. One run takes about 9 s"
    )
    assert ", about 3 min with 2 processes" in format_estimate(plan, (9.0, True), 2)
    assert "similar size" in format_estimate(plan, (9.0, False), 1)
    pruned = format_estimate(a_plan("learning-rate=log:0.01..1", prune="median"), (9.0, True), 1)
    assert "less what pruning saves" in pruned


def test_a_budget_in_minutes_tells_how_many_runs_find_time() -> None:
    plan = a_plan("learning-rate=log:0.01..1", runs=None, minutes=10)
    assert format_estimate(plan, (9.0, True), 1).startswith("About 67 runs of 10 epochs in 10 min with 1 process.")
    both = a_plan("learning-rate=log:0.01..1", minutes=1)
    assert format_estimate(both, (9.0, True), 1).startswith(
        "40 runs of 10 epochs, or as many as finish in 60 s with 1 process."
    )


def test_trials_of_several_sizes_take_their_mean() -> None:
    known = [took(1.0, (4, 5, 3)), took(3.0, (4, 20, 3))]
    alone = [run_seconds(BASE.changed(hidden=(size,)), DATA, known) for size in (5, 20)]
    reported = mean_seconds(a_plan("hidden=5,20", sampler="grid", runs=None), DATA, known)
    assert reported is not None
    assert alone[0] is not None
    assert alone[1] is not None
    assert alone[0][0] < reported[0] < alone[1][0]
    assert reported[1]
