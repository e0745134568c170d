"""Reads vectors and texts from an ``.npz`` of unknown origin, and never unpacks more than was asked for.

An ``.npz`` is a zip of arrays in the format of :mod:`numpy.lib.format`. Of that, what :func:`numpy.savez` writes for
numbers and texts is read, in one dimension or none; everything else is refused, by a ValueError or one of zipfile's
errors.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from engine.validation import Array

_PIECE = 2**20  # bytes that are read at once
_MOST_MEMBERS = 16
_START = re.compile(rb"\x93NUMPY(?:\x01\x00(..)|\x02\x00(....))", re.DOTALL)
_MOST_HEADER = 1000  # bytes; numpy writes 118
_HEADER = re.compile(
    r"\{'descr': '([<>|][fiuU]\d{1,9})', 'fortran_order': (?:True|False), 'shape': \((?:(\d{1,18}),)?\), \}\s*"
)


@dataclass(frozen=True)
class Claim:
    """What an array says about itself, before its numbers are read.

    Attributes:
        dtype: type of its numbers.
        count: how many there are; 1 for an array without dimensions.
        start: the byte of the member at which they begin.
    """

    dtype: np.dtype[Any]
    count: int
    start: int

    @property
    def nbytes(self) -> int:
        return self.count * self.dtype.itemsize


class Npz:
    """The arrays in an ``.npz``.

    Attributes:
        claims: what each array says about itself, by its name.
        packed_bytes: size of the whole file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.packed_bytes = os.fstat(file.fileno()).st_size
        self._zip = zipfile.ZipFile(_InPieces(file))
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise ValueError(f"{len(members):,} members, and at most {_MOST_MEMBERS} are expected")
        self._members = {member.filename.removesuffix(".npy"): member for member in members}
        if len(self._members) < len(members):
            raise ValueError("two members have the same name")
        self.claims = {name: self._claim(member) for name, member in self._members.items()}

    def _claim(self, member: zipfile.ZipInfo) -> Claim:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("compressed by another method than deflate")
        with self._zip.open(member) as stream:
            beginning = stream.read(_MOST_HEADER)
        magic = _START.match(beginning)
        start = magic.end() + int.from_bytes(magic[1] or magic[2], "little") if magic else 0
        found = _HEADER.fullmatch(beginning[magic.end() : start].decode("latin-1")) if magic else None
        if found is None:
            raise ValueError(f"{member.filename[:40]!r} holds no vector of numbers and no text")
        claim = Claim(np.dtype(found[1]), int(found[2] or 1), start)
        if claim.start + claim.nbytes != member.file_size:
            raise ValueError(f"{member.filename[:40]!r} is {member.file_size:,} bytes long and claims another size")
        return claim

    def text(self, name: str, most: int) -> str:
        """Returns the text of that name. Raises ValueError if it is longer than ``most`` characters."""
        claim = self.claims[name]
        if claim.dtype.kind != "U" or claim.count != 1:
            raise ValueError(f"{name} is no text")
        if claim.nbytes > 4 * most:
            raise ValueError(f"{name} is {claim.nbytes // 4:,} characters long, and at most {most:,} are expected")
        return self._bytes(name).decode("utf-32-be" if claim.dtype.str[0] == ">" else "utf-32-le").rstrip("\0")

    def numbers(self, name: str) -> Array:
        """Returns the numbers of that name; look at their claim before."""
        claim = self.claims[name]
        if claim.dtype.kind == "U":
            raise ValueError(f"{name} is no vector of numbers")
        return np.frombuffer(self._bytes(name), claim.dtype)

    def _bytes(self, name: str) -> bytearray:
        """Returns what the array holds, unpacked piece by piece up to what it claims."""
        claim, content = self.claims[name], bytearray()
        with self._zip.open(self._members[name]) as stream:
            stream.read(claim.start)
            while len(content) < claim.nbytes:
                piece = stream.read(min(_PIECE, claim.nbytes - len(content)))
                if not piece:
                    raise ValueError(f"{name} ends after {len(content):,} bytes")
                content += piece
        return content


class _InPieces(io.RawIOBase):
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
