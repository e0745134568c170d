"""Points in the plane: where each class lies, what the seed and the noise decide, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError, UnknownNameError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.plane import (
    BORDER,
    INNER,
    MOST_CLASSES,
    MOST_POINTS,
    PLANES,
    TURNS,
    plane_class_names,
    plane_dataset,
)
from tests.engine.helpers import refused

MANY = [name for name in PLANES if PLANES[name].most_classes > 2]
TWO = [name for name in PLANES if name not in MANY]


def all_of(data: Dataset) -> tuple[Array, Array]:
    """Inputs and labels of both parts."""
    splits = list(data.splits.values())
    labels = [split.labels for split in splits if split.labels is not None]
    return np.concatenate([split.inputs for split in splits]), np.concatenate(labels)


def points_of(name: str, classes: int = 2, points: int = 1200) -> tuple[Array, Array]:
    """Many points without noise."""
    return all_of(plane_dataset(name, points, noise=0, classes=classes))


def radius(points: Array) -> Array:
    return np.hypot(points[:, 0], points[:, 1])


# what every plane is


@pytest.mark.parametrize("name", list(PLANES))
def test_what_it_says_about_itself(name: str) -> None:
    data = plane_dataset(name)
    assert data.title == PLANES[name].label
    assert (data.width, data.outputs) == (2, 2)
    assert data.columns == ("x", "y")
    assert data.class_names == ("blue", "orange")
    assert data.is_classification
    assert data.scaling is None
    assert not data.is_picture
    assert data.train.inputs.dtype == np.float32
    assert data.train.targets.dtype == np.float32


@pytest.mark.parametrize("name", list(PLANES))
def test_each_class_in_proportion(name: str) -> None:
    data = plane_dataset(name, points=600, test_share=0.2)
    assert data.test is not None
    assert data.train.labels is not None
    assert data.test.labels is not None
    assert np.bincount(data.train.labels).tolist() == [240, 240]
    assert np.bincount(data.test.labels).tolist() == [60, 60]


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("classes", [3, 6])
def test_more_classes(name: str, classes: int) -> None:
    data = plane_dataset(name, points=100, classes=classes, test_share=0)
    assert data.test is None
    assert data.outputs == classes
    assert data.class_names == plane_class_names(classes) == tuple("ABCDEF"[:classes])
    assert data.train.labels is not None
    counts = np.bincount(data.train.labels, minlength=classes)
    assert counts.sum() == 100
    assert np.ptp(counts) <= 1


@pytest.mark.parametrize("name", list(PLANES))
def test_all_lie_within_the_radius_as_far_as_the_shape_has_an_end(name: str) -> None:
    points, _ = points_of(name)
    if name != "gaussians":
        assert np.abs(points).max() <= 1 + 1e-6
    assert np.abs(points).max() > 0.8


@pytest.mark.parametrize("name", list(PLANES))
def test_the_same_seed_gives_the_same_points(name: str) -> None:
    prints = [plane_dataset(name, seed=seed).fingerprint for seed in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]


def test_the_first_examples_are_of_all_classes() -> None:
    data = plane_dataset("spirals", classes=3)
    assert set(data.train.head(20).at(slice(20)).labels.tolist()) == {0, 1, 2}  # type: ignore[union-attr]


# noise


@pytest.mark.parametrize("name", list(PLANES))
def test_noise_is_a_standard_deviation_and_moves_the_same_points(name: str) -> None:
    still, labels = all_of(plane_dataset(name, 4000, noise=0, seed=3))
    moved, labels_then = all_of(plane_dataset(name, 4000, noise=0.1, seed=3))
    np.testing.assert_array_equal(labels, labels_then)
    np.testing.assert_allclose((moved - still).std(axis=0), 0.1, rtol=0.05)
    np.testing.assert_allclose((moved - still).mean(axis=0), 0, atol=0.01)
    twice, _ = all_of(plane_dataset(name, 4000, noise=0.2, seed=3))
    np.testing.assert_allclose(twice - still, 2 * (moved - still), atol=1e-5)


# where each class lies


@pytest.mark.parametrize("classes", [2, 5])
def test_spirals_wind_outwards(classes: int) -> None:
    points, labels = points_of("spirals", classes)
    distance = radius(points)
    assert distance.min() >= INNER - 1e-6
    assert distance.min() < 0.15
    assert 0.99 < distance.max() <= 1 + 1e-6
    turns = TURNS * (distance - INNER) / (1 - INNER) + labels / classes
    angle = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi)
    np.testing.assert_allclose(np.cos(2 * np.pi * (angle - turns)), 1, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 6])
def test_circles_have_their_radius(classes: int) -> None:
    points, labels = points_of("circles", classes)
    np.testing.assert_allclose(radius(points), (labels + 1) / classes, rtol=1e-5)
    assert np.abs(points[labels == 0].mean(axis=0)).max() < 0.1  # all around


def test_xor_goes_by_the_signs() -> None:
    points, labels = points_of("xor")
    np.testing.assert_array_equal(points[:, 0] * points[:, 1] < 0, labels == 1)
    assert np.abs(points).min() >= BORDER - 1e-6
    quadrants = (points[:, 0] > 0) * 2 + (points[:, 1] > 0)
    assert np.bincount(quadrants).min() > 200


@pytest.mark.parametrize("classes", [2, 6])
def test_gaussians_are_clouds_around_their_middle(classes: int) -> None:
    points, labels = points_of("gaussians", classes, points=6000)
    for number in range(classes):
        cloud, angle = points[labels == number], 2 * np.pi * number / classes
        middle = 0.65 * np.array([math.cos(angle), math.sin(angle)])
        np.testing.assert_allclose(cloud.mean(axis=0), middle, atol=0.03)
        np.testing.assert_allclose(cloud.std(axis=0), 0.15, rtol=0.1)


def test_moons_are_half_circles_that_reach_into_each_other() -> None:
    points, labels = points_of("moons")
    middles = np.where(labels[:, None] == 0, [-1 / 3, -1 / 6], [1 / 3, 1 / 6])
    np.testing.assert_allclose(radius(points - middles), 2 / 3, rtol=1e-5)
    assert (points[labels == 0, 1] >= -1 / 6 - 1e-6).all()
    assert (points[labels == 1, 1] <= 1 / 6 + 1e-6).all()


def test_the_checkerboard_alternates() -> None:
    points, labels = points_of("checkerboard")
    squares = np.floor((points + 1) * 2).astype(int)
    np.testing.assert_array_equal(squares.sum(axis=1) % 2, labels)
    assert len(np.unique(squares, axis=0)) == 16
    to_the_border = np.abs((points + 1) * 2 - np.round((points + 1) * 2)) / 2
    assert to_the_border.min() >= BORDER - 1e-6


# what is refused


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("points", 0),
        ("points", 3),
        ("points", -5),
        ("points", 10.5),
        ("points", MOST_POINTS + 1),
        ("points", 10**400),
        ("points", "600"),
        ("noise", -0.01),
        ("noise", 1.5),
        ("noise", math.nan),
        ("noise", "much"),
        ("classes", 0),
        ("classes", 1),
        ("classes", MOST_CLASSES + 1),
        ("classes", 2.5),
        ("seed", -1),
        ("seed", None),
        ("test_share", -0.2),
        ("test_share", 1),
    ],
)
def test_bad_settings(parameter: str, value: Any) -> None:
    with refused(SettingError, parameter, str(value)[:20] if not isinstance(value, str) else repr(value)):
        plane_dataset("spirals", **{parameter: value})


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("classes", [1, 3])
def test_planes_of_two_classes_have_no_more(name: str, classes: int) -> None:
    with refused(SettingError, "classes", str(classes)):
        plane_dataset(name, classes=classes)


def test_every_class_needs_two_points() -> None:
    with refused(SettingError, "points", "11"):
        plane_dataset("circles", points=11, classes=6)
    assert len(plane_dataset("circles", points=12, classes=6, test_share=0.5).train) == 6


@pytest.mark.parametrize("name", ["<b>spirals</b>", "", None, ["spirals"]])
def test_an_unknown_plane_is_refused_with_the_choices(name: Any) -> None:
    with pytest.raises(UnknownNameError, match="spirals, circles, xor, gaussians, moons, checkerboard"):
        plane_dataset(name)
