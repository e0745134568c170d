"""Parameters at moments of a training: how they are kept and read."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from engine.basics.validation import Array
from engine.storage.packed_snapshots import PackedSnapshot
from nnviz.library.curves import epochs_in
from nnviz.library.database import Database
from nnviz.library.faults import damaged

_COLUMNS = "epoch, nbytes, bits, checksum, content"
_INSERT = f"INSERT INTO moments (run, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"


def write_moment(
    database: Database, run: int, epoch: float, moment: PackedSnapshot, instead_of: float | None = None
) -> None:
    """Keeps a moment, in the place of another one if that is told. Within a transaction."""
    if instead_of is not None and instead_of != epoch:
        drop_moments(database, run, [epoch])
    values = _values(epoch, moment)
    place = epoch if instead_of is None else instead_of
    names = _COLUMNS.replace(", ", " = ?, ")
    # Written over the old one, in its pages, so that nothing has to be overwritten first.
    if not database.write(f"UPDATE moments SET {names} = ? WHERE run = ? AND epoch = ?", (*values, run, place)):
        database.write(_INSERT, (run, *values))


def insert_moments(database: Database, run: int, moments: Iterable[tuple[float, PackedSnapshot]]) -> None:
    """Keeps moments, by epoch, of a run that has none yet. Within a transaction."""
    database.many(_INSERT, [(run, *_values(epoch, moment)) for epoch, moment in moments])


def _values(epoch: float, moment: PackedSnapshot) -> tuple[float, int, int, int, bytes]:
    content = moment.content
    return epoch, len(content), moment.bits, zlib.crc32(content), content


def drop_moments(database: Database, run: int, epochs: Sequence[float]) -> None:
    """Deletes moments. Within a transaction."""
    database.many("DELETE FROM moments WHERE run = ? AND epoch = ?", [(run, epoch) for epoch in epochs])


def kept_epochs(database: Database, run: int) -> list[float]:
    """The epochs of the moments that are kept, ascending."""
    return epochs_in(database, "moments", run)


def nearest(epochs: Sequence[float], epoch: float) -> float:
    """The one of the epochs that is nearest; of two, the earlier."""
    return min(epochs, key=lambda kept: (abs(kept - epoch), kept))


def read_moment(database: Database, run: int, epoch: float, shape: Sequence[int]) -> Array | None:
    """The parameters of a moment, float32; None if none is kept of exactly that epoch. Raises LibraryError."""
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
