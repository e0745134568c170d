"""Snapshots of a run's parameters during training, so that each of them can answer the drawing.

Nothing is copied here: snapshots share the copies that the views were given, which nobody writes to. Their number is
limited however long the training is, and they are spread evenly over its epochs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.validation import Array

_MOST = 64
_MOST_BYTES = 96 * 2**20


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The parameters after so many epochs (with fraction), counted over all trainings of the network."""

    epochs: float
    parameters: Array


class Snapshots:
    """The snapshots of one run in the order of their epochs, the untrained network first.

    When there is no room for another one, about every second one is dropped, and new ones are taken as far apart as
    the ones left. A network so large that there is no room for two snapshots has none.
    """

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: list[Snapshot] = []
        self._gap = 0.0  # least number of epochs between two snapshots

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._kept)

    @property
    def nbytes(self) -> int:
        return sum(snapshot.parameters.nbytes for snapshot in self._kept)

    def add(self, epochs: float, parameters: Array) -> None:
        """Keeps the parameters if they are far enough from the last snapshot. Drops snapshots of later epochs."""
        self._kept = [snapshot for snapshot in self._kept if snapshot.epochs < epochs]
        room = min(self._most, self._most_bytes // max(1, parameters.nbytes))
        if room < 2:
            self.clear()
            return
        if self._is_far_enough(epochs) and len(self._kept) >= room:
            self._thin(epochs, room)
        if self._is_far_enough(epochs):
            self._kept.append(Snapshot(epochs, parameters))

    def forget_after(self, epochs: float) -> None:
        """Drops the snapshots of later epochs."""
        self._kept = [snapshot for snapshot in self._kept if snapshot.epochs <= epochs]

    def clear(self) -> None:
        self._kept = []
        self._gap = 0.0

    def _is_far_enough(self, epochs: float) -> bool:
        return not self._kept or epochs - self._kept[-1].epochs >= self._gap

    def _thin(self, epochs: float, room: int) -> None:
        """Thins by epochs, not by number: the parameters do not arrive at an even pace."""
        old, self._kept = self._kept, []
        self._gap = 2 * (epochs - old[0].epochs) / room
        for snapshot in old:
            if self._is_far_enough(snapshot.epochs):
                self._kept.append(snapshot)
