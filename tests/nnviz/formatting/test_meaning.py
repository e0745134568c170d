"""What inputs and outputs mean: names and raw values of columns, categories, points, pictures and targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.datasets import Dataset, Split, load_data
from engine.datasets.scaling import Scaling
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning, listed


def test_a_row_has_its_columns_as_they_were_in_the_table() -> None:
    data = load_data("penguins")
    meaning = Meaning(data)
    assert [field.name for field in meaning.fields] == [
        "island",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "sex",
    ]
    island = meaning.fields[0]
    assert (island.inputs, island.choices) == ((0, 1, 2), ("Biscoe", "Dream", "Torgersen"))
    example = data.train.example(0)
    assert data.scaling is not None
    raw = data.scaling.undo(example)
    values = meaning.row(example)
    assert values[0] == island.choices[int(raw[:3].argmax())]
    assert float(values[1]) == pytest.approx(raw[3], abs=0.05)
    assert meaning.input(0) == "island = Biscoe"
    assert meaning.output(2) == "Gentoo"
    assert meaning.raw_input(3, float(example[3])) == pytest.approx(raw[3])


def test_targets_are_reported_in_their_unit() -> None:
    data = load_data("mpg")
    meaning = Meaning(data)
    assert data.target_scaling is not None
    mean, spread = data.target_scaling.mean[0], data.target_scaling.spread[0]
    assert (meaning.is_regression, meaning.output(0)) == (True, "mpg")
    assert meaning.target(1.5) == pytest.approx(mean + 1.5 * spread)
    assert meaning.spread() == spread
    assert meaning.answer(0.0) == text.figure(mean)
    weight = [field.name for field in meaning.fields].index("weight")
    assert meaning.scaling_text(weight, 0.0).startswith("(2946 − 2946) ÷ ")
    assert meaning.scaling_text(data.width - 1, 1.0) == "", "a category stays 0 or 1"


def test_a_yes_no_column_is_reported_in_its_own_words(tmp_path: Path) -> None:
    rows = [f"{number},{'ja' if number % 3 else 'nein'},{number * 2}" for number in range(1, 41)]
    path = tmp_path / "flats.csv"
    path.write_text("\n".join(["Zimmer,Balkon,Preis", *rows]))
    meaning = Meaning(load_data(str(path), {"target": "Preis"}))
    balcony = next(field for field in meaning.fields if field.name == "Balkon")
    assert (balcony.inputs, balcony.choices) == ((1,), ("nein", "ja"))
    assert [meaning.value(balcony, np.array([3.0, value])) for value in (0, 1, 0.4)] == ["nein", "ja", "0.4"]
    assert [meaning.input_text(1, 0.0), meaning.input_text(1, 1.0), meaning.input_text(0, 3.0)] == ["nein", "ja", "3"]


@pytest.mark.parametrize(("name", "unit"), [("Kaufpreis", ""), ("price [€]", "€")])
def test_a_target_without_a_unit_has_only_its_name(name: str, unit: str) -> None:
    zeros = np.zeros((4, 1), np.float32)
    meaning = Meaning(Dataset("Flats", Split(zeros, zeros), targets=(name,)))
    assert (meaning.target_name, meaning.unit) == (name, unit)


def test_an_example_is_named_by_its_row_of_the_file() -> None:
    zeros = np.zeros((3, 1), np.float32)
    meaning = Meaning(Dataset("Flats", Split(zeros, zeros), Split(zeros, zeros, rows=np.array([7, 0, 1212]))))
    assert meaning.where("test", 0) == "test example 0 · row 7 of the file"
    assert meaning.where("test", 1, "row") == "test row 1", "one that is in none"
    assert meaning.where("test", 2) == "test example 2 · row 1\u202f212 of the file"
    assert meaning.where("train", 2) == "train example 2"


def test_a_point_is_reported_with_two_decimals() -> None:
    meaning = Meaning(load_data("spirals"))
    assert meaning.example == "point"
    assert meaning.row(np.array([0.3, -0.6182])) == ["0.30", "−0.62"]


def test_without_names_there_are_numbers() -> None:
    inputs = np.zeros((4, 3), np.float32)
    one = Meaning(Dataset("One", Split(inputs, np.zeros((4, 1), np.float32))))
    two = Meaning(Dataset("Two", Split(inputs, np.zeros((4, 2), np.float32))))
    assert (one.output(0), two.output(0), two.input(2)) == ("target", "output 1", "input 3")
    assert (NO_MEANING.input(0), NO_MEANING.output(7), NO_MEANING.fields) == ("input 1", "7", ())


def test_a_picture_has_places_and_no_columns() -> None:
    data = Dataset("Slips", Split(np.zeros((4, 6), np.float32), np.eye(4, 2, dtype=np.float32)), None, (2, 3))
    meaning = Meaning(data)
    assert (meaning.input(4), meaning.fields, meaning.columns) == ("row 2, column 2", (), [])


def test_names_are_safe_and_categories_without_a_common_column_keep_theirs() -> None:
    inputs, targets = np.eye(4, 2, dtype=np.float32), np.zeros((4, 1), np.float32)
    names = ("a\u202e = b", "c\n= d")
    data = Dataset("Odd", Split(inputs, targets), columns=names, categories=((0, 1),))
    (field,) = Meaning(data).fields
    assert len(field.choices) == 2
    assert not any("\u202e" in each or "\n" in each for each in (field.name, *field.choices))


def test_raw_values_of_rows_that_were_scaled_by_hand() -> None:
    scaling = Scaling(np.array([10.0]), np.array([2.0]))
    data = Dataset("By hand", Split(np.ones((3, 1), np.float32), np.ones((3, 1), np.float32)), scaling=scaling)
    assert Meaning(data).row(np.array([1.0])) == ["12"]
    assert listed(Meaning(data).fields, ["12"], 3) == ["input 1 12"]
    assert listed(Meaning(data).fields * 3, ["1", "2", "3"], 1)[-1] == "and 2 more"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (-0.0, "0"),
        (23.4, "23.4"),
        (-0.0625, "−0.0625"),
        (3504.0001, "3504"),
        (231500.2, "231\u202f500"),
        (1e9, "1e+09"),
        (float("nan"), "not finite"),
        (1e-7, "1e−07"),
    ],
)
def test_numbers_of_any_unit(value: float, words: str) -> None:
    assert text.figure(value) == words
    assert text.signed(2.313) == "+2.31"
    assert text.signed(-2.313) == "−2.31"
