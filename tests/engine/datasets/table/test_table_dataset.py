"""Data sets out of tables: tasks, inputs, scaling, missing values, the split, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, FileFormatError, SettingError
from engine.datasets import DATASETS, scaling
from engine.datasets.table import table_blocks
from engine.datasets.table import table_dataset as table_dataset_module
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_dataset import CLASSIFICATION, REGRESSION, TableCounts, guess_task, table_dataset
from engine.datasets.table.table_format import sniff
from tests.engine.helpers import refused


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Reads a table from a text."""

    def read(text: str) -> Table:
        file = tmp_path / "some.csv"
        file.write_text(text)
        return read_table(file, sniff(file))

    return read


def animals(count: int = 40) -> str:
    """Rows of a size, a colour and a sex, and the kind to tell."""
    colours, kinds = ("red", "green", "blue"), ("cat", "dog")
    lines = [f"{i * 1.5},{colours[i % 3]},{('yes', 'no')[i % 4 > 0]},{kinds[i % 2]}" for i in range(count)]
    return "size,colour,is old,kind\n" + "\n".join(lines) + "\n"


def test_a_classification(make: Any) -> None:
    prepared = table_dataset(make(animals()), "kind")
    data = prepared.dataset
    assert data.columns == ("size", "colour = blue", "colour = green", "colour = red", "is old")
    assert (data.class_names, data.targets, data.categories) == (("cat", "dog"), (), ((1, 2, 3),))
    assert (data.title, data.is_classification, data.is_picture, data.target_scaling) == ("some", True, False, None)
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (32, 8)
    np.testing.assert_allclose(data.train.inputs[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.inputs[:, 0].std(), 1, rtol=1e-6)
    assert set(np.unique(data.train.inputs[:, 1:])) == {0, 1}
    np.testing.assert_array_equal(data.train.inputs[:, 1:4].sum(axis=1), 1)
    assert data.scaling is not None
    row = prepared.train_rows[3]
    raw = data.scaling.undo(data.train.inputs[3:4])[0]
    colour = ("colour = red", "colour = green", "colour = blue")[row % 3]
    np.testing.assert_allclose(raw[0], row * 1.5, rtol=1e-5, atol=1e-5)
    assert raw[data.columns.index(colour)] == 1
    assert raw[4] == (row % 4 == 0)
    assert data.train.labels is not None
    assert data.train.labels[3] == row % 2


def test_a_regression_is_standardised_likewise(make: Any) -> None:
    prepared = table_dataset(make(animals()), "size")
    data = prepared.dataset
    assert (data.class_names, data.targets, data.is_classification) == ((), ("size",), False)
    assert data.columns == ("colour = blue", "colour = green", "colour = red", "is old", "kind = cat", "kind = dog")
    np.testing.assert_allclose(data.train.targets.mean(), 0, atol=1e-6)
    assert data.target_scaling is not None
    assert data.test is not None
    np.testing.assert_allclose(
        data.target_scaling.undo(data.test.targets)[:, 0], prepared.test_rows * 1.5, rtol=1e-5, atol=1e-5
    )


def test_without_standardising_all_stays_raw(make: Any) -> None:
    for target in ("kind", "size"):
        prepared = table_dataset(make(animals()), target, standardise=False)
        assert (prepared.dataset.scaling, prepared.dataset.target_scaling) == (None, None)
        column = prepared.dataset.train.inputs[:, 0] if target == "kind" else prepared.dataset.train.targets[:, 0]
        np.testing.assert_allclose(column, prepared.train_rows * 1.5)


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        ("cat dog cat dog", CLASSIFICATION),
        ("yes no yes no", CLASSIFICATION),
        ("0 1 1 0", CLASSIFICATION),
        ("1 2 3 1 2 3", CLASSIFICATION),
        ("1 2 3 4", REGRESSION),
        ("0.5 1 0.5 1", REGRESSION),
        (" ".join(str(i % 11) for i in range(99)), REGRESSION),
        (" ".join(str(i % 10) for i in range(99)), CLASSIFICATION),
    ],
)
def test_the_task_is_guessed(make: Any, cells: str, task: str) -> None:
    table = make("y,x\n" + "".join(f"{cell},1.5\n" for cell in cells.split()))
    assert guess_task(table.column("y")) == task
    assert table_dataset(table, "y").dataset.is_classification == (task == CLASSIFICATION)


def test_the_task_can_be_given(make: Any) -> None:
    table = make("y,x\n" + "10,1\n9,2\n2.5,3\n" * 5)
    assert not table_dataset(table, "y", task=REGRESSION).dataset.is_classification
    assert table_dataset(table, "y", task=CLASSIFICATION).dataset.class_names == ("2.5", "9", "10")


MISSING = "a,t,b,y\n" + "1,x,yes,p\n,y,no,q\n3,,no,p\n5,x,,q\n7,x,no,\n9,z,yes,q\n" * 5


