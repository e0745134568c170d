"""What runs that differ in their seed only have in common: their name, their figures, and which is in the middle."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnviz.library import Group, LibraryError

if TYPE_CHECKING:
    from nnviz.library import RunRecord

Chosen = int | Group  # a run by its number, or a group of seeds
# What tells most of a run, the best first: stands beside it where runs are sorted by their date.
MAIN = ("test_error", "test_rmse", "validation_error", "validation_rmse", "train_error", "train_rmse")
OF_TRIALS = tuple(sorted(MAIN, key=lambda name: not name.startswith("validation")))
_ALWAYS = ("epochs", "seconds", "nbytes")


def value_of(record: RunRecord, figure: str) -> float | None:
    """A figure of a run; None if it was not measured, infinite if the run diverged: worse than any other."""
    if figure in _ALWAYS:
        return float(getattr(record, figure))
    if record.status == "diverged":
        return _worst(figure)
    return record.figures.get(figure)


def values_of(records: Sequence[RunRecord], figure: str) -> list[float]:
    """Those of the runs that have it, ascending; none where it was measured of no run, whichever diverged."""
    if figure not in _ALWAYS and not any(figure in record.figures for record in records):
        return []
    values = [value_of(record, figure) for record in records]
    return sorted(value for value in values if value is not None)


def median_of(records: Sequence[RunRecord], figure: str) -> float | None:
    """The median of those that were measured; None without any.

    Of the seeds of a trial as trials are ranked: a run that was stopped early, as others were better, counts as the
    worst, and one that a person stopped not at all.
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
    """The figure that tells most of these runs.

    Of trials of a sweep that is the validation error: the best of many by the test error looks better than it is.
    """
    names = OF_TRIALS if any(record.kind == "sweep" for record in records) else MAIN
    return next((name for name in names if any(name in record.figures for record in records)), names[0])


def middle_of(records: Sequence[RunRecord]) -> RunRecord:
    """The run that stands for all of them: the one with the median of the main figure, the better one of two."""
    figure = main_figure(records)
    found = sorted(
        (value, place) for place, each in enumerate(records) if (value := value_of(each, figure)) is not None
    )
    return records[found[(len(found) - 1) // 2][1]] if found else records[0]


def named_first(records: Sequence[RunRecord]) -> RunRecord:
    """The run whose name is that of the group: the name that most of them have."""
    name = statistics.mode(record.name for record in records)
    return next(record for record in records if record.name == name)


def note_of(records: Sequence[RunRecord]) -> str:
    """The note that most of them have."""
    return statistics.mode(record.note for record in records)


def seed_number(record: RunRecord) -> int | None:
    """Its seed; None where its experiment cannot be read."""
    try:
        return record.seed
    except LibraryError:
        return None


def seed_of(record: RunRecord) -> str:
    """ "seed 3", or its number where its experiment cannot be read."""
    seed = seed_number(record)
    return f"run {record.id}" if seed is None else f"seed {seed}"
