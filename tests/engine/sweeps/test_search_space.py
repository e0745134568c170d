"""What varies: how it is typed, drawn, put on a grid and put into an experiment."""

from __future__ import annotations

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.experiment import Experiment
from engine.sweeps.search_space import (
    LOG,
    VARIABLE_SETTINGS,
    Dimension,
    choices_of,
    format_values,
    is_numeric,
    is_whole,
    make_range,
    option_name,
    parse_dimension,
    parse_list,
    with_values,
)
from tests.engine.helpers import refused


@pytest.mark.parametrize(
    ("typed", "grid"),
    [
        ("learning-rate=0.1,0.2,0.1", (0.1, 0.2)),
        ("hidden=32,64-16", ((32,), (64, 16))),
        ("hidden=none, 32", ((), (32,))),
        ("optimizer=adam,sgd", ("adam", "sgd")),
        ("batch-size=10,20", (10, 20)),
        ("drop-last=true,false", (True, False)),
        ("dropout=0..0.4", (0.0, 0.1, 0.2, 0.3, 0.4)),
        ("learning-rate=log:0.01..1/3", (0.01, 0.1, 1.0)),
        ("batch-size=1..3", (1, 2, 3)),
        ("held-out=0.1", None),
    ],
)
def test_what_is_typed_becomes_values(typed: str, grid: tuple | None) -> None:
    if grid is None:
        with pytest.raises(SettingError):
            parse_dimension(typed)
        return
    found = parse_dimension(typed)
    assert found.grid() == grid
    assert Dimension.from_dict(found.as_dict()) == found


def test_the_name_of_an_option_is_that_of_its_setting() -> None:
    assert parse_dimension("image-noise=0,0.1") == parse_dimension("noise=0,0.1")


@pytest.mark.parametrize(
    ("typed", "parameter", "value", "way_out"),
    [
        ("learning-rate", "--vary", "learning-rate", "For example"),
        ("learning-rate=", "--vary", "learning-rate=", "For example"),
        ("beauty=1,2", "vary", "beauty", "learning-rate"),
        ("seed=1,2", "vary", "seed", "--seeds"),
        ("validation-share=0,0.1", "vary", "validation-share", "--validation-share"),
        ("shape=2,3", "vary", "shape", "hidden"),
        ("learning-rate=a,b", "learning-rate", "a", "For example"),
        ("learning-rate=0.1,,0.2", "learning-rate", "empty", "For example"),
        ("learning-rate=1..0.1", "learning-rate", "1..0.1", "For example"),
        ("learning-rate=nan..1", "learning-rate", "nan..1", "For example"),
        ("learning-rate=0..inf", "learning-rate", "0..inf", "For example"),
        ("dropout=log:0..0.5", "dropout", "0..0.5", "0.0001"),
        ("dropout=log:0.1", "dropout", "0.1", "For example"),
        ("dropout=0..0.5/1", "dropout", "1", "Try 5"),
        ("dropout=0..0.5/x", "dropout", "0..0.5/x", "For example"),
        ("optimizer=1..3", "optimizer", "1..3", "a,b,c"),
        ("batch-size=1..2.5", "batch-size", "1..2.5", "16..256"),
        ("hidden=8,x", "hidden", "x", "64-32"),
        ("hidden=32x16", "hidden", "32x16", "64-32"),
        ("drop-last=maybe", "drop-last", "maybe", "true,false"),
    ],
)
def test_what_makes_no_sense_is_refused(typed: str, parameter: str, value: str, way_out: str) -> None:
    with refused(SettingError, parameter, value):
        parse_dimension(typed)
    with pytest.raises(SettingError, match=r".") as caught:
        parse_dimension(typed)
    assert way_out in caught.value.remedy


def test_the_names_that_are_offered_can_all_be_varied() -> None:
    with pytest.raises(SettingError) as caught:
        parse_dimension("beauty=1")
    offered = caught.value.remedy.removeprefix("Choose from: ").removesuffix(".").split(", ")
    assert offered == [option_name(name) for name in VARIABLE_SETTINGS]
    assert "image-noise" in offered
    for name in VARIABLE_SETTINGS:
        Dimension(name, values=(1,))


def test_each_setting_is_a_number_or_has_choices_that_can_be_tried() -> None:
    for name in VARIABLE_SETTINGS:
        assert is_numeric(name) != bool(choices_of(name))
        for choice in choices_of(name):
            with_values(Experiment(), {name: parse_list(name, choice).values[0]}) if name not in (
                "loss",
                "output",
            ) else None
    assert choices_of("optimizer")["adamw"] == "AdamW"
    assert "softmax" not in choices_of("activation")
    assert is_whole("hidden")
    assert not is_whole("learning_rate")


def test_decimal_commas_are_distinguished_from_commas_between_values() -> None:
    assert parse_list("learning_rate", "0,1; 0,2").values == (0.1, 0.2)
    assert parse_list("learning_rate", "0.1, 0.2").values == (0.1, 0.2)


def test_a_range_is_made_of_numbers_too() -> None:
    assert make_range("learning_rate", 0.01, 1.0, LOG, 3) == parse_dimension("learning-rate=log:0.01..1/3")
    with refused(SettingError, "batch-size", "1..2.5"):
        make_range("batch_size", 1.0, 2.5)
    with refused(SettingError, "optimizer", "1..2"):
        make_range("optimizer", 1.0, 2.0)
    with refused(SettingError, "batch-size", "1..inf"):
        make_range("batch_size", 1.0, float("inf"))


def test_draws_stay_within_the_ends_and_follow_the_range() -> None:
    rng = np.random.default_rng(1)
    rates = np.array([parse_dimension("learning-rate=log:0.001..1").draw(rng) for _ in range(3000)])
    assert rates.min() >= 0.001
    assert rates.max() <= 1
    assert abs(np.mean(rates < 0.0316) - 0.5) < 0.05, "half of them lie below the geometric mean"
    sizes = {parse_dimension("hidden=3..5").draw(rng) for _ in range(100)}
    assert sizes == {3, 4, 5}


def test_values_become_an_experiment() -> None:
    made = with_values(Experiment(), {"hidden": (20, 10, 5), "activation": "tanh", "learning_rate": 0.5, "shift": 2})
    assert made.shape == (784, 20, 10, 5, 10)
    assert made.activations == ("tanh", "tanh", "tanh", "softmax")
    assert (made.training.learning_rate, made.training.augmentation.shift) == (0.5, 2)
    assert with_values(Experiment(), {"hidden": 7}).hidden == (7,)
    with refused(SettingError, "activation", "softmax"):
        with_values(Experiment(), {"activation": "softmax"})


def test_values_are_reported_as_they_are_typed() -> None:
    values = {"learning_rate": 0.05, "hidden": (64, 32), "optimizer": "adam", "drop_last": True}
    assert format_values(values) == "learning rate 0.05, hidden 64-32, optimizer adam, drop last true"
