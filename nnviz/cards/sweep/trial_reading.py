"""Reads sweeps and the trials of one of them in the library's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnviz.cards.sweep.trial_table import TrialTable
    from nnviz.library import Library
    from nnviz.library.sweeps import SweepSummary


@dataclass(frozen=True, eq=False)
class SweepReading:
    """The result of reading: all sweeps, newest first; number, status and trials of the displayed one."""

    sweeps: list[SweepSummary]
    shown: int = 0
    status: str = ""
    table: TrialTable | None = None


def change_marker(library: Library, shown: int) -> object:
    """Returns an object that differs after another program wrote to a sweep."""
    from engine.sweeps.plan import SWEEP
    from nnviz.library.sweeps import SweepLibrary

    sweeps = SweepLibrary(library)
    return sweeps.summaries(SWEEP), sweeps.done(shown)


def read_sweep(library: Library, shown: int) -> SweepReading:
    """Reads the sweep of that number, or the newest one if there is none. Runs in the library's thread. Raises
    LibraryError.
    """
    from engine.sweeps.plan import SWEEP
    from nnviz.cards.sweep.trial_table import TrialTable
    from nnviz.library.sweeps import RUNNING, STOPPED, SweepLibrary, result_of

    sweeps = SweepLibrary(library)
    told = sweeps.summaries(SWEEP)
    if not told:
        return SweepReading([])
    number = shown if any(each.id == shown for each in told) else told[0].id
    record = sweeps.get(number)
    table = TrialTable(record.plan)
    table.add_trials(0, record.trials)
    table.add_runs(map(result_of, sweeps.records(number, by_number=True)))
    is_left = record.status == RUNNING and not sweeps.is_live(number)
    return SweepReading(told, number, STOPPED if is_left else record.status, table)
