"""Estimates within the first epoch of a run, in a table of their own, which libraries up to 0.30 do not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.training.events import Estimate
from engine.training.history import PARTS, QUANTITIES, Curve, History
from nnviz.library.curves import finite_or_none
from nnviz.library.database import Database
from nnviz.library.errors import damaged
from nnviz.library.schema import ESTIMATE_COLUMNS, ESTIMATES, FIGURES

EstimateRow = tuple[float | None, ...]  # the figures of an estimate, in the order of FIGURES


def row_of_estimate(estimate: Estimate) -> EstimateRow:
    """Returns the figures of an estimate; None for those that it does not have or that are not finite."""
    parts = [getattr(estimate, part) for part in PARTS]
    return tuple(finite_or_none(getattr(part, name, None) for part in parts for name in QUANTITIES))


def has_estimates(database: Database) -> bool:
    """Whether there is the table. It is made with the first row, so that older programs see no change before."""
    return bool(database.number("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'estimates'"))


def write_estimates(database: Database, run: int, rows: Mapping[float, EstimateRow]) -> None:
    """Writes estimates by epoch over existing ones. Within a transaction."""
    if rows:
        database.write(ESTIMATES)
        marks = ", ".join("?" * (1 + len(ESTIMATE_COLUMNS)))
        statement = f"INSERT OR REPLACE INTO estimates (run, {', '.join(ESTIMATE_COLUMNS)}) VALUES ({marks})"
        database.many(statement, [(run, epoch, *row) for epoch, row in rows.items()])


def drop_estimates(database: Database, run: int, after: float = -1) -> None:
    """Removes the estimates after an epoch, by default all of a run. Within a transaction."""
    if has_estimates(database):
        database.write("DELETE FROM estimates WHERE run = ? AND epoch > ?", (run, after))


def estimate_rows(database: Database, run: int) -> list[tuple[Any, ...]]:
    """Returns the rows of a run in the order of their epochs, with the columns ``ESTIMATE_COLUMNS``."""
    if not has_estimates(database):
        return []
    query = f"SELECT {', '.join(ESTIMATE_COLUMNS)} FROM estimates WHERE run = ? ORDER BY epoch"
    return database.rows(query, (run,))


def estimated_epochs(database: Database, run: int) -> set[float]:
    """Returns the epochs of a run's estimates. Raises LibraryError."""
    if not has_estimates(database):
        return set()
    return {float(row[0]) for row in database.numbers("SELECT epoch FROM estimates WHERE run = ?", (run,))}


def read_estimates(database: Database, run: int, history: History) -> None:
    """Adds the estimates of a run to its history. Raises LibraryError."""
    curves = _early_curves(history)
    try:
        for epoch, *values in estimate_rows(database, run):
            for curve, value in zip(curves, values, strict=True):
                if value is not None:
                    curve.add(float(epoch), float(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(database.path, f"run {run}: {str(error)[:80]}") from None


def write_early_curves(database: Database, run: int, history: History) -> None:
    """Adds the estimates in a history. Within a transaction."""
    curves = _early_curves(history)
    rows = {epoch: tuple(finite_or_none(curve.at(epoch) for curve in curves)) for epoch in history.early}
    write_estimates(database, run, rows)


def _early_curves(history: History) -> list[Curve]:
    """Returns the curves of the estimates in the order of FIGURES."""
    named = (name.partition("_") for name in FIGURES)
    return [getattr(getattr(history, quantity), f"early_{part}") for part, _, quantity in named]


def rows_by_epoch(estimates: Iterable[tuple[float, Estimate]]) -> dict[float, EstimateRow]:
    """Returns the rows of estimates by their epochs."""
    return {epoch: row_of_estimate(estimate) for epoch, estimate in estimates}