def test_rows_with_missing_values_are_dropped_and_counted(make: Any) -> None:
    prepared = table_dataset(make(MISSING), "y", missing="drop", test_share=0)
    assert prepared.counts == TableCounts(30, 5, 15)
    assert (prepared.counts.used, len(prepared.dataset.train), prepared.dataset.test) == (10, 10, None)
    assert prepared.train_rows.tolist() == [row for row in range(30) if row % 6 in (0, 5)]
    assert "t = y" not in prepared.dataset.columns


def test_missing_values_are_filled_by_default_and_missing_texts_are_a_category(make: Any) -> None:
    prepared = table_dataset(make(MISSING), "y", standardise=False)
    assert prepared.counts == TableCounts(30, 5, 0, {"a": 5, "t": 5, "b": 5})
    assert (prepared.counts.with_gaps, prepared.counts.own_category) == (15, ["t"])
    number, word, yes_no = prepared.coding.columns
    present = [(1, None, 3, 5, 7, 9)[row % 6] for row in prepared.train_rows]
    assert number.filled == np.median([value for value in present if value is not None])
    assert (word.categories, word.filled) == (("x", "y", "z", "missing"), 3)
    assert yes_no.filled == 0, "the most frequent"
    test = prepared.dataset.test
    assert test is not None
    for part, rows in ((prepared.dataset.train, prepared.train_rows), (test, prepared.test_rows)):
        of_text = part.inputs[rows % 6 == 2]
        np.testing.assert_array_equal(of_text[:, 1:5], [[0, 0, 0, 1]] * len(of_text))
        np.testing.assert_array_equal(part.inputs[rows % 6 == 1][:, 0], number.filled)


def test_the_category_of_missing_texts_is_none_that_is_there(make: Any) -> None:
    table = make("t,y\n" + "missing,p\n,q\nmissing 2,p\nx,q\n" * 5)
    column, *_ = table_dataset(table, "y", test_share=0).coding.columns
    assert (column.categories, column.filled) == (("missing", "missing 2", "x", "missing 3"), 3)


def test_texts_that_lack_in_the_test_part_alone_are_filled_with_the_most_frequent(make: Any) -> None:
    """A category that no training example has would be learned from nothing."""
    rows = [f"{'' if row == 3 else 'xxz'[row % 3]},{row % 7}.5" for row in range(30)]
    table = make("t,y\n" + "\n".join(rows) + "\n")
    made = (table_dataset(table, "y", seed=seed) for seed in range(50))
    prepared = next(each for each in made if 3 in each.test_rows)
    column, *_ = prepared.coding.columns
    assert (column.categories, column.filled) == (("x", "z"), 0)
    assert (prepared.counts.filled, prepared.counts.own_category) == ({"t": 1}, [])


def test_or_filled_with_what_the_training_part_has(make: Any) -> None:
    prepared = table_dataset(make(MISSING), "y", missing="median", standardise=False)
    assert prepared.counts == TableCounts(30, 5, 0, {"a": 5, "t": 5, "b": 5})
    train = np.sort(prepared.train_rows)
    present = [(1, None, 3, 5, 7, 9)[row % 6] for row in train]
    median = np.median([value for value in present if value is not None])
    filled = prepared.dataset.train.inputs[prepared.train_rows % 6 == 1]
    assert len(filled)
    np.testing.assert_allclose(filled[:, 0], median)
    of_text = prepared.dataset.train.inputs[prepared.train_rows % 6 == 2]
    np.testing.assert_array_equal(of_text[:, 1:4], [[1, 0, 0]] * len(of_text))
    assert [column.filled for column in prepared.coding.columns] == [median, 0, 0]


def test_what_cannot_be_an_input_is_left_out_and_said(make: Any) -> None:
    table = make("id,none,same,x,y\n" + "".join(f"n{i},NA,one,{i},{i % 2}\n" for i in range(60)))
    prepared = table_dataset(table, "y", ignored=["id"])
    assert prepared.dataset.columns == ("x",)
    assert prepared.counts.left_out == {
        "id": "ignored",
        "none": "has no values",
        "same": "has the same text in all rows",
    }


def test_texts_with_too_many_categories_are_refused(make: Any) -> None:
    for count in (50, 51):
        table = make("id,y\n" + "".join(f"n{i % count},{i % 2}\n" for i in range(120)))
        if count == 50:
            assert table_dataset(table, "y").dataset.width == 50
        else:
            with refused(DataError, "id", "51 different texts"):
                table_dataset(table, "y")
    table = make("id,x,y\n" + "".join(f"n{i % 51},{i},{i % 2}\n" for i in range(120)))
    prepared = table_dataset(table, "y")
    assert prepared.dataset.columns == ("x",), "beside another input it is left out"
    assert "51 different texts" in prepared.counts.left_out["id"]


