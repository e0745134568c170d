"""Preferences that are kept from one start to the next: plain text and numbers, in one JSON file.

Only text and numbers are read, so that a settings file cannot run code. The file is written in its own thread,
atomically and without a lock: of several windows, the last one to write wins.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.basics.regular_files import read_regular
from engine.storage.files import write_whole
from nnviz.jobs.serial_thread import SerialThread

Value = str | int | float | bool

_LOG = logging.getLogger("nnviz")
_LARGEST_FILE = 1_000_000  # bytes
_LONGEST_TEXT = 200_000  # characters of one value
_LARGEST_NUMBER = 2**53
_MOMENT = 250  # milliseconds in which changes are gathered before they are written
_LONGEST_WAIT = 5000  # milliseconds that closing waits for the disk


class Preferences(QObject):
    """The remembered values by name. They are read at construction, and written shortly after a change.

    Signals:
        gathering: the values are about to be written; receivers set their values now.
        failed(error): the file could not be written; emitted once.
    """

    gathering = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, path: Path | None) -> None:
        """Reads the JSON file ``path``; with None nothing is read or written."""
        super().__init__()
        self._path = path
        self._values = {} if path is None else _values_at(path)
        # What was written last. Values that are never changed are not written over those of another window.
        self._written: bytes | None = self._content()
        self._thread = SerialThread()
        self._is_writing = self._is_stale = self._has_failed = self._is_closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MOMENT)
        self._timer.timeout.connect(self.write)

    @property
    def folder(self) -> Path | None:
        """The folder of the file; None if nothing is read or written."""
        return None if self._path is None else self._path.parent

    # ---- values

    def text(self, key: str, default: str = "") -> str:
        """Returns the text of that name; the default if there is none."""
        value = self._values.get(key)
        return value if isinstance(value, str) else default

    def number(self, key: str) -> float | None:
        """Returns the number of that name, finite; None if there is none."""
        value = self._values.get(key)
        return None if value is None or isinstance(value, str) else float(value)

    def document(self, key: str) -> object:
        """Returns the JSON value of a text; None if it is not valid JSON. It may have any type."""
        try:
            return json.loads(self.text(key, "null"))
        except (ValueError, RecursionError):
            _LOG.warning("settings: %s is damaged and was ignored", key)
            return None

    def set(self, key: str, value: Value) -> bool:
        """Remembers a value, and returns whether it can be read again; one that is too long is dropped."""
        is_plain = _is_plain(value)
        if is_plain and self._values.get(key) == value:
            return True
        if is_plain:
            self._values[key] = value
        else:
            _LOG.warning("settings: %s is too long to be saved", key)
            self._values.pop(key, None)
        self.touch()
        return is_plain

    @property
    def sizes(self) -> dict[str, int]:
        """The lengths of all texts by name, the one that was added first at first."""
        return {key: len(value) for key, value in self._values.items() if isinstance(value, str)}

    def remove(self, key: str) -> None:
        """Forgets a value."""
        if self._values.pop(key, None) is not None:
            self.touch()

    # ---- the file

    def touch(self, *_: object) -> None:
        """Notes that a value has changed. The values are gathered and written shortly after."""
        if not (self._is_closed or self._timer.isActive()):
            self._timer.start()

    def write(self) -> None:
        """Gathers the values and begins to write them, if they have changed."""
        self.gathering.emit()
        self._timer.stop()  # gathering may have started it
        content = self._content()
        if self._path is None or content == self._written:
            return
        if self._is_writing:
            self._is_stale = True
            return
        self._is_writing, self._is_stale, self._written = True, False, content
        self._thread.run(partial(_write, self._path, content), self._done, self._not_written)

    def _content(self) -> bytes:
        return json.dumps(self._values, indent=1).encode()

    def _done(self, _: object = None) -> None:
        self._is_writing = False
        if self._is_stale:
            self.touch()

    def _not_written(self, error: Exception) -> None:
        self._written = None
        self._done()
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(error)

    def close(self) -> bool:
        """Writes the last values; returns whether that was done in time. Later changes are not written."""
        if not self._is_closed:
            self._is_writing = False  # what is being written comes first: they are written in order
            self.write()
            self._is_closed = True
        return self._thread.close(_LONGEST_WAIT)


def _write(path: Path, content: bytes) -> None:
    """Writes the file in the background thread. Logs an error itself: no receiver is left while the window closes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        _LOG.error("settings: %s could not be written: %s", path, error)
        raise


def _values_at(path: Path) -> dict[str, Value]:
    """Returns the values in that file, none if there is no such file. Whatever is odd is left out."""
    try:
        found: Any = json.loads(read_regular(path, _LARGEST_FILE))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        _LOG.warning("settings: %s cannot be used: %s", path, ascii(str(error)))
        return {}
    if not isinstance(found, dict):
        _LOG.warning("settings: %s cannot be used: it is not a JSON object", path)
        return {}
    for key in [key for key, value in found.items() if not _is_plain(value)]:
        _LOG.warning("settings: %s is not a short text or number and was ignored", ascii(key)[:100])
        del found[key]
    return dict(found)


def _is_plain(value: object) -> bool:
    """Whether that value can be remembered: short text, or a number of ordinary size."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_TEXT
    return isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER  # not so for NaN
