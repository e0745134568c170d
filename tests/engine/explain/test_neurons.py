"""What one neuron does, against brute force: each network is changed and asked again."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.datasets import Split
from engine.datasets.dataset import one_hot
from engine.datasets.scaling import Scaling
from engine.explain import neurons
from engine.network.network import Network
from engine.training.metrics import Evaluator
from tests.engine.explain.test_explain import network_of


def pictures(count: int, width: int, classes: int, seed: int = 0) -> Split:
    """Made-up bytes with random labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    return Split(rng.integers(0, 256, (count, width), np.uint8), one_hot(labels, classes), labels, 1 / 255)


def numbers(count: int, width: int, outputs: int, seed: int = 0) -> Split:
    """Made-up rows with targets."""
    rng = np.random.default_rng(seed)
    return Split(rng.normal(0, 1, (count, width)).astype(np.float32), rng.normal(0, 1, (count, outputs)))


def rows_of(split: Split) -> Array:
    """The inputs as the network gets them."""
    return split.inputs.astype(np.float32) * np.float32(split.scale)


def result(steps: Generator[float, None, Any]) -> tuple[list[float], Any]:
    """What a generator yields, and what it returns."""
    shares: list[float] = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as finished:
            return shares, finished.value


def test_a_neuron_that_is_switched_off_answers_nothing_to_the_next_layer() -> None:
    network = network_of([6, 5, 4, 3])
    before = network.parameters.copy()
    without = neurons.scaled(network, {(1, 2): 0.0})
    smaller = Network([6, 4, 4, 3], ["relu", "relu", "softmax"], "cross-entropy")
    others = [0, 1, 3, 4]
    for ours, theirs in ((without.weights, smaller.weights), (without.biases, smaller.biases)):
        for layer, part in enumerate(theirs):
            whole = ours[layer][others] if layer == 0 else ours[layer]
            part[...] = whole[:, others] if layer == 1 and whole.shape[1] == 5 else whole
    rows = rows_of(pictures(20, 6, 3))
    assert without.predict(rows) == pytest.approx(smaller.predict(rows), abs=1e-6)
    assert (network.parameters == before).all(), "the network itself stays as it is"


def test_several_neurons_are_scaled() -> None:
    network = network_of([3, 4, 2])
    changed = neurons.scaled(network, {(1, 0): 0.5, (1, 3): -2.0})
    assert changed.weights[1] == pytest.approx(network.weights[1] * [0.5, 1, 1, -2])
    assert (changed.weights[0] == network.weights[0]).all()
    assert (neurons.scaled(network, {}).parameters == network.parameters).all()


@pytest.mark.parametrize("hidden", ["relu", "tanh", "gelu"])
@pytest.mark.parametrize("layer", [1, 2])
def test_the_error_without_each_neuron(hidden: str, layer: int) -> None:
    network, split = network_of([9, 6, 5, 4], hidden), pictures(1500, 9, 4)  # more than one chunk
    shares, (whole, each) = result(neurons.ablate_each(network, split, layer))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert len(each) == network.shape[layer]
    expected = Evaluator(network, split).evaluate()
    assert (whole.error, whole.loss) == (expected.error, pytest.approx(expected.loss, rel=1e-4))
    for neuron, found in enumerate(each):
        brute = Evaluator(neurons.scaled(network, {(layer, neuron): 0}), split).evaluate()
        assert found.error == pytest.approx(brute.error, abs=2 / 1500)  # sums are rounded in another order
        assert found.loss == pytest.approx(brute.loss, rel=1e-3)


