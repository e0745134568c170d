"""Tables: what is read from odd files, what is wrong and where, and what is refused."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import DataError, FileFormatError
from engine.datasets.table import table_blocks, table_reading
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_columns import NUMBER, TEXT, YES_NO, are_few
from engine.datasets.table.table_format import TableFormat, sniff
from tests.engine.helpers import refused, value_or_error


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.csv"


@pytest.fixture(params=[2**20, 7], ids=["one block", "many blocks"])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read at once, or a few bytes at a time."""
    monkeypatch.setattr(table_blocks, "_BLOCK", request.param)


def read(file: Path, text: str, form: TableFormat | None = None, codec: str = "utf-8") -> Table:
    """Writes a file and reads it."""
    file.write_bytes(text.encode(codec))
    return read_table(file, form or sniff(file))


def rows(table: Table) -> list[list[object]]:
    """The table's values row by row; None where one is missing."""
    return [list(row) for row in zip(*(cells(table, name) for name in table.names), strict=True)]


def cells(table: Table, name: str) -> list[object]:
    column = table.column(name)
    present = [
        value if column.kind == NUMBER else column.categories[int(value)] if not absent else None
        for value, absent in zip(column.values.tolist(), column.absent, strict=True)
    ]
    return [None if absent else value for value, absent in zip(present, column.absent, strict=True)]


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_numbers_texts_and_yes_or_no(file: Path, end: str) -> None:
    table = read(file, end.join(["size,kind,is old", "1,cat,yes", "2.5, dog ,No", "-3e2,cat,YES"]))
    assert rows(table) == [[1, "cat", "YES"], [2.5, "dog", "No"], [-300, "cat", "YES"]]
    assert [column.kind for column in table.columns] == [NUMBER, TEXT, YES_NO]
    assert table.column("is old").values.tolist() == [1, 0, 1]
    assert table.column("kind").categories == ("cat", "dog")
    assert (table.title, len(table), table.problem_count) == ("some", 3, 0)
    assert table.head[1] == ("2.5", "dog ", "No")


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_semicolons_and_decimal_commas_in_every_encoding(file: Path, codec: str) -> None:
    table = read(file, "größe;ort\r\n1,5;Köln\r\n-0,25;Zürich\r\n", codec=codec)
    assert table.names == ("größe", "ort")
    assert rows(table) == [[1.5, "Köln"], [-0.25, "Zürich"]]


@pytest.mark.usefixtures("block")
def test_quotes_with_line_ends_and_delimiters_in_them(file: Path) -> None:
    table = read(file, 'a,b\n"two\nlines",1\n"a ""quote"", and more",2\n5" pipe,3\n"\n\n\n",4\n', TableFormat())
    assert rows(table) == [["two\nlines", 1], ['a "quote", and more', 2], ['5" pipe', 3], [None, 4]]


@pytest.mark.usefixtures("block")
def test_missing_values(file: Path) -> None:
    words = ["", "NA", "N/A", "nan", "NaN", "?", "null", "NULL", "-", " na "]
    table = read(file, "n,t,e\n" + "".join(f"{word},{word},{word}\n" for word in words) + "1,x,\n")
    assert rows(table) == [[None] * 3] * 10 + [[1, "x", None]]
    assert [column.kind for column in table.columns] == [NUMBER, TEXT, NUMBER]
    assert table.problem_count == 0


