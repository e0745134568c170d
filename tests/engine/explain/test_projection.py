"""Projection: the axes are those of the largest spread, and a point stays where it is while its activations do."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest

from engine.basics.errors import DataError, SettingError
from engine.datasets import Split
from engine.explain.features import activations_of
from engine.explain.projection import (
    Projection,
    are_inside,
    layer_rows,
    nearest_neighbours,
    principal_axes,
    project_in_steps,
)
from engine.network.network import Network


def cloud(examples: int = 300, width: int = 6) -> np.ndarray:
    """Activations whose spread differs from axis to axis, turned and moved."""
    rng = np.random.default_rng(5)
    turned = np.linalg.qr(rng.normal(size=(width, width)))[0]
    return (rng.normal(size=(examples, width)) * 2.0 ** -np.arange(width)) @ turned + 3


def made(shape: tuple[int, ...] = (4, 5, 3), examples: int = 50, scale: float = 1.0) -> tuple[Network, Split]:
    """A network, and examples for it."""
    rng = np.random.default_rng(2)
    network = Network(list(shape), ["relu"] * (len(shape) - 2) + ["softmax"], "cross-entropy", rng=rng)
    labels = rng.integers(0, shape[-1], examples)
    inputs = rng.integers(0, 255, (examples, shape[0]), np.uint8) if scale != 1 else rng.normal(size=(examples, 4))
    return network, Split(inputs, np.eye(shape[-1], dtype=np.float32)[labels], labels, scale)


def finished(steps: Generator[int, None, Projection]) -> Projection:
    """The result of all steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Projection = end.value
            return result


def projected(network: Network, split: Split, layer: int, rows: np.ndarray) -> Projection:
    """All of it, on a basis of its own."""
    return finished(
        project_in_steps(network, split, rows, layer, principal_axes(layer_rows(network, split, rows, layer)))
    )


# ---- the axes


@pytest.mark.parametrize(("examples", "width"), [(300, 6), (20, 40)])
def test_the_axes_explain_what_the_singular_values_say(examples: int, width: int) -> None:
    given = cloud(examples, width)
    basis = principal_axes(given, 4)
    values = np.linalg.svd(given - given.mean(axis=0), compute_uv=False) ** 2
    assert basis.shares == pytest.approx(values[:4] / values.sum(), rel=1e-6)
    assert basis.project(given).var(axis=0) == pytest.approx(basis.shares * given.var(axis=0).sum(), rel=1e-6)
    assert basis.axes @ basis.axes.T == pytest.approx(np.eye(4), abs=1e-9)


def test_all_axes_give_back_what_was_projected() -> None:
    given = cloud()
    basis = principal_axes(given, given.shape[1])
    assert basis.project(given) @ basis.axes + basis.mean == pytest.approx(given)
    assert basis.shares.sum() == pytest.approx(1)


def test_the_same_activations_give_the_same_axes_whichever_way_they_are_computed() -> None:
    given = cloud(30, 30)
    for some in (given, given[:, :29], given[:29]):
        first, again = principal_axes(some), principal_axes(some.copy())
        assert np.array_equal(first.axes, again.axes)
        assert all(axis[np.abs(axis).argmax()] > 0 for axis in first.axes), "the sign is no matter of chance"


def test_a_point_stays_where_it_is_while_its_activations_do() -> None:
    given = cloud()
    basis = principal_axes(given)
    assert basis.project(given[:3]) == pytest.approx(basis.project(given)[:3])


@pytest.mark.parametrize("width", [1, 2])
def test_a_narrow_layer(width: int) -> None:
    given = cloud(width=width)
    basis = principal_axes(given)
    points = basis.project(given)
    assert points.shape == (300, 2)
    assert basis.shares.sum() == pytest.approx(1)
    assert (points[:, 1] == 0).all() == (width == 1)


@pytest.mark.parametrize("given", [np.full((20, 5), 2.5), np.full((1, 5), 7.0), np.zeros((4, 900))])
def test_without_spread_all_points_are_one(given: np.ndarray) -> None:
    basis = principal_axes(given)
    assert not basis.shares.any()
    assert not basis.project(given).any()


