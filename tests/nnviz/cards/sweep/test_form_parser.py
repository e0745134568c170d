"""What the form of a sweep comes to: usual values, a plan, or what is wrong at which field."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from engine.basics.optional_packages import install_advice
from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from engine.sweeps.plan import GRID, MEDIAN, NONE, RANDOM, SWEEP, Plan
from engine.sweeps.search_space import VARIABLE_SETTINGS, parse_dimension
from nnviz.cards.sweep.fields import SweepFields, VariedSetting, fields_from_dict
from nnviz.cards.sweep.form_parser import ParsedForm, fields_of_plan, parse_form, with_kind
from tests.engine.helpers import class_data

DATA = class_data()
BASE = Experiment().changed(hidden=(64, 32), batch_size=20, epochs=10, learning_rate=0.2).for_data(DATA)


def read(*rows: VariedSetting, **fields: str) -> ParsedForm:
    return parse_form(SweepFields(rows=rows, **fields), BASE, DATA)


def of_list(name: str, values: str) -> VariedSetting:
    return VariedSetting(name, "list", values)


def of_range(name: str, low: str, high: str, kind: str = "log", points: str = "5") -> VariedSetting:
    return VariedSetting(name, kind, "", low, high, points)


# ---- values that suit the experiment


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("learning_rate", of_range("learning_rate", "0.02", "2")),
        ("hidden", of_list("hidden", "32-16, 64-32, 128-64")),
        ("batch_size", of_list("batch_size", "10, 20, 40")),
        ("epochs", of_list("epochs", "5, 10, 20")),
        ("dropout", of_list("dropout", "0, 0.1, 0.2, 0.5")),
        ("drop_last", of_list("drop_last", "true, false")),
    ],
)
def test_what_was_not_typed_lies_around_the_present_value(name: str, expected: VariedSetting) -> None:
    found = read(VariedSetting(name))
    assert found.rows == (expected,)
    assert found.plan is not None


@pytest.mark.parametrize("name", VARIABLE_SETTINGS)
def test_several_values_are_proposed_for_each_setting_and_all_are_valid(name: str, few_digits: Dataset) -> None:
    base = Experiment().changed(batch_size=20, validation_share=0.1).for_data(few_digits)
    found = parse_form(SweepFields(rows=(VariedSetting(name),)), base, few_digits)
    assert not found.problems
    assert found.plan is not None
    assert len(found.plan.vary[0].grid()) > 1, f"{name} needs values in worth_trying"


def test_of_names_those_that_fit_are_usual() -> None:
    (row,) = read(VariedSetting("loss")).rows
    assert "cross-entropy" in row.values
    numbers = source_of("sine").load({})
    fit = BASE.for_data(numbers).for_task(numbers)
    (row,) = parse_form(SweepFields(rows=(VariedSetting("output"),)), fit, numbers).rows
    assert "identity" in row.values
    assert "softmax" not in row.values


@pytest.mark.parametrize("name", VARIABLE_SETTINGS)
def test_each_setting_that_may_vary_has_values_that_fit(name: str, few_digits: Dataset) -> None:
    found = parse_form(SweepFields(rows=(VariedSetting(name),)), BASE.for_data(few_digits), few_digits)
    assert not found.problems
    assert found.plan is not None


def test_distortions_begin_at_none(few_digits: Dataset) -> None:
    (row,) = parse_form(SweepFields(rows=(VariedSetting("rotation"),)), BASE.for_data(few_digits), few_digits).rows
    assert row == of_list("rotation", "0, 8, 16")
    assert "must be 0 for data without images" in read(VariedSetting("rotation")).problems["rotation.values"]


def test_until_something_is_typed_the_values_follow_the_experiment() -> None:
    fields = SweepFields(rows=(VariedSetting("learning_rate"), of_list("hidden", "5")))
    rows = parse_form(fields, BASE.changed(learning_rate=0.5, hidden=(8,)), DATA).rows
    assert rows == (of_range("learning_rate", "0.05", "5"), of_list("hidden", "5"))


@pytest.mark.parametrize(
    ("row", "kind", "expected"),
    [
        (of_range("learning_rate", "0.1", "1"), "list", of_list("learning_rate", "0.1, 1")),
        (of_list("learning_rate", "0.05, 0.2, 0.1"), "log", of_range("learning_rate", "0.05", "0.2")),
        (of_range("learning_rate", "0.1", "x"), "linear", of_range("learning_rate", "0.1", "x", "linear")),
        (of_list("dropout", "0, 0.5"), "log", of_range("dropout", "1e-05", "0.01")),
        (of_list("hidden", "32, 64-32"), "linear", of_range("hidden", "32", "128", "linear")),
    ],
)
def test_another_kind_keeps_the_values_where_it_can(row: VariedSetting, kind: str, expected: VariedSetting) -> None:
    assert with_kind(row, kind, BASE, DATA) == expected


# ---- the plan


def test_the_fields_make_a_plan() -> None:
    rows = of_range("learning_rate", "0.01", "1"), of_list("hidden", "16, 32-16")
    plan = read(*rows, seeds="2", runs="40", minutes="2,5").plan
    assert plan is not None
    assert [each.name for each in plan.vary] == ["learning_rate", "hidden"]
    assert plan.vary[1].values == ((16,), (32, 16))
    assert (plan.seeds, plan.runs, plan.minutes, plan.sampler, plan.prune) == ((1, 2), 40, 2.5, RANDOM, MEDIAN)
    assert plan.base == BASE


def test_lists_alone_are_tried_on_a_grid_unless_another_is_chosen() -> None:
    row = of_list("learning_rate", "0.05, 0.2")
    found = read(row, seeds="5")
    assert (found.sampler, found.rule) == (GRID, NONE)
    assert found.plan is not None
    assert found.plan.most_runs == 10
    assert read(row, sampler=RANDOM).rule == MEDIAN
    assert read(row, sampler=RANDOM, rule=NONE).plan.prune == NONE  # type: ignore[union-attr]


def test_what_is_usual_stays_while_a_value_is_wrong() -> None:
    right, wrong = (read(of_range("learning_rate", low, "1"), runs="40") for low in ("0.01", "abc"))
    assert wrong.plan is None
    assert (wrong.sampler, wrong.rule) == (right.sampler, right.rule) == (RANDOM, MEDIAN)


# ---- what is wrong


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        (of_range("learning_rate", "x", "1"), "learning_rate.low", "Learning rate, from is 'x': it must be a number"),
        (of_range("learning_rate", "0.1", ""), "learning_rate.high", "it must be a number"),
        (of_range("learning_rate", "1", "0.1"), "learning_rate.high", "must go from a number to a larger one"),
        (of_range("learning_rate", "0", "1"), "learning_rate.low", "must begin above 0"),
        (of_range("learning_rate", "-1", "1", "linear"), "learning_rate.low", "must be a finite number above 0"),
        (of_range("dropout", "0", "3", "linear"), "dropout.high", "must be a number from 0 to 0.95"),
        (of_range("learning_rate", "0.1", "1", points="1"), "learning_rate.points", "at least 2"),
        (of_range("learning_rate", "0.1", "1", points="2.5"), "learning_rate.points", "whole number"),
        (of_range("batch_size", "1.5", "20"), "batch_size.high", "must have whole numbers as ends"),
        (of_range("batch_size", "10", "5000"), "batch_size.high", "must be at most the"),
        (of_list("learning_rate", "0.1, x"), "learning_rate.values", "Learning rate is 'x': it must be a number"),
        (of_list("learning_rate", ""), "learning_rate.values", "must have a value between its commas"),
        (of_list("learning_rate", "0, 0.1"), "learning_rate.values", "must be a finite number above 0"),
        (of_list("hidden", "32, x"), "hidden.values", "must be whole numbers"),
        (of_list("hidden", "32, 0"), "hidden.values", "at least 1 neuron"),
        (of_list("optimizer", "luck"), "optimizer.values", "must be the name of a known optimizer"),
        (of_list("output", "identity"), "output.values", "loss"),
    ],
)
def test_a_wrong_value_is_reported_at_its_field(row: VariedSetting, field: str, words: str) -> None:
    found = read(of_list("epochs", "1, 2"), row)
    assert list(found.problems) == [field]
    assert words in found.problems[field]
    assert found.plan is None
    assert found.rows[1] == row, "what was typed stays"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"runs": "x"}, "runs", "Runs is 'x': it must be a whole number"),
        ({"runs": "0"}, "runs", "at least 1"),
        ({"runs": "2", "seeds": "3"}, "runs", "must be at least 3, the number of seeds"),
        ({"minutes": "soon"}, "minutes", "must be a number"),
        ({"minutes": "-1"}, "minutes", "finite number above 0"),
        ({"seeds": "0"}, "seeds", "at least 1"),
        ({"seeds": "many"}, "seeds", "whole number"),
        ({"seeds": "5000"}, "seeds", "at most 1\u202f000"),
    ],
)
def test_so_are_wrong_budgets_and_seeds(fields: dict[str, str], field: str, words: str) -> None:
    found = read(VariedSetting("learning_rate"), **fields)
    assert list(found.problems) == [field]
    assert words in found.problems[field]
    assert found.plan is None


def test_tpe_without_optuna_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert install_advice("sweep") in read(VariedSetting("learning_rate"), sampler="tpe").problems["sampler"]


def test_nothing_varies() -> None:
    found = read()
    assert list(found.problems) == ["vary"]
    assert found.plan is None


# ---- what is remembered


def test_fields_come_back_as_they_were() -> None:
    fields = SweepFields((of_range("learning_rate", "x", "1"), of_list("hidden", "5")), "grid", "none", "7", "1", "2")
    assert fields_from_dict(fields.as_dict() | {"rows": [vars(row) for row in fields.rows]}) == fields


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"rows": 3}, {"rows": [3]}, {"rows": [{"kind": "list"}]}, {"rows": [], "seeds": 3}],
)
def test_what_is_damaged_is_not_taken(document: Any) -> None:
    assert fields_from_dict(document) is None


def test_an_unknown_setting_is_left_out() -> None:
    found = read(VariedSetting("beauty"), VariedSetting("learning_rate"))
    assert [row.name for row in found.rows] == ["learning_rate"]
    assert found.plan is not None


# ---- and back


def test_the_fields_for_a_plan_come_to_that_plan() -> None:
    typed = "learning-rate=log:0.0125..1", "dropout=0..0.5/7", "hidden=8,64-32", "optimizer=sgd,adam"
    how: dict[str, Any] = {"sampler": RANDOM, "prune": MEDIAN, "runs": 1_000_000, "minutes": 2.5}
    plan = Plan(SWEEP, (BASE,), (1, 2, 3, 4), tuple(map(parse_dimension, typed)), **how)
    assert parse_form(fields_of_plan(plan), BASE, DATA).plan == plan
