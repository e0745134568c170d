"""A step that is written down is the training's own step, and its numbers are right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, classification_split, regression_split
from engine.explain.finite_difference import finite_difference
from engine.explain.formulas import softmax_with_temperature
from engine.explain.step_trace import BIAS, StepTrace, parameter_in, record_step, take_trainer_snapshot
from engine.network.activations import ACTIVATIONS
from engine.network.network import Network
from engine.training.augmentation import Augmentation
from engine.training.events import Batch
from engine.training.optimizers import OPTIMIZERS
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer


def pictures(count: int = 60, classes: int = 3) -> Dataset:
    """Random small pictures with random classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, count)
    split = classification_split("train", rng.random((count, 16)), labels, 16, classes)
    return Dataset("pictures", split, None, (4, 4), tuple("abcdefghij"[:classes]))


def numbers(count: int = 40) -> Dataset:
    """Random columns, two numbers to predict."""
    rng = np.random.default_rng(0)
    return Dataset("numbers", regression_split("train", rng.normal(size=(count, 3)), rng.normal(size=(count, 2)), 3, 2))


def trainer(data: Dataset | None = None, steps: int = 0, **settings: Any) -> Trainer:
    """After a given number of steps."""
    data = data or pictures()
    functions = settings.pop("activations", ["relu", "tanh", "softmax"])
    loss = settings.pop("loss", "cross-entropy")
    hidden = settings.pop("hidden", [8, 5])
    shape = [data.width, *hidden, data.outputs]
    network = Network(shape, functions, loss, "normal", np.random.default_rng(1))
    made = Trainer(network, data, TrainingSettings(**{"batch_size": 10, "epochs": 50, **settings}))
    take(made, steps)
    return made


def take(trained: Trainer, steps: int) -> None:
    """Takes a given number of steps."""
    events = trained.run()
    while steps:
        steps -= isinstance(next(events), Batch)


def record(trained: Trainer, example: tuple[Array, Array] | None = None) -> StepTrace:
    """The next step."""
    step = record_step(take_trainer_snapshot(trained), trained.network, trained._given, example)
    assert step is not None
    return step


