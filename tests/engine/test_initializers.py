"""Where a network starts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import UnknownNameError
from engine.initializers import INITIALIZERS
from engine.network import Network
from tests.engine.helpers import refused


def fresh(initializer: str, seed: int = 1) -> Network:
    return Network([300, 200], initializer=initializer, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_same_seed_same_network(name: str) -> None:
    assert fresh(name).parameters.tobytes() == fresh(name).parameters.tobytes()


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"zeros"}))
def test_another_seed_another_network(name: str) -> None:
    assert not np.array_equal(fresh(name, 1).parameters, fresh(name, 2).parameters)


@pytest.mark.parametrize(
    ("name", "deviation"), [("normal", 1.0), ("he", (2 / 300) ** 0.5), ("glorot", (2 / 500) ** 0.5), ("zeros", 0.0)]
)
def test_weights_have_mean_0_and_the_stated_deviation(name: str, deviation: float) -> None:
    weights = fresh(name).weights[0]
    assert weights.mean() == pytest.approx(0, abs=0.02 * deviation)
    assert weights.std() == pytest.approx(deviation, rel=0.02)
    assert INITIALIZERS[name]().deviation(200, 300) == pytest.approx(deviation)


def test_the_ancestors_biases_are_random_and_the_others_start_at_0() -> None:
    assert fresh("normal").biases[0].std() == pytest.approx(1, rel=0.2)
    for name in ("he", "glorot", "zeros"):
        assert not fresh(name).biases[0].any()


def test_an_unknown_one_is_refused() -> None:
    with refused(UnknownNameError, "initializer", "'magic'"):
        fresh("magic")
