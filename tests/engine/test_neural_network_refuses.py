"""What the interface of 2015 refuses, before anything is learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError, DivergenceError, EngineError, SettingError
from tests.engine.helpers import ENDINGS, QUICK, bits, few_examples, refused

BAD_TRAINING: list[tuple[dict[str, Any], type[EngineError], str, str]] = [
    ({"learning_rate": float("nan")}, SettingError, "learning_rate", "nan"),
    ({"learning_rate": -0.3}, SettingError, "learning_rate", "-0.3"),
    ({"learning_rate": 0}, SettingError, "learning_rate", "0"),
    ({"learning_rate": float("inf")}, SettingError, "learning_rate", "inf"),
    ({"learning_rate": "0.3"}, SettingError, "learning_rate", "'0.3'"),
    ({"learning_rate": True}, SettingError, "learning_rate", "True"),
    ({"learning_rate": None}, SettingError, "learning_rate", "None"),
    ({"batch_size": 11}, SettingError, "batch_size", "11"),
    ({"batch_size": 0}, SettingError, "batch_size", "0"),
    ({"batch_size": -3}, SettingError, "batch_size", "-3"),
    ({"batch_size": 2.5}, SettingError, "batch_size", "2.5"),
    ({"batch_size": "3"}, SettingError, "batch_size", "'3'"),
    ({"batch_size": True}, SettingError, "batch_size", "True"),
    ({"epochs": 0}, SettingError, "epochs", "0"),
    ({"epochs": 1.5}, SettingError, "epochs", "1.5"),
    ({"epochs": float("inf")}, SettingError, "epochs", "inf"),
    ({"seed": -1}, SettingError, "seed", "-1"),
    ({"train_labels": [0, 1, 3] + [0] * 7}, DataError, "train_labels", "3 at [2]"),
    ({"train_labels": [0, -1] + [0] * 8}, DataError, "train_labels", "-1 at [1]"),
    ({"train_labels": [0.5] + [0] * 9}, DataError, "train_labels", "0.5 at [0]"),
    ({"train_labels": ["0"] * 10}, DataError, "train_labels", "of type"),
    ({"train_labels": [0] * 9}, DataError, "train_labels", "9 long"),
    ({"train_labels": [0] * 11}, DataError, "train_labels", "11 long"),
    ({"train_labels": [[1, 0, 0]] * 10}, DataError, "train_labels", "(10, 3)"),
    ({"train_labels": None}, DataError, "train_labels", "of type"),
    ({"train_labels": [0] * 10, "classification": False}, DataError, "train_labels", "(10,)"),
    ({"train_labels": [[1, 0]] * 10, "classification": False}, DataError, "train_labels", "(10, 2)"),
    ({"train_labels": [[1, 0, float("nan")]] * 10, "classification": False}, DataError, "train_labels", "nan at"),
    ({"train_data": [[1, 2, 3]] * 10}, DataError, "train_data", "(10, 3)"),
    ({"train_data": [[1, 2]] * 9 + [[1]]}, DataError, "train_data", "ragged"),
    ({"train_data": [[1, 2]] * 9 + [[1, float("nan")]]}, DataError, "train_data", "nan at [9, 1]"),
    ({"train_data": [[1, 2]] * 9 + [[1, float("inf")]]}, DataError, "train_data", "inf at [9, 1]"),
    ({"train_data": [["1", "2"]] * 10}, DataError, "train_data", "of type"),
    ({"train_data": np.ones((2, 10))}, DataError, "train_data", "(2, 10)"),
    ({"train_data": []}, DataError, "train_data", "(0,)"),
    ({"train_data": np.ones((0, 2)), "train_labels": []}, DataError, "train_data", "empty"),
    ({"train_data": None}, DataError, "train_data", "of type"),
    ({"test_data": [[1, 2, 3]], "test_labels": [0]}, DataError, "test_data", "(1, 3)"),
    ({"test_data": [[1, 2]], "test_labels": [3]}, DataError, "test_labels", "3 at [0]"),
    ({"test_data": [[1, 2]], "test_labels": [0, 1]}, DataError, "test_labels", "2 long"),
    ({"test_data": [[1, 2]]}, DataError, "test_labels", "None"),
    ({"test_labels": [0]}, DataError, "test_data", "None"),
    ({"test_data": np.ones((0, 2)), "test_labels": []}, DataError, "test_data", "empty"),
]


@pytest.mark.parametrize(("bad", "kind", "parameter", "value"), BAD_TRAINING)
def test_train_refuses(bad: dict[str, Any], kind: type[EngineError], parameter: str, value: str) -> None:
    x, y = few_examples()
    net = NeuralNetwork([2, 4, 3], seed=1)
    before = bits(net)
    with refused(kind, parameter, value):
        net.train(**(QUICK | {"train_data": x, "train_labels": y} | bad))
    assert bits(net) == before


@pytest.mark.parametrize(
    "shape", [[5], [], [2, 0, 1], [2, -3, 1], [2, 2.5], [2, True], [2, "3"], [2, None], 5, None, {}]
)
def test_the_constructor_refuses_a_bad_shape(shape: Any) -> None:
    with refused(SettingError, "shape", ""):
        NeuralNetwork(shape)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_the_constructor_refuses_a_bad_seed(seed: Any) -> None:
    with refused(SettingError, "seed", repr(seed)):
        NeuralNetwork([2, 1], seed=seed)


def test_text_is_taken_for_a_path() -> None:
    with pytest.raises(FileNotFoundError):
        NeuralNetwork("784, 64, 10")


@pytest.mark.parametrize("print_cost", [True, False])
def test_a_rate_that_is_far_too_high_is_an_error_and_leaves_finite_weights(print_cost: bool) -> None:
    net = NeuralNetwork([2, 4, 3], ["relu", "softmax"], "cross-entropy", seed=1)
    x, y = few_examples()
    with refused(DivergenceError, "loss", "first in layer"):
        net.train(x, y, **(QUICK | {"learning_rate": 1e38, "print_cost": print_cost}))
    assert np.isfinite(net.predict(x)).all()


XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
CLASSES, ONE_HOT = [0, 1, 2, 1], [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]


@pytest.mark.parametrize(
    ("outputs", "refused_with", "advice", "followed"),
    [
        (3, {"train_labels": ONE_HOT}, "Pass classification=False", {"train_labels": ONE_HOT, "classification": False}),
        (3, {"train_labels": [[0, 1]] * 4}, "a list of class numbers from 0 to 2", {"train_labels": CLASSES}),
        (3, {"train_labels": list("0121")}, "a list of class numbers from 0 to 2", {"train_labels": CLASSES}),
        (3, {"train_labels": [[0], [1, 2]]}, "a list of class numbers from 0 to 2", {"train_labels": CLASSES}),
        (3, {"train_labels": None}, "a list of class numbers from 0 to 2", {"train_labels": CLASSES}),
        (
            3,
            {"train_labels": CLASSES, "classification": False},
            "classification=True, where these are class numbers",
            {"train_labels": CLASSES, "classification": True},
        ),
        (
            3,
            {"train_labels": [[1, 0]] * 4, "classification": False},
            r"dimensions \(k, 3\)",
            {"train_labels": ONE_HOT, "classification": False},
        ),
        (
            1,
            {"train_labels": [0, 1, 1, 0]},
            r"classification=False with targets of dimensions \(k, 1\)",
            {"train_labels": [[0], [1], [1], [0]], "classification": False},
        ),
        (
            1,
            {"train_labels": [0, 1, 1, 0], "classification": False},
            r"dimensions \(k, 1\)",
            {"train_labels": [[0], [1], [1], [0]], "classification": False},
        ),
    ],
)
def test_who_follows_the_advice_about_labels_can_train(
    outputs: int, refused_with: dict[str, Any], advice: str, followed: dict[str, Any]
) -> None:
    net = NeuralNetwork([2, outputs], seed=1)
    with pytest.raises(DataError, match=advice):
        net.train(XOR, **(QUICK | refused_with))
    net.train(XOR, **(QUICK | followed))


@pytest.mark.parametrize("which", ["train_labels", "test_labels"])
def test_the_cross_entropy_refuses_targets_that_are_no_probabilities(which: str) -> None:
    net = NeuralNetwork([2, 3], ["softmax"], "cross-entropy", seed=1)
    before = bits(net)
    data = {"train_labels": ONE_HOT, "test_data": XOR, "test_labels": ONE_HOT} | {which: [[1, 0, 0]] * 3 + [[1, 1, 0]]}
    with refused(DataError, which, "2 in sum at [3] (1 such rows)"):
        net.train(XOR, **(QUICK | data), classification=False)
    assert bits(net) == before
    NeuralNetwork([2, 3], ["softmax"], "quadratic").train(XOR, **(QUICK | data), classification=False)


@pytest.mark.parametrize("dtype", ["float16", int, "nonsense"])
def test_a_bad_number_type_is_refused(tmp_path: Path, dtype: Any) -> None:
    with refused(SettingError, "dtype", str(dtype)):
        NeuralNetwork([2, 1], dtype=dtype)
    for ending in ENDINGS:
        NeuralNetwork([2, 1]).save(tmp_path / f"net{ending}")
        with refused(SettingError, "dtype", str(dtype)):
            NeuralNetwork(tmp_path / f"net{ending}", dtype=dtype)
