"""Comparison of groups of runs: wins of one over the other, and statistical significance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array

LEAST_SEEDS = 5  # runs in each group that a p-value needs
SIGNIFICANCE_LEVEL = 0.05
_MOST_COUNTED = 50  # runs of both groups up to which the test is exact
_MOST_DIVISIONS = 5_000  # into three or more groups, up to which all are counted
_DRAWS, _MOST_DRAWN = 5_000, 100  # random divisions; runs up to which they are drawn
_ENOUGH = 5  # runs in each group that the chi-square approximation needs


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


def kruskal_wallis(figures: Sequence[float] | Array, groups: Sequence[int] | Array) -> float:
    """Returns the p-value: the chance of such differences between mean ranks if all groups are the same.

    Kruskal and Wallis 1952, "Use of Ranks in One-Criterion Variance Analysis". It is exact, also with ties, for two
    groups as in :func:`mann_whitney`, and for more if there are up to 5,000 divisions of the ranks. Else, if a group
    has fewer than five of up to 100 runs, 5,000 random divisions with a fixed seed estimate it, and the found one
    counts as one of them (Phipson and Smyth 2010, "Permutation P-values Should Never Be Zero"). For larger groups the
    statistic is compared with chi-square, approximated by Wilson and Hilferty 1931, "The Distribution of Chi-Square".

    Args:
        figures: (n,) the figures of the runs.
        groups: (n,) the number of each run's group, from 0; each group has a run.
    """
    ranks, members = _doubled_ranks(np.asarray(figures, float)), np.asarray(groups)
    sizes = np.bincount(members)
    if len(sizes) < 2 or (ranks == ranks[0]).all():
        return 1.0
    if len(sizes) == 2:
        return mann_whitney(ranks[members == 0], ranks[members == 1])
    found = float((np.bincount(members, ranks) ** 2 / sizes).sum())  # grows with H, of which the rest is constant
    least = found * (1 - 1e-12)
    if _divisions(sizes) <= _MOST_DIVISIONS:
        return _share_of_divisions(ranks, sizes, least)
    if sizes.min() < _ENOUGH and len(ranks) <= _MOST_DRAWN:
        drawn = np.random.default_rng(0).permuted(np.tile(ranks.astype(float), (_DRAWS, 1)), axis=1)
        sums = drawn @ np.eye(len(sizes))[members]
        return float((1 + ((sums**2 / sizes).sum(axis=1) >= least).sum()) / (1 + _DRAWS))
    centred = ranks - ranks.mean()
    h = (len(ranks) - 1) * float((np.bincount(members, centred) ** 2 / sizes).sum() / (centred**2).sum())
    freedom = len(sizes) - 1
    variance = 2 / (9 * freedom)
    return math.erfc(((h / freedom) ** (1 / 3) - 1 + variance) / math.sqrt(2 * variance)) / 2


def _divisions(sizes: Array) -> int:
    """Returns the number of ways to divide runs into groups of these sizes."""
    return math.factorial(int(sizes.sum())) // math.prod(math.factorial(size) for size in sizes.tolist())


def _share_of_divisions(ranks: Array, sizes: Array, least: float) -> float:
    """Returns the share of divisions whose squared rank sums, each divided by the group's size, add up to ``least``."""
    ways: Counter[tuple[tuple[int, int], ...]] = Counter({((0, 0),) * len(sizes): 1})  # by size and sum of each group
    for rank in ranks.tolist():
        following: Counter[tuple[tuple[int, int], ...]] = Counter()
        for groups, count in ways.items():
            for place, (size, total) in enumerate(groups):
                if size < sizes[place]:
                    following[(*groups[:place], (size + 1, total + rank), *groups[place + 1 :])] += count
        ways = following
    far = sum(count for groups, count in ways.items() if sum(total**2 / size for size, total in groups) >= least)
    return far / ways.total()


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