RECIPES: dict[str, dict[str, Any]] = {
    **{name: {"optimizer": name, "learning_rate": 0.01} for name in OPTIMIZERS},
    "dropout": {"dropout": 0.5},
    "dropout of the inputs": {"dropout": (0.2, 0.5, 0.1)},
    "decay": {"weight_decay": 0.01, "l1": 0.001},
    "decay apart": {"weight_decay": 0.01, "optimizer": "adamw"},
    "clipped": {"clip_norm": 0.01, "weight_decay": 0.1},
    "max-norm": {"max_norm": 0.5},
    "augmentation": {"augmentation": Augmentation(shift=1, noise=0.1)},
    "schedule": {"schedule": "cosine", "warmup": 2},
    "validation": {"validation_share": 0.2, "patience": 3},
    "no last batch": {"batch_size": 7, "drop_last": False},
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_training_gets_the_same_parameters_to_the_bit(name: str) -> None:
    trained = trainer(**RECIPES[name])
    for _ in range(12):  # more than an epoch
        step = record(trained)
        assert np.array_equal(step.network.parameters, trained.network.parameters)
        take(trained, 1)
        assert np.array_equal(step.after.parameters, trained.network.parameters)
        assert (step.epoch, step.batch, step.is_given) == (trained.epoch, trained.batch, False)


def test_wide_layers_too() -> None:
    trained = trainer(hidden=[300, 300], steps=2)
    step = record(trained)
    take(trained, 1)
    assert np.array_equal(step.after.parameters, trained.network.parameters)


def test_recording_changes_nothing() -> None:
    trained, undisturbed = (trainer(steps=3, dropout=0.5, optimizer="adam") for _ in range(2))
    record(trained)
    record(trained, (np.ones(16), np.array([0, 1, 0])))
    for each in (trained, undisturbed):
        take(each, 4)
    assert np.array_equal(trained.network.parameters, undisturbed.network.parameters)


def test_a_training_that_is_over_has_no_next_step() -> None:
    trained = trainer(epochs=1)
    for _ in trained.run():
        pass
    assert record_step(take_trainer_snapshot(trained), trained.network, trained.dataset) is None


def test_its_loss_and_gradient_are_those_of_the_network() -> None:
    trained = trainer(steps=2)
    step = record(trained)
    network = step.network.with_parameters(step.network.parameters.astype(np.float64))
    assert np.allclose(network.predict(step.inputs), step.activations[-1], atol=1e-6)
    difference = (step.before.parameters - step.after.parameters) / step.rate
    assert np.allclose(difference, step.gradient, atol=1e-5)


def test_what_it_goes_on_from_is_what_the_training_goes_on_from() -> None:
    trained = trainer(steps=4, optimizer="adam", dropout=0.3)
    step = record(trained)
    network = trained.network.copy()
    goes_on = step.after.trainer(network, trained.dataset)
    take(goes_on, 3)
    take(trained, 4)
    assert np.array_equal(network.parameters, trained.network.parameters)
    goes_back = step.before.trainer(network, trained.dataset)
    take(goes_back, 4)
    assert np.array_equal(network.parameters, trained.network.parameters)


def test_one_example_can_be_learned_from_and_the_place_stays() -> None:
    trained = trainer(steps=4, optimizer="momentum", augmentation=Augmentation(noise=0.5))
    inputs, targets = np.linspace(0, 1, 16), np.array([0.0, 1.0, 0.0])
    step = record(trained, (inputs, targets))
    assert step.is_given
    assert step.rows == 1
    assert np.allclose(step.inputs[0], inputs)
    assert step.after.state.progress["batch"] == trained.batch
    again = record_step(step.after, trained.network, trained.dataset, (inputs, targets))
    assert again is not None
    assert again.loss < step.loss
    assert again.settings.augmentation == Augmentation()
    network = trained.network.copy()
    assert step.after.trainer(network, trained.dataset).settings == trained.settings


def test_a_batch_too_large_to_be_written_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = trainer()
    monkeypatch.setattr("engine.explain.step_trace._MOST_NUMBERS", 100)
    with pytest.raises(DataError, match="smaller batch size"):
        record(trained)
    record(trained, (np.ones(16), np.array([1, 0, 0])))


# ---- the gradient


@pytest.mark.parametrize("function", [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden])
def test_finite_differences_agree(function: str) -> None:
    step = record(trainer(activations=[function, function, "softmax"], steps=1, dropout=0.2))
    for layer, neuron, source in ((1, 2, 5), (1, 0, BIAS), (2, 3, 1), (3, 2, 4), (3, 1, BIAS)):
        found = finite_difference(step, layer, neuron, source)
        assert found.slope == pytest.approx(found.gradient, rel=1e-3, abs=1e-6)


def test_finite_differences_of_a_regression() -> None:
    step = record(trainer(numbers(), activations=["gelu", "identity", "identity"], loss="huber"))
    found = finite_difference(step, 2, 1, 3)
    assert found.slope == pytest.approx(found.gradient, rel=1e-3, abs=1e-6)
    assert step.network.parameters.dtype == np.float32


def test_a_parameter_has_the_same_place_in_every_vector() -> None:
    step = record(trainer())
    place = parameter_in(step.network.parameters, step.network.shape, 2, 3, 1)
    assert place[0] == step.network.weights[1][3, 1]
    assert np.shares_memory(place, step.network.parameters)
    assert step.value_of(step.network.parameters, 2, 3, BIAS) == step.network.biases[1][3, 0]


def test_deltas_are_of_each_rows_own_loss() -> None:
    one = record(trainer(batch_size=1, steps=3))
    assert np.allclose(one.deltas[-1], one.activations[-1] - one.targets, atol=1e-6)
    step = record(trainer(steps=3))
    assert np.allclose(step.deltas[-1], step.activations[-1] - step.targets, atol=1e-6)
    gradient = step.deltas[1].T @ step.entering(2) / step.rows
    assert np.allclose(gradient, step.gradient_views[0][1], atol=1e-6)


def test_deep_narrow_and_untrained_networks_have_a_step() -> None:
    deep = trainer(hidden=[4] * 59, activations=["relu"] * 59 + ["softmax"])
    assert record(deep).layers == 60
    one = trainer(hidden=[], activations=["sigmoid"], loss="quadratic", data=replace(numbers()))
    assert record(one).layers == 1


def test_temperature() -> None:
    sums = np.array([1.0, 2.0, 5.0])
    assert np.allclose(softmax_with_temperature(sums, 1), np.exp(sums) / np.exp(sums).sum())
    assert softmax_with_temperature(sums, 100).max() < 0.4
    assert softmax_with_temperature(sums, 0.05).max() > 0.999
