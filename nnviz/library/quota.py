"""The limit of the library's size, and the thinning of old runs that exceed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.basics.validation import number_within
from nnviz.library.database import Database
from nnviz.library.estimates import has_estimates
from nnviz.library.locks import lock_of_run
from nnviz.library.snapshots import drop_snapshots

BUDGET = 2 * 10**9  # default limit of the whole library in bytes
SNAPSHOT_BUDGET = 32 * 10**6  # default limit of the snapshots of one run in bytes
LEAST, MOST, MOST_OF_RUN = 10**6, 10**13, 10**11  # what these may be set to
_ROUNDS = (16, 2)  # snapshots that a run keeps in the first round, and in the second one if that is not enough
_SPARE = 0.05  # of the budget: thinning makes so much more room than it must, so that it is seldom due
_TOLD = "thinning_told"


@dataclass(frozen=True)
class Thinning:
    """The thinning of one run. Its figures, its first and last snapshot and its last state always stay.

    Attributes:
        is_starred: whether the run is starred.
        snapshots: epochs of the snapshots to remove.
        states: epochs of the states to remove.
        nbytes: bytes that become free.
    """

    run: int
    is_starred: bool
    snapshots: tuple[float, ...]
    states: tuple[float, ...]
    nbytes: int


@dataclass(frozen=True)
class ThinningPlan:
    """The thinning of runs, in this order, by which the library meets its limit.

    Attributes:
        taken, budget: size and limit in bytes.
    """

    losses: tuple[Thinning, ...]
    taken: int
    budget: int

    @property
    def nbytes(self) -> int:
        """Bytes that become free."""
        return sum(loss.nbytes for loss in self.losses)

    @property
    def is_over(self) -> bool:
        """Whether the library exceeds its limit."""
        return self.taken > self.budget

    @property
    def is_enough(self) -> bool:
        """Whether thinning meets the limit; if not, runs must be deleted."""
        return self.taken - self.nbytes <= self.budget

    @property
    def snapshots(self) -> int:
        """Number of snapshots and states to remove."""
        return sum(len(loss.snapshots) + len(loss.states) for loss in self.losses)

    @property
    def runs(self) -> list[int]:
        """The runs to thin, in order."""
        return list(dict.fromkeys(loss.run for loss in self.losses))

    @property
    def starred(self) -> int:
        """Number of starred runs among them."""
        return len({loss.run for loss in self.losses if loss.is_starred})


class Quota:
    """Size and limits of the library, and the thinning of old runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def nbytes(self) -> int:
        """Size of the library in bytes, without free pages."""
        free = self._database.number("PRAGMA freelist_count") * self._database.number("PRAGMA page_size")
        return self._database.nbytes - free

    @property
    def budget(self) -> int:
        """Limit of the whole library in bytes, at least 1 MB. Setting it raises SettingError."""
        return self._setting("budget", BUDGET, MOST)

    @budget.setter
    def budget(self, nbytes: int) -> None:
        self._set("budget", nbytes, MOST)

    @property
    def snapshot_budget(self) -> int:
        """Limit of one run's snapshots in bytes, at least 1 MB. Setting it raises SettingError."""
        return self._setting("moment_budget", SNAPSHOT_BUDGET, MOST_OF_RUN)

    @snapshot_budget.setter
    def snapshot_budget(self, nbytes: int) -> None:
        self._set("moment_budget", nbytes, MOST_OF_RUN)

    def _setting(self, name: str, default: int, most: int) -> int:
        row = self._database.row("SELECT value FROM meta WHERE name = ?", (name,))
        try:
            return default if row is None else min(max(int(row[0]), LEAST), most)
        except (TypeError, ValueError, OverflowError):
            return default

    def _set(self, name: str, nbytes: int, most: int) -> None:
        value = int(number_within(name, nbytes, LEAST, most, "2000000000", "bytes"))
        query, values = "INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, str(value))
        self._database.also_on_full_disk(lambda: self._database.write(query, values))

    # ---- thinning

    def plan(self, budget: int | None = None) -> ThinningPlan:
        """Returns the thinning that meets the limit: oldest runs first, starred ones last.

        Runs in training are left out. For a budget of 0 the plan has everything that can be removed.
        """
        taken, budget = self.nbytes, self.budget if budget is None else budget
        losses = tuple(self._losses(taken - budget + _SPARE * budget)) if taken > budget else ()
        return ThinningPlan(losses, taken, budget)

    def _losses(self, missing: float) -> Iterator[Thinning]:
        """Yields thinnings until enough bytes become free."""
        gone: dict[int, Thinning] = {}  # by run, in the first round
        for keep in _ROUNDS:
            for run, is_starred in self._in_order(keep):
                if missing <= 0:
                    return
                loss = self._loss(run, is_starred, keep, gone.get(run))
                if loss.nbytes:
                    yield loss
                    missing -= loss.nbytes
                    gone[run] = loss

    def _in_order(self, keep: int) -> list[tuple[int, bool]]:
        """Yields the runs that exceed a number of snapshots, in order, and whether each is starred."""
        many = " OR ".join(
            f"id IN (SELECT run FROM {table} GROUP BY run HAVING count(*) > {most})"
            for table, most in (("moments", keep), ("states", 2))
        )
        query = f"SELECT id, starred FROM runs WHERE deleted IS NULL AND ({many}) ORDER BY starred, id"
        runs = [(int(run), bool(is_starred)) for run, is_starred in self._database.rows(query)]
        return [each for each in runs if not lock_of_run(self._database.path, each[0]).is_held]

    def _loss(self, run: int, is_starred: bool, keep: int, gone: Thinning | None) -> Thinning:
        # In the first round those stay with which the curve of the first epoch can be looked back at.
        spares = keep == _ROUNDS[0] and has_estimates(self._database)
        less = " AND epoch NOT IN (SELECT epoch FROM estimates WHERE run = :run)" if spares else ""
        query = f"SELECT epoch, nbytes FROM moments WHERE run = :run{less} ORDER BY epoch"
        snapshots = self._between(query, run, keep, () if gone is None else gone.snapshots)
        # The run resumes from its newest state; the first one may be the only source of its weights.
        query = "SELECT at, nbytes FROM states WHERE run = :run AND at > (SELECT min(at) FROM states WHERE run = :run)"
        query += " AND at < (SELECT max(at) FROM states WHERE run = :run) ORDER BY at"
        states = self._between(query, run, 0, () if gone is None else gone.states)
        nbytes = sum(size for _, size in (*snapshots, *states))
        return Thinning(run, is_starred, tuple(at for at, _ in snapshots), tuple(at for at, _ in states), nbytes)

    def _between(self, query: str, run: int, keep: int, gone: Iterable[float]) -> list[tuple[float, int]]:
        """Returns the epochs to remove so that evenly spaced ones stay."""
        less = set(gone)
        there = [(float(at), int(size)) for at, size in self._database.numbers(query, {"run": run}) if at not in less]
        if len(there) <= keep:
            return []
        stay = set(np.linspace(0, len(there) - 1, keep).round().astype(int).tolist())
        return [each for number, each in enumerate(there) if number not in stay]

    def thin(self, plan: ThinningPlan, report: Callable[[float], None] = lambda share: None) -> ThinningPlan:
        """Carries out a plan, run by run, and shrinks the file. Leaves out runs that are in training by now.

        Returns the part of the plan that was carried out.

        Args:
            report: called before each run with the progress 0…1; an exception that it raises ends the thinning.
        """
        done, gone = 0, []
        try:
            for loss in plan.losses:
                report(done / plan.nbytes)
                if not lock_of_run(self._database.path, loss.run).is_held:
                    self._take_from(loss)
                    gone.append(loss)
                done += loss.nbytes
        finally:
            self._database.shrink()
        self.withdraw_announcement()
        return replace(plan, losses=tuple(gone))

    def _take_from(self, loss: Thinning) -> None:
        database = self._database

        def drop() -> None:
            drop_snapshots(database, loss.run, loss.snapshots)
            places = [(loss.run, at) for at in loss.states]
            database.many("DELETE FROM states WHERE run = ? AND at = ?", places)
            database.update_run(loss.run, {"is_thinned": 1})
            database.count_bytes(loss.run)

        database.delete(drop, shrinks=False)

    # ---- nothing goes before it was said

    def announce(self) -> ThinningPlan | None:
        """Returns what :meth:`enforce` removes the next time, for a message to the user; None for nothing."""
        plan = self.plan()
        if plan.is_over:
            if not self._is_announced:
                self._database.write("INSERT OR REPLACE INTO meta VALUES (?, '1')", (_TOLD,))
            return plan
        self.withdraw_announcement()
        return None

    def enforce(self) -> ThinningPlan | None:
        """Thins runs after a training has ended, if that was announced before.

        Otherwise announces it now: returns what is removed the next time, for a message to the user.
        """
        if not self._is_announced:
            return self.announce()
        plan = self.plan()
        if plan.losses:
            self.thin(plan)
        else:
            self.withdraw_announcement()
        return None

    @property
    def _is_announced(self) -> bool:
        return self._database.row("SELECT value FROM meta WHERE name = ?", (_TOLD,)) is not None

    def withdraw_announcement(self) -> None:
        """Withdraws the announcement if the library meets its limit; called when bytes may have become free."""
        if self._is_announced and self.nbytes <= self.budget:
            self._database.write("DELETE FROM meta WHERE name = ?", (_TOLD,))

    @property
    def marks(self) -> tuple[int, ...]:
        """Numbers of runs, of runs in training, and of starred runs: as long as they are equal, a plan stays valid."""
        query = "SELECT count(*), coalesce(sum(status = 'training'), 0), coalesce(sum(starred), 0) FROM runs"
        (row,) = self._database.numbers(f"{query} WHERE deleted IS NULL")
        return tuple(map(int, row))
