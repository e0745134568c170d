"""The network's past: its parameters at some moments of the training, so that all of them can be asked again.

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
class Moment:
    """The parameters after so many epochs, as a fraction, over all runs of the network."""

    epochs: float
    parameters: Array


class Moments:
    """Kept in the order of their epochs, the untrained network first.

    When there is no room for another one, about every second is dropped, and from then on only those are taken that
    lie as far apart as those that are left. A network so large that two of it have no room leaves none.
    """

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: list[Moment] = []
        self._gap = 0.0  # epochs between two of them, at least

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._kept)

    @property
    def newest(self) -> Moment | None:
        """The last one kept, which need not be what is shown now."""
        return self._kept[-1] if self._kept else None

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
            self._kept.append(Moment(epochs, parameters))

    def forget_after(self, epochs: float) -> None:
        """The network is again as it was then."""
        while self._kept and self._kept[-1].epochs > epochs:
            self._kept.pop()

    def clear(self) -> None:
        """Another network."""
        self._kept = []
        self._gap = 0.0

    def _is_far_enough(self, epochs: float) -> bool:
        return not self._kept or epochs - self._kept[-1].epochs >= self._gap

    def _thin(self, epochs: float, room: int) -> None:
        """By distance, not by number: views are not evenly spread where a run was slow, or taken step by step."""
        old, self._kept = self._kept, []
        self._gap = 2 * (epochs - old[0].epochs) / room
        for moment in old:
            if self._is_far_enough(moment.epochs):
                self._kept.append(moment)


class MomentsOfRuns:
    """The moments of the network in the window, and of the one before it: undo may bring that back."""

    def __init__(self) -> None:
        self._recent: list[tuple[object, Moments]] = []

    def of(self, run: object) -> Moments:
        """Those of that run, which is the one in the window now; empty ones if it was away for long."""
        found = next((moments for known, moments in self._recent if known is run), Moments())
        others = [(known, moments) for known, moments in self._recent if known is not run]
        self._recent = [*others[-1:], (run, found)]
        return found
