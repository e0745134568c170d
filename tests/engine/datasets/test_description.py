"""What the inputs and outputs of a network mean: raw rows in, raw answers out, and JSON there and back."""

from __future__ import annotations

import copy
import json
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.stored_texts import MOST_CHARACTERS
from engine.datasets.table.table_coding import CodedColumn, TableCoding
from engine.datasets.table.table_columns import NUMBER, TEXT
from engine.datasets.table.table_format import TableFormat
from tests.engine.described import prepare_mpg, prepare_penguins, table_rows, whole_rows
from tests.engine.helpers import class_data, refused

SCALING = Scaling(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
PLAIN = Description("plain", (), (), ("a", "b"), ("y",), SCALING, Scaling(np.array([10.0]), np.array([5.0])))


def bytes_data(**how: Any) -> Dataset:
    split = Split(np.array([[0, 16], [8, 4]], np.uint8), one_hot(np.array([0, 1]), 2), np.array([0, 1]), 1 / 16)
    return Dataset("bytes", split, **how)


# ---- raw rows


@pytest.mark.parametrize(("prepare", "file"), [(prepare_penguins, "penguins.csv"), (prepare_mpg, "mpg.csv")])
def test_a_tables_rows_become_what_was_learned(prepare: Any, file: str) -> None:
    data = prepare().dataset
    about = data.description
    assert (about.title, about.class_names, about.targets) == (data.title, data.class_names, data.targets)
    assert about.is_classification == data.is_classification
    for number, row in zip(prepare().train_rows[:5], data.train.inputs[:5], strict=True):
        of_file = table_rows(file)[number]
        np.testing.assert_array_equal(about.encode(of_file)[0], row)
    raw = data.scaling.undo(data.train.inputs)
    np.testing.assert_allclose(about.inputs_of(raw), data.train.inputs, atol=1e-6)


def test_rows_of_numbers_and_answers_in_the_unit_of_the_target() -> None:
    assert PLAIN.inputs_of([[3, 6], [1, 2]]).tolist() == [[1, 1], [0, 0]]
    assert PLAIN.encode({"b": 6, "a": 3, "more": "x"}).tolist() == [[1, 1]]
    assert PLAIN.answers(np.array([[2.0], [-1.0]], np.float32)).tolist() == [[20], [5]]
    assert replace(PLAIN, target_scaling=None).answers(np.array([[2.0]])).tolist() == [[2]]


@pytest.mark.parametrize("rows", [[[1]], [1, 2], [["a", "b"]], [[1, float("nan")]], [[1, 2], [3]]])
def test_what_is_no_such_rows_is_refused(rows: Any) -> None:
    with refused(DataError, "rows", ""):
        PLAIN.inputs_of(rows)


def test_a_lacking_column_is_refused() -> None:
    with refused(DataError, "b", "missing"):
        PLAIN.encode({"a": 1})
    with refused(DataError, "columns", "not known"):
        Description().encode({"a": 1})


def test_without_scaling_rows_are_inputs() -> None:
    assert Description().inputs_of([[1, 2, 3]]).tolist() == [[1, 2, 3]]


# ---- of a data set


def test_rows_of_bytes_are_scaled_and_pictures_are_brightness() -> None:
    rows, picture = bytes_data().description, bytes_data(example_shape=(1, 2)).description
    assert rows is not None
    assert picture is not None
    np.testing.assert_allclose(rows.inputs_of([[0, 16], [8, 4]]), [[0, 1], [0.5, 0.25]])
    assert picture.scaling is None
    assert picture.example_shape == (1, 2)


def test_data_that_say_nothing_describe_nothing() -> None:
    assert class_data().description is None


def test_every_class_has_a_name() -> None:
    about = replace(class_data(), class_names=("cat",)).description
    assert about is not None
    assert about.class_names == ("cat", "1", "2")


def test_what_a_coding_says_is_taken_from_it() -> None:
    data = prepare_penguins().dataset
    assert data.coding is not None
    assert data.columns == data.coding.inputs
    again = replace(data, class_names=("x",), columns=(), title="again")
    assert (again.class_names, again.columns) == (data.class_names, data.columns)
    assert "class_names" not in data.description.as_dict()


# ---- JSON


@pytest.mark.parametrize("about", [PLAIN, Description(), Description("t", (2, 3), ("a", "b"))])
def test_there_and_back(about: Description) -> None:
    entries = json.loads(json.dumps(about.as_dict()))
    assert Description.from_dict(entries).as_dict() == about.as_dict() == entries


@pytest.mark.parametrize("prepare", [prepare_penguins, prepare_mpg])
def test_a_coding_there_and_back(prepare: Any) -> None:
    about = prepare().dataset.description
    again = Description.from_dict(json.loads(json.dumps(about.as_dict())) | {"of a later version": [1]})
    assert again.as_dict() == about.as_dict()
    assert again.columns == about.columns
    row = whole_rows("penguins.csv" if about.is_classification else "mpg.csv")[7]
    np.testing.assert_array_equal(again.encode(row), about.encode(row))


def changed(name: str, to: Any) -> Any:
    return {**copy.deepcopy(PLAIN.as_dict()), name: to}


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [],
        "text",
        changed("title", 3),
        changed("columns", "ab"),
        changed("columns", ["a"]),
        changed("columns", ["a", 2]),
        changed("targets", ["y", "z"]),
        changed("class_names", ["p", "q"]),
        changed("example_shape", [2, 2]),
        changed("example_shape", [True, 2]),
        changed("example_shape", 2),
        changed("example_shape", [1] * 9),
        changed("scaling", 3),
        changed("scaling", {"mean": [0, 0], "spread": [1, 0]}),
        changed("scaling", {"mean": [0, 0], "spread": [1, 10**400]}),
        changed("scaling", {"mean": [0], "spread": [1]}),
        changed("target_scaling", {"mean": [0, 0], "spread": [1, 1]}),
        changed("coding", {}),
        changed("coding", []),
    ],
)
def test_what_is_none_is_refused_in_words(entries: Any) -> None:
    with pytest.raises(DataError, match=r"cannot be read|must |only images|background"):
        Description.from_dict(entries)


