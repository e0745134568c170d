"""The steps of a run's first epoch at which the network is estimated, because most is learned there."""

from __future__ import annotations

ESTIMATE_EXAMPLES = 1000  # of each split
_FIRST, _INTERVAL = 5, 40  # batches
_MOST_INTERVALS = 25  # of an epoch; in one of more batches the interval doubles, else estimates would take most time


def estimated_steps(batches: int) -> frozenset[int]:
    """Returns the steps after which the network is estimated in a first epoch of that many; they count from 1.

    They are 5, 10, 20, 40 and so on, each twice the one before, up to an interval, then the multiples of the interval.
    It is 40 steps, or 80, 160, … in an epoch of more than 1,000 steps. After the last step there are exact results.
    """
    interval = _INTERVAL
    while batches > _MOST_INTERVALS * interval:
        interval *= 2
    doubled = (_FIRST << power for power in range((interval // _FIRST).bit_length() - 1))
    return frozenset(step for step in (*doubled, *range(interval, batches, interval)) if step < batches)
