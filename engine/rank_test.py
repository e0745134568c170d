"""Which of two groups of results is lower, and how easily chance alone would tell them apart as much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import SettingError
from engine.validation import Array

LEAST_RESULTS = 5  # of each group: with fewer hardly any difference can be told from chance
_MOST_COUNTED = 400  # pairs up to which all orders are counted
_CLEAR = 0.05  # p from which on a difference is too small to tell


@dataclass(frozen=True)
class RankTest:
    """The Mann-Whitney U test of two groups of results.

    Attributes:
        sizes: how many results each group has.
        lower, equal: of all pairs with one result of each group, those in which the first group's is lower, and those
            in which both are the same.
        p: probability (two-sided) that groups which do not differ come apart at least as much by chance.
    """

    sizes: tuple[int, int]
    lower: int
    equal: int
    p: float

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return self.sizes[0] * self.sizes[1]

    @property
    def higher(self) -> int:
        """The pairs in which the first group's result is higher."""
        return self.pairs - self.lower - self.equal

    @property
    def is_clear(self) -> bool:
        """Whether the groups come apart more than chance easily explains: p is below 0.05."""
        return self.p < _CLEAR

    def words(self, first: str, second: str) -> str:
        """Which group is better, where lower results are: "wider is better in 23 of 25 pairs (p = 0.02)"."""
        if not self.is_clear:
            return f"too close to tell with {_seeds(self.sizes)} ({_p(self.p)})"
        name, count = (first, self.lower) if self.lower > self.higher else (second, self.higher)
        ties = f", equal in {self.equal}" if self.equal else ""
        return f"{name} is better in {count} of {self.pairs} pairs{ties} ({_p(self.p)})"


def _seeds(sizes: tuple[int, int]) -> str:
    least, most = sorted(sizes)
    return f"{least} seeds" if least == most else f"{least} and {most} seeds"


def _p(p: float) -> str:
    return f"p = {p:.1g}" if p >= 1e-3 else "p < 0.001"


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Tests whether one of two groups tends to have lower results.

    All orders are counted where no two results are equal and the groups are small; else U is taken as normal, with the
    correction for ties and for continuity. Mann and Whitney 1947, doi:10.1214/aoms/1177730491; the normal form with
    ties: Lehmann, Nonparametrics (1975), section 1.2.

    Args:
        first, second: at least five finite results each.

    Raises SettingError for fewer.
    """
    a, b = np.array(first, float), np.array(second, float)
    for name, group in (("first", a), ("second", b)):
        if len(group) < LEAST_RESULTS or not np.isfinite(group).all():
            rule = f"must have at least {LEAST_RESULTS} results, all of them finite"
            raise SettingError(name, list(group), rule, "Train it with more seeds.")
    lower = int(np.count_nonzero(a[:, None] < b[None, :]))
    equal = int(np.count_nonzero(a[:, None] == b[None, :]))
    has_ties = len(np.unique(np.concatenate([a, b]))) < len(a) + len(b)
    is_counted = not has_ties and len(a) * len(b) <= _MOST_COUNTED
    p = _counted(lower, len(a), len(b)) if is_counted else _normal(lower + equal / 2, a, b)
    return RankTest((len(a), len(b)), lower, equal, p)


def _counted(u: int, m: int, n: int) -> float:
    """The share of all orders of ``m`` and ``n`` results whose U is as far from its middle, on either side."""
    orders = _orders(m, n)
    tail = sum(orders[: min(u, m * n - u) + 1])
    return min(1.0, 2 * tail / sum(orders))


def _orders(m: int, n: int) -> list[int]:
    """How many orders have each U from 0 to m · n: the coefficients of the Gaussian binomial (m + n over m)."""
    counts = [1] + [0] * (m * n)
    for k in range(1, m + 1):
        for u in range(m * n, n + k - 1, -1):  # times (1 - q^(n + k))
            counts[u] -= counts[u - n - k]
        for u in range(k, m * n + 1):  # divided by (1 - q^k)
            counts[u] += counts[u - k]
    return counts


def _normal(u: float, a: Array, b: Array) -> float:
    m, n = len(a), len(b)
    total = m + n
    ties = np.unique(np.concatenate([a, b]), return_counts=True)[1].astype(float)
    variance = m * n / 12 * (total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1)))
    if variance <= 0:  # all are equal
        return 1.0
    away = max(0.0, abs(u - m * n / 2) - 0.5) / math.sqrt(variance)
    return min(1.0, math.erfc(away / math.sqrt(2)))
