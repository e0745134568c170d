"""The rule that stops hopeless runs early, so that their time goes to others."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping

LEAST_FINISHED = 5  # runs, before any is stopped


class MedianRule:
    """A run is hopeless if the best it has reached by an epoch is worse than the median of finished runs there.

    Golovin et al. 2017, "Google Vizier", KDD, section 3.2.3. It begins when five runs have finished.
    """

    def __init__(self) -> None:
        self._figures: dict[int, list[float]] = {}  # of finished runs, by epoch; ascending, as there may be thousands

    def finished(self, curve: Mapping[int, float]) -> None:
        """Takes notice of a run that was trained to its end: its validation figure (smaller is better) by epoch."""
        for epoch, figure in curve.items():
            insort(self._figures.setdefault(epoch, []), figure)

    def is_hopeless(self, curve: Mapping[int, float]) -> bool:
        """Whether a run with these validation figures so far is to be stopped."""
        epoch = max(curve, default=0)
        there = self._figures.get(epoch, [])
        if not epoch or len(there) < LEAST_FINISHED:
            return False
        median = (there[(len(there) - 1) // 2] + there[len(there) // 2]) / 2
        return min(value for at, value in curve.items() if at) > median
