"""Writes the results of a plan into the library, many runs in one transaction, at most once a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from engine.datasets import Dataset
from engine.sweeps.plan import Plan
from engine.sweeps.results import OVER, STOPPED, RunResult
from engine.sweeps.run_execution import SNAPSHOT_BYTES, RunOutcome
from nnviz.library import DamagedError, Library, LibraryError, ReplacedError
from nnviz.library.errors import UnknownSweepError
from nnviz.library.locks import Lock
from nnviz.library.sweeps import RUNNING, FinishedRun, SweepLibrary, SweepRecord, result_of, take_lock

SECONDS_BETWEEN_COMMITS, SECONDS_AFTER_FAILURE = 1.0, 5.0
_SHARE_OF_BUDGET = 0.25  # share of the library's limit for the snapshots of all runs of a plan
_MOST_WAITING = 256 * 10**6  # bytes of outcomes that wait because the library cannot be written to

ReportFunction = Callable[[str], None]


class SweepWriter:
    """Writes to a sweep of the library, and locks it against other programs.

    Attributes:
        sweep: number of the sweep.
        problem: why the last write failed; None if it did not.
    """

    def __init__(self, library: Library, sweep: int, report: ReportFunction = lambda text: None) -> None:
        """Locks an existing sweep. Raises LibraryError if another program is training it."""
        self.sweep = sweep
        self._library, self._sweeps, self._report = library, SweepLibrary(library), report
        self._lock: Lock = take_lock(library.path, sweep)
        self.problem: LibraryError | None = None
        self._waiting: list[tuple[FinishedRun, Callable[[int], None]]] = []
        self._trials: list[Mapping[str, Any]] = []  # that the library does not know yet
        self._tried = self._counted_to = time.monotonic()  # up to when the library knows how long it took
        try:
            self._sweeps.note(sweep, RUNNING)
            self._created = self.record.created
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def of_new(cls, library: Library, plan: Plan, data: str, name: str, report: ReportFunction) -> SweepWriter:
        """Adds a sweep to the library and locks it. Raises LibraryError."""
        made: SweepWriter | None = None
        try:
            with library.database.writing():  # a sweep that cannot be locked is rolled back
                made = cls(library, SweepLibrary(library).begin(plan, data, name), report)
        except BaseException:
            if made is not None:
                made._lock.release()
            raise
        return made

    @property
    def record(self) -> SweepRecord:
        """The record of the sweep in the library."""
        return self._sweeps.get(self.sweep)

    def note_plan(self, plan: Plan) -> None:
        """Writes a changed plan. Raises LibraryError."""
        self._sweeps.note(self.sweep, plan=plan)

    # ---- what is there already

    def results(self) -> tuple[list[RunResult], dict[tuple[int, int], int]]:
        """Returns the results of finished runs, and the numbers of stopped runs by trial and seed.

        Stopped runs are replaced when they are repeated. Raises LibraryError.
        """
        over, again = list[RunResult](), dict[tuple[int, int], int]()
        for each in self._sweeps.records(self.sweep):
            if each.status in OVER:
                over.append(result_of(each))
            elif each.status == STOPPED and not self._library.is_live(each.id):
                again[each.trial or 0, each.seed] = each.id
        return over, again

    def curves(self, figure: str) -> dict[int, dict[int, float]]:
        """Returns a figure of all runs that were trained to their end, by run and epoch. Raises LibraryError."""
        return self._sweeps.curves(self.sweep, figure)

    # ---- writing

    def snapshot_bytes(self, plan: Plan) -> int:
        """Returns the limit of one run's snapshots, so that all runs of the plan take a quarter of the library at
        most.
        """
        quota, most = self._library.quota, plan.most_runs
        share = quota.budget * _SHARE_OF_BUDGET / most if most else SNAPSHOT_BYTES
        return int(min(SNAPSHOT_BYTES, quota.snapshot_budget, share))

    def note_trial(self, values: Mapping[str, Any]) -> None:
        """Adds the next trial at the next write."""
        self._trials.append(values)

    def add(self, done: FinishedRun, written: Callable[[int], None] = lambda run: None) -> None:
        """Queues a finished run for writing; ``written`` is then called with its number."""
        self._waiting.append((done, written))

    @property
    def waiting(self) -> int:
        """The number of runs that are not yet written."""
        return len(self._waiting)

    @property
    def is_overloaded(self) -> bool:
        """Whether too much is pending because nothing can be written."""
        return self.problem is not None and sum(_size(done.outcome) for done, _ in self._waiting) > _MOST_WAITING

    def flush(self, dataset: Dataset, now: bool = False) -> None:
        """Writes pending results, if the last write was long enough ago. Never raises LibraryError."""
        pause = SECONDS_BETWEEN_COMMITS if self.problem is None else SECONDS_AFTER_FAILURE
        if not (self._waiting or self._trials) or not (now or time.monotonic() - self._tried >= pause):
            return
        try:
            try:
                self._write(dataset)
            except (DamagedError, ReplacedError):  # another file may be there by now, which has the sweep
                if not self._library.reopen(self._is_known):
                    raise
                self._write(dataset)
        except LibraryError as error:
            if self.problem is None:
                self._report(f"The results cannot be written: {error} nnviz keeps them and tries again.")
            self.problem = error
        else:
            if self.problem is not None:
                self._report("The library can be written to again.")
            self.problem = None
        finally:
            self._tried = time.monotonic()

    def _is_known(self, library: Library) -> bool:
        """Whether a library has the sweep."""
        with suppress(UnknownSweepError):
            return SweepLibrary(library).get(self.sweep).created == self._created
        return False

    def _write(self, dataset: Dataset) -> None:
        now = time.monotonic()
        with self._library.database.writing():
            self._sweeps.note(self.sweep, more_seconds=now - self._counted_to)
            self._sweeps.add_trials(self.sweep, self._trials)
            done = [each for each, _ in self._waiting]
            runs = self._sweeps.write(self.sweep, done, dataset.description, dataset.title)
        self._trials, self._counted_to = [], now
        waited, self._waiting = self._waiting, []
        for (_, written), run in zip(waited, runs, strict=True):
            written(run)

    def close(self, status: str, dataset: Dataset) -> bool:
        """Writes pending results and the status ("finished", "stopped"); returns whether that worked."""
        try:
            self.flush(dataset, now=True)
            if self.problem is None:
                self._sweeps.note(self.sweep, status, more_seconds=time.monotonic() - self._counted_to)
        except LibraryError as error:
            self.problem = error
            self._report(str(error))
        finally:
            self._lock.release()
        return self.problem is None


def _size(outcome: RunOutcome) -> int:
    states = sum(len(each.content) for each in (outcome.first, outcome.state) if each is not None)
    return states + sum(len(snapshot.content) for _, snapshot in outcome.snapshots)
