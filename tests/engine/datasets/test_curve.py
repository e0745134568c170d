"""y = f(x): the curves, what the seed and the noise decide, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError, UnknownNameError
from engine.datasets.curve import CURVES, curve_dataset
from engine.datasets.plane import MOST_POINTS
from tests.engine.helpers import refused


@pytest.mark.parametrize("name", list(CURVES))
def test_what_it_says_about_itself(name: str) -> None:
    data = curve_dataset(name)
    assert data.title == CURVES[name].label
    assert (data.width, data.outputs) == (1, 1)
    assert (data.columns, data.targets, data.class_names) == (("x",), ("y",), ())
    assert not data.is_classification
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (160, 40)
    assert data.train.inputs.dtype == data.train.targets.dtype == np.float32
    assert (data.scaling, data.target_scaling) == (None, None)


@pytest.mark.parametrize("name", list(CURVES))
def test_without_noise_the_points_lie_on_the_curve(name: str) -> None:
    train = curve_dataset(name, 1000, noise=0, test_share=0).train
    x, y = train.inputs[:, 0].astype(float), train.targets[:, 0]
    np.testing.assert_allclose(y, CURVES[name].f(x), atol=1e-5)
    assert np.abs(x).max() <= 1
    assert (x.min(), x.max()) == pytest.approx((-1, 1), abs=0.02)
    assert (y.min(), y.max()) == pytest.approx((-1, 1), abs=0.02)


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("sine", [-0.75, -0.25, 0, 0.25, 0.75], [1, -1, 0, 1, -1]),
        ("step", [-1, -0.01, 0, 0.01, 1], [-1, -1, 1, 1, 1]),
        ("polynomial", [-1, -0.5, 0, 0.5, 1], [-1, 1, 0, -1, 1]),
    ],
)
def test_known_heights(name: str, x: list[float], y: list[float]) -> None:
    np.testing.assert_allclose(CURVES[name].f(np.array(x)), y, atol=1e-12)


@pytest.mark.parametrize("name", list(CURVES))
def test_noise_is_a_standard_deviation_and_moves_the_same_points(name: str) -> None:
    still = curve_dataset(name, 4000, noise=0, seed=3, test_share=0).train
    moved = curve_dataset(name, 4000, noise=0.1, seed=3, test_share=0).train
    np.testing.assert_array_equal(still.inputs, moved.inputs)
    assert (moved.targets - still.targets).std() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("name", list(CURVES))
def test_the_same_seed_gives_the_same_points(name: str) -> None:
    prints = [curve_dataset(name, seed=seed).fingerprint for seed in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("points", 0),
        ("points", 1),
        ("points", 2.5),
        ("points", MOST_POINTS + 1),
        ("noise", -0.01),
        ("noise", 2),
        ("noise", math.inf),
        ("seed", -1),
        ("test_share", 1),
    ],
)
def test_bad_settings(parameter: str, value: Any) -> None:
    with refused(SettingError, parameter, str(value)):
        curve_dataset("sine", **{parameter: value})


def test_an_unknown_curve_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownNameError, match="sine, step, polynomial"):
        curve_dataset("cosine")
