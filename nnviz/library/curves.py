"""Figures and confusion matrices of epochs: rows of the library, and the history made from them."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.storage.epoch_codec import Numbers
from engine.training.events import Epoch
from engine.training.history import PARTS, QUANTITIES, Curve, History, int_if_whole
from nnviz.library.database import Database
from nnviz.library.errors import damaged
from nnviz.library.schema import FIGURES

_HEAD = struct.Struct("<BBH")  # which parts there are, bytes of a count, classes
_WORTH_PACKING = 1000  # bytes
_MOST_CLASSES = 10_000
_PARTS_OF, _QUANTITIES_OF = attrgetter(*PARTS), attrgetter(*QUANTITIES)
_NOTHING = (None,) * len(QUANTITIES)

Row = tuple[float | None, ...]  # of an epoch: seconds, number of the dead layer, and the figures


def figures_of_epoch(event: Epoch) -> dict[str, float]:
    """Returns all finite figures of an epoch by name: "train_error", "test_loss", …."""
    return figures_of_row(row_of_epoch(event))


def figures_of_row(row: Row) -> dict[str, float]:
    """Returns all finite figures of an epoch's row by name."""
    figures = finite_or_none(row[2:])
    return {name: value for name, value in zip(FIGURES, figures, strict=True) if value is not None}


def row_of_epoch(event: Epoch) -> Row:
    """Returns the row of table ``epochs`` for an epoch."""
    figures = [_NOTHING if part is None else _QUANTITIES_OF(part) for part in _PARTS_OF(event)]
    return (event.seconds, event.dead_layer, *figures[0], *figures[1], *figures[2])


def row_of_numbers(numbers: Numbers) -> Row:
    """Returns the row of table ``epochs`` for the numbers of an epoch."""
    _, seconds, dead_layer, *parts = numbers
    figures = [_NOTHING if part is None else part[: len(QUANTITIES)] for part in parts]
    return (seconds, dead_layer, *figures[0], *figures[1], *figures[2])


def finite_or_none(values: Iterable[float | None]) -> list[float | None]:
    """Returns the values, None for those that are not finite, which no column holds."""
    return [float(value) if value is not None and math.isfinite(value) else None for value in values]


def _is_empty(values: Iterable[float | None]) -> bool:
    return all(value is None for value in values)


def write_epochs(database: Database, run: int, rows: Mapping[float, Row]) -> None:
    """Writes rows by epoch over existing ones. Within a transaction."""
    if not rows:
        return
    columns = zip(("seconds", "dead_layer", *FIGURES), zip(*rows.values(), strict=True), strict=True)
    # A column that is empty is left out: to write nothing a thousand times takes as long as to write numbers.
    filled: dict[str, Sequence[float | None]] = {name: values for name, values in columns if not _is_empty(values)}
    filled |= {name: finite_or_none(filled[name]) for name in FIGURES if name in filled}
    filled = {name: values for name, values in filled.items() if not _is_empty(values)}
    names = ("run", "epoch", *filled)
    statement = f"INSERT OR REPLACE INTO epochs ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    database.many(statement, list(zip(repeat(run, len(rows)), rows, *filled.values(), strict=True)))


