"""Errors of the run library, with their messages."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.basics.errors import EngineError
from engine.basics.validation import gigabytes
from nnviz.library.schema import PAGE_BYTES
from nnviz.program_name import program_name

ELSEWHERE = "Set the environment variable NNVIZ_LIBRARY to use another file."
WRITTEN_AGAIN = "The library can be written to again."
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
    """The run is being trained elsewhere, or was trained further there. ``rule`` says which."""

    @property
    def problem(self) -> str:
        return f" {self.value} {self.rule}"


class TooLargeError(LibraryError):
    """The network is too large to be saved repeatedly during training."""


def unknown_run(path: Path, run: object) -> UnknownRunError:
    remedy = f"“{program_name()} runs” lists the runs in {path.name}."
    return UnknownRunError.from_problem("", f"There is no run {str(run)[:60]}", remedy)


def in_use(run: int) -> RunInUseError:
    return RunInUseError("run", run, "is being trained by another program", "Stop its training there first.")


def continued_elsewhere(run: int) -> RunInUseError:
    return RunInUseError("run", run, "has been trained further by another program", "Reload it.")


def damage_mark(path: Path) -> Path:
    """Returns the path of a marker file: the library is repaired when it is next opened."""
    return path.with_name(f"{path.name}.damaged")


def damaged(path: Path, what: str) -> DamagedError:
    """Makes the marker file, and returns the error."""
    with suppress(OSError):
        damage_mark(path).touch(0o600)
    remedy = "Restart nnviz: it keeps the damaged file under another name and recovers what can be read."
    return DamagedError.from_problem(path.name, f"the library is damaged ({what})", remedy)


def unreadable(what: str, why: object) -> UnreadableRunError:
    """Returns the error for a part of a run that cannot be read."""
    remedy = "Delete the run, or repair the library."
    return UnreadableRunError.from_problem(what, f"it cannot be read ({str(why)[:80]})", remedy)


def not_reproduced(what: str) -> ReplayError:
    remedy = "NumPy, BLAS or the processor may have changed since. The run's last state is not affected."
    return ReplayError.from_problem("training", f"the replay differs from the recording ({what})", remedy)


def read_only(path: Path, why: str) -> ReadOnlyError:
    remedy = f"Nothing is recorded until it can be written to. {ELSEWHERE}"
    return ReadOnlyError.from_problem(path.name, f"the library is read-only, because {why}", remedy)


def too_large(size: int, most: int) -> TooLargeError:
    problem = f"with its training state it takes {gigabytes(size)}, at most {gigabytes(most)} can be recorded"
    remedy = "Only its figures are recorded, not its weights. Save it to a file after training."
    return TooLargeError.from_problem("network", problem, remedy)


def no_memory() -> LibraryError:
    return LibraryError.from_problem("state", "there is not enough memory to save it", "Close other programs.")


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
        problem = f"the library cannot be accessed ({error.strerror or error})"
        raise LibraryError.from_problem(path.name, problem, ELSEWHERE) from error


def _translated(path: Path, error: sqlite3.Error) -> LibraryError:
    text = str(error)
    if "full" in text or ("I/O error" in text and is_disk_full(path)):
        return _full(path)
    if "readonly" in text:
        return read_only(path, "its file or folder is write-protected")
    if "locked" in text or "busy" in text:
        return BusyError.from_problem(path.name, "the library is in use by another program", "Try again.")
    if is_damage(error) or ("I/O error" in text and _ends_within_a_page(path)):
        return damaged(path, text)
    return LibraryError.from_problem(path.name, f"the library cannot be read or written ({text})", ELSEWHERE)


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
    remedy = "Free disk space, delete runs that are no longer needed, or continue without recording."
    return FullDiskError.from_problem(path.name, "the disk is full", remedy)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error indicates a damaged file."""
    text = str(error)
    signs = ("malformed", "not a database", "no such table", "no such column", "Could not decode")
    return any(sign in text for sign in signs)
