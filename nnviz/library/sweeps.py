"""Sweeps in the library: their plans, trials and runs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from engine.basics.errors import EngineError
from engine.datasets.description import Description, described_as
from engine.experiment import Experiment
from engine.storage.epoch_codec import numbers_of
from engine.sweeps.plan import Plan
from engine.sweeps.results import RunResult
from engine.sweeps.run_execution import RunOutcome
from engine.sweeps.samplers import frozen_values
from engine.training.events import BestRestored, Epoch
from nnviz import __version__
from nnviz.library.curves import (
    figures_of_epoch,
    packed_confusions,
    row_of_epoch,
    write_confusions,
    write_epochs,
)
from nnviz.library.database import Database
from nnviz.library.errors import DamagedError, LibraryError, UnknownSweepError, translated_errors
from nnviz.library.estimates import drop_estimates, rows_by_epoch, write_estimates
from nnviz.library.library import Library
from nnviz.library.listing import varied_in
from nnviz.library.locks import Lock
from nnviz.library.records import RunRecord, best_json, experiment_json, packed_description, search_text_of
from nnviz.library.schema import FIGURES, PARTS_OF_RUN, SWEEP_COLUMNS
from nnviz.library.snapshots import insert_snapshots
from nnviz.library.states import write_state
from nnviz.program_name import program_name

RUNNING, STOPPED, FINISHED = "running", "stopped", "finished"
_PAGE = 100  # runs that are read at once
_MOST_TOLD = 200  # letters of what is wrong with a plan


@dataclass(frozen=True)
class SweepRecord:
    """A sweep, a race or a plan of seeds in the library, as of the time of reading.

    Attributes:
        id: number of the sweep in this library, never used again.
        kind: "seeds", "race" or "sweep".
        name, note: the user's name and note.
        created, updated: seconds since 1970.
        status: "running", "stopped" or "finished". A sweep whose program was killed remains "running".
        data: title of its data.
        version: the nnviz version that began it.
        seconds: elapsed time.
    """

    id: int
    kind: str
    name: str
    note: str
    created: float
    updated: float
    status: str
    data: str
    version: str
    seconds: float
    _trials: str
    _plan: str

    @cached_property
    def plan(self) -> Plan:
        """The plan. Raises LibraryError if it cannot be read, DamagedError if it cannot be a plan."""
        try:
            return Plan.from_dict(json.loads(self._plan))
        except (EngineError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._unreadable("plan", error) from None

    @cached_property
    def trials(self) -> list[dict[str, Any]]:
        """The values of the varied settings of each trial so far. Raises LibraryError if they cannot be read."""
        try:
            return [frozen_values(each) for each in json.loads(self._trials)]
        except (AttributeError, TypeError, ValueError, RecursionError) as error:
            raise self._unreadable("trials", error) from None

    def _unreadable(self, what: str, error: Exception) -> LibraryError:
        named, why = f"the {what} of sweep {self.id}", str(error)[:_MOST_TOLD]
        if self.version != __version__:  # there may be more to choose from
            problem = f"nnviz {__version__} cannot read it ({why})"
            remedy = f"Resume it in nnviz {self.version[:20]}, which started it. Its runs are kept."
            return LibraryError.from_problem(named, problem, remedy)
        return DamagedError.from_problem(named, f"it cannot be read ({why})", "Start it again. Its runs are kept.")


class SweepSummary(NamedTuple):
    """A sweep in a list.

    Attributes:
        status: "running", "stopped" or "finished".
        created: its start, in seconds since 1970.
        varied: names of the settings that vary.
    """

    id: int
    name: str
    status: str
    created: float
    varied: tuple[str, ...]


@dataclass(frozen=True)
class FinishedRun:
    """An outcome to write, with further columns of the run.

    Attributes:
        trial: index of its trial in the sweep, from 0.
        replaces: the interrupted run that it repeats; None for a new run.
    """

    trial: int
    experiment: Experiment
    outcome: RunOutcome
    replaces: int | None = None


class SweepLibrary:
    """The sweeps of a library, on its connection and for the same thread."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._database: Database = library.database

    def begin(self, plan: Plan, data: str, name: str = "", note: str = "") -> int:
        """Adds a sweep that is to be trained; returns its number. Raises LibraryError."""
        now = time.time()
        values: dict[str, object] = {"kind": plan.kind, "name": name, "note": note, "created": now, "updated": now}
        values |= {"data": data, "version": __version__, "plan": json.dumps(plan.as_dict(), separators=(",", ":"))}
        with self._database.writing():
            return self._database.insert("sweeps", values)

    def all(self) -> list[SweepRecord]:
        """Returns the sweeps, newest first. Raises LibraryError."""
        if not self._database.has_sweeps:
            return []
        return [SweepRecord(*row) for row in self._database.rows(f"{_SELECT} ORDER BY id DESC")]

    def get(self, sweep: int) -> SweepRecord:
        """Returns the record of a sweep. Raises UnknownSweepError."""
        row = self._database.row(f"{_SELECT} WHERE id = ?", (sweep,)) if self._database.has_sweeps else None
        if row is None:
            remedy = f"“{program_name()} runs” lists runs with their sweeps."
            raise UnknownSweepError.from_problem("", f"There is no sweep {sweep}", remedy)
        return SweepRecord(*row)

    def runs(self, sweep: int) -> list[int]:
        """Returns the numbers of its runs that are not deleted, in order of trials. Raises LibraryError."""
        if not self._database.has_sweeps:
            return []
        query = "SELECT id FROM runs WHERE sweep = ? AND deleted IS NULL ORDER BY trial, id"
        return [int(row[0]) for row in self._database.rows(query, (sweep,))]

    def done(self, sweep: int) -> int:
        """Returns the number of its runs that were not stopped. Raises LibraryError."""
        query = "SELECT count(*) FROM runs WHERE sweep = ? AND deleted IS NULL AND status != 'stopped'"
        return self._database.number(query, (sweep,)) if self._database.has_sweeps else 0

    def curves(self, sweep: int, figure: str) -> dict[int, dict[int, float]]:
        """Returns a figure ("validation_error") of its finished runs, by run and epoch. Raises LibraryError,
        KeyError.
        """
        column = {name: name for name in FIGURES}[figure]
        query = (
            f"SELECT runs.id, epochs.epoch, epochs.{column} FROM runs JOIN epochs ON epochs.run = runs.id "
            f"WHERE sweep = ? AND deleted IS NULL AND status != 'stopped' AND epochs.{column} IS NOT NULL"
        )
        found: dict[int, dict[int, float]] = {}
        for run, epoch, value in self._database.numbers(query, (sweep,)):
            found.setdefault(int(run), {})[int(epoch)] = value
        return found

    def records(self, sweep: int, by_number: bool = False) -> Iterator[RunRecord]:
        """Yields the records of its runs, in order of trials or by number, read in pages.

        Raises LibraryError.
        """
        runs = sorted(self.runs(sweep)) if by_number else self.runs(sweep)
        for start in range(0, len(runs), _PAGE):
            page = runs[start : start + _PAGE]
            found = self._library.records(page)
            yield from [found[run] for run in page if run in found]

    def summaries(self, kind: str) -> list[SweepSummary]:
        """Returns summaries of the sweeps of a kind, newest first, except those whose runs were all deleted.

        Raises LibraryError.
        """
        if not self._database.has_sweeps:
            return []
        is_there = "EXISTS (SELECT 1 FROM runs WHERE sweep = sweeps.id AND deleted IS NULL)"
        has_none = "status != 'finished' AND NOT EXISTS (SELECT 1 FROM runs WHERE sweep = sweeps.id)"
        query = f"SELECT id, name, status, created, plan FROM sweeps WHERE kind = ? AND ({is_there} OR {has_none})"
        query += " ORDER BY id DESC"
        rows = self._database.rows(query, (kind,))
        return [SweepSummary(int(row[0]), row[1], row[2], row[3], varied_in(row[4])) for row in rows]

    def left_running(self) -> list[int]:
        """Returns the numbers of the sweeps whose program ended before they did, newest first. Raises LibraryError."""
        if not self._database.has_sweeps:
            return []
        query = "SELECT id FROM sweeps WHERE status = ? ORDER BY id DESC"
        return [int(row[0]) for row in self._database.rows(query, (RUNNING,)) if not self.is_live(int(row[0]))]

    def settle(self, sweep: int) -> bool:
        """Marks an interrupted sweep as stopped; returns whether no other program did before."""
        query = "UPDATE sweeps SET status = ?, updated = ? WHERE id = ? AND status = ?"
        return self._database.write(query, (STOPPED, time.time(), sweep, RUNNING)) > 0

    def interrupted(self) -> list[SweepRecord]:
        """Returns the sweeps that were stopped, or whose program ended before they did, newest first."""
        return [each for each in self.all() if each.status != FINISHED and not self.is_live(each.id)]

    def is_live(self, sweep: int) -> bool:
        """Whether a program is training the sweep."""
        return lock_of_sweep(self._library.path, sweep).is_held

    # ---- writing

    def note(
        self,
        sweep: int,
        status: str | None = None,
        plan: Plan | None = None,
        more_seconds: float = 0.0,
    ) -> None:
        """Changes columns of a sweep; None keeps a value. Raises LibraryError."""
        values: dict[str, object] = {"updated": time.time()}
        if status is not None:
            values["status"] = status
        if plan is not None:
            values["plan"] = json.dumps(plan.as_dict(), separators=(",", ":"))
        names = ", ".join(f"{name} = ?" for name in values)
        query = f"UPDATE sweeps SET {names}, seconds = seconds + ? WHERE id = ?"
        self._database.write(query, (*values.values(), more_seconds, sweep))

    def rename(self, sweep: int, name: str) -> None:
        """Changes the name of a sweep; empty for none. Raises LibraryError."""
        self._database.write("UPDATE sweeps SET name = ? WHERE id = ?", (name, sweep))

    def add_trials(self, sweep: int, trials: Sequence[Mapping[str, Any]]) -> None:
        """Appends trials. Raises LibraryError."""
        if not trials:
            return
        more = json.dumps([dict(each) for each in trials], separators=(",", ":"))
        joined = "CASE trials WHEN '[]' THEN ?1 ELSE substr(trials, 1, length(trials) - 1) || ',' || substr(?1, 2) END"
        self._database.write(f"UPDATE sweeps SET trials = {joined} WHERE id = ?2", (more, sweep))

    def write(self, sweep: int, done: Iterable[FinishedRun], description: Description | None, data: str) -> list[int]:
        """Adds finished runs in one transaction; returns their numbers. Raises LibraryError.

        Args:
            description: meaning of the data's inputs and outputs, for predictions from raw rows.
            data: title of the data.
        """
        done = list(done)
        values = {
            brightness: packed_description(described_as(description, brightness))
            for brightness in {each.experiment.brightness for each in done}
        }
        with self._database.writing():
            return [self._write(sweep, each, values[each.experiment.brightness], data) for each in done]

    def _write(self, sweep: int, done: FinishedRun, description: bytes | None, data: str) -> int:
        database, outcome = self._database, done.outcome
        entries = _entries(done) | {"sweep": sweep, "description": description, "data": data}
        entries["words"] = search_text_of(done.experiment, data)
        run = done.replaces
        if run is not None and self._library.has(run):
            for table in PARTS_OF_RUN:
                database.write(f"DELETE FROM {table} WHERE run = ?", (run,))
            drop_estimates(database, run)
            database.update_run(run, entries)
        else:
            run = database.insert("runs", {"created": time.time() - outcome.seconds, **entries})
        write_epochs(database, run, {each.epoch: row_of_epoch(each) for each in outcome.epochs})
        matrices = zip(outcome.epochs, packed_confusions(map(numbers_of, outcome.epochs)), strict=True)
        write_confusions(database, run, [(each.epoch, found) for each, found in matrices if found])
        write_estimates(database, run, rows_by_epoch(outcome.estimates))
        insert_snapshots(database, run, outcome.snapshots)
        if outcome.first is not None:
            write_state(database, run, outcome.first, is_last=False, machine=outcome.machine)
        if outcome.state is not None:
            write_state(database, run, outcome.state, is_last=True, machine=outcome.machine)
        database.count_bytes(run)
        return run


