"""Rules that stop hopeless runs: each worked out by hand, with what a rule knows about runs that were there before."""

from __future__ import annotations

import binascii
import math
import re
import sys

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.basics.optional_packages import install_advice
from engine.sweeps.plan import ASHA, HYPERBAND, MEDIAN, NONE, SWEEP, Plan, plan_race, plan_seeds
from engine.sweeps.pruning import LEAST_FINISHED, MedianRule, OptunaRule, PruningRule, make_rule
from engine.sweeps.results import DIVERGED, FINISHED, PRUNED, STOPPED
from engine.sweeps.search_space import parse_dimension
from tests.nnviz.library.helpers import an_experiment


def a_sweep(prune: str, epochs: int = 20, *typed: str) -> Plan:
    vary = tuple(map(parse_dimension, typed or ("learning-rate=0.01..1",)))
    return Plan(SWEEP, (an_experiment(epochs=epochs),), vary=vary, prune=prune)


def optuna_rule(prune: str, epochs: int = 20, *typed: str) -> OptunaRule:
    pytest.importorskip("optuna")
    rule = make_rule(a_sweep(prune, epochs, *typed))
    assert isinstance(rule, OptunaRule)
    return rule


# ---- the median rule


def test_the_median_rule_stops_what_is_worse_than_half_of_the_finished() -> None:
    rule, run = MedianRule(), (9, 1)
    hopeless = {0: 0.9, 1: 0.8, 2: 0.7}
    for number in range(LEAST_FINISHED):
        assert not rule.should_prune(run, hopeless), "not before enough have finished"
        rule.end_run((number, 1), {0: 0.9, 1: 0.5, 2: 0.1 + number / 10}, FINISHED)
    assert rule.should_prune(run, hopeless)
    assert not rule.should_prune(run, {0: 0.9, 1: 0.8, 2: 0.3}), "as good as the median, 0.3"
    assert not rule.should_prune(run, {0: 0.9, 1: 0.2, 2: 0.7}), "it was good enough before"
    assert not rule.should_prune(run, {0: 5.0}), "the untrained network says nothing"
    assert not rule.should_prune(run, {0: 0.9, 9: 0.8}), "none of the finished was trained so long"
    assert not rule.should_prune(run, {})


def test_the_median_rule_knows_finished_runs_only() -> None:
    rule = MedianRule()
    for number in range(LEAST_FINISHED):
        rule.end_run((number, 1), {0: 0.9, 1: 0.1}, (PRUNED, STOPPED, DIVERGED)[number % 3])
    assert not rule.should_prune((9, 1), {0: 0.9, 1: 0.8})


def test_it_is_the_rule_of_optunas_median_pruner() -> None:
    """Which therefore is no choice of its own: both agree about 300 runs with curves at random."""
    optuna = pytest.importorskip("optuna")
    pruner = optuna.pruners.MedianPruner(n_startup_trials=LEAST_FINISHED, n_min_trials=LEAST_FINISHED)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), pruner=pruner)
    rule, rng, hopeless = MedianRule(), np.random.default_rng(3), 0
    for number in range(300):
        trial, values, is_stopped = study.ask(), {0: 0.9}, False
        for epoch in range(1, 5):
            values[epoch] = float(rng.random())
            trial.report(values[epoch], epoch)
            is_stopped = trial.should_prune()
            assert rule.should_prune((number, 1), values) == is_stopped
            if is_stopped:
                break
        hopeless += is_stopped
        state = optuna.trial.TrialState.PRUNED if is_stopped else optuna.trial.TrialState.COMPLETE
        study.tell(trial, None if is_stopped else values[4], state=state)
        rule.end_run((number, 1), values, PRUNED if is_stopped else FINISHED)
    assert 10 < hopeless < 290


# ---- asha


def test_asha_lets_the_best_of_every_four_go_on_from_epoch_1_4_and_16() -> None:
    """Of fewer than four that came so far only the best goes on; of eight the best two."""
    rule = optuna_rule(ASHA)
    errors = [0.5, 0.4, 0.6, 0.45, 0.3, 0.35, 0.7, 0.38]
    #   best:   yes  yes   no   no   yes   no   no   no (of four 1 goes on; 0.38 is the third of eight)
    hopeless = [rule.should_prune((trial, 1), {0: 0.9, 1: error}) for trial, error in enumerate(errors)]
    assert hopeless == [False, False, True, True, False, True, True, True]
    assert not rule.should_prune((8, 1), {0: 0.9, 1: 0.34}), "the second of nine"
    for trial in (0, 1):
        assert not rule.should_prune((trial, 1), {0: 0.9, 1: errors[trial], 2: 0.9, 3: 0.9}), "it looks at 1, 4, 16"
    assert not rule.should_prune((0, 1), {0: 0.9, 1: 0.5, 2: 0.9, 3: 0.9, 4: 0.2})
    assert rule.should_prune((1, 1), {0: 0.9, 1: 0.4, 2: 0.9, 3: 0.9, 4: 0.25}), "0.2 came to epoch 4 before"


def test_asha_is_notified_each_epoch_once_in_order() -> None:
    """A report brings several: at epoch 1 its value of then is looked at, not the last one."""
    rule = optuna_rule(ASHA)
    assert not rule.should_prune((0, 1), {0: 0.9, 1: 0.5, 2: 0.1, 3: 0.1})
    assert rule.should_prune((1, 1), {0: 0.9, 1: 0.6, 2: 0.1, 3: 0.1})


