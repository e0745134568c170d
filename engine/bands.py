"""Bands: what several runs that differ in their seed have in common at each epoch, as a median and a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.history import Curve
from engine.validation import Array


@dataclass(frozen=True, eq=False)
class Band:
    """Median and range of several curves, all arrays (epochs,).

    Attributes:
        epochs: every epoch at which at least one of them was measured, ascending.
        middle, low, high: median, lowest and highest value, float64.
        counts: how many of the curves reach that epoch, int64.
    """

    epochs: Array
    middle: Array
    low: Array
    high: Array
    counts: Array

    @property
    def line(self) -> Curve:
        """The medians as a curve."""
        return Curve(self.epochs.tolist(), self.middle.tolist())

    def place(self, epoch: float) -> int | None:
        """Returns the place of exactly this epoch; None where nothing was measured."""
        place = int(np.searchsorted(self.epochs, epoch))
        return place if place < len(self.epochs) and self.epochs[place] == epoch else None


def band(curves: Sequence[Curve], is_log: bool) -> Band:
    """Returns the band of these curves over the union of their epochs.

    Between two points of its own a curve is interpolated; before its first and after its last one it does not count.
    Values that are not finite count as not measured.

    Args:
        curves: any number of them; some may be empty.
        is_log: whether to interpolate with logarithms, as a straight line on a logarithmic axis does. No value may be
            negative then. The median of an even number is the mean of the two in the middle on any axis, so that it is
            the same figure everywhere.
    """
    with np.errstate(divide="ignore"):
        points = [_points(curve, is_log) for curve in curves]
    epochs = np.unique(np.concatenate([x for x, _ in points])) if points else np.empty(0)
    if not len(epochs):
        return Band(epochs, epochs, epochs, epochs, epochs.astype(np.int64))
    values = np.array([_at(epochs, x, y) for x, y in points])
    values = np.sort(np.exp(values) if is_log else values, axis=0)  # what is missing (NaN) comes last
    counts = np.count_nonzero(~np.isnan(values), axis=0)
    columns = np.arange(len(epochs))
    middle = (values[(counts - 1) // 2, columns] + values[counts // 2, columns]) / 2
    return Band(epochs, middle, values[0], values[counts - 1, columns], counts)


def _points(curve: Curve, is_log: bool) -> tuple[Array, Array]:
    """Epochs and finite values, as logarithms where these are wanted: that of 0 is -inf, which stays 0."""
    x, y = np.array(curve.epochs, float), np.array(curve.values, float)
    kept = np.isfinite(y)
    return x[kept], np.log(y[kept]) if is_log else y[kept]


def _at(epochs: Array, x: Array, y: Array) -> Array:
    """The curve at these epochs, NaN outside of it. Unlike ``np.interp`` it can interpolate from and to -inf."""
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
