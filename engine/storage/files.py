"""Writes files completely or not at all; reading them is in :mod:`engine.regular_files`."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from pathlib import Path

from engine.regular_files import check_regular, mode_at

try:
    import fcntl
except ImportError:  # Windows
    _CAN_LOCK = False
else:
    _CAN_LOCK = True

_NEW_FILE = 0o666  # minus the umask, which the system applies
_SURELY_LEFT = 60  # seconds since the last change of a temporary file, where files cannot be locked


def write_whole(path: str | Path, content: bytes) -> None:
    """Writes a temporary file beside ``path``, flushes and renames it: readers see either the old or the new content.

    Temporary files that killed processes left there for the same ``path`` are removed.

    Raises:
        OSError: the folder is missing, full or cannot be written, or ``path`` is not a regular file. What was there
            stays unchanged.
    """
    mode = mode_of_file(path)
    # A symbolic link is kept: the file it points to is replaced.
    path = Path(os.path.realpath(path))
    _remove_leftovers(path)
    try:
        _write_and_rename(path, content, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # people do not know the temporary name


def _write_and_rename(path: Path, content: bytes, mode: int | None) -> None:
    handle, temporary = _temporary_file(path, _NEW_FILE if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if mode is not None:
                os.chmod(temporary, mode)
            if not _CAN_LOCK:
                file.close()  # Windows renames no open file
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _temporary_file(path: Path, mode: int) -> tuple[int, Path]:
    """Makes a file beside ``path``, locked as long as it is open, so that nobody takes it for a leftover."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        temporary = path.parent / f"{_temporary_start(path)}{secrets.token_hex(4)}.part"
        handle = os.open(temporary, flags, mode)
        _lock(handle, waits=True)  # at most for one who looks whether it is left, and removes it
        if not _CAN_LOCK or os.fstat(handle).st_nlink:
            return handle, temporary
        os.close(handle)  # another writer removed it before it was locked


def _temporary_start(path: Path) -> str:
    return f".{path.name[:50]}."  # only the beginning of a long name, because names are limited to 255 bytes


def _remove_leftovers(path: Path) -> None:
    """Removes the temporary files of ``path`` whose writers are gone: nobody holds their locks."""
    pattern = re.compile(re.escape(_temporary_start(path)) + r"[0-9a-f]{8}\.part", re.DOTALL)
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if pattern.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_if_left(entry)


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    if not _CAN_LOCK:  # an open file cannot be removed there, and it is renamed at once after it is closed
        if time.time() - entry.stat().st_mtime > _SURELY_LEFT:
            os.unlink(entry.path)
        return
    handle = os.open(entry.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        if _lock(handle):
            os.unlink(entry.path)
    finally:
        os.close(handle)


def _lock(handle: int, waits: bool = False) -> bool:
    """Locks an open file until it is closed; returns False if another has locked it or the system cannot lock."""
    try:
        if _CAN_LOCK:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def mode_of_file(path: str | Path) -> int | None:
    """Returns the permissions of the file at ``path``, or None if there is none.

    Raises:
        OSError: ``path`` is not a regular file, which :func:`write_whole` does not replace.
    """
    try:
        mode = mode_at(path)
    except FileNotFoundError:
        return None
    check_regular(path, mode, "{} is there, and only a regular file can be replaced")
    return mode & 0o777
