"""Which runs of the library are listed, in which order, and what is read of them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nnviz.library import Group, LibraryError
from nnviz.session.run_words import NEWEST, SORTS
from nnviz.session.seeds import Chosen, named_first

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord

PAGE = 25  # rows that are read at once: about as many as are in sight


class Row(NamedTuple):
    """A run in the list, or a group of seeds.

    Attributes:
        run: its number; of a group that of its first run, 0 where the library has none of it yet.
        depth: how many of its ancestors stand above it.
        group, runs: the group that it stands for, and the numbers of its runs; None and nothing for a run.
        is_open: whether the runs of the group stand below it.
        siblings: of one of these, the numbers of all of them.
    """

    run: int
    depth: int
    group: Group | None = None
    runs: tuple[int, ...] = ()
    is_open: bool = False
    siblings: tuple[int, ...] = ()

    @property
    def is_member(self) -> bool:
        """Whether it is a run that stands below its group."""
        return bool(self.siblings)

    @property
    def chosen(self) -> Chosen:
        """What is compared and marked by it."""
        return self.run if self.group is None else self.group

    @property
    def all_runs(self) -> tuple[int, ...]:
        """The numbers of the runs that it tells of; none of a group whose first runs are under way."""
        return self.runs or ((self.run,) if self.run else ())


@dataclass(frozen=True)
class Listed:
    """What was found.

    Attributes:
        rows: the runs and the groups of seeds, which are closed, in order.
        count: how many runs there are, also those that were not searched for.
        notice: what there is to tell of how the file was opened; None for nothing.
        records: those of the runs that stand at the top, and of their parents.
    """

    rows: list[Row]
    count: int = 0
    notice: str | None = None
    records: Mapping[int, RunRecord] = field(default_factory=dict)


def listed(library: Library, search: str, sort: str) -> Listed:
    """The runs with all these words, in the order of a key of ``SORTS``. Raises LibraryError.

    A group is found if one of its runs is, and stands where the median of its figures puts it.
    """
    ids = library.runs(search, sort, SORTS[sort].is_ascending).ids
    groups = library.groups()
    count = len(library.runs()) if search else len(ids)
    members = members_of(groups)
    first = {run: members[group][0] for run, group in groups.items()}
    order = list(dict.fromkeys(first.get(run, run) for run in ids))
    if sort != NEWEST and any(len(runs) > 1 for runs in members.values()):
        order = by_median(order, [members[groups[run]] if run in groups else (run,) for run in order], library, sort)
    parents = {first.get(run, run): first.get(parent, parent) for run, parent in library.parents().items()}
    rows = under_parents(order, parents)
    if groups:
        rows = [_row(row, groups.get(row.run), members) for row in rows]
    top = with_parents(library, rows[:PAGE])
    return Listed(rows, count, library.notice, top)


def _row(row: Row, group: Group | None, members: Mapping[Group, tuple[int, ...]]) -> Row:
    return row if group is None else row._replace(group=group, runs=members[group])


def members_of(groups: Mapping[int, Group]) -> dict[Group, tuple[int, ...]]:
    """The runs of each group, in the order in which they come."""
    members: dict[Group, list[int]] = defaultdict(list)
    for run, group in groups.items():
        members[group].append(run)
    return {group: tuple(runs) for group, runs in members.items()}


def by_median(order: Sequence[int], runs: Sequence[Sequence[int]], library: Library, sort: str) -> list[int]:
    """The same in the order of the medians of a figure over their runs; those without it come last."""
    values, sign = library.values(sort), 1 if SORTS[sort].is_ascending else -1

    def key(place: int) -> tuple[bool, float, int]:
        found = [values[run] for run in runs[place] if run in values]
        return not found, sign * statistics.median(found) if found else 0.0, -order[place]

    return [order[place] for place in sorted(range(len(order)), key=key)]


def runs_of(rows: Iterable[Row]) -> list[int]:
    """The numbers of all runs that these rows tell of."""
    return list(dict.fromkeys(run for row in rows for run in row.all_runs))


def with_begun(rows: Sequence[Row], groups: Iterable[Group]) -> list[Row]:
    """The rows below one for each of these groups that is not among them, the newest first."""
    there = {row.group for row in rows}
    return [Row(0, 0, group) for group in groups if group not in there][::-1] + list(rows)


def with_opened(rows: Sequence[Row], opened: Collection[Group]) -> list[Row]:
    """The rows with the runs of these groups below them."""
    found: list[Row] = []
    for row in rows:
        is_open = row.group in opened and len(row.runs) > 1
        found.append(row._replace(is_open=is_open) if is_open else row)
        if is_open:
            found += [Row(run, row.depth + 1, siblings=row.runs) for run in row.runs]
    return found


def with_parents(library: Library, rows: Sequence[Row]) -> dict[int, RunRecord]:
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
    """Reads what the title of a row tells: here, and not while the list is painted."""
    with suppress(LibraryError):
        parent = None if record.parent is None else known.get(record.parent)
        _ = record.gist if parent is None else (record.experiment, parent.experiment)


def under_parents(ids: Iterable[int], parents: Mapping[int, int]) -> list[Row]:
    """The runs in order, each branch below its parent if that is among them; a family stands where its first one did.

    A parent is older than its branches, so its number is smaller: a damaged file cannot lead in circles.
    """
    order = list(ids)
    shown = set(order)
    above = {run: parent for run, parent in parents.items() if parent < run and run in shown and parent in shown}
    if not above:
        return [Row(run, 0) for run in order]
    children: dict[int, list[int]] = defaultdict(list)
    roots: dict[int, None] = {}
    for run in order:
        if run in above:
            children[above[run]].append(run)
        root = run
        while root in above:
            root = above[root]
        roots[root] = None
    rows, waiting = [], [Row(run, 0) for run in reversed(roots)]
    while waiting:
        row = waiting.pop()
        rows.append(row)
        waiting += [Row(run, row.depth + 1) for run in reversed(children[row.run])]
    return rows
