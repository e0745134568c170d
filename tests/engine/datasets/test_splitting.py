"""Which examples are for training and which for the test."""

from __future__ import annotations

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.datasets.splitting import balanced_rows, parts_of
from tests.engine.helpers import refused


@pytest.mark.parametrize("of", [50, np.arange(50) % 3, np.array(["a", "b"] * 25)], ids=["count", "numbers", "texts"])
def test_every_example_is_in_one_part_in_order(of: object) -> None:
    train, test = parts_of(of, 0.2, 0)  # type: ignore[arg-type]
    assert len(test) == 10
    assert sorted([*train, *test]) == list(range(50))
    assert train.tolist() == sorted(train)
    assert test.tolist() == sorted(test)


def test_the_seed_says_which_ones() -> None:
    labels = np.arange(90) % 3
    assert parts_of(labels, 0.2, 1)[1].tolist() == parts_of(labels, 0.2, 1)[1].tolist()
    assert parts_of(labels, 0.2, 1)[1].tolist() != parts_of(labels, 0.2, 2)[1].tolist()


def test_each_class_is_in_proportion_and_so_is_the_sum() -> None:
    labels = np.repeat([0, 1, 2, 3], [103, 52, 27, 11])
    test = parts_of(labels, 0.2, 0)[1]
    counts = np.bincount(labels[test])
    assert (np.abs(counts - np.array([103, 52, 27, 11]) * 0.2) < 1).all()
    assert counts.sum() == round(193 * 0.2)


def test_a_class_keeps_an_example_to_learn_from() -> None:
    labels = np.array([0, 1, 1, 2, 2, 2, 2, 2])
    train, _ = parts_of(labels, 0.9, 0)
    assert set(labels[train]) == {0, 1, 2}


def test_a_share_of_nothing_is_no_test_part() -> None:
    train, test = parts_of(4, 0, 0)
    assert train.tolist() == [0, 1, 2, 3]
    assert test.tolist() == []


@pytest.mark.parametrize("share", [-0.1, 0.95, 1, "0.2", None, float("nan")])
def test_another_share_is_refused(share: object) -> None:
    with refused(SettingError, "test_share", ""):
        parts_of(10, share, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_another_seed_is_refused(seed: object) -> None:
    with refused(SettingError, "seed", ""):
        parts_of(10, 0.2, seed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of", "reported"),
    [
        (2, "there are only 2 examples. Give more data, or a larger share."),
        (1, "test_share: only 1 example, too few for a training and a test set. Give more data."),
        (np.array([0, 1, 2]), "only 3 examples in 3 classes, too few"),
        (np.array([0, 0]), "there are only 2 examples in 1 class. Give"),
    ],
)
def test_too_few_for_a_test_part_are_refused(of: object, reported: str) -> None:
    with pytest.raises(SettingError, match=reported):
        parts_of(of, 0.2, 0)  # type: ignore[arg-type]


def test_the_split_keeps_classes_in_proportion_and_is_drawn_by_the_seed() -> None:
    classes = np.repeat([0, 1, 2, 3], [100, 50, 7, 1])
    train, test = parts_of(classes, 0.2, 0)
    assert np.bincount(classes[test], minlength=4).tolist() in ([20, 10, 2, 0], [20, 10, 1, 1], [20, 10, 1, 0])
    assert len(test) == 32
    assert sorted([*train, *test]) == list(range(158))
    np.testing.assert_array_equal(parts_of(classes, 0.2, 0)[1], test)
    assert parts_of(classes, 0.2, 1)[1].tolist() != test.tolist()


def test_no_class_is_drawn_as_a_whole() -> None:
    classes = np.repeat(np.arange(20), 2)
    train, test = parts_of(classes, 0.9, 3)
    assert np.bincount(classes[train]).tolist() == [1] * 20
    assert len(test) == 20


def test_many_small_classes_are_drawn_as_often_as_the_share_says() -> None:
    _, test = parts_of(np.repeat(np.arange(30), 3), 0.2, 0)
    assert len(test) == 18


def test_numbers_are_split_without_classes() -> None:
    train, test = parts_of(10, 0.25, 0)
    assert (len(train), len(test)) == (8, 2)
    assert parts_of(10, 0, 0)[1].tolist() == []


# ---- some of the examples


def test_as_many_of_each_class_as_far_as_it_has_enough() -> None:
    labels = np.repeat([0, 1, 2], [3, 50, 70])
    rows = balanced_rows(labels, 23, seed=0)
    assert np.bincount(labels[rows]).tolist() == [3, 10, 10]
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert np.bincount(labels[balanced_rows(labels, 100, 0)]).tolist() == [3, 49, 48]


def test_the_same_seed_draws_the_same_and_more_contain_fewer() -> None:
    labels = np.arange(200) % 4
    rows = balanced_rows(labels, 40, seed=3)
    assert balanced_rows(labels, 40, seed=3).tolist() == rows.tolist()
    assert balanced_rows(labels, 40, seed=4).tolist() != rows.tolist()
    assert {*rows.tolist()} < {*balanced_rows(labels, 90, seed=3).tolist()}


def test_examples_without_classes_are_drawn_too() -> None:
    rows = balanced_rows(50, 20, seed=0)
    assert len({*rows.tolist()}) == 20
    assert rows.tolist() != list(range(20))
