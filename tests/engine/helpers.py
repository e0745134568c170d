"""What several of the engine's tests share."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from engine.basics.errors import EngineError, SettingError
from engine.basics.registry import Registry
from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, classification_split, regression_split
from engine.network.activations import ACTIVATIONS
from engine.network.losses import LOSSES
from engine.network.network import Network
from engine.storage import SAVED_FORMATS
from engine.training.events import Epoch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

T = TypeVar("T")
E = TypeVar("E", bound=EngineError)


def restored_later(monkeypatch: pytest.MonkeyPatch, registry: Registry[Any]) -> None:
    """What is registered from now on is gone after the test."""
    for name, value in vars(registry).items():
        monkeypatch.setattr(registry, name, copy.copy(value))


@contextmanager
def refused(kind: type[EngineError], parameter: str, value: str) -> Iterator[None]:
    """Expects an error of that kind whose message names the parameter, the value or problem, any rule and a remedy."""
    try:
        yield
    except kind as caught:
        error = caught
    else:
        pytest.fail(f"{parameter} {value} is not refused")
    assert error.parameter == parameter
    assert value in error.value
    assert error.rule.startswith(("must ", "is ", "has ")) or not error.rule
    assert error.remedy.endswith(".")
    for part in (error.parameter, error.value, error.rule, error.remedy):
        assert part in str(error)


def value_or_error(kind: type[E], work: Callable[[], T]) -> T | E:
    """What the work gives, or the error of that kind that it raises."""
    try:
        return work()
    except kind as error:
        return error


def accepts(loss: str, output: str) -> bool:
    """Whether a loss can follow an output activation."""
    try:
        LOSSES[loss]().check_output(ACTIVATIONS[output]())
    except SettingError:
        return False
    return True


# What no step size and no other number above 0 may be.
BAD_RATES = [0, -0.1, math.nan, math.inf, -math.inf, pytest.param(10**400, id="10^400"), True, "0.3", None, [0.3], 1j]
# How ``NeuralNetwork.train`` is called on so few examples.
QUICK: dict[str, Any] = {"batch_size": 3, "epochs": 2, "seed": 5}

# Read from the registries and the table of formats: what is new there is tested here.
ENDINGS = tuple(each.ending for each in SAVED_FORMATS)
LOSS_AND_OUTPUT = [(loss, output) for loss in LOSSES for output in ACTIVATIONS if accepts(loss, output)]


def class_data(examples: int = 60, width: int = 4, classes: int = 3, test: int = 20, seed: int = 0) -> Dataset:
    """Clouds around a corner for each class: easy to learn."""
    rng = np.random.default_rng(seed)
    corners = rng.normal(size=(classes, width)) * 2

    def split(name: str, count: int) -> Any:
        labels = np.arange(count) % classes
        return classification_split(name, corners[labels] + rng.normal(size=(count, width)) / 2, labels, width, classes)

    return Dataset("clouds", split("train", examples), split("test", test) if test else None)


def numbered_data(examples: int, width: int = 2) -> Dataset:
    """A regression whose first column numbers the examples, so that it can be seen which ones were used."""
    inputs = np.zeros((examples, width))
    inputs[:, 0] = np.arange(examples)
    return Dataset("numbers", regression_split("train", inputs, np.zeros((examples, 1)), width, 1))


def prices(seed: int = 0) -> Dataset:
    """A regression of one number, in €."""
    inputs = np.random.default_rng(seed).normal(size=(40, 3))
    split = regression_split("train", inputs, 100 * inputs[:, :1], 3, 1)
    return Dataset("prices", split, split, targets=("price (€)",))


def network_for(dataset: Dataset, seed: int = 1, hidden: int = 5, **how: Any) -> Network:
    """A small network of the right width."""
    return Network([dataset.width, hidden, dataset.outputs], rng=np.random.default_rng(seed), **how)


def trainer(dataset: Dataset | None = None, network: Network | None = None, **how: Any) -> Trainer:
    """Ready to train a small network for two epochs of three batches."""
    dataset = dataset or class_data()
    how = {"batch_size": 20, "epochs": 2} | how
    return Trainer(network or network_for(dataset), dataset, TrainingSettings(**how))


def examples_used(training: Trainer) -> list[list[int]]:
    """The numbers of the examples that were learned from, epoch by epoch, in order."""
    epochs: list[list[int]] = [[]]
    learn = training.network.backward

    def backward(inputs: Array, *rest: Any) -> Array:
        epochs[-1].extend(inputs[:, 0].astype(int).tolist())
        return learn(inputs, *rest)

    training.network.backward = backward  # type: ignore[method-assign, assignment]
    for event in training.run():
        if isinstance(event, Epoch):
            epochs.append([])
    return epochs[1:-1]


def few_examples(examples: int = 10, width: int = 2, classes: int = 3) -> tuple[list[list[float]], list[int]]:
    """Plain lists, as a person may pass them: noise and class numbers."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(examples, width)).tolist(), (np.arange(examples) % classes).tolist()


def bits(network: Network) -> bytes:
    """Every parameter, to be compared exactly."""
    return network.parameters.tobytes()


def ancestor_predict(path: Path, data: Any) -> Array:
    """What the program of 2015 makes of a file, written from its description: columns are examples, sigmoid."""
    saved = json.loads(path.read_text())
    a = np.array(data, dtype=float).T
    for w, b in zip(saved["weights"], saved["biases"], strict=True):
        a = 1 / (1 + np.exp(-(np.array(w) @ a + np.array(b))))
    return a.T
