"""Parameters at moments of a training: how they are packed, kept and read."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.network import from_neuron_by_neuron, neuron_by_neuron
from engine.packing import Packed, packed
from engine.validation import Array, parameter_count
from nnviz.library.curves import epochs_in
from nnviz.library.database import Database
from nnviz.library.faults import damaged

_KINDS = {16: "<i2", 32: "<f4"}
_COLUMNS = "epoch, nbytes, bits, checksum, content"


@dataclass(frozen=True, eq=False)
class Moment:
    """Parameters of a network as they are kept: neuron by neuron, as in all files.

    Attributes:
        bits: of a number: 16 for the codes of :mod:`engine.packing`, after their scales; 32 where they are exact.
    """

    bits: int
    content: bytes

    @classmethod
    def of(cls, parameters: Array, shape: Sequence[int]) -> Moment:
        """Packs a vector of parameters; numbers beyond the range of single precision become the largest there is."""
        kept = packed(parameters, tuple(shape))
        if len(kept.scales):
            codes = neuron_by_neuron(kept.numbers, shape).astype("<i2")
            return cls(16, kept.scales.astype("<f4").tobytes() + codes.tobytes())
        largest = np.finfo(np.float32).max
        with np.errstate(over="ignore"):
            single = np.clip(parameters, -largest, largest).astype("<f4")
        return cls(32, neuron_by_neuron(single, shape).tobytes())

    def parameters(self, shape: Sequence[int]) -> Array:
        """The vector of parameters, float32. Raises ValueError unless it is one of that shape."""
        rows = sum(shape[1:]) + len(shape) - 1 if self.bits == 16 else 0
        size = 4 * rows + parameter_count(shape) * self.bits // 8
        if self.bits not in _KINDS or len(self.content) != size:
            raise ValueError(f"{len(self.content):,} bytes for {parameter_count(shape):,} parameters")
        scales = np.frombuffer(self.content, "<f4", rows).astype(np.float32)
        numbers = from_neuron_by_neuron(np.frombuffer(self.content, _KINDS[self.bits], offset=4 * rows), shape)
        if not (np.isfinite(scales).all() and np.isfinite(numbers).all()):
            raise ValueError("parameters that are not finite")
        return Packed(tuple(shape), numbers.astype(numbers.dtype.newbyteorder("=")), scales).unpacked()


def write_moment(database: Database, run: int, epoch: float, moment: Moment, instead_of: float | None = None) -> None:
    """Keeps a moment, in the place of another one if that is told. Within a transaction."""
    if instead_of is not None and instead_of != epoch:
        drop_moments(database, run, [epoch])
    content = moment.content
    values = (epoch, len(content), moment.bits, zlib.crc32(content), content)
    place = epoch if instead_of is None else instead_of
    names = _COLUMNS.replace(", ", " = ?, ")
    # Written over the old one, in its pages, so that nothing has to be overwritten first.
    if not database.write(f"UPDATE moments SET {names} = ? WHERE run = ? AND epoch = ?", (*values, run, place)):
        database.write(f"INSERT INTO moments (run, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", (run, *values))


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
        return Moment(bits, content).parameters(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(database.path, f"run {run} at epoch {epoch:g}: {error}") from None
