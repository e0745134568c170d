"""``TableFormat``: how a table's file is written, and ``sniff``, which finds it out from the file's beginning."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from engine.basics.errors import FileFormatError, SettingError, bad_file, missing_file
from engine.basics.regular_files import LARGEST_FILE, open_regular
from engine.datasets.table.cells import is_missing, is_number
from engine.datasets.table.decimal_mark import DECIMALS, decimal_mark

DELIMITERS = ("\t", ";", "|", ",")  # the comma last: in a tie it is the decimal mark
FORMAT = ("delimiter", "decimal", "encoding", "header", "skip")  # bytes and rows that determine the format
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "windows-1252")
MOST_SKIPPED = 100  # lines above the table
CHECK_FILE = "Check that it is the right file."
NOT_TEXT = "not a text file (it contains zero bytes)"
_HEAD = 2**16  # bytes from which the format is found
_MOST_ROWS = 1000  # of the head that are looked at
_LEAST_AGREEMENT = 0.5  # share of the rows that must have the same number of cells
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # of Excel and LibreOffice, new and old
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True)
class TableFormat:
    """The format of a table's file. Raises SettingError for values other than the choices.

    Attributes:
        delimiter: the delimiter of cells, one of ``DELIMITERS``.
        decimal: the decimal mark, one of ``DECIMALS``.
        encoding: one of ``ENCODINGS``; a byte order mark is never part of the text.
        header: whether the first row holds the names of the columns.
        skip: number of lines above the table that are left out, 0 to 100; a line is a row of the file.
        doubt: a number of the file that is ambiguous because the decimal mark was guessed; else empty.
    """

    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    header: bool = True
    skip: int = 0
    doubt: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        choices = {"delimiter": DELIMITERS, "decimal": DECIMALS, "encoding": ENCODINGS, "header": (True, False)}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                rule = f"must be one of {', '.join(repr(choice) for choice in known)}"
                raise SettingError(name, getattr(self, name), rule, "Choose one of these.")
        if type(self.skip) is not int or not 0 <= self.skip <= MOST_SKIPPED:
            rule = f"must be a whole number from 0 to {MOST_SKIPPED}"
            raise SettingError("skip", self.skip, rule, "Give the number of lines above the table.")

    @property
    def codec(self) -> tuple[str, str]:
        """Python's name of the encoding, and what it does with bytes that have no meaning."""
        if self.encoding == "utf-8":
            return "utf-8-sig", "strict"
        return ("cp1252", "replace") if self.encoding == "windows-1252" else (self.encoding, "strict")

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Returns the cells of each row of a text's lines. May raise ``csv.Error``."""
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True)


def sniff(
    path: str | Path,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    skip: int | None = None,
    default_decimal: str | None = None,
) -> TableFormat:
    """Finds how a table is written from the first 64 KB of its file; what is given is taken as it is.

    ``default_decimal`` is the decimal mark if the file does not say it.

    Raises:
        FileFormatError: the file is missing, unreadable, empty, or no text.
        SettingError: something that was given is not among the choices.
    """
    is_header = header is None or header
    TableFormat(delimiter or ",", decimal or ".", encoding or "utf-8", is_header, skip or 0)  # refuses others
    head, is_whole = _read_head(Path(path))
    if head.startswith(_SPREADSHEETS):
        remedy = "Save it as CSV in the program that wrote it."
        raise bad_file(Path(path), "a spreadsheet or another packed file, not a text table (CSV or TSV)", remedy)
    encoding = encoding or _encoding(Path(path), head, is_whole)
    text = _text(head, is_whole, TableFormat(encoding=encoding))
    if "\0" in text:
        raise bad_file(Path(path), NOT_TEXT, CHECK_FILE)
    if not text.strip():
        raise bad_file(Path(path), "the file is empty", CHECK_FILE)
    delimiter = delimiter or _delimiter(text)
    rows = list(_rows_of(text, TableFormat(delimiter=delimiter)))
    skip = title_rows(rows) if skip is None else skip
    rows = [row for row in rows[skip:] if any(row)]
    mark, doubt = (decimal, "") if decimal else decimal_mark(rows, delimiter, default_decimal)
    header = _has_header(rows, mark) if header is None else header
    return TableFormat(delimiter, mark, encoding, header, skip, doubt)


