"""Storage of snapshots, that is of parameters at certain epochs."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from engine.basics.validation import Array
from engine.storage.packed_snapshots import PackedSnapshot
from nnviz.library.curves import epochs_in
from nnviz.library.database import Database
from nnviz.library.errors import damaged

_COLUMNS = "epoch, nbytes, bits, checksum, content"
_INSERT = f"INSERT INTO moments (run, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"


def write_snapshot(
    database: Database, run: int, epoch: float, snapshot: PackedSnapshot, instead_of: float | None = None
) -> None:
    """Writes a snapshot, in place of another one if that is given. Within a transaction."""
    if instead_of is not None and instead_of != epoch:
        drop_snapshots(database, run, [epoch])
    values = _values(epoch, snapshot)
    place = epoch if instead_of is None else instead_of
    names = _COLUMNS.replace(", ", " = ?, ")
    # Written over the old one, in its pages, so that nothing has to be overwritten first.
    if not database.write(f"UPDATE moments SET {names} = ? WHERE run = ? AND epoch = ?", (*values, run, place)):
        database.write(_INSERT, (run, *values))


def insert_snapshots(database: Database, run: int, snapshots: Iterable[tuple[float, PackedSnapshot]]) -> None:
    """Writes snapshots, by epoch, of a run that has none. Within a transaction."""
    database.many(_INSERT, [(run, *_values(epoch, snapshot)) for epoch, snapshot in snapshots])


def _values(epoch: float, snapshot: PackedSnapshot) -> tuple[float, int, int, int, bytes]:
    content = snapshot.content
    return epoch, len(content), snapshot.bits, zlib.crc32(content), content


def drop_snapshots(database: Database, run: int, epochs: Sequence[float]) -> None:
    """Deletes snapshots. Within a transaction."""
    database.many("DELETE FROM moments WHERE run = ? AND epoch = ?", [(run, epoch) for epoch in epochs])


def kept_epochs(database: Database, run: int) -> list[float]:
    """Returns the epochs of all snapshots of a run, ascending."""
    return epochs_in(database, "moments", run)


def nearest(epochs: Sequence[float], epoch: float) -> float:
    """Returns the epoch nearest to another; the earlier of two."""
    return min(epochs, key=lambda kept: (abs(kept - epoch), kept))


def read_snapshot(database: Database, run: int, epoch: float, shape: Sequence[int]) -> Array | None:
    """Returns the parameters of the snapshot of exactly that epoch, float32; None without one. Raises LibraryError."""
    row = database.row(f"SELECT {_COLUMNS} FROM moments WHERE run = ? AND epoch = ?", (run, epoch))
    if row is None:
        return None
    _, _, bits, checksum, content = row
    try:
        if not isinstance(content, bytes) or zlib.crc32(content) != checksum:
            raise ValueError("its checksum is wrong")
        return PackedSnapshot(bits, content).parameters(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(database.path, f"run {run} at epoch {epoch:g}: {error}") from None
