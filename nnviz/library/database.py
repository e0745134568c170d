"""A connection to a library's file: opening, migration, checks, queries and short transactions."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.basics.regular_files import check_regular, mode_at
from engine.datasets.stored_texts import storable
from nnviz import __version__
from nnviz.library import schema
from nnviz.library.errors import (
    ELSEWHERE,
    FullDiskError,
    NotALibraryError,
    NotSQLiteError,
    ReplacedError,
    damaged,
    is_damage,
    is_disk_full,
    read_only,
    translated_errors,
)
from nnviz.library.location import is_on_network

_OWNER_ONLY, _FOLDER_OF_OWNER = 0o600, 0o700
_WAL_BYTES = 64 * 2**20  # the log is put into the file when it has grown so large
_LEAST, _MOST = -(2**63), 2**63 - 1  # of an integer in SQLite
_CACHE_KIBIBYTES = 32_000  # a whole state is to fit


class Database:
    """A connection for one thread.

    Attributes:
        path: the file.
        why_read_only: why nothing can be written, as a clause; None if it can.
        has_sweeps: whether there is a table of sweeps, which a read-only file of an older version lacks.
    """

    def __init__(self, path: Path, seconds: float = 5.0) -> None:
        """Opens the file, or makes a new one that only its owner can read.

        Args:
            seconds: how long to wait while another program writes.

        Raises:
            NotALibraryError: the file is something else, or too new.
            DamagedError: the file is a library that cannot be read.
            LibraryError: the file is not accessible, or a new one cannot be made.
        """
        self.path, self._seconds = path, seconds
        self.why_read_only: str | None = None
        with translated_errors(path):
            _make_file(path)
            _check_head(path)
            self._file = _file_at(path)
            self._connection = self._connect()
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    # ---- opening

    def _connect(self) -> sqlite3.Connection:
        if not os.access(self.path, os.W_OK):
            self.why_read_only = "its file is write-protected"
        connection = self._open("mode=ro" if self.why_read_only else "mode=rw")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if self.why_read_only is None and is_disk_full(self.path):
                return self._connect_without_log()
            if not _needs_immutable(error, self.path):
                raise
            self.why_read_only = self.why_read_only or "its folder is write-protected"
            connection = self._open("mode=ro&immutable=1")
        return connection

    def _connect_without_log(self) -> sqlite3.Connection:
        """Connects without a write-ahead log, if the disk has no room for its files. The log returns when there is
        room.

        An exclusive connection, which needs no shared memory, first transfers the log to the file.
        """
        with closing(self._open("mode=rw")) as connection:
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = MEMORY"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
        connection = self._open("mode=rw")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection

    def _open(self, how: str) -> sqlite3.Connection:
        address = f"file:{quote(os.fsencode(self.path.absolute()))}?{how}"
        connection = sqlite3.connect(address, uri=True, timeout=self._seconds, isolation_level=None)
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "foreign_keys = ON", "secure_delete = FAST"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _prepare(self) -> None:
        if self.why_read_only is None:
            self._make_tables()
        version = self.number("PRAGMA user_version")
        if version > schema.VERSION:
            self._take_newer(version)
        elif self.number("PRAGMA application_id") != schema.APPLICATION_ID:
            raise not_a_library(self.path, "an SQLite file of another program")
        elif version < schema.VERSION and self.why_read_only is None:
            self._bring_here()
        self.number("SELECT coalesce(max(id), 0) FROM runs")
        self.has_sweeps = self.number("PRAGMA user_version") >= 2
        if self.why_read_only is None:
            self._keep_a_log()

    def _make_tables(self) -> None:
        if self.number("SELECT count(*) FROM sqlite_master"):
            return
        self._connection.execute(f"PRAGMA page_size = {schema.PAGE_BYTES}")
        self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        with self.writing():
            if not self.number("SELECT count(*) FROM sqlite_master"):  # unless another program was faster
                schema.create(self._connection)

    def _bring_here(self) -> None:
        """Migrates tables of an older version, completely or not at all."""
        with self.writing():
            version = self.number("PRAGMA user_version")
            if version < schema.VERSION:  # unless another program was faster
                schema.migrate(self._connection, version)

    def _take_newer(self, version: int) -> None:
        """Opens a library of a newer release if that release allows it."""
        meta = dict(self._connection.execute("SELECT name, value FROM meta"))
        by = f"nnviz {str(meta.get('nnviz', ''))[:20]}".strip()
        try:
            readable_by = int(meta["readable_by"])
        except (KeyError, ValueError):
            readable_by = version
        if readable_by > schema.VERSION:
            problem = f"its version {version}, written by {by}, is too new for nnviz {__version__}"
            raise NotALibraryError.from_problem(self.path.name, problem, f"Install {by} or newer. {ELSEWHERE}")
        self.why_read_only = f"{by} wrote it in version {version}, but nnviz {__version__} writes {schema.VERSION}"
        self._connection.execute("PRAGMA query_only = ON")

    def _keep_a_log(self) -> None:
        """Switches to a write-ahead log, which lets readers and a writer work at once, if that is possible."""
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_BYTES // schema.PAGE_BYTES}")
        self._connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        wanted = "TRUNCATE" if is_on_network(self.path) else "WAL"
        if not is_disk_full(self.path):
            with suppress(sqlite3.OperationalError):  # another program has it open in its own way
                self._connection.execute(f"PRAGMA journal_mode = {wanted}")
        self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if self.journal == 'wal' else 'FULL'}")

    @property
    def journal(self) -> str:
        """The journal mode of SQLite: "wal", or "truncate" if that is not possible."""
        mode: str = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        return mode

    # ---- reading and writing

    def rows(self, query: str, values: object = ()) -> list[tuple]:
        """Returns all rows of a query. Raises LibraryError."""
        with translated_errors(self.path):
            return self._connection.execute(query, _sought(values)).fetchall()

    def row(self, query: str, values: object = ()) -> tuple | None:
        """Returns the first row of a query, or None."""
        with translated_errors(self.path):
            return self._connection.execute(query, _sought(values)).fetchone()

    def numbers(self, query: str, values: object = ()) -> list[tuple[float, ...]]:
        """Returns all rows of a query, which must contain finite numbers only. Raises LibraryError."""
        rows = self.rows(query, values)
        if not all(isinstance(each, (int, float)) and math.isfinite(each) for row in rows for each in row):
            raise damaged(self.path, "a number is missing")
        return rows

    def number(self, query: str, values: object = ()) -> int:
        """Returns the single number of a query."""
        row = self.row(query, values)
        if row is None or not isinstance(row[0], (int, float)) or not math.isfinite(row[0]):
            raise damaged(self.path, "a number is missing")
        return int(row[0])

    def write(self, statement: str, values: object = ()) -> int:
        """Executes a statement; returns the number of rows it changed. Raises LibraryError."""
        with self.writing():
            return self._connection.execute(statement, _storable(values)).rowcount

    def insert(self, table: str, entries: dict[str, object], how: str = "INSERT") -> int:
        """Adds a row to a table; returns its number. Within :meth:`writing`."""
        names, marks = ", ".join(entries), ", ".join("?" * len(entries))
        done = self._connection.execute(
            f"{how} INTO {table} ({names}) VALUES ({marks})", _storable(tuple(entries.values()))
        )
        return done.lastrowid or 0

    def many(self, statement: str, rows: list[tuple]) -> None:
        """Executes a statement for each row of values. Within :meth:`writing`."""
        self._connection.executemany(statement, rows)

    def update_run(self, run: int, entries: dict[str, object]) -> None:
        """Changes columns of a run. Within :meth:`writing`."""
        names = ", ".join(f"{name} = ?" for name in entries)
        self.write(f"UPDATE runs SET {names} WHERE id = ?", (*entries.values(), run))

    def count_bytes(self, run: int) -> None:
        """Updates the size of a run. Within :meth:`writing`."""
        sizes = " + ".join(
            f"(SELECT coalesce(sum(nbytes), 0) FROM {table} WHERE run = runs.id)"
            for table in ("moments", "states", "confusions")
        )
        self.write(f"UPDATE runs SET nbytes = {sizes} + length(experiment) WHERE id = ?", (run,))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Opens a transaction, or a savepoint within another one. Raises LibraryError."""
        if self.why_read_only is not None:
            raise read_only(self.path, self.why_read_only)
        if self._connection.in_transaction:
            yield
            return
        with translated_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_place()  # it may have been rescued while this waited
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have ended the transaction already
                    self._connection.execute("ROLLBACK")
                raise

    def _check_place(self) -> None:
        """Raises ReplacedError if the file is no longer where it was opened."""
        try:
            what = None if _file_at(self.path) == self._file else "replaced by another file"
        except FileNotFoundError:
            what = "moved or deleted"
        if what is not None:
            remedy = "nnviz opens it again when it needs it."
            raise ReplacedError.from_problem(self.path.name, f"the library was {what}", remedy)

    # ---- size

    @property
    def nbytes(self) -> int:
        """Bytes of the file, without the part of the log that is not yet in it."""
        return self.number("PRAGMA page_count") * self.number("PRAGMA page_size")

    def hold_states(self) -> None:
        """Enlarges the cache, so that a whole training state is not written in pieces."""
        with translated_errors(self.path):
            self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")

    def delete(self, work: Callable[[], None], shrinks: bool = True) -> None:
        """Calls a function that deletes, in a transaction that overwrites what is deleted, in the file and in its log.

        Then the file shrinks, unless the caller postpones :meth:`shrink`. Raises LibraryError.
        """

        def overwriting() -> None:
            with translated_errors(self.path):
                self._connection.execute("PRAGMA secure_delete = ON")
                try:
                    with self.writing():
                        work()
                finally:
                    self._connection.execute("PRAGMA secure_delete = FAST")

        self.also_on_full_disk(overwriting)
        if shrinks:
            self.shrink()

    def shrink(self) -> None:
        """Returns free pages to the disk. Raises LibraryError."""
        if self.why_read_only is None:
            self.also_on_full_disk(self._shrink)

    def _shrink(self) -> None:
        with translated_errors(self.path):
            # First zeros are put where the deleted was; only then is the file cut.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._connection.executescript("PRAGMA incremental_vacuum")  # execute() would stop after one page
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def also_on_full_disk(self, work: Callable[[], object]) -> None:
        """Calls a function that deletes. If the disk is too full for that, calls it again without a log on disk.

        The journal is then in memory: a program that is killed at that moment leaves a damaged file. Without this
        nothing could be deleted on a full disk. Raises LibraryError.
        """
        try:
            work()
        except FullDiskError as error:
            try:
                self._connection.execute("PRAGMA journal_mode = MEMORY").fetchall()
            except sqlite3.OperationalError:  # another program has it open
                raise error from None
            try:
                work()
            finally:
                self._connection.execute("PRAGMA journal_mode = TRUNCATE").fetchall()

    def adopt(self, other: Database) -> None:
        """Adopts the connection of another object, and closes its own."""
        self._connection.close()
        vars(self).update(vars(other))

    def close(self) -> None:
        """Closes the connection. The last one transfers the log to the file."""
        self._connection.close()


