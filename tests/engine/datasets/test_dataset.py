"""Splits and data sets, and how they are made from what people pass."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.basics.errors import DataError, SettingError
from engine.datasets import DATASETS, Dataset, Split, load_data
from engine.datasets.dataset import classification_split, one_hot, regression_split
from tests.engine.helpers import class_data, refused


def test_one_hot() -> None:
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_classification_split() -> None:
    split = classification_split("train", [[1, 2], [3, 4]], [[1], [0]], 2, 3)
    assert len(split) == 2
    assert split.classes == 3
    assert split.labels is not None
    assert split.labels.tolist() == [1, 0]
    assert split.targets.tolist() == [[0, 1, 0], [1, 0, 0]]


def test_regression_split() -> None:
    split = regression_split("train", [[1, 2], [3, 4]], [[0.5], [7]], 2, 1)
    assert split.labels is None
    assert split.targets.tolist() == [[0.5], [7]]


@pytest.mark.parametrize("make", [classification_split, regression_split])
@pytest.mark.parametrize(
    ("data", "targets", "parameter", "value"),
    [
        (np.ones((0, 2)), [], "test_data", "empty"),
        ([[1, 2, 3]], [[0]], "test_data", "(1, 3)"),
        ([[1, 2], [3, 4]], [[0]], "test_labels", "1 long"),
        ([[1, 2]], [[0], [0]], "test_labels", "2 long"),
        ([[1, 2]], None, "test_labels", "of type object"),
    ],
)
def test_splits_refuse_what_does_not_go_together(
    make: Any, data: Any, targets: Any, parameter: str, value: str
) -> None:
    with refused(DataError, parameter, value):
        make("test", data, targets, 2, 1)


@pytest.mark.parametrize(("targets", "value"), [([[1, 2]], "(1, 2)"), ([1], "(1,)"), ([[float("nan")]], "nan at")])
def test_regression_refuses_bad_targets(targets: Any, value: str) -> None:
    with refused(DataError, "train_labels", value):
        regression_split("train", [[1, 2]], targets, 2, 1)


def test_head_shows_the_first_examples_without_copying() -> None:
    split = class_data(examples=30).train
    head = split.head(7)
    assert len(head) == 7
    assert np.shares_memory(head.inputs, split.inputs)
    assert head.labels is not None
    assert len(head.labels) == 7
    assert head.scale == split.scale
    assert len(split.head(1000)) == 30


def test_take_scales_bytes_into_floats() -> None:
    split = Split(np.array([[0, 51], [255, 102]], np.uint8), np.zeros((2, 1)), scale=1 / 255)
    out = np.empty((2, 2), np.float32)
    assert split.take(slice(0, 2), out) is out
    np.testing.assert_allclose(out, [[0, 0.2], [1, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(split.scaled_inputs(np.float64), [[0, 0.2], [1, 0.4]], rtol=1e-12)
    np.testing.assert_allclose(split.example(1), [1, 0.4], rtol=1e-6)
    assert split.example(1).dtype == np.float32


def test_a_data_set_knows_its_ends() -> None:
    data = class_data(width=4, classes=3)
    assert (data.width, data.outputs, data.is_picture) == (4, 3, False)
    assert Dataset("squares", data.train, example_shape=(2, 2)).is_picture


def test_known_data_sets_have_a_title_before_they_are_loaded() -> None:
    assert "mnist" in list(DATASETS)
    assert DATASETS["mnist"].title == DATASETS["mnist"].load().title


@pytest.mark.parametrize("shape", [(2, 3), (4, 4), (5,), (-2, -2), (4, 0), (2, 2, 2), (2.0, 2.0), ("2", 2)])
def test_a_shape_that_is_not_that_of_an_example_is_refused(shape: tuple[Any, ...]) -> None:
    with refused(DataError, "example_shape", str(shape)):
        Dataset("squares", class_data(width=4).train, example_shape=shape)


@pytest.mark.parametrize("shape", [(), (4,), (2, 2), (1, 4), (2, 1, 2)])
def test_any_shape_of_as_many_numbers_will_do(shape: tuple[int, ...]) -> None:
    assert Dataset("squares", class_data(width=4).train, example_shape=shape).example_shape == shape


TWO = np.eye(2, dtype=np.float32)


@pytest.mark.parametrize(
    ("inputs", "targets", "class_numbers", "scale", "parameter", "value"),
    [
        (np.ones((4, 3)), TWO, None, 1.0, "targets", "2 long"),
        (np.ones((2, 3)), TWO, [0, 1, 1], 1.0, "labels", "3 long"),
        (np.ones((2, 3)), TWO, [0, 2], 1.0, "labels", "2 at [1]"),
        (np.ones((2, 3)), TWO, [0, -1], 1.0, "labels", "-1 at [1]"),
        (np.ones((0, 3)), np.ones((0, 2)), None, 1.0, "inputs", "(0, 3)"),
        (np.ones((2, 0)), TWO, None, 1.0, "inputs", "(2, 0)"),
        (np.ones(2), TWO, None, 1.0, "inputs", "(2,)"),
        (np.ones((2, 3)), [0, 1], None, 1.0, "targets", "(2,)"),
        ([["a"], ["b"]], TWO, None, 1.0, "inputs", "of type"),
    ],
)
def test_a_split_refuses_what_does_not_go_together(
    inputs: Any, targets: Any, class_numbers: Any, scale: float, parameter: str, value: str
) -> None:
    with refused(DataError, parameter, value):
        Split(inputs, targets, class_numbers, scale)


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf, "1"])
def test_a_split_refuses_a_scale_that_is_none(scale: Any) -> None:
    with refused(SettingError, "scale", str(scale)):
        Split(TWO, TWO, None, scale)


def test_a_split_takes_lists_and_does_not_copy_arrays() -> None:
    assert Split([[1, 2], [3, 4]], TWO.tolist(), [1, 0]).inputs.tolist() == [[1, 2], [3, 4]]  # type: ignore[arg-type]
    split = Split(TWO, TWO, np.array([1, 0], np.uint8))
    assert split.inputs is split.targets is TWO
    assert split.labels is not None
    assert split.labels.dtype == np.int64


@pytest.mark.parametrize("name", ["test", "validation"])
@pytest.mark.parametrize(
    ("other", "value"), [(Split(np.ones((2, 3)), TWO), "3 inputs"), (Split(TWO, np.ones((2, 1))), "1 outputs")]
)
def test_splits_of_other_ends_are_refused(name: str, other: Split, value: str) -> None:
    with refused(DataError, name, value):
        Dataset("two", Split(TWO, TWO), **{name: other})  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [2.5, "3", None, 0, -1, True, float("nan")])
def test_one_hot_refuses_a_number_of_classes_that_is_none(classes: Any) -> None:
    with refused(SettingError, "classes", str(classes)[:3]):
        one_hot(np.array([0, 1]), classes)


def test_one_hot_refuses_labels_that_are_none() -> None:
    with refused(DataError, "labels", "-1 at [0]"):
        one_hot(np.array([-1, 0]), 2)


@pytest.mark.parametrize("categories", [((),), ((0, 1), (1, 2)), ((2, 3),), ((-1, 0),)])
def test_categories_are_groups_of_its_columns(categories: tuple[tuple[int, ...], ...]) -> None:
    split = Split(np.zeros((4, 3), np.float32), np.zeros((4, 1), np.float32))
    assert Dataset("Rows", split, categories=((0, 2),)).categories == ((0, 2),)
    with pytest.raises(DataError, match="categories"):
        Dataset("Rows", split, categories=categories)


# ---- fewer training examples


def test_fewer_examples_leave_the_test_as_it_is_and_say_so(few_digits: Dataset) -> None:
    some = few_digits.with_train_examples(300, seed=2)
    assert some.train.labels is not None
    assert np.bincount(some.train.labels).tolist() == [30] * 10
    assert some.test is few_digits.test
    assert some.notes[0] == "300 of 2,000 examples, drawn by seed 2."
    assert some.fingerprint == few_digits.with_train_examples(300, seed=2).fingerprint
    assert some.fingerprint != few_digits.with_train_examples(300, seed=3).fingerprint
    assert few_digits.with_train_examples(2000) is few_digits


@pytest.mark.parametrize("count", [9, 2001, 0, -1, 12.5, "300", True, None])
def test_a_number_of_examples_that_cannot_be_had_is_refused_with_the_range(few_digits: Dataset, count: Any) -> None:
    with pytest.raises(SettingError, match="10 to 2,000") as caught:
        few_digits.with_train_examples(count)
    assert caught.value.parameter == "train_examples"


def test_images_of_all_kinds_take_a_number_of_examples(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 255, (60, 5, 5)).astype(np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "arrays.npz", x=pictures, y=labels)
    for number, picture in enumerate(pictures):
        file = tmp_path / "folder" / f"class {labels[number]}" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(file)
    for name in ("arrays.npz", "folder"):
        path = str(tmp_path / name)
        whole, some = load_data(path), load_data(path, {"train_examples": 12})
        assert len(some.train) == 12
        assert whole.test is not None
        assert some.test is not None
        np.testing.assert_array_equal(some.test.inputs, whole.test.inputs)
        assert load_data(path, {"train_examples": 12}).fingerprint == some.fingerprint
        other = load_data(path, {"train_examples": 12, "seed": 1})
        assert other.fingerprint != some.fingerprint
