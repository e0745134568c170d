"""Two groups of runs compared: how often one beats the other, and whether that may be chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array

LEAST_SEEDS = 5  # of each group, before a p-value is told
SIGNIFICANCE_LEVEL = 0.05
_MOST_COUNTED = 50  # runs of both groups, up to which all ways to divide them are counted


@dataclass(frozen=True)
class GroupComparison:
    """Group a beside group b, where smaller figures are better.

    Attributes:
        wins, ties, pairs: pairs of a run of a and one of b in which that of a is better; in which both are equal; all.
        p: of the two-sided Mann-Whitney test; None for fewer than five runs in a group.
        seeds: runs in the smaller group.
    """

    wins: int
    ties: int
    pairs: int
    p: float | None
    seeds: int

    @property
    def is_significant(self) -> bool:
        """Whether such a difference would be rare if both were the same."""
        return self.p is not None and self.p < SIGNIFICANCE_LEVEL


def compare_groups(a: Sequence[float], b: Sequence[float]) -> GroupComparison:
    """Compares figures of two groups of runs, at least one in each. A run that failed has an infinite figure."""
    here, there = np.asarray(a, float), np.asarray(b, float)
    wins, ties = int((here[:, None] < there).sum()), int((here[:, None] == there).sum())
    seeds = min(len(here), len(there))
    p = mann_whitney(here, there) if seeds >= LEAST_SEEDS else None
    return GroupComparison(wins, ties, len(here) * len(there), p, seeds)


def mann_whitney(a: Sequence[float] | Array, b: Sequence[float] | Array) -> float:
    """The two-sided p-value: how likely so large a difference of ranks is where both groups are the same.

    Mann and Whitney 1947, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other".
    Up to 50 runs it is exact, also with equal figures: all ways to divide the ranks are counted. Beyond, the sum of
    ranks is taken as normal, with the correction for equal figures and for continuity.
    """
    first, every = len(a), np.concatenate([np.asarray(a, float), np.asarray(b, float)])
    ranks = _doubled_ranks(every)
    found = int(ranks[:first].sum())
    middle = first * (len(every) + 1)  # the mean of the doubled sum
    if len(every) <= _MOST_COUNTED:
        return _counted(ranks, first, abs(found - middle), middle)
    return _normal(ranks, first, abs(found - middle))


def _doubled_ranks(figures: Array) -> Array:
    """(n,) int64: twice the rank of each, from 1; equal ones share the mean of theirs, so that all stay whole."""
    _, which, counts = np.unique(figures, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    shared: Array = (2 * last - counts + 1)[which.ravel()]
    return shared.astype(np.int64)


def _counted(ranks: Array, first: int, distance: int, middle: int) -> float:
    """ways[k, s]: in how many ways k of the ranks have the sum s."""
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
