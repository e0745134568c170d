"""File locks next to the library, for example of the program that trains a run. A lock ends with its process."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from glob import escape
from itertools import count
from pathlib import Path

_OWNER_ONLY = 0o600
_LOOKS, _LOOK_SECONDS = 3, 0.002
_DELETIONS, _NUMBERS = "deletions-", count()
_HELD = (BlockingIOError, PermissionError)  # errors of the operating systems for a lock that is held


class Lock:
    """A named lock next to a file. Always succeeds on a disk that supports no locks."""

    def __init__(self, path: Path, name: str) -> None:
        self._place = path.with_name(f"{path.name}.{name}.lock")
        self._handle: int | None = None

    def acquire(self, waits: bool = False) -> bool:
        """Acquires the lock; returns whether it was free. Raises OSError if its file cannot be made."""
        while self._handle is None:
            handle = os.open(self._place, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
            if not _locked(handle, waits):
                os.close(handle)
                return False
            if os.fstat(handle).st_nlink:
                self._handle = handle
            else:  # the previous holder removed the file before it was locked here
                os.close(handle)
        return True

    def release(self) -> None:
        """Releases the lock; does nothing if it was not acquired."""
        if self._handle is not None:
            _let_go(self._handle, self._place)
            self._handle = None

    @property
    def is_held(self) -> bool:
        """Whether the lock is held, here or in another process."""
        if self._handle is not None:
            return True
        if not self._place.exists():
            return False
        with suppress(OSError):
            if not self.acquire():
                return True
            self.release()
        return False


def _locked(handle: int, waits: bool) -> bool:
    """Locks an open file. If ``waits`` is false, waits only as long as another process needs to test the lock."""
    for _ in count() if waits else range(_LOOKS):
        try:
            _lock(handle)
        except _HELD:
            time.sleep(_LOOK_SECONDS)
        except OSError:
            return True  # there are no locks on this disk
        else:
            return True
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        """Locks an open file for this handle alone. Raises OSError."""
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _let_go(handle: int, place: Path) -> None:
        """Releases the lock, then removes the file: an open file cannot be removed."""
        with suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # the system may do it only some time after the end
        os.close(handle)
        with suppress(OSError):
            os.unlink(place)

else:
    import fcntl

    def _lock(handle: int) -> None:
        """Locks an open file for this handle alone. Raises OSError."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go(handle: int, place: Path) -> None:
        """Removes the file, then releases the lock: a process that waited for it notices that the file is gone."""
        with suppress(OSError):
            os.unlink(place)
        os.close(handle)


def lock_of_run(path: Path, run: int) -> Lock:
    """Returns the lock of the program that trains a run of that library."""
    return Lock(path, f"run{run}")


def lock_of_offer(path: Path, run: int) -> Lock:
    """Returns the lock of the window that offers to continue an interrupted run of that library."""
    return Lock(path, f"offer{run}")


def lock_of_deletions(path: Path) -> Lock:
    """Returns a lock of a program that can undo deletions in that library; there can be several."""
    return Lock(path, f"{_DELETIONS}{os.getpid()}-{next(_NUMBERS)}")


def are_deletions_undoable(path: Path) -> bool:
    """Whether any program, including this one, can undo deletions in that library."""
    names = [each.name for each in path.parent.glob(f"{escape(path.name)}.{_DELETIONS}*.lock")]
    return any(Lock(path, name.removeprefix(f"{path.name}.").removesuffix(".lock")).is_held for name in names)
