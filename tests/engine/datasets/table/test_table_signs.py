"""€, % and the like beside numbers are part of how a number is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.basics.errors import DataError
from engine.datasets.table.cells import bare, is_date, read_number, sign_of
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_coding import TableCoding
from engine.datasets.table.table_columns import NUMBER, TEXT, YES_NO
from engine.datasets.table.table_dataset import table_dataset
from engine.datasets.table.table_format import TableFormat, sniff
from engine.datasets.table.table_source import load_table


def read(folder: Path, text: str) -> Table:
    file = folder / "some.csv"
    file.write_text(text, encoding="utf-8")
    return read_table(file, sniff(file))


@pytest.mark.parametrize(
    ("cell", "decimal", "value", "sign"),
    [
        ("1,7 %", ",", 1.7, "%"),
        ("$5,641.23", ".", 5641.23, "$"),
        ("-$5", ".", -5, "$"),
        ("$-5", ".", -5, "$"),
        ("627.301,27 €", ",", 627301.27, "€"),
        ("£ 5", ".", 5, "£"),
    ],
)
def test_a_number_with_a_sign(cell: str, decimal: str, value: float, sign: str) -> None:
    assert read_number(cell, decimal)[0] == value
    assert sign_of(cell) == sign


@pytest.mark.parametrize("cell", ["%", "5%%", "€", "-%", "$nan", "5 km", "costs $", "a $ 5"])
def test_a_sign_alone_or_among_words_makes_no_number(cell: str) -> None:
    assert bare(cell) == cell
    assert read_number(cell, ".")[1] == "word"


def test_columns_with_signs_are_numbers(tmp_path: Path) -> None:
    text = "price;share;y\n1.234,50 €;1,5 %;a\n980 €;12 %;b\n;7;a\n" * 1 + "2.000 €;3,5 %;b\n"
    price, share, _ = read(tmp_path, text).columns
    assert (price.kind, price.sign, price.separator, price.wrong) == (NUMBER, "€", ".", 0)
    assert price.values[[0, 1, 3]].tolist() == [1234.5, 980, 2000]
    assert (share.kind, share.sign, share.values.tolist()) == (NUMBER, "%", [1.5, 12, 7, 3.5])


def test_several_signs_in_one_column_say_no_number(tmp_path: Path) -> None:
    table = read(tmp_path, "a,y\n" + "5 €,1\n5 $,2\n" * 9)
    assert table.columns[0].kind == TEXT
    assert not table.problems


def test_a_coding_knows_how_its_table_was_written(tmp_path: Path) -> None:
    coding = table_dataset(read(tmp_path, "a;y\n" + "1,5 %;1\n2,5 %;2\n" * 9), "y").coding
    again = TableCoding.from_dict(coding.as_dict())
    assert again.form == TableFormat(";", ",")
    assert [column.sign for column in again.columns] == ["%"]
    old = {name: entry for name, entry in coding.as_dict().items() if name != "form"}
    assert TableCoding.from_dict(old).form is None, "of a file from before"
    assert again.encode({"a": "1.5 %"}) == again.encode({"a": 1.5})


KILOMETRES = "way,y\n" + "".join(f"{at} km,{at % 3}\n" for at in range(1, 40))


def test_a_column_with_units_is_of_numbers_if_somebody_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, KILOMETRES).columns[0].kind == TEXT
    way = read_table(tmp_path / "some.csv", TableFormat(), numbers={"way"}).columns[0]
    assert (way.kind, way.sign, way.wrong, way.values[4]) == (NUMBER, "km", 0, 5)
    data = load_table(tmp_path / "some.csv", target="way", task="regression", numbers=("way",))
    assert data.targets == ("way",)
    with pytest.raises(DataError, match=r"Most of its cells are numbers: .* --data-setting numbers=way\."):
        load_table(tmp_path / "some.csv", target="way")


def test_another_unit_in_the_same_column_is_wrong(tmp_path: Path) -> None:
    read(tmp_path, KILOMETRES + "7 mi,1\n")
    table = read_table(tmp_path / "some.csv", TableFormat(), numbers={"way"})
    assert table.columns[0].wrong == 1
    assert "“7 mi” is not a number" in str(table.problems[0])


def test_odd_classes_are_reported(tmp_path: Path) -> None:
    rows = "".join(f"{at},{at % 25},{'ab'[at % 2]}\n" for at in range(100))
    (tmp_path / "some.csv").write_text("x,n,kind\n" + rows + "1,1,rare\n")
    assert load_table(tmp_path / "some.csv", target="kind").notes == (
        "Too few rows to learn a class from: rare (1 row).",
    )
    assert load_table(tmp_path / "some.csv", target="n", task="classification").notes == (
        "Column n has 25 different numbers, each a separate class. Choose regression to predict it as a number.",
    )


@pytest.mark.parametrize(("no", "yes"), [("N", "J"), ("non", "oui"), ("no", "sí"), ("No", "Si"), ("F", "T")])
def test_yes_and_no_in_other_words(tmp_path: Path, no: str, yes: str) -> None:
    column = read(tmp_path, f"a,b\n1,{no}\n2,{yes}\n3,{no}\n").columns[1]
    assert (column.kind, column.values.tolist(), column.categories) == (YES_NO, [0, 1, 0], (no, yes))


def test_dates_and_ids_are_reported_as_such(tmp_path: Path) -> None:
    rows = "".join(f"{5000 + at},{at % 28 + 1:02}.03.{1990 + at},{at % 7},{at % 5}.5\n" for at in range(60))
    (tmp_path / "some.csv").write_text("Kunde,seit,n,y\n" + rows)
    assert load_table(tmp_path / "some.csv").notes == (
        "Column Kunde looks like a row id. Ignore it unless it is informative.",
        "Column seit left out: it holds dates, which are read as texts, and 60 different texts are too many.",
    )
    assert load_table(tmp_path / "some.csv", ignored=("Kunde", "seit")).notes == ()


@pytest.mark.parametrize("cell", ["31.12.2024", "12/31/2024", "2024-12", "2025-03-01T00:17:00", "2025-3-1 10:00"])
def test_a_date(cell: str) -> None:
    assert is_date(cell)


@pytest.mark.parametrize("cell", ["1.5", "10.0.0.1", "1-2", "Mai 2024", "2024", "3/4"])
def test_no_date(cell: str) -> None:
    assert not is_date(cell)
