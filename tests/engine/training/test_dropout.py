"""Dropout: what is left out, how often, and that nothing is when it counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network
from engine.training.events import Batch, Epoch
from engine.training.metrics import Evaluator
from engine.training.regularisation import Dropout
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import class_data, network_for, refused, trainer

SHAPE = [10, 300, 7, 3]  # a wide layer lies in memory differently
RATES = (0.2, 0.0, 0.5)


def network(hidden: str = "tanh", **how: Any) -> Network:
    rng = np.random.default_rng(1)
    how = {"initializer": "glorot", "rng": rng, "dtype": np.float64} | how
    net = Network(SHAPE, [hidden, hidden, "identity"], **how)
    for b in net.biases:
        b[...] = rng.normal(size=b.shape)
    return net


def drawn(batch: int, rates: tuple[float, ...] = RATES, net: Network | None = None) -> TrainingBuffers:
    buffers = TrainingBuffers(net or network(), batch)
    Dropout(rates).draw(np.ones((batch, 10)), buffers, np.random.default_rng(0))
    return buffers


# masks


@pytest.mark.parametrize("rates", [(0.2, 0.0, 0.5), (0.0, 0.9, 0.1), (0.0, 0.5, 0.0)])
def test_each_layer_has_its_rate_and_the_expected_value_stays(rates: tuple[float, ...]) -> None:
    for rate, mask, width in zip(rates, drawn(4000, rates).masks, SHAPE, strict=False):
        if not rate:
            assert mask is None
            continue
        assert mask is not None
        assert mask.shape == (4000, width)
        assert set(np.unique(mask)) == {0, 1 / (1 - rate)}
        assert (mask == 0).mean() == pytest.approx(rate, abs=0.02)
        # Of each neuron by itself: five standard deviations.
        np.testing.assert_allclose(mask.mean(axis=0), 1, atol=5 * (rate / (1 - rate) / 4000) ** 0.5)


def test_examples_and_steps_have_masks_of_their_own() -> None:
    buffers, rng, inputs = TrainingBuffers(network(), 50), np.random.default_rng(0), np.ones((50, 10))
    Dropout(RATES).draw(inputs, buffers, rng)
    first = buffers.masks[2]
    assert first is not None
    first = first.copy()
    assert len(np.unique(first, axis=0)) > 20
    Dropout(RATES).draw(inputs, buffers, rng)
    assert not np.array_equal(buffers.masks[2], first)


def test_same_generator_same_masks() -> None:
    for mine, other in zip(drawn(20).masks, drawn(20).masks, strict=True):
        np.testing.assert_array_equal(mine, other)


# through the network


def by_hand(net: Network, x: Array, masks: list[Array | None]) -> Array:
    """A forward pass with tanh, written once more."""
    rows = x
    for layer, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        mask = masks[layer]
        rows = (rows if mask is None else rows * mask) @ w.T + b.T
        if layer < 2:
            rows = np.tanh(rows)
    return rows


def test_outputs_are_those_of_the_thinned_network() -> None:
    net, buffers = network(), drawn(6)
    x, y = np.random.default_rng(3).normal(size=(6, 10)), np.random.default_rng(4).normal(size=(6, 3))
    loss = net.forward_with_loss(x, y, buffers)
    expected = by_hand(net, x, buffers.masks)
    np.testing.assert_allclose(buffers.outputs[-1], expected, rtol=1e-12)
    assert loss == pytest.approx(((expected - y) ** 2).sum() / 2 / 6)


@pytest.mark.parametrize("hidden", ["tanh", "gelu"])
@pytest.mark.parametrize("rates", [(0.3, 0.4, 0.5), (0.0, 0.5, 0.0), (0.5, 0.0, 0.0)])
def test_the_gradient_is_that_of_the_thinned_network(hidden: str, rates: tuple[float, ...]) -> None:
    net, rng = network(hidden), np.random.default_rng(3)
    buffers = drawn(5, rates, net)
    x, y = rng.normal(size=(5, 10)), rng.normal(size=(5, 3))

    def loss_at(parameters: Array) -> float:
        return net.with_parameters(parameters).forward_with_loss(x, y, buffers)

    checked, step = rng.choice(len(net.parameters), 120, replace=False), 1e-6
    slopes = []
    for place in checked:
        nudge = np.zeros_like(net.parameters)
        nudge[place] = step
        slopes.append((loss_at(net.parameters + nudge) - loss_at(net.parameters - nudge)) / (2 * step))
    net.forward_with_loss(x, y, buffers)
    np.testing.assert_allclose(net.backward(x, y, buffers)[checked], slopes, rtol=1e-5, atol=1e-8)


# in a training


def masks_used(training: Trainer) -> list[list[Array | None]]:
    """Copies of those of each step."""
    learn, seen = training.network.backward, []

    def backward(inputs: Array, targets: Array, buffers: TrainingBuffers, *rest: Any) -> Array:
        buffers = buffers.cut(len(inputs))
        seen.append([None if mask is None else mask.copy() for mask in buffers.masks])
        return learn(inputs, targets, buffers, *rest)

    training.network.backward = backward  # type: ignore[method-assign, assignment]
    list(training.run())
    return seen


def test_one_rate_is_for_the_hidden_layers_and_not_for_the_inputs() -> None:
    for at_inputs, hidden in masks_used(trainer(dropout=0.5)):
        assert at_inputs is None
        assert hidden is not None
        assert 0.3 < (hidden == 0).mean() < 0.7


def test_a_rate_for_each_layer_begins_with_the_inputs() -> None:
    for at_inputs, hidden in masks_used(trainer(dropout=(0.25, 0.0))):
        assert at_inputs is not None
        assert at_inputs.max() == pytest.approx(1 / 0.75)
        assert hidden is None


def test_a_last_smaller_batch_has_masks_of_its_size_and_new_ones_each_epoch() -> None:
    used = masks_used(trainer(class_data(examples=50), dropout=0.5, drop_last=False))
    shapes = [mask.shape for _, mask in used if mask is not None]
    assert shapes == [(20, 5), (20, 5), (10, 5)] * 2
    for one, other in ((0, 1), (2, 5), (0, 3)):
        assert not np.array_equal(used[one][1], used[other][1])


@pytest.mark.parametrize("hidden", [5, 300])
def test_nothing_is_left_out_of_predictions_figures_and_estimates(hidden: int) -> None:
    data = class_data()
    training = trainer(data, network_for(data, hidden=hidden), dropout=(0.5, 0.5), learning_rate=0.1, drop_last=False)
    for event in training.run():
        net = training.network
        fresh = Network(net.shape, net.activations, initializer="zeros")
        fresh.parameters[...] = net.parameters
        if isinstance(event, Epoch):
            exact = Evaluator(fresh, data.train).evaluate()
            assert event.train is not None
            assert (event.train.loss, event.train.error) == (exact.loss, exact.error)
        if isinstance(event, Batch):
            assert training.estimate().train.loss == Evaluator(fresh, data.train).evaluate().loss
            np.testing.assert_array_equal(net.predict(data.train.inputs), fresh.predict(data.train.inputs))


def test_it_is_switched_on_and_off_between_steps() -> None:
    training = trainer(class_data(examples=50), epochs=3, drop_last=False)
    learn, seen = training.network.backward, []

    def backward(inputs: Array, targets: Array, buffers: TrainingBuffers, *rest: Any) -> Array:
        seen.append(buffers.cut(len(inputs)).masks[1] is not None)
        return learn(inputs, targets, buffers, *rest)

    training.network.backward = backward  # type: ignore[method-assign, assignment]
    for event in training.run():
        if isinstance(event, Epoch):
            rate = 0.5 if event.epoch == 1 else 0.0
            training.change(TrainingSettings(batch_size=20, epochs=3, drop_last=False, dropout=rate))
    assert seen == [False] * 3 + [True] * 3 + [False] * 3


def test_a_network_without_hidden_layers_takes_one_rate() -> None:
    data = class_data()
    list(trainer(data, Network([data.width, data.outputs]), dropout=0.5).run())


@pytest.mark.parametrize("rates", [(0.5,), (0.0, 0.5, 0.5)])
def test_another_number_of_rates_than_of_layers_is_refused(rates: tuple[float, ...]) -> None:
    with refused(SettingError, "dropout", ", ".join(f"{rate:g}" for rate in rates)):
        trainer(dropout=rates)
    training = trainer()
    with refused(SettingError, "dropout", "0"):
        training.change(TrainingSettings(batch_size=20, epochs=2, dropout=rates))
    assert training.settings.dropout == 0
