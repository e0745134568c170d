"""``WaitingRuns``: runs for a cluster that are nowhere yet, and how many of them make a task."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from engine.many.one_run import RunSpec
from nnviz.sweeps.executor import MOST_DEATHS

# A worker speaks five times a second at most: when a task is over, so long for each of its threads, and of figures. Of
# many workers each speaks less often: their scheduler is one process.
SECONDS_OF_A_TASK, SECONDS_BETWEEN_FIGURES, WORKERS_IN_TURN = 0.6, 0.45, 25
_MOST_IN_A_TASK = 500
_OF_LATEST = 0.3  # the share of the latest task in what a group is said to take

Group = tuple[RunSpec, ...]  # runs whose epochs are done in turn


class WaitingRuns:
    """Groups of runs that wait for a worker, in order.

    Runs that were in a worker when it died are suspects: they are done one by one, in workers that do nothing else, so
    that it is seen which of them it was.

    Attributes:
        pace: by what tasks are longer than usual; of many workers each speaks less often.
    """

    def __init__(self) -> None:
        self.pace = 1.0
        self._groups: deque[Group] = deque()
        self._suspects: deque[Group] = deque()
        self._deaths: dict[int, int] = {}
        self._seconds: float | None = None  # that a group takes, about

    def __len__(self) -> int:
        return len(self._groups) + len(self._suspects)

    @property
    def has_suspects(self) -> bool:
        """Whether there is a run that must be done in a worker of its own."""
        return bool(self._suspects)

    def add(self, group: Group) -> None:
        """Adds runs at the end."""
        self._groups.append(group)

    def put_back(self, groups: Iterable[Group]) -> None:
        """Has runs that were not begun, or were lost through no fault of theirs, done next."""
        for group in reversed(list(groups)):
            (self._suspects if self._is_suspect(group) else self._groups).appendleft(group)

    def accuse(self, groups: Iterable[Group]) -> list[int]:
        """Notes that a worker died with these runs in it; returns the numbers of those that are given up now."""
        given_up = []
        for spec in (spec for group in groups for spec in group):
            deaths = self._deaths[spec.number] = self._deaths.get(spec.number, 0) + 1
            if deaths < MOST_DEATHS:
                self._suspects.append((spec,))
            else:
                self.forget(spec.number)
                given_up.append(spec.number)
        return given_up

    def forget(self, number: int) -> None:
        """A run is over."""
        self._deaths.pop(number, None)

    def clear(self) -> list[int]:
        """Takes all away; returns their numbers."""
        numbers = [spec.number for group in (*self._suspects, *self._groups) for spec in group]
        self._groups.clear()
        self._suspects.clear()
        return numbers

    def _is_suspect(self, group: Group) -> bool:
        return any(spec.number in self._deaths for spec in group)

    # ---- tasks

    def learn(self, groups: int, seconds: float) -> None:
        """Takes notice of how long so many groups took."""
        latest = seconds / groups
        before = latest if self._seconds is None else self._seconds
        self._seconds = (1 - _OF_LATEST) * before + _OF_LATEST * latest

    def size(self, threads: int) -> int:
        """How many groups make a task, for a worker with so many threads: one where they take long."""
        if self._seconds is None:
            return 1
        wanted = SECONDS_OF_A_TASK * self.pace * threads / max(self._seconds, 1e-6)
        return min(math.ceil(wanted), _MOST_IN_A_TASK)

    def take(self, threads: int, tasks: int) -> tuple[Group, ...]:
        """What the next task does; when few are left, they are shared out among so many tasks."""
        count = min(self.size(threads), -(-len(self._groups) // max(1, tasks)))
        return tuple(self._groups.popleft() for _ in range(count))

    def take_suspect(self) -> tuple[Group, ...]:
        """A run that is done alone."""
        return (self._suspects.popleft(),)
