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

from engine.basics.errors import FileFormatError, SettingError
from engine.datasets import DATASETS
from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.brightness import Brightness
from engine.datasets.dataset import Dataset, Split, classification_split, one_hot, regression_split
from engine.experiment import Experiment
from engine.presets import TYPED_NAMES, Preset, load_preset, preset_named, presets, still_typed
from engine.training.events import BestRestored, Epoch
from engine.training.metrics import Evaluator
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
@pytest.mark.parametrize("kind", ["points", "included images"])
def test_included_examples_take_as_many_steps_if_they_are_fewer(
    kind: str, examples: int, batch_size: int, epochs: int
) -> None:
    facts = {"columns": ("x", "y"), "extent": 1.0} if kind == "points" else {"example_shape": (1, 2)}
    inputs = np.random.default_rng(1).normal(size=(examples, 2))
    data = Dataset(kind, classification_split("train", inputs, np.arange(examples) % 2, 2, 2), **facts)
    made = first_for(data).training
    assert (made.batch_size, made.epochs) == (batch_size, epochs)
    assert (made.optimizer, made.learning_rate, made.validation_share, made.patience) == ("sgd", 0.2, 0, 0)


def test_a_curve_takes_other_steps_and_fewer() -> None:
    data = DATASETS["sine"].load()
    assert presets()[0].adjusted(data) == {
        "output": "identity",
        "loss": "quadratic",
        "optimizer": "adam",
        "learning_rate": 0.002,
        "batch_size": 10,
        "epochs": 188,
    }


OWN = {"optimizer": "adamw", "learning_rate": 0.001, "weight_decay": 0.5}


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs"),
    [(1, 1, 60), (7, 7, 60), (100, 10, 60), (796, 10, 60)],
)
@pytest.mark.parametrize("numbers", [True, False], ids=["numbers", "classes"])
def test_few_rows_are_trained_for_a_fixed_number_of_epochs(
    numbers: bool, examples: int, batch_size: int, epochs: int
) -> None:
    """Of so few the held-out ones could not tell a better epoch from a worse one."""
    made = first_for(data_of(examples, numbers)).training
    assert {name: getattr(made, name) for name in OWN} == OWN
    assert (made.batch_size, made.epochs) == (batch_size, epochs)
    assert (made.validation_share, made.patience) == (0, 0)


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs"),
    [(797, 10, 200), (1200, 10, 196), (5000, 42, 198), (20_000, 100, 117), (200_000, 100, 20)],
)
@pytest.mark.parametrize("numbers", [True, False], ids=["numbers", "classes"])
def test_more_rows_are_trained_until_the_validation_error_is_at_its_best(
    numbers: bool, examples: int, batch_size: int, epochs: int
) -> None:
    data = data_of(examples, numbers)
    made = first_for(data).training
    assert {name: getattr(made, name) for name in OWN} == OWN
    assert (made.batch_size, made.epochs) == (batch_size, epochs)
    assert (made.validation_share, made.patience) == (0.15, 15)
    first_for(data).check_against(data)


def test_a_validation_set_that_the_data_have_is_the_one_that_counts() -> None:
    examples = data_of(500).train
    for held_out, patience in ((119, 0), (120, 15)):
        data = Dataset("divided", examples, validation=examples.head(held_out))
        assert first_for(data).training.patience == patience
    assert first_for(data).training.batch_size == 10


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (data_of(1), "First steps for 1 example: AdamW 0.001, weight decay 0.5, batches of 1, 60 epochs."),
        (
            data_of(1000, numbers=True),
            "First steps for 1,000 examples: AdamW 0.001, weight decay 0.5, batches of 10, up to 200 epochs, stops "
            "when the validation error has not improved for 15 epochs.",
        ),
        (DATASETS["xor"].load(), "First steps for 480 examples: SGD 0.2, batches of 12, 300 epochs."),
    ],
    ids=["few", "more", "points"],
)
def test_a_line_says_what_the_preset_chose(data: Dataset, line: str) -> None:
    assert presets()[0].line_for(data) == line
    assert [preset.line_for(data) for preset in presets()[1:]] == [""] * (len(presets()) - 1)


def test_the_line_says_what_was_chosen_otherwise(mnist: Dataset) -> None:
    first, data = presets()[0], data_of(1000)
    other = first_for(data).changed(epochs=1, patience=0).training
    assert first.line_for(data, other).endswith(": AdamW 0.001, weight decay 0.5, batches of 10, 1 epoch.")
    assert first.line_for(mnist) == ""


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
    brightness = Brightness(1, 0.8, 0.3)
    return Dataset(
        "crosses and circles", *parts, example_shape=(side, side), brightness=brightness, has_own_images=True
    )


def test_own_images_with_values_below_0_are_trained_as_all_own_images() -> None:
    numbers = np.random.default_rng(0).integers(0, 256, (120, 6, 6)), np.arange(120) % 2
    of_bytes, around_0 = (dataset_of("own", Arrays(x, numbers[1])) for x in (numbers[0], numbers[0] / 127.5 - 1))
    assert of_bytes.brightness is not None
    assert around_0.brightness is None
    assert first_for(around_0).training == first_for(of_bytes).training


