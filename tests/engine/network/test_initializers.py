"""Where a network starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError, UnknownNameError
from engine.network.initializers import INITIALIZERS
from engine.network.network import Network
from tests.engine.helpers import refused


def fresh(initializer: str, seed: int = 1) -> Network:
    return Network([300, 200], initializer=initializer, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_same_seed_same_network(name: str) -> None:
    assert fresh(name).parameters.tobytes() == fresh(name).parameters.tobytes()


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"zeros"}))
def test_another_seed_another_network(name: str) -> None:
    assert not np.array_equal(fresh(name, 1).parameters, fresh(name, 2).parameters)


# The deviation of the weights from 300 inputs to 200 neurons.
DEVIATIONS = {
    "normal": 1.0,
    "he": (2 / 300) ** 0.5,
    "he-spread": (2 / 300) ** 0.5,
    "glorot": (2 / 500) ** 0.5,
    "lecun": (1 / 300) ** 0.5,
    "orthogonal": (1 / 300) ** 0.5,
    "zeros": 0.0,
}


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_weights_have_mean_0_and_the_stated_deviation(name: str) -> None:
    assert name in DEVIATIONS, "work its deviation by hand"
    deviation, weights = DEVIATIONS[name], fresh(name).weights[0]
    assert weights.mean() == pytest.approx(0, abs=0.02 * deviation)
    assert weights.std() == pytest.approx(deviation, rel=0.02)
    assert INITIALIZERS[name]().deviation(200, 300) == pytest.approx(deviation)


def test_the_ancestors_biases_are_random_and_most_others_start_at_0() -> None:
    assert fresh("normal").biases[0].std() == pytest.approx(1, rel=0.2)
    for name in sorted(set(INITIALIZERS) - {"normal", "he-spread"}):
        assert not fresh(name).biases[0].any()


def test_spread_biases_are_even_between_the_bounds_of_their_number_of_inputs() -> None:
    biases = np.concatenate([fresh("he-spread", seed).biases[0] for seed in range(20)])
    bound = 1 / np.sqrt(300)
    assert np.abs(biases).max() <= bound
    assert biases.mean() == pytest.approx(0, abs=0.05 * bound)
    assert biases.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    np.testing.assert_array_equal(fresh("he-spread").weights[0], fresh("he").weights[0])


@pytest.mark.parametrize("name", list(INITIALIZERS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kind_of_number_stays(name: str, dtype: type) -> None:
    assert Network([5, 4], initializer=name, dtype=dtype).parameters.dtype == dtype


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"normal", "zeros"}))
def test_lengths_come_through_about_unchanged(name: str) -> None:
    """Through a layer as wide as what comes in; he makes up for the half that a ReLU takes."""
    net = Network([400, 400], initializer=name, rng=np.random.default_rng(0), dtype=np.float64)
    x = np.random.default_rng(1).normal(size=400)
    expected = 2**0.5 if name.startswith("he") else 1
    assert np.linalg.norm(net.weights[0] @ x) / np.linalg.norm(x) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("n_in", "n_out"), [(7, 7), (12, 5), (5, 12), (1, 6), (6, 1), (1, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_orthogonal_rows_or_columns_are_at_right_angles_and_of_length_1(n_in: int, n_out: int, dtype: type) -> None:
    net = Network([n_in, n_out], initializer="orthogonal", rng=np.random.default_rng(2), dtype=dtype)
    w = net.weights[0].astype(np.float64)
    products = w @ w.T if n_out <= n_in else w.T @ w
    np.testing.assert_allclose(products, np.eye(min(n_in, n_out)), atol=1e-6 if dtype is np.float32 else 1e-14)


def test_orthogonal_knows_no_direction() -> None:
    """Without the right signs, a QR decomposition gives the numbers on the diagonal one sign."""
    rng = np.random.default_rng(3)
    corners = np.array([Network([3, 3], initializer="orthogonal", rng=rng).weights[0] for _ in range(400)])
    np.testing.assert_allclose(corners.mean(axis=0), 0, atol=0.15)
    np.testing.assert_allclose((corners**2).mean(axis=0), 1 / 3, atol=0.06)


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_weights_are_scaled_and_biases_are_not(name: str) -> None:
    plain, scaled = (
        Network([4, 3, 2], initializer=name, rng=np.random.default_rng(1), weight_scale=by, dtype=np.float64)
        for by in (1, 0.25)
    )
    for layer in (0, 1):
        np.testing.assert_array_equal(scaled.weights[layer], 0.25 * plain.weights[layer])
        np.testing.assert_array_equal(scaled.biases[layer], plain.biases[layer])


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_a_bad_scale_is_refused(scale: Any) -> None:
    with refused(SettingError, "weight_scale", repr(scale)):
        Network([3, 2], weight_scale=scale)


def test_an_unknown_one_is_refused() -> None:
    with refused(UnknownNameError, "initializer", "'magic'"):
        fresh("magic")


def test_a_scale_that_no_weight_survives_is_refused() -> None:
    with refused(SettingError, "weight_scale", "1e+39"):
        Network([3, 2], weight_scale=1e39)
    assert np.isfinite(Network([3, 2], weight_scale=1e39, dtype=np.float64).parameters).all()
