"""The tables of a library. Their version is the file's ``user_version``."""

from __future__ import annotations

import sqlite3

from engine.training.history import PARTS, QUANTITIES
from nnviz import __version__

APPLICATION_ID = 0x6E6E767A  # "nnvz"
VERSION = 2
OLDEST_READER = 1  # the oldest version of the tables whose programs can read what this one writes
PAGE_BYTES = 8192
FIGURES = tuple(f"{part}_{quantity}" for part in PARTS for quantity in QUANTITIES)

_FIGURE_COLUMNS = ", ".join(f"{name} REAL" for name in FIGURES)
_SWEEPS = """
CREATE TABLE IF NOT EXISTS sweeps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    updated REAL NOT NULL,
    status TEXT NOT NULL DEFAULT 'running',
    data TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0,
    trials TEXT NOT NULL DEFAULT '[]',
    plan TEXT NOT NULL
)"""
_KINDS_OF_MEMBERSHIP = ("INTEGER REFERENCES sweeps ON DELETE SET NULL", "INTEGER")
_MEMBERS = "CREATE INDEX IF NOT EXISTS members ON runs (sweep, trial)"
# Large columns come last: what stands before them is read without them.
_TABLES = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
{_SWEEPS};
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    status TEXT NOT NULL DEFAULT 'new',
    name TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    starred INTEGER NOT NULL DEFAULT 0,
    parent INTEGER REFERENCES runs ON DELETE SET NULL,
    left_at REAL,
    data TEXT NOT NULL DEFAULT '',
    fingerprint TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    updated REAL NOT NULL,
    epochs REAL NOT NULL DEFAULT 0,
    batches INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    nbytes INTEGER NOT NULL DEFAULT 0,
    is_thinned INTEGER NOT NULL DEFAULT 0,
    deleted REAL,
    sweep {_KINDS_OF_MEMBERSHIP[0]},
    trial {_KINDS_OF_MEMBERSHIP[1]},
    {_FIGURE_COLUMNS},
    best TEXT NOT NULL DEFAULT '',
    said TEXT NOT NULL DEFAULT '',
    words TEXT NOT NULL DEFAULT '',
    changes TEXT NOT NULL DEFAULT '[]',
    experiment TEXT NOT NULL,
    description BLOB
);
CREATE INDEX kept_runs ON runs (deleted, id);
CREATE INDEX children ON runs (parent);
{_MEMBERS};
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch REAL NOT NULL,
    seconds REAL NOT NULL,
    dead_layer INTEGER,
    {_FIGURE_COLUMNS},
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE confusions (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch REAL NOT NULL,
    nbytes INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE UNIQUE INDEX confusions_by_epoch ON confusions (run, epoch, nbytes);
CREATE TABLE moments (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch REAL NOT NULL,
    nbytes INTEGER NOT NULL,
    bits INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE UNIQUE INDEX moments_by_epoch ON moments (run, epoch, nbytes);
CREATE TABLE states (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    at REAL NOT NULL,
    nbytes INTEGER NOT NULL,
    before REAL NOT NULL,
    epoch INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    is_last INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    machine TEXT NOT NULL,
    content BLOB NOT NULL
);
CREATE UNIQUE INDEX states_by_place ON states (run, at, is_last, nbytes);
CREATE TABLE orders (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at REAL NOT NULL,
    epoch INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    content BLOB,
    PRIMARY KEY (run, number)
);
"""
# Made when the first run of a lesson is tagged; programs that do not know it read all else.
LESSONS = """
CREATE TABLE IF NOT EXISTS lessons (
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    title TEXT NOT NULL
)"""
# Made when the first estimate of a first epoch is written; programs that do not know it read all else.
ESTIMATES = f"""
CREATE TABLE IF NOT EXISTS estimates (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch REAL NOT NULL,
    {_FIGURE_COLUMNS},
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID"""
ESTIMATE_COLUMNS = ("epoch", *FIGURES)  # those that are copied to another library or file
# What belongs to a run, by table: the columns that are copied to another library or file.
PARTS_OF_RUN = {
    "epochs": ("epoch", "seconds", "dead_layer", *FIGURES),
    "confusions": ("epoch", "nbytes", "content"),
    "moments": ("epoch", "nbytes", "bits", "checksum", "content"),
    "states": ("at", "nbytes", "before", "epoch", "batch", "is_last", "orders", "machine", "content"),
    "orders": ("number", "at", "epoch", "batch", "kind", "payload", "content"),
}
RUN_COLUMNS = (
    *("status", "name", "note", "starred", "parent", "left_at", "data", "fingerprint", "version", "created", "updated"),
    *("epochs", "batches", "seconds", "nbytes", "is_thinned", "deleted", *FIGURES, "best", "said", "words", "changes"),
    *("experiment", "description"),
)
MEMBERSHIP = ("sweep", "trial")  # columns of runs that libraries of version 1 do not have
SWEEP_COLUMNS = (
    *("id", "kind", "name", "note", "created", "updated", "status", "data", "version", "seconds", "trials", "plan"),
)


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables in an empty file, within the present transaction."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)
    entries = {"readable_by": str(OLDEST_READER), "nnviz": __version__}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", entries.items())
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Migrates the tables of an older version, within the present transaction."""
    if version < 2:
        connection.execute(_SWEEPS)
        there = {row[1] for row in connection.execute("PRAGMA table_info(runs)")}
        for name, kind in zip(MEMBERSHIP, _KINDS_OF_MEMBERSHIP, strict=True):
            if name not in there:  # as they are where only the version's number is damaged
                connection.execute(f"ALTER TABLE runs ADD COLUMN {name} {kind}")
        connection.execute(_MEMBERS)
    entries = {"readable_by": str(OLDEST_READER), "nnviz": __version__}
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", entries.items())
    connection.execute(f"PRAGMA user_version = {VERSION}")
