"""Work for the interface's thread in pieces, with room for the mouse between two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal

_PAUSE = 1  # milliseconds


class DeferredCall(QObject):
    """Calls a function in a turn of its own, once what the mouse did meanwhile is handled.

    A timer alone is not enough: Qt calls all timers that are due before it looks what the mouse did meanwhile. So the
    timer posts an event, which comes after that.
    """

    _is_due = pyqtSignal()

    def __init__(self, call: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._call, self._is_wanted = call, False
        self._is_due.connect(self._take, Qt.QueuedConnection)  # type: ignore[call-arg]  # the stubs lack it

    @property
    def is_wanted(self) -> bool:
        """Whether the function will be called."""
        return self._is_wanted

    def ask(self) -> None:
        """Calls the function soon; once, however often that is asked for meanwhile."""
        if not self._is_wanted:
            self._is_wanted = True
            QTimer.singleShot(_PAUSE, self._is_due)

    def cancel(self) -> None:
        """Does not call it any more, until it is asked for again."""
        self._is_wanted = False

    def _take(self) -> None:
        if self._is_wanted:
            self._is_wanted = False
            self._call()


class CallQueue(QObject):
    """Functions that are called in the order in which they were added, each in a turn of its own.

    Attributes:
        are_held: whether that is being told which they follow.

    Signals:
        ended: all were called.
    """

    ended = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._all: list[Callable[[], None]] = []
        self._left: Iterator[Callable[[], None]] = iter(())
        self._turn = DeferredCall(self._go_on, self)
        self.are_held = False

    @property
    def is_under_way(self) -> bool:
        """Whether some of them are still to be called."""
        return self.are_held or self._turn.is_wanted

    def add(self, call: Callable[[], None]) -> None:
        self._all.append(call)

    def begin(self) -> None:
        """Calls all of them soon, from the first on."""
        self._left = iter(self._all)
        self._turn.ask()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Around the telling of what they follow: they begin at the end of it."""
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
        self._turn.ask()  # first, so that the others follow if this one fails
        call()

    def end(self) -> None:
        """Calls none of them any more."""
        self._turn.cancel()
