"""A safe reader of arrays of numbers and texts in an untrusted ``.npz``, which unpacks only what is requested.

An ``.npz`` is a zip of arrays in the format of :mod:`numpy.lib.format`. The reader accepts what :func:`numpy.savez`
writes for numbers and texts, in the requested number of dimensions; everything else, above all pickled objects, is
refused by one of the errors in ``DAMAGE``.
"""

from __future__ import annotations

import io
import math
import os
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Literal

import numpy as np

from engine.basics.validation import Array

_PIECE = 2**20  # bytes that are read at once
_MOST_MEMBERS = 16
_START = re.compile(rb"\x93NUMPY(?:\x01\x00(..)|\x02\x00(....))", re.DOTALL)
_MOST_HEADER = 1000  # bytes; numpy writes 118
_HEADER = re.compile(
    r"\{'descr': '([<>|]([a-zA-Z])\d{1,9})', 'fortran_order': (True|False), "
    r"'shape': \((\d{1,18},|\d{1,18}(?:, \d{1,18}){1,3})?\), \}\s*"
)
# Errors that this reader, zipfile and json raise for damaged files.
DAMAGE = (
    *(ValueError, KeyError, TypeError, EOFError, OSError, RuntimeError, MemoryError, OverflowError, struct.error),
    *(zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True)
class ArrayHeader:
    """The header of an array, before its numbers are read.

    Attributes:
        dtype: type of its numbers.
        shape: its dimensions, () if it has none.
        start: the byte of the member at which its numbers begin.
        order: "C" if the last dimension runs fastest, "F" if the first does.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    order: Literal["C", "F"] = "C"

    @property
    def count(self) -> int:
        """The number of elements; 1 for an array without dimensions."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.count * self.dtype.itemsize


class Npz:
    """The arrays in an ``.npz``; vectors and texts by default.

    Args:
        file: a regular file or its content in memory.
        most_dimensions: an array of more is refused; at most 4.
        kinds: letters of the types that are read, as in :attr:`numpy.dtype.kind`.
        wanted: says by an array's name whether to look at it; others may be anything.

    Attributes:
        claims: what each array says about itself, by its name.
        packed_bytes: size of the whole file.
    """

    def __init__(
        self,
        file: BinaryIO,
        most_dimensions: int = 1,
        kinds: str = "fiuU",
        wanted: Callable[[str], bool] = lambda name: True,
    ) -> None:
        self._most_dimensions, self._kinds = most_dimensions, kinds
        self.packed_bytes = file.seek(0, os.SEEK_END)
        self._zip = zipfile.ZipFile(InPieces(file))
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise ValueError(f"{len(members):,} members, at most {_MOST_MEMBERS} are allowed")
        self._members = {member.filename.removesuffix(".npy"): member for member in members}
        if len(self._members) < len(members):
            raise ValueError("two members have the same name")
        self.claims = {name: self._claim(member) for name, member in self._members.items() if wanted(name)}

    def _claim(self, member: zipfile.ZipInfo) -> ArrayHeader:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("the compression method is not deflate")
        with self._zip.open(member) as stream:
            beginning = stream.read(_MOST_HEADER)
        magic = _START.match(beginning)
        start = magic.end() + int.from_bytes(magic[1] or magic[2], "little") if magic else 0
        found = _HEADER.fullmatch(beginning[magic.end() : start].decode("latin-1")) if magic else None
        shape = tuple(int(size) for size in re.findall(r"\d+", found[4] or "")) if found else ()
        if found is None or found[2] not in self._kinds or len(shape) > self._most_dimensions:
            what = "a vector" if self._most_dimensions == 1 else f"an array of up to {self._most_dimensions} dimensions"
            raise ValueError(f"{member.filename[:40]!r} is neither {what} of numbers nor a text")
        claim = ArrayHeader(np.dtype(found[1]), shape, start, "F" if found[3] == "True" else "C")
        if claim.start + claim.nbytes != member.file_size:
            raise ValueError(f"{member.filename[:40]!r} has {member.file_size:,} bytes, but its header says otherwise")
        return claim

    def text(self, name: str, most: int) -> str:
        """Returns the text of that name. Raises ValueError if it is longer than ``most`` characters."""
        claim = self.claims[name]
        if claim.dtype.kind != "U" or claim.count != 1:
            raise ValueError(f"{name} is not a text")
        if claim.nbytes > 4 * most:
            raise ValueError(f"{name} has {claim.nbytes // 4:,} characters, at most {most:,} are allowed")
        return self._bytes(name).decode("utf-32-be" if claim.dtype.str[0] == ">" else "utf-32-le").rstrip("\0")

    def numbers(self, name: str) -> Array:
        """Returns the numbers of that name; look at their claim before."""
        claim = self.claims[name]
        if claim.dtype.kind == "U":
            raise ValueError(f"{name} is not a vector of numbers")
        return np.frombuffer(self._bytes(name), claim.dtype)

    def pieces(self, name: str, sizes: Iterable[int]) -> Iterator[bytes]:
        """Yields the bytes of that name in pieces of these sizes, one after the other; unpacks one at a time.

        Raises ValueError where fewer are left.
        """
        claim = self.claims[name]
        with self._zip.open(self._members[name]) as stream:
            stream.read(claim.start)
            for size in sizes:
                yield bytes(_read_exactly(stream, size, name))

    def array(self, name: str) -> Array:
        """Returns the numbers or texts of that name in their dimensions; look at their claim before."""
        claim, content = self.claims[name], self._bytes(name)
        if claim.dtype.kind == "U":
            signs = np.frombuffer(content, np.dtype("u4").newbyteorder(claim.dtype.byteorder))
            if signs.size and signs.max() > sys.maxunicode:
                raise ValueError(f"{name} contains invalid characters")
        return np.frombuffer(content, claim.dtype).reshape(claim.shape, order=claim.order)

    def _bytes(self, name: str) -> bytearray:
        """Returns what the array holds, unpacked piece by piece up to what it claims."""
        claim = self.claims[name]
        with self._zip.open(self._members[name]) as stream:
            stream.read(claim.start)
            return _read_exactly(stream, claim.nbytes, name)


def _read_exactly(stream: IO[bytes], size: int, name: str) -> bytearray:
    content = bytearray()
    while len(content) < size:
        piece = stream.read(min(_PIECE, size - len(content)))
        if not piece:
            raise ValueError(f"{name} ends after {len(content):,} bytes")
        content += piece
    return content


class InPieces(io.RawIOBase):
    """A file of which no more than a piece is read at once.

    zipfile reads the whole directory at its end at once: one that claims to be larger is cut short, and so refused.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self._file.read(_PIECE if size < 0 else min(size, _PIECE))

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
