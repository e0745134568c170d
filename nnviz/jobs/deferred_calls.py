"""Deferred calls: work of the interface's thread in pieces, with mouse events handled in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal

_PAUSE = 1  # milliseconds


class DeferredCall(QObject):
    """Calls a function later, after the mouse events that came meanwhile.

    A timer alone is not enough: Qt calls all timers that are due before it handles mouse events. So the timer posts
    an event, which Qt handles after those of the mouse.
    """

    _is_due = pyqtSignal()

    def __init__(self, call: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._call, self._is_wanted = call, False
        self._is_due.connect(self._take, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]  # the stubs lack it

    @property
    def is_wanted(self) -> bool:
        """Whether the function will be called."""
        return self._is_wanted

    def schedule(self) -> None:
        """Schedules the call, unless it is scheduled already."""
        if not self._is_wanted:
            self._is_wanted = True
            QTimer.singleShot(_PAUSE, self._is_due)

    def cancel(self) -> None:
        """Cancels the scheduled call."""
        self._is_wanted = False

    def _take(self) -> None:
        if self._is_wanted:
            self._is_wanted = False
            self._call()


class CallQueue(QObject):
    """Functions that are called in the order in which they were added, each in a deferred call of its own.

    Attributes:
        are_held: whether the calls wait for the end of :meth:`held`.

    Signals:
        ended: all functions were called.
    """

    ended = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._all: list[Callable[[], None]] = []
        self._left: Iterator[Callable[[], None]] = iter(())
        self._call = DeferredCall(self._go_on, self)
        self.are_held = False

    @property
    def is_in_progress(self) -> bool:
        """Whether some functions are still to be called."""
        return self.are_held or self._call.is_wanted

    def add(self, call: Callable[[], None]) -> None:
        """Appends a function."""
        self._all.append(call)

    def begin(self) -> None:
        """Schedules all functions, from the first on."""
        self._left = iter(self._all)
        self._call.schedule()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the calls back inside the context and begins them at its end."""
        self.are_held = True
        try:
            yield
        finally:
            self.are_held = False
            self.begin()

    def _go_on(self) -> None:
        call = next(self._left, None)
        if call is None:
            self.ended.emit()
            return
        self._call.schedule()  # first, so that the others follow if this one fails
        call()

    def end(self) -> None:
        """Cancels the functions that were not called yet."""
        self._call.cancel()
