"""Blocks of a table's text: numbers are those of ``float``, and a table is the same whatever the size of its blocks."""

from __future__ import annotations

import io
import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import FileFormatError
from engine.datasets.table import table_blocks
from engine.datasets.table.cells import read_number
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_blocks import Blocks, plain_matrix
from engine.datasets.table.table_format import TableFormat, sniff

ROWS = 4000
SMALL, LARGE = 5000, 2**20  # bytes of a block

# ---- plain_matrix

NUMBERS = [
    *("0", "-0", "+0", "00", "007", "-0.0", "5.", ".5", "-.5", "+5", "1e5", "1E-05", "-1.5e+300", "5e-324", "", "nan"),
    *("9007199254740992", "9007199254740993", "-9007199254740995", "0.1", "0.30000000000000004", "123456789012345.6"),
    *("1.7976931348623157e308", "2.2250738585072011e-308", "12345678901234567", "0.000000000000001", " 1", "2.5  "),
    *("99999999.9999999", "0." + "3" * 400, "8" * 300, "1e-999"),
]
OTHERS = [
    *("abc", "1x", "x1", "1/2", "1:2", "1;2", "1_000", "0x10", "0x1p3", "inf", "-inf", "1e999", "1.2.3", "..5"),
    *("1,2", "1,234", "1 234", "--5", "+-5", "5-", "1'000", "e5", '"1"', "\x01", "+", "NA", "-", "?", "1j", "(1)"),
    *("1d5", "#1", "1#", "True", "٣", "1\u00a0000", "5 €", "1e5.5"),
]


@pytest.mark.parametrize("decimal", [".", ","])
def test_numbers_are_those_of_float_bit_identical(decimal: str) -> None:
    rng = np.random.default_rng(0)
    random = [f"{rng.normal() * 10.0 ** rng.integers(-9, 9):.{rng.integers(0, 18)}g}" for _ in range(4000)]
    cells = [cell.replace(".", decimal) for cell in [*NUMBERS, *random]]
    cells += ["0"] * (-len(cells) % 4)
    rows = ["|".join(cells[start : start + 4]) for start in range(0, len(cells), 4)]
    values = plain_matrix("\n".join(rows), TableFormat("|", decimal))
    assert values is not None
    assert values.shape == (len(rows), 4)
    for cell, value in zip(cells, values.ravel().tolist(), strict=True):
        expected, wrong = read_number(cell, decimal)
        assert wrong is None
        assert value.hex() == expected.hex() or (math.isnan(value) and math.isnan(expected)), cell


@pytest.mark.parametrize("cell", OTHERS)
def test_a_block_with_another_cell_is_refused(cell: str) -> None:
    assert plain_matrix(f"1.5|2\n{cell}|4\n", TableFormat("|")) is None


@pytest.mark.parametrize("lines", ["1|2\n3", "1\n2|3", "1|2|\n3|4", "1|2\n3|4|5\n6", "1.5|2,5", "\n \n", "\n\n"])
def test_a_block_of_other_rows_is_refused(lines: str) -> None:
    assert plain_matrix(lines, TableFormat("|", ",")) is None


def test_a_comma_that_delimits_is_no_decimal_mark() -> None:
    assert plain_matrix("1,5\n2,5\n", TableFormat(",", ",")) is None


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_rows_and_columns_stay_in_their_places(end: str) -> None:
    values = plain_matrix(f";;\n1;-2,5;\n\n;4;0,125{end}", TableFormat(";", ","))
    nan = np.nan
    np.testing.assert_array_equal(values, [[nan, nan, nan], [1, -2.5, nan], [nan, 4, 0.125]])


