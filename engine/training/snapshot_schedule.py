"""``SnapshotSchedule``: which moments of a training are kept, so that they are few and evenly apart, however long it
is."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

LEAST_STEP = 1 / 32  # of an epoch, between two moments
_ROUNDING = 1e-9


class SnapshotSchedule:
    """Keeps a moment at each multiple of a step, which doubles when there is no room for more.

    When it has doubled, every new moment takes the place of one that is no longer on the grid, so that there is never
    much to do at once. The first moment stays. All places are epochs since the training began, with a fraction.

    Attributes:
        step: epochs between two moments, a power of 2.
        next: the place from which on the next moment is wanted.
    """

    def __init__(self, room: int, batches: int, kept: Iterable[float] = (), least: float = 1.0) -> None:
        """Takes up a training.

        Args:
            room: how many moments are kept, at least 2.
            batches: steps in an epoch.
            kept: places of the moments that are kept already; the last of them may be off the grid.
            least: the smallest step, a power of 2.
        """
        self._room, self._batches, self.step = max(2, room), batches, least
        self._on, self._off = sorted(kept), deque[float]()
        while len(self._on) > 2 and all(self._is_on_grid(place, 2 * self.step) for place in self._on[1:-1]):
            self.step *= 2
        self.next = self._after(self._on[-1]) if self._on else -math.inf

    def __len__(self) -> int:
        return len(self._on) + len(self._off)

    def should_keep(self, place: float) -> bool:
        """Whether the moment at a place is to be kept."""
        return place >= self.next

    def advance_past(self, place: float) -> None:
        """Notes that what there was to do at a place is done: the next moment is wanted a step later."""
        self.next = self._after(place)

    def coarsen(self, place: float) -> None:
        """Doubles the step at a place: moments come too fast to be kept."""
        self._double()
        self.next = self._after(place)

    def add(self, place: float) -> float | None:
        """Notes that the moment at a place is kept; returns the one that it takes the place of, or None."""
        victim = None
        if len(self) >= self._room:
            while not self._off:
                self._double()
            victim = self._off.popleft()
        self._on.append(place)
        return victim

    def __contains__(self, place: float) -> bool:
        """Whether the moment at a place is kept."""
        return place in self._on or place in self._off

    def is_on(self, place: float) -> bool:
        """Whether a multiple of the step was reached with the batch that led to a place."""
        return self._is_on_grid(place, self.step)

    def _double(self) -> None:
        self.step *= 2
        stays = [number == 0 or self._is_on_grid(place, self.step) for number, place in enumerate(self._on)]
        self._off += [place for place, does in zip(self._on, stays, strict=True) if not does]
        self._on = [place for place, does in zip(self._on, stays, strict=True) if does]

    def _is_on_grid(self, place: float, step: float) -> bool:
        return math.floor(place / step + _ROUNDING) > math.floor((place - 1 / self._batches) / step + _ROUNDING)

    def _after(self, place: float) -> float:
        """The first multiple of the step after a place."""
        return (math.floor(place / self.step + _ROUNDING) + 1) * self.step - _ROUNDING
