"""``Blocks``: a table's text in blocks of whole lines, so that no more of it is in memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.basics.errors import bad_file
from engine.basics.validation import Array
from engine.datasets.table.table_format import CHECK_FILE, NOT_TEXT, TableFormat

_FIRST_BLOCK = 2**20  # bytes that determine the kinds of columns
_BLOCK = 2**20  # bytes of each further one
_LONGEST_LINE = 10_000_000  # characters


class CannotReadError(Exception):
    """The system could not read the file. It is no OSError, so as not to be taken for one of a caller."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(reason)
        self.reason = reason


class Blocks:
    """Reads a file once, block by block. Its methods raise FileFormatError for binary files, and CannotReadError."""

    def __init__(self, path: Path, form: TableFormat, file: BinaryIO) -> None:
        self._path = path
        self._form = form
        self._file = file
        codec, errors = form.codec
        decoder = codecs.getincrementaldecoder(codec)(errors)
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._rest = ""
        self._back = ""  # lines that were read beyond the last block, and begin the next one
        self._taken = 0
        self._size = _FIRST_BLOCK

    def next(self) -> str:
        """Returns the next lines, each ended by \\n except perhaps the file's last one; empty at the end."""
        if self._back:
            block, self._back = self._back, ""
            return block
        while True:
            data = self._read()
            self._rest += self._text(data)
            cut = self._rest.rfind("\n") + 1 if data else len(self._rest)
            if cut or not data:
                block, self._rest = self._rest[:cut], self._rest[cut:]
                return block
            self._check_length(len(self._rest))

    def rows(self, block: str) -> Iterator[list[str]]:
        """Yields the rows of a block; its last one is read to its end, wherever that is. May raise ``csv.Error``."""
        lines = io.StringIO(block).readlines()
        count, self._taken = len(lines), 0
        for row in self._form.rows(self._continued(lines)):
            yield row
            if self._taken >= count:
                break
        self._back = "".join(lines[self._taken :])

    def _continued(self, lines: list[str]) -> Iterator[str]:
        """Yields these lines, and then those of the next blocks, which are appended to ``lines``."""
        more = 0
        while True:
            if self._taken == len(lines):
                block = self.next()
                more += len(block)
                self._check_length(more - _FIRST_BLOCK)
                lines += io.StringIO(block).readlines()
                if not block:
                    return
            self._taken += 1
            yield lines[self._taken - 1]

    def _read(self) -> bytes:
        try:
            data = self._file.read(self._size)
        except OSError as failure:
            raise CannotReadError(failure) from None
        self._size = _BLOCK
        return data

    def _text(self, data: bytes) -> str:
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as failure:
            remedy = "Choose another encoding, for example Windows-1252."
            raise bad_file(self._path, f"not {self._form.encoding} throughout ({failure.reason})", remedy) from None
        if "\0" in text:
            raise bad_file(self._path, NOT_TEXT, CHECK_FILE)
        return text

    def _check_length(self, length: int) -> None:
        if length > _LONGEST_LINE:
            raise bad_file(self._path, f"a row has more than {_LONGEST_LINE:,} characters", CHECK_FILE)


def plain_matrix(block: str, form: TableFormat) -> Array | None:
    """Returns a block of finite numbers, (rows, columns) float64, NaN for empty cells; None if the block has others.

    The numbers are those of ``float``, bit-identical, and come several times as fast as row by row. Empty lines are no
    rows.
    """
    delimiter, decimal = form.delimiter, form.decimal
    if block.isspace() or delimiter == decimal or (decimal == "," and "." in block):
        return None
    text = block.replace(",", ".") if decimal == "," else block
    values = _loaded(text, delimiter)
    if values is None:
        values = _loaded(_filled(text, delimiter), delimiter)
    return None if values is None or np.isinf(values).any() else values


def _filled(text: str, delimiter: str) -> str:
    """Writes nan into the empty cells of whole lines."""
    text = f"\n{text}\n"
    for before, after in ((delimiter, delimiter), ("\n", delimiter), (delimiter, "\n")):
        while before + after in text:
            text = text.replace(before + after, f"{before}nan{after}")
    return text


def _loaded(text: str, delimiter: str) -> Array | None:
    lines = (line for line in text.split("\n"))  # With a list, NumPy would hold the GIL until the end.
    try:
        return np.loadtxt(lines, delimiter=delimiter, comments=None, ndmin=2)
    except ValueError:
        return None
