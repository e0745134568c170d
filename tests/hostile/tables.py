"""Odd tables. Each must be refused in words, or become a data set of finite numbers that can be encoded again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from engine.basics.assets_folder import ASSETS
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_coding import TableCoding
from engine.datasets.table.table_dataset import table_dataset
from engine.datasets.table.table_format import sniff
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_bytes, odd_name
from tests.hostile.files import refused

_CELLS = ("1", "2.5", "-3e5", "1,234", '"1,5"', "inf", "1e300", "", "NA", "?", "yes", "no", "t", "0", "cat", "dog")
_CODECS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")


@attack("tables")
def table_file(rng: np.random.Generator, folder: Path) -> str:
    """Shipped ones that are damaged, and made-up ones of every encoding."""
    path = folder / "some.csv"
    content = made_up(rng) if rng.random() < 0.6 else shipped(rng)
    path.write_bytes(odd_bytes(rng, content) if rng.random() < 0.5 else content)
    form = refused(lambda: sniff(path))
    if isinstance(form, Exception):
        return "refused"
    table = refused(lambda: read_table(path, form))
    if isinstance(table, Exception):
        return "refused"
    assert len({len(column.values) for column in table.columns}) == 1
    assert len(set(table.names)) == len(table.columns)
    assert len(table.problems) <= 100
    ends = [_use(rng, table, name) for name in table.names[:4]]
    return "read" if "read" in ends else "no data set"


def shipped(rng: np.random.Generator) -> bytes:
    return (ASSETS / "tables" / str(pick(rng, "penguins.csv", "mpg.csv"))).read_bytes()


def made_up(rng: np.random.Generator) -> bytes:
    delimiter, end = str(pick(rng, ",", ";", "\t", "|")), str(pick(rng, "\n", "\r\n", "\r"))
    columns = [
        [_CELLS[int(place)] for place in rng.integers(0, len(_CELLS), int(rng.integers(1, 5)))]
        for _ in range(int(rng.integers(1, 8)))
    ]
    rows = [[str(odd_name(rng)) if rng.random() < 0.3 else f"c{place}" for place in range(len(columns))]]
    for _ in range(int(rng.integers(0, 60))):
        row = [cells[int(rng.integers(len(cells)))] for cells in columns]
        rows.append(row[:-1] if rng.random() < 0.02 else [odd_name(rng), *row[1:]] if rng.random() < 0.02 else row)
    return end.join(delimiter.join(row) for row in rows).encode(str(pick(rng, *_CODECS)), "replace")


def _use(rng: np.random.Generator, table: Table, target: str) -> str:
    options = {
        "missing": pick(rng, "fill", "drop", "median"),
        "task": pick(rng, None, None, "classification", "regression"),
        "standardise": bool(rng.integers(2)),
        "ignored": [name for name in table.names if name != target and rng.random() < 0.3],
        "test_share": pick(rng, 0, 0.2, 0.5),
    }
    prepared = refused(lambda: table_dataset(table, target, **options))  # type: ignore[arg-type]
    if isinstance(prepared, Exception):
        return "refused"
    data, counts = prepared.dataset, prepared.counts
    assert all(np.isfinite(split.inputs).all() and np.isfinite(split.targets).all() for split in data.splits.values())
    assert counts.used == sum(len(split) for split in data.splits.values())
    coding = TableCoding.from_dict(json.loads(json.dumps(prepared.coding.as_dict())))
    row = dict(zip(table.names, table.head[0], strict=True))
    encoded = refused(lambda: coding.encode(row))
    assert isinstance(encoded, Exception) or np.isfinite(encoded).all()
    return "read"
