"""Reads IDX files, the format of MNIST: a magic number, dimensions, then bytes. Compressed by gzip or not.

Format: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import os
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from engine.basics.errors import FileFormatError, bad_file
from engine.basics.regular_files import LARGEST_FILE, open_regular
from engine.basics.validation import Array, above_quarter_of_memory

_GZIP_MAGIC = b"\x1f\x8b"
_MOST_PACKING = 1100  # times: more than deflate can do
_PIECE = 2**20  # bytes that are read at once
_UNSIGNED_BYTE = 0x08
_MOST_DIMENSIONS = 32  # more than any data set has
REMEDY = "Copy the file again from where it came from."


def read_idx(path: str | Path) -> Array:
    """Returns the array in an IDX file of unsigned bytes, with the dimensions in its header, read-only uint8.

    No more is unpacked than the header says. It may say as much as a quarter of the memory that is available.

    Raises:
        FileFormatError: the file is missing or damaged, or its magic number or length is wrong.
    """
    path = Path(path)
    try:
        with open_regular(path, LARGEST_FILE) as file:
            array = read_idx_from(file, path, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        raise bad_file(path, "the file does not exist", f"Put it into {path.parent}.") from None
    except OSError as failure:
        raise _unreadable(path, failure) from None
    array.flags.writeable = False
    return array


def read_idx_from(file: IO[bytes], path: Path, size: int) -> Array:
    """Reads an IDX file of ``size`` bytes that is open, at its beginning, as a new array that may be changed.

    Raises FileFormatError as :func:`read_idx` does, with the name of ``path``.
    """
    try:
        packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        file.seek(0)
        return _read(path, gzip.GzipFile(fileobj=file) if packed else file, size, packed)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as failure:
        raise _unreadable(path, failure) from None


def _read(path: Path, stream: IO[bytes] | gzip.GzipFile, size: int, packed: bool) -> Array:
    """Reads an array from a stream out of a file of ``size`` bytes."""
    dimensions = _dimensions(path, stream)
    header, stated = 4 + 4 * len(dimensions), " × ".join(str(side) for side in dimensions)
    expected = header + math.prod(dimensions)
    needed = f"but its header says {stated}, which needs {expected:,}"
    if not packed and size != expected:
        raise bad_file(path, f"it has {size:,} bytes, {needed}", REMEDY)
    if expected > header + _MOST_PACKING * size:
        raise bad_file(path, f"it has {size:,} compressed bytes, {needed}", REMEDY)
    if excess := above_quarter_of_memory(expected):
        raise bad_file(path, f"{stated} bytes take {excess}", "Use a smaller file.")
    # numpy allocates huge pages, from which rows are gathered a sixth faster.
    array = np.empty(expected - header, np.uint8)
    length = header + _fill(stream, array)
    if length < expected:
        raise bad_file(path, f"it has {length:,} bytes, {needed}", REMEDY)
    if stream.read(1):
        raise bad_file(path, f"it has at least {length + 1:,} bytes, {needed}", REMEDY)
    try:
        return array.reshape(dimensions)
    except ValueError:  # no bytes, but dimensions beyond the address space
        raise bad_file(path, f"{stated} bytes are more than any memory holds", REMEDY) from None


def _fill(stream: IO[bytes] | gzip.GzipFile, array: Array) -> int:
    """Fills an array of bytes from a stream, piece by piece; returns how many there were."""
    start = 0
    while start < len(array):
        piece = stream.read(min(_PIECE, len(array) - start))
        if not piece:
            break
        array[start : start + len(piece)] = np.frombuffer(piece, np.uint8)
        start += len(piece)
    return start


def _dimensions(path: Path, stream: IO[bytes] | gzip.GzipFile) -> tuple[int, ...]:
    """Reads the header: two zero bytes, a type code, the number of dimensions, and their big-endian sizes."""
    start = stream.read(4)
    count = start[3] if len(start) == 4 else 0
    known = start[:3] == bytes((0, 0, _UNSIGNED_BYTE)) and 0 < count <= _MOST_DIMENSIONS
    if not known:
        found = start.hex(" ") or "empty"
        raise bad_file(path, f"not an IDX file of bytes (it starts with {found}, not 00 00 08)", REMEDY)
    sizes = stream.read(4 * count)
    if len(sizes) < 4 * count:
        raise bad_file(path, f"it ends within its header, after {4 + len(sizes)} bytes", REMEDY)
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def _unreadable(path: Path, failure: Exception) -> FileFormatError:
    return bad_file(path, f"it cannot be read as a gzip or IDX file ({failure})", REMEDY)
