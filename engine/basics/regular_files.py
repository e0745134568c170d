"""Reads regular files up to a size, and nothing else: no pipe that a program has to write to first, no device."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

from engine.basics.errors import bad_file

LARGEST_FILE = 10**11  # bytes of a data file or a checkpoint
_WHAT_IS_READ = "this is {}, but only a regular file can be read"
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_regular(path: str | Path, most_bytes: int) -> bytes:
    """Returns the content of a regular file; never waits for another program, as reading a pipe would.

    Raises:
        FileFormatError: it has more than ``most_bytes``; nothing was read.
        OSError: it is missing, cannot be read or is not a regular file.
    """
    with open_regular(path, most_bytes) as file:
        return file.read(os.fstat(file.fileno()).st_size) or b""  # None: a kernel file without data yet


def open_regular(path: str | Path, most_bytes: int) -> io.BufferedReader:
    """Opens a file like :func:`read_regular`, for reading bytes, and raises the same errors."""
    check_regular(path, mode_at(path), _WHAT_IS_READ)  # before it is opened, since that alone can start a device
    # A pipe that has just replaced the file would block without O_NONBLOCK.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    try:
        found = os.fstat(file.fileno())
        check_regular(path, found.st_mode, _WHAT_IS_READ)
        if found.st_size > most_bytes:
            problem = f"the file has {found.st_size:,} bytes, at most {most_bytes:,} are allowed"
            raise bad_file(Path(path), problem, "Check that it is the right file.")
    except BaseException:
        file.close()
        raise
    return file


def mode_at(path: str | Path) -> int:
    """Returns kind and permissions of the file or folder at ``path``. Raises OSError."""
    try:
        return os.stat(path).st_mode
    except ValueError as error:  # a name with a null character
        raise OSError(errno.EINVAL, str(error), str(path)) from None


def check_regular(path: str | Path, mode: int, reason: str) -> None:
    """Raises OSError for anything but a regular file; ``{}`` in the reason stands for what it is."""
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, reason.format(kind), str(path))