@pytest.mark.parametrize("row", ["1,word", "1,NA", '"1",2', "1,1e999", "1", "1,2,", "1,1_0", " ,2", "  "])
def test_rows_after_many_plain_ones_are_read_as_those_before(
    file: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr(table_blocks, "_FIRST_BLOCK", 64)
    monkeypatch.setattr(table_blocks, "_BLOCK", 64)
    plain = "1,2\n" * 300
    bit_by_bit = read(file, f"a,b\n{plain}\n{row}\n{plain}", TableFormat())
    monkeypatch.setattr(table_blocks, "_BLOCK", 2**20)
    at_once = read_table(file, TableFormat())
    assert rows(bit_by_bit) == rows(at_once)
    assert (bit_by_bit.problems, bit_by_bit.head) == (at_once.problems, at_once.head)


LATER_ROWS = ("1,2", "1,word", "1,NA", '"1",2', "1,1e999", "1", "1,2,", "1,1_0", " ,2", "  ", "1,word\n" * 99)
STARTS = ("", "title\na,b\n", "\na,b\n", "a\n", "a,b,c\n", "a,b\n\n")


@pytest.mark.parametrize(
    ("start", "row", "end"),
    [
        *(("a,b\n", row, "\n" * (place % 2)) for place, row in enumerate(LATER_ROWS)),
        *((start, row, end) for start in STARTS for row, end in (("1,2", "\n"), ("1,word", ""), ("1,2,", "\n"))),
    ],
)
def test_a_first_block_of_plain_numbers_is_read_as_cell_by_cell(
    file: Path, monkeypatch: pytest.MonkeyPatch, start: str, row: str, end: str
) -> None:
    file.write_text(f"{start}1.5,-2\n" + "3,\n4,5e1\n" * 80 + f"{row}\n" + "6,7\n" * 50 + f"8,9{end}")
    form = TableFormat(header=bool(start), skip=int(start.startswith("title")))
    fast = value_or_error(FileFormatError, lambda: read_table(file, form))
    monkeypatch.setattr(table_reading.Reading, "_add_first", lambda reading, block: False)
    slow = value_or_error(FileFormatError, lambda: read_table(file, form))
    if not isinstance(slow, Table):
        assert str(fast) == str(slow)
        return
    for one, other in zip(fast.columns, slow.columns, strict=True):
        assert (one.name, one.kind, one.categories, one.wrong) == (
            other.name,
            other.kind,
            other.categories,
            other.wrong,
        )
        np.testing.assert_array_equal(one.values, other.values)
    for name in ("problems", "problem_count", "ragged", "head", "head_rows", "skipped"):
        assert getattr(fast, name) == getattr(slow, name)


@pytest.mark.usefixtures("block")
def test_empty_cells_between_plain_numbers(file: Path) -> None:
    table = read(file, "a,b,c\n" + "1,2,3\n,,3\n1,,\n,,\n\n1,2,3" + "\n4,5,6" * 20)
    assert rows(table)[:5] == [[1, 2, 3], [None, None, 3], [1, None, None], [None] * 3, [1, 2, 3]]
    assert len(table) == 25


@pytest.mark.usefixtures("block")
def test_what_is_wrong_is_missing_and_listed_with_its_place(file: Path) -> None:
    good = "1,2\n" * 20
    table = read(file, f'a,b\n{good}"1,234",2\n\nmany,2\n1,1e999\n1\n1,2,3\n1,-inf\n1_0,2\n{good}', TableFormat())
    assert sorted(str(problem) for problem in table.problems) == [
        "Row 24, column a: “many” is not a number",
        "Row 25, column b: “1e999” is infinite",
        "Row 26: left out, as it has 1 cell instead of 2",
        "Row 27: left out, as it has 3 cells instead of 2",
        "Row 28, column b: “-inf” is infinite",
        "Row 29, column a: “1_0” is not a number",
    ]
    assert (table.problem_count, table.ragged, len(table)) == (6, 2, 45)
    [a, b] = table.columns
    assert (a.kind, a.wrong, a.separator, int(a.absent.sum())) == (NUMBER, 2, ",", 2)
    assert (b.kind, b.wrong, int(b.absent.sum())) == (NUMBER, 2, 2)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    ("number", "form", "value"),
    [
        ("1,234", ";.", 1234),
        ("1.234", ";,", 1234),
        ("1.234,5", ";,", 1234.5),
        ("1 234", ",.", 1234),
        ("1'234.5", ",.", 1234.5),
        ("-12\u202f345", ",.", -12345),
        ("1,234,567", ";.", 1234567),
    ],
)
def test_thousands_separators(file: Path, number: str, form: str, value: float) -> None:
    delimiter, decimal = form[0], form[1]
    lines = f"{number}{delimiter}1\n" + f"7{delimiter}2\n" * 20
    table = read(file, f"a{delimiter}b\n{lines * 3}", TableFormat(delimiter, decimal))
    a = table.column("a")
    assert (table.problems, table.problem_count, a.wrong, a.kind) == ((), 0, 0, NUMBER)
    assert a.separator == number.lstrip("-").lstrip("0123456789")[0]
    np.testing.assert_array_equal(a.values, ([value] + [7] * 20) * 3)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("other", ["12,5", "1,23", "0,234", "1'234"])
def test_signs_that_separate_thousands_in_some_cells_only_are_not_understood(file: Path, other: str) -> None:
    table = read(file, "a;b\n" + "1,234;2\n5;2\n2,345;2\n" * 5 + f"{other};2\n", TableFormat(";"))
    a = table.column("a")
    assert (a.kind, a.separator, a.thousands, a.wrong) == (NUMBER, "", 10 + ("'" in other), 11)
    np.testing.assert_array_equal(a.values[~a.absent], [5] * 5)
    assert "Rows 2, 4, 5 and" in str(table.problems[0])
    assert table.problem_count == 11