def test_a_name_that_is_not_utf_8_is_replaced() -> None:
    """Files of before were saved with such a title and could not be opened again."""
    assert Description.from_dict(changed("title", "table \udce9")).title == "table \ufffd"


def test_names_have_a_limit() -> None:
    with refused(DataError, "description", f"{MOST_CHARACTERS + 1:,} characters"):
        Description("x" * (MOST_CHARACTERS + 1))
    column = CodedColumn("x" * (MOST_CHARACTERS // 100), TEXT, tuple(map(str, range(200))))
    with refused(DataError, "coding", "characters"):  # before the names of its inputs are made
        TableCoding((column, CodedColumn("a", NUMBER)), None, "y")


def test_it_fits_networks_of_its_sizes_only() -> None:
    PLAIN.check_fits(2, 1)
    Description().check_fits(5, 7)
    for sizes in ((3, 1), (2, 2)):
        with refused(DataError, "description", "of 2 inputs and 1 outputs"):
            PLAIN.check_fits(*sizes)


# ---- whether data mean the same


@pytest.mark.parametrize(
    ("change", "parameter", "value"),
    [
        ({"columns": ("a", "c")}, "columns", "this network has b"),
        ({"targets": ("z",)}, "column to predict", "this network has y"),
        ({"targets": (), "class_names": ("yes",), "target_scaling": None}, "column to predict", "this network has y"),
        ({"example_shape": (1, 2)}, "size of an example", "this network has none"),
        ({"scaling": Scaling(np.array([1.0, 2.1]), np.array([2.0, 4.0]))}, "other", "scaling differs"),
        ({"scaling": None}, "other", "scaling differs"),
        ({"target_scaling": Scaling(np.array([10.0]), np.array([6.0]))}, "other", "scaling differs"),
    ],
)
def test_data_that_mean_something_else_are_refused(change: dict[str, Any], parameter: str, value: str) -> None:
    with refused(DataError, parameter, value):
        PLAIN.check_means_same(replace(PLAIN, title="other", **change))


def test_data_that_mean_the_same_are_taken_whatever_they_are_called() -> None:
    again = Description.from_dict(json.loads(json.dumps(PLAIN.as_dict())))
    PLAIN.check_means_same(replace(again, title="other"))
    rounded = Scaling(SCALING.mean * (1 + 1e-9), SCALING.spread * (1 - 1e-9))
    PLAIN.check_means_same(replace(PLAIN, scaling=rounded))


@pytest.mark.parametrize(
    ("ours", "theirs", "are_same"),
    [
        (("7", "1099"), ("007", "01099"), True),  # as versions up to 0.21 called them
        (("007", "01099"), ("7", "1099"), True),
        (("1,5", "x"), ("1.5", "x"), True),
        (("01099", "7"), ("007", "01099"), False),
        (("7", "1099"), ("007", "01098"), False),
        (("a", "b"), ("a", "c"), False),
    ],
)
def test_equal_numbers_are_the_same_classes(ours: tuple[str, ...], theirs: tuple[str, ...], are_same: bool) -> None:
    form = TableFormat(";", ",")
    codings = [TableCoding((CodedColumn("a", NUMBER),), None, "y", names, form=form) for names in (ours, theirs)]
    network, data = (Description("t", coding=coding) for coding in codings)
    assert network.has_classes_of(data) == are_same
    with nullcontext() if are_same else refused(DataError, "classes", "this network has"):
        network.check_means_same(data)


def test_it_names_the_first_difference_of_many() -> None:
    names = tuple(f"column {number}" for number in range(100))
    about = Description("many", columns=names)
    with refused(DataError, "columns", "column 70, column 71"):
        about.check_means_same(replace(about, columns=(*names[:70], *names[71:], "column 70")))
