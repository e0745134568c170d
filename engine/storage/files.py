"""Writes files and folders completely or not at all; reading files is in :mod:`engine.basics.regular_files`."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from engine.basics.regular_files import check_regular, mode_at

try:
    import fcntl
except ImportError:  # Windows
    _CAN_LOCK = False
else:
    _CAN_LOCK = True

_NEW_FILE = 0o666  # minus the umask, which the system applies
_SURELY_LEFT = 60  # seconds since the last change of a temporary file, where files cannot be locked


def write_whole(path: str | Path, content: bytes) -> None:
    """Writes a file atomically: a temporary file next to ``path`` is flushed and renamed, so readers see old or new.

    Temporary files of the same ``path`` that killed processes left are removed.

    Raises:
        OSError: the folder is missing, full or cannot be written, or ``path`` is not a regular file. What was there
            stays unchanged.
    """
    with whole_file(path) as (file, _):
        file.write(content)


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Yields a temporary file and its path, for content that arrives in pieces; see :func:`write_whole`.

    The file is renamed at the end, and removed after an error. Raises OSError like ``write_whole``.
    """
    mode = mode_of_file(path)
    # A symbolic link is kept: the file it points to is replaced.
    path = Path(os.path.realpath(path))
    _remove_leftovers(path)
    with _errors_named(path), _renamed_at_end(path, mode) as opened:
        yield opened


@contextlib.contextmanager
def whole_folder(path: str | Path, replaces: bool = False) -> Iterator[Path]:
    """Yields a temporary folder next to ``path``, which is renamed at the end and removed after an error.

    ``replaces``: whether an existing folder is then removed with its content.

    Raises:
        OSError: the folder around it is missing, full or cannot be written, or there is something at ``path`` that is
            not to be replaced.
    """
    path = Path(os.path.realpath(path))
    if os.path.lexists(path) and not (replaces and path.is_dir()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    _remove_leftovers(path)
    with _errors_named(path):
        temporary = _temporary_path(path)
        temporary.mkdir()
        try:
            with _locked_folder(temporary):
                yield temporary
                _put_in_place(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _put_in_place(folder: Path, path: Path) -> None:
    """Renames the folder; one that is there goes only when the new one has its place."""
    if not path.exists():
        os.rename(folder, path)
        return
    old = _temporary_path(path)
    os.rename(path, old)
    try:
        os.rename(folder, path)
    except OSError:
        os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Locks a temporary folder, so that no other process removes it as a leftover."""
    if not _CAN_LOCK:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, waits=True)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    """Replaces the temporary path in errors by the path that the user knows."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None


@contextlib.contextmanager
def _renamed_at_end(path: Path, mode: int | None) -> Iterator[tuple[IO[bytes], Path]]:
    handle, temporary = _temporary_file(path, _NEW_FILE if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, temporary
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
    """Makes a file next to ``path``, locked while it is open, so that no other process removes it as a leftover."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        temporary = _temporary_path(path)
        handle = os.open(temporary, flags, mode)
        _lock(handle, waits=True)  # only another process that checks for leftovers holds the lock, briefly
        if not _CAN_LOCK or os.fstat(handle).st_nlink:
            return handle, temporary
        os.close(handle)  # another writer removed it before it was locked


def _temporary_path(path: Path) -> Path:
    return path.parent / f"{_temporary_start(path)}{secrets.token_hex(4)}.part"


def _temporary_start(path: Path) -> str:
    return f".{path.name[:50]}."  # a long name is cut, because names are limited to 255 bytes


def _remove_leftovers(path: Path) -> None:
    """Removes the temporary files and folders of ``path`` whose writers have ended, which shows in their locks."""
    pattern = re.compile(re.escape(_temporary_start(path)) + r"[0-9a-f]{8}\.part", re.DOTALL)
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if pattern.fullmatch(entry.name) and not entry.is_symlink():
                with contextlib.suppress(OSError):
                    _remove_if_left(entry)


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    if not entry.is_dir() and not entry.is_file():
        return
    if not _CAN_LOCK:  # an open file cannot be removed there, and it is renamed at once after it is closed
        if time.time() - entry.stat().st_mtime > _SURELY_LEFT:
            _remove(entry)
        return
    handle = os.open(entry.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        if _lock(handle):
            _remove(entry)
    finally:
        os.close(handle)


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir():
        shutil.rmtree(entry.path)
    else:
        os.unlink(entry.path)


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
