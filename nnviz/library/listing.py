"""Queries for lists of runs and sweeps: search, order, groups, and values of all runs."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple, overload

from engine.basics.errors import SettingError
from nnviz.library.database import Database
from nnviz.library.errors import damaged, unknown_run
from nnviz.library.groups import RunGroup
from nnviz.library.records import RunRecord, columns, record_of, target_in
from nnviz.library.schema import FIGURES

_PAGE = 50
# The last epoch of a run with the same figures as the run: it is the one that they are of.
_SAME = " AND ".join(f"epochs.{name} IS runs.{name}" for name in FIGURES)
_KIND = "SELECT kind FROM sweeps WHERE sweeps.id = runs.sweep"
# It names what an RMSE is counted in; other runs are read without it.
_OF_NUMBERS = " OR ".join(f"{name} IS NOT NULL" for name in FIGURES if name.endswith("_rmse"))
_DESCRIPTION = f"CASE WHEN {_OF_NUMBERS} THEN description END"
_MEASURED = f"SELECT epoch FROM epochs WHERE run = runs.id AND {_SAME} ORDER BY epoch DESC LIMIT 1"
SORTED_BY = (
    *("id", "name", "note", "starred", "status", "data", "epochs", "seconds", "nbytes", "created", "updated"),
    *FIGURES,
)


class RunRecords(Sequence[RunRecord]):
    """The records of runs, read a page at a time on access. The selection of runs is fixed at construction.

    A run that another program deleted for good meanwhile is skipped by iteration; access by index raises LibraryError.
    """

    def __init__(self, database: Database, ids: list[int]) -> None:
        self._database, self._ids = database, ids
        self._read: dict[int, RunRecord] = {}

    @property
    def ids(self) -> list[int]:
        """The numbers of the runs, in order."""
        return list(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, place: int) -> RunRecord: ...
    @overload
    def __getitem__(self, place: slice) -> list[RunRecord]: ...

    def __getitem__(self, place: int | slice) -> RunRecord | list[RunRecord]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        place = range(len(self))[place]
        if self._ids[place] not in self._read:
            self._read_page(place // _PAGE * _PAGE)
        try:
            return self._read[self._ids[place]]
        except KeyError:
            raise unknown_run(self._database.path, self._ids[place]) from None

    def __iter__(self) -> Iterator[RunRecord]:
        for start in range(0, len(self), _PAGE):
            ids = self._ids[start : start + _PAGE]
            if any(each not in self._read for each in ids):
                self._read_page(start)
            yield from [self._read[each] for each in ids if each in self._read]

    def _read_page(self, start: int) -> None:
        self._read |= read_records(self._database, self._ids[start : start + _PAGE])


def read_records(database: Database, ids: Sequence[int]) -> dict[int, RunRecord]:
    """Returns the records of these runs, by number, without deleted ones. Raises LibraryError."""
    marks = ", ".join("?" * len(ids))
    of_what = _KIND if database.has_sweeps else "NULL"
    what = f"({_MEASURED}), ({of_what}), {_DESCRIPTION}, {columns(database.has_sweeps)}"
    rows = database.rows(f"SELECT {what} FROM runs WHERE id IN ({marks})", tuple(ids))
    try:
        found = [
            record_of(row, None if at is None else float(at), kind, target_in(description))
            for at, kind, description, *row in rows
        ]
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(database.path, str(error)[:80]) from None
    return {record.id: record for record in found}


def check_sort(sort: str) -> None:
    """Raises SettingError for an unknown sort key."""
    if sort not in SORTED_BY:
        raise SettingError("sort", sort, "must be a figure of a run", f"Choose from: {', '.join(SORTED_BY)}.")


def find_runs(database: Database, search: str, sort: str, ascending: bool, starred: bool) -> RunRecords:
    """Returns the runs whose settings, name, note, data or sweep contain every word of ``search``.

    Figures of different data cannot be compared: for a figure, runs are sorted by the title of their data first.

    Raises SettingError for an unknown sort key, and LibraryError.
    """
    check_sort(sort)
    where, values = _condition(database, search, starred)
    way = "ASC" if ascending else "DESC"
    # What was not measured comes last, whichever way; of data with the same title the last trained ones come first.
    by_data = ""
    if sort in FIGURES:
        same = "OVER (PARTITION BY data, fingerprint)"
        by_data = f"min({sort} IS NULL) {same}, data COLLATE NOCASE, max(id) {same} DESC, "
    query = f"SELECT id FROM runs WHERE {where} ORDER BY {by_data}{sort} IS NULL, {sort} {way}, id DESC"
    if sort == "id":
        query = f"SELECT id FROM runs WHERE {where} ORDER BY id {way}"
    return RunRecords(database, [int(row[0]) for row in database.rows(query, values)])


def _condition(database: Database, search: str, starred: bool = False) -> tuple[str, list[str]]:
    conditions, values = ["deleted IS NULL"], []
    words = search.casefold().split()
    called = _called(database) if words else {}
    for word in words:
        found = _joined(sweep for sweep, title in called.items() if word in title)
        of_sweep = f" OR sweep IN ({found})" if found else ""
        conditions.append(f"(instr(said || char(10) || words, ?){of_sweep})")
        values.append(word)
    if starred:
        conditions.append("starred")
    return " AND ".join(conditions), values


def _called(database: Database) -> dict[int, str]:
    """Returns the searchable text of each sweep, in lower case: number, name, and the settings that vary."""
    if not database.has_sweeps:
        return {}
    found = {}
    for sweep, name, plan in database.rows("SELECT id, name, plan FROM sweeps WHERE kind = 'sweep'"):
        names = " ".join(varied_in(plan)).replace("_", " ")
        found[int(sweep)] = f"sweep {sweep}\n{name}\n{names}".casefold()
    return found


def varied_in(plan: str) -> tuple[str, ...]:
    """Returns the names of the settings that vary in a plan; empty if the plan cannot be read."""
    try:
        return tuple(str(each["name"]) for each in json.loads(plan)["vary"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return ()


class FoundEntry(NamedTuple):
    """A run that was found, or all found runs of a sweep.

    Attributes:
        number: number of the run, or the negative number of the sweep.
        newest: number of the newest of these runs.
        sweep: number of their sweep; None for none.
        runs: numbers of a sweep's runs, unordered.
    """

    number: int
    newest: int
    sweep: int | None
    runs: Sequence[int] = ()


def entries(database: Database, search: str, folded: Collection[int]) -> list[FoundEntry]:
    """Returns the runs with every word of ``search``, unordered; all runs of a ``folded`` sweep are one entry.

    The database aggregates, so that thousands of runs need no Python objects. Raises LibraryError.
    """
    where, values = _condition(database, search)
    if not database.has_sweeps:
        return [FoundEntry(run, run, None) for (run,) in database.rows(f"SELECT id FROM runs WHERE {where}", values)]
    is_folded = f"sweep IN ({_joined(folded)})"
    query = (
        f"SELECT CASE WHEN {is_folded} THEN -sweep ELSE id END AS number, max(id), sweep, "
        f"CASE WHEN {is_folded} THEN group_concat(id) END FROM runs WHERE {where} GROUP BY number"
    )
    return [
        FoundEntry(number, newest, sweep, array("q", map(int, runs.split(","))) if runs else ())
        for number, newest, sweep, runs in database.rows(query, values)
    ]


def values_of_sweeps(database: Database, sort: str, search: str) -> dict[int, float]:
    """Returns the value of each sweep over its found runs, by number, as far as it is known.

    For a figure it is that of the best trial: its median over the seeds, where an unfinished run counts as the worst,
    and trials with missing runs are left out. For bytes and seconds it is the sum, for epochs the maximum.

    Raises SettingError for an unknown sort key, and LibraryError.
    """
    check_sort(sort)
    where, values = _condition(database, search)
    if sort in FIGURES:
        query = _BEST_TRIALS.format(sort=sort, where=where)
    else:
        value = f"sum({sort})" if sort in ("seconds", "nbytes") else f"max({sort})"
        query = f"SELECT sweep, {value} FROM runs WHERE sweep IS NOT NULL AND {where} GROUP BY sweep"
    found = database.rows(query, values) if database.has_sweeps else []
    return {int(sweep): float(value) for sweep, value in found if value is not None and math.isfinite(float(value))}


_BEST_TRIALS = """
WITH
ended AS (SELECT sweep, trial, CASE WHEN status = 'finished' THEN coalesce({sort}, 9e999) ELSE 9e999 END AS value
    FROM runs WHERE sweep IS NOT NULL AND status IN ('finished', 'pruned', 'diverged', 'failed') AND {where}),
