"""Median, range and quartiles of several curves, by numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.sweeps.quantile_bands import QUARTILES, band
from engine.training.history import Curve


def curve(values: dict[float, float]) -> Curve:
    return Curve(list(values), list(values.values()))


def test_median_and_range_of_three_curves() -> None:
    found = band([curve({1: 0.3, 2: 0.1}), curve({1: 0.2, 2: 0.4}), curve({1: 0.5, 2: 0.2})], is_log=True)
    assert found.epochs.tolist() == [1, 2]
    np.testing.assert_allclose(found.middle, [0.3, 0.2])
    np.testing.assert_allclose(found.low, [0.2, 0.1])
    np.testing.assert_allclose(found.high, [0.5, 0.4])
    assert found.counts.tolist() == [3, 3]


@pytest.mark.parametrize("is_log", [True, False])
def test_the_median_of_two_is_their_mean_on_any_axis(is_log: bool) -> None:
    assert band([curve({1: 0.1}), curve({1: 0.4})], is_log).middle.tolist() == pytest.approx([0.25])


@pytest.mark.parametrize(("is_log", "between"), [(True, 0.2), (False, 0.25)])
def test_a_curve_is_interpolated_between_its_own_points_only(is_log: bool, between: float) -> None:
    sparse = curve({2: 0.1, 4: 0.4})
    found = band([curve({1: 0.9, 2: 0.9, 3: 0.9, 4: 0.9, 5: 0.9}), sparse], is_log)
    assert found.counts.tolist() == [1, 2, 2, 2, 1], "neither before its first nor after its last point"
    assert found.low[2] == pytest.approx(between)
    assert found.low[[0, 4]].tolist() == pytest.approx([0.9, 0.9])


def test_a_run_that_ended_earlier_counts_no_more() -> None:
    found = band([curve({1: 0.5, 2: 0.1}), curve({1: 0.4, 2: 0.3, 3: 0.2})], is_log=True)
    assert found.counts.tolist() == [2, 2, 1]
    assert (found.low[2], found.middle[2], found.high[2]) == pytest.approx((0.2, 0.2, 0.2))


def test_values_that_are_not_finite_are_missing() -> None:
    found = band([curve({1: 1.0, 2: np.nan, 3: 4.0, 4: np.inf}), Curve()], is_log=True)
    assert found.epochs.tolist() == [1, 3]
    assert found.counts.tolist() == [1, 1]


def test_an_error_of_zero_stays_zero_in_logarithms() -> None:
    found = band([curve({1: 0.0, 3: 0.0}), curve({1: 0.0, 2: 0.1, 3: 0.2})], is_log=True)
    assert found.low.tolist() == [0, 0, 0]
    assert found.middle.tolist() == pytest.approx([0, 0.05, 0.1])
    assert found.high.tolist() == pytest.approx([0, 0.1, 0.2])


@pytest.mark.parametrize("curves", [[], [Curve(), Curve()]])
def test_of_nothing_there_is_no_band(curves: list[Curve]) -> None:
    found = band(curves, is_log=True)
    assert not len(found.epochs)
    assert found.line == Curve()


def test_a_place_is_that_of_exactly_the_epoch() -> None:
    found = band([curve({1: 0.3, 2.5: 0.1})], is_log=False)
    assert [found.place(epoch) for epoch in (1, 2, 2.5, 3)] == [0, None, 1, None]


def of_values(*values: float) -> list[Curve]:
    """Curves of one epoch each."""
    return [curve({1: value}) for value in values]


@pytest.mark.parametrize("is_log", [True, False])
def test_quartiles_of_five_are_the_second_and_the_fourth(is_log: bool) -> None:
    found = band(of_values(0.5, 0.1, 0.9, 0.2, 0.3), is_log, QUARTILES)
    assert (found.low[0], found.middle[0], found.high[0]) == pytest.approx((0.2, 0.3, 0.5))
    assert found.has_quartiles.tolist() == [True]


@pytest.mark.parametrize("is_log", [True, False])
def test_between_two_values_quartiles_are_in_proportion_on_any_axis(is_log: bool) -> None:
    """Of four: 0.75 of the way from the first to the second, 0.25 of the way from the third to the fourth."""
    found = band(of_values(0.1, 0.2, 0.4, 0.8), is_log, QUARTILES)
    assert (found.low[0], found.middle[0], found.high[0]) == pytest.approx((0.175, 0.3, 0.5))


def test_of_three_there_are_no_quartiles_but_the_range() -> None:
    found = band(of_values(0.1, 0.2, 0.4), True, QUARTILES)
    assert (found.low[0], found.middle[0], found.high[0]) == pytest.approx((0.1, 0.2, 0.4))
    assert found.has_quartiles.tolist() == [False]


def test_where_fewer_than_four_reach_an_epoch_it_is_the_range_there() -> None:
    curves = [curve({1: value, 2: value}) for value in (0.1, 0.2, 0.3)] + of_values(0.4, 0.5)
    found = band(curves, True, QUARTILES)
    assert found.counts.tolist() == [5, 3]
    assert found.has_quartiles.tolist() == [True, False]
    assert found.low.tolist() == pytest.approx([0.2, 0.1])
    assert found.high.tolist() == pytest.approx([0.4, 0.3])


def test_quartiles_lie_over_the_union_of_epochs_interpolated_as_the_axis_is() -> None:
    """A curve from 0.01 to 0.04 is at 0.02 halfway on a logarithmic axis, as drawn; at 0.025 on a linear one."""
    curves = [curve({1: 0.01, 3: 0.04}), *(curve({1: value, 2: value, 3: value}) for value in (0.015, 0.5, 0.6, 0.7))]
    assert band(curves, True, QUARTILES).low[1] == pytest.approx(0.02)
    assert band(curves, False, QUARTILES).low[1] == pytest.approx(0.025)
