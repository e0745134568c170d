"""The tree of a library's runs: groups, sweeps and branches, in order."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from nnviz.library.schema import FIGURES
from nnviz.session.run_text import NEWEST, SORTS
from nnviz.session.seeds import OF_TRIALS

if TYPE_CHECKING:
    from nnviz.library import Library, RunGroup
    from nnviz.library.sweeps import SweepSummary


class RunTree:
    """The groups of seeds, the sweeps, and the other runs of a library. Raises LibraryError.

    A run is identified by its number, a group by the number of its first run, a sweep by its negative number.

    Attributes:
        sweeps: summaries of sweeps, by number.
        opened: sweeps whose trials are listed below them.
        groups: the group of each run of a plan that is not a closed sweep, and of each run with the same settings as an
            adjacent one.
        members: the runs of each of these groups, in order.
        runs_of: the found runs of each sweep.
        best: the key by which each sweep is sorted and its value, as far as it is known.
        order: all that was found, in order; the same data are adjacent.
        data: title and fingerprint of the data of each.
        parents: the parent of each nested one.
    """

    def __init__(self, library: Library, search: str, sort: str, opened: Collection[int]) -> None:
        self._library, self._search, self._sort = library, search, sort
        self.sweeps = _sweeps(library)
        self.opened = [sweep for sweep in self.sweeps if sweep in opened]
        closed = [sweep for sweep in self.sweeps if sweep not in opened]
        self.groups = library.groups(closed) | library.equal_runs()
        self.members = _members(self.groups)
        self.runs_of: dict[int, Sequence[int]] = {}
        self.best = self._best()
        self.parents: dict[int, int] = {}
        newest = self._found(closed)
        self.data = self._data_of(newest)
        self._attach_below(library.parents())
        self.order = self._sorted(newest)

    def _found(self, closed: Collection[int]) -> dict[int, int]:
        """Returns the newest run of each that was found."""
        newest: dict[int, int] = {}
        opened: dict[int, list[int]] = defaultdict(list)

        def note(number: int, run: int) -> None:
            newest[number] = max(run, newest.get(number, 0))

        for entry in self._library.entries(self._search, closed):
            if entry.runs:
                self.runs_of[-entry.number] = entry.runs
            number = self._number(entry.number)
            note(number, entry.newest)
            if entry.sweep is not None and entry.sweep in self.opened:
                opened[entry.sweep].append(entry.number)
                note(-entry.sweep, entry.newest)
                self.parents[number] = -entry.sweep
        self.runs_of |= opened
        return newest

    def _number(self, run: int) -> int:
        """Returns the identifier of a run's group, or the run's own."""
        return self.members[self.groups[run]][0] if run in self.groups else run

    def _attach_below(self, parents: Mapping[int, int]) -> None:
        """Nests branches below their parents, or below the groups and sweeps of these."""
        known = {*parents, *parents.values()}
        alone = known - self.groups.keys()
        folded = {run: -sweep for sweep, runs in self.runs_of.items() for run in alone.intersection(runs)}
        for run, parent in parents.items():
            number = folded.get(run, self._number(run))
            self.parents.setdefault(number, folded.get(parent, self._number(parent)))

    def _sorted(self, newest: Mapping[int, int]) -> list[int]:
        """Returns the order: the best of each data set first, newest first in a tie, unknown values last.

        If sorted by a figure, data sets are in the order of their titles; else in the order of their first entry.
        """
        best_first = sorted(newest, key=lambda number: -newest[number])
        worth: dict[int, float | None] = {}
        if self._sort != NEWEST:
            values, sign = self._library.values(self._sort), 1 if SORTS[self._sort].is_ascending else -1
            worth = {number: self._worth(number, values) for number in newest}

            def key(number: int) -> tuple[bool, float]:
                value = worth[number]
                return value is None, 0.0 if value is None else sign * value

            best_first.sort(key=key)
        sections: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number in best_first:
            sections[self.data.get(number, ("", ""))].append(number)

        def place(data: tuple[str, str]) -> tuple[bool, str, int]:
            figures = [worth[number] for number in sections[data]]
            is_unknown = all(figure is None or math.isinf(figure) for figure in figures)  # infinite: it diverged
            return is_unknown, data[0].lower(), -max(newest[number] for number in sections[data])

        ordered = sorted(sections, key=place) if self._sort in FIGURES else list(sections)
        return [number for data in ordered for number in sections[data]]

    def _data_of(self, newest: Mapping[int, int]) -> dict[int, tuple[str, str]]:
        """Returns the data of each, by its newest run."""
        known = self._library.data_sets()
        return {number: known[run] for number, run in newest.items() if run in known}

    def _worth(self, number: int, values: Mapping[int, float]) -> float | None:
        """Returns the value of a sweep, the median of a group, the figure of a run; None if it is not known."""
        if number < 0:
            return self.best.get(-number, (self._sort, None))[1]
        group = self.groups.get(number)
        if group is None:
            return values.get(number)
        known = [values[run] for run in self.members[group] if run in values]
        return statistics.median(known) if known else None

    def _best(self) -> dict[int, tuple[str, float]]:
        best: dict[int, tuple[str, float]] = {}
        for name in OF_TRIALS if self._sort == NEWEST else (self._sort,):
            if len(best) < len(self.sweeps):
                found = self._library.sweep_values(name, self._search)
                best = {sweep: (name, value) for sweep, value in found.items() if sweep in self.sweeps} | best
        return best


def _sweeps(library: Library) -> dict[int, SweepSummary]:
    if not library.database.has_sweeps:
        return {}
    from engine.sweeps.plan import SWEEP  # which only libraries with plans need
    from nnviz.library.sweeps import SweepLibrary

    return {sweep.id: sweep for sweep in SweepLibrary(library).summaries(SWEEP)}


def _members(groups: Mapping[int, RunGroup]) -> dict[RunGroup, tuple[int, ...]]:
    members: dict[RunGroup, list[int]] = defaultdict(list)
    for run, group in groups.items():
        members[group].append(run)
    return {group: tuple(runs) for group, runs in members.items()}
