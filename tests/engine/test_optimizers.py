"""Update rules, each worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.datasets.dataset import Dataset, regression_split
from engine.events import Batch
from engine.network import Network
from engine.optimizers import OPTIMIZERS, SGD
from engine.settings import TrainingSettings
from engine.training import Trainer
from tests.engine.helpers import network_for


def test_sgd_by_hand_over_several_steps() -> None:
    parameters = np.array([1.0, -2.0])
    sgd = SGD()
    for gradient, rate in (([0.5, 1.0], 0.1), ([-1.0, 0.0], 0.1), ([2.0, -4.0], 0.5)):
        sgd.step(parameters, np.array(gradient), rate)
    np.testing.assert_allclose(parameters, [1 - 0.05 + 0.1 - 1, -2 - 0.1 - 0 + 2])


def sigmoid_neuron_by_hand(
    w: float, b: float, examples: list[tuple[float, float]], rate: float, steps: int
) -> tuple[float, float]:
    """One neuron, quadratic cost, all examples in each batch; scalars only."""
    for _ in range(steps):
        slope_w = slope_b = 0.0
        for x, y in examples:
            a = 1 / (1 + math.exp(-(w * x + b)))
            d = (a - y) * a * (1 - a) / len(examples)
            slope_w += d * x
            slope_b += d
        w, b = w - rate * slope_w, b - rate * slope_b
    return w, b


def test_a_neuron_trained_with_sgd_goes_where_scalar_arithmetic_goes() -> None:
    examples = [(0.5, 1.0), (-1.0, 0.0), (2.0, 0.25)]
    network = Network([1, 1], dtype=np.float64, rng=np.random.default_rng(2))
    start = float(network.weights[0][0, 0]), float(network.biases[0][0, 0])
    x, y = ([[pair[side]] for pair in examples] for side in (0, 1))
    data = Dataset("three", regression_split("train", x, y, 1, 1, np.float64))
    events = list(Trainer(network, data, TrainingSettings(batch_size=3, epochs=4, learning_rate=0.7)).run())
    assert sum(isinstance(event, Batch) for event in events) == 4
    np.testing.assert_allclose(network.parameters, sigmoid_neuron_by_hand(*start, examples, 0.7, 4), rtol=1e-12)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_each_goes_downhill_and_in_place(name: str) -> None:
    parameters = np.array([3.0, -4.0], np.float32)
    same = parameters
    optimizer = OPTIMIZERS[name]()
    for _ in range(50):
        optimizer.step(parameters, 2 * parameters, 0.1)
    assert parameters is same
    assert np.abs(parameters).max() < 1


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_each_keeps_the_weights_of_a_network_views_of_its_parameters(name: str) -> None:
    data = Dataset("one", regression_split("train", [[1.0, 2.0]], [[0.0]], 2, 1))
    network = network_for(data)
    list(Trainer(network, data, TrainingSettings(batch_size=1, epochs=2, optimizer=name)).run())
    assert all(np.shares_memory(w, network.parameters) for w in network.weights)
