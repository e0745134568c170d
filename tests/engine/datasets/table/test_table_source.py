"""A table as a data source: which column is predicted if none is named, which are inputs, how typed settings mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.basics.errors import FileFormatError, SettingError
from engine.datasets.data_setting import DataSetting
from engine.datasets.loading import load_data, source_of
from engine.datasets.table.table import read_table, row_number
from engine.datasets.table.table_format import sniff, title_rows
from engine.datasets.table.table_source import guess_target
from tests.engine.helpers import refused


def written(folder: Path, text: str) -> Path:
    file = folder / "x.csv"
    file.write_text(text)
    return file


def rows(count: int, row: str) -> str:
    return "".join(row.format(at=at, even=at % 2, third=at % 3) + "\n" for at in range(count))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a,b\n" + rows(9, "{at},{even}"), "b"),
        ("Class,b\n" + rows(9, "{even},{at}"), "Class"),
        ("x,y,c\n" + rows(9, "{at},{third},k{even}"), "c"),
        ("x,y\n" + rows(9, "{at},{third}"), "y"),
        ("y,a\n" + rows(9, "{at},{third}"), "y"),
        ("a,b,name\n" + rows(9, "{at},{third},n{at}"), "b"),
        ("a,b,\n" + rows(9, "{at},{third},"), "b"),
        ("a,b\n" + rows(9, 'k{even},"1,{at}00"'), "b"),
    ],
)
def test_the_column_to_predict_is_guessed(tmp_path: Path, text: str, target: str) -> None:
    file = written(tmp_path, text)
    assert guess_target(read_table(file, sniff(file))) == target


def test_columns_that_only_number_the_rows_are_no_inputs(tmp_path: Path) -> None:
    file = written(tmp_path, "id,a,y\n" + rows(30, "{at},{third},k{even}"))
    data = load_data(str(file))
    assert data.columns == ("a",)
    assert data.notes == ("Column id left out: it only numbers the rows.",)
    other = written(tmp_path, "id,a,y\n" + rows(30, "{third},{at},k{even}"))
    assert load_data(str(other)).columns == ("id", "a"), "another id may tell something"


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["a,b", "1,2"], 0),
        (["Report", "a,b", "1,2", "3,4"], 1),
        (["Report", "", "a,b,c", "1,2,3", "3,4,5"], 2),
        (["Report,,", ",,", "a,b,c", "1,2,3"], 2),
        (["a,", "1,2", "3,4"], 0),
        (["", "a,b", "1,2"], 0),
        (["5,,", "1,2,3", "1,2,3"], 0),
        (["a", "1", "2"], 0),
        (["Log, of 2024", "", "a,b,c,d", "1,2,3,4", "5,6,7,8"], 2),
        (["a,b,c", "r1,1,2,3", "r2,4,5,6"], 0),
        (["Report", "", ""], 0),
    ],
)
def test_a_title_above_the_table(lines: list[str], count: int) -> None:
    assert title_rows([line.split(",") for line in lines]) == count


def test_rows_below_a_title_keep_their_numbers(tmp_path: Path) -> None:
    for title in ("Report 2023\n\n", "Report 2023,,\n,,\n"):
        file = written(tmp_path, f"{title}a,b,c\n" + rows(20, "{at},{third},{even}") + "1,oops,0\n")
        form = sniff(file)
        table = read_table(file, form)
        assert (table.names, len(table)) == (("a", "b", "c"), 21)
        assert [problem.row for problem in table.problems] == [24]
        assert row_number(file, form, 20) == 24


def test_lines_above_the_table_are_found_left_out_and_reported_and_can_be_corrected(tmp_path: Path) -> None:
    file = written(tmp_path, "Log, of station 7\n\na,b,c,y\n" + rows(20, "{at},{third},{even},k{even}"))
    found, table = sniff(file), read_table(file, sniff(file))
    assert (found.skip, table.skipped, table.head_rows[0]) == (2, ("Log,of station 7", ""), 4)
    data = load_data(str(file))
    assert (len(data.train) + len(data.test or ()), data.notes[0]) == (20, "2 lines above the table left out.")
    for header, names in ((True, ("0", "0 (2)", "0 (3)", "k0")), (False, tuple(f"column {at}" for at in (1, 2, 3, 4)))):
        form = sniff(file, skip=3, header=header)
        table = read_table(file, form)
        assert (table.names, len(table), table.head_rows[0]) == (names, 20 - header, 4 + header)
    with pytest.raises(FileFormatError, match="it has no row of values"):
        read_table(file, sniff(file, skip=100))


@pytest.mark.parametrize("skip", [-1, 101, 1.0, "2", True])
def test_lines_to_skip_are_a_whole_number(tmp_path: Path, skip: Any) -> None:
    with pytest.raises(SettingError, match="must be a whole number from 0 to 100"):
        sniff(written(tmp_path, "a,b\n1,2\n"), skip=skip)


def test_a_comma_after_a_zero_is_no_thousands_separator(tmp_path: Path) -> None:
    form = sniff(written(tmp_path, "a;b\n" + rows(9, "0,{at}50;{even}")))
    assert (form.delimiter, form.decimal) == (";", ",")


# ---- typed settings


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (600, "50", 50),
        (0.2, "0.5", 0.5),
        ((), "a, b", ("a", "b")),
        ((), '["a, b", "c"]', ("a, b", "c")),
        (("name",), "[]", ()),
        ((), "[a]", ("[a]",)),
        ((), "[" * 5000, ("[" * 5000,)),
        (True, "No", False),
        (True, "true", True),
        (None, "12", "12"),
    ],
)
def test_a_typed_setting_has_the_type_of_the_usual_one(default: Any, text: str, value: Any) -> None:
    assert DataSetting("s", "S", default, "").parse(text) == value


def test_a_typed_choice(tmp_path: Path) -> None:
    source = source_of(str(written(tmp_path, "a,b\n1,2\n")))
    assert source.setting("task").parse("Regression") == "regression"
    assert source.setting("encoding").parse("latin-1") == "windows-1252"
    with refused(SettingError, "missing", "zero"):
        source.setting("missing").parse("zero")
    with refused(SettingError, "points", "many"):
        DataSetting("points", "Points", 600, "").parse("many")
