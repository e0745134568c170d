"""Small networks that learned a table, and rows as they stand in its file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.assets_folder import ASSETS
from engine.datasets import Dataset
from engine.datasets.table.cells import is_missing
from engine.datasets.table.table import read_table
from engine.datasets.table.table_dataset import PreparedTable, table_dataset
from engine.datasets.table.table_format import TableFormat
from engine.network.network import Network
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

# Each is code, markup or an end of something to whoever takes it for more than a name.
ODD_NAMES = (
    "<h1>ALL WELL</h1><!--",
    '"; import os; HOSTILE = 1 #',
    "'''\nHOSTILE = 1\n'''",
    '"""\nHOSTILE = 1\n"""',
    "a\\",
    "$layers ${answer} {0} %s",
    "x\u202egnp, y; z|",
    "=1+1",
)


def trained_on(dataset: Dataset, epochs: int = 3, dtype: Any = np.float32) -> Network:
    """A small network that has learned it a little."""
    output, loss = ("softmax", "cross-entropy") if dataset.is_classification else ("identity", "quadratic")
    shape, rng = [dataset.width, 6, dataset.outputs], np.random.default_rng(1)
    network = Network(shape, ["tanh", output], loss, "he", rng, dtype)
    for _ in Trainer(network, dataset, TrainingSettings(10, epochs, 0.05, seed=1, drop_last=False)).run():
        pass
    return network


def table_rows(name: str) -> list[dict[str, str]]:
    """The rows of a shipped table."""
    with open(ASSETS / "tables" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def whole_rows(name: str) -> list[dict[str, str]]:
    """Those in which nothing is missing."""
    return [row for row in table_rows(name) if not any(map(is_missing, row.values()))]


def write_rows(path: Path, rows: list[dict[str, str]], **how: Any) -> Path:
    """Writes a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\n", **how)
        out.writeheader()
        out.writerows(rows)
    return path


def odd_rows(count: int = 40) -> list[dict[str, str]]:
    """Rows of a table whose names of columns, texts and classes are more than names to whoever takes them for such."""
    number, text, word, target, *classes = ODD_NAMES
    rng = np.random.default_rng(2)
    return [
        {
            number: f"{rng.normal() * 100:.3f}",
            text: ODD_NAMES[index % 3],
            word: ("yes", "no")[index % 5 == 0],
            target: classes[index % len(classes)],
        }
        for index in range(count)
    ]


def prepare_penguins(**how: Any) -> PreparedTable:
    """The shipped penguins, whose species is to tell."""
    return prepared(ASSETS / "tables" / "penguins.csv", "species", title="Penguins", **how)


def prepare_mpg(**how: Any) -> PreparedTable:
    """The shipped cars, whose miles per gallon are to be predicted."""
    return prepared(ASSETS / "tables" / "mpg.csv", "mpg", ignored=("name",), title="Auto MPG", **how)


def prepared(path: Path, target: str, **how: Any) -> PreparedTable:
    """The data set of a CSV file."""
    return table_dataset(read_table(path, TableFormat()), target, **how)


TABLES = {"penguins.csv": prepare_penguins, "mpg.csv": prepare_mpg}
