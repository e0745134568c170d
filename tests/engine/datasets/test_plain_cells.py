"""Cells that are read many at once: the same numbers as one by one, to the bit, or none at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from engine.datasets.cells import read_number
from engine.datasets.plain_cells import plain_cells
from engine.validation import Array

WIDTH = 4
NASTY = [
    *("0", "-0", "+0", "00", "007", "-0.0", "0.0000", "5.", ".5", "-.5", "+5", "1e5", "1E-05", "-1.5e+300", "5e-324"),
    *("9007199254740992", "9007199254740993", "9007199254740994", "-9007199254740995", "999999999999999"),
    *("0.1", "0.30000000000000004", "123456789012345.6", "1.7976931348623157e308", "2.2250738585072011e-308"),
    *("1234567", "12345678", "123456789", "1234567.", "12345678.", ".1234567", ".12345678", "1.2345678", "1234567.8"),
    *("123456789012345", "1234567890123456", "12345678901234567", "0.12345678901234", "0.123456789012345"),
    *("", "-", ".", "--", "NA", "nan", "NaN", "?", "null", " 1", "1 ", "  2.5  ", "0.000000000000001"),
    *("00000001.00000001", "12345678.1234567", "1234567.12345678", "-12345678.1234567", "99999999.9999999"),
]
WRONG = [
    *("abc", "1x", "x1", "1/2", "1:2", "1;2", "1_000", "0x10", "inf", "-inf", "1e999", "1.2.3", "12345678.1.1", "..5"),
    *(
        "1.234567.9",
        ".12345678.",
        "1,2",
        "1,234",
        "1 234",
        "--5",
        "+-5",
        "5-",
        "1-2",
        "1'000",
        "1e",
        "e5",
        '"1"',
        "\x01",
    ),
    *("1.2.3.4.5.6", "." * 8, "." * 20, "192.168.100.200"),
    *("1.5.", "1/5", "12345/78", "123456789/1", "+"),
]


def table(cells: list[str], decimal: str = ".", width: int = WIDTH) -> Array | None:
    """The cells in rows; the last row is filled up with zeros. (cells,), or None."""
    filled = [*cells, *["0"] * (-len(cells) % width)]
    rows = ["|".join(filled[start : start + width]) for start in range(0, len(filled), width)]
    values = plain_cells("\n".join(rows).encode("ascii"), "|", decimal)
    return None if values is None else values.ravel()[: len(cells)]


def same(cells: list[str], decimal: str = ".") -> None:
    """Each cell is read as it is alone, to the bit."""
    values, alone = table(cells, decimal), [read_number(cell, decimal) for cell in cells]
    assert values is not None
    for cell, value, (expected, wrong) in zip(cells, values.tolist(), alone, strict=True):
        assert wrong is None
        is_same = math.isnan(value) and math.isnan(expected)
        assert is_same or (value.hex() == expected.hex()), cell


def written(rng: np.random.Generator) -> Iterator[Callable[[], str]]:
    """Ways to write a number that needs no exponent."""
    yield lambda: f"{rng.normal():.6g}"
    yield lambda: f"{rng.normal() * 10.0 ** rng.integers(-3, 7):.{rng.integers(0, 8)}f}"
    yield lambda: str(rng.integers(-(10**9), 10**9))
    yield lambda: str(rng.integers(-(2**53) - 1000, 2**53 + 1000))
    yield lambda: f"{rng.integers(0, 10**8)}.{rng.integers(0, 10**7)}"
    yield lambda: _random_text(rng, "0123456789")
    yield lambda: f"{rng.choice(['', '-', '+'])}{_random_text(rng, '01')}.{_random_text(rng, '0123456789')}"
    yield lambda: ""


def _random_text(rng: np.random.Generator, signs: str) -> str:
    return "".join(rng.choice(list(signs), rng.integers(1, 8)))


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("seed", range(8))
def test_numbers_are_those_of_float_to_the_bit(seed: int, decimal: str) -> None:
    rng = np.random.default_rng(seed)
    ways = list(written(rng))
    cells = [ways[way]().replace(".", decimal) for way in rng.integers(0, len(ways), 4000)]
    same(cells, decimal)


@pytest.mark.parametrize("cell", NASTY)
def test_a_cell_among_plain_ones(cell: str) -> None:
    for place in range(9):  # so that it begins at each place of eight
        same([*["1.5"] * 60, "7" * place, cell, *["-2"] * 60])


@pytest.mark.parametrize("cell", WRONG)
def test_a_wrong_cell_is_not_taken(cell: str) -> None:
    for place in range(9):
        assert table([*["1.5"] * 60, "7" * place, cell, *["-2"] * 60]) is None


@pytest.mark.parametrize("byte", range(1, 128))
def test_no_other_character_is_taken_for_a_digit(byte: int) -> None:
    sign = chr(byte)
    if sign in "|\n":
        return
    for cell in (sign, f"1{sign}", f"{sign}1", f"1{sign}2", f"123456789{sign}1", f"1{sign}23456789"):
        cells = [*["1.5"] * 60, cell, *["-2"] * 61]
        if read_number(cell, ".")[1] is None:
            same(cells)
        else:
            assert table(cells) is None, cell


def test_odd_cells_are_read_alone_unless_they_are_many() -> None:
    same(["1e-5", *["0.25"] * 99])
    assert table(["1e-5"] * 100) is None


@pytest.mark.parametrize("lines", ["1|2\n3", "1\n2|3", "1|2\n\n3|4", "1|2|\n3|4", "1|2\n3|4|5\n6", "1\n\n2"])
def test_rows_of_different_lengths_are_not_taken(lines: str) -> None:
    assert plain_cells(lines.encode(), "|", ".") is None


def test_rows_and_columns_stay_in_their_places() -> None:
    for end in ("", "\n"):
        values = plain_cells(f"1;-2,5;\n;4;0,125{end}".encode(), ";", ",")
        np.testing.assert_array_equal(values, [[1, -2.5, np.nan], [np.nan, 4, 0.125]])
    np.testing.assert_array_equal(plain_cells(b"1\n-2\n", ",", "."), [[1], [-2]])
