"""Every registered loss: its values by hand, its gradient against finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.activations import ACTIVATIONS
from engine.errors import SettingError
from engine.losses import LOSSES
from engine.validation import Array
from tests.engine.helpers import LOSS_AND_OUTPUT, refused


def value(loss: str, output: str, a: object, y: object) -> float:
    return LOSSES[loss]().value(np.array(a, float), np.array(y, float), ACTIVATIONS[output]())


def cost_of_sums(loss: str, output: str, z: Array, y: Array) -> float:
    a = z.copy()
    ACTIVATIONS[output]().forward(a)
    return value(loss, output, a, y)


def delta(loss: str, output: str, z: Array, y: Array) -> Array:
    a, out = z.copy(), np.empty_like(z)
    activation = ACTIVATIONS[output]()
    activation.forward(a)
    LOSSES[loss]().delta(a, y, activation, out)
    return out


def difference_quotient(loss: str, output: str, z: Array, y: Array, step: float = 1e-6) -> Array:
    slope = np.empty_like(z)
    for place in np.ndindex(*z.shape):
        nudge = np.zeros_like(z)
        nudge[place] = step
        slope[place] = cost_of_sums(loss, output, z + nudge, y) - cost_of_sums(loss, output, z - nudge, y)
    return slope / (2 * step)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
@given(batch=st.integers(1, 5), outputs=st.integers(1, 5), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_delta_is_the_slope_of_the_value(loss: str, output: str, batch: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(batch, outputs))
    z += 0.05 * np.sign(z)
    y = np.eye(outputs)[rng.integers(outputs, size=batch)]
    np.testing.assert_allclose(delta(loss, output, z, y), difference_quotient(loss, output, z, y), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_is_a_mean_over_the_examples(loss: str, output: str) -> None:
    z = np.random.default_rng(5).normal(size=(4, 3))
    y = np.eye(3)[[0, 2, 1, 1]]
    one = cost_of_sums(loss, output, z, y)
    twice = cost_of_sums(loss, output, np.concatenate([z, z]), np.concatenate([y, y]))
    assert twice == pytest.approx(one)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_right_answer_costs_nothing_and_a_wrong_one_something(loss: str, output: str) -> None:
    assert value(loss, output, [[0, 1]], [[0, 1]]) == pytest.approx(0, abs=1e-12)
    assert value(loss, output, [[0.5, 0.5]], [[0, 1]]) > 0.1


def test_quadratic_by_hand() -> None:
    assert value("quadratic", "identity", [[1, 2], [0, 0]], [[0, 0], [3, 4]]) == pytest.approx((5 / 2 + 25 / 2) / 2)


def test_cross_entropy_behind_softmax_by_hand() -> None:
    assert value("cross-entropy", "softmax", [[0.2, 0.8]], [[1, 0]]) == pytest.approx(-math.log(0.2))


def test_cross_entropy_behind_sigmoid_asks_each_output_for_itself() -> None:
    expected = -math.log(0.2) - math.log(1 - 0.8)
    assert value("cross-entropy", "sigmoid", [[0.2, 0.8]], [[1, 0]]) == pytest.approx(expected)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_confident_mistake_costs_much_and_not_infinity(output: str, dtype: type) -> None:
    a: Array = np.array([[1, 0]], dtype)
    y: Array = np.array([[0, 1]], dtype)
    assert 50 < LOSSES["cross-entropy"]().value(a, y, ACTIVATIONS[output]()) < math.inf


@pytest.mark.parametrize("output", ["identity", "relu"])
def test_cross_entropy_is_refused_behind_what_gives_no_probabilities(output: str) -> None:
    with refused(SettingError, "loss", "cross-entropy"):
        LOSSES["cross-entropy"]().check_output(ACTIVATIONS[output]())


@pytest.mark.parametrize("output", list(ACTIVATIONS))
def test_quadratic_stands_behind_anything(output: str) -> None:
    LOSSES["quadratic"]().check_output(ACTIVATIONS[output]())
