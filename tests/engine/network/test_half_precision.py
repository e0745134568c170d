"""Packed parameters take half the memory, answer as the exact ones do, and are kept exactly where that is not so."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.half_precision import pack
from engine.network.network import Network

SHAPE = (784, 64, 32, 10)


@pytest.fixture
def network() -> Network:
    return Network(SHAPE, rng=np.random.default_rng(3))


def test_it_takes_half_the_memory(network: Network) -> None:
    kept = pack(network.parameters, SHAPE)
    assert kept.nbytes < 0.51 * network.parameters.nbytes


def test_each_value_is_within_half_a_step_of_its_row(network: Network) -> None:
    back = network.with_parameters(pack(network.parameters, SHAPE).unpack())
    for exact, found in zip(network.weights, back.weights, strict=True):
        step = np.abs(exact).max(axis=1, keepdims=True) / 32767
        assert (np.abs(found - exact) <= 0.51 * step + 1e-9).all()
    for exact, found in zip(network.biases, back.biases, strict=True):
        assert (np.abs(found - exact) <= 0.51 * np.abs(exact).max() / 32767 + 1e-9).all()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_answers_of_a_trained_network_differ_by_less_than_a_tenth_of_a_percent(
    optimizer: str, few_digits: Dataset
) -> None:
    experiment = Experiment(shape=SHAPE, activations=("relu", "relu", "softmax")).changed(
        epochs=5, batch_size=20, optimizer=optimizer, learning_rate=0.1 if optimizer == "sgd" else 0.003
    )
    network = experiment.build()
    for _ in experiment.trainer(few_digits, network).run():
        pass
    assert few_digits.test is not None
    inputs = few_digits.test.inputs / 255
    twin = network.with_parameters(pack(network.parameters, SHAPE).unpack())
    assert np.abs(twin.predict(inputs) - network.predict(inputs)).max() < 0.001


def test_few_parameters_are_kept_exactly_and_shared() -> None:
    parameters = Network((2, 8, 2)).parameters
    assert pack(parameters, (2, 8, 2)).unpack() is parameters


@pytest.mark.parametrize("value", [1e6, np.inf, np.nan], ids=str)
def test_a_value_that_would_drown_the_others_is_kept_with_them_exactly(network: Network, value: float) -> None:
    network.weights[0][5, 100] = value
    kept = pack(network.parameters, SHAPE)
    np.testing.assert_array_equal(kept.unpack(), network.parameters)


def test_a_neuron_of_zeros_stays_one(network: Network) -> None:
    network.weights[1][:] = 0
    network.biases[1][:] = 0
    back = network.with_parameters(pack(network.parameters, SHAPE).unpack())
    assert not back.weights[1].any()
    assert not back.biases[1].any()


def test_float64_is_kept_exactly() -> None:
    parameters = np.random.default_rng(0).normal(size=52_650)
    assert pack(parameters, SHAPE).unpack() is parameters
