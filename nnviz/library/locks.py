"""Who trains a run at this moment: a lock beside the library, which ends with its process, however that ends."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    _CAN_LOCK = False
else:
    _CAN_LOCK = True

_OWNER_ONLY = 0o600
_LOOKS, _LOOK_SECONDS = 3, 0.002


class Lock:
    """A lock of a name beside a file. Where the system has none, everybody gets it."""

    def __init__(self, path: Path, name: str) -> None:
        self._place = path.with_name(f"{path.name}.{name}.lock")
        self._handle: int | None = None

    def take(self, waits: bool = False) -> bool:
        """Takes it, and returns whether it was free. Raises OSError if it cannot be made."""
        if not _CAN_LOCK:
            return True
        while self._handle is None:
            handle = os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
            if not _locked(handle, waits):
                os.close(handle)
                return False
            if os.fstat(handle).st_nlink:
                self._handle = handle
            else:  # who held it removed the file before it was locked here
                os.close(handle)
        return True

    def release(self) -> None:
        """Gives it back; does nothing if it was not taken."""
        if self._handle is not None:
            with suppress(OSError):
                os.unlink(self._place)
            os.close(self._handle)
            self._handle = None

    @property
    def is_held(self) -> bool:
        """Whether anybody holds it, here or in another process."""
        if self._handle is not None:
            return True
        if not _CAN_LOCK or not self._place.exists():
            return False
        with suppress(OSError):
            if not self.take():
                return True
            self.release()
        return False


def _locked(handle: int, waits: bool) -> bool:
    """Locks an open file; waits a moment for one who only looks whether it is locked."""
    for _ in range(1 if waits else _LOOKS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except OSError:
            time.sleep(_LOOK_SECONDS)
        else:
            return True
    return False


def lock_of_run(path: Path, run: int) -> Lock:
    """The lock of who trains a run of that library."""
    return Lock(path, f"run{run}")
