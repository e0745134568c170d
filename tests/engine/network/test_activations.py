"""Every registered activation: its values, and its derivative against finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.validation import Array
from engine.network.activations import ACTIVATIONS

EVERY = list(ACTIVATIONS)
EXTREMES = [[-1e4, -100.0, -1.0, 0.0], [1.0, 100.0, 1e4, 3e38]]


def activated(name: str, z: object, dtype: type = np.float64) -> Array:
    a: Array = np.array(z, dtype)
    ACTIVATIONS[name]().forward(a)
    return a


def given_to_backward(name: str, z: Array) -> Array:
    """A copy of the weighted sums where its derivative is written in terms of them, else the answers."""
    return z.copy() if ACTIVATIONS[name].needs_sums else activated(name, z, z.dtype.type)


def away_from_kinks(rng: np.random.Generator, rows: int, neurons: int) -> Array:
    z = rng.normal(size=(rows, neurons))
    return z + 0.05 * np.sign(z)


def jacobian(name: str, z: Array, step: float = 1e-6) -> Array:
    """da_i/dz_j of one row by central differences."""
    columns = [activated(name, [z + nudge]) - activated(name, [z - nudge]) for nudge in np.eye(len(z)) * step]
    return np.concatenate(columns).T / (2 * step)


@pytest.mark.parametrize("name", EVERY)
@given(rows=st.integers(1, 4), neurons=st.integers(1, 6), seed=st.integers(0, 1000))
@settings(max_examples=12, derandomize=True)
def test_backward_multiplies_with_the_jacobian(name: str, rows: int, neurons: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = away_from_kinks(rng, rows, neurons) * 2
    upstream = rng.normal(size=z.shape)
    gradient = upstream.copy()
    ACTIVATIONS[name]().backward(given_to_backward(name, z), gradient)
    expected = [jacobian(name, row).T @ above for row, above in zip(z, upstream, strict=True)]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_sums_give_no_nan_and_no_warning(name: str, dtype: type) -> None:
    z: Array = np.array(EXTREMES, dtype)
    assert np.isfinite(activated(name, z, dtype)).all()
    gradient = np.ones_like(z)
    ACTIVATIONS[name]().backward(given_to_backward(name, z), gradient)
    assert np.isfinite(gradient).all()
    assert gradient.dtype == dtype


@pytest.mark.parametrize("name", EVERY)
def test_nan_stays_nan_so_that_a_diverged_run_is_noticed(name: str) -> None:
    with np.errstate(invalid="ignore"):  # as in training
        assert np.isnan(activated(name, [[math.nan, 1.0]])[0, 0])


@pytest.mark.parametrize("name", EVERY)
def test_rows_do_not_know_each_other(name: str) -> None:
    z = np.random.default_rng(3).normal(size=(5, 4))
    together = activated(name, z)
    np.testing.assert_array_equal(together, np.concatenate([activated(name, row[None]) for row in z]))


# The activations for the sums -2, 0 and 3 of one example, worked by hand.
_E = np.exp([-2, 0, 3])
BY_HAND: dict[str, list[float]] = {
    "identity": [-2, 0, 3],
    "sigmoid": [1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-3))],
    "tanh": [math.tanh(-2), 0, math.tanh(3)],
    "relu": [0, 0, 3],
    "leaky-relu": [-0.02, 0, 3],
    "elu": [math.exp(-2) - 1, 0, 3],
    "gelu": [-0.04540230591222, 0, 2.996362607918227],
    "softplus": [math.log(1 + math.exp(-2)), math.log(2), math.log(1 + math.exp(3))],
    "softmax": list(_E / _E.sum()),
}


@pytest.mark.parametrize("name", EVERY)
def test_values_by_hand(name: str) -> None:
    assert name in BY_HAND, "work its values by hand"
    assert activated(name, [[-2.0, 0.0, 3.0]])[0].tolist() == pytest.approx(BY_HAND[name], rel=1e-12)


def test_gelu_is_near_z_times_the_chance_that_a_normal_is_below_it() -> None:
    z = np.linspace(-5, 5, 101)
    exact = [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in z]
    np.testing.assert_allclose(activated("gelu", z[None])[0], exact, atol=5e-4)
    assert activated("gelu", [[1.0]])[0, 0] == pytest.approx(0.8411919906082768, rel=1e-12)  # its approximation


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("order", ["C", "F"])
def test_both_ways_to_lie_in_memory_are_worked_on_in_place(name: str, order: str) -> None:
    rng = np.random.default_rng(2)
    z, gradient = rng.normal(size=(2, 5, 4))
    expected, slope = activated(name, z), gradient.copy()
    ACTIVATIONS[name]().backward(given_to_backward(name, z), slope)
    laid, gradient = z.copy(order), gradient.copy(order)  # type: ignore[call-overload]
    kept = given_to_backward(name, z).copy(order)  # type: ignore[call-overload]
    ACTIVATIONS[name]().forward(laid)
    ACTIVATIONS[name]().backward(kept, gradient)
    np.testing.assert_allclose(laid, expected, rtol=1e-14)
    np.testing.assert_allclose(gradient, slope, rtol=1e-13)


def test_softmax_is_a_probability_and_ignores_a_common_shift() -> None:
    z = np.random.default_rng(4).normal(size=(6, 5)) * 10
    np.testing.assert_allclose(activated("softmax", z).sum(axis=1), 1)
    np.testing.assert_allclose(activated("softmax", z + 1000), activated("softmax", z), rtol=1e-9)


# what the classes say about their functions

SUMS = np.linspace(-200, 200, 4001)  # with 0


def slopes(name: str, z: Array) -> Array:
    """The slope of the function at each of the sums, (k,)."""
    slope = np.ones((len(z), 1))
    ACTIVATIONS[name]().backward(given_to_backward(name, z[:, None]), slope)
    return slope[:, 0]


@pytest.mark.parametrize("name", EVERY)
def test_in_a_hidden_layer_a_neuron_depends_on_its_own_sum_alone(name: str) -> None:
    others = jacobian(name, np.array([0.5, -1.0, 2.0]))[~np.eye(3, dtype=bool)]
    assert ACTIVATIONS[name].hidden == (not others.any())


@pytest.mark.parametrize("name", EVERY)
def test_bounds(name: str) -> None:
    z = np.random.default_rng(3).normal(size=(50, 3)) * 100
    a, function = activated(name, z), ACTIVATIONS[name]
    assert bool(np.abs(a).max() <= 1) == function.is_bounded
    assert bool(a.min() >= 0 and a.max() <= 1) == function.is_probability


@pytest.mark.parametrize("name", EVERY)
def test_both_directions(name: str) -> None:
    z = np.random.default_rng(3).normal(size=(50, 3))
    assert np.allclose(activated(name, -z), -activated(name, z)) == ACTIVATIONS[name].is_signed


@pytest.mark.parametrize("name", [name for name in EVERY if ACTIVATIONS[name].hidden])
def test_a_silent_neuron_is_0_where_it_has_no_slope(name: str) -> None:
    flat = SUMS[(np.abs(slopes(name, SUMS)) < 0.001) & (np.abs(SUMS) > 10)]
    a = activated(name, flat[:, None])
    assert bool(len(flat) and np.abs(a).max() < 0.001) == ACTIVATIONS[name].is_silent


@pytest.mark.parametrize("name", [name for name in EVERY if ACTIVATIONS[name].hidden])
def test_beyond_the_ends_the_slope_is_less_than_a_fifth_of_the_steepest(name: str) -> None:
    a, slope, ends = activated(name, SUMS[:, None])[:, 0], slopes(name, SUMS), ACTIVATIONS[name].ends
    is_flat = slope < slope.max() / 5
    assert (ends is not None) == bool(is_flat[0] and is_flat[-1]), "ends of a function that is flat on both sides"
    if ends is not None:
        low, high = ends
        assert (is_flat[(a < low) | (a > high)]).all()
        assert np.interp(ends, a, slope) == pytest.approx([slope.max() / 5] * 2, rel=0.2)
