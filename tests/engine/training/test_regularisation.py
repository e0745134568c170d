"""Penalties, clipping, limits: each by itself and as a training uses it. Dropout has a file of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, regression_split
from engine.network.buffers import Buffers, layer_views
from engine.network.network import Network
from engine.training.events import Batch
from engine.training.optimizers import OPTIMIZERS
from engine.training.regularisation import clip_gradient, decay_weights, limit_norms
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, network_for, trainer


def one_big_step(rate: float = 0.1, **how: Any) -> Trainer:
    """All examples in a batch, float64, smooth activations."""
    network = network_for(
        class_data(), activations=["tanh", "softmax"], loss="cross-entropy", initializer="he", dtype=np.float64
    )
    return trainer(class_data(), network, batch_size=60, epochs=1, learning_rate=rate, evaluate=False, **how)


def moved_by(training: Trainer) -> Array:
    """Where the first step goes, divided by the learning rate."""
    before = training.network.parameters.copy()
    next(event for event in training.run() if isinstance(event, Batch))
    return (before - training.network.parameters) / training.learning_rate  # type: ignore[no-any-return]


def slope_of(cost: Any, parameters: Array, step: float = 1e-6) -> Array:
    nudges = np.eye(len(parameters)) * step
    return np.array([cost(parameters + nudge) - cost(parameters - nudge) for nudge in nudges]) / (2 * step)


# penalties


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
def test_a_step_follows_the_slope_of_the_penalised_loss(l1: float, l2: float) -> None:
    training = one_big_step(l1=l1, weight_decay=l2)
    network, data = training.network, training.dataset.train
    buffers = Buffers(network, len(data))

    def penalised(parameters: Array) -> float:
        weights, _ = layer_views(parameters, network.shape)
        loss = network.with_parameters(parameters).forward_with_loss(data.inputs, data.targets, buffers)
        return loss + sum(l1 * float(np.abs(w).sum()) + l2 / 2 * float((w**2).sum()) for w in weights)

    expected = slope_of(penalised, network.parameters)
    np.testing.assert_allclose(moved_by(training), expected, rtol=1e-5, atol=1e-7)


def test_the_loss_that_is_reported_leaves_the_penalties_out() -> None:
    plain, penalised = (
        next(event for event in one_big_step(l1=by, weight_decay=by).run() if isinstance(event, Batch)) for by in (0, 5)
    )
    assert plain.loss == penalised.loss


def test_a_weight_of_0_is_not_pulled() -> None:
    training = one_big_step(l1=5)
    plain = one_big_step()
    for each in (training, plain):
        each.network.weights[0][2, 1] = 0
    there = moved_by(training) - moved_by(plain)
    (first, second), biases = layer_views(there, [4, 5, 3])
    assert first[2, 1] == pytest.approx(0, abs=1e-12)
    assert np.count_nonzero(np.abs(first) > 1) == first.size - 1
    assert np.count_nonzero(np.abs(second) > 1) == second.size
    assert not np.abs(np.concatenate(biases)).max() > 1e-12


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_biases_never_decay(optimizer: str) -> None:
    plain, penalised = one_big_step(optimizer=optimizer), one_big_step(optimizer=optimizer, l1=2, weight_decay=3)
    for each in (plain, penalised):
        each.network.biases[0][...] = 3
        each.network.biases[1][...] = -2
        moved_by(each)
    for alike, other in zip(plain.network.biases, penalised.network.biases, strict=True):
        np.testing.assert_array_equal(alike, other)
    assert not np.array_equal(plain.network.weights[0], penalised.network.weights[0])


def test_only_weights_are_shrunk() -> None:
    network = network_for(class_data(), dtype=np.float64)
    before = network.copy()
    decay_weights(network, 0.25)
    for w, was in zip(network.weights, before.weights, strict=True):
        np.testing.assert_allclose(w, 0.75 * was)
    for b, was in zip(network.biases, before.biases, strict=True):
        np.testing.assert_array_equal(b, was)


# decay that goes through Adam's averages, and decay that does not


def adam_by_hand(w: float, b: float, steps: int, rate: float, l2: float, decoupled: bool) -> tuple[float, float]:
    """One neuron w x + b, half the squared distance to 2 at x = 0.5."""
    m, v, values = [0.0, 0.0], [0.0, 0.0], [w, b]
    for t in range(1, steps + 1):
        d = values[0] * 0.5 + values[1] - 2
        gradient = [d * 0.5, d]
        if decoupled:
            values[0] -= rate * l2 * values[0]
        else:
            gradient[0] += l2 * values[0]
        for i in (0, 1):
            m[i] = 0.9 * m[i] + 0.1 * gradient[i]
            v[i] = 0.999 * v[i] + 0.001 * gradient[i] ** 2
            values[i] -= rate * (m[i] / (1 - 0.9**t)) / (math.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
    return values[0], values[1]


@pytest.mark.parametrize(("optimizer", "decoupled"), [("adam", False), ("adamw", True)])
def test_weight_decay_of_adam_and_adamw_by_hand(optimizer: str, decoupled: bool) -> None:
    network = Network([1, 1], ["identity"], initializer="zeros", dtype=np.float64)
    network.parameters[...] = [3, -1]
    data = Dataset("one", regression_split("train", [[0.5]], [[2.0]], 1, 1, np.float64))
    how: dict[str, Any] = {"optimizer": optimizer, "learning_rate": 0.05, "weight_decay": 0.4}
    list(trainer(data, network, batch_size=1, epochs=6, **how).run())
    np.testing.assert_allclose(network.parameters, adam_by_hand(3, -1, 6, 0.05, 0.4, decoupled), rtol=1e-10)
    assert adam_by_hand(3, -1, 6, 0.05, 0.4, True) != pytest.approx(adam_by_hand(3, -1, 6, 0.05, 0.4, False), rel=1e-3)


def test_decoupled_decay_follows_the_schedule() -> None:
    """A warm-up over two steps makes the first one half as long, and the decay with it."""
    shares = []
    for how in ({"learning_rate": 0.5}, {"learning_rate": 1.0, "warmup": 2}):
        network = Network([1, 1], ["identity"], initializer="zeros", dtype=np.float64)
        network.parameters[...] = [3, 2]
        data = Dataset("right", regression_split("train", [[0.0]], [[2.0]], 1, 1))  # no gradient at all
        list(trainer(data, network, batch_size=1, epochs=1, optimizer="adamw", weight_decay=0.1, **how).run())
        shares.append(network.weights[0][0, 0] / 3)
    assert shares == pytest.approx([0.95, 0.95])


# clipping


@given(gradient=arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6)), most=st.floats(1e-3, 1e3))
@settings(max_examples=40, derandomize=True)
def test_clipping_keeps_the_direction_and_limits_the_length(gradient: Array, most: float) -> None:
    clipped = gradient.copy()
    length = clip_gradient(clipped, most)
    assert length == pytest.approx(float(np.linalg.norm(gradient)))
    if length <= most:
        np.testing.assert_array_equal(clipped, gradient)
    else:
        assert np.linalg.norm(clipped) == pytest.approx(most)
        np.testing.assert_allclose(clipped * length, gradient * most, rtol=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_a_long_gradient_is_clipped_before_the_step(optimizer: str) -> None:
    free = moved_by(one_big_step(optimizer=optimizer))
    length = float(np.linalg.norm(free))
    clipped = moved_by(one_big_step(optimizer=optimizer, clip_norm=length / 3))
    np.testing.assert_allclose(clipped, free / 3, rtol=1e-9)
    np.testing.assert_allclose(moved_by(one_big_step(optimizer=optimizer, clip_norm=length * 1.01)), free, rtol=1e-9)


def test_penalties_are_clipped_too() -> None:
    assert np.linalg.norm(moved_by(one_big_step(weight_decay=100, clip_norm=0.5))) == pytest.approx(0.5)


# max-norm


def test_only_neurons_with_longer_weights_are_shortened() -> None:
    network = Network([2, 3, 1], initializer="zeros", dtype=np.float64)
    network.weights[0][...] = [[3, 4], [0, 1], [-6, 8]]
    network.weights[1][...] = [[1, 2, 2]]
    network.biases[0][...] = 100
    limit_norms(network, 2)
    np.testing.assert_allclose(network.weights[0], [[1.2, 1.6], [0, 1], [-1.2, 1.6]])
    np.testing.assert_allclose(network.weights[1], [[2 / 3, 4 / 3, 4 / 3]])
    assert (network.biases[0] == 100).all()


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_no_neuron_is_longer_after_any_step(optimizer: str) -> None:
    network = network_for(class_data(), activations=["relu", "softmax"], loss="cross-entropy")
    training = trainer(class_data(), network, optimizer=optimizer, max_norm=0.8, learning_rate=0.3, epochs=4)
    longest = []
    for event in training.run():
        if isinstance(event, Batch):
            longest.append(max(float(np.linalg.norm(w, axis=1).max()) for w in network.weights))
    assert max(longest) <= 0.8 * (1 + 1e-6)
    assert longest[-1] > 0.7  # it was needed


def test_without_a_limit_they_are() -> None:
    network = network_for(class_data(), activations=["relu", "softmax"], loss="cross-entropy")
    list(trainer(class_data(), network, learning_rate=0.3, epochs=4).run())
    assert max(float(np.linalg.norm(w, axis=1).max()) for w in network.weights) > 1


def test_limits_hold_where_squares_are_beyond_float32() -> None:
    gradient: Array = np.array([3e20, -4e20], np.float32)
    assert clip_gradient(gradient, 10) == pytest.approx(5e20)
    np.testing.assert_allclose(gradient, [6, -8], rtol=1e-6)
    network = Network([2, 2], initializer="zeros")
    network.weights[0][...] = [[3e20, 4e20], [1, 0]]
    limit_norms(network, 10)
    np.testing.assert_allclose(network.weights[0], [[6, 8], [1, 0]], rtol=1e-6)
