"""``plain_cells``: many cells of decimal numbers at once, by numpy, with the same results as ``float`` to the bit.

Eight characters of a cell fit into one integer of 64 bits, and their digits become one number in a few operations on
it. Up to 15 digits and powers of ten up to 10^22 are exact as float64, so one division rounds correctly (Clinger, How
to read floating point numbers accurately, PLDI 1990). Cells that are written otherwise are read alone.
"""

from __future__ import annotations

import numpy as np

from engine.datasets.cells import read_number
from engine.validation import Array

_LONGEST = 16  # characters of a cell after its sign, in two integers: 15 digits and a point, or a whole number
_MOST_ODD = 50  # of so many cells one may be written otherwise, else another way is faster
_PADDING = b"\0" * _LONGEST  # so that there is something before the first cell
_NEWLINE = ord("\n")
_TENS = 10.0 ** np.arange(_LONGEST + 1)
_WHOLE_TENS = 10 ** np.arange(9, dtype=np.uint64)


def _eight(byte: int) -> np.uint64:
    """The integer of eight such bytes."""
    return np.uint64(byte * 0x0101010101010101)


_U = np.uint64
_ZEROS, _HIGH_BITS, _FILL, _OVER_NINE = map(_eight, (ord("0"), 0x80, 0x7F, 0x76))
_PLACES = _U(0x0706050403020100)
_LAST = np.array([0, *((2**64 - 2 ** (64 - 8 * count)) for count in range(1, 9))], _U)  # keeps so many last bytes


def plain_cells(lines: bytes, delimiter: str, decimal: str) -> Array | None:
    """(rows, columns) float64 of whole lines of ASCII characters, NaN for cells without a value.

    None if the rows have different numbers of cells, a cell is wrong, or many are not written as plain decimals.
    """
    content = np.frombuffer(b"".join((_PADDING, lines, b"" if lines.endswith(b"\n") else b"\n")), np.uint8)
    ends = np.flatnonzero((content == ord(delimiter)) | (content == _NEWLINE))
    width = int((content[ends] == _NEWLINE).argmax()) + 1
    if not _are_rows(content, ends, width):
        return None
    starts = np.concatenate(([len(_PADDING)], ends[:-1] + 1))
    first = content[starts]
    is_negative = first == ord("-")
    lengths = ends - starts - (is_negative | (first == ord("+")))
    values, is_odd = _magnitudes(content, ends, lengths, ord(decimal))
    values *= 1.0 - 2.0 * is_negative
    is_empty = starts == ends
    if width == 1 and is_empty.any():
        return None  # an empty line is no row
    values[is_empty] = np.nan
    is_odd &= ~is_empty
    places = np.flatnonzero(is_odd)
    if len(places) * _MOST_ODD > len(ends):
        return None
    for place in places:
        cell = content[starts[place] : ends[place]].tobytes().decode("ascii")
        values[place], wrong = read_number(cell, decimal)
        if wrong is not None:
            return None
    return values.reshape(-1, width)


def _are_rows(content: Array, ends: Array, width: int) -> bool:
    """Whether all lines have so many cells."""
    lines = np.count_nonzero(content == _NEWLINE)
    return len(ends) == lines * width and bool((content[ends[width - 1 :: width]] == _NEWLINE).all())


def _magnitudes(content: Array, ends: Array, lengths: Array, point: int) -> tuple[Array, Array]:
    """Of cells with so many characters after their sign: (k,) numbers, and (k,) which are no plain decimals."""
    words = np.ndarray((len(content) - 7,), "<u8", content, 0, (1,))  # eight bytes from each place on
    whole, decimals, points, is_odd = _digits(words[ends - 8], lengths, point)
    is_odd |= (lengths <= points) | (lengths > _LONGEST)
    long = np.flatnonzero(lengths > 8)
    if len(long):
        more, places, others, is_wrong = _digits(words[ends[long] - 16], lengths[long] - 8, point)
        of_long = points[long]
        whole[long] += more * _WHOLE_TENS[8 - of_long]
        decimals[long] += places + 8 * others
        is_odd[long] |= is_wrong | (of_long + others > 1)
    return whole / _TENS[decimals], is_odd


def _digits(words: Array, lengths: Array, point: int) -> tuple[Array, Array, Array, Array]:
    """Of the last characters of eight: the number they are without the point, how many follow the point, how many
    points there are (0 or 1), and whether they are anything else. (k,) each."""
    digits = (words ^ _ZEROS) & _LAST.take(lengths, mode="clip")
    marks = (((digits ^ _eight(point ^ ord("0"))) + _FILL) & _HIGH_BITS) ^ _HIGH_BITS  # at the points
    points = (marks != 0).astype(np.int64)
    after, before = _U(0) - (marks << _U(1)), (marks >> _U(7)) - _U(1)
    closed = (digits & after) | ((digits & before) << (points << 3).view(_U))
    is_odd = ((closed + _OVER_NINE) & _HIGH_BITS) | (marks & (marks - _U(1)))
    decimals = (((marks >> _U(7)) * _PLACES) >> _U(56)).view(np.int64)
    pairs = (closed * _U(10 * 2**8 + 1)) >> _U(8) & _U(0x00FF00FF00FF00FF)
    fours = (pairs * _U(100 * 2**16 + 1)) >> _U(16) & _U(0x0000FFFF0000FFFF)
    return (fours * _U(10_000 * 2**32 + 1)) >> _U(32), decimals, points, is_odd != 0
