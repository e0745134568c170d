"""The presets that come with the project, and what is refused in a file of one's own."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import FileFormatError, SettingError
from engine.experiment import Experiment
from engine.presets import Preset, load_preset, preset_named, presets
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
def test_each_describes_a_network_that_can_be_trained(preset: Preset) -> None:
    made = preset.applied_to(Experiment().changed(inputs=5, outputs=3))
    network = made.build()
    assert network.shape == [5, *preset.experiment.hidden, 3]
    assert tuple(network.activations) == preset.experiment.activations
    assert network.loss == preset.experiment.loss
    assert len(preset.description) > 40
    made.training.new_optimizer()


def test_the_first_is_what_the_window_starts_with() -> None:
    assert presets()[0].experiment == Experiment()


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_it_leaves_data_ends_and_seed(preset: Preset) -> None:
    own = replace(Experiment().changed(inputs=5, outputs=3, seed=7), data="mine", fingerprint="abc")
    made = preset.applied_to(own)
    assert (made.data, made.fingerprint, made.inputs, made.outputs, made.seed) == ("mine", "abc", 5, 3, 7)
    assert made.hidden == preset.experiment.hidden
    assert made.training == replace(preset.experiment.training, seed=7)


def test_it_matches_only_where_every_setting_is_as_it_says() -> None:
    for preset in presets():
        made = preset.applied_to(Experiment().changed(seed=7))
        assert preset.matches(made)
        assert [each.name for each in presets() if each.matches(made)] == [preset.name]
        for name, value in (("momentum", 0.31), ("noise", 0.3), ("weight_scale", 0.7), ("validation_share", 0.2)):
            assert not preset.matches(made.changed(**{name: value})), name


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    experiment = load_preset(written(tmp_path)).experiment
    assert experiment.training.optimizer == "adam"
    assert experiment.training.augmentation.shift == 1
    assert experiment.training.batch_size == 100
    assert experiment.activations == ("tanh", "softmax")


def test_found_by_name_whatever_its_capitals() -> None:
    assert preset_named("mODERN").name == "Modern"
    with refused(SettingError, "preset", "Post-modern"):
        preset_named("Post-modern")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network": {"hidden": [0]}}, "shape is 784, 0, 10"),
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


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(OSError, match="this is a pipe"):
        load_preset(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_bytes(bytes(1_000_001))
    with pytest.raises(FileFormatError, match="must be at most 1,000,000 bytes"):
        load_preset(tmp_path / "large.json")
