"""How raw rows become inputs later: the same numbers as in training, or an error that names the column."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import DataError
from engine.datasets.scaling import Scaling
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_coding import CodedColumn, TableCoding
from engine.datasets.table.table_columns import NUMBER, TEXT, YES_NO
from engine.datasets.table.table_dataset import table_dataset
from engine.datasets.table.table_format import TableFormat, sniff
from tests.engine.helpers import refused

COLUMNS = (
    CodedColumn("size", NUMBER),
    CodedColumn("colour", TEXT, ("blue", "red")),
    CodedColumn("old", YES_NO, ("no", "yes")),
)
CODING = TableCoding(COLUMNS, None, "kind", ("cat", "dog"))
ROW: dict[str, object] = {"size": 2.5, "colour": "red", "old": "yes", "more": "of no interest"}


def table(folder: Path, text: str, coding: TableCoding = CODING) -> Table:
    file = folder / "new.csv"
    file.write_text(text)
    return read_table(file, sniff(file), texts=coding.texts)


@pytest.mark.parametrize(("name", "target", "ignored"), [("penguins", "species", ()), ("mpg", "mpg", ("name",))])
def test_rows_get_the_numbers_they_were_learned_with(name: str, target: str, ignored: tuple[str, ...]) -> None:
    file = ASSETS / "tables" / f"{name}.csv"
    prepared = table_dataset(read_table(file, sniff(file)), target, ignored=ignored)
    again = TableCoding.from_dict(json.loads(json.dumps(prepared.coding.as_dict())))
    lines = (ASSETS / "tables" / f"{name}.csv").read_text().splitlines()
    names = lines[0].split(",")
    for number, row in enumerate(prepared.train_rows[:20]):
        values = dict(zip(names, lines[row + 1].split(","), strict=True))
        np.testing.assert_array_equal(again.encode(values)[0], prepared.dataset.train.inputs[number])
    assert again.target == prepared.coding.target
    assert again.columns == prepared.coding.columns
    assert again.inputs == prepared.dataset.columns
    if again.target_scaling is not None:
        assert again.target_scaling.as_dict() == prepared.dataset.target_scaling.as_dict()


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ({}, [2.5, 0, 1, 1]),
        ({"size": "-1e2", "old": "NO"}, [-100, 0, 1, 0]),
        ({"size": np.float32(0.5), "old": True}, [0.5, 0, 1, 1]),
        ({"size": 3, "old": "0"}, [3, 0, 1, 0]),
        ({"colour": " blue ", "old": 0.0}, [2.5, 1, 0, 0]),
        ({"old": "true"}, [2.5, 0, 1, 1]),
    ],
)
def test_a_row(changes: dict[str, object], inputs: list[float]) -> None:
    encoded = CODING.encode({**ROW, **changes})
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [inputs]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("size", "big", "'big'"),
        ("size", "1,234", "'1,234'"),
        ("size", math.inf, "inf"),
        ("size", "1e999", "'1e999'"),
        ("size", 10**400, "1000"),
        ("size", 1e39, "1e+39"),
        ("size", [1], "[1]"),
        ("size", None, "missing"),
        ("size", math.nan, "missing"),
        ("size", "NA", "missing"),
        ("colour", "green", "'green'"),
        ("colour", 3, "3"),
        ("colour", "", "missing"),
        ("old", "perhaps", "'perhaps'"),
        ("old", 0.5, "0.5"),
        ("old", 2, "2"),
        ("old", {}, "{}"),
    ],
)
def test_what_does_not_belong_into_a_column_is_refused(column: str, value: object, shown: str) -> None:
    with refused(DataError, column, shown):
        CODING.encode({**ROW, column: value})


@pytest.mark.parametrize("column", ["size", "colour", "old"])
def test_a_lacking_column_is_refused(column: str, tmp_path: Path) -> None:
    rest = {name: value for name, value in ROW.items() if name != column}
    with refused(DataError, column, "missing"):
        CODING.encode(rest)
    text = ",".join(rest) + "\n" + ",".join(str(value) for value in rest.values()) + "\n"
    with refused(DataError, column, "missing"):
        CODING.encode_table(table(tmp_path, text))


def test_missing_values_are_filled_as_in_training(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("a,t,b,y\n" + "1,x,yes,p\n3,x,yes,q\n7,z,no,p\n,,,q\n" * 5)
    prepared = table_dataset(read_table(file, TableFormat()), "y", missing="median", standardise=False, test_share=0)
    assert prepared.coding.encode({"a": None, "t": "?", "b": math.nan}).tolist() == [[3, 1, 0, 1]]
    again = TableCoding.from_dict(prepared.coding.as_dict())
    assert again.encode({"a": 5, "t": "", "b": "no"}).tolist() == [[5, 1, 0, 0]]


def test_a_new_table(tmp_path: Path) -> None:
    text = "old;colour;kind;size\nyes;red;cat;1,5\nno;blue;;2,5\n"
    assert CODING.encode_table(table(tmp_path, text)).tolist() == [[1.5, 0, 1, 1], [2.5, 1, 0, 0]]


def test_a_new_table_in_which_columns_look_otherwise(tmp_path: Path) -> None:
    columns = (CodedColumn("zip", TEXT, ("007", "12")), CodedColumn("old", YES_NO, ("f", "t")), COLUMNS[0])
    coding = TableCoding(columns, None, "kind")
    rows = [[1, 0, 1, 1], [0, 1, 1, 2]]
    assert coding.encode_table(table(tmp_path, "zip,old,size\n007,t,1\n12,t,2\n", coding)).tolist() == rows
    assert coding.encode_table(table(tmp_path, "zip,old,size\n007,1,1\n12,1,2\n", coding)).tolist() == rows
    with refused(DataError, "old", "2"):
        coding.encode_table(table(tmp_path, "zip,old,size\n007,1,1\n12,2,2\n", coding))


@pytest.mark.parametrize(
    ("rows", "column", "shown"),
    [
        ("big,red,yes", "size", "'big'"),
        ("1,red,yes\n" * 20 + "big,red,yes", "size", "wrong in 1 row"),
        ("1,green,yes", "colour", "'green'"),
        ("1,red,yes\n,red,no", "size", "missing in 1 row"),
        ("1,red,yes\n2,,no", "colour", "missing in 1 row"),
        ("1,red,yes\n2,red,may be", "old", "'may be'"),
        ("1e39,red,yes", "size", "1e+39"),
    ],
)
def test_a_new_table_that_does_not_fit_is_refused(rows: str, column: str, shown: str, tmp_path: Path) -> None:
    with refused(DataError, column, shown):
        CODING.encode_table(table(tmp_path, f"size,colour,old\n{rows}\n"))


GOOD = TableCoding(COLUMNS, Scaling(np.zeros(4), np.ones(4)), "kind", (), Scaling(np.zeros(1), np.ones(1))).as_dict()


def test_a_coding_goes_through_json() -> None:
    again = TableCoding.from_dict(json.loads(json.dumps(GOOD)))
    assert again.as_dict() == GOOD
    assert again.categories == ((1, 2),)


def changed(path: tuple[str | int, ...], value: object) -> Any:
    """The entries of a good coding with one of them changed."""
    entries: Any = copy.deepcopy(GOOD)
    inner = entries
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return entries


@pytest.mark.parametrize(
    "entries",
    [
        {},
        [],
        None,
        changed(("columns",), "abc"),
        changed(("columns", 0, "kind"), "colour"),
        changed(("columns", 0, "name"), 3),
        changed(("columns", 0, "categories"), ["a"]),
        changed(("columns", 0, "filled"), math.inf),
        changed(("columns", 0, "filled"), "1"),
        changed(("columns", 1, "categories"), ["a", "a"]),
        changed(("columns", 1, "categories"), "ab"),
        changed(("columns", 1, "categories"), []),
        changed(("columns", 1, "filled"), 2),
        changed(("columns", 1, "filled"), 0.5),
        changed(("columns", 2, "filled"), 0.5),
        changed(("columns", 2, "filled"), True),
        changed(("scaling", "mean"), [0, 0, 0]),
        changed(("scaling",), {"mean": [0], "spread": [1]}),
        changed(("target_scaling",), {"mean": [0, 1], "spread": [1, 1]}),
        changed(("target",), None),
        changed(("class_names",), [1]),
        changed(("columns",), []),
        changed(("columns", 1, "name"), "size"),
    ],
)
def test_what_is_no_coding_is_refused(entries: Any) -> None:
    with pytest.raises(DataError):
        TableCoding.from_dict(entries)
