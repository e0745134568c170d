"""The interface of executors, which train the runs of a plan, and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.sweeps.results import STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, RunStarted

MOST_DEATHS = 2  # of processes or workers with the same run in them, after which it is given up


@dataclass(frozen=True)
class UserNotice:
    """A message for the user, in a sentence."""

    text: str


@dataclass(frozen=True)
class ExecutorHalted:
    """The executor cannot train any more: each run without an outcome is reported as stopped. The text says why."""

    text: str


Message = RunStarted | Report | RunOutcome | UserNotice | ExecutorHalted


class Executor(Protocol):
    """Trains runs. For one thread. Each submitted run has exactly one outcome in the end."""

    @property
    def workers(self) -> int:
        """The number of runs, or groups of runs, that are trained concurrently; it may change."""

    @property
    def capacity(self) -> int:
        """The number of submitted runs that keeps all workers busy."""

    @property
    def busy(self) -> int:
        """The number of submitted runs without an outcome."""

    def submit(self, *specs: RunSpec) -> None:
        """Queues a run; queues several as a group that one worker trains, an epoch of each in turn."""

    def next(self, timeout: float) -> list[Message]:
        """Returns new messages; waits for the first one up to the timeout."""

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        """Requests the end of a run, or of all, after the present step; ``how`` is the status of its outcome."""

    def close(self) -> None:
        """Ends everything at once. Submitted runs are lost."""
