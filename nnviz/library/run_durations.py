"""Training times of the library's runs, from which the duration of other runs is estimated."""

from __future__ import annotations

import json
from typing import NamedTuple

from nnviz.library.library import Library

_MOST = 100  # the newest runs of the same data that are looked at, and of other data


class RunDuration(NamedTuple):
    """The training time of a run.

    Attributes:
        fingerprint: fingerprint of its data.
        shape: sizes of its layers.
        batch_size, batches: examples in a step, and steps in an epoch.
        seconds: training time of an epoch, without measurements.
    """

    fingerprint: str
    shape: tuple[int, ...]
    batch_size: int
    batches: int
    seconds: float


def recent_durations(library: Library, fingerprint: str) -> list[RunDuration]:
    """Returns the newest runs of these data, then the newest of others. Raises LibraryError."""
    trained = "deleted IS NULL AND seconds > 0 AND epochs > 0 AND batches > 0"
    found: list[RunDuration] = []
    for which in ("=", "!="):
        query = (
            "SELECT fingerprint, experiment, batches, seconds / epochs FROM runs "
            f"WHERE {trained} AND fingerprint {which} ? ORDER BY id DESC LIMIT {_MOST}"
        )
        entries = (_duration(*row) for row in library.database.rows(query, (fingerprint,)))
        found += [each for each in entries if each is not None]
    return found


def _duration(fingerprint: str, experiment: str, batches: int, seconds: float) -> RunDuration | None:
    """Returns None for a run whose experiment cannot be read."""
    try:
        entries = json.loads(experiment)
        shape, batch_size = tuple(map(int, entries["shape"])), int(entries["training"]["batch_size"])
        return RunDuration(str(fingerprint), shape, batch_size, int(batches), float(seconds))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
