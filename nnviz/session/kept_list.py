"""Which runs of the library are listed, in which order, and what is read of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nnviz.library import LibraryError
from nnviz.session.run_words import SORTS

if TYPE_CHECKING:
    from nnviz.library import Library, RunRecord

PAGE = 50  # runs that are read at once


class Row(NamedTuple):
    """A run in the list, by its number, and how many of its ancestors stand above it."""

    run: int
    depth: int


@dataclass(frozen=True)
class Listed:
    """What was found.

    Attributes:
        rows: the runs, in order.
        count: how many runs there are, also those that were not searched for.
        notice: what there is to tell of how the file was opened; None for nothing.
        records: those of the runs that stand at the top, and of their parents.
    """

    rows: list[Row]
    count: int = 0
    notice: str | None = None
    records: Mapping[int, RunRecord] = field(default_factory=dict)


def listed(library: Library, search: str, sort: str) -> Listed:
    """The runs with all these words, in the order of a key of ``SORTS``. Raises LibraryError."""
    ids = library.runs(search, sort, SORTS[sort].is_ascending).ids
    rows = under_parents(ids, library.parents())
    count = len(library.runs()) if search else len(ids)
    top = with_parents(library, [row.run for row in rows[:PAGE]])
    return Listed(rows, count, library.notice, top)


def with_parents(library: Library, runs: list[int]) -> dict[int, RunRecord]:
    """The records of these runs, and of those that they branched off from, by number."""
    found = library.records(runs)
    parents = {record.parent for record in found.values() if record.parent is not None}
    known = library.records(sorted(parents - set(found))) | found
    for record in known.values():
        with suppress(LibraryError):  # is parsed here, and not while the list is painted
            _ = record.gist if record.parent is None and record.id not in parents else record.experiment
    return known


def under_parents(ids: Iterable[int], parents: Mapping[int, int]) -> list[Row]:
    """The runs in order, each branch below its parent if that is among them; a family stands where its first one did.

    A parent is older than its branches, so its number is smaller: a damaged file cannot lead in circles.
    """
    order = list(ids)
    shown = set(order)
    above = {run: parent for run, parent in parents.items() if parent < run and run in shown and parent in shown}
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
