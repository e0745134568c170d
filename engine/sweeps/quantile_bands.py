"""Bands of several curves that differ in their seed: median and range, or quartiles, at each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.training.history import Curve

RANGE, QUARTILES = "range", "quartiles"
LEAST_FOR_QUARTILES = 4  # values; with fewer, a quarter is less than one value


@dataclass(frozen=True, eq=False)
class Band:
    """Median and range or quartiles of several curves, all arrays (epochs,).

    Attributes:
        epochs: every epoch at which at least one curve was measured, ascending.
        middle: the median, float64.
        low, high: the lowest and the highest value, or the lower and the upper quartile if ``has_quartiles``.
        counts: number of curves that reach this epoch, int64.
        has_quartiles: whether quartiles were requested and there are at least four values, bool.
    """

    epochs: Array
    middle: Array
    low: Array
    high: Array
    counts: Array
    has_quartiles: Array

    @property
    def line(self) -> Curve:
        """The medians as a curve."""
        return Curve(self.epochs.tolist(), self.middle.tolist())

    def place(self, epoch: float) -> int | None:
        """Returns the index of exactly this epoch; None if nothing was measured at it."""
        place = int(np.searchsorted(self.epochs, epoch))
        return place if place < len(self.epochs) and self.epochs[place] == epoch else None


def band(curves: Sequence[Curve], is_log: bool, spread: str = RANGE) -> Band:
    """Returns the band of these curves over the union of their epochs.

    Between two points of its own a curve is interpolated; before its first and after its last one it does not count.
    Values that are not finite count as not measured.

    Args:
        curves: any number of them; some may be empty.
        is_log: whether to interpolate with logarithms, as a straight line on a logarithmic axis does. No value may be
            negative then. The median of an even number is the mean of the two in the middle on any axis, so that it is
            the same figure everywhere; so are quartiles.
        spread: "range", from the lowest to the highest; or "quartiles", between which the middle half lies: values a
            quarter and three quarters of the way from the first to the last in order, between two of them in proportion
            (Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", definition 7). Where fewer than four
            curves reach an epoch, it is the range there.
    """
    with np.errstate(divide="ignore"):
        points = [_points(curve, is_log) for curve in curves]
    epochs = np.unique(np.concatenate([x for x, _ in points])) if points else np.empty(0)
    if not len(epochs):
        return Band(epochs, epochs, epochs, epochs, epochs.astype(np.int64), epochs.astype(bool))
    values = np.array([_at(epochs, x, y) for x, y in points])
    values = np.sort(np.exp(values) if is_log else values, axis=0)  # missing values (NaN) come last
    counts = np.count_nonzero(~np.isnan(values), axis=0)
    has_quartiles = (counts >= LEAST_FOR_QUARTILES) & (spread == QUARTILES)
    low, high = (_quantile(values, counts, np.where(has_quartiles, each, end)) for each, end in ((0.25, 0), (0.75, 1)))
    return Band(epochs, _quantile(values, counts, 0.5), low, high, counts, has_quartiles)


def _quantile(values: Array, counts: Array, share: Array | float) -> Array:
    """Returns the quantile at this share of the first ``counts`` values of each column, which are sorted."""
    place, columns = share * (counts - 1), np.arange(len(counts))
    below, above = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    beyond = place - below
    found: Array = (1 - beyond) * values[below, columns] + beyond * values[above, columns]
    return found


def _points(curve: Curve, is_log: bool) -> tuple[Array, Array]:
    """Returns epochs and finite values, as logarithms if ``is_log``; log 0 is -inf, which becomes 0 again."""
    x, y = np.array(curve.epochs, float), np.array(curve.values, float)
    kept = np.isfinite(y)
    return x[kept], np.log(y[kept]) if is_log else y[kept]


def _at(epochs: Array, x: Array, y: Array) -> Array:
    """Interpolates a curve at these epochs, NaN outside of it. Unlike ``np.interp`` it handles ends of -inf."""
    found = np.full(len(epochs), np.nan)
    if not len(x):
        return found
    inside = np.flatnonzero((epochs >= x[0]) & (epochs <= x[-1]))
    after = np.searchsorted(x, epochs[inside])
    exact = x[after] == epochs[inside]
    found[inside[exact]] = y[after[exact]]
    between, after = inside[~exact], after[~exact]
    share = (epochs[between] - x[after - 1]) / (x[after] - x[after - 1])
    found[between] = (1 - share) * y[after - 1] + share * y[after]
    return found