def test_class_names_stay_as_they_are(make: Any) -> None:
    names = ("<script>alert(1)</script>", "=1+1", "__import__('os')")
    table = make("x,y\n" + "".join(f'{i},"{names[i % 3]}"\n' for i in range(30)))
    assert table_dataset(table, "y").dataset.class_names == tuple(sorted(names))


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (("01099", "00812"), ("00812", "01099")),
        (("1.50", "-0.5"), ("-0.5", "1.50")),
        (("1.0", "2.0"), ("1.0", "2.0")),
        (("1", "1.0", "02"), ("1", "02")),  # equal numbers are one class, called by the plain number
        (("01099", "001099", "7"), ("7", "01099")),  # or by what is first in the file
        (("5 %", "10 %"), ("5 %", "10 %")),
        (('"1,234"', '"2,345"'), ("1,234", "2,345")),
        ((" 007", "008 "), ("007", "008")),
        (("12345678901", "12345678902"), ("12345678901", "12345678902")),
    ],
)
def test_classes_that_are_numbers_are_called_as_in_the_file(
    make: Any, cells: tuple[str, ...], names: tuple[str, ...]
) -> None:
    table = make("x,y\n" + "".join(f"{i},{cells[i % len(cells)]}\n" for i in range(60)))
    data = table_dataset(table, "y", task=CLASSIFICATION).dataset
    assert data.class_names == names
    assert np.bincount(data.train.labels).min() > 0


def test_so_are_they_with_a_decimal_comma_and_beside_ragged_rows(make: Any) -> None:
    text = "a title\n\nx;z;y\n" + "".join(
        f"{i};{('1,5', '2')[i % 3 > 0]};{('0,50', '1,50')[i % 2]}\n" for i in range(60)
    )
    table = make(text + "7;5;00,5;1\n8;5;1,50;\n9;5;00,5;;3\n00,5\n")
    assert table.ragged == 3
    assert table_dataset(table, "y", task=CLASSIFICATION).dataset.class_names == ("0,50", "1,50")


