"""How a network's numbers are spread, against what numpy says of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.network.activations import ACTIVATIONS
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network
from engine.training.distributions import EXAMPLES, LayerStatisticsEvaluator, summarise
from tests.engine.helpers import bits, class_data, network_for


@pytest.mark.parametrize("shape", [(3,), (40, 7), (300, 50)])
def test_figures_are_of_all_numbers_and_the_sample_is_some_of_them(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(3).normal(0.5, 2, shape).astype(np.float32)
    for laid_out in (values, values.T):
        spread = summarise(laid_out)
        assert spread.count == values.size
        assert (spread.low, spread.high) == (values.min(), values.max())
        assert spread.mean == pytest.approx(values.mean(dtype=np.float64), rel=1e-5)
        assert spread.deviation == pytest.approx(values.std(dtype=np.float64), rel=1e-4)
        assert len(spread.sample) == min(values.size, 4096)
        assert np.isin(spread.sample, values).all()


@pytest.mark.parametrize(("mean", "deviation"), [(1, 1e-4), (100, 0.01), (1000, 0.1), (0, 1e18)])
@pytest.mark.parametrize("count", [100, 100_000])
def test_small_differences_between_large_numbers_count(mean: float, deviation: float, count: int) -> None:
    values = (mean + deviation * np.random.default_rng(1).standard_normal(count)).astype(np.float32)
    assert summarise(values).deviation == pytest.approx(values.astype(np.float64).std(), rel=1e-6)


def test_what_is_not_finite_is_left_out() -> None:
    spread = summarise(np.array([1, np.nan, 3, np.inf, -np.inf], np.float32))
    assert (spread.count, spread.low, spread.high, spread.mean, spread.deviation) == (5, 1, 3, 2, 1)
    assert spread.sample.tolist() == [1, 3]
    nothing = summarise(np.full(3, np.nan))
    assert (nothing.low, nothing.high, len(nothing.sample)) == (0, 0, 0)


def test_numbers_beyond_float32_are_reported_too() -> None:
    assert summarise(np.array([1e200, -1e200])).high == 1e200


def test_the_same_places_are_drawn_each_time() -> None:
    values = np.arange(20_000, dtype=np.float32)
    np.testing.assert_array_equal(summarise(values).sample + 1, summarise(values + 1).sample)


@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden])
def test_what_it_sees_is_what_the_network_does(hidden: str) -> None:
    data = class_data(examples=EXAMPLES + 50)
    network = network_for(data, activations=[hidden, "softmax"], loss="cross-entropy", initializer="he")
    before = bits(network)
    layers = LayerStatisticsEvaluator(network, data.train).evaluate(network)
    assert bits(network) == before

    inputs, targets = data.train.inputs[:EXAMPLES], data.train.targets[:EXAMPLES]
    buffers = TrainingBuffers(network, EXAMPLES)
    network.forward(inputs, buffers)
    for layer, answers in zip(layers, buffers.outputs, strict=True):
        assert layer.activations.count == answers.size
        assert layer.activations.high == answers.max()
    network.forward_with_loss(inputs, targets, buffers)
    network.backward(inputs, targets, buffers)
    for index, layer in enumerate(layers):
        assert layer.gradients.low == buffers.weight_gradients[index].min()
        assert layer.gradients.deviation == pytest.approx(buffers.weight_gradients[index].std(), rel=1e-3)
        assert layer.weights.high == network.weights[index].max()
        assert layer.biases.count == layer.neurons == network.shape[index + 1]


def test_dead_neurons_are_counted() -> None:
    data = class_data(examples=300)
    network = network_for(data, activations=["relu", "softmax"], loss="cross-entropy", initializer="he")
    evaluator = LayerStatisticsEvaluator(network, data.train)
    alive = evaluator.evaluate(network)[0].dead
    network.biases[0][:2] = -1e6  # whatever comes in, nothing comes out
    layers = evaluator.evaluate(network)
    assert alive == 0
    assert layers[0].dead == 2
    assert layers[1].dead is None


def test_a_saturated_sigmoid_is_as_good_as_dead() -> None:
    data = class_data(examples=300)
    network = network_for(data, activations=["sigmoid", "sigmoid"])
    network.biases[0][0] = 100
    assert LayerStatisticsEvaluator(network, data.train).evaluate(network)[0].dead == 1


def test_it_looks_at_others_of_the_same_make() -> None:
    data = class_data(examples=300)
    network = network_for(data, 1)
    other = network.with_parameters(network.parameters * 2)
    ours, theirs = (LayerStatisticsEvaluator(network, data.train).evaluate(each) for each in (network, other))
    assert theirs[0].weights.high == 2 * ours[0].weights.high
    assert isinstance(network, Network)
