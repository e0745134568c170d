"""Disks that are full or write-protected when a test wants it: mounted, or a layer that fails where that cannot be."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

from nnviz.library import recording

_SIZE = 40 * 2**20  # bytes: more than any of these tests writes
_BLOCK = 2**20
_SIGN = "NNVIZ_TEST_DISK_IS_FULL"  # names the file whose existence says that the disk is full


class Disk(Protocol):
    """Attributes:
    folder: where files can be written.
    """

    folder: Path

    def fill(self) -> None:
        """From now on nothing more can be written."""

    def make_room(self) -> None:
        """There is room again."""


class MountedDisk:
    """A small one in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str = "rw") -> bool:
        """Mounts it, or mounts it again with other options; returns whether that was possible."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},{options}", "tmpfs", str(self.folder)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def fill(self, but: int = 0) -> None:
        """But for a given number of bytes."""
        with suppress(OSError), open(self.folder / "large", "wb", buffering=0) as file:  # others write there, too
            while (room := shutil.disk_usage(self.folder).free - but) > 0:
                file.write(bytes(min(room, _BLOCK)))

    def make_room(self) -> None:
        (self.folder / "large").unlink()


@contextmanager
def mounted(folder: Path) -> Iterator[MountedDisk]:
    """A small disk in that folder, which is made. Skips the test where nothing can be mounted."""
    folder.mkdir()
    disk = MountedDisk(folder)
    if not disk.mount():
        pytest.skip("nothing can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True)  # a test that failed may still use it


class FailingDisk:
    """SQLite fails with what it says on a full disk, in this process and in those that it starts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self.folder, self._sign = folder, folder / "full"
        monkeypatch.setenv(_SIGN, str(self._sign))
        monkeypatch.setattr(sqlite3, "connect", sqlite3.connect)  # is restored after the test
        let_writing_fail()

    def fill(self) -> None:
        self._sign.touch()

    def make_room(self) -> None:
        self._sign.unlink()


class _Connection(sqlite3.Connection):
    def execute(self, query: str, *values: Any) -> sqlite3.Cursor:
        if query == "COMMIT" and os.path.exists(os.environ[_SIGN]):
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(query, *values)


def let_writing_fail() -> None:
    """From now on transactions fail in this process while the sign is there."""
    connect = sqlite3.connect
    sqlite3.connect = lambda *words, **more: connect(*words, factory=_Connection, **more)  # type: ignore[assignment]


def hurry() -> None:
    """In this process failures are soon tried again; and all that is true of :class:`FailingDisk` is true here."""
    recording.SECONDS_AFTER_FAILURE, recording.SECONDS_BETWEEN_COMMITS = 0.1, 0.05
    if _SIGN in os.environ:
        let_writing_fail()
