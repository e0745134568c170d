"""``StopRequests``: how runs are asked to end. Who trains them looks after each step; nobody can end them from
outside."""

from __future__ import annotations

ALL = -1  # in place of a run's number


class StopRequests:
    """What was asked of the runs in one process."""

    def __init__(self) -> None:
        self._how: dict[int, str] = {}

    def add(self, number: int, how: str) -> None:
        """Notes how a run, or all (-1), are to end: "stopped", "pruned"."""
        self._how[number] = how

    def of(self, number: int) -> str:
        """How a run is to end now; empty for going on."""
        if not self._how:
            return ""
        return self._how.get(number) or self._how.get(ALL, "")
