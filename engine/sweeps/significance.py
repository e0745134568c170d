"""Comparison of two groups of runs: wins of one over the other, and statistical significance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array

LEAST_SEEDS = 5  # runs in each group that a p-value needs
SIGNIFICANCE_LEVEL = 0.05
_MOST_COUNTED = 50  # runs of both groups up to which the test is exact


@dataclass(frozen=True)
class GroupComparison:
    """Comparison of group a with group b; smaller figures are better.

    Attributes:
        wins, ties, pairs: number of pairs of runs in which that of a is better, in which both are equal, and of all.
        p: p-value of the two-sided Mann-Whitney test; None for fewer than five runs in a group.
        seeds: runs in the smaller group.
    """

    wins: int
    ties: int
    pairs: int
    p: float | None
    seeds: int

    @property
    def is_significant(self) -> bool:
        """Whether the difference is significant at the 5 % level."""
        return self.p is not None and self.p < SIGNIFICANCE_LEVEL


def compare_groups(a: Sequence[float], b: Sequence[float]) -> GroupComparison:
    """Compares figures of two groups of runs, at least one in each. A run that failed has an infinite figure."""
    here, there = np.asarray(a, float), np.asarray(b, float)
    wins, ties = int((here[:, None] < there).sum()), int((here[:, None] == there).sum())
    seeds = min(len(here), len(there))
    p = mann_whitney(here, there) if seeds >= LEAST_SEEDS else None
    return GroupComparison(wins, ties, len(here) * len(there), p, seeds)


def mann_whitney(a: Sequence[float] | Array, b: Sequence[float] | Array) -> float:
    """Returns the two-sided p-value: the chance of such a difference in ranks if both groups are the same.

    Mann and Whitney 1947, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other".
    Up to 50 runs it is exact, also with ties: all divisions of the ranks are counted. Beyond, the rank sum is
    approximated as normal, with corrections for ties and continuity.
    """
    first, every = len(a), np.concatenate([np.asarray(a, float), np.asarray(b, float)])
    ranks = _doubled_ranks(every)
    found = int(ranks[:first].sum())
    middle = first * (len(every) + 1)  # mean of the doubled rank sum
    if len(every) <= _MOST_COUNTED:
        return _counted(ranks, first, abs(found - middle), middle)
    return _normal(ranks, first, abs(found - middle))


def _doubled_ranks(figures: Array) -> Array:
    """Returns twice the rank of each figure, (n,) int64; ties share their mean rank, which doubling keeps whole."""
    _, which, counts = np.unique(figures, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    shared: Array = (2 * last - counts + 1)[which.ravel()]
    return shared.astype(np.int64)


def _counted(ranks: Array, first: int, distance: int, middle: int) -> float:
    """Returns the exact p-value; ``ways[k, s]`` counts the choices of k ranks with the sum s."""
    ways = np.zeros((first + 1, int(ranks.sum()) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, :-rank].copy()
    far = np.abs(np.arange(ways.shape[1]) - middle) >= distance
    return float(ways[first, far].sum() / ways[first].sum())


def _normal(ranks: Array, first: int, distance: int) -> float:
    count = len(ranks)
    _, equal = np.unique(ranks, return_counts=True)
    ties = float((equal.astype(float) ** 3 - equal).sum())
    variance = first * (count - first) / 12 * (count + 1 - ties / (count * (count - 1)))
    if variance <= 0:
        return 1.0
    far = max(0.0, distance / 2 - 0.5) / math.sqrt(variance)
    return math.erfc(far / math.sqrt(2))
