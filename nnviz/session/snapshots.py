"""Parameters of a run at some moments of its training, so that the drawing can be asked at all of them.

Nothing is copied: what is kept are the copies that the views were given, and nobody writes to these. However long the
training, there are not many of them, evenly spread over its epochs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.validation import Array

_MOST = 64
_MOST_BYTES = 96 * 2**20


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The parameters after so many epochs, as a fraction, over all that the network was trained."""

    epochs: float
    parameters: Array


class Snapshots:
    """Kept in the order of their epochs, the untrained network first.

    When there is no room for another one, about every second is dropped, and from then on only those are taken that
    lie as far apart as those that are left. A network so large that two of it have no room leaves none.
    """

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: list[Snapshot] = []
        self._gap = 0.0  # epochs between two of them, at least

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._kept)

    @property
    def nbytes(self) -> int:
        """Bytes that they take."""
        return sum(snapshot.parameters.nbytes for snapshot in self._kept)

    def add(self, epochs: float, parameters: Array) -> None:
        """Keeps them if they lie far enough from the last. Going back in epochs drops what lay after."""
        while self._kept and self._kept[-1].epochs >= epochs:
            self._kept.pop()
        room = min(self._most, self._most_bytes // max(1, parameters.nbytes))
        if room < 2:
            self.clear()
            return
        if self._is_far_enough(epochs) and len(self._kept) >= room:
            self._thin(epochs, room)
        if self._is_far_enough(epochs):
            self._kept.append(Snapshot(epochs, parameters))

    def forget_after(self, epochs: float) -> None:
        """The network is again as it was then."""
        while self._kept and self._kept[-1].epochs > epochs:
            self._kept.pop()

    def clear(self) -> None:
        """Lets all of them go."""
        self._kept = []
        self._gap = 0.0

    def _is_far_enough(self, epochs: float) -> bool:
        return not self._kept or epochs - self._kept[-1].epochs >= self._gap

    def _thin(self, epochs: float, room: int) -> None:
        """By distance, not by number: views are not evenly spread where a run was slow, or taken step by step."""
        old, self._kept = self._kept, []
        self._gap = 2 * (epochs - old[0].epochs) / room
        for snapshot in old:
            if self._is_far_enough(snapshot.epochs):
                self._kept.append(snapshot)
