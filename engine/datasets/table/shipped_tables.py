"""The included tables: Palmer penguins, with the species to classify, and Auto MPG, a number to predict.

Penguins: Gorman, Williams and Fraser 2014, doi:10.1371/journal.pone.0090081, CC0. Auto MPG: Quinlan, UCI, CC BY 4.0.
"""

from __future__ import annotations

from functools import partial

from engine.basics.assets_folder import ASSETS
from engine.datasets.source import DATASETS, TABLES, DataSource
from engine.datasets.table.table_source import load_table, table_settings

_FOLDER = ASSETS / "tables"


def _register(name: str, title: str, target: str, ignored: tuple[str, ...] = ()) -> None:
    file, settings = _FOLDER / f"{name}.csv", table_settings(target, ignored)
    make = partial(load_table, file, title=title, target=target, ignored=ignored)
    DATASETS.register(name, place=50)(DataSource(title, make, TABLES, settings, shows_progress=True, file=file))


_register("penguins", "Penguins", "species")
_register("mpg", "Auto MPG", "mpg", ("name",))