@pytest.mark.parametrize("scaling", [None, Scaling(np.array([2.0, -1]), np.array([3.0, 50]))])
def test_for_regression_it_is_the_rmse_in_the_targets_unit(scaling: Scaling | None) -> None:
    network, split = network_of([4, 3, 2], "tanh", "identity"), numbers(1500, 4, 2)
    _, (whole, each) = result(neurons.ablate_each(network, split, 1, scaling))
    assert whole.error is None
    expected = Evaluator(network, split, scaling).evaluate()
    assert (whole.loss, whole.rmse) == (pytest.approx(expected.loss), pytest.approx(expected.rmse))
    for neuron, found in enumerate(each):
        brute = Evaluator(neurons.scaled(network, {(1, neuron): 0}), split, scaling).evaluate()
        assert (found.loss, found.rmse) == (pytest.approx(brute.loss), pytest.approx(brute.rmse))


@pytest.mark.parametrize("shape", [[4, 1, 3], [4, *[3] * 60, 3]])
def test_at_any_depth(shape: list[int]) -> None:
    network, split = network_of(shape), pictures(300, 4, 3)
    _, (whole, each) = result(neurons.ablate_each(network, split, 1))
    expected = Evaluator(network, split).evaluate()
    assert whole.error == pytest.approx(expected.error, abs=1 / 300)
    assert whole.loss == pytest.approx(expected.loss, rel=1e-4)
    assert len(each) == shape[1]


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_answers_of_a_neuron(layer: int) -> None:
    network, split = network_of([6, 5, 4, 3], "gelu"), pictures(1200, 6, 3)
    found = neurons.answers(network, split, layer, 1)
    a = rows_of(split)
    for below in range(layer):
        a = a @ network.weights[below].T + network.biases[below].T
        network.layer_activations[below].forward(a)
    assert found.values == pytest.approx(a[:, 1], abs=1e-5)
    assert not found.dead
    assert found.values[found.strongest] == pytest.approx(np.sort(a[:, 1])[::-1], abs=1e-5)
    assert neurons.activation(network, rows_of(split)[7], layer, 1) == pytest.approx(a[7, 1], abs=1e-5)


@pytest.mark.parametrize(("hidden", "bias"), [("relu", -1e3), ("sigmoid", 1e3)])
def test_a_dead_neuron(hidden: str, bias: float) -> None:
    network, split = network_of([6, 4, 3], hidden), pictures(100, 6, 3)
    network.biases[0][2] = bias
    assert neurons.answers(network, split, 1, 2).dead
    assert not neurons.answers(network, split, 1, 1).dead
    network.biases[1][0] = -1e3
    assert not neurons.answers(network, split, 2, 0).dead, "an output is none"


def test_means_by_class() -> None:
    values, labels = np.array([1.0, 2, 3, 10]), np.array([0, 0, 2, 0])
    assert neurons.mean_by_class(values, labels, 3) == pytest.approx([13 / 3, np.nan, 3], nan_ok=True)


def test_means_by_fifths_of_the_targets() -> None:
    targets = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    fifths = neurons.mean_by_fifth(2 * targets, targets)
    assert fifths == [(0, 1, 1), (2, 3, 5), (4, 5, 9), (6, 7, 13), (8, 9, 17)]
    assert neurons.mean_by_fifth(np.array([3.0]), np.array([1.0])) == [(1, 1, 3)]


def test_parts_are_views() -> None:
    network = network_of([3, 4, 2])
    for part, place in (
        (neurons.ParameterGroup("bias", 1, 2), network.biases[0][2]),
        (neurons.ParameterGroup("weight", 2, 1, 3), network.weights[1][1, 3:4]),
        (neurons.ParameterGroup("outgoing", 1, 3), network.weights[1][:, 3]),
    ):
        part.view(network)[...] = 0.25
        assert (place == 0.25).all()
        assert np.shares_memory(part.view(network), network.parameters)


def test_what_there_is_not() -> None:
    network, split = network_of([3, 4, 2]), pictures(5, 3, 2)
    for wrong in ((0, 0), (3, 0), (1, 4), (1, -1)):
        with pytest.raises(SettingError):
            neurons.answers(network, split, *wrong)
    with pytest.raises(SettingError, match="outputs"):
        neurons.scaled(network, {(2, 0): 0})
    with pytest.raises(SettingError, match="outputs"):
        next(neurons.ablate_each(network, split, 2))
