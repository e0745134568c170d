"""How much the library takes on disk, how much it may, and what old runs can do without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.validation import number_within
from nnviz.library.database import Database
from nnviz.library.locks import lock_of_run
from nnviz.library.moments import drop_moments

BUDGET = 2 * 10**9  # bytes of the whole library, unless the person says otherwise
MOMENT_BUDGET = 32 * 10**6  # bytes of the moments of one run, likewise
_LEAST, _MOST = 10**6, 10**13
_ROUNDS = (16, 2)  # moments that a run keeps, in the first round and where that is not enough


@dataclass(frozen=True)
class Loss:
    """What one run would lose. Its figures, its first and its last moment and its last state always stay.

    Attributes:
        moments: epochs of the moments that would go.
        states: epochs of the whole states that would go.
        nbytes: room that this makes.
    """

    run: int
    moments: tuple[float, ...]
    states: tuple[float, ...]
    nbytes: int


@dataclass(frozen=True)
class Plan:
    """What would go so that the library fits into its budget, in this order.

    Attributes:
        nbytes: room that all of it makes.
        is_enough: whether it fits then; if not, only deleting runs helps.
    """

    losses: tuple[Loss, ...]
    nbytes: int
    is_enough: bool

    @property
    def moments(self) -> int:
        """How many moments and states would go."""
        return sum(len(loss.moments) + len(loss.states) for loss in self.losses)

    @property
    def runs(self) -> list[int]:
        """The runs that would lose some, in this order."""
        return list(dict.fromkeys(loss.run for loss in self.losses))


class Room:
    """The library's room on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def nbytes(self) -> int:
        """Bytes that the library takes, without pages that are free."""
        free = self._database.number("PRAGMA freelist_count") * self._database.number("PRAGMA page_size")
        return self._database.nbytes - free

    @property
    def budget(self) -> int:
        """Bytes that the whole library may take. Setting it raises SettingError below 1 MB."""
        return self._setting("budget", BUDGET)

    @budget.setter
    def budget(self, nbytes: int) -> None:
        self._set("budget", nbytes)

    @property
    def moment_budget(self) -> int:
        """Bytes that the moments of one run may take. Setting it raises SettingError below 1 MB."""
        return self._setting("moment_budget", MOMENT_BUDGET)

    @moment_budget.setter
    def moment_budget(self, nbytes: int) -> None:
        self._set("moment_budget", nbytes)

    def _setting(self, name: str, usual: int) -> int:
        row = self._database.row("SELECT value FROM meta WHERE name = ?", (name,))
        try:
            return usual if row is None else min(max(int(row[0]), _LEAST), _MOST)
        except (TypeError, ValueError, OverflowError):
            return usual

    def _set(self, name: str, nbytes: int) -> None:
        value = int(number_within(name, nbytes, _LEAST, _MOST, "2000000000", "bytes"))
        self._database.write("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, str(value)))

    # ---- thinning

    def plan(self, budget: int | None = None) -> Plan:
        """Returns what would go so that the library fits: moments of the oldest runs first, of those with a star last.

        Runs that are being trained lose nothing.
        """
        missing = self.nbytes - (self.budget if budget is None else budget)
        losses: list[Loss] = []
        gone: dict[int, set[float]] = {}
        runs = self._in_order() if missing > 0 else []
        for keep in _ROUNDS:
            for run in runs:
                if sum(loss.nbytes for loss in losses) >= missing:
                    break
                loss = self._loss(run, keep, gone.setdefault(run, set()))
                if loss.nbytes:
                    losses.append(loss)
                    gone[run] |= {*loss.moments, *loss.states}
        made = sum(loss.nbytes for loss in losses)
        return Plan(tuple(losses), made, made >= missing)

    def _in_order(self) -> list[int]:
        query = "SELECT id FROM runs WHERE deleted IS NULL ORDER BY starred, id"
        ids = [int(row[0]) for row in self._database.rows(query)]
        return [each for each in ids if not lock_of_run(self._database.path, each).is_held]

    def _loss(self, run: int, keep: int, gone: set[float]) -> Loss:
        moments = self._between("SELECT epoch, nbytes FROM moments WHERE run = :run ORDER BY epoch", run, keep, gone)
        # The newest is what the run goes on from; the first one may be the only way to its weights.
        query = "SELECT at, nbytes FROM states WHERE run = :run AND at > (SELECT min(at) FROM states WHERE run = :run)"
        query += " AND at < (SELECT max(at) FROM states WHERE run = :run) ORDER BY at"
        states = self._between(query, run, 0, gone)
        nbytes = sum(size for _, size in (*moments, *states))
        return Loss(run, tuple(at for at, _ in moments), tuple(at for at, _ in states), nbytes)

    def _between(self, query: str, run: int, keep: int, gone: set[float]) -> list[tuple[float, int]]:
        """What goes where so many are to stay, evenly apart."""
        there = [(float(at), int(size)) for at, size in self._database.numbers(query, {"run": run}) if at not in gone]
        if len(there) <= keep:
            return []
        stay = set(np.linspace(0, len(there) - 1, keep).round().astype(int).tolist())
        return [each for number, each in enumerate(there) if number not in stay]

    def thin(self, plan: Plan) -> None:
        """Carries out a plan: the file shrinks. Runs that are being trained by now lose nothing."""
        database = self._database
        with database.deleting():
            for loss in plan.losses:
                if not lock_of_run(database.path, loss.run).is_held:
                    drop_moments(database, loss.run, loss.moments)
                    places = [(loss.run, at) for at in loss.states]
                    database.many("DELETE FROM states WHERE run = ? AND at = ?", places)
                    database.update_run(loss.run, {"is_thinned": 1})
                    database.count_bytes(loss.run)
