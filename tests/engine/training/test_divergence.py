"""A run that diverges stops with words, and with a network that is finite."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DivergenceError
from engine.datasets import Dataset, Split
from engine.datasets.dataset import regression_split
from engine.network.network import Network
from engine.training.events import Batch, Epoch, Event
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, network_for, refused, trainer


def diverging(
    hidden: str, output: str, loss: str, learning_rate: float, dtype: type = np.float32, **how: Any
) -> Trainer:
    dataset = class_data(examples=300)
    network = network_for(dataset, activations=[hidden, output], loss=loss, dtype=dtype)
    return trainer(dataset, network, **({"batch_size": 10, "epochs": 50, "learning_rate": learning_rate} | how))


@pytest.mark.parametrize(
    ("hidden", "output", "loss", "learning_rate"),
    [
        ("relu", "identity", "quadratic", 1e30),
        ("relu", "identity", "quadratic", 1e3),
        ("relu", "softmax", "cross-entropy", 1e30),
        ("identity", "softmax", "quadratic", 3e38),
        ("sigmoid", "identity", "quadratic", 1e30),
        ("sigmoid", "sigmoid", "quadratic", 1e300),
        ("sigmoid", "softmax", "cross-entropy", 1e300),
    ],
)
@pytest.mark.parametrize("evaluate", [True, False])
def test_a_diverging_run_stops_with_a_finite_network(
    hidden: str, output: str, loss: str, learning_rate: float, evaluate: bool
) -> None:
    training = diverging(hidden, output, loss, learning_rate, evaluate=evaluate)
    with refused(DivergenceError, "loss", "first in layer"):
        list(training.run())
    assert np.isfinite(training.network.parameters).all()
    assert training.estimate() is not None, "its figures are finite"


@pytest.mark.parametrize("evaluate", [True, False])
@pytest.mark.parametrize("learning_rate", [1e30, 1e38, 1e300])
def test_even_the_very_last_step_is_noticed(learning_rate: float, evaluate: bool) -> None:
    training = diverging("relu", "identity", "quadratic", learning_rate, batch_size=300, epochs=1, evaluate=evaluate)
    start = training.network.parameters.copy()
    with refused(DivergenceError, "loss", "epoch 1, batch 1"):
        list(training.run())
    np.testing.assert_array_equal(training.network.parameters, start)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_epoch_can_be_counted_over_all_trainings(dtype: type) -> None:
    """Also in another process, and if it is the optimizer that overflows."""
    training = diverging("relu", "identity", "quadratic", 1e30, dtype)
    with pytest.raises(DivergenceError) as caught:
        list(training.run())
    own = caught.value
    assert "epoch 1, batch" in str(own)
    assert "epoch 1, batch" in own.in_words
    counted = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(own)).after(4)))
    assert "epoch 5 (epoch 1 of this run), batch" in str(counted)
    assert "epoch 5, batch" in counted.in_words
    assert str(counted.after(0)) == str(own)
    assert "epoch 5.5 (" in str(own.after(4.5))


@pytest.mark.parametrize("evaluate", [True, False])
def test_infinite_weights_do_not_hide_behind_a_sigmoid(evaluate: bool) -> None:
    dataset = Dataset("one", regression_split("train", [[1.0]], [[0.25]], 1, 1))
    network = Network([1, 1], rng=np.random.default_rng(0))
    start = network.parameters.copy()
    with refused(DivergenceError, "loss", "layer 1"):
        list(trainer(dataset, network, batch_size=1, epochs=1, learning_rate=1e300, evaluate=evaluate).run())
    np.testing.assert_array_equal(network.parameters, start)


def test_figures_that_are_not_finite_are_never_shown() -> None:
    """Here it is one example of the test split that is too much, after an epoch that went well."""
    train = regression_split("train", [[1.0]] * 4, [[3.0]] * 4, 1, 1)
    dataset = Dataset("one far away", train, regression_split("test", [[1e20]], [[3.0]], 1, 1))
    network = Network([1, 1], ["identity"], initializer="zeros")
    run = trainer(dataset, network, batch_size=2, epochs=1, learning_rate=0.1).run()
    events: list[Event] = []
    with refused(DivergenceError, "loss", "epoch 1, batch 2"):
        events.extend(run)
    assert all(np.isfinite(event.test.loss) for event in events if isinstance(event, Epoch) and event.test)
    assert not network.parameters.any()


def test_no_more_than_fifty_batches_are_lost() -> None:
    training = diverging("relu", "identity", "quadratic", 0.001, batch_size=2)
    run, after_100 = training.run(), None
    for event in run:
        if isinstance(event, Batch) and event.batch == 100:
            after_100 = training.network.parameters.copy()
        if isinstance(event, Batch) and event.batch == 149:
            break
    training.learning_rate = 1e38
    with refused(DivergenceError, "loss", "epoch 1, batch 15"):
        list(run)
    np.testing.assert_array_equal(training.network.parameters, after_100)


@pytest.mark.parametrize("layer", [1, 2])
def test_the_message_names_the_layer_whose_weights_went(layer: int) -> None:
    training = diverging("relu", "identity", "quadratic", 0.001)
    run = training.run()
    for event in run:
        if isinstance(event, Batch) and event.batch == 3:
            break
    training.network.weights[layer - 1][0, 0] = np.inf
    with refused(DivergenceError, "loss", f"epoch 1, batch 4, first in layer {layer}"):
        next(run)


def test_the_message_names_the_layer_whose_answers_went() -> None:
    training = diverging("relu", "identity", "quadratic", 0.001)
    training.network.weights[0][...] = 1
    training.network.weights[1][...] = 3e38
    with refused(DivergenceError, "loss", "before the first step. The numbers in layer 2"):
        next(training.run())


def test_huge_but_finite_weights_are_let_be() -> None:
    training = diverging("sigmoid", "sigmoid", "quadratic", 1e30)
    *_, last = training.run()
    assert isinstance(last, Epoch)
    assert last.epoch == 50


def test_training_goes_on_with_a_lower_rate_after_divergence() -> None:
    training = diverging("relu", "softmax", "cross-entropy", 1e30)
    with pytest.raises(DivergenceError):
        list(training.run())
    *_, last = trainer(training.dataset, training.network, learning_rate=0.05, epochs=20).run()
    assert isinstance(last, Epoch)
    assert last.test is not None
    assert last.test.error is not None
    assert last.test.error <= 0.1


def test_a_rate_that_shoots_up_on_the_way_is_noticed_too() -> None:
    training = diverging("relu", "identity", "quadratic", 0.001)
    run = training.run()
    for event in run:
        if isinstance(event, Epoch) and event.epoch == 2:
            break
    good = training.network.parameters.copy()
    training.learning_rate = 1e35
    with pytest.raises(DivergenceError, match=r"epoch 3.*1e\+35"):
        list(run)
    np.testing.assert_array_equal(training.network.parameters, good)


def test_the_message_tells_the_rate_of_the_step_that_went_wrong() -> None:
    """At the end of a run the schedule has come down to 0, which cannot have been it."""
    training = diverging("relu", "identity", "quadratic", 1e38, batch_size=300, epochs=1, schedule="cosine")
    with pytest.raises(DivergenceError, match=r"learning rate of 1e\+38"):
        list(training.run())


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_the_same_run_goes_on_after_divergence_with_a_lower_rate(optimizer: str) -> None:
    """Nothing that the optimizer kept of the way out is left."""
    training = diverging("relu", "identity", "quadratic", 0.01, optimizer=optimizer, epochs=20)
    run = training.run()
    for event in run:
        if isinstance(event, Epoch) and event.epoch == 2:
            break
    training.learning_rate = 1e4
    with pytest.raises(DivergenceError, match="learning rate of 10000"):
        list(run)
    training.learning_rate = 0.001
    *_, last = training.run()
    assert isinstance(last, Epoch)
    assert last.test is not None
    assert last.test.error is not None
    assert last.test.error <= 0.2


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_gradients_too_large_to_be_squared_are_reported(optimizer: str) -> None:
    """An infinite average never moves its parameters again, though all that can be seen is finite."""
    inputs = np.full((20, 2), 1e13, np.float32)
    data = Dataset("huge", Split(inputs, np.full((20, 1), 1e8, np.float32)))
    network = Network([2, 1], ["identity"], initializer="zeros")
    training = Trainer(network, data, TrainingSettings(batch_size=10, epochs=3, optimizer=optimizer))
    with refused(DivergenceError, "gradient", "too large at epoch 1"):
        list(training.run())
    assert np.isfinite(network.parameters).all()
    assert not training.state().vectors.keys() - {"order"}, "what is kept starts again"


def test_whoever_drives_the_run_keeps_the_warnings_asked_for() -> None:
    """Warnings are silenced within a step, not between two events."""
    training = trainer(class_data(examples=1200), validation_share=0.2, patience=1, dropout=0.3)
    with np.errstate(divide="raise", over="warn", under="raise", invalid="raise"):
        asked_for = np.geterr()
        for _ in training.run():
            assert np.geterr() == asked_for
            training.estimate()
            assert np.geterr() == asked_for