def not_a_library(path: Path, what: str, kind: type[NotALibraryError] = NotALibraryError) -> NotALibraryError:
    return kind.from_problem(path.name, f"{what}, not a library of nnviz", ELSEWHERE)


def _file_at(path: Path) -> tuple[int, int]:
    """Returns an identity of the file that does not depend on its name."""
    found = path.stat()
    return found.st_dev, found.st_ino


def _make_file(path: Path) -> None:
    """Makes an empty file for its owner only, if there is none. SQLite's other files inherit its permissions."""
    try:
        check_regular(path, mode_at(path), "this is {}, not a library file")
    except FileNotFoundError:
        path.parent.mkdir(_FOLDER_OF_OWNER, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another program made it just now
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))


def _storable(values: Any) -> Any:
    """Returns values that SQLite can store: text is valid UTF-8. Paths are in JSON, which escapes them."""
    if isinstance(values, dict):
        return dict(zip(values, _storable(tuple(values.values())), strict=True))
    return tuple(storable(value) if isinstance(value, str) else value for value in values)


def _sought(values: Any) -> Any:
    """Returns values to search for. An integer that no row can have becomes NULL, which equals nothing."""
    stored = _storable(values)
    if isinstance(stored, dict):
        return dict(zip(stored, _sought(tuple(stored.values())), strict=True))
    return tuple(None if isinstance(value, int) and not _LEAST <= value <= _MOST else value for value in stored)


def _check_head(path: Path) -> None:
    """Raises NotALibraryError for a file of another program, before it is opened for writing.

    SQLite itself reads the file, because to open and close it in another way would release all locks of the process. It
    reads the file without its log, which may be transferred in part, so damage is not detected here.
    """
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        try:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error):
                raise not_a_library(path, "a file of another kind", NotSQLiteError) from None
            if not is_damage(error):
                raise
            return
    if application & 0xFFFFFFFF not in (0, schema.APPLICATION_ID):
        raise not_a_library(path, "an SQLite file of another program")


def _needs_immutable(error: sqlite3.OperationalError, path: Path) -> bool:
    """Whether the file can only be read as immutable: its log cannot be opened and is empty."""
    log = Path(f"{path}-wal")
    is_empty = not log.exists() or not log.stat().st_size
    return is_empty and any(sign in str(error) for sign in ("unable to open", "readonly"))