def test_so_are_they_beyond_the_first_block(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST_BLOCK", "_BLOCK"):
        monkeypatch.setattr(table_blocks, name, 2**14)
    rows = [f"0{i // 2500},{i},{'00812' if i < 7500 else '01099'}" for i in range(8000)]
    rows[-5:-3] = '03,"9\n9",01099', "03,9,01099,,"
    table = make("a,x,y\n" + "\n".join(rows))
    for target, names in (("a", ("00", "01", "02", "03")), ("y", ("00812", "01099"))):
        assert table_dataset(table, target, task=CLASSIFICATION).dataset.class_names == names


def test_numbers_that_float32_cannot_hold_are_kept_exactly(make: Any) -> None:
    rows = [f"{12345678901 + 10007 * i**3},{i},{i / 8},{0.001 * i + 1e5:.3f},{i % 2}" for i in range(60)]
    prepared = table_dataset(make("big,small,eighth,fine,y\n" + "\n".join(rows)), "y")
    train = prepared.dataset.with_validation(0.2).train
    assert set(train.exact) == set(prepared.dataset.test.exact) == {"big"}
    places = train.rows - 2
    np.testing.assert_array_equal(train.exact["big"], 12345678901 + 10007 * places.astype(float) ** 3)
    assert train.at(slice(3, 5)).exact_number("big", 1) == 12345678901 + 10007 * int(places[4]) ** 3
    assert train.exact_number("small", 0) is None
    raw = prepared.dataset.shortest_inputs(prepared.dataset.raw_inputs(prepared.dataset.train.inputs))
    np.testing.assert_array_equal(raw[:, 3], np.round(0.001 * prepared.train_rows + 1e5, 3))


@pytest.mark.parametrize("standardise", [True, False])
def test_inputs_are_the_same_however_many_rows_are_scaled_at_once(
    make: Any, monkeypatch: pytest.MonkeyPatch, standardise: bool
) -> None:
    """Bit-identical, with texts and missing values among the columns."""
    numbers = np.random.default_rng(0).normal(size=(999, 3)).round(3).tolist()
    rows = [f"{a},{b if place % 7 else ''},{c},{'xyz'[place % 3]}" for place, (a, b, c) in enumerate(numbers)]
    table = make("\n".join(["a,b,c,kind", *rows]))
    how: dict[str, Any] = {"missing": "median", "standardise": standardise}
    whole = table_dataset(table, "c", **how).dataset
    for module in (scaling, table_dataset_module):
        monkeypatch.setattr(module, "rows_at_once", lambda columns: 100)
    parts = table_dataset(table, "c", **how).dataset
    assert parts.fingerprint == whole.fingerprint
    np.testing.assert_array_equal(parts.train.inputs, whole.train.inputs)
    np.testing.assert_array_equal(parts.train.rows, whole.train.rows)


def test_a_file_that_changed_meanwhile_is_refused(make: Any, tmp_path: Path) -> None:
    table = make("x,y\n" + "".join(f"{i},0{i % 2}\n" for i in range(60)))
    (tmp_path / "some.csv").write_text("x,y\n1,00\n")
    with refused(FileFormatError, "some.csv", "changed"):
        table_dataset(table, "y")
    (tmp_path / "some.csv").unlink()
    with refused(FileFormatError, "some.csv", "does not exist"):
        table_dataset(table, "y")


@pytest.mark.parametrize(
    ("text", "options", "parameter", "value"),
    [
        ("x,y\n1,a\n2,a\n3,a\n", {}, "y", "only one class"),
        ("x,y\n" + "".join(f"{i},n{i // 2}\n" for i in range(2002)), {}, "y", "1,001 classes"),
        ("x,y\n" + "".join(f"{i},n{i}\n" for i in range(30)), {}, "y", "30 different texts in 30 rows"),
        ("x,y\n" + "".join(f"{i},{i} km\n" for i in range(30)), {}, "y", "30 different texts in 30 rows"),
        ("y,x\n" + "".join(f"{i},{i % 2}\n" for i in range(30)), {"task": "classification"}, "y", "30 different"),
        ("x,y\n" + "".join(f"{i},{i} km\n" for i in range(30)), {"task": "regression"}, "y", "a column of text"),
        ("x,y\n" + "".join(f"{i},n{i}\n" for i in range(10_500)), {}, "y", "more than 10,0"),
        ("x,y\n1,\n2,\n", {}, "y", "has no values"),
        ("x,y\n1,a\n2,b\n", {"task": "regression"}, "y", "a column of text"),
        ("x,y\n1,a\n2,b\n", {"ignored": ["x"]}, "table", "some"),
        ("x,y\n,a\n,b\n", {}, "table", "some"),
        ("x,z,y\n1,,a\n,2,b\n,3,a\n", {"missing": "drop"}, "x", "2 of 3"),
        ("x,y\n1,a\n2,b\n", {"ignored": ["w"]}, "ignored", "'w'"),
        ("x;y\n1,234;2.5\n3,456;3.5\n12,5;4.5\n1;2\n", {}, "x", "in 2 rows"),
        ("x,y\n1e39,2.5\n2,3.5\n", {}, "x", "1e+39"),
        ("x,y\n1,2.5\n2,-1e200\n", {}, "y", "1e+200"),
    ],
)
def test_refuses_columns(make: Any, text: str, options: dict[str, Any], parameter: str, value: str) -> None:
    with refused(DataError, parameter, value):
        table_dataset(make(text), "y", **options)


def test_refuses_a_target_that_is_no_column(make: Any) -> None:
    with refused(DataError, "target", "'kin'"):
        table_dataset(make(animals()), "kin")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("task", "guess"),
        ("missing", "zero"),
        ("test_share", 1.5),
        ("test_share", 1),
        ("test_share", 0.001),
        ("seed", -1),
    ],
)
def test_refuses_settings(make: Any, name: str, value: Any) -> None:
    with refused(SettingError, name, repr(value)):
        table_dataset(make(animals()), "kind", **{name: value})


def test_refuses_what_memory_cannot_hold(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    table = make(animals())
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 100)
    with refused(SettingError, "table", "40 rows"):
        table_dataset(table, "kind")


def test_another_seed_is_other_data(make: Any) -> None:
    table = make(animals())
    prints = [table_dataset(table, "kind", seed=seed).dataset.fingerprint for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_penguins() -> None:
    data = DATASETS["penguins"].load()
    assert data.class_names == ("Adelie", "Chinstrap", "Gentoo")
    (note,) = data.notes
    assert note.startswith(
        "Missing values: 11 in sex get a category of their own; 2 in bill_length_mm filled with the "
    )
    assert note.endswith("; and 2 more columns.")
    assert data.test is not None
    assert (data.title, data.width, len(data.train), len(data.test)) == ("Penguins", 10, 275, 69)
    assert data.categories == ((0, 1, 2), (7, 8, 9))
    whole = DATASETS["penguins"].load({"missing": "drop"})
    assert (whole.width, len(whole.train)) == (9, 266)
    assert whole.notes == ("11 rows with a missing value left out.",)
    assert DATASETS["penguins"].load({"missing": "median", "test_share": 0}).train.inputs.shape == (344, 9)


def test_auto_mpg() -> None:
    data = DATASETS["mpg"].load()
    assert (data.title, data.targets, data.width, len(data.train)) == ("Auto MPG", ("mpg",), 9, 318)
    assert data.notes == ("Missing values: 6 in horsepower filled with the median (95).",)
    assert not data.is_classification, "as its numbers suggest"
