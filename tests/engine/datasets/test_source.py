"""All registered data: their settings are within their ranges, and images can be fewer."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from typing import Any

import numpy as np
import pytest

from engine import datasets
from engine.basics.errors import SettingError
from engine.datasets import DATASETS, Dataset, DataSetting, DataSource, Split
from engine.datasets.data_setting import SEED
from engine.datasets.dataset import one_hot
from tests.engine.helpers import refused

HERE = [name for name in DATASETS if DATASETS[name].download is None]
NUMBERS = [(name, each) for name in HERE for each in DATASETS[name].settings if each.number is not None]

GENERATED = [
    name for name in HERE if "test_share" in {each.name for each in DATASETS[name].settings} and not DATASETS[name].file
]


def beyond(setting: DataSetting) -> list[Any]:
    """Values next to the range of a number, and some that are none."""
    ends = [setting.least - setting.step, setting.most + setting.step]
    return [*(end for end in ends if math.isfinite(end)), math.nan, "x", True]


@pytest.mark.parametrize(("name", "setting"), NUMBERS, ids=[f"{name} {each.name}" for name, each in NUMBERS])
def test_a_number_beyond_its_range_is_refused(name: str, setting: DataSetting) -> None:
    for value in beyond(setting):
        with refused(SettingError, setting.name, str(value)):
            DATASETS[name].load({setting.name: value})


@pytest.mark.parametrize("name", GENERATED)
def test_generated_data_depend_on_each_of_their_settings(name: str) -> None:
    source = DATASETS[name]
    plain = source.load()
    assert plain.title == source.title
    assert source.load({"test_share": 0}).test is None, "without a test set, test is None"
    for setting in source.settings:
        assert setting.tip.endswith("."), f"the tip of {setting.name} is no sentence"
        argument = inspect.signature(source.make).parameters.get(setting.name)
        assert argument is None or argument.default == setting.default, f"two defaults of {setting.name}"
        if setting.number is not None and setting.default is not None:
            steps = (setting.default + number * setting.step for number in range(1, 9))
            others = [source.load({setting.name: value}) for value in steps if value <= setting.most]
            is_used = any(
                each.fingerprint != plain.fingerprint or not np.array_equal(each.train.inputs, plain.train.inputs)
                for each in others
            )
            assert is_used, f"{setting.name} has no effect on {name}"


def test_every_file_that_registers_data_is_imported_by_the_package() -> None:
    known = set(DATASETS)
    for module in pkgutil.iter_modules(datasets.__path__):
        importlib.import_module(f"engine.datasets.{module.name}")
    late = set(DATASETS) - known
    assert not late, f"import the files of these in engine/datasets/__init__.py: {late}"


def test_images_can_be_fewer_and_only_a_seed_of_their_own_makes_others() -> None:
    made: list[dict[str, Any]] = []

    def make(**given: Any) -> Dataset:
        made.append(given)
        labels = np.arange(40) % 2
        return Dataset("Bars", Split(np.zeros((40, 9), np.float32), one_hot(labels, 2), labels), None, (3, 3))

    for settings, given in (((), {}), ((SEED,), {"seed": 1})):
        source = DataSource("Bars", make, settings=settings)
        assert [each.name for each in source.settings].count("seed") == 1
        assert len(source.load({"train_examples": 12, "seed": 1}).train) == 12
        assert made.pop() == given
