"""The tables in the project's assets: Palmer penguins, whose species is to tell, and Auto MPG, a number to predict.

Penguins: Gorman, Williams and Fraser 2014, doi:10.1371/journal.pone.0090081, CC0. Auto MPG: Quinlan, UCI, CC BY 4.0.
"""

from __future__ import annotations

from engine.assets_folder import ASSETS
from engine.datasets.dataset import Dataset
from engine.datasets.table import Table, read_table
from engine.datasets.table_dataset import CLASSIFICATION, REGRESSION, PreparedTable, table_dataset
from engine.datasets.table_format import TableFormat

PENGUINS, MPG = "Penguins", "Auto MPG"


def load_penguins() -> Dataset:
    """333 penguins without missing values: island, four measures and sex; 266 to learn their species from."""
    return prepare_penguins().dataset


def load_mpg() -> Dataset:
    """392 cars without missing values, 314 to learn from: miles per gallon by engine, weight, year and origin."""
    return prepare_mpg().dataset


def prepare_penguins() -> PreparedTable:
    """The same penguins, with how their rows become inputs and what was left out."""
    return table_dataset(_table("penguins"), "species", task=CLASSIFICATION, title=PENGUINS)


def prepare_mpg() -> PreparedTable:
    """The same cars, with how their rows become inputs and what was left out."""
    return table_dataset(_table("mpg"), "mpg", task=REGRESSION, ignored=("name",), title=MPG)


def _table(name: str) -> Table:
    return read_table(ASSETS / "tables" / f"{name}.csv", TableFormat())
