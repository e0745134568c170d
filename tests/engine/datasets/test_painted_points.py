"""Points that were painted: their text, their parts as they become more, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, EngineError, SettingError
from engine.basics.validation import Array
from engine.datasets import DATASETS, load_data
from engine.datasets.painted_points import (
    MOST_PAINTED,
    PAINTED_CURVE,
    PAINTED_PLANE,
    PaintedPoints,
    painted_curve,
    painted_plane,
)
from engine.datasets.splitting import place_in_class, steady_parts
from engine.experiment import Experiment
from tests.engine.helpers import refused

POINTS = [[0.5, -0.25], [-0.5, 0.25], [1, 1], [2, 2]]


def some(count: int, kinds: int = 3) -> PaintedPoints:
    rng = np.random.default_rng(count)
    return PaintedPoints(rng.uniform(-1, 1, (count, 2)), rng.integers(0, kinds, count))


# ---- as a text


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_the_text_holds_the_points_to_three_decimals(count: int) -> None:
    points = some(count)
    read = PaintedPoints.read(points.write())
    order = np.argsort(points.kinds, kind="stable")
    np.testing.assert_allclose(read.places, points.places[order], atol=0.0005 + 1e-12)
    np.testing.assert_array_equal(read.kinds, points.kinds[order])
    assert PaintedPoints.read(read.write()).write() == read.write()


def test_the_text_is_short() -> None:
    points = PaintedPoints(np.array([[0.12, -0.0001], [1, -0.25], [0.5, 0.1239]]), np.array([0, 2, 2]))
    assert points.write() == "0.12 0 |  | 1 -0.25, 0.5 0.124"


@pytest.mark.parametrize(
    "text", ["1", "1 2 3", "1 2,", "a b", "1 nan", "1 inf", "1 2000", "1,2 3,4", "<b>1 2</b>", "1 2 | 3", "1 2; 3 4"]
)
def test_a_wrong_text_is_refused(text: str) -> None:
    with refused(SettingError, "painted", text):
        PaintedPoints.read(text)


def test_a_long_wrong_text_is_not_repeated_whole() -> None:
    with pytest.raises(SettingError) as error:
        PaintedPoints.read("1 2, " * 3000)
    assert len(str(error.value)) < 300


# ---- more and fewer


def test_more_are_added_up_to_the_most() -> None:
    points = some(MOST_PAINTED - 2).with_more(np.ones((5, 2)), 1)
    assert len(points) == MOST_PAINTED
    assert points.kinds[-2:].tolist() == [1, 1]


def test_those_near_a_way_are_erased() -> None:
    points = PaintedPoints(np.array([[0, 0], [0.3, 0], [1, 0], [0.05, 0.05]]), np.array([0, 1, 0, 1]))
    left = points.without(np.array([[0.0, 0.0], [1.0, 0.09]]), 0.1)
    np.testing.assert_array_equal(left.places, [[0.3, 0]])
    assert left.kinds.tolist() == [1]


def test_mixed_they_alternate() -> None:
    kinds = np.array([0, 0, 0, 1, 1, 2])
    mixed = PaintedPoints(np.arange(12.0).reshape(6, 2), kinds).mixed()
    assert mixed.kinds.tolist() == [0, 1, 2, 0, 1, 0]
    assert mixed.places[:, 0].tolist() == [0, 6, 10, 2, 8, 4]


# ---- the parts


def test_place_in_class() -> None:
    assert place_in_class(np.array([2, 0, 2, 2, 0])).tolist() == [0, 0, 1, 2, 1]


@pytest.mark.parametrize(("share", "seed"), [(0.0, 0), (0.1, 1), (0.2, 2), (0.2, 3), (0.5, 0), (0.9, 1)])
def test_more_points_leave_the_parts_of_the_others_alone(share: float, seed: int) -> None:
    numbers = some(60).kinds
    before: tuple[list[int], list[int]] = ([], [])
    for count in range(1, 61):
        train, test = (part.tolist() for part in steady_parts(numbers[:count], share, seed))
        assert sorted([*train, *test]) == list(range(count))
        assert set(before[0]) <= set(train)
        assert set(before[1]) <= set(test)
        before = train, test
    in_test = np.bincount(numbers[before[1]], minlength=3)
    wanted = np.bincount(numbers) * share
    assert (np.abs(in_test - wanted) < 1).all()
    assert 0 not in place_in_class(numbers)[before[1]]


def test_another_seed_draws_another_test_part() -> None:
    parts = {tuple(steady_parts(np.zeros(50), 0.2, seed)[1].tolist()) for seed in range(20)}
    assert len(parts) > 2


# ---- data sets


def test_painted_points_are_what_was_painted() -> None:
    data = painted_plane(POINTS, [0, 2, 2, 0], test_share=0)
    np.testing.assert_array_equal(data.train.inputs, POINTS)
    assert data.train.labels is not None
    assert data.train.labels.tolist() == [0, 2, 2, 0]
    assert data.outputs == 3  # class 1 has no points yet
    assert data.class_names == ("A", "B", "C")
    assert data.is_plane


def test_a_single_point_is_learned_from() -> None:
    data = painted_plane([[0.5, 0.5]], [0])
    assert (len(data.train), data.test, data.class_names) == (1, None, ("blue", "orange"))
    curve = painted_curve([[0.5, 0.5]])
    assert (len(curve.train), curve.test) == (1, None)
    assert curve.is_curve


def test_a_test_part_of_each_class() -> None:
    points = np.random.default_rng(0).normal(size=(50, 2))
    prints = []
    for seed in (1, 1, 2):
        data = painted_plane(points, [0] * 30 + [1] * 20, classes=4, seed=seed, test_share=0.2, title="Mine")
        prints.append(data.fingerprint)
        assert data.test is not None
        assert data.test.labels is not None
        assert np.bincount(data.test.labels).tolist() == [6, 4]
        assert (data.outputs, data.title) == (4, "Mine")
    assert prints[0] == prints[1] != prints[2]


def test_a_curve_has_its_points_in_both_parts() -> None:
    data = painted_curve(np.arange(20).reshape(10, 2), seed=1, test_share=0.3, title="Mine")
    assert data.test is not None
    assert (len(data.train), len(data.test), data.title) == (7, 3, "Mine")
    assert sorted([*data.train.inputs[:, 0], *data.test.inputs[:, 0]]) == list(range(0, 20, 2))


@pytest.mark.parametrize("name", [PAINTED_PLANE, PAINTED_CURVE])
def test_there_is_something_before_anybody_paints(name: str) -> None:
    data = load_data(name)
    default = DATASETS[name].setting("painted").default
    points = PaintedPoints.read(default)
    assert points.write() == default
    assert sum(map(len, data.splits.values())) == len(points) > 10


@pytest.mark.parametrize("name", [PAINTED_PLANE, PAINTED_CURVE])
def test_the_points_go_along_with_an_experiment(name: str) -> None:
    settings = {"painted": "0.1 0.2, 0.3 -0.4", "seed": 3}
    data = load_data(name, settings)
    experiment = Experiment().for_data(data, name, settings)
    again = Experiment.from_dict(experiment.as_dict())
    assert load_data(again.data, again.data_settings).fingerprint == data.fingerprint
    assert "painted=0.1 0.2, 0.3 -0.4" in experiment.command()


def test_first_examples_are_of_all_classes() -> None:
    data = load_data(PAINTED_PLANE, {"painted": "0 0, 0 1, 0 2 | 1 0, 1 1", "test_share": 0})
    assert data.train.labels is not None
    assert data.train.labels.tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"painted": ""}, "points"),
        ({"painted": " | "}, "points"),
        ({"painted": "0 0 | 1 1 | 2 2"}, "classes"),
        ({"painted": "0 0 | 1 1", "classes": 7}, "classes"),
        ({"painted": "0 0 | 1 1", "classes": 1}, "classes"),
        ({"painted": "what"}, "painted"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], parameter: str) -> None:
    with pytest.raises(EngineError) as error:
        load_data(PAINTED_PLANE, settings)
    assert error.value.parameter == parameter  # type: ignore[attr-defined]


def test_a_curve_has_no_classes() -> None:
    with refused(SettingError, "painted", "of several classes"):
        load_data(PAINTED_CURVE, {"painted": "0 0 | 1 1"})


@pytest.mark.parametrize(
    ("points", "numbers", "more", "kind", "parameter", "value"),
    [
        ([], [], {}, DataError, "points", "0 long"),
        (np.zeros((0, 2)), [], {}, DataError, "points", "0 long"),
        (np.broadcast_to(0.0, (MOST_PAINTED + 1, 2)), [], {}, DataError, "points", "5,001 long"),
        ([[0, 0], [1]], [0, 1], {}, DataError, "points", "ragged"),
        ([[0, 0, 0], [1, 1, 1]], [0, 1], {}, DataError, "points", "(2, 3)"),
        (5, [0], {}, DataError, "points", "()"),
        ("<b>", [0], {}, DataError, "points", "type"),
        ([[0, math.nan], [1, 1]], [0, 1], {}, DataError, "points", "nan at [0, 1]"),
        ([[0, 1e300], [1, 1]], [0, 1], {}, DataError, "points", "1e+300 at [0, 1]"),
        ([[0, 0], [1, 1]], [0, 6], {}, DataError, "labels", "6 at [1]"),
        ([[0, 0], [1, 1]], [0, 2], {"classes": 2}, DataError, "labels", "2 at [1]"),
        ([[0, 0], [1, 1]], [0, -1], {}, DataError, "labels", "-1 at [1]"),
        ([[0, 0], [1, 1]], [0, 0.5], {}, DataError, "labels", "0.5 at [1]"),
        ([[0, 0], [1, 1]], [0, 1, 1], {}, DataError, "labels", "3 long"),
        ([[0, 0], [1, 1]], [0, 1], {"classes": 7}, SettingError, "classes", "7"),
        ([[0, 0], [1, 1]], [0, 1], {"classes": 1}, SettingError, "classes", "1"),
        ([[0, 0], [1, 1]], [0, 1], {"seed": -1}, SettingError, "seed", "-1"),
        ([[0, 0], [1, 1]], [0, 1], {"test_share": 2}, SettingError, "test_share", "2"),
    ],
)
def test_planes_that_are_refused(
    points: Any, numbers: Any, more: dict[str, Any], kind: type[EngineError], parameter: str, value: str
) -> None:
    with refused(kind, parameter, value):
        painted_plane(points, numbers, **more)


@pytest.mark.parametrize(
    ("points", "more", "kind", "parameter", "value"),
    [
        ([], {}, DataError, "points", "0 long"),
        (np.broadcast_to(0.0, (MOST_PAINTED + 1, 2)), {}, DataError, "points", "5,001 long"),
        ([[0], [1]], {}, DataError, "points", "(2, 1)"),
        ([[0, math.inf]], {}, DataError, "points", "inf at [0, 1]"),
        ([["0", "1"]], {}, DataError, "points", "type"),
        ([[0, 1]], {"seed": 1.5}, SettingError, "seed", "1.5"),
    ],
)
def test_curves_that_are_refused(
    points: Array, more: dict[str, Any], kind: type[EngineError], parameter: str, value: str
) -> None:
    with refused(kind, parameter, value):
        painted_curve(points, **more)
