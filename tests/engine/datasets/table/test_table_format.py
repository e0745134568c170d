"""How a table is written, found from the beginning of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.basics.errors import FileFormatError, SettingError
from engine.datasets.table.table_format import TableFormat, sniff
from tests.engine.helpers import refused


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.csv"


FOUND = {
    "commas": ("a,b\n1,2\n3,4\n", TableFormat()),
    "tabs": ("a\tb\n1.5\t2\n3\t4\n", TableFormat("\t")),
    "semicolons": ("a;b\n1;2\n", TableFormat(";")),
    "bars": ("a|b\n1|2\n", TableFormat("|")),
    "decimal commas between semicolons": ("a;b\n1,5;2,5\n3,5;4,5\n", TableFormat(";", ",")),
    "decimal commas without a header": ("1,5;2,5\n3,5;4,5\n", TableFormat(";", ",", header=False)),
    "quoted decimal commas": ('a,b\n"1,5","2,25"\n"3,5","4,5"\n', TableFormat(",", ",")),
    "thousands separators beside points": ("a;b\n1,234;2.5\n3,456;4.5\n", TableFormat(";")),
    "thousands beside decimal commas": ("a;b\n1.112;2,5\n1.234;3,5\n2.345;4,5\n", TableFormat(";", ",")),
    "both signs in one number": ("a;b\n1.112,5;1.234\n2;2.345\n", TableFormat(";", ",")),
    "points before three digits, and one comma": ("a;b\n" + "1.112;2.345\n" * 9 + "1.1;2,5\n", TableFormat(";")),
    "only thousands beside percents": ("a;b\n96.742;1,7 %\n68.320;15,9 %\n", TableFormat(";", ",")),
    "several points in one number": ("a\tb\n1.234\tx\n9.999.999\ty\n", TableFormat("\t", ",")),
    "points before three digits between semicolons": ("a;b\n96.742;x\n68.320;y\n", TableFormat(";", ",")),
    "a point that is no thousand between semicolons": ("a;b\n96.742;x\n0.320;y\n", TableFormat(";")),
    "quoted thousands separators": ('a,b\n"1,234",2.5\n', TableFormat()),
    "one list of words": ("id,tags\n1,a;b\n2,c;d\n", TableFormat()),
    "delimiters in quotes": ('a,b\n"x;y;z",1\n"x;y;z",2\n', TableFormat()),
    "line ends in quotes": ('a,b\n"x\ny",1\n"z\n",2\n', TableFormat()),
    "ragged": ("a,b,c\n1,2,3\n1,2\n4,5,6\n", TableFormat()),
    "line ends of old Macs": ("a,b\r1,2\r3,4\r", TableFormat()),
    "line ends of Windows": ("a;b\r\n1;2\r\n3;4\r\n", TableFormat(";")),
    "texts only, with names": ("name,kind\nx,cat\ny,dog\nz,cat\n", TableFormat()),
    "texts only, without names": ("x,cat\ny,dog\nz,cat\n", TableFormat(header=False)),
    "an index without a name": (",a\n1,2\n", TableFormat()),
    "years as names": ("place,2019,2020\nx,1,2\ny,3,4\n", TableFormat(header=False)),
    "header only": ("a,b,c\n", TableFormat()),
    "one row of numbers": ("1,2,3", TableFormat(header=False)),
    "missing values in the first row": ("NA,1\n2,3\n4,5\n", TableFormat(header=False)),
    "one column": ("a\n1\n2\n", TableFormat()),
    "empty lines first": ("\n\na;b\n1;2\n", TableFormat(";")),
}


@pytest.mark.parametrize(("text", "form"), FOUND.values(), ids=FOUND)
def test_it_is_found(file: Path, text: str, form: TableFormat) -> None:
    file.write_bytes(text.encode())
    assert sniff(file) == form


@pytest.mark.parametrize(
    ("text", "decimal", "doubt"),
    [
        ("a;b\n96.742;1\n68.320;2\n", ",", "96.742"),
        ("a\tb\n96,742\t1\n", ".", "96,742"),
        ("a,b\n96.742,1\n68.320,2\n", ".", ""),
        ("a;b\n96.742;1,5\n", ",", ""),
        ("a;b\n9;1\n", ".", ""),
    ],
)
def test_a_guess_of_the_decimal_mark_is_known_as_one(file: Path, text: str, decimal: str, doubt: str) -> None:
    file.write_text(text)
    assert (sniff(file).decimal, sniff(file).doubt) == (decimal, doubt)
    assert sniff(file, decimal=".").doubt == ""


@pytest.mark.parametrize(
    ("text", "default", "decimal"),
    [
        ("a;b\n96.742;1\n", ".", "."),
        ("a,b\n96.742,1\n", ",", ","),
        ("a;b\n96.742;1,5\n", ".", ","),
        ("a;b\n9.7;1\n", ",", "."),
    ],
)
def test_a_usual_decimal_mark_is_taken_where_the_file_leaves_it_open(
    file: Path, text: str, default: str, decimal: str
) -> None:
    file.write_text(text)
    form = sniff(file, default_decimal=default)
    assert (form.decimal, form.doubt) == (decimal, "")


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "windows-1252"),
    ],
)
def test_the_encoding_is_found(file: Path, codec: str, name: str) -> None:
    file.write_bytes("größe;preis\n1,5;3\n2,5;4\n".encode(codec))
    assert sniff(str(file)) == TableFormat(";", ",", name)


def test_a_character_cut_by_the_end_of_the_head_is_no_other_encoding(file: Path) -> None:
    for shift in range(2):
        file.write_text("a" * shift + "x,y\n" + "ä,ä\n" * 20_000, encoding="utf-8")
        assert sniff(file).encoding == "utf-8"


def test_the_cut_row_at_the_end_of_the_head_does_not_count(file: Path) -> None:
    file.write_text("a,b\n" + "1,2\n" + "3," + "4" * 70_000)
    assert sniff(file) == TableFormat()


def test_each_part_can_be_given_and_guides_the_others(file: Path) -> None:
    file.write_text("1;2,5|3;4,5\n5;6,5|7;8,5\n")
    assert sniff(file, delimiter="|").delimiter == "|"
    assert sniff(file, delimiter=";", decimal=".", encoding="windows-1252", header=True) == TableFormat(
        ";", ".", "windows-1252", True
    )


@pytest.mark.parametrize("given", [{"delimiter": "x"}, {"decimal": ";"}, {"encoding": "rot13"}, {"header": "yes"}])
def test_only_the_choices_can_be_given(file: Path, given: dict[str, Any]) -> None:
    file.write_text("a,b\n1,2\n")
    [(name, value)] = given.items()
    with refused(SettingError, name, repr(value)):
        sniff(file, **given)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"", "empty"),
        (b" \n\n  \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04\0\0\0\0 and, more\n", "a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\0\0", "a spreadsheet"),
        (b"a,b\n\0,1\n", "zero bytes"),
        ("a,b\n1,2\n".encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_table_is_refused(file: Path, content: bytes, value: str) -> None:
    file.write_bytes(content)
    with refused(FileFormatError, file.name, value):
        sniff(file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with refused(FileFormatError, "none.csv", "does not exist"):
        sniff(tmp_path / "none.csv")
    with refused(FileFormatError, tmp_path.name, "cannot be read"):
        sniff(tmp_path)
