"""The declaration of a setting: its rule, what switches it off, and the data that it exists for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from engine.basics.errors import SettingError
from engine.experiment import DECLARED, Experiment
from engine.training.setting import CLASSES, Choice, LayerShares, Number, PositiveNumber, WholeNumber
from engine.training.settings import TRAINING_SETTINGS
from tests.engine.helpers import class_data, prices, refused


@pytest.mark.parametrize("name", [name for name in DECLARED if isinstance(DECLARED[name].rule, Number)])
def test_a_range_includes_its_ends_and_a_value_beyond_is_refused_with_an_example(name: str) -> None:
    rule: Any = DECLARED[name].rule
    is_open, is_whole = isinstance(rule, PositiveNumber), isinstance(rule, WholeNumber)
    inside = [float(rule.example), rule.most, *([] if is_open else [rule.least])]
    for value in filter(math.isfinite, inside):
        assert Experiment().changed(**{name: value}).value(name) == value
    outside = [rule.least - 1, math.nan, "much", *([0] if is_open else []), *([rule.least + 0.5] if is_whole else [])]
    for value in [*outside, *([rule.most * 1.1] if math.isfinite(rule.most) else [])]:
        with pytest.raises(SettingError) as raised:
            Experiment().changed(**{name: value})
        assert raised.value.parameter == name
        if name != "learning_rate":  # its example is the optimizer's default
            assert rule.example in raised.value.remedy


@pytest.mark.parametrize("name", [name for name in DECLARED if isinstance(DECLARED[name].rule, Choice)])
def test_a_choice_is_refused_with_all_of_them(name: str) -> None:
    rule: Any = DECLARED[name].rule
    with pytest.raises(SettingError, match=", ".join(rule.registry)):
        Experiment().changed(**{name: "other"})


def test_it_is_on_if_a_value_of_a_layer_is() -> None:
    dropout = TRAINING_SETTINGS["dropout"]
    assert [dropout.is_on(value) for value in (0.0, (0.0, 0.0), 0.1, (0.0, 0.1))] == [False, False, True, True]
    assert not TRAINING_SETTINGS["momentum"].is_on(0.9), "nothing switches it off"


def test_what_does_not_exist_for_the_data_is_off_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, classes = prices(), class_data()
    only = replace(TRAINING_SETTINGS["dropout"], exists_for=CLASSES)
    for table in (TRAINING_SETTINGS, DECLARED):
        monkeypatch.setitem(table, "dropout", only)
    chosen = Experiment().changed(dropout=0.3, batch_size=1, epochs=1)
    fit = chosen.for_data(numbers).for_task(numbers)
    assert fit.training.dropout == 0
    fit.check_against(numbers)
    with refused(SettingError, "dropout", "0.3"):
        fit.changed(dropout=0.3).check_against(numbers)
    kept = chosen.for_data(classes).for_task(classes)
    assert kept.training.dropout == 0.3
    kept.check_against(classes)


def test_distortions_of_what_are_no_images_are_refused() -> None:
    numbers = prices()
    fit = Experiment().changed(batch_size=1).for_data(numbers).for_task(numbers)
    fit.changed(elastic_sigma=5).check_against(numbers)  # nothing without a distortion
    for name in ("shift", "noise"):
        with pytest.raises(SettingError, match=rf"^{name} is 1: it must be 0 for data without images, such as "):
            fit.changed(**{name: 1}).check_against(numbers)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.5", 0.5),
        ("0,5", 0.5),
        (" 0 ", 0),
        ("0.1, 0.5, 0.5", (0.1, 0.5, 0.5)),
        ("0.1,0.5,0.5", (0.1, 0.5, 0.5)),
        ("0.1 0.5", (0.1, 0.5)),
        ("0,1; 0,5", (0.1, 0.5)),
        ("0,1 0,5", (0.1, 0.5)),
        ("0, 0.5", (0, 0.5)),
        ("0, 0, 0", (0, 0, 0)),
    ],
)
def test_one_share_or_several(typed: str, value: object) -> None:
    assert LayerShares("0.5", 0, 0.95).parse("dropout", typed, "0.5") == value


@pytest.mark.parametrize("typed", ["", "x", "0.1, x", "a lot"])
def test_no_share(typed: str) -> None:
    with pytest.raises(SettingError):
        LayerShares("0.5", 0, 0.95).parse("dropout", typed, "0.5")
