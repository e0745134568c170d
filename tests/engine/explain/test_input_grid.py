"""Answers all over a region are those that the network gives at its places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import explain
from engine.datasets.curve import curve_dataset
from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.loading import load_data
from engine.datasets.painted_points import painted_curve, painted_plane
from engine.datasets.plane import PLANES, plane_dataset
from engine.explain.input_grid import Region, RegionEvaluator, Span, Square, plane_points, region_of, span_of, square_of
from engine.network.network import Network


def network_of(*shape: int) -> Network:
    hidden = ["tanh"] * (len(shape) - 2)
    return Network(shape, [*hidden, "softmax"], "cross-entropy", "normal", np.random.default_rng(1))


def test_cells_lie_as_in_a_picture() -> None:
    points = plane_points(np.array([-1.0, 10.0]), np.array([1.0, 14.0]), 2)
    assert points.tolist() == [[-0.5, 13.0], [0.5, 13.0], [-0.5, 11.0], [0.5, 11.0]]


@pytest.mark.parametrize("side", [5, 48])  # one chunk, and several with a smaller last one
def test_outputs_and_activations_are_those_of_the_network(side: int) -> None:
    network, square = network_of(2, 6, 300, 3), Square(0.5, -1, 2)
    points = plane_points(*square.corners, side)
    found = RegionEvaluator(network, square, side).evaluate(network, {1: slice(2, 4), 2: slice(None), 3: slice(None)})
    _, first, second, last = explain.forward(network, points).activations
    for layer, expected in ((1, first[:, 2:4]), (2, second), (3, last)):
        np.testing.assert_allclose(found[layer], expected.T, atol=1e-5)


def test_an_evaluator_serves_other_networks_of_the_shape_and_keeps_none_of_its_answers() -> None:
    one, square = network_of(2, 4, 2), Square()
    other = one.with_parameters(-one.parameters)
    evaluator = RegionEvaluator(one, square, 9)
    before = evaluator.evaluate(one, {2: slice(None)})[2]
    kept = before.copy()
    after = evaluator.evaluate(other, {2: slice(None)})[2]
    np.testing.assert_array_equal(before, kept)
    np.testing.assert_array_equal(after, RegionEvaluator(other, square, 9).evaluate(other, {2: slice(None)})[2])


def test_what_is_no_number_is_0() -> None:
    network = network_of(2, 4, 2)
    network.weights[0][1] = np.nan
    network.weights[0][2] = np.inf
    found = RegionEvaluator(network, Square(), 6).evaluate(network, {1: slice(None), 2: slice(None)})
    assert not found[1][1].any()
    assert all(np.isfinite(answers).all() for answers in found.values())


@pytest.mark.parametrize("name", [name for name in PLANES if name != "gaussians"])  # whose clouds have no end
def test_planes_fit_into_the_usual_square(name: str) -> None:
    assert square_of(plane_dataset(name)) == Square()


@pytest.mark.parametrize(("noise", "middle", "spread"), [(1.0, 0, 1), (0.03, 50, 1), (0.03, -3, 1e-3), (0.0, 1e8, 1e6)])
def test_other_points_get_a_square_that_shows_all_of_them(noise: float, middle: float, spread: float) -> None:
    made = plane_dataset("circles", noise=noise)
    assert made.test is not None
    points = (spread * np.concatenate([made.train.inputs, made.test.inputs]) + (middle, 0)).astype(np.float32)
    labels = np.arange(len(points)) % 2
    low, high = square_of(painted_plane(points, labels)).corners
    assert (points > low).all()
    assert (points < high).all()
    assert high[0] - low[0] == pytest.approx(high[1] - low[1])
    assert (high - low)[0] < 1.2 * np.ptp(points, axis=0).max()


def test_points_that_are_all_the_same_have_a_square_around_them() -> None:
    square = square_of(painted_plane([[3, 4], [3, 4]], [0, 1], test_share=0))
    assert square == Square(3, 4, 1)


@pytest.mark.parametrize("side", [7, 500])
def test_a_line_is_asked_from_end_to_end(side: int) -> None:
    network = Network([1, 5, 1], ["tanh", "identity"], "quadratic", "normal", np.random.default_rng(1))
    span = Span(-2, 3)
    places = span.places(side)
    assert (places[0, 0], places[-1, 0]) == (-2, 3)
    found = RegionEvaluator(network, span, side).evaluate(network, {1: slice(None), 2: slice(None)})
    np.testing.assert_allclose(found[2], network.predict(places).T, atol=1e-5)
    np.testing.assert_allclose(found[1], explain.forward(network, places).activations[1].T, atol=1e-5)


def test_points_close_together_are_seen_from_near_by_unless_they_are_to_lie_farther() -> None:
    painted = painted_plane([[0.1, 0.2], [0.2, 0.2]], [0, 1], test_share=0)
    assert square_of(painted) == Square()
    assert square_of(replace(painted, extent=None)).half == pytest.approx(0.054)


def test_a_curve_has_a_span_around_all_its_numbers() -> None:
    made = replace(painted_curve([[5, 0], [7, 1], [6, 2], [9, 3]], test_share=0.5), extent=None)
    span = span_of(made)
    assert 4.5 < span.low < 5
    assert 9 < span.high < 9.5
    assert span_of(replace(painted_curve([[3, 4], [3, 5]], test_share=0), extent=None)) == Span(2, 4)
    assert span_of(painted_curve([[0.5, 4]])) == Span(-1.08, 1.08)


def test_which_data_have_a_region() -> None:
    kinds: dict[str, type[Region] | None] = {"sine": Span, "spirals": Square, "penguins": None, "mpg": None}
    for name, expected in kinds.items():
        region = region_of(load_data(name))
        assert (None if region is None else type(region)) is expected
    two = Split(np.zeros((2, 1)), np.zeros((2, 2)))
    assert region_of(Dataset("two targets", two)) is None


def test_a_plane_is_known_by_its_columns_and_its_task() -> None:
    plane = plane_dataset("moons")
    assert plane.is_plane
    assert not replace(plane, columns=()).is_plane
    assert not replace(plane, columns=("length", "width")).is_plane
    assert not curve_dataset("sine").is_plane
    labels = np.array([0, 1])
    pixels = Split(np.zeros((2, 4)), one_hot(labels, 2), labels)
    assert not Dataset("pictures", pixels, example_shape=(2, 2)).is_plane
    targets = Dataset("heights", Split(np.zeros((2, 2)), np.zeros((2, 1))), columns=("x", "y"))
    assert not targets.is_plane
