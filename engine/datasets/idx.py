"""Reads IDX files, the format of MNIST: a magic number, dimensions, then bytes. Compressed by gzip or not.

Format: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from engine.errors import FileFormatError, Verbatim
from engine.validation import Array

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_MOST_DIMENSIONS = 32  # more than any data set has
_REMEDY = "Copy the file again from where it came from."


def read_idx(path: str | Path) -> Array:
    """Returns the array in an IDX file of unsigned bytes, with the dimensions in its header, read-only uint8.

    Raises:
        FileFormatError: the file is missing or damaged, or its magic number or length is wrong.
    """
    path = Path(path)
    content = _content(path)
    dimensions = _dimensions(path, content)
    header = 4 + 4 * len(dimensions)
    expected = header + math.prod(dimensions)
    stated = " × ".join(str(size) for size in dimensions)
    if len(content) != expected:
        raise _error(
            path,
            f"{len(content):,} bytes long",
            f"must be {expected:,} bytes long, as its header says {stated}",
        )
    # A copy, since numpy allocates huge pages, from which rows are gathered a sixth faster.
    try:
        array = np.frombuffer(content, np.uint8, offset=header).reshape(dimensions).copy()
    except ValueError:  # no bytes, but dimensions beyond the address space
        raise _error(path, f"of {stated} bytes", "must have sizes that memory could hold") from None
    array.flags.writeable = False
    return array


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
    except FileNotFoundError:
        raise _error(path, "missing", "must be there", f"Put it into {path.parent}.") from None
    except (OSError, EOFError, zlib.error) as failure:
        raise _error(path, "unreadable", f"must be a whole gzip or IDX file ({failure})") from None


def _dimensions(path: Path, content: bytes) -> tuple[int, ...]:
    """Returns the sizes in the header: two zero bytes, a type code, a count, then one big-endian number each."""
    count = content[3] if len(content) >= 4 else 0
    known = content[:3] == bytes((0, 0, _UNSIGNED_BYTE)) and 0 < count <= _MOST_DIMENSIONS
    if not known:
        start = content[:4].hex(" ") or "empty"
        raise _error(path, f"no IDX file (it starts with {start})", "must start with 00 00 08 and its dimensions")
    if len(content) < 4 + 4 * count:
        raise _error(path, f"{len(content)} bytes long", "must at least hold its own header")
    return tuple(int(size) for size in np.frombuffer(content, ">u4", count, offset=4))


def _error(path: Path, value: str, rule: str, remedy: str = _REMEDY) -> FileFormatError:
    return FileFormatError(path.name, Verbatim(value), rule, remedy)
