"""Writes files completely or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

_NEW_FILE = 0o666  # minus the umask, which the system applies
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def write_whole(path: str | Path, content: bytes) -> None:
    """Writes a temporary file beside ``path``, flushes and renames it: readers see either the old or the new content.

    Raises:
        OSError: the folder is missing or cannot be written, or ``path`` is not a regular file. What was there stays
            unchanged.
    """
    mode = mode_of_file(path)
    # A symbolic link is kept: the file it points to is replaced.
    path = Path(os.path.realpath(path))
    # Only the beginning of a long name, because names are limited to 255 bytes.
    temporary = path.parent / f".{path.name[:50]}.{secrets.token_hex(4)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(temporary, flags, _NEW_FILE if mode is None else mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # people do not know the temporary name
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def mode_of_file(path: str | Path) -> int | None:
    """Returns the permissions of the file at ``path``, or None if there is none.

    Raises:
        OSError: ``path`` is not a regular file, which :func:`write_whole` does not replace.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:  # a name with a null character
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    if stat.S_ISREG(mode):
        return mode & 0o777
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
    reason = f"{kind} is there, and only a regular file can be replaced"
    raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, reason, str(path))
