"""A network that died is reported at the end of the epoch, with its layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.dataset import regression_split
from engine.network.network import Network
from engine.training.distributions import dead_layer, dead_neurons, layer_activities
from engine.training.events import Epoch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, network_for


def network(shape: list[int], hidden: str = "relu") -> Network:
    names = [hidden] * (len(shape) - 2) + ["softmax"]
    return Network(shape, names, "cross-entropy", "he", np.random.default_rng(1))


def epochs_of(net: Network, data: Dataset, rate: float, **how: object) -> list[Epoch]:
    settings = TrainingSettings(**{"batch_size": 10, "epochs": 4, "learning_rate": rate, **how})  # type: ignore[arg-type]
    return [event for event in Trainer(net, data, settings).run() if isinstance(event, Epoch)]


@pytest.mark.parametrize("rate", [20.0, 50.0])
def test_a_rate_too_high_kills_a_layer_which_is_named(rate: float) -> None:
    data = class_data(examples=300)
    net = network([4, 6, 5, 3])
    before, *later = epochs_of(net, data, rate)
    assert before.dead_layer is None
    number = later[-1].dead_layer
    assert number in (1, 2)
    answers = data.train.inputs
    for layer in range(number):
        answers = np.maximum(0, answers @ net.weights[layer].T + net.biases[layer].T)
    assert not np.ptp(answers, axis=0).any()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_layer_has_the_number_of_its_weights(number: int) -> None:
    data, net = class_data(), network([4, 6, 5, 7, 3])
    net.biases[number - 1][...] = -1e6
    assert dead_layer(net, data.train) == number
    assert epochs_of(net, data, 1e-3)[1].dead_layer == number


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_saturated_layer_tells_nothing_apart_either(hidden: str, side: int) -> None:
    net = network([4, 6, 3], hidden)
    net.biases[0][...] = side * 100
    assert dead_layer(net, class_data().train) == 1


def test_one_that_has_hardly_begun_is_not_dead() -> None:
    """Its answers are nearly the same for all examples, but it can move."""
    for hidden in ("sigmoid", "tanh", "relu"):
        net = network([4, 6, 3], hidden)
        net.parameters *= 1e-6
        assert dead_layer(net, class_data().train) is None


def test_saturated_but_telling_is_not_dead() -> None:
    net = network([4, 6, 3], "tanh")
    net.weights[0][...] *= 1e6
    assert dead_layer(net, class_data().train) is None


def test_a_layer_that_wakes_for_one_in_fifty_at_most_is_dead() -> None:
    """Its neurons are not, if a measured example wakes them."""
    inputs = np.full((200, 4), -1, np.float32)
    for awake, expected in ((3, 1), (4, None)):
        inputs[:awake] = 1
        net = network([4, 6, 3])
        net.weights[0][...] = 1
        labels = np.arange(200) % 3
        split = Split(inputs, np.eye(3)[labels], labels)
        assert dead_layer(net, split) == expected
        assert [layer.dead for layer in layer_activities(net, split)] == [0]


def test_neurons_without_output_are_dead() -> None:
    net = network([4, 6, 3])
    net.weights[0][2] = 0
    net.biases[0][2] = -1
    assert [layer.nonzero()[0].tolist() for layer in dead_neurons(net, class_data().train)] == [[2]]


def test_a_healthy_network_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*of: object) -> int:
        raise AssertionError("a forward pass for nothing")

    monkeypatch.setattr("engine.training.trainer.dead_layer", looked)
    for event in epochs_of(network([4, 6, 5, 3]), class_data(examples=300), 0.1):
        assert event.dead_layer is None


def test_one_that_answers_by_chance_but_lives_is_not_dead() -> None:
    """Labels that have nothing to do with the examples."""
    rng = np.random.default_rng(0)
    split = Split(rng.normal(size=(300, 4)), np.eye(3)[rng.integers(3, size=300)], None)
    split = replace(split, labels=split.targets.argmax(axis=1))
    results = epochs_of(network([4, 6, 3]), Dataset("noise", split), 1e-6)
    assert [event.dead_layer for event in results] == [None] * 5
    assert dead_layer(network([4, 6, 3]), split) is None


def test_before_the_first_step_nothing_is_dead() -> None:
    data, net = class_data(), network([4, 6, 3])
    net.biases[0][...] = -1e6
    first = epochs_of(net, data, 1e-3)[0]
    assert (first.epoch, first.dead_layer) == (0, None)


def test_a_regression_has_no_chance_to_be_at() -> None:
    inputs = np.random.default_rng(0).normal(size=(60, 4))
    data = Dataset("sums", regression_split("train", inputs, inputs.sum(axis=1, keepdims=True), 4, 1))
    net = network_for(data, activations=["relu", "identity"])
    net.biases[0][...] = -1e6
    assert [event.dead_layer for event in epochs_of(net, data, 1e-3)] == [None] * 5


def test_without_figures_nothing_is_said() -> None:
    net = network([4, 6, 3])
    net.biases[0][...] = -1e6
    assert [event.dead_layer for event in epochs_of(net, class_data(), 1e-3, evaluate=False)] == [None] * 5


def only(labels: Array) -> Dataset:
    return Dataset("few", Split(np.ones((len(labels), 4), np.float32), np.eye(3, dtype=np.float32)[labels], labels))


def test_data_that_are_all_alike_and_answered_rightly_kill_nothing() -> None:
    results = epochs_of(network([4, 6, 3]), only(np.zeros(20, np.int64)), 0.1)
    assert results[-1].train is not None
    assert results[-1].train.error == 0
    assert results[-1].dead_layer is None
