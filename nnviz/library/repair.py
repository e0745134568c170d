"""Opens a library; moves a damaged one aside, and copies its readable content into a new one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from engine.basics.errors import EngineError
from engine.experiment import Experiment
from nnviz.library.database import Database
from nnviz.library.errors import (
    DamagedError,
    LibraryError,
    NotALibraryError,
    NotSQLiteError,
    damage_mark,
    translated_errors,
)
from nnviz.library.location import default_library_path
from nnviz.library.locks import Lock
from nnviz.library.records import columns, record_of
from nnviz.library.row_checks import check_row, read_description
from nnviz.library.schema import (
    ESTIMATE_COLUMNS,
    ESTIMATES,
    MEMBERSHIP,
    PAGE_BYTES,
    PARTS_OF_RUN,
    RUN_COLUMNS,
    SWEEP_COLUMNS,
)

_MOST_TRIED = 100_000  # numbers of runs that are looked for one by one
# What a check raises, or SQLite, for a row that no run has.
_UNREADABLE = (*(sqlite3.IntegrityError, EngineError, KeyError, TypeError, ValueError, OverflowError, RecursionError),)
_SIGNS = (b"readable_by1", b"readable_by2")  # a row of table meta, which no other file has
_SEARCHED = 64 * PAGE_BYTES  # bytes at the beginning in which it must be
# Places in the first page of an SQLite file (https://www.sqlite.org/fileformat2.html, section 1.3).
_CHANGES, _PAGES, _FREE_PAGES, _COUNTED_AT = slice(24, 28), slice(28, 32), slice(32, 40), slice(92, 96)
_OTHERS = ("-wal", "-shm", "-journal")  # SQLite's files beside it


def open_database(path: Path, seconds: float) -> tuple[Database, str | None]:
    """Opens the file, or makes a new one. Returns a notice for the user, too. Raises LibraryError."""
    with translated_errors(path):
        is_marked = damage_mark(path).exists()
    if not is_marked:
        try:
            database = Database(path, seconds)
        except DamagedError:
            pass
        except NotALibraryError as error:
            if not isinstance(error, NotSQLiteError) or not (path == default_library_path() or _is_ours(path)):
                raise  # the file may belong to another program
        else:
            why = database.why_read_only
            return database, None if why is None else f"The library is read-only, because {why}."
    notice = _rescue(path)
    return Database(path, seconds), notice


def _rescue(path: Path) -> str | None:
    """Copies the readable content into a new file, which replaces the old one when it is complete."""
    lock = Lock(path, "rescue")
    with translated_errors(path):
        lock.acquire(waits=True)
        try:
            if not damage_mark(path).exists() and _is_whole(path):
                return None  # another program was faster
            new = path.with_name(f"{path.name}.rescued")
            _remove(new)
            is_ours = _is_ours(path)  # before it is locked: closing a file releases all locks on it
            with _held(path):
                saved = _copy_readable(path, new, is_ours)
                aside = _set_aside(path)
                os.replace(new, path)
            damage_mark(path).unlink(missing_ok=True)
        finally:
            lock.release()
    runs = f"{saved} run{'' if saved == 1 else 's'}"
    return f"The library was damaged. nnviz recovered {runs} and kept the damaged file as {aside.name}."


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Locks the file against writers, if possible, so that no write is lost meanwhile."""
    if sys.platform == "win32":  # a file that is open can get no other name there
        yield
        return
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        with suppress(sqlite3.Error):
            connection.execute("BEGIN IMMEDIATE")
        yield


def _is_ours(path: Path) -> bool:
    """Whether a file has a row that only libraries have, also if SQLite does not recognise the file."""
    with translated_errors(path), open(path, "rb") as file:
        content = file.read(_SEARCHED)
    return path.stat().st_size >= 2 * PAGE_BYTES and any(sign in content for sign in _SIGNS)


def _is_whole(path: Path) -> bool:
    try:
        Database(path).close()
    except LibraryError:
        return False
    return True


def _remove(path: Path) -> None:
    for ending in ("", *_OTHERS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _set_aside(path: Path) -> Path:
    """Renames the damaged file and its log to unused names."""
    names = (path.with_name(f"{path.stem}.damaged{number}{path.suffix}") for number in range(1, 1000))
    aside = next(name for name in names if not name.exists())
    try:
        os.link(path, aside)  # so that there is a file at the old place at every instant
    except OSError:
        os.replace(path, aside)
    for ending in _OTHERS:
        with suppress(FileNotFoundError):
            os.replace(path.with_name(path.name + ending), aside.with_name(aside.name + ending))
    return aside


def _copy_readable(path: Path, new: Path, is_ours: bool) -> int:
    """Returns the number of runs that were copied."""
    target, headed = Database(new), path.with_name(f"{path.name}.headed")
    try:
        saved = _copy_from(path, target)
        if not saved and is_ours:  # perhaps only its first page is damaged
            _copy_with_head(path, headed)
            saved = _copy_from(headed, target)
        return saved
    finally:
        target.shrink()
        target.close()
        _remove(headed)


def _copy_from(path: Path, target: Database) -> int:
    """Returns the number of runs that were copied; 0 if the tables cannot be found."""
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(address, uri=True, isolation_level=None)) as source:
        source.text_factory = lambda content: content.decode("utf-8", "replace")
        for pragma in ("trusted_schema = OFF", "writable_schema = ON"):  # the latter opens one that is cut short
            source.execute(f"PRAGMA {pragma}")
        return _copy_runs(source, target)
    return 0


