"""``LibraryWatch``: notices what others write to the library: another program, or another connection of this one."""

from __future__ import annotations

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.jobs.library_thread import LibraryThread

_PAUSE = 2000  # milliseconds between two looks


class LibraryWatch(QObject):
    """While it is switched on, it asks the file every two seconds whether it was written to, which reads no run.

    Signals:
        wrote: somebody else has written since the look before.
    """

    wrote = pyqtSignal()

    def __init__(self, lane: LibraryThread) -> None:
        super().__init__()
        self._lane = lane
        self._changes: int | None = None  # at the look before; None without a library
        self._is_first, self._is_looking = True, False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def switch(self, is_on: bool) -> None:
        """What is read in the lane after this is called is compared with what comes."""
        if is_on:
            self._is_first = True
            self._look()
            self._timer.start(_PAUSE)
        else:
            self._timer.stop()

    def _look(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._lane.run(lambda library: library.changes_of_others, self._take, self._failed)

    def _take(self, changes: int | None) -> None:
        is_new = changes != self._changes and not self._is_first
        self._changes, self._is_first, self._is_looking = changes, False, False
        if is_new and self._timer.isActive():
            self.wrote.emit()

    def _failed(self, error: Exception) -> None:
        self._is_looking = False  # who reads the runs tells what is wrong with it