ranked AS (SELECT sweep, trial, value, count(*) OVER (PARTITION BY sweep, trial) AS runs,
    row_number() OVER (PARTITION BY sweep, trial ORDER BY value) AS place FROM ended),
trials AS (SELECT sweep, runs, avg(value) AS median FROM ranked
    WHERE place IN ((runs + 1) / 2, (runs + 2) / 2) GROUP BY sweep, trial)
SELECT sweep, min(median) FROM trials AS each
    WHERE runs = (SELECT max(runs) FROM trials WHERE sweep = each.sweep) GROUP BY sweep
"""


def _joined(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def groups_of_runs(database: Database, folded: Collection[int] = ()) -> dict[int, RunGroup]:
    """Returns the group of each run of a plan, by number, oldest first; without the ``folded`` sweeps. Raises
    LibraryError.
    """
    if not database.has_sweeps:
        return {}
    query = "SELECT id, sweep, trial FROM runs WHERE sweep IS NOT NULL AND trial IS NOT NULL AND deleted IS NULL"
    query += f" AND sweep NOT IN ({_joined(folded)})"
    return {int(run): RunGroup(int(sweep), int(trial)) for run, sweep, trial in database.rows(f"{query} ORDER BY id")}


class EqualRuns:
    """Finds runs with equal settings. Caches what it reads of a run until the run changes."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, str]] = {}

    def groups(self, database: Database, since: int = 0) -> dict[int, RunGroup]:
        """Returns the group of each run with an adjacent run of equal settings. Raises LibraryError.

        Runs of a group were trained to their end with equal settings except the seed, have the same name and note, and
        no other run of the same data is between them. Runs of plans are not grouped, and branches are ignored. If the
        first run of a group was deleted, it identifies the group as long as the deletion can be undone.

        Args:
            since: number of the first run to consider.
        """
        can_join = "status IN ('finished', 'diverged')" + (" AND sweep IS NULL" if database.has_sweeps else "")
        query = (
            f"SELECT id, {can_join}, deleted IS NOT NULL, data, fingerprint, name, note, updated FROM runs "
            "WHERE left_at IS NULL AND parent IS NULL AND id >= ? ORDER BY id"
        )
        rows = database.rows(query, (since,))
        self._read(database, {int(row[0]): float(row[-1]) for row in rows if row[1]})
        latest: dict[tuple[str, str], tuple[object, RunGroup, list[int]]] = {}
        deleted: dict[tuple[str, str], dict[object, int]] = {}  # of those since the last run that is there, the first
        found: list[tuple[RunGroup, list[int]]] = []
        for run, is_done, is_deleted, data, fingerprint, name, note, _ in rows:
            of_data = data, fingerprint
            key = (name, note, self._known[run][1]) if is_done and run in self._known else None
            if is_deleted:
                deleted.setdefault(of_data, {}).setdefault(key, run)
                continue
            before = deleted.pop(of_data, {})
            if key is None or of_data not in latest or latest[of_data][0] != key:
                first = run if key is None else before.get(key, run)
                latest[of_data] = key, RunGroup(0, int(first)), []
                found.append(latest[of_data][1:])
            latest[of_data][2].append(int(run))
        return {run: group for group, runs in found if len(runs) > 1 for run in runs}

    def _read(self, database: Database, changed: dict[int, float]) -> None:
        """Reads the experiments of runs that are not cached as of their last change."""
        self._known = {run: known for run, known in self._known.items() if known[0] == changed.get(run, known[0])}
        new = [run for run in changed if run not in self._known]
        made = experiments_of_runs(database, new) if new else {}
        self._known |= {run: (changed[run], _without_seed(text)) for run, text in made.items()}


