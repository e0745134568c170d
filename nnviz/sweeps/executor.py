"""``Executor``: who does the runs of a plan. There may be several kinds; all speak by these messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.sweeps.results import STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, RunStarted

MOST_DEATHS = 2  # of processes or workers with the same run in them, after which it is given up


@dataclass(frozen=True)
class Notice:
    """Something that a person should know, in a sentence."""

    text: str


@dataclass(frozen=True)
class Halted:
    """Nobody is left who could do runs: those without an Outcome get one at once, as stopped. Why, in a sentence."""

    text: str


Message = RunStarted | Report | RunOutcome | Notice | Halted


class Executor(Protocol):
    """Does runs. One thread uses it. Of each run that was submitted there is exactly one Outcome in the end."""

    @property
    def workers(self) -> int:
        """How many runs, or groups of them, are done at the same time; it may change."""

    @property
    def wanted(self) -> int:
        """How many runs should be submitted and not over, so that nobody is ever idle."""

    @property
    def busy(self) -> int:
        """How many runs were submitted and have no Outcome yet."""

    def submit(self, *specs: RunSpec) -> None:
        """Has a run done as soon as there is somebody free; of several, epochs in turn, side by side."""

    def next(self, timeout: float) -> list[Message]:
        """Returns what was told meanwhile; waits so many seconds at most for the first."""

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        """Asks a run, or all, to end after their present step, as "stopped" or "pruned"; their Outcome says so."""

    def close(self) -> None:
        """Ends everything at once. Runs that are under way are lost."""