_SELECT = f"SELECT {', '.join(SWEEP_COLUMNS)} FROM sweeps"


def _entries(done: FinishedRun) -> dict[str, object]:
    """Returns the columns of a run."""
    outcome, made = done.outcome, done.experiment
    figures = figures_at_end(outcome.epochs, outcome.best)
    values: dict[str, object] = {
        "status": outcome.status,
        "trial": done.trial,
        "fingerprint": made.fingerprint,
        "version": __version__,
        "updated": time.time(),
        "epochs": outcome.reached,
        "batches": outcome.batches,
        "seconds": outcome.learning,
        "best": best_json(outcome.best),
        "experiment": experiment_json(made),
    }
    return values | {name: figures.get(name) for name in FIGURES}


def figures_at_end(epochs: Sequence[Epoch], best: BestRestored | None) -> dict[str, float]:
    """Returns the figures of a run's final parameters: of its last epoch, or of the restored one."""
    if not epochs:
        return {}
    at_end = next((each for each in epochs if best is not None and each.epoch == best.epoch), epochs[-1])
    return figures_of_epoch(at_end)


def result_of(record: RunRecord) -> RunResult:
    """Returns the result of a recorded run. Raises DamagedError if its seed cannot be read."""
    trial, values = record.trial or 0, (record.figures, record.epochs, record.seconds, record.id)
    return RunResult(trial, record.seed, record.status, *values)


def lock_of_sweep(path: Path, sweep: int) -> Lock:
    """Returns the lock of the program that trains a sweep of that library."""
    return Lock(path, f"sweep{sweep}")


def take_lock(path: Path, sweep: int) -> Lock:
    """Acquires the lock. Raises LibraryError if its file cannot be made, or another program trains that sweep."""
    lock = lock_of_sweep(path, sweep)
    with translated_errors(path):
        is_taken = lock.acquire()
    if not is_taken:
        problem = f"number {sweep} is in use by another program"
        raise LibraryError.from_problem("sweep", problem, "Stop it there first.")
    return lock
