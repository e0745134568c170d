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
_WHOLE_TENS = 10 ** np.arange(9)


def _eight(byte: int) -> np.uint64:
    """The integer of eight such bytes."""
    return np.uint64(byte * 0x0101010101010101)


_U = np.uint64
_ZEROS, _ONES, _HIGH_BITS, _FILL, _OVER_NINE = map(_eight, (ord("0"), 1, 0x80, 0x7F, 0x76))
_PLACES = _U(0x0706050403020100)
_LAST = np.array([0, *((2**64 - 2 ** (64 - 8 * count)) for count in range(1, 9))], _U)  # keeps so many last bytes


def plain_cells(lines: bytes, delimiter: str, decimal: str) -> Array | None:
    """(rows, columns) float64 of whole lines of ASCII characters, NaN for cells without a value.

    None if the rows have different numbers of cells, a cell is wrong, or many are not written as plain decimals.
    """
    content = np.frombuffer(b"".join((_PADDING, lines, b"" if lines.endswith(b"\n") else b"\n")), np.uint8)
    ends = np.flatnonzero((content == ord(delimiter)) | (content == _NEWLINE))
    ends_line = content[ends] == _NEWLINE
    width = int(ends_line.argmax()) + 1
    if len(ends) != np.count_nonzero(ends_line) * width or not ends_line[width - 1 :: width].all():
        return None
    starts = np.concatenate(([len(_PADDING)], ends[:-1] + 1))
    first = content[starts]
    is_negative = first == ord("-")
    lengths = ends - starts
    if width == 1 and not lengths.all():
        return None  # an empty line is no row
    lengths -= is_negative | (first == ord("+"))
    values, is_odd = _magnitudes(content, ends, lengths, ord(decimal))
    values *= 1.0 - 2.0 * is_negative
    places = np.flatnonzero(is_odd)
    is_empty = starts[places] == ends[places]
    values[places[is_empty]] = np.nan
    places = places[~is_empty]
    if len(places) * _MOST_ODD > len(ends):
        return None
    for place in places:
        cell = content[starts[place] : ends[place]].tobytes().decode("ascii")
        values[place], wrong = read_number(cell, decimal)
        if wrong is not None:
            return None
    return values.reshape(-1, width)


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
    return whole / _TENS.take(decimals, mode="clip"), is_odd


def _digits(words: Array, lengths: Array, point: int) -> tuple[Array, Array, Array, Array]:
    """Of the last characters of eight, which it changes: the number they are without the point, how many follow the
    point, how many points there are, and whether they are anything else. (k,) each.
    """
    digits = words
    digits ^= _ZEROS
    digits &= _LAST.take(lengths, mode="clip")
    marks = digits ^ _eight(point ^ ord("0"))
    for change, by in ((np.add, _FILL), (np.bitwise_and, _HIGH_BITS), (np.bitwise_xor, _HIGH_BITS)):
        change(marks, by, out=marks)
    marks >>= _U(7)  # 1 in the byte of each point
    points = (marks * _ONES) >> _U(56)
    before = marks - points
    before &= digits
    before *= _U(255)
    digits -= marks * _U(point ^ ord("0"))
    digits += before  # what is before the point moves to its place
    is_odd = (((digits + _OVER_NINE) & _HIGH_BITS) != 0) | (points > 1)
    marks *= _PLACES
    marks >>= _U(56)
    for step, kept in ((8, 0x00FF00FF00FF00FF), (16, 0x0000FFFF0000FFFF), (32, 0x00000000FFFFFFFF)):
        digits *= _U(10 ** (step // 8) * 2**step + 1)  # two neighbours become one: pairs, fours, all eight
        digits >>= _U(step)
        digits &= _U(kept)
    return digits.view(np.int64), marks.view(np.int64), points.view(np.int64), is_odd
