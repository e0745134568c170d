"""The scaling of columns: there and back, what stays as it is, and what is none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.datasets import scaling as scaling_module
from engine.datasets.dataset import Dataset, regression_split
from engine.datasets.scaling import Scaling

RAW = np.random.default_rng(0).normal(1000, 5, (50, 3)) * [1, 0.001, 20]


def test_scaled_columns_have_mean_0_and_deviation_1() -> None:
    scaled = Scaling.of(RAW).apply(RAW)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-5)


def test_undo_returns_the_raw_numbers() -> None:
    scaling = Scaling.of(RAW)
    np.testing.assert_allclose(scaling.undo(scaling.apply(RAW)), RAW, rtol=1e-6)


@pytest.mark.parametrize("places", [0, 1, 3, 7])
def test_the_shortest_numbers_are_those_of_the_file(places: int) -> None:
    rng = np.random.default_rng(places)
    raw = np.append(rng.integers(-9999, 9999, (500, 3)) * 10.0**-places, np.zeros((1, 3)), axis=0)
    raw[:, 1] += 1000
    raw = np.round(raw, places)
    for scaling in (Scaling.of(raw), Scaling(np.zeros(3), np.ones(3))):
        scaled = scaling.apply(raw)
        shortest = scaling.shortest(scaling.undo(scaled))
        np.testing.assert_array_equal(scaling.apply(shortest), scaled)
        if places < 7:  # of 1,000.0000001 float32 does not know the end
            np.testing.assert_array_equal(shortest, raw)


def test_what_is_not_finite_has_no_shorter_number() -> None:
    raw = np.array([[np.nan, np.inf, -np.inf]])
    np.testing.assert_array_equal(Scaling(np.zeros(3), np.ones(3)).shortest(raw), raw)


def test_constant_columns_and_those_that_are_kept_stay() -> None:
    raw = np.column_stack([RAW, np.full(50, 7.0)])
    scaled = Scaling.of(raw, np.array([False, True, False, False])).apply(raw)
    np.testing.assert_array_equal(scaled[:, 1], raw[:, 1].astype(np.float32))
    np.testing.assert_array_equal(scaled[:, 3], 7)


@pytest.mark.parametrize("size", [1e-100, 1e-30, 1e-15, 1e-9, 1.0, 1e15, 1e30])
def test_numbers_of_every_size_are_scaled_and_constants_are_not(size: float) -> None:
    rng = np.random.default_rng(1)
    varying = size * (1 + 1e-3 * rng.normal(size=(500, 2)))
    constant = np.full((500, 1), 0.1 * size)
    raw = np.hstack([varying, constant])
    of_columns = Scaling.of_columns(list(raw.T), np.arange(500))
    for scaling in (Scaling.of(raw), of_columns):
        scaled = scaling.apply(raw)
        np.testing.assert_allclose(scaled[:, :2].std(axis=0), 1, rtol=1e-5)
        assert (scaling.mean[2], scaling.spread[2]) == (0, 1)


def test_a_column_of_one_number_is_constant_however_long_it_is() -> None:
    assert Scaling.of(np.zeros((9, 1))).spread == 1
    long = np.full((1_000_000, 2), 0.001)
    assert (long.std(axis=0) > 1e-12 * 0.001).all(), "its mean is rounded"
    assert (Scaling.of(long).spread == 1).all()
    of_columns = Scaling.of_columns([long[:, 0], np.arange(1_000_000.0)], np.arange(1_000_000))
    assert of_columns.spread[0] == 1


@pytest.mark.parametrize(
    ("columns", "at_once"), [(2, 1), (2, 8000), (3, 7), (5, 333), (8, 1), (19, 333), (64, 7), (64, 8000)]
)
def test_of_columns_it_is_the_same_to_the_bit(columns: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are taken at a time, and however the columns are shared."""
    monkeypatch.setattr(scaling_module, "rows_at_once", lambda columns: at_once)
    rng = np.random.default_rng(columns)
    raw = rng.normal(3, 1e6, (1000, columns))
    raw[:, 0] = 5
    rows = np.flatnonzero(rng.random(1000) < 0.8)
    kept = np.arange(columns) == 1
    whole = Scaling.of(raw[rows], kept)
    parts = Scaling.of_columns([None if stays else raw[:, place] for place, stays in enumerate(kept)], rows)
    np.testing.assert_array_equal(parts.mean, whole.mean)
    np.testing.assert_array_equal(parts.spread, whole.spread)


def test_it_goes_through_json() -> None:
    scaling = Scaling.of(RAW)
    again = Scaling.from_dict(json.loads(json.dumps(scaling.as_dict())))
    np.testing.assert_array_equal(again.apply(RAW), scaling.apply(RAW))


@pytest.mark.parametrize(
    "entries",
    [{}, {"mean": [0]}, {"mean": [0], "spread": [0]}, {"mean": [0, 1], "spread": [1]}, {"mean": "x", "spread": 1}],
)
def test_what_is_no_scaling(entries: dict[str, object]) -> None:
    with pytest.raises(DataError, match="scaling"):
        Scaling.from_dict(entries)


def test_names_must_fit_the_numbers() -> None:
    split = regression_split("train", RAW, RAW[:, :1], 3, 1)
    assert Dataset("Numbers", split, columns=("a", "b", "c"), targets=("y",)).column_name(2) == "c"
    assert Dataset("Numbers", split).column_name(2) == "input 3"
    for names in ({"columns": ("a",)}, {"targets": ("y", "z")}):
        with pytest.raises(DataError, match="one name for each"):
            Dataset("Numbers", split, **names)
