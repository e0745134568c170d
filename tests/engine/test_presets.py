"""The presets that come with the project, and what is refused in a file of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import FileFormatError, SettingError
from engine.presets import load_preset, preset_named, presets
from tests.engine.helpers import refused

GOOD: dict[str, Any] = {
    "name": "Mine",
    "description": "A try.",
    "network": {
        "hidden": [20],
        "activation": "tanh",
        "output": "softmax",
        "loss": "cross-entropy",
        "initializer": "lecun",
    },
    "training": {"epochs": 2, "optimizer": "adam", "augmentation": {"shift": 1}},
}


def written(folder: Path, **changes: Any) -> Path:
    document = json.loads(json.dumps(GOOD))
    for key, value in changes.items():
        if isinstance(value, dict):
            document[key].update(value)
        else:
            document[key] = value
    (folder / "mine.json").write_text(json.dumps(document))
    return folder / "mine.json"


def test_those_that_come_with_the_project() -> None:
    names = [preset.name for preset in presets()]
    assert names == ["First steps", "Ancestor 2015", "Nielsen 2013", "Modern", "Best on MNIST"]


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_each_builds_the_network_it_describes(preset: Any) -> None:
    network = preset.build(5, 3)
    assert network.shape == [5, *preset.hidden, 3]
    assert network.activations == [preset.activation] * len(preset.hidden) + [preset.output]
    assert network.loss == preset.loss
    assert len(preset.description) > 40
    preset.training.new_optimizer()


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    preset = load_preset(written(tmp_path))
    assert preset.training.optimizer == "adam"
    assert preset.training.augmentation.shift == 1
    assert preset.training.batch_size == 100
    assert preset.build(4, 2).activations == ["tanh", "softmax"]


def test_found_by_name_whatever_its_capitals() -> None:
    assert preset_named("mODERN").name == "Modern"
    with refused(SettingError, "preset", "Post-modern"):
        preset_named("Post-modern")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network": {"hidden": [0]}}, "hidden is 0"),
        ({"network": {"activation": "swash"}}, "swash"),
        ({"network": {"output": "relu"}}, "loss is 'cross-entropy'"),
        ({"network": {"weight_scale": -1}}, "weight_scale is -1"),
        ({"network": {"hiden": [3]}}, "hiden"),
        ({"training": {"learning_rate": -1}}, "learning_rate is -1"),
        ({"training": {"learning_rat": 1}}, "learning_rat"),
        ({"training": {"augmentation": {"rotation": 999}}}, "rotation is 999"),
        ({"network": 3}, "no preset"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        load_preset(written(tmp_path, **changes))
    assert told in str(caught.value)
    assert str(caught.value).startswith("mine.json is ")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "x"}', '{"name":' + "[" * 100_000])
def test_what_is_no_preset_at_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(FileFormatError, match="no preset"):
        load_preset(tmp_path / "mine.json")
