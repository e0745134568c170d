"""Tests of t-SNE: similar points lie together, and an embedding continues from the previous one."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.cards.map.tsne import TsneEmbedding, is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="openTSNE is not installed")


def clusters(each: int = 40, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters of points, and which each is in."""
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(3), each)
    return rng.normal(size=(3, width))[labels] * 20 + rng.normal(size=(len(labels), width)), labels


def arranged(activations: np.ndarray, start: np.ndarray | None = None) -> TsneEmbedding:
    """All steps taken."""
    made = TsneEmbedding(activations, np.zeros((len(activations), 2)) if start is None else start)
    shares = list(made.steps())
    assert shares == sorted(shares)
    assert all(0 <= share < 1 for share in shares)
    return made


def test_what_is_alike_lies_together_and_stays_where_it_was() -> None:
    activations, labels = clusters()
    made = arranged(activations)
    points = made.points.copy()
    middles = np.array([points[labels == label].mean(axis=0) for label in range(3)])
    nearest = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels).all()
    assert points.dtype == np.float32

    # A further example is placed among those like it.
    place = made.place(activations[labels == 1].mean(axis=0))
    assert place is not None
    assert np.linalg.norm(middles - place, axis=1).argmin() == 1
    assert np.array_equal(made.points, points), "the others stay"

    # The next one begins where it was, so clusters keep their places from one snapshot to the next.
    again = arranged(activations + 0.01, points).points

    def order(points: np.ndarray) -> np.ndarray:
        middles = np.array([points[labels == label].mean(axis=0) for label in range(3)])
        return np.sign(middles[[0, 1, 2]] - middles[[1, 2, 0]])

    assert np.array_equal(order(points), order(again))


def test_each_step_shows_new_places() -> None:
    activations, _ = clusters()
    made = TsneEmbedding(activations, activations[:, :2])
    steps = made.steps()
    for _ in range(3):
        next(steps)
    first = made.points
    next(steps)
    assert not np.array_equal(first, made.points)
    steps.close()
    assert made.place(activations[0]) is not None, "also where it was stopped"


@pytest.mark.parametrize("count", [1, 4, 5, 12])
def test_few_points(count: int) -> None:
    activations, _ = clusters(each=10)
    made = arranged(activations[:count], activations[:count, :2])
    assert made.points.shape == (count, 2)
    assert np.isfinite(made.points).all()
    place = made.place(activations[0])
    assert (place is None) == (count < 5)


def test_equal_points() -> None:
    made = arranged(np.ones((30, 4)))
    assert np.isfinite(made.points).all()


def test_one_neuron() -> None:
    made = arranged(np.linspace(0, 1, 50)[:, None])
    assert np.isfinite(made.points).all()
