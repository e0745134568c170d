"""The rule that stops hopeless runs early, so that their time goes to others."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

LEAST_FINISHED = 5  # runs, before any is stopped


class MedianRule:
    """A run is hopeless if the best it has reached by an epoch is worse than the median of finished runs there.

    Golovin et al. 2017, "Google Vizier", KDD, section 3.2.3. It begins when five runs have finished.
    """

    def __init__(self) -> None:
        self._finished: list[Mapping[int, float]] = []

    def finished(self, curve: Mapping[int, float]) -> None:
        """Takes notice of a run that was trained to its end: its validation figure (smaller is better) by epoch."""
        self._finished.append(curve)

    def is_hopeless(self, curve: Mapping[int, float]) -> bool:
        """Whether a run with these validation figures so far is to be stopped."""
        if not curve or len(self._finished) < LEAST_FINISHED:
            return False
        epoch = max(curve)
        there = [each[epoch] for each in self._finished if epoch in each]
        if not epoch or len(there) < LEAST_FINISHED:
            return False
        return min(value for at, value in curve.items() if at) > statistics.median(there)
