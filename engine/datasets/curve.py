"""Curves y = f(x), to predict a number from one number: sine, step and polynomial.

x and y of a curve lie within -1 and 1, so that networks need no scaling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine.basics.registry import Registry
from engine.basics.validation import Array
from engine.datasets.data_setting import SEED, TEST_SHARE
from engine.datasets.dataset import Dataset, Split
from engine.datasets.plane import EXTENT, NOISE, POINTS
from engine.datasets.source import CURVES_GROUP, DATASETS, DataSource
from engine.datasets.splitting import parts_of

COLUMNS = ("x",)
TARGETS = ("y",)


@dataclass(frozen=True)
class CurveFunction:
    """A curve: its displayed name, its formula as text, and f, from (k,) numbers within -1 and 1 to (k,) numbers."""

    label: str
    formula: str
    f: Callable[[Array], Array]


CURVES: Registry[CurveFunction] = Registry("curve")

_POINTS = replace(POINTS, default=200, tip="Number of points.")
_NOISE = replace(NOISE, default=0.05, tip="Standard deviation of the random vertical shift of each point.")


def curve_dataset(name: str, points: int = 200, noise: float = 0.05, seed: int = 0, test_share: float = 0.2) -> Dataset:
    """Makes points along a curve, x evenly at random within -1 and 1.

    With other noise the same points are moved more or less, and the test set has the same ones.

    Args:
        name: which of :data:`CURVES`.
        points: how many there are, from 2 to a million.
        noise: standard deviation of what is added to y, 0…1; the curve itself reaches from -1 to 1.
        seed: of the points and the test set.
        test_share: share of the points that is the test set, 0…0.9; 0 for no test set.

    Raises:
        SettingError: a value breaks its rule; UnknownNameError if there is no curve of that name.
    """
    curve = CURVES[name]
    points = _POINTS.checked(points)
    noise = _NOISE.checked(noise)
    seed = SEED.checked(seed)
    place, jitter = np.random.default_rng(seed).spawn(2)
    x = place.uniform(-1, 1, points)
    y = curve.f(x) + noise * jitter.standard_normal(points)
    return numbers_in_parts(curve.label, np.column_stack([x, y]), parts_of(len(x), test_share, seed))


def numbers_in_parts(title: str, points: Array, parts: tuple[Array, Array]) -> Dataset:
    """Returns the data of points (k, 2), with input x and target y, and the numbers of training and test points."""
    numbers = points.astype(np.float32)
    whole = Split(numbers[:, :1], numbers[:, 1:])
    train, test = parts
    return Dataset(
        title,
        train=whole.at(train),
        test=whole.at(test) if len(test) else None,
        columns=COLUMNS,
        targets=TARGETS,
        extent=EXTENT,
    )


def _sine(x: Array) -> Array:
    """Returns two periods of a sine."""
    wave: Array = np.sin(2 * np.pi * x)
    return wave


def _step(x: Array) -> Array:
    """Returns -1 left of 0, and 1 from there on."""
    return np.where(x < 0, -1.0, 1.0)


def _polynomial(x: Array) -> Array:
    """Returns the third polynomial of Chebyshev, which goes from -1 to 1 by way of 1 and -1."""
    height: Array = 4 * x**3 - 3 * x
    return height


for _name, _curve in {
    "sine": CurveFunction("Sine", "y = sin 2πx", _sine),
    "step": CurveFunction("Step", "y = −1 where x < 0, else 1", _step),
    "polynomial": CurveFunction("Polynomial", "y = 4x³ − 3x", _polynomial),
}.items():
    CURVES.register(_name)(_curve)
    _settings = (_POINTS, _NOISE, TEST_SHARE, SEED)
    DATASETS.register(_name, place=70)(DataSource(_curve.label, partial(curve_dataset, _name), CURVES_GROUP, _settings))