def test_other_threads_run_while_a_block_becomes_numbers() -> None:
    """The window reads small files in a thread, next to the one that draws."""
    block, ends = 60_000 * (",".join(["1.2345"] * 20) + "\n"), threading.Event()
    turns: list[float] = []

    def take_turns() -> None:
        while not ends.is_set():
            time.sleep(0.001)
            turns.append(time.perf_counter())

    thread = threading.Thread(target=take_turns)
    thread.start()
    while not turns:
        time.sleep(0.001)
    began = time.perf_counter()
    values = plain_matrix(block, TableFormat())
    ended = time.perf_counter()
    ends.set()
    thread.join()
    assert values is not None
    times = [began, *(turn for turn in turns if began < turn < ended), ended]
    assert max(np.diff(times)) < 0.5 * (ended - began)  # without a switch in NumPy it is nearly all of the time


# ---- whole tables, in blocks


def lines(**changed: str) -> list[str]:
    """Rows of three numbers; ``row3000="x,y,z"`` puts another row there."""
    numbers = np.random.default_rng(0).normal(size=(ROWS, 3)).round(3)
    rows = [",".join(map(str, row)) for row in numbers.tolist()]
    for name, row in changed.items():
        rows[int(name.removeprefix("row"))] = row
    return rows


def in_blocks(path: Path, size: int) -> Table:
    """The table, read a given number of bytes at a time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_FIRST_BLOCK", "_BLOCK"):
            patch.setattr(table_blocks, name, size)
        return read_table(path, sniff(path))


def same(path: Path) -> Table:
    """Checks that large and small blocks give the same table, and returns it."""
    whole, parts = in_blocks(path, LARGE), in_blocks(path, SMALL)
    assert [(column.name, column.kind, column.categories) for column in parts.columns] == [
        (column.name, column.kind, column.categories) for column in whole.columns
    ]
    for one, other in zip(parts.columns, whole.columns, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert (parts.problems, parts.problem_count, parts.head) == (whole.problems, whole.problem_count, whole.head)
    assert [row for row, _ in parts.tail] == [row for row, _ in whole.tail]
    return parts


@pytest.mark.parametrize(("encoding", "ending"), [("utf-8", "\r\n"), ("utf-16", "\n"), ("cp1252", "\n")])
def test_numbers_are_those_of_one_block(tmp_path: Path, ending: str, encoding: str) -> None:
    path = tmp_path / "t.csv"
    name = "ü" if encoding == "cp1252" else "b"
    path.write_bytes(ending.join([f"a,{name},c", *lines()]).encode(encoding))
    assert len(same(path)) == ROWS


@pytest.mark.parametrize(
    "changed",
    [
        {"row3000": "1,abc,3"},
        {"row3000": "1,2"},
        {"row3999": '"1",2,3'},
        {"row1500": "1,,3", "row3500": ",,"},
        {"row1500": "", "row3500": "1,inf,3"},
        {"row500": '1,2,"0.5', "row700": '0.1,0.2,0.3"'},
        {f"row{number}": "1,abc,3" for number in range(1000, 4000, 400)},
        {f"row{number}": "a word,2,3" for number in range(1500, 3990)},
    ],
    ids=["word", "ragged", "quotes", "missing", "blank, infinite", "many lines", "often", "words"],
)
def test_what_is_no_plain_number_is_read_in_its_place(tmp_path: Path, changed: dict[str, str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,c", *lines(**changed)]))
    same(path)


def test_what_cannot_be_read_is_reported_after_what_comes_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_FIRST_BLOCK", "_BLOCK"):
        monkeypatch.setattr(table_blocks, name, 4)
    content = io.BytesIO(b"1,2\n3,4\n\xff\xff\xff\n7,8\n")
    blocks = Blocks(tmp_path / "t.csv", TableFormat(), content)
    assert [blocks.next(), blocks.next()] == ["1,2\n", "3,4\n"]
    with pytest.raises(FileFormatError, match="not utf-8"):
        blocks.next()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs a file that does not tell its size")
def test_a_file_that_does_not_tell_its_size_is_read() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert len(read_table(path, sniff(path))) > 10
