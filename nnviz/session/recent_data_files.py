"""Recently used data files with their settings, so that a file opens the next time with the same ones."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import DATASETS
from engine.datasets.data_setting import Value
from engine.datasets.source import frozen, without_own
from engine.old_experiments import present_data_settings, recorded_data_settings
from nnviz.jobs.data_reader import Stamp, stamp_of
from nnviz.session.data import Data

MOST_FILES = 15
_LONGEST = 6_000  # characters of one file's settings


@dataclass(frozen=True)
class RecentDataFile:
    """A data file or folder.

    Attributes:
        path: absolute path.
        settings: its data settings other than defaults.
        stamp: its size and modification time when it was used; None if unknown.
    """

    path: str
    settings: dict[str, Value]
    stamp: Stamp | None

    @property
    def has_changed(self) -> bool:
        """Whether the file has changed or is gone."""
        return _stamp(self.path) != self.stamp


class RecentDataFiles(QObject):
    """The recently used data files, the latest first.

    Signals:
        changed: ``files`` has changed.
    """

    changed = pyqtSignal()

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.files: list[RecentDataFile] = []
        self._data = data
        data.changed.connect(self._note)

    def find(self, path: str) -> RecentDataFile | None:
        """Returns the entry of a file; None if it was not used recently."""
        return next((file for file in self.files if file.path == path), None)

    def _note(self) -> None:
        """Adds the file of the current data set, if it is from a file."""
        name = self._data.name
        if name is None or name in list(DATASETS) or self._data.dataset is None:
            return
        path, settings = os.path.abspath(name), without_own(self._data.settings)
        if len(json.dumps(settings)) > _LONGEST:
            settings = {}
        known = RecentDataFile(path, dict(settings), _stamp(path))
        if self.files[:1] != [known]:
            self.files = [known, *(file for file in self.files if file.path != path)][:MOST_FILES]
            self.changed.emit()

    # ---- storage

    def as_list(self) -> list[list[Any]]:
        """Returns the files in JSON types."""
        return [[file.path, recorded_data_settings(file.path, file.settings), file.stamp] for file in self.files]

    def restore(self, document: object) -> None:
        """Restores the files that :meth:`as_list` returned, without damaged entries."""
        entries = document if isinstance(document, list) else []
        found = [file for entry in entries[:MOST_FILES] if (file := _file_of(entry)) is not None]
        if found:
            self.files = found
            self.changed.emit()


def _file_of(entry: Any) -> RecentDataFile | None:
    with suppress(TypeError, ValueError, RecursionError):
        path, given, stamp = entry
        settings = {name: frozen(value) for name, value in given.items() if _is_setting(name, frozen(value))}
        if isinstance(path, str) and os.path.isabs(path) and len(settings) == len(given):
            settings = present_data_settings(path, settings)
            return RecentDataFile(path, settings, None if stamp is None else (int(stamp[0]), int(stamp[1])))
    return None


def _is_setting(name: object, value: Value) -> bool:
    """Whether a setting is valid: names of columns, or a single value."""
    if name in ("ignored", "texts", "numbers"):
        return isinstance(value, tuple) and all(isinstance(each, str) for each in value)
    return isinstance(name, str) and isinstance(value, str | int | float | bool | None)


def _stamp(path: str) -> Stamp | None:
    with suppress(OSError, ValueError):
        return stamp_of(Path(path))
    return None
