"""The spacing of labels beside a plot."""

from __future__ import annotations

from collections.abc import Sequence


def pushed_apart(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Returns ascending places near the wanted ascending ones, at least ``apart`` from each other and within limits.

    Neighbours that are too close are moved by equal amounts (isotonic regression by pooling). In too little room, all
    have the same distance.
    """
    if len(wanted) > 1:
        apart = min(apart, max(high - low, 0.0) / (len(wanted) - 1))
    pools: list[list[float]] = []
    for number, place in enumerate(wanted):
        pools.append([place - number * apart])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    starts = [_mean(pool) for pool in pools for _ in pool]
    most = max(high - (len(wanted) - 1) * apart, low)
    return [min(max(start, low), most) + number * apart for number, start in enumerate(starts)]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