@pytest.mark.parametrize("status", [FINISHED, PRUNED, DIVERGED, STOPPED])
def test_asha_knows_the_runs_that_were_there_before(status: str) -> None:
    rule = optuna_rule(ASHA)
    rule.end_run((0, 1), {0: 0.9, 1: 0.5}, status)
    assert rule.should_prune((1, 1), {0: 0.9, 1: 0.6})


def test_a_run_that_went_on_though_it_was_hopeless_competes_with_all_it_reached() -> None:
    rule = optuna_rule(ASHA)
    assert not rule.should_prune((0, 1), {1: 0.5})
    assert rule.should_prune((1, 1), {1: 0.6})
    rule.end_run((1, 1), {1: 0.6, 2: 0.1, 3: 0.1, 4: 0.1}, FINISHED)
    assert rule.should_prune((0, 1), {1: 0.5, 2: 0.2, 3: 0.2, 4: 0.2})


def test_one_that_begins_again_is_another_trial() -> None:
    rule = optuna_rule(ASHA)
    assert not rule.should_prune((0, 1), {1: 0.5})
    rule.begin_run((0, 1))
    assert not rule.should_prune((0, 1), {1: 0.5}), "as good as itself"
    rule.end_run((0, 1), {}, FINISHED)


def test_in_a_long_run_the_epochs_that_are_reported_count() -> None:
    """Of 100,000 epochs every 64th is reported: the first one stands for epochs 1, 4 and 16 too."""
    rule = optuna_rule(ASHA, 100_000)
    assert not rule.should_prune((0, 1), {0: 0.9, 64: 0.3})
    assert rule.should_prune((1, 1), {0: 0.9, 64: 0.4})


# ---- hyperband


def bracket(rule: OptunaRule, number: int, budgets: list[int]) -> int:
    """In which bracket the run of that number is: by a checksum, in proportion to the brackets' budgets."""
    at = binascii.crc32(f"{rule.bracket_name}_{number}".encode()) % sum(budgets)
    return next(place for place in range(len(budgets)) if at < sum(budgets[: place + 1]))


def test_hyperband_looks_later_in_each_bracket() -> None:
    """Of 9 epochs there are 3 brackets, whose runs are looked at from epoch 1, 3 and 9 on; of budgets 9, 5 and 3."""
    rule, budgets = optuna_rule(HYPERBAND, 9), [math.ceil(3 * 3**2 / 3), math.ceil(3 * 3 / 2), 3]
    seen: dict[int, list[float]] = {0: [], 1: [], 2: []}
    rng = np.random.default_rng(1)
    for number in range(60):
        place, error = bracket(rule, number, budgets), float(rng.random())
        for epoch in range(1, 3**place):
            assert not rule.should_prune((number, 1), dict.fromkeys(range(1, epoch + 1), error)), "it is too early"
        before = [*seen[place], error]
        seen[place] = before
        best = sorted(before)[max(len(before) // 3 - 1, 0)]
        found = rule.should_prune((number, 1), dict.fromkeys(range(1, 3**place + 1), error))
        assert found == (error > best), "one of every three in its bracket goes on"
    assert min(map(len, seen.values())) > 3, "there are some in each bracket"


@pytest.mark.parametrize(("typed", "most"), [("epochs=3,27", 27), ("epochs=2..9", 9), ("dropout=0..0.5", 20)])
def test_hyperband_has_as_many_brackets_as_the_longest_run_needs(typed: str, most: int) -> None:
    rule = optuna_rule(HYPERBAND, 20, typed)
    last = math.floor(math.log(most, 3) + 1e-9)
    budgets = [math.ceil((last + 1) * 3 ** (last - place) / (last - place + 1)) for place in range(last + 1)]
    numbers = [number for number in range(200) if bracket(rule, number, budgets) == last]
    assert numbers
    for number in range(numbers[0] + 1):
        error = 0.5 + number / 1000
        values = dict.fromkeys(range(1, 3**last), error)
        found = rule.should_prune((number, 1), values)
    assert not found, "in the last bracket nothing is stopped before its epoch"


# ---- which there are


def test_a_plan_names_its_rule() -> None:
    assert isinstance(make_rule(a_sweep(MEDIAN)), MedianRule)
    assert make_rule(a_sweep(NONE)) is None


def test_where_nothing_is_compared_nothing_is_stopped() -> None:
    """Seeds alone are reported by their test error, which no rule may see."""
    plan = plan_seeds(an_experiment(), 3)
    object.__setattr__(plan, "prune", MEDIAN)
    assert make_rule(plan) is None
    race = plan_race([an_experiment(), an_experiment(hidden=(9,))], 2)
    object.__setattr__(race, "prune", MEDIAN)
    assert isinstance(make_rule(race), PruningRule)


@pytest.mark.parametrize("prune", [ASHA, HYPERBAND])
def test_without_optuna_it_says_how_to_get_it(prune: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SettingError, match="prune.*" + re.escape(f"{install_advice('sweep')}, or use median")):
        make_rule(a_sweep(prune))


@pytest.mark.parametrize("prune", [ASHA, HYPERBAND])
def test_it_is_kept_with_the_plan(prune: str) -> None:
    assert Plan.from_dict(a_sweep(prune).as_dict()).prune == prune
