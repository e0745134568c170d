"""Rows of the list of runs: runs, groups and sweeps, nested and in order, and the records they need."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from engine.basics.errors import EngineError
from engine.experiment import Experiment
from nnviz.formatting.setting_text import setting_value
from nnviz.library import LibraryError, RunGroup
from nnviz.session.run_names import Settings, common, settings_of
from nnviz.session.run_tree import RunTree
from nnviz.session.seeds import Chosen, named_first

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord
    from nnviz.library.sweeps import SweepSummary

PAGE = 25  # rows that are read at once: about as many as are in sight
_MOST_COMPARED = 50  # runs of a data set that are looked at for what most of them have


class SweepKey(NamedTuple):
    """Identifies a sweep among the rows."""

    id: int


class RunRow(NamedTuple):
    """A row of the list: a run, a group of seeds, or a sweep.

    Attributes:
        run: number of the run; for a group that of its first run, or 0 if none is finished; 0 for a sweep.
        depth: number of ancestors above the row.
        group: the group; None for a run or a sweep.
        runs: numbers of a group's runs; for a sweep those of the found runs, unordered.
        is_open: whether the runs of the group, or the trials of the sweep, are listed below it.
        siblings: for a run of a group, numbers of all runs of the group.
        of: the sweep of the row, or of its trial; None for others.
        best: for a sweep, the key by which it is sorted and its value.
        section: title of the data, if the row begins a section of other data.
    """

    run: int
    depth: int
    group: RunGroup | None = None
    runs: Sequence[int] = ()
    is_open: bool = False
    siblings: tuple[int, ...] = ()
    of: SweepSummary | None = None
    best: tuple[str, float] | None = None
    section: str = ""

    @property
    def is_member(self) -> bool:
        """Whether it is a run below its group."""
        return bool(self.siblings)

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch below its parent."""
        return self.depth > 0 and not self.is_member and self.of is None

    @property
    def is_sweep(self) -> bool:
        return self.of is not None and self.group is None

    @property
    def can_open(self) -> bool:
        """Whether it can have rows below it."""
        return self.is_sweep or len(self.runs) > 1

    @property
    def key(self) -> Chosen | SweepKey:
        """Identifies the row in any list."""
        if self.is_sweep and self.of is not None:
            return SweepKey(self.of.id)
        return self.run if self.group is None else self.group

    @property
    def chosen(self) -> Chosen | None:
        """The run or group for comparison; None for a sweep."""
        key = self.key
        return None if isinstance(key, SweepKey) else key

    @property
    def all_runs(self) -> Sequence[int]:
        """Numbers of the runs whose records the row needs; none for a sweep, or a group without a finished run."""
        return () if self.is_sweep else self.runs or ((self.run,) if self.run else ())

    def holds(self, run: int | None) -> bool:
        """Whether the row represents that run."""
        return run is not None and (run == self.run or run in self.runs)


@dataclass(frozen=True)
class RunListing:
    """The result of reading the list.

    Attributes:
        rows: runs, closed groups of seeds, and sweeps, in order.
        count: number of all runs, also of those that do not match the search.
        notice: a message about opening the file; None for none.
        records: records of the first rows' runs, and of their parents.
        common: the most common settings by title and fingerprint of the data.
    """

    rows: list[RunRow]
    count: int = 0
    notice: str | None = None
    records: Mapping[int, RunRecord] = field(default_factory=dict)
    common: Mapping[tuple[str, str], Settings] = field(default_factory=dict)


def read_listing(library: Library, search: str, sort: str, opened: Collection[object] = ()) -> RunListing:
    """Reads the runs with all these words, in the order of a key of ``SORTS``. Raises LibraryError.

    A group matches if one of its runs does; its rank is the median of its figures, that of a sweep its best trial.
    Below an ``opened`` sweep are its matching trials.
    """
    families = RunTree(library, search, sort, [each.id for each in opened if isinstance(each, SweepKey)])
    found = nested_rows(families.order, families.parents)
    rows = [_row(row, families) for row in found]
    for place, section in _sections(library, found, families).items():
        rows[place] = rows[place]._replace(section=section)
    known = with_parents(library, rows[:PAGE])
    return RunListing(rows, library.count, library.notice, known, _common(library, rows, families.data))


