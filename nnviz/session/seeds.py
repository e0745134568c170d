"""Common properties of runs that differ in their seed only: name, note, figures, and the median run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnviz.library import LibraryError, RunGroup

if TYPE_CHECKING:
    from nnviz.library import RunRecord

Chosen = int | RunGroup  # a run by its number, or a group of seeds
# The most informative figures, the best first: shown next to runs that are sorted by date.
MAIN = ("test_error", "test_rmse", "validation_error", "validation_rmse", "train_error", "train_rmse")
OF_TRIALS = tuple(sorted(MAIN, key=lambda name: not name.startswith("validation")))
_ALWAYS = ("epochs", "seconds", "nbytes")


def value_of(record: RunRecord, figure: str) -> float | None:
    """Returns a figure of a run; None if it was not measured, infinite (the worst) if the run diverged."""
    if figure in _ALWAYS:
        return float(getattr(record, figure))
    if record.status == "diverged":
        return _worst(figure)
    return record.figures.get(figure)


def values_of(records: Sequence[RunRecord], figure: str) -> list[float]:
    """Returns the figures of the runs that have them, ascending; empty if no run was measured."""
    if figure not in _ALWAYS and not any(figure in record.figures for record in records):
        return []
    values = [value_of(record, figure) for record in records]
    return sorted(value for value in values if value is not None)


def median_of(records: Sequence[RunRecord], figure: str) -> float | None:
    """Returns the median of the measured figures; None without any.

    For a trial it is the median by which trials are ranked: a pruned run counts as the worst, and a run that the user
    stopped does not count.
    """
    if len(records) > 1 and records[0].kind == "sweep" and figure not in _ALWAYS:
        records = [record for record in records if record.status != "stopped"]
        values = [_worst(figure) if record.status == "pruned" else value_of(record, figure) for record in records]
        known = [value for value in values if value is not None]
    else:
        known = values_of(records, figure)
    return statistics.median(known) if known else None


def _worst(figure: str) -> float:
    return -math.inf if figure.endswith("_r2") else math.inf


def main_figure(records: Sequence[RunRecord]) -> str:
    """Returns the figure that represents these runs.

    For trials of a sweep it is the validation error, because the test error of the best of many is biased.
    """
    names = OF_TRIALS if any(record.kind == "sweep" for record in records) else MAIN
    return next((name for name in names if any(name in record.figures for record in records)), names[0])


def middle_of(records: Sequence[RunRecord]) -> RunRecord:
    """Returns the run that represents all of them: the median by the main figure, the better one of two."""
    figure = main_figure(records)
    found = sorted(
        (value, place) for place, each in enumerate(records) if (value := value_of(each, figure)) is not None
    )
    return records[found[(len(found) - 1) // 2][1]] if found else records[0]


def named_first(records: Sequence[RunRecord]) -> RunRecord:
    """Returns the first run with the name that most of them have."""
    name = statistics.mode(record.name for record in records)
    return next(record for record in records if record.name == name)


def note_of(records: Sequence[RunRecord]) -> str:
    """Returns the note that most of them have."""
    return statistics.mode(record.note for record in records)


def seed_number(record: RunRecord) -> int | None:
    """Returns the seed of a run; None if its experiment cannot be read."""
    try:
        return record.seed
    except LibraryError:
        return None


def seed_of(record: RunRecord) -> str:
    """Returns "seed 3", or the run's number if its experiment cannot be read."""
    seed = seed_number(record)
    return f"run {record.id}" if seed is None else f"seed {seed}"
