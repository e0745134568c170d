"""Snapshots of a run's parameters during training.

They are packed, see :mod:`engine.network.half_precision`. Their number is limited however long the training is, and
they are spread evenly over its epochs; ends of epochs, at which errors were measured, are preferred. Those with an
estimate of the first epoch stay, as far as they take half of the limit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.basics.validation import Array, available_memory
from engine.network.half_precision import PackedParameters, pack

MOST = 256
MOST_BYTES = 64 * 2**20  # default; the user can change it
LEAST_BYTES = 2**20
_FEWEST = 4  # for which it is worth while to fill gaps


def most_bytes() -> int:
    """Returns the most bytes that the snapshots of one run may take: half the free memory."""
    available = available_memory()
    return 2**40 if available is None else max(MOST_BYTES, available // 2)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Parameters after a number of epochs, with fraction, counted over all trainings of the network.

    Attributes:
        is_end: whether an epoch ended there, so that errors were measured.
        is_early: whether the history has an estimate of the first epoch there, so that it is not thinned.
    """

    epochs: float
    packed: PackedParameters
    is_end: bool = False
    is_early: bool = False

    @property
    def parameters(self) -> Array:
        """The whole parameter vector. It may be shared and must not be changed."""
        return self.packed.unpack()


class Snapshots:
    """The snapshots of one run in the order of their epochs, the untrained network first.

    At the limit about every second one is dropped, and new ones are taken as far apart as the remaining ones; only the
    end of an epoch replaces a snapshot before it that is nearer. If the limit is below two snapshots, a network has
    none.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: list[Snapshot] = []
        self._gap = 0.0  # least number of epochs between two snapshots

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._kept)

    @property
    def nbytes(self) -> int:
        return sum(snapshot.packed.nbytes for snapshot in self._kept)

    @property
    def epochs(self) -> list[float]:
        """The epochs of the snapshots, ascending."""
        return [snapshot.epochs for snapshot in self._kept]

    def nearest(self, epochs: float) -> Snapshot | None:
        """Returns the snapshot nearest to an epoch; None if there is none."""
        return min(self._kept, key=lambda snapshot: abs(snapshot.epochs - epochs), default=None)

    def spread(self, most: int) -> list[Snapshot]:
        """Returns the early snapshots and others at equal distances in the list, stable when another one is added.

        They are at most that many, unless there are as many early ones.
        """
        others = [snapshot for snapshot in self._kept if not snapshot.is_early]
        room = max(1, most - (len(self._kept) - len(others)))
        chosen = set(others[:: -(-len(others) // room) or 1])
        return [snapshot for snapshot in self._kept if snapshot.is_early or snapshot in chosen]

    def add(
        self, epochs: float, parameters: Array, shape: Sequence[int], is_end: bool = False, is_early: bool = False
    ) -> None:
        """Keeps the parameters of a network of that shape if they are far enough from the last snapshot, are those of
        an epoch's end that takes its place, or are early.

        Drops snapshots of later epochs, except early ones, which may arrive before the frame of an earlier batch.
        """
        later: list[Snapshot] = []
        if self._kept and self._kept[-1].epochs >= epochs:
            later = [snapshot for snapshot in self._kept if snapshot.is_early and snapshot.epochs > epochs]
            self._kept = [snapshot for snapshot in self._kept if snapshot.epochs < epochs]
        if is_end or is_early or self._is_far_enough(epochs):
            self._put(Snapshot(epochs, pack(parameters, tuple(shape)), is_end, is_early))
        for snapshot in later:
            self._put(snapshot)

    def add_end(self, epochs: float, parameters: PackedParameters) -> None:
        """Adds a snapshot of the end of an epoch in its place among later ones, if it is far enough from others."""
        self._insert(Snapshot(epochs, parameters, is_end=True))

    def add_early(self, epochs: float, parameters: PackedParameters) -> None:
        """Adds a snapshot with an estimate of the first epoch in its place among later ones."""
        self._insert(Snapshot(epochs, parameters, is_early=True))

    def _insert(self, new: Snapshot) -> None:
        place = bisect_left(self.epochs, new.epochs)
        later = self._kept[place:]
        del self._kept[place:]
        for snapshot in (new, *later):
            self._put(snapshot)

    def missing(self, ends: Sequence[float], nbytes: int) -> list[float]:
        """Returns the ends of epochs without a snapshot; of very many only some, evenly spread.

        Others may take half of the room. A snapshot takes ``nbytes``.
        """
        room, kept = self._room_for(nbytes), self.epochs
        if room < _FEWEST:
            return []
        step = max(1, -(-2 * len(ends) // room))
        wanted = ends[step - 1 :: step]
        if step == 1:
            return [end for end in wanted if end not in kept]
        spans = zip([0.0, *wanted], wanted, strict=False)
        return [end for last, end in spans if bisect_right(kept, end) == bisect_right(kept, last)]

    def fill(self, past: Sequence[Snapshot]) -> None:
        """Adds earlier snapshots, ascending, from elsewhere; those of later epochs stay."""
        later = [snapshot for snapshot in self._kept if not past or snapshot.epochs > past[-1].epochs]
        self.clear()
        for snapshot in (*past, *later):
            self._put(snapshot)

    def forget_after(self, epochs: float) -> None:
        """Drops the snapshots of later epochs."""
        self._kept = [snapshot for snapshot in self._kept if snapshot.epochs <= epochs]

    def forget_last(self) -> None:
        """Drops the snapshot of the latest epoch, if there is one."""
        del self._kept[-1:]

    def set_room(self, nbytes: int) -> None:
        """Sets the limit in bytes; snapshots above the limit are dropped at once."""
        if nbytes != self._most_bytes:
            self._most_bytes = nbytes
            kept = self._kept
            self.clear()
            for snapshot in kept:
                self._put(snapshot)

    def clear(self) -> None:
        self._kept = []
        self._gap = 0.0

    def _put(self, snapshot: Snapshot) -> None:
        """Adds a snapshot at the end if it is far enough from the last one, and thins if the limit is reached."""
        room = self._room_for(snapshot.packed.nbytes)
        if room < 2:
            self.clear()
            return
        if snapshot.is_early and self._early_count >= min(room // 2, room - 2):
            snapshot = replace(snapshot, is_early=False)
        if (snapshot.is_early or self._is_far_enough(snapshot.epochs)) and len(self._kept) >= room:
            self._thin(snapshot.epochs, room)
        self._place(snapshot)

    @property
    def _early_count(self) -> int:
        return sum(snapshot.is_early for snapshot in self._kept)

    def _room_for(self, nbytes: int) -> int:
        """Returns the number of snapshots of that size within the limit."""
        return min(self._most, self._most_bytes // max(1, nbytes))

    def _place(self, snapshot: Snapshot) -> None:
        """Adds a snapshot if it is far enough or early; the end of an epoch replaces one within it, except the first.

        There is one snapshot at each epoch.
        """
        if self._kept and self._kept[-1].epochs >= snapshot.epochs:
            return
        last = self._last_spaced
        if snapshot.is_early or self._is_far_enough(snapshot.epochs):
            self._kept.append(snapshot)
        elif snapshot.is_end and last and not self._kept[last].is_end:
            del self._kept[last]
            self._kept.append(snapshot)

    @property
    def _last_spaced(self) -> int:
        """The place of the last snapshot that is not early, from which distances count; -1 without any."""
        return next((place for place in reversed(range(len(self._kept))) if not self._kept[place].is_early), -1)

    def _is_far_enough(self, epochs: float) -> bool:
        last = self._last_spaced
        if last < 0:
            return True
        distance = epochs - self._kept[last].epochs
        return distance > 0 and distance >= self._gap

    def _thin(self, epochs: float, room: int) -> None:
        """Thins by epochs, not by number, because parameters arrive at uneven intervals."""
        old, self._kept = self._kept, []
        self._gap = 2 * (epochs - old[0].epochs) / (room - sum(snapshot.is_early for snapshot in old))
        for snapshot in old:
            self._place(snapshot)
