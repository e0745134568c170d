"""A file or folder of data that is looked at before it is used: how it is understood, and what is wrong with it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError, bad_file
from engine.datasets import DATASETS, source_of
from engine.datasets.preview import Preview
from engine.datasets.source import Value
from engine.datasets.table.table_source import READING
from nnviz.jobs.data_process import DataProcess, reader_for
from nnviz.jobs.data_reader import Reader, Stamp, stamp_of
from nnviz.jobs.lane import Lanes
from nnviz.session.data import Data
from nnviz.session.messages import Messages, error_text
from nnviz.session.recent_data_files import RecentDataFiles

_READ_ANEW = {*READING, "side"}  # settings with which a file is read anew


class _CancelledError(Exception):
    """Nobody wants what is being read any more."""


class DataImport(QObject):
    """Reads a file in another thread or process, first its head, then all of it. The data in use stay as they are.

    Signals:
        changed: anything but ``progress`` has changed.
        progressed: ``progress`` has changed.

    Attributes:
        name: the path of what is looked at, or the registered name of a table; None if there is nothing.
        chosen: the settings that the person has chosen, now or the last time; the others are proposed.
        found: how it is understood; None if that is not known (yet).
        error: why it cannot be used like this; None if nothing is wrong so far.
        is_reading: whether something is being read.
        is_whole: whether ``found`` is of the whole file, and of ``chosen``.
        progress: the share 0…1 that was read; None where that is not known.
        news: what the person should know before it is used, in words; empty if there is nothing.
    """

    changed = pyqtSignal()
    progressed = pyqtSignal()
    _is_at = pyqtSignal(object, float)  # which reading, and the share that is done; from another thread

    def __init__(self, data: Data, imported: RecentDataFiles, messages: Messages) -> None:
        super().__init__()
        self.name: str | None = None
        self.chosen: dict[str, Value] = {}
        self.found: Preview | None = None
        self.error: Exception | None = None
        self.is_reading = self.is_whole = False
        self.progress: float | None = None
        self.news = ""
        self._data, self._imported, self._messages = data, imported, messages
        self._lanes = Lanes()  # by name: nothing waits for a disk that does not answer
        self._reader: Reader | None = None
        self._wanted = threading.Event()  # cleared when what is being read is no longer wanted
        self._is_stale = False  # whether settings were chosen after the reading began
        self._stamp: Stamp | None = None
        self._is_at.connect(self._progress)

    def open(self, name: str) -> None:
        """Looks at a file or folder, or at a registered table; as it was used the last time, if it was."""
        self.cancel()
        self.name = name if name in list(DATASETS) else os.path.abspath(name)
        known = self._imported.known(self.name)
        if self.name == self._data.name:
            self.chosen = dict(self._data.settings)
        elif known is not None:
            self.chosen = dict(known.settings)
        if known is not None and known.has_changed:
            self.news = "This file has changed since it was used the last time."
        self._begin()

    def choose(self, **settings: Value) -> None:
        """Understands it with other settings; None takes a choice back. What is wrong with them becomes ``error``.

        Another column to predict has a task of its own.
        """
        if "target" in settings:
            settings.setdefault("task", None)
        chosen = {name: value for name, value in {**self.chosen, **settings}.items() if value is not None}
        if self.name is None or chosen == self.chosen:
            return
        self.chosen, self.is_whole = chosen, False
        if settings.keys() & _READ_ANEW or self._reader is None:
            self._begin()
        elif self.is_reading:
            self._is_stale = True  # what is read stays of use
            self.changed.emit()
        else:
            self._read(is_whole=True)

    @property
    def settings(self) -> list[str]:
        """The names of the settings that can be chosen."""
        try:
            return [setting.name for setting in source_of(self.name or "").settings]
        except EngineError:  # it is gone
            return []

    @property
    def can_use(self) -> bool:
        """Whether all of it was read, and nothing forbids to use it."""
        return self.is_whole and self.error is None

    def use(self) -> None:
        """Loads it as it is understood, and ends. Looks at it anew if it has changed meanwhile."""
        if self.name is None or self.found is None or not self.can_use:
            return
        if self._stamp_now() != self._stamp:
            self.news = "This file has changed since it was read. Look at it again."
            self._begin()
            return
        name, settings, reader = self.name, self.found.settings, self._reader
        self._reader = None  # from now on it is the data's
        self.cancel()
        try:
            self._data.load(name, settings, reader)
        except EngineError as error:
            if reader is not None:
                reader.end()
            self._messages.tell_error("The data could not be loaded", error)

    def cancel(self) -> None:
        """Ends it; nothing was changed."""
        if self.name is None:
            return
        self._drop()
        self.name, self.found, self.error, self.chosen, self.news = None, None, None, {}, ""
        self.is_whole = False
        self.changed.emit()

    # ---- reading

    def _begin(self) -> None:
        """Reads it from the beginning; where that takes long, first its head."""
        assert self.name is not None
        self._drop()
        self._stamp = self._stamp_now()
        try:
            if self._stamp is None:
                raise bad_file(Path(self.name), "missing", "must be there", "Check its name and folder.")
            self._reader = reader_for(source_of(self.name))
        except EngineError as error:
            self._arrived(None, error)
        else:
            self._read(is_whole=not isinstance(self._reader, DataProcess))

    def _read(self, is_whole: bool) -> None:
        name, reader, chosen, wanted = self.name, self._reader, dict(self.chosen), threading.Event()
        assert name is not None
        assert reader is not None
        wanted.set()
        self._wanted = wanted
        self.is_reading, self.progress, self._is_stale, self.error = True, None, False, None

        def tell(done: int, total: int) -> None:
            if not wanted.is_set():
                raise _CancelledError
            self._is_at.emit(wanted, done / max(total, 1))

        def done(found: Preview) -> None:
            if wanted.is_set():
                self._take(found, is_whole)

        def failed(error: Exception) -> None:
            if wanted.is_set():
                self._arrived(None, error)

        self.changed.emit()
        self._lanes.run(name, lambda: reader.preview(name, chosen, tell, is_whole), done, failed)

    def _take(self, found: Preview, is_whole: bool) -> None:
        if self._is_stale or not (is_whole or found.error):
            self.found = found
            self._read(is_whole=True)
        else:
            self.is_whole = is_whole
            self._arrived(found, found.error)

    def _arrived(self, found: Preview | None, error: Exception | None) -> None:
        self.is_reading, self.progress = False, None
        self.found, self.error = found, error
        if found is None:
            self._drop()  # the next choice begins anew
        if error is not None and error_text("", error) is None:
            self._messages.crashed.emit(error)
        self.changed.emit()

    def _progress(self, about: threading.Event, share: float) -> None:
        if about is self._wanted and self.is_reading:
            self.progress = share
            self.progressed.emit()

    def _stamp_now(self) -> Stamp | None:
        try:
            return stamp_of(source_of(self.name or "").file)
        except (EngineError, OSError):  # it is not there
            return None

    def _drop(self) -> None:
        """What is being read is no longer wanted."""
        self._wanted.clear()
        self.is_reading, self.progress = False, None
        if self._reader is not None:
            self._reader.end()
            self._reader = None

    def close(self, milliseconds: int) -> bool:
        """Ends all threads and processes; returns whether they have ended in that time."""
        self._drop()
        return self._lanes.close(milliseconds)
