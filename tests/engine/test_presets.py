"""The presets that come with the project, and what is refused in a file of one's own."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.datasets import DATASETS
from engine.datasets.dataset import Dataset, Split, classification_split, one_hot, regression_split
from engine.errors import FileFormatError, SettingError
from engine.events import Epoch
from engine.experiment import Experiment
from engine.presets import TYPED_NAMES, Adjustment, Preset, load_preset, preset_named, presets
from engine.settings import TrainingSettings
from tests.engine.experiments import experiments
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
            document.setdefault(key, {}).update(value)
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


# ---- fitted to a data set


def data_of(examples: int, numbers: bool = False) -> Dataset:
    inputs = np.random.default_rng(1).normal(size=(examples, 3))
    if numbers:
        return Dataset("numbers", regression_split("train", inputs, inputs[:, :1], 3, 1))
    return Dataset("classes", classification_split("train", inputs, np.arange(examples) % 2, 3, 2))


def first_for(dataset: Dataset) -> Experiment:
    return presets()[0].applied_to(Experiment().for_data(dataset, "mine"), dataset)


def test_first_steps_is_for_mnist_as_it_is_written(mnist: Dataset) -> None:
    first = presets()[0]
    assert first.adjusted(mnist) == {}
    assert first_for(mnist).training == Experiment().training
    assert first.matches(Experiment().for_data(mnist), mnist)


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs"),
    [
        (1, 1, 1000),
        (7, 7, 1000),
        (100, 10, 1000),
        (480, 12, 300),
        (2000, 50, 300),
        (4000, 100, 300),
        (10_000, 100, 120),
    ],
)
def test_it_takes_as_many_steps_for_fewer_examples(examples: int, batch_size: int, epochs: int) -> None:
    made = first_for(data_of(examples)).training
    assert (made.batch_size, made.epochs) == (batch_size, epochs)
    assert (made.optimizer, made.learning_rate) == ("sgd", 0.2)


def test_for_numbers_it_takes_other_steps_and_fewer() -> None:
    data = data_of(314, numbers=True)
    made = first_for(data)
    assert (made.output, made.loss) == ("identity", "quadratic")
    assert (made.training.optimizer, made.training.learning_rate) == ("adam", 0.002)
    assert (made.training.batch_size, made.training.epochs) == (10, 97)
    assert presets()[0].adjusted(data) == {
        "output": "identity",
        "loss": "quadratic",
        "optimizer": "adam",
        "learning_rate": 0.002,
        "batch_size": 10,
        "epochs": 97,
    }


@pytest.mark.parametrize("numbers", [True, False], ids=["numbers", "classes"])
@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_each_can_be_trained_on_few_rows(preset: Preset, numbers: bool) -> None:
    """Whatever it was made for: 30 rows are fewer than its batch, and are no pictures to distort."""
    data = data_of(30, numbers)
    made = preset.applied_to(Experiment().for_data(data, "mine", {"points": 30}), data)
    assert preset.matches(made, data)
    assert not preset.matches(made.changed(batch_size=3), data)
    assert made.data_settings == {"points": 30}
    assert not made.training.augmentation.is_active
    made.check_against(data)
    next(iter(made.changed(epochs=1).trainer(data).run()))


def crosses_and_circles(on_white: bool, side: int = 40) -> Dataset:
    """60 of each, a fifth of them in the test part, at random places and sizes."""
    draw, pixels = np.random.default_rng(0), np.zeros((120, side, side), np.uint8)
    down, right = np.mgrid[:side, :side] / side
    for number, picture in enumerate(pixels):
        (y, x), size = draw.uniform(0.4, 0.6, 2), draw.uniform(0.2, 0.35)
        away = np.maximum(abs(down - y), abs(right - x))
        cross = (abs(abs(down - y) - abs(right - x)) < 0.05) & (away < size)
        circle = abs(np.hypot(down - y, right - x) - size) < 0.04
        picture[circle if number % 2 else cross] = 255
    inputs = (255 - pixels if on_white else pixels).reshape(120, -1)
    labels = np.arange(120) % 2
    whole = Split(inputs, one_hot(labels, 2), labels, 1 / 255)
    parts = whole.at(slice(96)), whole.at(slice(96, None))
    return Dataset("crosses and circles", *parts, example_shape=(side, side))


@pytest.mark.parametrize("on_white", [True, False], ids=["on white", "on black"])
def test_pictures_on_white_are_learned_as_those_on_black(on_white: bool) -> None:
    """At the rate of the preset the first step would leave no neuron of the first layer on for any of them."""
    data = crosses_and_circles(on_white)
    made = first_for(data)
    assert presets()[0].matches(made, data)
    assert made.training.learning_rate == (0.01 if on_white else 0.2)
    *_, last = (event for event in made.trainer(data).run() if isinstance(event, Epoch))
    assert last.test is not None
    assert last.test.error is not None
    assert last.test.error < 0.1


def test_rate_and_mean_input_are_bounded_together() -> None:
    own = TrainingSettings(learning_rate=0.2)
    inputs = np.array([[0.0, 8.0], [2.0, 8.0]])  # their mean is (1, 8): its squared length is 65
    data = Dataset("far from 0", classification_split("train", inputs, [0, 1], 2, 2))
    for most_shift, rate in ((None, 0.2), (13, 0.2), (12.9, 0.1), (2.6, 0.04), (0.6, 0.009)):
        assert Adjustment(100, 100, most_shift=most_shift).training_for(data, own).learning_rate == rate
    with pytest.raises(SettingError, match="above 0"):
        Adjustment(100, 100, most_shift=0)


def test_two_spirals_are_learned_in_seconds() -> None:
    """600 points, noise 0.03: below 2 % of the test points, after at most 3 seconds of learning."""
    data = DATASETS["spirals"].load()
    assert (len(data.train), len(data.test or ())) == (480, 120)
    made, seconds = first_for(data), 0.0
    for event in made.trainer(data).run():
        if isinstance(event, Epoch):
            seconds += event.seconds
            last = event.test
    assert last is not None
    assert last.error is not None
    assert last.error < 0.02
    assert seconds < 3 * 5, "on a machine that has other things to do"


# ---- what was typed


FITTING = (data_of(480), data_of(30), data_of(40, numbers=True))


@given(made=experiments(), preset=st.sampled_from(presets()), before=st.sampled_from(FITTING))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_settings_are_a_preset_with_what_was_typed(made: Experiment, preset: Preset, before: Dataset) -> None:
    own = made.for_data(before, "mine").for_task(before).for_few(before)
    if own.training.patience and not own.training.validation_share:
        own = own.changed(patience=0)  # no training could judge by it
    assert preset.applied_around(own, before, preset.typed(own, before)) == own


@given(
    made=experiments(),
    preset=st.sampled_from(presets()),
    to=st.sampled_from(FITTING),
    typed=st.sets(st.sampled_from(sorted(TYPED_NAMES))),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_was_typed_leads_to_settings_for_the_data(
    made: Experiment, preset: Preset, to: Dataset, typed: set[str]
) -> None:
    now = preset.applied_around(made.for_data(to, "mine"), to, typed)
    assert (now.inputs, now.outputs, now.seed) == (to.width, to.outputs, made.seed)
    assert now.training.batch_size <= now.examples(to)
    assert not now.training.patience or now.training.validation_share
    for name in typed & {"epochs", "momentum", "initializer", "weight_scale", "l1", "hidden"}:
        assert now.value(name) == made.value(name), name


def test_nothing_is_typed_in_what_a_preset_gives() -> None:
    for preset in presets():
        for data in FITTING:
            made = preset.applied_to(Experiment().for_data(data, "mine"), data)
            assert preset.typed(made, data) == set()
            assert preset.typed(made.with_optimizer("rmsprop"), data) == {"optimizer"}


def test_patience_needs_a_validation_set() -> None:
    """What is left of both after a change of data can always be trained."""
    first, large, small = presets()[0], data_of(480), data_of(30)
    base = first.applied_to(Experiment().for_data(large, "mine"), large).changed(validation_share=0.2, patience=7)
    kept = first.applied_around(base, small, {"patience"})
    assert (kept.training.validation_share > 0, kept.training.patience) == (True, 7)
    none = first.applied_around(base.changed(patience=0, validation_share=0), small, {"validation_share"})
    assert (none.training.validation_share, none.training.patience) == (0, 0)


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
        ({"adjustment": {"steps": 0, "regression_steps": 12}}, "steps is 0"),
        ({"adjustment": {"steps": 12, "regression_steps": -1}}, "regression_steps is -1"),
        ({"adjustment": {"step": 12}}, "adjustment is 'step'"),
        ({"adjustment": {"steps": 12}}, "no preset"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "regression": {"rate": 1}}}, "regression is 'rate'"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "regression": {"beta2": -1}}}, "beta2 is -1"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "regression": 3}}, "regression is 3"),
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