def _without_seed(experiment: str) -> str:
    """Returns an experiment's JSON without the seed, equal for any order of its entries."""
    try:
        entries = json.loads(experiment)
        entries["training"].pop("seed", None)
        return json.dumps(entries, sort_keys=True)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return experiment  # it cannot be read


def experiments_of_runs(database: Database, runs: Sequence[int]) -> dict[int, str]:
    """Returns the experiments of these runs as JSON, by number. Raises LibraryError."""
    query = f"SELECT id, experiment FROM runs WHERE id IN ({_joined(runs)})"
    return {int(run): str(made) for run, made in database.rows(query)}


def runs_of_trial(database: Database, group: RunGroup) -> list[int]:
    """Returns the numbers of the runs of a plan's group, oldest first. Raises LibraryError."""
    query = "SELECT id FROM runs WHERE sweep = ? AND trial = ? AND deleted IS NULL ORDER BY id"
    return [int(row[0]) for row in database.rows(query, group)]


def data_of_runs(database: Database) -> dict[int, tuple[str, str]]:
    """Returns title and fingerprint of each run's data, by number. Raises LibraryError.

    The title of a lesson stands before that of the data.
    """
    rows = database.rows("SELECT id, data, fingerprint FROM runs WHERE deleted IS NULL")
    has_lessons = database.number("SELECT count(*) FROM sqlite_master WHERE name = 'lessons'")
    lessons = dict(database.rows("SELECT run, title FROM lessons")) if has_lessons else {}
    return {
        int(run): (f"Lesson “{lessons[run]}” · {data}" if run in lessons else str(data), str(fingerprint))
        for run, data, fingerprint in rows
    }


def values_of_runs(database: Database, sort: str) -> dict[int, float]:
    """Returns the figure of each run that has it, by number; infinite for a diverged or pruned run.

    Raises SettingError for an unknown sort key, and LibraryError.
    """
    check_sort(sort)
    is_bad = "status = 'diverged'" + (" OR status = 'pruned' AND sweep IS NOT NULL" if database.has_sweeps else "")
    value = f"CASE WHEN {is_bad} THEN 9e999 ELSE {sort} END" if sort in FIGURES else sort
    rows = database.rows(f"SELECT id, {value} AS value FROM runs WHERE deleted IS NULL AND value IS NOT NULL")
    return {int(run): float(value) for run, value in rows}
