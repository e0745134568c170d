"""Points that were painted by hand: in the plane, class by class, or along a curve.

As a setting of the data they are a text: x and y of each point, with commas between points and ``|`` between classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.basics.errors import DataError, SettingError, Verbatim
from engine.basics.validation import Array, labels, matrix, same_length
from engine.datasets.curve import numbers_in_parts
from engine.datasets.data_setting import SEED, TEST_SHARE, DataSetting
from engine.datasets.dataset import Dataset
from engine.datasets.plane import CLASSES, MOST_CLASSES, points_in_parts
from engine.datasets.source import CURVES_GROUP, DATASETS, PLANES_GROUP, DataSource
from engine.datasets.splitting import place_in_class, steady_parts

PAINTED = PAINTED_PLANE, PAINTED_CURVE = "painted", "painted-curve"
POINTS = "painted"  # the setting that holds the points
MOST_PAINTED = 5000  # points
_FARTHEST = 1000.0  # largest distance from 0 in x or y
_DECIMALS = 3
_EXAMPLE = "0.5 -0.25, 0.1 0.3 | -0.5 0.25"

# The initial points, before any are painted: two clouds, and a wave.
_CLOUDS = (
    "-0.62 0.35, -0.5 0.52, -0.71 0.58, -0.41 0.3, -0.33 0.6, -0.55 0.15, -0.78 0.4, -0.48 0.75, -0.25 0.42, -0.64 0.7"
    " | 0.55 -0.4, 0.38 -0.55, 0.7 -0.6, 0.45 -0.22, 0.3 -0.35, 0.62 -0.18, 0.8 -0.42, 0.5 -0.75, 0.2 -0.5, 0.68 -0.78"
)
_WAVE = (
    "-0.95 -0.3, -0.85 -0.52, -0.72 -0.63, -0.6 -0.6, -0.48 -0.44, -0.35 -0.15, -0.22 0.12, -0.1 0.36, 0.03 0.55,"
    " 0.15 0.62, 0.28 0.58, 0.4 0.41, 0.52 0.2, 0.65 -0.02, 0.78 -0.15, 0.92 -0.2"
)


@dataclass(frozen=True, eq=False)
class PaintedPoints:
    """Points with their classes, in the order in which they were painted.

    Attributes:
        places: (k, 2) float64, x and y of each; k may be 0.
        kinds: (k,) int64, the class of each, from 0; on a curve all 0.
    """

    places: Array
    kinds: Array

    @classmethod
    def none(cls) -> PaintedPoints:
        """Returns an empty collection."""
        return cls(np.zeros((0, 2)), np.zeros(0, np.int64))

    @classmethod
    def read(cls, text: str) -> PaintedPoints:
        """Returns the points that a setting holds, class by class. Raises SettingError."""
        groups = [[point.split() for point in part.split(",")] if part.strip() else [] for part in text.split("|")]
        points = [point for group in groups for point in group]
        try:
            places = np.array([[float(number) for number in point] for point in points], float).reshape(-1, 2)
        except ValueError:
            places = np.array([[math.nan, math.nan]])
        if not (np.abs(places) <= _FARTHEST).all() or len(places) != len(points):
            rule = f"must be x and y of each point, from -{_FARTHEST:g} to {_FARTHEST:g}, and | between classes"
            raise SettingError(POINTS, text, rule, f'Try "{_EXAMPLE}".')
        return cls(places, np.repeat(np.arange(len(groups)), list(map(len, groups))))

    def write(self) -> str:
        """Returns the points as text for a setting: with three decimals, class by class."""
        groups = [self.places[self.kinds == kind] for kind in range(int(self.kinds.max(initial=0)) + 1)]
        return " | ".join(", ".join(f"{_short(x)} {_short(y)}" for x, y in group.tolist()) for group in groups)

    def __len__(self) -> int:
        return len(self.places)

    def with_more(self, places: Array, kind: int) -> PaintedPoints:
        """Returns these points and others, (n, 2), of one class; at most 5,000 in total, the rest is left out."""
        more = places[: max(0, MOST_PAINTED - len(self))]
        return PaintedPoints(
            np.concatenate([self.places, more]), np.concatenate([self.kinds, np.full(len(more), kind)])
        )

    def without(self, places: Array, reach: float) -> PaintedPoints:
        """Returns the points that are farther than ``reach`` from each of some places, (n, 2)."""
        stays = np.ones(len(self), bool)
        for place in places:
            stays &= np.hypot(*(self.places - place).T) > reach
        return PaintedPoints(self.places[stays], self.kinds[stays])

    def mixed(self) -> PaintedPoints:
        """Returns the points with classes in turn, because errors are estimated from the first examples."""
        order = np.lexsort((self.kinds, place_in_class(self.kinds)))
        return PaintedPoints(self.places[order], self.kinds[order])


def _short(number: float) -> str:
    """Returns a number without zeros at its end: 0.12, not 0.120; 1, not 1.000; never −0."""
    return f"{round(number, _DECIMALS) + 0.0:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def painted_plane(
    points: object,
    point_labels: object,
    classes: int | None = None,
    seed: int = 0,
    test_share: float = 0.2,
    title: str = "Painted points",
) -> Dataset:
    """Makes a data set of points that were set by hand, in their order.

    Args:
        points: (n, 2) numbers, x and y of each.
        point_labels: (n,) the class of each, from 0.
        classes: number of classes, 2…6; by default as many as the largest label needs. Some may have no points yet.
        seed: of the test set.
        test_share: share of each class that is the test set, 0…0.9; see
        :func:`~engine.datasets.splitting.steady_parts`.

    Raises:
        DataError: there are no points, or more than 5,000; or they are no finite numbers; or a label is none.
        SettingError: another value breaks its rule.
    """
    if classes is not None:
        classes = CLASSES.checked(classes)
    _check_amount(points)
    rows = matrix("points", points, 2, remedy="Give x and y of each point.")
    numbers = labels("labels", point_labels, classes or MOST_CLASSES)
    same_length("labels", len(numbers), "points", len(rows))
    outputs = classes or max(2, int(numbers.max()) + 1)
    return points_in_parts(title, rows, numbers, outputs, steady_parts(numbers, test_share, seed))


def painted_curve(points: object, seed: int = 0, test_share: float = 0.2, title: str = "Painted curve") -> Dataset:
    """Makes a data set of points that were set by hand: x is the input, y the target.

    Args:
        points: (n, 2) numbers, x and y of each.
        seed: of the test set.
        test_share: share of the points that is the test set, 0…0.9.

    Raises:
        DataError: there are no points, or more than 5,000, or they are no finite numbers.
        SettingError: another value breaks its rule.
    """
    _check_amount(points)
    rows = matrix("points", points, 2, remedy="Give x and y of each point.")
    return numbers_in_parts(title, rows, steady_parts(np.zeros(len(rows)), test_share, seed))


def _check_amount(points: object) -> None:
    """Raises DataError for no points or too many, before they are converted."""
    counted = isinstance(points, Sequence) or (isinstance(points, np.ndarray) and points.ndim)
    count = len(points) if counted else 1  # type: ignore[arg-type]  # what is neither is refused later
    if not 0 < count <= MOST_PAINTED:
        value, rule = Verbatim(f"{count:,} long"), f"must be 1 to {MOST_PAINTED:,} points"
        raise DataError("points", value, rule, "Paint some points." if count == 0 else "Use fewer points.")


# ---- as data of the registry


def _plane(painted: str = _CLOUDS, classes: int = 2, test_share: float = 0.2, seed: int = 0) -> Dataset:
    points = PaintedPoints.read(painted).mixed()
    used = int(points.kinds.max(initial=0)) + 1
    classes = CLASSES.checked(classes)
    if classes < used:
        rule = f"must be at least {used}, the number of painted classes"
        raise SettingError("classes", classes, rule, "Erase the points of the last class first.")
    return painted_plane(points.places, points.kinds, classes, seed, test_share)


def _curve(painted: str = _WAVE, test_share: float = 0.2, seed: int = 0) -> Dataset:
    points = PaintedPoints.read(painted)
    if points.kinds.any():
        raise SettingError(POINTS, Verbatim("of several classes"), "must be points without |", f'Try "{_WAVE[:24]}".')
    return painted_curve(points.places, seed, test_share)


_TIP = "x and y of each point, separated by commas."
_PLANE_TIP = f"{_TIP[:-1]}, and | between classes."
_CLASSES = replace(CLASSES, tip="Number of classes that you can paint.")
DATASETS.register(PAINTED_PLANE, place=80)(
    DataSource(
        "Painted points",
        _plane,
        PLANES_GROUP,
        (DataSetting(POINTS, "Painted points", _CLOUDS, _PLANE_TIP), _CLASSES, TEST_SHARE, SEED),
    )
)
DATASETS.register(PAINTED_CURVE, place=80)(
    DataSource(
        "Painted curve",
        _curve,
        CURVES_GROUP,
        (DataSetting(POINTS, "Painted points", _WAVE, _TIP), TEST_SHARE, SEED),
    )
)
