"""Which runs of the library are listed, in which order, and what is read of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from engine.basics.errors import EngineError
from engine.experiment import Experiment
from nnviz.library import Group, LibraryError
from nnviz.session.run_names import Settings, common, settings_of
from nnviz.session.run_tree import RunTree
from nnviz.session.seeds import Chosen, named_first

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord
    from nnviz.library.sweeps import SweepSummary

PAGE = 25  # rows that are read at once: about as many as are in sight
_MOST_COMPARED = 50  # runs of a data set that are looked at for what most of them have


class SweepKey(NamedTuple):
    """The sweep of that number, as one row of the list."""

    id: int


class RunRow(NamedTuple):
    """A run in the list, a group of seeds, or a sweep.

    Attributes:
        run: its number; of a group that of its first run, 0 where the library has none of it yet; 0 for a sweep.
        depth: how many of its ancestors stand above it.
        group: the group that it stands for; None for a run, or a sweep.
        runs: the numbers of the runs of the group; of those of the sweep, in no order, that were searched for.
        is_open: whether the runs of the group, or the trials of the sweep, stand below it.
        siblings: of one of these, the numbers of all of them.
        of: the sweep that it stands for, or whose trial it is; None for any other.
        best: of a sweep what it is sorted by, and what its runs have of it together.
        section: title of its data, if this is the first row of other data than the row before has.
    """

    run: int
    depth: int
    group: Group | None = None
    runs: Sequence[int] = ()
    is_open: bool = False
    siblings: tuple[int, ...] = ()
    of: SweepSummary | None = None
    best: tuple[str, float] | None = None
    section: str = ""

    @property
    def is_member(self) -> bool:
        """Whether it is a run that stands below its group."""
        return bool(self.siblings)

    @property
    def is_branch(self) -> bool:
        """Whether it stands below the run that it branched off from."""
        return self.depth > 0 and not self.is_member and self.of is None

    @property
    def is_sweep(self) -> bool:
        return self.of is not None and self.group is None

    @property
    def can_open(self) -> bool:
        """Whether more can stand below it."""
        return self.is_sweep or len(self.runs) > 1

    @property
    def key(self) -> Chosen | SweepKey:
        """The same for what is the same in another list."""
        if self.is_sweep and self.of is not None:
            return SweepKey(self.of.id)
        return self.run if self.group is None else self.group

    @property
    def chosen(self) -> Chosen | None:
        """What is compared and marked by it; None for a sweep."""
        key = self.key
        return None if isinstance(key, SweepKey) else key

    @property
    def all_runs(self) -> Sequence[int]:
        """The numbers of the runs that it tells of; none of a sweep, or of a group whose first runs are under way."""
        return () if self.is_sweep else self.runs or ((self.run,) if self.run else ())

    def holds(self, run: int | None) -> bool:
        """Whether that run is one of those that it stands for."""
        return run is not None and (run == self.run or run in self.runs)


@dataclass(frozen=True)
class RunListing:
    """What was found.

    Attributes:
        rows: the runs, the groups of seeds, which are closed, and the sweeps, in order.
        count: how many runs there are, also those that were not searched for.
        notice: what there is to tell of how the file was opened; None for nothing.
        records: those of the runs that stand at the top, and of their parents.
        common: the settings that most of the listed runs of a data set have, by its title and fingerprint.
    """

    rows: list[RunRow]
    count: int = 0
    notice: str | None = None
    records: Mapping[int, RunRecord] = field(default_factory=dict)
    common: Mapping[tuple[str, str], Settings] = field(default_factory=dict)


def read_listing(library: Library, search: str, sort: str, opened: Collection[object] = ()) -> RunListing:
    """The runs with all these words, in the order of a key of ``SORTS``. Raises LibraryError.

    A group is found if one of its runs is, and stands where the median of its figures puts it; a sweep where its best
    trial does. Below a sweep that is ``opened`` stand those of its trials that were found.
    """
    families = RunTree(library, search, sort, [each.id for each in opened if isinstance(each, SweepKey)])
    found = nested_rows(families.order, families.parents)
    rows = [_row(row, families) for row in found]
    for place, section in _sections(found, families.data).items():
        rows[place] = rows[place]._replace(section=section)
    known = with_parents(library, rows[:PAGE])
    return RunListing(rows, library.count, library.notice, known, _common(library, rows, families.data))


def _common(
    library: Library, rows: Sequence[RunRow], data: Mapping[int, tuple[str, str]]
) -> dict[tuple[str, str], Settings]:
    """What most runs of each data set have, by the newest ones that stand alone or for a group of seeds."""
    runs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in sorted((row for row in rows if row.run and not row.depth), key=lambda row: -row.run):
        of = runs[data.get(row.run, ("", ""))]
        if len(of) < _MOST_COMPARED:
            of.append(row.run)
    written = library.experiments([run for of in runs.values() for run in of])
    found = {of: [_settings(written[run], of) for run in numbers if run in written] for of, numbers in runs.items()}
    most = {of: common([each for each in settings if each is not None]) for of, settings in found.items()}
    return {of: settings for of, settings in most.items() if settings is not None}


@lru_cache(maxsize=2000)
def _settings(written: str, data: tuple[str, str]) -> Settings | None:
    """The settings of an experiment of the library; None where it cannot be read."""
    try:
        return settings_of(Experiment.from_dict(json.loads(written)), data)
    except (EngineError, ValueError, RecursionError):
        return None


def _sections(rows: Sequence[RunRow], data: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """Where rows of other data begin, and the title of these; empty if all are of the same data."""
    if len(set(data.values())) < 2:
        return {}
    found: dict[int, str] = {}
    last: tuple[str, str] | None = None
    for place, row in enumerate(rows):
        now = data.get(row.run, ("", "")) if not row.depth else last
        if now is not None and now != last:
            title, last = now[0] or "unknown data", now
            found[place] = f"{title} (other data)" if title in found.values() else title
    return found


def _row(row: RunRow, families: RunTree) -> RunRow:
    """The same with the group or the sweep that it stands for."""
    if row.run < 0:
        of, runs = families.sweeps[-row.run], families.runs_of[-row.run]
        return RunRow(0, row.depth, None, runs, of.id in families.opened, of=of, best=families.best.get(of.id))
    group = families.groups.get(row.run)
    if group is None:
        return row
    return row._replace(group=group, runs=families.members[group], of=families.sweeps.get(group.sweep))


def runs_of(rows: Iterable[RunRow]) -> list[int]:
    """The numbers of all runs that these rows tell of."""
    return list(dict.fromkeys(run for row in rows for run in row.all_runs))


def with_active_groups(rows: Sequence[RunRow], groups: Iterable[Group]) -> list[RunRow]:
    """The rows below one for each of these groups that is not among them, the newest first."""
    there = {row.group for row in rows}
    return [RunRow(0, 0, group) for group in groups if group not in there][::-1] + list(rows)


def with_open_groups(rows: Sequence[RunRow], opened: Collection[object]) -> list[RunRow]:
    """The rows with the runs of these groups below them."""
    found: list[RunRow] = []
    for row in rows:
        is_open = row.group in opened and len(row.runs) > 1
        found.append(row._replace(is_open=is_open) if is_open else row)
        if is_open:
            found += [RunRow(run, row.depth + 1, siblings=tuple(row.runs)) for run in row.runs]
    return found


def with_parents(library: Library, rows: Sequence[RunRow]) -> dict[int, RunRecord]:
    """The records of the runs of these rows, and of those that they branched off from, by number."""
    found = library.records(runs_of(rows))
    parents = {record.parent for record in found.values() if record.parent is not None}
    known = library.records(sorted(parents - set(found))) | found
    for row in rows:
        records = [found[run] for run in row.all_runs if run in found]
        if records:
            _parse(named_first(records), known)
    return known


def _parse(record: RunRecord, known: Mapping[int, RunRecord]) -> None:
    """Reads what the title of a row needs: here, and not while the list is painted."""
    for each in (record, None if record.parent is None else known.get(record.parent)):
        with suppress(LibraryError):
            _ = each and each.experiment


def nested_rows(ids: Iterable[int], parents: Mapping[int, int]) -> list[RunRow]:
    """The runs in order, each branch below its parent if that is among them; a family stands where its first one did.

    A parent is older than its branches, so its number is smaller: a damaged file cannot lead in circles.
    """
    order = list(ids)
    shown = set(order)
    above = {run: parent for run, parent in parents.items() if parent < run and run in shown and parent in shown}
    if not above:
        return [RunRow(run, 0) for run in order]
    children: dict[int, list[int]] = defaultdict(list)
    roots: dict[int, None] = {}
    for run in order:
        if run in above:
            children[above[run]].append(run)
        root = run
        while root in above:
            root = above[root]
        roots[root] = None
    rows, waiting = [], [RunRow(run, 0) for run in reversed(roots)]
    while waiting:
        row = waiting.pop()
        rows.append(row)
        waiting += [RunRow(run, row.depth + 1) for run in reversed(children[row.run])]
    return rows
