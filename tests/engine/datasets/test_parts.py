"""The test part: a share of each class, the same one for the same seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.datasets.parts import parts_in_proportion
from engine.errors import SettingError
from tests.engine.helpers import refused


@pytest.mark.parametrize("share", [0.1, 0.2, 1 / 3, 0.9])
def test_every_class_gives_its_share(share: float) -> None:
    labels = np.repeat([0, 1, 2], [300, 60, 30])
    train, test = parts_in_proportion(labels, share, seed=1)
    assert np.bincount(labels[test]).tolist() == [round(share * count) for count in (300, 60, 30)]
    assert sorted([*train, *test]) == list(range(390))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()


@pytest.mark.parametrize("counts", [[7, 7, 7], [3, 4, 5, 6], [101, 33], [2, 2, 2, 2, 2], [12]])
def test_the_sum_is_the_share_of_all_and_no_class_is_off_by_a_whole_example(counts: list[int]) -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    _, test = parts_in_proportion(labels, 0.2, seed=5)
    assert len(test) == round(0.2 * sum(counts))
    assert (np.abs(np.bincount(labels[test], minlength=len(counts)) - 0.2 * np.array(counts)) < 1).all()


def test_the_seed_decides() -> None:
    labels = np.arange(100) % 2
    parts = [parts_in_proportion(labels, 0.2, seed)[1].tolist() for seed in (3, 3, 4)]
    assert parts[0] == parts[1] != parts[2]


def test_a_class_is_never_all_for_testing() -> None:
    labels = np.array([0] * 9 + [1])
    for seed in range(10):
        train, test = parts_in_proportion(labels, 0.9, seed)
        assert set(labels[train]) == {0, 1}
        assert len(test) == 8


def test_without_a_share_there_is_no_test_part() -> None:
    train, test = parts_in_proportion(np.zeros(5, int), 0, seed=0)
    assert train.tolist() == [0, 1, 2, 3, 4]
    assert test.tolist() == []


@pytest.mark.parametrize("share", [-0.1, 0.95, 1, math.nan, math.inf, "0.2", None, True])
def test_a_share_out_of_range_is_refused(share: Any) -> None:
    with refused(SettingError, "test_share", str(share) if share is not None else "None"):
        parts_in_proportion(np.zeros(10, int), share, seed=0)


@pytest.mark.parametrize(("labels", "share"), [([0, 1, 2], 0.9), ([0] * 4, 0.1)])
def test_a_share_that_leaves_nothing_to_test_is_refused(labels: list[int], share: float) -> None:
    with refused(SettingError, "test_share", str(share)):
        parts_in_proportion(np.array(labels), share, seed=0)
