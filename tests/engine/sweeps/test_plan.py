"""Plans and samplers: which trials there are, each once, also after an interruption."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from engine.basics.errors import SettingError
from engine.basics.optional_packages import install_advice
from engine.sweeps.plan import (
    DEFAULT_TRIALS,
    GRID,
    MEDIAN,
    NONE,
    RACE,
    RANDOM,
    SEEDS,
    SWEEP,
    TPE,
    Plan,
    default_pruning,
    default_sampler,
    plan_race,
    plan_seeds,
)
from engine.sweeps.samplers import Values, check_sampler_installed, make_sampler
from engine.sweeps.search_space import LINEAR, LIST, parse_dimension
from tests.engine.helpers import class_data, refused
from tests.nnviz.library.helpers import an_experiment

DATA = class_data()
BASE = an_experiment(DATA)


def a_sweep(*typed: str, **more: Any) -> Plan:
    return Plan(**{"kind": SWEEP, "experiments": (BASE,), "vary": tuple(map(parse_dimension, typed)), **more})


def all_of(plan: Plan, known: list[Values] | None = None) -> list[Values]:
    sampler, found = make_sampler(plan, known or []), []
    while (values := sampler.next()) is not None:
        found.append(values)
    return found


@pytest.mark.parametrize(
    "plan",
    [
        plan_seeds(BASE, 3),
        plan_race([BASE, BASE.changed(hidden=(9,))], 2),
        a_sweep("hidden=3,4-2", "dropout=0..0.5", seeds=(4, 5), runs=9, minutes=2.5, prune="median", sampler=TPE),
    ],
)
def test_a_plan_survives_json(plan: Plan) -> None:
    assert Plan.from_dict(json.loads(json.dumps(plan.as_dict()))) == plan


@pytest.mark.parametrize(
    ("changes", "parameter", "value"),
    [
        ({"kind": "war"}, "kind", "war"),
        ({"seeds": ()}, "seeds", "0"),
        ({"seeds": (1, 1)}, "seeds", "2"),
        ({"seeds": (-1,)}, "seeds", "-1"),
        ({"runs": 0}, "runs", "0"),
        ({"runs": 2, "seeds": (1, 2, 3)}, "runs", "2"),
        ({"minutes": 0}, "minutes", "0"),
        ({"sampler": "luck"}, "sampler", "luck"),
        ({"prune": "all"}, "prune", "all"),
        ({"vary": ()}, "vary", "nothing"),
        ({"vary": (parse_dimension("hidden=1"), parse_dimension("hidden=2"))}, "vary", "hidden"),
        ({"experiments": (BASE, BASE)}, "experiments", "2"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, Any], parameter: str, value: str) -> None:
    with refused(SettingError, parameter, value):
        a_sweep(**{"vary": (parse_dimension("hidden=3,4"),), **changes})


def test_a_race_and_seeds_have_the_trials_that_were_given() -> None:
    assert (plan_seeds(BASE, 3).kind, plan_seeds(BASE, 3).seeds, plan_seeds(BASE, 3).most_runs) == (SEEDS, (1, 2, 3), 3)
    race = plan_race([BASE, BASE.changed(hidden=(9,))], 2)
    assert (race.kind, race.most_trials, race.most_runs) == (RACE, 2, 4)
    assert all_of(race) == [{}, {}]
    assert race.experiment(1, {}, 2) == BASE.changed(hidden=(9,), seed=2)


def test_a_tenth_is_held_out_only_where_trials_are_compared_and_nothing_is() -> None:
    assert a_sweep("hidden=3").with_held_out(DATA).base.training.validation_share == 0.1
    own = a_sweep("hidden=3", experiments=(BASE.changed(validation_share=0.3),))
    assert own.with_held_out(DATA) == own
    assert a_sweep("hidden=3").with_held_out(DATA.with_validation(0.2)) == a_sweep("hidden=3")
    assert plan_seeds(BASE, 3).with_held_out(DATA) == plan_seeds(BASE, 3)


def test_a_value_that_does_not_fit_the_data_is_refused_before_anything_is_trained() -> None:
    a_sweep("batch-size=1..50").check_against(DATA)
    with refused(SettingError, "batch_size", "5,000"):
        a_sweep("batch-size=1..5000").check_against(DATA)


def test_a_grid_has_all_combinations_in_order() -> None:
    plan = a_sweep("hidden=3,4", "dropout=0..0.2/2", sampler=GRID)
    wanted = [(3, 0.0), (3, 0.2), (4, 0.0), (4, 0.2)]
    assert [(each["hidden"][0], each["dropout"]) for each in all_of(plan)] == wanted
    assert plan.most_trials == 4
    assert all_of(a_sweep("hidden=3,4", "dropout=0..0.2/2", sampler=GRID, runs=3)) == all_of(plan)[:3]


@pytest.mark.parametrize("sampler", [GRID, RANDOM, TPE])
def test_no_trial_comes_twice_and_all_come(sampler: str) -> None:
    if sampler == TPE:
        pytest.importorskip("optuna")
    found = all_of(a_sweep("hidden=3,4,5", "batch-size=1..4/4", sampler=sampler, runs=100))
    assert len({repr(each) for each in found}) == len(found) == 12


def test_a_budget_that_is_not_reported_has_an_end() -> None:
    assert len(all_of(a_sweep("learning-rate=0.1..1"))) == DEFAULT_TRIALS
    assert a_sweep("learning-rate=0.1..1", minutes=1).most_trials is None
    assert a_sweep("learning-rate=0.1..1", runs=7, seeds=(1, 2)).most_trials == 3


@pytest.mark.parametrize("sampler", [GRID, RANDOM])
def test_a_sampler_goes_on_where_it_was(sampler: str) -> None:
    plan = a_sweep("learning-rate=log:0.01..1", "hidden=3,4-2", sampler=sampler, runs=9, sampler_seed=5)
    whole = all_of(plan)
    kept = json.loads(json.dumps(whole[:4]))
    assert all_of(plan, kept) == whole[4:]
    other = all_of(a_sweep("learning-rate=log:0.01..1", "hidden=3,4-2", sampler=sampler, runs=9, sampler_seed=6))
    assert (other == whole) is (sampler == GRID)


def test_tpe_learns_from_what_there_is() -> None:
    pytest.importorskip("optuna")
    plan = a_sweep("learning-rate=log:0.0001..1", "optimizer=adam,sgd", sampler=TPE, runs=60)
    sampler, tried = make_sampler(plan), []
    while (values := sampler.next()) is not None:
        tried.append(values)
        sampler.learn(sampler.count - 1, abs(values["learning_rate"] - 0.01))
    last = [each["learning_rate"] for each in tried[30:]]
    assert sum(0.003 < rate < 0.03 for rate in last) > 15, "about a quarter of them by chance"
    again = make_sampler(plan, json.loads(json.dumps(tried[:30])))
    for number, values in enumerate(tried[:30]):
        again.learn(number, abs(values["learning_rate"] - 0.01))
    more = []
    while (values := again.next()) is not None:
        more.append(values["learning_rate"])
        again.learn(again.count - 1, abs(values["learning_rate"] - 0.01))
    assert len(more) == 30
    assert sum(0.003 < rate < 0.03 for rate in more) > 15


def test_tpe_without_optuna_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SettingError, match=re.escape(install_advice("sweep"))):
        make_sampler(a_sweep("hidden=3,4", sampler=TPE))
    with pytest.raises(SettingError, match=re.escape(install_advice("sweep"))):
        check_sampler_installed(TPE)
    check_sampler_installed(RANDOM)


def test_what_is_usual_follows_from_what_varies() -> None:
    assert (default_sampler([LIST, LIST]), default_sampler([LIST, LINEAR])) == (GRID, RANDOM)
    assert (default_pruning(GRID), default_pruning(RANDOM)) == (NONE, MEDIAN)


@pytest.mark.parametrize(
    ("typed", "parameter"),
    [
        ("batch-size=10,5000", "batch_size"),
        ("hidden=8..100000000000", "shape"),
        ("learning-rate=-1..1", "learning_rate"),
    ],
)
def test_each_setting_that_varies_is_checked_by_itself(typed: str, parameter: str) -> None:
    plan = a_sweep("dropout=0..0.5", typed)
    plan.check_varied(plan.vary[0], DATA)
    with pytest.raises(SettingError) as caught:
        plan.check_varied(plan.vary[1], DATA)
    assert caught.value.parameter == parameter