def test_activations_that_are_not_finite_have_no_axes() -> None:
    given = cloud()
    given[3, 2] = np.inf
    with pytest.raises(DataError, match="finite"):
        principal_axes(given)


# ---- a network's layers


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("scale", [1.0, 1 / 255])
def test_points_are_the_layers_activations_along_the_axes(layer: int, scale: float) -> None:
    network, split = made(scale=scale)
    rows = np.array([3, 8, 9, 30, 31, 47])
    found = projected(network, split, layer, rows)
    inputs = (split.inputs * split.scale).astype(np.float32)[rows]
    activations = activations_of(network, inputs, layer)
    assert layer_rows(network, split, rows, layer) == pytest.approx(activations, abs=1e-5)
    basis = principal_axes(activations)
    assert found.points == pytest.approx(basis.project(activations), abs=1e-4)
    assert found.share == pytest.approx(basis.shares.sum(), abs=1e-4)
    assert found.answers.answers.tolist() == network.predict(inputs).argmax(axis=1).tolist()


def test_the_share_is_that_of_now() -> None:
    """Also on axes that were worked out for other activations."""
    network, split = made(examples=400)
    rows = np.arange(400)
    before = layer_rows(network, split, rows, 1)
    network.weights[0][:] = np.random.default_rng(9).normal(size=(5, 4))
    found = finished(project_in_steps(network, split, rows, 1, principal_axes(before)))
    now = layer_rows(network, split, rows, 1)
    along = principal_axes(before).project(now).var(axis=0).sum()
    assert found.share == pytest.approx(along / now.var(axis=0).sum(), rel=1e-3)


def test_what_is_not_finite_has_no_place() -> None:
    network, split = made()
    rows = np.arange(len(split))
    basis = principal_axes(layer_rows(network, split, rows, 1))
    network.weights[0][:] = np.nan
    found = finished(project_in_steps(network, split, rows, 1, basis))
    assert np.isnan(found.points).all()
    assert np.isnan(found.share)


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    network, split = made()
    with pytest.raises(SettingError, match="layer"):
        layer_rows(network, split, np.arange(3), layer)
    with pytest.raises(SettingError, match="layer"):
        next(project_in_steps(network, split, np.arange(3), layer, principal_axes(cloud())))


# ---- a lasso


def test_points_inside_a_polygon() -> None:
    arrow = np.array([(0, 0), (4, 2), (0, 4), (1, 2)], float)  # with a notch
    points = np.array([(2, 2), (0.5, 2), (3.9, 2), (0.1, 0.3), (5, 2), (-1, 2), (2, 5), (np.nan, 2)])
    assert are_inside(points, arrow).tolist() == [True, False, True, False, False, False, False, False]
    assert are_inside(points, arrow[::-1]).tolist() == are_inside(points, arrow).tolist(), "either way round"


def test_a_line_encloses_nothing() -> None:
    assert not are_inside(np.array([(1.0, 1.0)]), np.array([(0.0, 0.0), (2.0, 2.0)])).any()
    assert not are_inside(np.array([(1.0, 1.0)]), np.array([(1.0, 1.0)])).any()


def test_nearest_neighbours() -> None:
    points = np.array([[0, 0], [1, 0], [1, 3], [np.nan, 0], [5, 5], [9, 9], [5, 5], [5, 5]], np.float32)
    found = nearest_neighbours(points, np.arange(8)).tolist()
    assert found[:4] == [1, 0, 1, -1]
    assert found[5] == 4
    assert all(found[place] != place for place in (4, 6, 7))
    assert {found[4], found[6], found[7]} == {4, 6, 7}, "each is another's neighbour"
    assert nearest_neighbours(points[:1], np.arange(1)).tolist() == [-1]


def test_nearest_neighbours_of_some_of_many_points() -> None:
    points = np.random.default_rng(3).normal(size=(3000, 2)).astype(np.float32)
    asked = np.arange(0, 3000, 4)
    distances = np.linalg.norm(points[asked, None] - points, axis=2)
    distances[distances == 0] = np.inf
    np.testing.assert_array_equal(nearest_neighbours(points, asked), distances.argmin(axis=1))
