"""Errors of the run library, with their messages."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.basics.errors import EngineError, Verbatim
from engine.basics.validation import gigabytes
from nnviz.library.schema import PAGE_BYTES
from nnviz.program_name import program_name

ELSEWHERE = "The environment variable NNVIZ_LIBRARY can name another file."
WRITTEN_AGAIN = "The library is written to again."
_LEAST_ROOM = 2**17  # bytes that SQLite takes beside the library, even if nothing is written to it


class LibraryError(EngineError):
    """Base class: the library refuses an operation, and keeps its content. ``parameter`` is the name of its file."""


class FullDiskError(LibraryError):
    """The disk is full."""


class ReadOnlyError(LibraryError):
    """The library can be read only."""


class BusyError(LibraryError):
    """Another program kept writing to the library until the timeout."""


class DamagedError(LibraryError):
    """The file is damaged. It is repaired when it is next opened."""


class UnreadableRunError(LibraryError):
    """A part of one run cannot be read. The file itself is not considered damaged."""


class NotALibraryError(LibraryError):
    """The file is something else, or a library of a release that is too new."""


class NotSQLiteError(NotALibraryError):
    """The file is no SQLite file."""


class ReplacedError(LibraryError):
    """The open file is no longer at its path: it was replaced, for example after damage, or removed."""


class UnknownRunError(LibraryError):
    """The library has no run of that number, or not the requested part of it."""


class UnknownSweepError(LibraryError):
    """The library has no sweep of that number."""


class ReplayError(LibraryError):
    """A replayed training did not reproduce its recording."""


class RunInUseError(LibraryError):
    """The run is being trained elsewhere, or was trained further there."""


class TooLargeError(LibraryError):
    """The network is too large to be saved repeatedly during training."""


def unknown_run(path: Path, run: object) -> UnknownRunError:
    rule = "must be the number of a run that is there"
    return UnknownRunError("run", Verbatim(str(run)[:60]), rule, f"“{program_name()} runs” lists those in {path.name}.")


def in_use(run: int) -> RunInUseError:
    rule = "must not be trained by another program at this moment"
    return RunInUseError("run", run, rule, "End its training there first.")


def continued_elsewhere(run: int) -> RunInUseError:
    rule = "must be as it was when it was read, but another program has trained it on"
    return RunInUseError("run", run, rule, "Read it again.")


def damage_mark(path: Path) -> Path:
    """Returns the path of a marker file: the library is repaired when it is next opened."""
    return path.with_name(f"{path.name}.damaged")


def damaged(path: Path, what: str) -> DamagedError:
    """Makes the marker file, and returns the error."""
    with suppress(OSError):
        damage_mark(path).touch(0o600)
    remedy = "Start nnviz again: the file is set aside then, and what can still be read becomes a new library."
    return DamagedError(path.name, Verbatim(f"damaged ({what})"), "must be as nnviz wrote it", remedy)


def unreadable(what: str, why: object) -> UnreadableRunError:
    """Returns the error for a part of a run that cannot be read."""
    remedy = "Delete the run, or repair the library."
    return UnreadableRunError(what, Verbatim(f"unreadable ({str(why)[:80]})"), "must be as nnviz wrote it", remedy)


def not_reproduced(what: str) -> ReplayError:
    rule = "must come out as it was recorded"
    remedy = "Perhaps numpy, BLAS or the processor are others by now. Its last state is not touched by that."
    return ReplayError("training", Verbatim(f"another one when it is gone through again ({what})"), rule, remedy)


def read_only(path: Path, why: str) -> ReadOnlyError:
    remedy = f"Nothing is recorded until it can be written to. {ELSEWHERE}"
    return ReadOnlyError(path.name, Verbatim(f"open for reading only, because {why}"), "must be writable", remedy)


def too_large(size: int, most: int) -> TooLargeError:
    rule = f"must be at most {gigabytes(most)} to be recorded"
    remedy = "Its figures are recorded, and not its weights: save it to a file when it has learned."
    return TooLargeError("network", Verbatim(f"of {gigabytes(size)} with the state of its training"), rule, remedy)


def no_memory() -> LibraryError:
    rule = "must have memory to be packed in"
    return LibraryError("state", Verbatim("too large for the memory that is free"), rule, "Close other programs.")


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turns errors of SQLite and of the system into a LibraryError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(path, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(path) from error
        rule = "must be a file in a folder that can be written to"
        value = Verbatim(f"out of reach ({error.strerror or error})")
        raise LibraryError(path.name, value, rule, ELSEWHERE) from error


def _translated(path: Path, error: sqlite3.Error) -> LibraryError:
    text = str(error)
    if "full" in text or ("I/O error" in text and is_disk_full(path)):
        return _full(path)
    if "readonly" in text:
        return read_only(path, "file or folder is write-protected")
    if "locked" in text or "busy" in text:
        rule = "must be free for a moment"
        return BusyError(path.name, Verbatim("in use by another program"), rule, "Try again.")
    if is_damage(error) or ("I/O error" in text and _ends_within_a_page(path)):
        return damaged(path, text)
    rule = "must be a file that can be read and written"
    return LibraryError(path.name, Verbatim(f"out of order ({text})"), rule, ELSEWHERE)


def is_disk_full(path: Path) -> bool:
    """Whether the disk has no room for SQLite's temporary files."""
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free < _LEAST_ROOM
    return False


def _ends_within_a_page(path: Path) -> bool:
    """Whether the file was truncated within a page, so that SQLite cannot read the page."""
    with suppress(OSError):
        return path.stat().st_size % PAGE_BYTES > 0
    return False


def _full(path: Path) -> FullDiskError:
    remedy = "Make room on the disk, delete runs that are no longer needed, or go on without recording."
    return FullDiskError(path.name, Verbatim("on a full disk"), "must have room to grow", remedy)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error indicates a damaged file."""
    text = str(error)
    signs = ("malformed", "not a database", "no such table", "no such column", "Could not decode")
    return any(sign in text for sign in signs)