def _common(
    library: Library, rows: Sequence[RunRow], data: Mapping[int, tuple[str, str]]
) -> dict[tuple[str, str], Settings]:
    """Returns the most common settings of each data set, by its newest runs and groups that are not nested."""
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
    """Returns the settings in the JSON of an experiment; None if it cannot be read."""
    try:
        return settings_of(Experiment.from_dict(json.loads(written)), data)
    except (EngineError, ValueError, RecursionError):
        return None


def _sections(library: Library, rows: Sequence[RunRow], families: RunTree) -> dict[int, str]:
    """Returns the rows that begin a section of other data, and their titles; empty for a single data set.

    Of data with the same title, the settings that are not the defaults are added.
    """
    data = families.data
    if len(set(data.values())) < 2:
        return {}
    titles = Counter(title for title, _ in set(data.values()))
    found: dict[int, str] = {}
    last: tuple[str, str] | None = None
    for place, row in enumerate(rows):
        now = data.get(row.run, ("", "")) if not row.depth else last
        if now is not None and now != last:
            title, last = now[0] or "unknown data", now
            if titles[title] > 1 and (settings := _data_settings(library, row, families)):
                title = f"{title} · {settings}"
            found[place] = f"{title} (other data)" if title in found.values() else title
    return found


def _data_settings(library: Library, row: RunRow, families: RunTree) -> str:
    """Returns the settings of the row's data that are not the defaults: "training examples 300"; empty for none."""
    run = row.run if row.run > 0 else next(iter(families.runs_of[-row.run]), 0)
    settings = _settings(library.experiments([run]).get(run, ""), ("", "")) or {}
    chosen = settings.get("data_settings")
    return setting_value(chosen) if chosen else ""


def _row(row: RunRow, families: RunTree) -> RunRow:
    """Returns the row with its group or sweep."""
    if row.run < 0:
        of, runs = families.sweeps[-row.run], families.runs_of[-row.run]
        return RunRow(0, row.depth, None, runs, of.id in families.opened, of=of, best=families.best.get(of.id))
    group = families.groups.get(row.run)
    if group is None:
        return row
    return row._replace(group=group, runs=families.members[group], of=families.sweeps.get(group.sweep))


def runs_of(rows: Iterable[RunRow]) -> list[int]:
    """Returns the numbers of all runs whose records these rows need."""
    return list(dict.fromkeys(run for row in rows for run in row.all_runs))


def with_active_groups(rows: Sequence[RunRow], groups: Iterable[RunGroup]) -> list[RunRow]:
    """Returns the rows after a row for each of these groups that is missing, newest first."""
    there = {row.group for row in rows}
    return [RunRow(0, 0, group) for group in groups if group not in there][::-1] + list(rows)


def with_open_groups(rows: Sequence[RunRow], opened: Collection[object]) -> list[RunRow]:
    """Returns the rows with the runs of these groups below them."""
    found: list[RunRow] = []
    for row in rows:
        is_open = row.group in opened and len(row.runs) > 1
        found.append(row._replace(is_open=is_open) if is_open else row)
        if is_open:
            found += [RunRow(run, row.depth + 1, siblings=tuple(row.runs)) for run in row.runs]
    return found


def with_parents(library: Library, rows: Sequence[RunRow]) -> dict[int, RunRecord]:
    """Returns the records of the runs of these rows and of their parents, by number."""
    found = library.records(runs_of(rows))
    parents = {record.parent for record in found.values() if record.parent is not None}
    known = library.records(sorted(parents - set(found))) | found
    for row in rows:
        records = [found[run] for run in row.all_runs if run in found]
        if records:
            _parse(named_first(records), known)
    return known


def _parse(record: RunRecord, known: Mapping[int, RunRecord]) -> None:
    """Parses what the title of a row needs, so that painting does not."""
    for each in (record, None if record.parent is None else known.get(record.parent)):
        with suppress(LibraryError):
            _ = each and each.experiment


def nested_rows(ids: Iterable[int], parents: Mapping[int, int]) -> list[RunRow]:
    """Returns rows in order, each branch below its parent; a family has the place of its first member.

    A parent's number is smaller than its branches': a damaged file cannot cause cycles.
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
