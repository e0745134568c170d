"""Preparation of widgets and data while the window is idle."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt5.QtCore import QObject, QTimer

from nnviz.session.session import Session
from nnviz.session.status import Status

_BUSY = Status.LOADING, Status.BUILDING, Status.TRAINING
_FIRST, _PAUSE = 500, 10  # milliseconds from the beginning of the rest to the first piece, and after each of them


class IdlePreload(QObject):
    """Prepares widgets and data, a piece at a time, so that the user does not wait for them later."""

    def __init__(self, session: Session, pieces: Iterator[None], parent: QObject) -> None:
        """``pieces``: an iterator that prepares one piece per step."""
        super().__init__(parent)
        self._session, self._pieces = session, pieces
        self._is_over = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)
        session.training.state_changed.connect(self._look)

    def _look(self) -> None:
        """Continues, or waits until nothing else is in progress."""
        if self._is_over or self._session.state in _BUSY:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start(_FIRST)

    def _go_on(self) -> None:
        try:
            next(self._pieces)
            self._timer.start(_PAUSE)
        except StopIteration:
            self.end()

    def end(self) -> None:
        """Stops the preparation."""
        self._is_over = True
        self._timer.stop()