def _copy_with_head(path: Path, copy: Path) -> None:
    """Copies a library with the first page of a new one, which has the location of the tables: it is the same in all.

    It may differ in a library of an older release; then nothing can be read.
    """
    _remove(copy)
    Database(copy).close()
    head = bytearray(copy.read_bytes()[:PAGE_BYTES])
    head[_PAGES] = (path.stat().st_size // PAGE_BYTES).to_bytes(4, "big")
    head[_COUNTED_AT] = head[_CHANGES]  # so that the count is believed
    head[_FREE_PAGES] = bytes(8)
    _remove(copy)
    for ending in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(path.name + ending), copy.with_name(copy.name + ending))
    with open(copy, "r+b") as file:
        file.write(head)


def _copy_runs(source: sqlite3.Connection, target: Database) -> int:
    saved: set[int] = set()
    for entry in _readable(source, "SELECT name, value FROM meta WHERE name LIKE '%budget'", ()):
        with suppress(LibraryError):
            target.write("INSERT OR REPLACE INTO meta VALUES (?, ?)", entry)
    sweeps = _copy_sweeps(source, target)
    for run in _numbers(source):
        with suppress(LibraryError, sqlite3.Error):  # of this one run something is wrong: the others are read on
            _copy_run(source, target, run, saved, sweeps)
            saved.add(run)
    return len(saved)


def _copy_sweeps(source: sqlite3.Connection, target: Database) -> set[int] | None:
    """Returns the numbers of the sweeps that were copied; None if the library is older than sweeps."""
    if not any(row[1] == "sweep" for row in _readable(source, "PRAGMA table_info(runs)", ())):
        return None
    saved: set[int] = set()
    for way in ("", "DESC"):
        for row in _readable(source, f"SELECT {', '.join(SWEEP_COLUMNS)} FROM sweeps ORDER BY id {way}", ()):
            with suppress(LibraryError, sqlite3.Error), target.writing():  # that one is left out
                if isinstance(row[0], int) and row[0] not in saved:
                    target.insert("sweeps", dict(zip(SWEEP_COLUMNS, row, strict=True)))
                    saved.add(row[0])
    return saved


def _numbers(source: sqlite3.Connection) -> Iterator[int]:
    """Yields the numbers of all runs that can be found, ascending; one by one between damaged pages."""
    queries = ["SELECT id FROM runs ORDER BY id", "SELECT id FROM runs ORDER BY id DESC"]
    queries += [f"SELECT DISTINCT run FROM {table}" for table in PARTS_OF_RUN]
    listed = {row[0] for query in queries for row in _readable(source, query, ())}
    found = {number for number in listed if isinstance(number, int) and number > 0}
    last = min(max(found, default=0), _MOST_TRIED)
    yield from sorted(found | set(range(1, last + 1)))


def _copy_run(source: sqlite3.Connection, target: Database, run: int, saved: set[int], sweeps: set[int] | None) -> None:
    """Raises sqlite3.Error or LibraryError, and copies nothing, if the run's own row cannot be read."""
    row = source.execute(f"SELECT {columns(sweeps is not None)} FROM runs WHERE id = ?", (run,)).fetchone()
    if row is None:
        raise sqlite3.DataError("no such run")
    try:
        record = record_of(row)
        record.experiment, record.best, record.changes  # noqa: B018  # raises if it cannot be read
    except (TypeError, ValueError, OverflowError) as error:
        raise sqlite3.DataError(str(error)) from None
    whole = source.execute(f"SELECT {', '.join(RUN_COLUMNS)} FROM runs WHERE id = ?", (run,)).fetchone()
    entries = dict(zip(RUN_COLUMNS, whole, strict=True))
    entries["parent"] = entries["parent"] if entries["parent"] in saved else None
    if record.sweep in (sweeps or ()):
        entries |= {name: getattr(record, name) for name in MEMBERSHIP}
    try:
        read_description(entries["description"], record.experiment)
    except (EngineError, TypeError, ValueError, RecursionError):
        entries["description"] = None
    with target.writing():
        target.insert("runs", {"id": run, **entries})
        for table in PARTS_OF_RUN:
            _copy_part(source, target, run, table, PARTS_OF_RUN[table], record.experiment)
        if any(_readable(source, "SELECT 1 FROM estimates WHERE run = ?", (run,))):
            target.write(ESTIMATES)
            _copy_part(source, target, run, "estimates", ESTIMATE_COLUMNS, record.experiment)
        target.count_bytes(run)


def _copy_part(
    source: sqlite3.Connection, target: Database, run: int, table: str, columns: Sequence[str], made: Experiment
) -> None:
    """Copies readable rows, from both ends up to a damaged page."""
    names = ", ".join(columns)
    for way in ("", "DESC"):
        query = f"SELECT {names} FROM {table} WHERE run = ? ORDER BY {columns[0]} {way}"
        for row in _readable(source, query, (run,)):
            with suppress(*_UNREADABLE):  # or there already
                entries = dict(zip(columns, row, strict=True))
                content = entries.pop("content", None) or b""
                if zlib.crc32(content) == entries.pop("checksum", zlib.crc32(content)):
                    target.insert(table, {"run": run, **check_row(table, entries, content, made)})


def _readable(source: sqlite3.Connection, query: str, values: tuple) -> Iterator[tuple]:
    """Yields the rows of a query up to one that cannot be read."""
    try:
        yield from source.execute(query, values)
    except sqlite3.Error:
        return
