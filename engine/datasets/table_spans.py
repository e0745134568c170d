"""Parts of a table's file that others read at the same time, where the file is large and holds plain numbers.

Reading numbers is most of the work, and each core can do some of it. Whoever wants that hands :func:`read_table` a way
to have parts read elsewhere. A part that is not all plain numbers is read again in the usual way.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from engine.datasets.table_blocks import Blocks, CannotReadError, plain_matrix
from engine.datasets.table_format import MOST_BYTES, TableFormat
from engine.errors import EngineError
from engine.regular_files import open_regular
from engine.validation import Array

LEAST = 10_000_000  # bytes for each who reads
_PART = 4_000_000  # bytes of a part: few enough that all have finished at about the same time
_LOOKED_AT = 1_000_000  # bytes in which a line must end
_BYTEWISE = ("utf-8", "windows-1252")  # in which a line's end is one byte

Bounds = tuple[int, int]  # the first byte of a part, and the one after its last
Numbers = tuple[Array, int]  # (rows, columns) float64, and of how many lines
ReadSpan = Callable[[Bounds], "Numbers | None"]


class Elsewhere(Protocol):
    """Reads parts of a file at the same time as whoever asks for that."""

    def get_ready(self, size: int, /) -> None:
        """Prepares for a file of so many bytes, which will soon be read."""

    def __call__(self, function: ReadSpan, spans: Sequence[Bounds], size: int, /) -> Shared:
        """Begins at once with the last parts of a file of that size."""


class Shared(Protocol):
    """The parts of a file that several read: who asked for that takes them from the front, others from the end.

    Attributes:
        done: bytes that others have read.
    """

    done: int

    def take(self) -> Bounds | None:
        """The first part that nobody has begun, to be read by the caller; None if there is none."""

    def results(self) -> Iterator[tuple[Bounds, Numbers | None]]:
        """The parts that the others have read, in order, once none is left to take."""

    def close(self) -> None:
        """Ends what is still being read."""


class Span(io.RawIOBase):
    """A file that ends at a place; the whole file has been opened by somebody else."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._end = file, end
        file.seek(start)

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def tell(self) -> int:
        return self._file.tell()


def readers(size: int) -> int:
    """By how many a file of that size is read, at most."""
    return max(1, size // LEAST)


def spans_of(file: BinaryIO, size: int, form: TableFormat) -> list[Bounds]:
    """Parts of about the same size, from line to line; one if the file is small, or written otherwise.

    Leaves the file at its beginning. Raises OSError.
    """
    count = size // _PART if readers(size) > 1 and form.encoding in _BYTEWISE else 1
    starts = [0]
    for number in range(1, count):
        file.seek(number * size // count)
        line = file.read(_LOOKED_AT).find(b"\n")
        if line >= 0:
            starts.append(number * size // count + line + 1)
    file.seek(0)
    return list(zip(starts, [*starts[1:], size], strict=True))


def read_span(path: Path, form: TableFormat, span: Bounds) -> Numbers | None:
    """A part of a file as plain numbers, column by column in memory; None if it holds others, or cannot be read."""
    matrices: list[Array] = []
    lines = 0
    try:
        with open_regular(path, MOST_BYTES) as file:
            blocks = Blocks(path, form, Span(file, *span))  # type: ignore[arg-type]  # all that is used of a file
            while block := blocks.next():
                matrix = plain_matrix(block, form)
                if matrix is None or (matrices and matrix.shape[1] != len(matrices[0])):
                    return None
                matrices.append(matrix.T)
                lines += block.count("\n") + (not block.endswith("\n"))
    except (EngineError, CannotReadError, OSError):
        return None  # who reads it in the usual way tells why
    return (np.concatenate(matrices, axis=1).T, lines) if matrices else None
