"""The import of data: a preview of a file or folder, with its settings and errors, before the data are used."""

from __future__ import annotations

import os
import threading
from concurrent.futures import CancelledError
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError, missing_file
from engine.datasets import DATASETS, source_of
from engine.datasets.data_setting import Value
from engine.datasets.preview import Preview
from engine.datasets.table.table_source import READING
from nnviz.jobs.data_process import DataProcess, reader_for
from nnviz.jobs.data_reader import Reader, Stamp, stamp_of
from nnviz.jobs.serial_thread import SerialThreads
from nnviz.session.data import Data
from nnviz.session.messages import Messages, error_text
from nnviz.session.recent_data_files import RecentDataFiles

_READ_AGAIN = {*READING, "side"}  # settings whose change requires reading the file again


class DataImport(QObject):
    """Previews a file in the background, first its head, then all of it. The data in use stay as they are.

    Signals:
        changed: anything but ``progress`` has changed.
        progressed: ``progress`` has changed.

    Attributes:
        name: path of the file or folder, or the registered name of a table; None if no import is open.
        chosen: settings chosen by the user, now or in the last import; the others are proposed.
        found: the preview; None until there is one.
        error: why the data cannot be used with these settings; None if nothing is wrong so far.
        is_reading: whether the file is being read.
        is_whole: whether ``found`` is of the whole file and of ``chosen``.
        progress: the share 0…1 that was read; None if unknown.
        news: a message before the data are used; "" for none.
    """

    changed = pyqtSignal()
    progressed = pyqtSignal()
    _progressed_to = pyqtSignal(object, float)  # which reading, share done; emitted in another thread

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
        self._threads = SerialThreads()  # by name, so that a disk that does not answer blocks no other file
        self._reader: Reader | None = None
        self._wanted = threading.Event()  # cleared if the reading is cancelled
        self._is_stale = False  # whether settings changed after the reading began
        self._stamp: Stamp | None = None
        self._progressed_to.connect(self._progress)

    def open(self, name: str) -> None:
        """Opens the preview of a file, folder or registered table, with the settings of its last import."""
        self.cancel()
        self.name = name if name in list(DATASETS) else os.path.abspath(name)
        known = self._imported.find(self.name)
        if self.name == self._data.name:
            self.chosen = dict(self._data.settings)
        elif known is not None:
            self.chosen = dict(known.settings)
        if known is not None and known.has_changed:
            self.news = "This file has changed since it was last used."
        self._begin()

    def choose(self, **settings: Value) -> None:
        """Changes settings; None restores the proposed value. Sets ``error`` if they are invalid.

        A new target column resets the task.
        """
        if "target" in settings:
            settings.setdefault("task", None)
        chosen = {name: value for name, value in {**self.chosen, **settings}.items() if value is not None}
        if self.name is None or chosen == self.chosen:
            return
        self.chosen, self.is_whole = chosen, False
        if settings.keys() & _READ_AGAIN or self._reader is None:
            self._begin()
        elif self.is_reading:
            self._is_stale = True  # the reading is still useful
            self.changed.emit()
        else:
            self._read(is_whole=True)

    @property
    def settings(self) -> list[str]:
        """Names of the settings that can be chosen."""
        try:
            return [setting.name for setting in source_of(self.name or "").settings]
        except EngineError:  # the file is gone
            return []

    @property
    def can_use(self) -> bool:
        """Whether the whole file was read without an error."""
        return self.is_whole and self.error is None

    def use(self) -> None:
        """Loads the data as previewed and closes the import. Reads the file again if it has changed meanwhile."""
        if self.name is None or self.found is None or not self.can_use:
            return
        if self._stamp_now() != self._stamp:
            self.news = "This file has changed since it was read. Check the preview again."
            self._begin()
            return
        name, settings, reader = self.name, self.found.settings, self._reader
        self._reader = None  # the data own it from now on
        self.cancel()
        try:
            self._data.load(name, settings, reader)
        except EngineError as error:
            if reader is not None:
                reader.end()
            self._messages.show_error("The data could not be loaded", error)

    def cancel(self) -> None:
        """Closes the import without any change."""
        if self.name is None:
            return
        self._drop()
        self.name, self.found, self.error, self.chosen, self.news = None, None, None, {}, ""
        self.is_whole = False
        self.changed.emit()

    # ---- reading

    def _begin(self) -> None:
        """Starts reading the file; if it may take long, its head first."""
        assert self.name is not None
        self._drop()
        self._stamp = self._stamp_now()
        try:
            if self._stamp is None:
                raise missing_file(Path(self.name))
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

        def report(done: int, total: int) -> None:
            if not wanted.is_set():
                raise CancelledError
            self._progressed_to.emit(wanted, done / max(total, 1))

        def done(found: Preview) -> None:
            if wanted.is_set():
                self._take(found, is_whole)

        def failed(error: Exception) -> None:
            if wanted.is_set():
                self._arrived(None, error)

        self.changed.emit()
        self._threads.run(name, lambda: reader.preview(name, chosen, report, is_whole), done, failed)

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
            self._drop()  # the next choice starts a new reader
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
        except (EngineError, OSError):  # the file does not exist
            return None

    def _drop(self) -> None:
        """Cancels the reading."""
        self._wanted.clear()
        self.is_reading, self.progress = False, None
        if self._reader is not None:
            self._reader.end()
            self._reader = None

    def close(self, milliseconds: int) -> bool:
        """Ends all threads and processes. Returns whether they ended in time."""
        self._drop()
        return self._threads.close(milliseconds)