@pytest.mark.parametrize("on_white", [True, False], ids=["on white", "on black"])
def test_pictures_on_white_are_learned_as_those_on_black(on_white: bool) -> None:
    data = crosses_and_circles(on_white)
    made = first_for(data)
    assert presets()[0].matches(made, data)
    assert (made.training.optimizer, made.training.weight_decay, made.training.epochs) == ("adamw", 0.1, 60)
    *_, last = (event for event in made.trainer(data).run() if isinstance(event, Epoch))
    assert last.test is not None
    assert last.test.error is not None
    assert last.test.error < 0.1


def noisy_rows(examples: int, numbers: bool) -> Dataset:
    """Rows, and 2,000 for the test: two columns of eight count, and noise is half of the variance."""
    draw = np.random.default_rng(3)
    inputs = draw.normal(size=(examples + 2000, 8))
    wanted = inputs[:, :1] + inputs[:, 1:2] + draw.normal(size=(len(inputs), 1)) * 2**0.5
    rows = slice(examples), slice(examples, None)
    if numbers:
        parts = (regression_split("train", inputs[part], wanted[part], 8, 1) for part in rows)
    else:
        parts = (classification_split("train", inputs[part], wanted[part, 0] > 0, 8, 2) for part in rows)
    return Dataset("noisy rows", *parts)


@pytest.mark.parametrize(("examples", "numbers"), [(300, False), (1000, True)], ids=["few classes", "many numbers"])
def test_noise_is_not_memorised(examples: int, numbers: bool) -> None:
    """The best possible RMSE is 1.41, and the best possible error 25 %."""
    data = noisy_rows(examples, numbers)
    trainer = first_for(data).trainer(data)
    *_, last = trainer.run()
    assert (isinstance(last, BestRestored) and last.early) is (examples == 1000)
    assert trainer.epoch < 100
    found = Evaluator(trainer.network, data.splits["test"]).evaluate()
    assert (found.rmse or 0) < 1.65
    assert (found.error or 0) < 0.3


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
@settings(max_examples=30, derandomize=True)
def test_any_settings_are_a_preset_with_what_was_typed(made: Experiment, preset: Preset, before: Dataset) -> None:
    own = made.for_data(before, "mine").for_task(before).for_few_examples(before)
    if own.training.patience and not own.training.validation_share:
        own = own.changed(patience=0)  # no training could judge by it
    assert preset.applied_around(own, before, preset.typed(own, before)) == own


@given(
    made=experiments(),
    preset=st.sampled_from(presets()),
    to=st.sampled_from(FITTING),
    typed=st.sets(st.sampled_from(sorted(TYPED_NAMES))),
)
@settings(max_examples=50, derandomize=True)
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


@pytest.mark.parametrize("name", ["learning_rate", "weight_decay"])
def test_rate_and_weight_decay_keep_their_optimizer_until_it_has_its_default_again(name: str) -> None:
    first, classes, numbers = presets()[0], data_of(480), data_of(40, numbers=True)
    made = first.applied_to(Experiment().for_data(classes, "mine"), classes).changed(**{name: 0.01})
    now = first.applied_around(made.for_data(numbers, "mine"), numbers, {name})
    assert (now.training.optimizer, now.value(name)) == (made.training.optimizer, 0.01)
    assert still_typed({name, "epochs"}, {"optimizer"}, now) == {"epochs"}
    assert still_typed({name, "optimizer"}, {name}, now) == {"optimizer"}


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
    ("changes", "reported"),
    [
        ({"network": {"hidden": [0]}}, "shape is 784, 0, 10"),
        ({"network": {"activation": "swash"}}, "swash"),
        ({"network": {"output": "relu"}}, "loss: cross-entropy"),
        ({"network": {"weight_scale": -1}}, "weight_scale is -1"),
        ({"network": {"hiden": [3]}}, "hiden"),
        ({"training": {"learning_rate": -1}}, "learning_rate is -1"),
        ({"training": {"learning_rat": 1}}, "learning_rat"),
        ({"training": {"augmentation": {"rotation": 999}}}, "rotation is 999"),
        ({"adjustment": {"steps": 0, "regression_steps": 12}}, "steps is 0"),
        ({"adjustment": {"steps": 12, "regression_steps": -1}}, "regression_steps is -1"),
        ({"adjustment": {"step": 12}}, "adjustment is 'step'"),
        ({"adjustment": {"steps": 12}}, "not a preset"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "regression": {"rate": 1}}}, "regression is 'rate'"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "regression": {"beta2": -1}}}, "beta2 is -1"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "regression": 3}}, "regression is 3"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "own": {"epochs": 0}}}, "epochs is 0"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "own": {"images": {"beta2": -1}}}}, "beta2 is -1"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "own": {"rate": 1}}}, "own is 'rate'"),
        ({"adjustment": {"steps": 12, "regression_steps": 1, "own": 3}}, "own is 3"),
        ({"network": 3}, "not a preset"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, changes: dict[str, Any], reported: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        load_preset(written(tmp_path, **changes))
    assert reported in str(caught.value)
    assert str(caught.value).startswith("mine.json: ")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "x"}', '{"name":' + "[" * 100_000])
def test_what_is_no_preset_at_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(FileFormatError, match="not a preset"):
        load_preset(tmp_path / "mine.json")


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(OSError, match="this is a pipe"):
        load_preset(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_bytes(bytes(1_000_001))
    with pytest.raises(FileFormatError, match="at most 1,000,000 are allowed"):
        load_preset(tmp_path / "large.json")
