"""``StopRequests``: stop requests for the runs of a process, polled by the training loop after every step."""

from __future__ import annotations

ALL = -1  # instead of a run's number


class StopRequests:
    """The stop requests of one process, by run."""

    def __init__(self) -> None:
        self._how: dict[int, str] = {}

    def add(self, number: int, how: str) -> None:
        """Requests that a run, or all (-1), end with this status: "stopped" or "pruned"."""
        self._how[number] = how

    def of(self, number: int) -> str:
        """Returns the status with which a run must end now; empty to continue."""
        if not self._how:
            return ""
        return self._how.get(number) or self._how.get(ALL, "")