def test_a_decimal_point_among_decimal_commas_is_no_number(file: Path) -> None:
    table = read(file, "a;b\n" + "1,5;2\n" * 30 + "1.5;2\n", TableFormat(";", ","))
    assert [str(problem) for problem in table.problems] == ["Row 32, column a: “1.5” is not a number"]


def test_at_most_100_problems_are_listed_and_all_are_counted(file: Path) -> None:
    table = read(file, "a,b\n1,2\n" + "".join("1," * (row + 3) + "\n1,2,3\n" for row in range(150)))
    assert (len(table.problems), table.problem_count, table.ragged, len(table)) == (100, 300, 300, 1)


def test_the_same_problem_in_many_rows_is_one(file: Path) -> None:
    table = read(file, "a,b\n" + "1,2\n" * 60 + "k. A.,3\n1\n" * 2 + "x,3\n" + "1\n" * 3)
    assert [(str(problem), problem.count) for problem in table.problems] == [
        ("Rows 63, 65, 67 and 2 more: left out, as each has 1 cell instead of 2", 5),
        ("Rows 62 and 64, column a: “k. A.” is not a number", 2),
        ("Row 66, column a: “x” is not a number", 1),
    ]
    assert table.problem_count == 8


@pytest.mark.usefixtures("block")
def test_a_column_that_turns_out_to_be_of_words_is_read_again_as_texts(file: Path) -> None:
    table = read(file, "a,b\n" + "007,1\n" * 5 + "x,2\ny,2\nz,2\n" * 3, TableFormat())
    assert table.column("a").categories == ("007", "x", "y", "z")
    assert table.column("b").kind == NUMBER
    assert table.problem_count == 0


def test_how_many_words_a_column_of_numbers_may_have() -> None:
    assert are_few(0, 0)
    assert are_few(3, 12)
    assert are_few(50, 1000)
    assert not are_few(4, 12)
    assert not are_few(1, 3)
    assert not are_few(51, 1000)


def test_columns_can_be_read_as_texts(file: Path) -> None:
    file.write_text("zip,old,n\n007,yes,1\n12,no,2\n")
    table = read_table(file, TableFormat(), texts=["zip", "old", "of another table"])
    assert [column.kind for column in table.columns] == [TEXT, TEXT, NUMBER]
    assert table.column("zip").categories == ("007", "12")


def test_names_are_made_unique(file: Path) -> None:
    assert read(file, "x,,x, x ,x (2)\n1,2,3,4,5\n").names == ("x", "column 2", "x (2)", "x (3)", "x (2) (2)")
    assert read(file, "1,2\n3,4\n").names == ("column 1", "column 2")
    assert read(file, "<b>x</b>,__import__('os')\n1,2\n").names == ("<b>x</b>", "__import__('os')")


def test_a_single_letter_is_no_yes(file: Path) -> None:
    table = read(file, "a,b,c,n\ny,t,ja,1\ny,f,nein,2\n")
    assert [column.kind for column in table.columns] == [TEXT, YES_NO, YES_NO, NUMBER]
    assert table.column("c").categories == ("nein", "ja")


def test_empty_cells_at_the_end_of_rows_do_not_matter(file: Path) -> None:
    assert rows(read(file, "a,b\n1,2,\n3,4,,\n5,6\n", TableFormat())) == [[1, 2], [3, 4], [5, 6]]


def test_without_a_header_most_rows_say_how_many_columns_there_are(file: Path) -> None:
    table = read(file, "1\n1,2\n3,4\n", TableFormat(header=False))
    assert rows(table) == [[1, 2], [3, 4]]
    assert table.problems[0].row == 1


def test_different_texts_beyond_the_limit_count_as_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.datasets.table.table_columns.MOST_TEXTS", 3)
    column = read(file, "a,b\nd,1\nb,1\nc,1\na,1\n,1\ne,1\n", TableFormat()).column("a")
    assert (column.categories, column.is_cut) == (("b", "c", "d"), True)
    assert column.values.tolist() == [2, 0, 1, 3, -1, 3]


def test_progress_tells_the_bytes_and_what_it_raises_goes_through(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_blocks, "_FIRST_BLOCK", 64)
    monkeypatch.setattr(table_blocks, "_BLOCK", 64)
    file.write_text("a,b\n" + "1,2\n" * 100)
    reported: list[tuple[int, int]] = []
    read_table(file, TableFormat(), lambda done, size: reported.append((done, size)))
    assert reported == sorted(reported)
    assert len(reported) >= 6
    assert reported[-1] == (404, 404)

    def stop(done: int, size: int) -> None:
        raise OSError("enough")

    with pytest.raises(OSError, match="enough"):
        read_table(file, TableFormat(), stop)


def test_a_column_is_found_by_name(file: Path) -> None:
    table = read(file, "a,b\n1,2\n")
    with refused(DataError, "target", "'c'"):
        table.column("c", "target")


