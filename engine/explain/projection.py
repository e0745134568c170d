"""Projections of examples: their coordinates along the two principal axes of a layer's activations.

Principal component analysis: Pearson 1901, "On lines and planes of closest fit to systems of points in space". The axes
are computed once and then kept, so that points move only because the network changes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engine.basics.errors import DataError, SettingError
from engine.basics.validation import Array
from engine.datasets import Split
from engine.explain.features import activations_of
from engine.explain.predictions import Predictions, predict_in_steps
from engine.network.buffers import Buffers
from engine.network.network import Network, chunk_rows

_DISTANCES = 100_000  # between points, that are in memory at a time
_FAR = 1e18  # place of points that are not finite while others look for neighbours
_LEAST_SPREAD = 1e-12  # variance of an axis as a share of the total; less is rounding


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """Principal axes and the point where they cross.

    Attributes:
        mean: (width,) float64, where the axes cross: the mean of the activations that they were computed from.
        axes: (count, width) float64, of length 1 and at right angles; zeros where there is no further axis.
        shares: (count,) the shares of these activations' variance along each axis.
    """

    mean: Array
    axes: Array
    shares: Array

    def project(self, activations: Array) -> Array:
        """Returns the coordinates (k, count) of activations (k, width) along the axes."""
        along: Array = (activations - self.mean.astype(activations.dtype)) @ self.axes.T.astype(activations.dtype)
        return along


def principal_axes(activations: Array, count: int = 2) -> PrincipalAxes:
    """Returns the axes of the largest variance of activations (k, width), the largest first.

    Each axis points so that its largest part is positive; the same activations give the same axes. Where they have
    fewer axes than ``count``, as those of a single neuron, the others are zeros.

    Raises:
        DataError: the activations are not finite.
    """
    given = np.asarray(activations, np.float64)
    if not np.isfinite(given).all():
        remedy = "Train the network again with a lower learning rate."
        raise DataError.from_problem("activations", "some are not finite", remedy)
    mean = given.mean(axis=0)
    centred = given - mean
    variances, found = _largest_axes(centred, count)
    total = float(np.square(centred).sum())
    axes, shares = np.zeros((count, len(mean))), np.zeros(count)
    for place, (variance, axis) in enumerate(zip(variances, found, strict=True)):
        if variance > _LEAST_SPREAD * total:
            axes[place] = axis * np.sign(axis[np.abs(axis).argmax()])
            shares[place] = variance / total
    return PrincipalAxes(mean, axes, shares)


def _largest_axes(centred: Array, count: int) -> tuple[Array, Array]:
    """Sums of squares along the axes of rows (k, width), and the axes: by the smaller of the two products."""
    examples, width = centred.shape
    is_narrow = width <= examples
    values, vectors = np.linalg.eigh(centred.T @ centred if is_narrow else centred @ centred.T)
    largest = slice(None, -count - 1, -1)
    values, vectors = values[largest], vectors[:, largest].T
    if not is_narrow:
        vectors = vectors @ centred
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors / np.where(lengths > 0, lengths, 1)
    return values, vectors


# ---- of a network


@dataclass(frozen=True, eq=False)
class Projection:
    """Examples projected from a layer's activations.

    Attributes:
        points: (k, 2) float32; NaN where activations are not finite.
        answers: the network's predictions for them.
        share: the share 0…1 of the activations' variance along the two axes; NaN if there is no variance.
    """

    points: Array
    answers: Predictions
    share: float


def layer_rows(network: Network, split: Split, rows: Array, layer: int) -> Array:
    """Returns (k, neurons): the activations of a layer for the examples with these numbers, (k,); of layer 0 the
    inputs.

    Raises:
        SettingError: there is no such layer.
    """
    _check_layer(network, layer)
    size = chunk_rows(network.shape, len(rows))
    given = np.empty((size, network.shape[0]), network.parameters.dtype)
    found = np.empty((len(rows), network.shape[layer]), network.parameters.dtype)
    for start in range(0, len(rows), size):
        chosen = split.at(rows[start : start + size])
        inputs = chosen.take(slice(None), given[: len(chosen)])
        with np.errstate(all="ignore"):
            found[start : start + size] = activations_of(network, inputs, layer)
    return found


def project_in_steps(
    network: Network, split: Split, rows: Array, layer: int, basis: PrincipalAxes
) -> Generator[int, None, Projection]:
    """Projects a layer's activations for the examples with these numbers, (k,), with their predictions.

    Yields the number of examples done after each chunk, so that the caller can stop.

    Raises:
        SettingError: there is no such layer.
    """
    _check_layer(network, layer)
    places = _PointCollector(len(rows), basis)

    def first(inputs: Array, buffers: Buffers) -> Array:
        return network.standardised(inputs * inputs.dtype.type(buffers.scale))

    def see(place: slice, inputs: Array, buffers: Buffers) -> None:
        places.collect(place, buffers.outputs[layer - 1] if layer else first(inputs, buffers))

    answers = yield from predict_in_steps(network, split, rows, see)
    return Projection(places.points, answers, places.share)


class _PointCollector:
    """Collects points, and the variance of the activations along the axes and in total."""

    def __init__(self, count: int, basis: PrincipalAxes) -> None:
        self.points = np.full((count, 2), np.nan, np.float32)
        self._basis, self._count = basis, count
        width = len(basis.mean)
        self._sum, self._squares = np.zeros(width), 0.0  # activations minus the mean of the axes

    def collect(self, place: slice, activations: Array) -> None:
        """Returns the activations (rows, width) of some examples."""
        with np.errstate(all="ignore"):
            off = activations - self._basis.mean.astype(activations.dtype)
            self.points[place] = self._basis.project(activations)
            self._sum += off.sum(axis=0)
            self._squares += float(np.einsum("ij,ij->", off, off, dtype=np.float64))
        is_lost = ~np.isfinite(self.points[place]).all(axis=1)
        self.points[place][is_lost] = np.nan

    @property
    def share(self) -> float:
        """The share of the variance along the axes."""
        with np.errstate(all="ignore"):
            total = self._squares / self._count - float(np.square(self._sum / self._count).sum())
            along = float(self.points.astype(np.float64).var(axis=0).sum())
        return min(along / total, 1.0) if total > 0 and np.isfinite(total) else float("nan")


def _check_layer(network: Network, layer: int) -> None:
    if not 0 <= layer < len(network.shape):
        rule = f"must be from 0, the input, to {len(network.weights)}"
        raise SettingError("layer", layer, rule, "Choose one of them.")


# ---- points in the plane


def nearest_neighbours(points: Array, asked: Array) -> Array:
    """Returns, for the points with the numbers ``asked`` (m,), the number of the nearest other point, (m,) int64.

    Of several at the same place it is any of them, always the same one, because numbers may be in the order of classes.
    It is -1 where a point or all others are not finite. Compares each asked point with all ``points`` (k, 2).
    """
    found = np.full(len(asked), -1, np.int64)
    is_known = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    if len(points) < 2:
        return found
    x, y = np.where(is_known, points.T, _FAR).astype(np.float32)
    twins, size = _at_same_place(x, y), max(1, _DISTANCES // len(points))
    for start in range(0, len(asked), size):
        some = asked[start : start + size]
        with np.errstate(over="ignore"):
            distances = np.square(x - x[some, None])
            distances += np.square(y - y[some, None])
        distances[np.arange(len(some)), some] = np.inf
        nearest = np.where(twins[some] == some, distances.argmin(axis=1), twins[some])
        found[start : start + size] = np.where(is_known[some] & is_known[nearest], nearest, -1)
    return found


def _at_same_place(x: Array, y: Array) -> Array:
    """Returns for each point another one at the same place, for each one a different one; itself if it is alone."""
    shuffled = np.random.default_rng(0).permutation(len(x))
    order = np.lexsort((shuffled, y, x))
    is_first = np.ones(len(x), bool)
    is_first[1:] = (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)
    starts = np.flatnonzero(is_first)
    following = np.arange(1, len(x) + 1)
    following[np.append(starts[1:], len(x)) - 1] = starts
    twins = np.empty(len(x), np.int64)
    twins[order] = order[following]
    return twins


def are_inside(points: Array, polygon: Array) -> Array:
    """Returns whether points (k, 2) lie inside a closed polygon (corners, 2), as (k,) booleans.

    Counts the edges to the right of a point: Shimrat 1962, "Algorithm 112: position of point relative to
    polygon". Points that are not finite lie outside.
    """
    inside = np.zeros(len(points), bool)
    x, y = points[:, 0], points[:, 1]
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 <= y) != (y1 <= y)
        with np.errstate(invalid="ignore"):
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside & np.isfinite(points).all(axis=1)
