"""What can be chosen about a training: the rule of every field, and the way through a dictionary and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import SettingError, UnknownNameError
from engine.training.augmentation import DISTORTIONS, Augmentation
from engine.training.setting import Choice, Number, PositiveNumber, WholeNumber
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings
from tests.engine.helpers import BAD_RATES, refused, trainer

BAD_COUNTS = [0, -3, 2.5, math.nan, math.inf, True, "100", None, [100], 1j]
NO_NUMBERS: list[Any] = [math.nan, math.inf, -math.inf, True, "0.3", None, [0.3], {}, 1j]
RULES = {name: setting.rule for name, setting in TRAINING_SETTINGS.items()}
COUNTS = {name: int(rule.least) for name, rule in RULES.items() if isinstance(rule, WholeNumber)}
ABOVE_0 = [name for name, rule in RULES.items() if isinstance(rule, PositiveNumber)]
RANGES = {
    name: (rule.least, rule.most)
    for name, rule in RULES.items()
    if isinstance(rule, Number) and name not in (*COUNTS, *ABOVE_0)
}
NAMES = {name: rule.registry for name, rule in RULES.items() if isinstance(rule, Choice)}


def test_every_field_is_declared() -> None:
    fields = {field.name for field in dataclasses.fields(TrainingSettings)}
    assert fields - {*TRAINING_SETTINGS} == {"augmentation"}
    assert {field.name for field in dataclasses.fields(Augmentation)} == {*DISTORTIONS}


def test_defaults_are_the_ancestors() -> None:
    defaults = TrainingSettings()
    assert (defaults.batch_size, defaults.epochs, defaults.learning_rate) == (100, 20, 0.3)
    assert defaults.drop_last
    assert (defaults.optimizer, defaults.schedule) == ("sgd", "constant")
    for name in ("warmup", "l1", "weight_decay", "dropout", "max_norm", "clip_norm", "validation_share", "patience"):
        assert getattr(defaults, name) == 0
    assert not defaults.augmentation.is_active


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingSettings().epochs = 3  # type: ignore[misc]


def test_settings_become_plain_numbers() -> None:
    cleaned = TrainingSettings(
        batch_size=np.int64(8),  # type: ignore[arg-type]
        epochs=3.0,  # type: ignore[arg-type]
        learning_rate=1,
        seed=np.uint8(4),  # type: ignore[arg-type]
        momentum=np.float32(0.5),  # type: ignore[arg-type]
        dropout=[0, np.float64(0.5)],  # type: ignore[arg-type]
        patience=2.0,  # type: ignore[arg-type]
    )
    types = {name: type(getattr(cleaned, name)) for name in ("batch_size", "epochs", "learning_rate", "seed")}
    assert types == {"batch_size": int, "epochs": int, "learning_rate": float, "seed": int}
    assert (type(cleaned.momentum), type(cleaned.patience)) == (float, int)
    assert cleaned.dropout == (0.0, 0.5)
    assert isinstance(cleaned.dropout, tuple)
    assert {type(rate) for rate in cleaned.dropout} == {float}


# rules


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*COUNTS, *RANGES, *ABOVE_0])
def test_small_types_of_numpy_are_taken_without_a_warning(name: str) -> None:
    for value in (np.float16(1), np.float16(65504), np.int8(1), np.float32(3e38)):
        try:
            taken = getattr(TrainingSettings(**{name: value}), name)
        except SettingError:
            continue
        assert type(taken) in (int, float)
        assert taken == value


@pytest.mark.parametrize("name", ["batch_size", "epochs"])
def test_counts_are_refused(name: str) -> None:
    for value in BAD_COUNTS:
        with refused(SettingError, name, repr(value)):
            TrainingSettings(**{name: value})


@pytest.mark.parametrize("name", ABOVE_0)
def test_what_is_not_above_0_is_refused(name: str) -> None:
    for value in BAD_RATES:
        with refused(SettingError, name, repr(value)[:50]):
            TrainingSettings(**{name: value})


@pytest.mark.parametrize("value", [-1, 0.5, True, "1", math.nan])
def test_seeds_are_refused(value: Any) -> None:
    with refused(SettingError, "seed", repr(value)):
        TrainingSettings(seed=value)


@pytest.mark.parametrize("name", [*RANGES, *COUNTS, *ABOVE_0])
def test_what_is_no_number_is_refused(name: str) -> None:
    for value in NO_NUMBERS:
        if (name == "seed" and value is None) or (name == "dropout" and value == [0.3]):
            continue  # chance from outside; one layer
        with refused(SettingError, name, repr(value)):
            TrainingSettings(**{name: value})


@pytest.mark.parametrize("name", RANGES)
@given(value=st.floats(allow_nan=False))
@settings(max_examples=30, derandomize=True)
def test_a_number_within_its_range_is_taken_and_no_other(name: str, value: float) -> None:
    least, most = RANGES[name]
    if least <= value <= most and math.isfinite(value):
        assert getattr(TrainingSettings(**{name: value}), name) == value
        return
    with refused(SettingError, name, ""):
        TrainingSettings(**{name: value})


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_belong_to_a_range(name: str) -> None:
    least, most = RANGES[name]
    TrainingSettings(**{name: least})
    with refused(SettingError, name, ""):
        TrainingSettings(**{name: np.nextafter(least, -1)})
    if math.isfinite(most):
        TrainingSettings(**{name: most})
        with refused(SettingError, name, ""):
            TrainingSettings(**{name: np.nextafter(most, 2)})


@pytest.mark.parametrize("name", COUNTS)
@given(value=st.integers() | st.floats(allow_nan=False))
@settings(max_examples=30, derandomize=True)
def test_a_whole_number_that_is_large_enough_is_taken_and_no_other(name: str, value: float) -> None:
    most = 10**15 if name in ("batch_size", "epochs") else math.inf
    if math.isfinite(value) and value == int(value) and COUNTS[name] <= value <= most:
        taken = getattr(TrainingSettings(**{name: value}), name)
        assert type(taken) is int
        assert taken == value
        return
    with refused(SettingError, name, ""):
        TrainingSettings(**{name: value})


@pytest.mark.parametrize("name", ABOVE_0)
@given(value=st.floats(allow_nan=False))
@settings(max_examples=30, derandomize=True)
def test_a_finite_number_above_0_is_taken_and_no_other(name: str, value: float) -> None:
    if 0 < value < math.inf:
        assert getattr(TrainingSettings(**{name: value}), name) == value
        return
    with refused(SettingError, name, ""):
        TrainingSettings(**{name: value})


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("value", ["magic", "", "SGD", None, 3, ["sgd"]])
def test_an_unknown_name_is_refused(kind: str, value: Any) -> None:
    with refused(UnknownNameError, kind, repr(value)):
        TrainingSettings(**{kind: value})


@pytest.mark.parametrize("rates", [[], (), [0.5, 0.96], (0.5, -0.1), [0.5, None], ["0.5"], [[0.5]], (True, 0.5)])
def test_rates_of_layers_are_refused(rates: Any) -> None:
    with refused(SettingError, "dropout", ""):
        TrainingSettings(dropout=rates)


def test_a_seed_may_be_as_large_as_numpy_takes_it() -> None:
    assert trainer(seed=10**400).settings.seed == 10**400


def test_dropout_of_layers() -> None:
    assert TrainingSettings(dropout=0.5).dropout_of(3) == (0, 0.5, 0.5)
    assert TrainingSettings(dropout=0.5).dropout_of(1) == (0,)
    assert TrainingSettings(dropout=(0.1, 0.2, 0.3)).dropout_of(3) == (0.1, 0.2, 0.3)
    with refused(SettingError, "dropout", "0.1, 0.2"):
        TrainingSettings(dropout=(0.1, 0.2)).dropout_of(3)


def test_constants_reach_the_optimizer_and_the_schedule() -> None:
    chosen = TrainingSettings(optimizer="adam", momentum=0.5, beta2=0.75, epsilon=0.125, schedule="step", decay=0.25)
    optimizer, schedule = chosen.new_optimizer(), chosen.new_schedule()
    assert (optimizer.name, optimizer.momentum, optimizer.beta2, optimizer.epsilon) == ("adam", 0.5, 0.75, 0.125)
    assert (schedule.name, schedule.decay, schedule.decay_epochs) == ("step", 0.25, 5)


# as a dictionary

within = {name: st.floats(least, min(most, 1e6)) for name, (least, most) in RANGES.items() if name != "dropout"} | {
    name: st.floats(1e-12, 1e6) for name in ABOVE_0
}
VALID = st.fixed_dictionaries(
    {},
    optional={
        **within,
        **{name: st.sampled_from(list(registry)) for name, registry in NAMES.items()},
        "batch_size": st.integers(1, 10_000),
        "epochs": st.integers(1, 10_000),
        "patience": st.integers(0, 100),
        "seed": st.none() | st.integers(0, 2**80),
        "dropout": st.floats(0, 0.95) | st.lists(st.floats(0, 0.95), min_size=1, max_size=5).map(tuple),
        "drop_last": st.booleans(),
        "evaluate": st.booleans(),
        "augmentation": st.builds(
            Augmentation, shift=st.floats(0, 5), rotation=st.floats(0, 30), noise=st.floats(0, 1)
        ),
    },
)


@given(chosen=VALID)
@settings(max_examples=60, derandomize=True)
def test_comes_back_from_json_as_it_was(chosen: dict[str, Any]) -> None:
    made = TrainingSettings(**chosen)
    again = TrainingSettings.from_dict(json.loads(json.dumps(made.as_dict(), allow_nan=False)))
    assert again == made
    assert {name: type(value) for name, value in vars(again).items()} == {
        name: type(value) for name, value in vars(made).items()
    }


def test_what_is_missing_has_its_usual_value() -> None:
    assert TrainingSettings.from_dict({}) == TrainingSettings()
    assert TrainingSettings.from_dict({"epochs": 3}) == TrainingSettings(epochs=3)
    some = TrainingSettings.from_dict({"augmentation": {"shift": 2}})
    assert some == TrainingSettings(augmentation=Augmentation(shift=2))


def test_from_dict_leaves_the_dictionary_as_it_was() -> None:
    entries = {"dropout": [0.0, 0.5], "augmentation": {"shift": 2.0}}
    TrainingSettings.from_dict(entries)
    assert entries == {"dropout": [0.0, 0.5], "augmentation": {"shift": 2.0}}


def test_the_name_that_0_3_had_for_it_is_read() -> None:
    assert TrainingSettings.from_dict({"held_out": 0.2}) == TrainingSettings(validation_share=0.2)


@pytest.mark.parametrize("name", ["learningrate", "", "Epochs", 3, None])
def test_an_unknown_setting_is_refused(name: Any) -> None:
    with refused(SettingError, "settings", repr(name)):
        TrainingSettings.from_dict({"epochs": 3, name: 1})


def test_an_unknown_distortion_is_refused() -> None:
    with refused(SettingError, "augmentation", "'blur'"):
        TrainingSettings.from_dict({"augmentation": {"blur": 1}})


@pytest.mark.parametrize("entries", [None, [], "epochs", 3, [("epochs", 3)]])
def test_what_is_no_table_is_refused(entries: Any) -> None:
    with refused(SettingError, "settings", repr(entries)):
        TrainingSettings.from_dict(entries)
    with refused(SettingError, "augmentation", repr(entries)):
        TrainingSettings.from_dict({"augmentation": entries})


@pytest.mark.parametrize(("name", "value"), [("epochs", 0), ("learning_rate", "fast"), ("dropout", [0.5, 2])])
def test_values_from_a_dictionary_keep_their_rules(name: str, value: Any) -> None:
    with refused(SettingError, name, ""):
        TrainingSettings.from_dict({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("drop_last", "no"), ("evaluate", 1), ("augmentation", None), ("augmentation", "strong")]
)
def test_what_is_no_number_has_its_rule_too(name: str, value: Any) -> None:
    with refused(SettingError, name, str(value)):
        TrainingSettings(**{name: value})