REFUSED = {
    "empty": ("", "no row of values"),
    "header only": ("a,b,c\n", "no row of values"),
    "all rows ragged": ("a,b\n1\n1,2,3\n", "no row of values"),
    "one column": ("a\n1\n2\n", "only one column"),
    "too many columns": (",".join(["x"] * 10_001) + "\n", "10,001 columns"),
    "a million columns": (",".join(["1"] * 1_000_000), "1,000,000 columns"),
    "zero bytes": ("a,b\n1,\0\n", "zero bytes"),
    "a quote without end": ('a,b\n1,"' + "x\n" * 200_000, "cannot be read"),
}


@pytest.mark.parametrize(("text", "value"), REFUSED.values(), ids=REFUSED)
def test_refuses(file: Path, text: str, value: str) -> None:
    file.write_text(text)
    with refused(FileFormatError, file.name, value):
        read_table(file, TableFormat())


def test_the_message_of_ragged_rows_says_where(file: Path) -> None:
    file.write_text("a,b\n1\n")
    with pytest.raises(FileFormatError, match="Row 2: left out"):
        read_table(file, TableFormat())


def test_refuses_a_long_row_before_it_is_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_blocks, "_FIRST_BLOCK", 16)
    monkeypatch.setattr(table_blocks, "_BLOCK", 16)
    monkeypatch.setattr(table_blocks, "_LONGEST_LINE", 100)
    for text in ("a,b\n" + "1" * 200, 'a,b\n1,"\n' + '","\n' * 200):
        file.write_text(text)
        with refused(FileFormatError, file.name, "a row has more than"):
            read_table(file, TableFormat())


def test_refuses_what_is_not_in_that_encoding(file: Path) -> None:
    file.write_bytes(b"a,b\n1,2\n" * 20_000 + b"gr\xf6n,2\n")
    with refused(FileFormatError, file.name, "not utf-8"):
        read_table(file, sniff(file))
    assert len(read_table(file, TableFormat(encoding="windows-1252"))) == 40_000


def test_refuses_what_memory_cannot_hold(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("a,b\n" + "1,2\n" * 100)
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 1000)
    with refused(FileFormatError, file.name, "the file size is 0.0 MB"):
        read_table(file, TableFormat())
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: None)
    monkeypatch.setattr(table_reading, "available_memory", lambda: 16 * 199)
    with refused(FileFormatError, file.name, "half of the available memory"):
        read_table(file, TableFormat())
    monkeypatch.setattr(table_reading, "available_memory", lambda: None)
    assert len(read_table(file, TableFormat())) == 100


def test_refuses_a_missing_file(file: Path) -> None:
    with refused(FileFormatError, file.name, "does not exist"):
        read_table(file, TableFormat())


def test_a_failing_disk_is_a_file_that_cannot_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("a,b\n1,2\n")

    def fail(reading: object, *_: object) -> None:
        raise table_blocks.CannotReadError(OSError(5, "Input/output error"))

    monkeypatch.setattr(table_reading.Reading, "read", fail)
    with refused(FileFormatError, file.name, "cannot be read"):
        read_table(file, TableFormat())


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.floats(allow_infinity=False), min_size=3, max_size=3), min_size=1, max_size=30), st.booleans()
)
def test_numbers_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[tuple[float, ...]], is_comma: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "numbers.csv"
    numbers = numbers + [(0.5, 1.0, math.nan)] * 100  # so that the fast way is taken too
    delimiter, decimal = ";," if is_comma else ",."
    lines = [delimiter.join(repr(number).replace(".", decimal) for number in row) for row in numbers]
    file.write_text("a;b;c\n".replace(";", delimiter) + "\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_blocks, "_BLOCK", 1000)
        table = read_table(file, TableFormat(delimiter, decimal))
    np.testing.assert_array_equal(np.stack([column.values for column in table.columns], axis=1), numbers)


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from([5, 2**20]))
def test_any_bytes_are_a_table_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, size: int) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)

    def read_any() -> Table:
        return read_table(file, sniff(file))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_blocks, "_BLOCK", size)
        result = value_or_error(FileFormatError, read_any)
    assert isinstance(result, FileFormatError) or len({len(column.values) for column in result.columns}) == 1


@settings(max_examples=60)
@given(st.lists(st.tuples(st.text('xy ",\n', max_size=6), st.integers(0, 99)), min_size=1, max_size=20))
def test_texts_come_back_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, int]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "texts.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([("text", "number"), *written])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_blocks, "_BLOCK", 5)
        table = read_table(file, TableFormat(), texts=["text", "number"])
    assert rows(table) == [[text.strip() or None, str(number)] for text, number in written]
