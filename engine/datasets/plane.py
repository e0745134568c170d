"""Points in the plane in two or more classes: spirals, circles and others.

All lie around the origin, within a radius of 1 (squares: within -1 and 1), so that networks need no scaling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.basics.errors import SettingError
from engine.basics.registry import Registry
from engine.basics.validation import Array, whole_number
from engine.datasets.data_setting import SEED, TEST_SHARE, DataSetting
from engine.datasets.dataset import PLANE_COLUMNS, Dataset, Split, one_hot
from engine.datasets.source import DATASETS, PLANES_GROUP, DataSource
from engine.datasets.splitting import parts_of

MOST_CLASSES = 6
MOST_POINTS = 1_000_000
EXTENT = 1.0  # largest distance of points from the centre, without noise

TURNS = 1.75  # turns of a spiral's arm
INNER = 0.1  # where the arms start: in the centre itself they could not be distinguished
BORDER = 0.05  # half the strip without points between squares of different classes
CLOUDS_AT = 0.65  # distance from the centre
CLOUD_SPREAD = 0.15  # standard deviation of a cloud before noise
SQUARES = 4  # squares in a row of the checkerboard

# Draws the points of one class without noise: the class, the number of classes, the number of points → (points, 2).
Draw = Callable[[np.random.Generator, int, int, int], Array]


@dataclass(frozen=True)
class Plane:
    """An arrangement of points: its displayed name, the function that draws a class, the range of classes."""

    label: str
    draw: Draw
    most_classes: int = 2


PLANES: Registry[Plane] = Registry("plane")

POINTS = DataSetting(
    "points",
    "Points",
    600,
    "Number of points of all classes together.",
    least=2,
    most=MOST_POINTS,
    step=100,
    option="number of points in the plane or on a curve",
)
NOISE = DataSetting(
    "noise",
    "Noise",
    0.03,
    "Standard deviation of the random shift of each point. The radius is 1.",
    most=1,  # beyond it nothing of the shape is left
    step=0.01,
    option="standard deviation by which points are moved at random",
)
CLASSES = DataSetting("classes", "Classes", 2, "Number of classes.", least=2, most=MOST_CLASSES)


def plane_dataset(
    name: str, points: int = 600, noise: float = 0.03, classes: int = 2, seed: int = 0, test_share: float = 0.2
) -> Dataset:
    """Makes points in the plane, equally many of each class, or one more.

    With other noise the same points are moved more or less, along the same ways, and the test set has the same ones.

    Args:
        name: what of :data:`PLANES` they show.
        points: how many there are in all, at least two of each class, at most a million.
        noise: standard deviation of what is added to x and to y, in units of the radius, 0…1.
        classes: from 2 to what the plane can have, 6 at most.
        seed: of the points and the test set.
        test_share: share of each class that is the test set, 0…0.9; 0 for no test set.

    Raises:
        SettingError: a value breaks its rule; UnknownNameError if there is no plane of that name.
    """
    plane = PLANES[name]
    noise = NOISE.checked(noise)
    classes = _checked_classes(plane, classes)
    points = POINTS.checked(points, 2 * classes)
    seed = SEED.checked(seed)
    shape, jitter, order = np.random.default_rng(seed).spawn(3)
    numbers = np.sort(np.arange(points) % classes)
    counts = np.bincount(numbers)
    found = np.concatenate([plane.draw(shape, number, classes, count) for number, count in enumerate(counts)])
    found += noise * jitter.standard_normal(found.shape)
    mixed = order.permutation(points)  # or the first examples, by which errors are estimated, were all of one class
    parts = parts_of(numbers[mixed], test_share, seed)
    return points_in_parts(plane.label, found[mixed].astype(np.float32), numbers[mixed], classes, parts)


def plane_class_names(classes: int) -> tuple[str, ...]:
    """Returns the names of the classes: two have the names of their colours in the plane, more have letters."""
    return ("blue", "orange") if classes == 2 else tuple("ABCDEF"[:classes])


def points_in_parts(title: str, points: Array, numbers: Array, classes: int, parts: tuple[Array, Array]) -> Dataset:
    """Returns the data of points (k, 2) with classes (k,), and the numbers of training and test points."""
    whole = Split(points, one_hot(numbers, classes), numbers)
    train, test = parts
    return Dataset(
        title,
        train=whole.at(train),
        test=whole.at(test) if len(test) else None,
        class_names=plane_class_names(classes),
        columns=PLANE_COLUMNS,
        extent=EXTENT,
    )


def _checked_classes(plane: Plane, classes: int) -> int:
    if plane.most_classes > 2:
        return int(CLASSES.checked(classes))
    if whole_number("classes", classes, 1, "2") != 2:
        others = ", ".join(PLANES[name].label for name in PLANES if PLANES[name].most_classes > 2)
        rule = f"must be 2 for {plane.label}"
        raise SettingError("classes", classes, rule, f"Try 2; more are possible for: {others}.")
    return 2


# ---- the shapes


def _around(distance: Array, turns: Array | float) -> Array:
    """Returns points (k, 2) at a distance from the centre and an angle, in turns from the x axis."""
    angle = 2 * np.pi * np.broadcast_to(turns, distance.shape)
    return np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])


def _spirals(rng: np.random.Generator, number: int, classes: int, count: int) -> Array:
    """Returns an arm of 1.75 turns from radius 0.1 to 1, proportional to the angle; evenly spaced along its length."""
    distance = np.sqrt(rng.uniform(INNER**2, 1, count))
    return _around(distance, TURNS * (distance - INNER) / (1 - INNER) + number / classes)


def _circles(rng: np.random.Generator, number: int, classes: int, count: int) -> Array:
    """Rings of equal distance around the middle; the first class is the innermost, the last has radius 1."""
    return _around(np.full(count, (number + 1) / classes), rng.random(count))


def _xor(rng: np.random.Generator, number: int, classes: int, count: int) -> Array:
    """Returns a square in four: x and y have the same sign in class 0, and different ones in class 1."""
    signs = rng.choice([-1, 1], (count, 1)) * [1, -1 if number else 1]
    found: Array = rng.uniform(BORDER, 1, (count, 2)) * signs
    return found


def _gaussians(rng: np.random.Generator, number: int, classes: int, count: int) -> Array:
    """Draws a round cloud in a ring of clouds, with a standard deviation of 0.15 in each direction."""
    return _around(np.full(count, CLOUDS_AT), number / classes) + rng.normal(0, CLOUD_SPREAD, (count, 2))


def _moons(rng: np.random.Generator, number: int, classes: int, count: int) -> Array:
    """Draws a half circle of radius 2/3; the two reach into each other, and the upper one is class 0."""
    upper: Array = (_around(np.ones(count), rng.random(count) / 2) - [0.5, 0.25]) / 1.5
    return -upper if number else upper


def _checkerboard(rng: np.random.Generator, number: int, classes: int, count: int) -> Array:
    """Draws points in the squares of a class: 4 × 4 squares within -1 and 1; the lower left one is class 0."""
    row, half = rng.integers(SQUARES, size=count), rng.integers(SQUARES // 2, size=count)
    column = 2 * half + (row + number) % 2
    side = 2 / SQUARES
    found: Array = np.column_stack([column, row]) * side - 1 + rng.uniform(BORDER, side - BORDER, (count, 2))
    return found


for _name, _plane in {
    "spirals": Plane("Spirals", _spirals, MOST_CLASSES),
    "circles": Plane("Circles", _circles, MOST_CLASSES),
    "xor": Plane("XOR", _xor),
    "gaussians": Plane("Gaussians", _gaussians, MOST_CLASSES),
    "moons": Plane("Moons", _moons),
    "checkerboard": Plane("Checkerboard", _checkerboard),
}.items():
    PLANES.register(_name)(_plane)
    _settings = (POINTS, NOISE, *([CLASSES] if _plane.most_classes > 2 else []), TEST_SHARE, SEED)
    DATASETS.register(_name, place=60)(DataSource(_plane.label, partial(plane_dataset, _name), PLANES_GROUP, _settings))
