"""The columns of an example as people know them: read, changed one at a time, written with their own decimals."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datasets import Dataset, Split, load_data
from engine.datasets.plane import plane_dataset
from engine.datasets.table.raw_columns import decimals_of, raw_columns

PENGUINS = load_data("penguins", {"missing": "drop"})


def test_a_table_has_its_columns_again() -> None:
    columns = {column.name: column for column in raw_columns(PENGUINS)}
    assert list(columns) == ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]
    assert columns["island"].choices == ("Biscoe", "Dream", "Torgersen")
    assert columns["sex"].choices == ("FEMALE", "MALE")
    length, mass = columns["bill_length_mm"], columns["body_mass_g"]
    assert (length.decimals, mass.decimals) == (1, 0)
    assert (mass.low, mass.high, mass.step) == (2700, 6300, 50)
    assert (length.low, length.high, length.step) == (32.1, 59.6, 0.5)


def test_an_example_is_what_its_columns_say() -> None:
    assert PENGUINS.coding is not None
    columns = raw_columns(PENGUINS)
    for number in range(20):
        example = PENGUINS.train.example(number)
        values = {column.name: column.read(example) for column in columns}
        row = {
            column.name: column.choices[int(values[column.name])] if column.choices else values[column.name]
            for column in columns
        }
        np.testing.assert_allclose(PENGUINS.coding.encode(row)[0], example, atol=1e-5)


def test_a_change_of_one_column_leaves_the_others_to_the_bit() -> None:
    example = PENGUINS.train.example(3)
    before = example.copy()
    for column in raw_columns(PENGUINS):
        changed = column.write(example, 2 if column.name == "island" else 1)
        assert column.read(changed) == pytest.approx(2 if column.name == "island" else 1, abs=1e-3)
        others = np.delete(changed, np.arange(len(changed))[column.inputs])
        np.testing.assert_array_equal(others, np.delete(example, np.arange(len(example))[column.inputs]))
    np.testing.assert_array_equal(example, before)


def test_points_and_rows_without_names_have_a_column_for_each_number() -> None:
    x, y = raw_columns(plane_dataset("moons", points=60))
    assert (x.name, y.name, x.decimals) == ("x", "y", 2)
    assert x.write(np.zeros(2, np.float32), 0.25).tolist() == [0.25, 0]
    bare = Dataset("Bare", Split(np.arange(12).reshape(4, 3), np.zeros((4, 1))))
    assert [column.name for column in raw_columns(bare)] == ["input 1", "input 2", "input 3"]


@pytest.mark.parametrize(
    ("numbers", "decimals"),
    [([1, 2, 30], 0), ([0.1, 0.5, 21.3], 1), ([0.25, 0.5], 2), ([1 / 3, 2 / 3, 1.0], 3), ([0, 0], 0), ([1e6, 2e6], 0)],
)
def test_decimals(numbers: list[float], decimals: int) -> None:
    assert decimals_of(np.array(numbers, np.float32)) == decimals


@pytest.mark.parametrize(("numbers", "step"), [([3, 8], 1), ([0, 1000], 10), ([1613, 5140], 50), ([0.0, 0.0], 1)])
def test_the_slider_has_about_a_hundred_round_steps(numbers: list[float], step: float) -> None:
    inputs = np.array(numbers, np.float32)[:, None]
    (column,) = raw_columns(Dataset("One", Split(inputs, inputs)))
    assert column.step == step
