"""Removals, on networks made by hand and on random ones; every result is computed again by predicting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from engine import explain
from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.network.network import Network

PARTS = [np.array([0, 1]), np.array([2]), np.array([3])]  # of four inputs
ONES = np.ones(4)


def network_of(weights: object, bias: object = 0.0) -> Network:
    """Without hidden layers: its logits are weights (outputs, 4) · inputs + bias."""
    rows = np.array(weights, float)
    made = Network([4, len(rows)], ["softmax"], "cross-entropy", "he", np.random.default_rng(0))
    made.weights[0][...] = rows
    made.biases[0][...] = np.broadcast_to(np.array(bias, float), len(rows))[:, None]
    return made


def without(network: Network, parts: Sequence[int], baseline: float = 0.0) -> Array:
    row = ONES.copy()
    for number in parts:
        row[PARTS[number]] = baseline
    predicted: Array = network.predict(row[None])[0]
    return predicted


def expect_true(network: Network, found: explain.Removal, baseline: float = 0.0) -> None:
    """Nothing that the result states is false."""
    best = without(network, ()).argmax()
    np.testing.assert_allclose(found.outputs, without(network, found.parts, baseline), rtol=1e-5)
    assert found.changes == (without(network, found.parts, baseline).argmax() != best)
    if found.changes:
        for number in found.parts:
            fewer = [each for each in found.parts if each != number]
            assert without(network, fewer, baseline).argmax() == best, "a part that is not needed"


def test_one_part_decides() -> None:
    """Class 0 leads by 1. The first part makes up 0.5 of that, the last 3: without it class 1 leads."""
    network = network_of([[0.25, 0.25, 0, 3], [0, 0, 2.5, 0]])
    found = explain.deciding_parts(network, ONES, PARTS, 1)
    assert (found.parts, found.changes, found.outputs.argmax()) == ((2,), True, 1)
    expect_true(network, found)


def test_two_parts_decide_together() -> None:
    """The lead is 3: without the last part it is 1, without the first two inputs 1.4, without both −0.6."""
    network = network_of([[0.8, 0.8, 0, 2], [0, 0, 0.6, 0]])
    found = explain.deciding_parts(network, ONES, PARTS, 1)
    assert (found.parts, found.changes, found.outputs.argmax()) == ((2, 0), True, 1)
    expect_true(network, found)


def test_a_part_that_is_not_needed_is_put_back() -> None:
    """Against class 1 the second part matters most, but only without both others class 2 leads."""
    network = network_of([[0.5, 0.5, 0.3, 1], [0, 0, -4, 0], [0, 0, 0, 0]], [0, 0, 0.6])
    found = explain.deciding_parts(network, ONES, PARTS, 1)
    assert (sorted(found.parts), found.changes, found.outputs.argmax()) == ([0, 2], True, 2)
    expect_true(network, found)


def test_no_part_decides_nor_do_all_together() -> None:
    network = network_of([[1, 1, 1, 1], [0, 0, 0, 0]], [0.5, 0])
    found = explain.deciding_parts(network, ONES, PARTS, 1)
    assert (sorted(found.parts), found.changes) == ([0, 1, 2], False)
    expect_true(network, found)


def test_the_baseline_replaces_what_is_removed() -> None:
    network = network_of([[0, 0, 0, 2], [0, 0, 0, 1]], [0, 0.5])
    assert explain.deciding_parts(network, ONES, PARTS, 1, 0.0).parts == (2,)
    found = explain.deciding_parts(network, ONES, PARTS, 1, 0.9)
    assert not found.changes
    expect_true(network, found, 0.9)


@pytest.mark.parametrize("seed", range(40))
def test_of_any_network_every_statement_is_true(seed: int) -> None:
    network = Network([4, 6, 3], ["tanh", "softmax"], "cross-entropy", "he", np.random.default_rng(seed))
    network.parameters[:] *= 3
    best = int(without(network, ()).argmax())
    found = explain.deciding_parts(network, ONES, PARTS, (best + 1) % 3)
    expect_true(network, found)
    changing = [
        parts
        for count in (1, 2, 3)
        for parts in combinations(range(3), count)
        if without(network, parts).argmax() != best
    ]
    if any(len(parts) == 1 for parts in changing):
        assert len(found.parts) == 1
    if (0, 1, 2) in changing:
        assert found.changes


def test_each_part_alone() -> None:
    network = network_of([[1, 2, 3, 4], [0, 1, 0, 1]])
    expected = [without(network, parts) for parts in ((), (0,), (1,), (2,))]
    np.testing.assert_allclose(explain.without_each(network, ONES, PARTS), expected, rtol=1e-5)


def test_what_cannot_be_compared_is_refused() -> None:
    network = network_of([[1, 1, 1, 1], [0, 0, 0, 0]])
    for against in (0, 2, -1):
        with pytest.raises(SettingError):
            explain.deciding_parts(network, ONES, PARTS, against)
    with pytest.raises(SettingError):
        explain.deciding_parts(network, ONES, [], 1)
