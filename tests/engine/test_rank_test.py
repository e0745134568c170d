"""The Mann-Whitney test, by counting all orders one after the other, and by worked numbers."""

from __future__ import annotations

import itertools

import pytest

from engine.errors import SettingError
from engine.rank_test import RankTest, mann_whitney

LOW, HIGH = [1.0, 2, 3, 4, 5], [6.0, 7, 8, 9, 10]


def by_counting(first: list[float], second: list[float]) -> float:
    """p as its definition has it: the share of all ways to deal the results out that are as far from even."""
    everything = sorted(first + second)

    def away(group: tuple[float, ...]) -> float:
        others = [each for each in everything if each not in group]
        return abs(sum(one < other for one in group for other in others) - len(first) * len(second) / 2)

    found = [away(group) for group in itertools.combinations(everything, len(first))]
    return sum(each >= away(tuple(first)) for each in found) / len(found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (LOW, HIGH),
        ([1.0, 2, 3, 4, 8], [5.0, 6, 7, 9, 10]),
        ([1.0, 4, 5, 8, 9], [2.0, 3, 6, 7, 10]),
        ([3.0, 5, 7, 9, 11, 12, 13], [1.0, 2, 4, 6, 8]),
        (HIGH, [2.0, 3, 4, 5, 6.5, 1]),
    ],
)
def test_small_groups_are_counted(first: list[float], second: list[float]) -> None:
    assert mann_whitney(first, second).p == pytest.approx(by_counting(first, second))


def test_groups_that_do_not_overlap() -> None:
    found = mann_whitney(LOW, HIGH)
    assert (found.lower, found.higher, found.equal, found.pairs) == (25, 0, 0, 25)
    assert found.p == pytest.approx(2 / 252)  # two of the ways to choose 5 of 10
    assert mann_whitney(HIGH, LOW).p == found.p


def test_with_ties_u_is_taken_as_normal() -> None:
    """scipy.stats.mannwhitneyu(..., method="asymptotic") gives the same."""
    found = mann_whitney([1, 1, 2, 3, 4], [2, 5, 6, 7, 7])
    assert (found.lower, found.higher, found.equal) == (22, 2, 1)
    assert found.p == pytest.approx(0.04520135297652211)


def test_equal_results_tell_nothing() -> None:
    assert mann_whitney([2.0] * 5, [2.0] * 6).p == 1


def test_large_groups_are_taken_as_normal_too() -> None:
    """Counting gives nearly the same just below the limit."""
    counted = mann_whitney([2.0 * number for number in range(20)], [2.0 * number + 11 for number in range(20)])
    normal = mann_whitney([2.0 * number for number in range(20)], [2.0 * number + 11 for number in range(21)])
    assert counted.p == pytest.approx(0.009483607191205005)
    assert normal.p == pytest.approx(counted.p, abs=0.004)


@pytest.mark.parametrize("few", [LOW[:4], [*LOW[:4], float("nan")]])
def test_fewer_than_five_results_are_refused(few: list[float]) -> None:
    with pytest.raises(SettingError, match="at least 5"):
        mann_whitney(few, HIGH)
    with pytest.raises(SettingError, match="at least 5"):
        mann_whitney(HIGH, few)


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (RankTest((5, 5), 12, 0, 0.94), "too close to tell with 5 seeds (p = 0.9)"),
        (RankTest((7, 5), 12, 0, 0.31), "too close to tell with 5 and 7 seeds (p = 0.3)"),
        (RankTest((5, 5), 23, 0, 0.0159), "wider is better in 23 of 25 pairs (p = 0.02)"),
        (RankTest((5, 5), 2, 0, 0.0317), "old is better in 23 of 25 pairs (p = 0.03)"),
        (RankTest((5, 5), 22, 1, 0.045), "wider is better in 22 of 25 pairs, equal in 1 (p = 0.04)"),
        (RankTest((10, 10), 100, 0, 1e-5), "wider is better in 100 of 100 pairs (p < 0.001)"),
    ],
)
def test_in_words(test: RankTest, words: str) -> None:
    assert test.words("wider", "old") == words
