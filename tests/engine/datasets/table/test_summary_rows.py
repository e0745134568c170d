"""Rows at the end of a table that are a sum or a mean of the others are no examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.datasets.table.summary_rows import summary_rows
from engine.datasets.table.table import read_table
from engine.datasets.table.table_dataset import KEEP
from engine.datasets.table.table_format import sniff
from engine.datasets.table.table_source import load_table

COUNT = 20
ROWS = "".join(f"s{at},{at},{at * at}\n" for at in range(COUNT))
SUMS = sum(range(COUNT)), sum(at * at for at in range(COUNT))


def reported(folder: Path, text: str) -> list[str]:
    file = folder / "some.csv"
    file.write_text(text)
    return list(map(str, summary_rows(read_table(file, sniff(file)))))


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("Total,,999\n", ["Row 22 looks like a sum of the others"]),
        ("Summe:,,999\n", ["Row 22 looks like a sum of the others"]),
        (f"Total,{SUMS[0]},{SUMS[1]}\n", ["Row 22 looks like a sum of the others"]),
        (f",{SUMS[0]},{SUMS[1]}\n", ["Row 22 looks like a sum of the others"]),
        (f",{SUMS[0] / COUNT},{SUMS[1] / COUNT}\n", ["Row 22 looks like a mean of the others"]),
        (
            "Sum,,999\nAverage,,50\n",
            ["Row 22 looks like a sum of the others", "Row 23 looks like a mean of the others"],
        ),
        ("Total Ltd,3,4\n", []),
        ("s99,,4\n", []),
        ("s99,3,4\n", []),
        ("Total,,\n", []),
    ],
)
def test_the_last_rows(tmp_path: Path, last: str, said: list[str]) -> None:
    assert reported(tmp_path, "name,a,b\n" + ROWS + last) == said


def test_a_table_of_numbers_alone(tmp_path: Path) -> None:
    rows = "".join(f"{at},{at * at % 17}\n" for at in range(300))
    sums = sum(range(300)), sum(at * at % 17 for at in range(300))
    assert reported(tmp_path, f"a,b\n{rows}{sums[0]},{sums[1]}\n") == ["Row 302 looks like a sum of the others"]
    assert reported(tmp_path, f"a,b\n{rows}") == []


def test_it_is_left_out_and_said_and_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("name,a,b\n" + ROWS.replace("s", "k") + "Total,,999\n")
    data = load_table(file, missing="median", texts=())
    assert sum(map(len, data.splits.values())) == COUNT
    assert "Row 22 looks like a sum of the others: left out." in data.notes
    kept = load_table(file, missing="median", summary=KEEP)
    assert sum(map(len, kept.splits.values())) == COUNT + 1


@pytest.mark.parametrize("large", ["1e200", "1e308"])
def test_numbers_whose_sum_or_squares_are_too_large_are_no_sums(tmp_path: Path, large: str) -> None:
    assert reported(tmp_path, "a,b,c\n" + "".join(f"s{at},{large},{at}\n" for at in range(COUNT)) + ",5,6\n") == []
    rows = "".join(f"s{at},{('1', '-1')[at % 2]}{large[1:]},{at}\n" for at in range(COUNT))
    assert reported(tmp_path, "a,b,c\n" + rows + f",{large},190\n") == []
