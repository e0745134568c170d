"""``Download``: the files of a data set that are fetched from their publisher once, and then lie in a folder.

Nothing here reaches for the network but :meth:`Download.fetch`, and that only for what is not there yet.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CACHE_VARIABLE = "NNVIZ_CACHE"
_PIECE = 2**20  # bytes that are read at once

Progress = Callable[[int, int], None]  # called with the amount done and the total


@dataclass(frozen=True)
class RemoteFile:
    """A file at its publisher's.

    Attributes:
        url: where it is; its name is what follows the last slash.
        size: in bytes, as it is sent.
        md5: its checksum, 32 hex digits.
    """

    url: str
    size: int
    md5: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def is_at(self, path: Path) -> bool:
        """Whether a file of its size is there. It is not read."""
        return path.is_file() and path.stat().st_size == self.size

    def is_intact_at(self, path: Path) -> bool:
        """Whether it is there with its checksum: half a second for 500 MB. Raises OSError."""
        if not self.is_at(path):
            return False
        found = hashlib.md5(usedforsecurity=False)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
        return found.hexdigest() == self.md5


@dataclass(frozen=True)
class Download:
    """Files to download before a data set can be loaded, and information for the user about them.

    Attributes:
        name: the name of its folder in the cache.
        files: the files.
        licence: the licence of the data, as text.
        origin: the authors, for citation.
        on_system: the folder of the system package with the same files.
    """

    name: str
    files: tuple[RemoteFile, ...]
    licence: str
    origin: str
    on_system: Path | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def folder(self) -> Path:
        """The folder of the files; files that the user put there are accepted as well."""
        return cache_folder() / self.name

    def is_here(self) -> bool:
        """Whether it can be loaded without the network. Looks at names and sizes only, so it takes no time."""
        return self._is_on_system() or all(file.is_at(self.folder / file.name) for file in self.files)

    def fetch(self, progress: Progress | None = None) -> Path:
        """Returns the folder with all files, after downloading those that are missing or differ from the publisher's.

        Only downloads need ``pooch``. After an error it can be called again: complete files stay.

        Args:
            progress: called with the bytes done and the bytes of all files, at most twenty times a second. Its
                exceptions end the download and are passed on.

        Raises:
            DownloadError: ``pooch`` is not installed, or a file could not be downloaded or stored. No incomplete file
                is left.
        """
        if self.on_system is not None and self._is_on_system():
            return self.on_system
        from engine.datasets.fetching import fetch_file

        done = 0
        for file in self.files:
            fetch_file(file, self.folder, _part(progress, done, self.size))
            done += file.size
        return self.folder

    def _is_on_system(self) -> bool:
        on_system = self.on_system
        return on_system is not None and all((on_system / file.name).is_file() for file in self.files)


def can_download() -> bool:
    """Whether pooch is installed; which downloads need. It is not imported."""
    return importlib.util.find_spec("pooch") is not None


def cache_folder() -> Path:
    """Returns the user's cache folder: ``NNVIZ_CACHE``, or the folder of ``pooch.os_cache``.

    It is determined without pooch, because cached files can be used without it.
    """
    named = os.environ.get(CACHE_VARIABLE, "")
    if named:
        return Path(named)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "nnviz" / "nnviz" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nnviz"
    named = os.environ.get("XDG_CACHE_HOME", "").strip()
    return (Path(named) if named else Path.home() / ".cache") / "nnviz"


def _part(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    """Returns a callback that takes the bytes done of one file and reports the bytes of all files."""
    if progress is None:
        return lambda done: None
    return lambda done: progress(before + done, total)
