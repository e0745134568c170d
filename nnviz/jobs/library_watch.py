"""A watch for writes to the library by other programs or by other connections of this one."""

from __future__ import annotations

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.jobs.library_thread import LibraryThread

_PAUSE = 2000  # milliseconds between two looks


class LibraryWatch(QObject):
    """Checks every two seconds, while it is on, whether the library was written to. The check reads no run.

    Signals:
        wrote: another connection has written since the last check.
    """

    wrote = pyqtSignal()

    def __init__(self, thread: LibraryThread) -> None:
        super().__init__()
        self._thread = thread
        self._changes: int | None = None  # at the last check; None without a library
        self._is_first, self._is_looking = True, False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def switch(self, is_on: bool) -> None:
        """Switches the watch on or off. Writes count from the first check after it is switched on."""
        if is_on:
            self._is_first = True
            self._look()
            self._timer.start(_PAUSE)
        else:
            self._timer.stop()

    def _look(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._thread.run(lambda library: library.external_changes, self._take, self._failed)

    def _take(self, changes: int | None) -> None:
        is_new = changes != self._changes and not self._is_first
        self._changes, self._is_first, self._is_looking = changes, False, False
        if is_new and self._timer.isActive():
            self.wrote.emit()

    def _failed(self, error: Exception) -> None:
        self._is_looking = False  # errors are reported when runs are read