def packed_confusions(found: Iterable[Numbers]) -> list[bytes | None]:
    """Returns the packed confusion matrices of each epoch, None for an epoch without any. Packs equal kinds at once."""
    every = [[None if part is None else part[-2] for part in parts] for _, _, _, *parts in found]
    packed: list[bytes | None] = [None] * len(every)
    kinds: dict[tuple[int, int], list[tuple[int, bytes]]] = {}  # by parts and bytes of one: places, and what is there
    for place, matrices in enumerate(every):
        there = [matrix for matrix in matrices if matrix is not None]
        if there:
            parts = sum(1 << number for number, matrix in enumerate(matrices) if matrix is not None)
            kinds.setdefault((parts, len(there[0])), []).append((place, b"".join(there)))
    for (parts, size), each in kinds.items():
        counts = np.frombuffer(b"".join(content for _, content in each), np.int64).reshape(len(each), -1)
        kept = np.min_scalar_type(int(counts.max(initial=0))).newbyteorder("<")
        head, content = _HEAD.pack(parts, kept.itemsize, math.isqrt(size // 8)), counts.astype(kept)
        for (place, _), row in zip(each, content, strict=True):
            filled = row.tobytes()
            packed[place] = head + (zlib.compress(filled, 1) if len(filled) > _WORTH_PACKING else filled)
    return packed


def unpack_matrices(content: bytes, most_classes: int = _MOST_CLASSES) -> dict[str, Array]:
    """Returns the matrices (classes, classes) by split from the result of :func:`packed_confusions`.

    Raises ValueError for invalid bytes, and for too many classes before it unpacks them.
    """
    try:
        mask, size, classes = _HEAD.unpack_from(content)
    except struct.error as error:
        raise ValueError(f"no confusion matrices ({error})") from None
    parts = [part for number, part in enumerate(PARTS) if mask >> number & 1]
    expected = len(parts) * classes * classes * size
    if mask >> len(PARTS) or size not in (1, 2, 4, 8) or classes > most_classes:
        raise ValueError("no confusion matrices")
    counts = _unpacked(content[_HEAD.size :], expected) if expected > _WORTH_PACKING else content[_HEAD.size :]
    stacked = np.frombuffer(counts, f"<u{size}").reshape(len(parts), classes, classes)
    return {part: matrix.astype(np.uint32) for part, matrix in zip(parts, stacked, strict=True)}


def _unpacked(content: bytes, expected: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, expected)
    except zlib.error as error:
        raise ValueError(str(error)) from None


def write_confusions(database: Database, run: int, found: Iterable[tuple[float, bytes]]) -> None:
    """Writes packed matrices by epoch over existing ones. Within a transaction."""
    rows = [(run, epoch, len(content), content) for epoch, content in found]
    database.many("DELETE FROM confusions WHERE run = ? AND epoch = ?", [row[:2] for row in rows])
    database.many("INSERT INTO confusions (run, epoch, nbytes, content) VALUES (?, ?, ?, ?)", rows)


def read_history(database: Database, run: int) -> History:
    """Returns the exact curves and confusion matrices of a run. Raises LibraryError."""
    history = History()
    rows = database.rows(f"SELECT epoch, {', '.join(FIGURES)} FROM epochs WHERE run = ? ORDER BY epoch", (run,))
    curves = [(name, _curve(history, name)) for name in FIGURES]
    try:
        for epoch, *values in rows:
            at = int_if_whole(float(epoch))
            history.completed = at
            for (_, curve), value in zip(curves, values, strict=True):
                if value is not None:
                    curve.add(at, float(value))
        for epoch, content in _confusions(database, run):
            if not isinstance(content, bytes):
                raise TypeError("confusion matrices that are not bytes")
            history.keep_confusions(int_if_whole(float(epoch)), unpack_matrices(content))
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(database.path, f"run {run}: {str(error)[:80]}") from None
    return history


def _confusions(database: Database, run: int) -> list[tuple[Any, Any]]:
    return database.rows("SELECT epoch, content FROM confusions WHERE run = ? ORDER BY epoch", (run,))


def _curve(history: History, name: str) -> Curve:
    part, _, quantity = name.partition("_")
    curve: Curve = getattr(getattr(history, quantity), part)
    return curve


def write_curves(database: Database, run: int, history: History) -> None:
    """Adds the exact curves of a history. Within a transaction."""
    curves = {name: _curve(history, name) for name in FIGURES}
    epochs = sorted({epoch for curve in curves.values() for epoch in curve.epochs})
    rows = {epoch: (0.0, None, *(curve.at(epoch) for curve in curves.values())) for epoch in epochs}
    write_epochs(database, run, rows)


def epochs_in(database: Database, table: str, run: int) -> list[float]:
    """Returns the epochs for which a table has rows of a run, ascending."""
    return [row[0] for row in database.numbers(f"SELECT epoch FROM {table} WHERE run = ? ORDER BY epoch", (run,))]


def write_figures(database: Database, run: int, epoch: float, figures: Mapping[str, float]) -> None:
    """Replaces the figures at an epoch by those of a network that was edited there; empty figures are unknown.

    Removes the confusion matrices of the network before the edit. Within a transaction.
    """
    database.write("DELETE FROM confusions WHERE run = ? AND epoch = ?", (run, epoch))
    values = finite_or_none(figures.get(name) for name in FIGURES)
    query = f"UPDATE epochs SET {', '.join(f'{name} = ?' for name in FIGURES)} WHERE run = ? AND epoch = ?"
    if not database.write(query, (*values, run, epoch)) and figures:
        write_epochs(database, run, {epoch: (0.0, None, *values)})


def drop_figures(database: Database, run: int, epoch: float) -> None:
    """Removes the figures that :func:`write_figures` added within an epoch. Within a transaction."""
    database.write("DELETE FROM epochs WHERE run = ? AND epoch = ? AND NOT seconds AND epoch > 0", (run, epoch))


def last_figures(database: Database, run: int) -> dict[str, float]:
    """Returns the figures of a run's last kept epoch; empty if there are none."""
    query = f"SELECT {', '.join(FIGURES)} FROM epochs WHERE run = ? ORDER BY epoch DESC LIMIT 1"
    row = database.row(query, (run,))
    return {name: value for name, value in zip(FIGURES, row or (), strict=False) if value is not None}


def figures_at(database: Database, run: int, epoch: float) -> dict[str, float]:
    """Returns the figures of an epoch of a run; empty if they are not kept."""
    row = database.row(f"SELECT {', '.join(FIGURES)} FROM epochs WHERE run = ? AND epoch = ?", (run, epoch))
    return {name: value for name, value in zip(FIGURES, row or (), strict=False) if value is not None}