def _rows_of(text: str, form: TableFormat) -> Iterator[list[str]]:
    """Yields the first rows of a text, up to the first that cannot be read."""
    with suppress(csv.Error):
        yield from islice(form.rows(io.StringIO(text)), _MOST_ROWS)


def title_rows(rows: Sequence[Sequence[str]]) -> int:
    """Returns the number of rows of a title above the table: words with few cells, and empty lines after them."""
    lengths = Counter(len(row) for row in rows if any(row))
    width = lengths.most_common(1)[0][0] if lengths else 1
    count = next((place for place, row in enumerate(rows) if not _is_title(row, width)), len(rows))
    is_title = any(any(row) for row in rows[:count]) and count < len(rows)
    return count if is_title and count <= MOST_SKIPPED else 0


def _is_title(row: Sequence[str], width: int) -> bool:
    """Whether a row is no row of a table of that width: it has half its cells at most, or one text and empty cells."""
    filled = [cell for cell in row if cell.strip()]
    if filled and (is_number(filled[0], ".") or is_number(filled[0], ",")):
        return False
    if len(filled) <= 1:
        return len(row) <= 1 < width or width > 2
    return 2 * len(row) <= width


def unreadable(path: Path, failure: OSError) -> FileFormatError:
    """Returns the error of a file that cannot be opened or read."""
    if isinstance(failure, FileNotFoundError):
        return missing_file(path)
    return bad_file(path, f"the file cannot be read ({failure})", CHECK_FILE)


def _read_head(path: Path) -> tuple[bytes, bool]:
    """Returns the first bytes of a file, and whether these are all."""
    try:
        with open_regular(path, LARGEST_FILE) as file:
            head = file.read(_HEAD + 1)
    except OSError as failure:
        raise unreadable(path, failure) from None
    return head[:_HEAD], len(head) <= _HEAD


def _encoding(path: Path, head: bytes, is_whole: bool) -> str:
    if head.startswith(_UTF32):
        raise bad_file(path, "it is in UTF-32, which is not supported", "Save it as UTF-8.")
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    zeros = head[0::2].count(0), head[1::2].count(0)
    for name, (many, few) in (("utf-16-be", zeros), ("utf-16-le", zeros[::-1])):
        if many > len(head) // 4 and few == 0:
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=is_whole)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _text(head: bytes, is_whole: bool, form: TableFormat) -> str:
    """Returns the complete lines of the head, or its only line."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(form.codec[0])("replace"), translate=True)
    text = decoder.decode(head, final=is_whole)
    return text if is_whole else text[: text.rfind("\n") + 1] or text


def _delimiter(text: str) -> str:
    """Returns the delimiter by which most rows have the same number of cells, of at least two."""
    agreement = {delimiter: _agreement(text, delimiter) for delimiter in DELIMITERS}
    best = max(agreement, key=lambda delimiter: agreement[delimiter])
    return best if agreement[best] >= _LEAST_AGREEMENT else ","


def _agreement(text: str, delimiter: str) -> float:
    """Returns the share of rows that have the most frequent number of cells; 0 if that is 1."""
    if delimiter not in text:
        return 0.0
    lengths = Counter(len(row) for row in _rows_of(text, TableFormat(delimiter=delimiter)) if any(row))
    length, count = max(lengths.items(), key=lambda item: item[1], default=(1, 0))
    return count / lengths.total() if length > 1 else 0.0


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the first row is one of names: words above numbers, or words that do not come again."""
    first, rest = [cell.strip() for cell in rows[0]] if rows else [], rows[1:]
    if any(is_number(cell, decimal) for cell in first):
        return any(_heads_numbers(cell, column, rest, decimal) for column, cell in enumerate(first))
    if any(_heads_numbers(cell, column, rest, decimal) for column, cell in enumerate(first)):
        return True
    names = [cell for cell in first if cell]
    comes_again = any(
        cell and cell == row[column].strip() for row in rest for column, cell in enumerate(first) if column < len(row)
    )
    return len(set(names)) == len(names) >= len(first) - 1 and not comes_again


def _heads_numbers(cell: str, column: int, rest: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether a cell of the first row is a word, and most of those below are numbers."""
    if is_missing(cell) or is_number(cell, decimal):
        return False
    below = [row[column] for row in rest if column < len(row) and not is_missing(row[column])]
    return bool(below) and 2 * sum(is_number(each, decimal) for each in below) > len(below)
