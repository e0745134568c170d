"""What lights up for an example and what contributes: the same numbers as in ``explain``, looked up where asked."""

from __future__ import annotations

import numpy as np
import pytest

from engine import explain
from engine.explain.contribution_paths import (
    activation_planes,
    compute_activity,
    most_important,
    neuron_links,
    strongest_links,
)
from engine.explain.input_grid import plane_points
from engine.network.network import Network


def network_of(shape: list[int], hidden: str = "relu", output: str = "softmax", seed: int = 0) -> Network:
    """A small one with biases."""
    rng = np.random.default_rng(seed)
    loss = "cross-entropy" if output == "softmax" else "quadratic"
    network = Network(shape, [hidden] * (len(shape) - 2) + [output], loss, "normal", rng)
    network.parameters += rng.normal(0, 0.2, len(network.parameters)).astype(np.float32)
    return network


def example_of(network: Network, seed: int = 1) -> np.ndarray:
    """Numbers of both signs."""
    return np.random.default_rng(seed).normal(size=network.shape[0]).astype(np.float32)


@pytest.mark.parametrize("hidden", ["relu", "tanh", "gelu"])
@pytest.mark.parametrize("shape", [[6, 5, 4, 3], [3, 2], [1, 1, 1], [4, *[3] * 60, 2]])
def test_all_numbers_are_those_of_explain(shape: list[int], hidden: str) -> None:
    network = network_of(shape, hidden, "identity")
    inputs = example_of(network)
    activity = compute_activity(network, inputs, 0)
    passed = explain.forward(network, inputs[None])
    for mine, theirs in zip(activity.activations, passed.activations, strict=True):
        np.testing.assert_array_equal(mine, theirs[0])
    for mine, theirs in zip(activity.shares, explain.contributions(network, inputs, 0), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    for layer in range(1, len(shape)):
        everything = np.arange(shape[layer - 1]), np.arange(shape[layer])
        links = strongest_links(activity, layer, *everything, 10_000)
        whole = explain.connection_contributions(network, inputs, 0, layer)
        np.testing.assert_allclose(links.values, whole[links.above, links.below], rtol=1e-4, atol=1e-6)
        assert len(links.values) == np.count_nonzero(links.values)


def test_the_target_is_the_largest_output_unless_one_is_chosen() -> None:
    network = network_of([5, 4, 3])
    inputs = example_of(network)
    largest = int(network.predict(inputs[None])[0].argmax())
    assert compute_activity(network, inputs).target == largest
    assert compute_activity(network, inputs, (largest + 1) % 3).target == (largest + 1) % 3


def test_the_strongest_are_the_strongest_and_come_last() -> None:
    activity = compute_activity(network_of([9, 8, 7]), example_of(network_of([9, 8, 7])))
    every = strongest_links(activity, 1, np.arange(9), np.arange(8), 10_000)
    some = strongest_links(activity, 1, np.arange(9), np.arange(8), 5)
    np.testing.assert_array_equal(some.values, every.values[-5:])
    assert (np.diff(np.abs(every.values)) >= 0).all()
    assert some.largest == np.abs(every.values).max()


def test_only_neurons_that_are_asked_about_are_searched() -> None:
    network = network_of([9, 8, 7])
    below, above = np.array([7, 2]), np.array([5, 1, 3])
    links = strongest_links(compute_activity(network, None), 1, below, above, 4)
    assert set(links.below.tolist()) <= {7, 2}
    assert set(links.above.tolist()) <= {5, 1, 3}
    np.testing.assert_array_equal(links.values, network.weights[0][links.above, links.below])


def test_the_links_of_a_neuron_add_up_to_its_sum() -> None:
    network = network_of([6, 5, 4])
    activity = compute_activity(network, example_of(network))
    into, out = neuron_links(activity, 1, 2, 10_000)
    assert into.layer == 1
    assert out.layer == 2
    assert into.values.sum() + network.biases[0][2, 0] == pytest.approx(activity.sums[0][2], abs=1e-5)
    np.testing.assert_allclose(out.values, network.weights[1][out.above, 2] * activity.activations[1][2])
    assert [links.layer for links in neuron_links(activity, 0, 1, 5)] == [1]
    assert [links.layer for links in neuron_links(activity, 2, 1, 5)] == [2]


def test_without_an_example_weights_take_their_place() -> None:
    network = network_of([6, 5, 4])
    activity = compute_activity(network, None)
    assert not activity.is_lit
    assert activity.target is None
    into, _ = neuron_links(activity, 1, 0, 2)
    assert into.largest == np.abs(network.weights[0][0]).max()
    assert most_important(activity, 1, 1)[0] == np.square(network.weights[0]).sum(axis=1).argmax()


def test_the_most_important_first_and_all_in_their_order() -> None:
    network = network_of([6, 12, 3])
    activity = compute_activity(network, example_of(network))
    np.testing.assert_array_equal(most_important(activity, 1, 12), np.arange(12))
    shares = np.abs(activity.shares[1])
    np.testing.assert_array_equal(shares[most_important(activity, 1, 4)], np.sort(shares)[::-1][:4])


@pytest.mark.parametrize("number", [np.nan, np.inf, 3e38])
def test_a_network_that_diverged_is_not_lit(number: float) -> None:
    network = network_of([6, 5, 4])
    network.weights[0][2, 3] = number
    network.weights[1][1, 2] = number
    activity = compute_activity(network, np.ones(6, np.float32) * 9)
    assert not activity.is_lit
    links = strongest_links(activity, 1, np.arange(6), np.arange(5), 60)
    assert np.isfinite(links.values).all()
    for layer in range(3):
        assert all(np.isfinite(links.values).all() for links in neuron_links(activity, layer, 2, 60))
        assert len(most_important(activity, layer, 2)) == 2


def test_zeros_have_no_links() -> None:
    network = network_of([6, 5, 4])
    network.parameters[:] = 0
    activity = compute_activity(network, np.ones(6, np.float32))
    assert not len(strongest_links(activity, 2, np.arange(5), np.arange(4), 60).values)
    assert strongest_links(activity, 2, np.arange(5), np.arange(4), 60).largest == 0


def test_planes_are_answers_all_over_the_plane() -> None:
    network = network_of([2, 3, 2], "tanh")
    points = plane_points(np.array([-2.0, 0.0]), np.array([2.0, 1.0]), 5)
    first, last = activation_planes(network, points)
    assert (first.shape, last.shape) == ((3, 25), (2, 25))
    corners = np.array([[-1.6, 0.9], [1.6, 0.9], [-1.6, 0.1], [1.6, 0.1]], np.float32)  # the middles of their cells
    answers = explain.forward(network, corners).activations[1].T
    for mine, theirs in zip(first[:, [0, 4, 20, 24]], answers, strict=True):
        np.testing.assert_allclose(mine / mine[0], theirs / theirs[0], rtol=1e-4)
    assert np.abs(first).max(axis=1) == pytest.approx(np.ones(3))
