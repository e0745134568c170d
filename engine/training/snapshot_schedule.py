"""``SnapshotSchedule``: the epochs at which snapshots are kept, limited in number and evenly spaced."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

LEAST_STEP = 1 / 32  # epochs between two snapshots
_ROUNDING = 1e-9


class SnapshotSchedule:
    """Keeps a snapshot at each multiple of a step, which doubles when the limit is reached.

    After the step has doubled, every new snapshot replaces one that is no longer at a multiple of it, so that never
    many go at once. The first snapshot stays. All places are epochs since the run began, with a fraction.

    Attributes:
        step: epochs between two snapshots, a power of 2.
        next: the place from which on the next snapshot is due.
    """

    def __init__(self, room: int, batches: int, kept: Iterable[float] = (), least: float = 1.0) -> None:
        """Starts or continues the schedule of a run.

        Args:
            room: the limit of snapshots, at least 2.
            batches: steps in an epoch.
            kept: places of the existing snapshots; the last of them may be between two multiples of the step.
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
        """Whether a snapshot is due at this place."""
        return place >= self.next

    def advance_past(self, place: float) -> None:
        """Marks a place as done: the next snapshot is due a step later."""
        self.next = self._after(place)

    def coarsen(self, place: float) -> None:
        """Doubles the step at a place, because snapshots come faster than they can be stored."""
        self._double()
        self.next = self._after(place)

    def add(self, place: float) -> float | None:
        """Adds a snapshot at this place; returns the place of the one that it replaces, or None."""
        victim = None
        if len(self) >= self._room:
            while not self._off:
                self._double()
            victim = self._off.popleft()
        self._on.append(place)
        return victim

    def __contains__(self, place: float) -> bool:
        """Whether there is a snapshot at this place."""
        return place in self._on or place in self._off

    def is_on(self, place: float) -> bool:
        """Whether the batch that ended at this place reached a multiple of the step."""
        return self._is_on_grid(place, self.step)

    def _double(self) -> None:
        self.step *= 2
        stays = [number == 0 or self._is_on_grid(place, self.step) for number, place in enumerate(self._on)]
        self._off += [place for place, does in zip(self._on, stays, strict=True) if not does]
        self._on = [place for place, does in zip(self._on, stays, strict=True) if does]

    def _is_on_grid(self, place: float, step: float) -> bool:
        return math.floor(place / step + _ROUNDING) > math.floor((place - 1 / self._batches) / step + _ROUNDING)

    def _after(self, place: float) -> float:
        """Returns the first multiple of the step after a place."""
        return (math.floor(place / self.step + _ROUNDING) + 1) * self.step - _ROUNDING
