"""Where the examples of a table are in its file, whatever was left out. In column ``place`` each row says its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.datasets import Dataset, load_data
from engine.datasets.table import table_blocks
from engine.datasets.user_examples import UserExamples, mix_in_user_examples


def lines_of(count: int, first: int = 2) -> list[str]:
    return [f"{row},{row % 7},{row * 1.5}" for row in range(first, first + count)]


def loaded(tmp_path: Path, lines: list[str], **settings: object) -> Dataset:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines))
    return load_data(str(path), {"target": "y", **settings})


def check(data: Dataset) -> np.ndarray:
    """Compares the rows of all examples with what the rows say; returns them."""
    found = []
    for split in data.splits.values():
        assert split.rows is not None
        np.testing.assert_array_equal(np.rint(data.raw_inputs(split.inputs)[:, 0]), split.rows)
        found += split.rows.tolist()
    return np.sort(found)


@pytest.mark.parametrize("count", [30, 300])
@pytest.mark.parametrize("size", [2**20, 500])
def test_each_example_knows_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, size: int) -> None:
    monkeypatch.setattr(table_blocks, "_BLOCK", size)
    rows = check(loaded(tmp_path, ["place,x,y", *lines_of(count)]))
    assert rows.tolist() == list(range(2, 2 + count))


def test_rows_that_are_left_out_count(tmp_path: Path) -> None:
    lines = ["place,x,y", *lines_of(40)]
    lines[5] = ""
    lines[9] = "10,1"
    lines[20] = "21,,3"
    lines[30] = "31,2,"
    rows = check(loaded(tmp_path, lines, missing="drop"))
    assert set(range(2, 42)) - set(rows.tolist()) == {6, 10, 21, 31}
    rows = check(loaded(tmp_path, lines))
    assert set(range(2, 42)) - set(rows.tolist()) == {6, 10, 31}


def test_lines_above_the_table_count(tmp_path: Path) -> None:
    rows = check(loaded(tmp_path, ["A title", "", "place,x,y", *lines_of(30, 4)], skip=2))
    assert rows[0] == 4


def test_empty_lines_at_the_end_of_plain_numbers_change_nothing(tmp_path: Path) -> None:
    rows = check(loaded(tmp_path, ["place,x,y", *lines_of(300), "", "", ""]))
    assert rows[-1] == 301


def test_no_row_is_reported_that_may_be_wrong(tmp_path: Path) -> None:
    lines = ["place,x,y", *lines_of(300)]
    lines.insert(200, "")
    lines[201:] = lines_of(101, 202)
    data = loaded(tmp_path, lines)
    for split in data.splits.values():
        assert split.rows is not None
        said = np.rint(data.raw_inputs(split.inputs)[:, 0])
        assert ((split.rows == said) | (split.rows == 0)).all()
        assert (split.rows[said <= 101] > 0).all(), "before the block of the empty line they are known"


def test_parts_of_the_data_keep_them(tmp_path: Path) -> None:
    data = loaded(tmp_path, ["place,x,y", *lines_of(40)])
    check(data.with_validation(0.25))
    assert data.train.head(3).file_row(2) == data.train.file_row(2)
    assert load_data("spirals").train.file_row(0) is None


def test_own_examples_are_in_no_file(tmp_path: Path) -> None:
    data = loaded(tmp_path, ["place,x,y", *lines_of(40)])
    own = UserExamples.one(data, data.train.example(0), [3.0])
    mixed = mix_in_user_examples(data, own)
    assert mixed.train.file_row(0) == data.train.file_row(0)
    assert mixed.train.file_row(len(mixed.train) - 1) is None
