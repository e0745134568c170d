"""What is prepared while nobody waits for it, once the window stands."""

from __future__ import annotations

from PyQt5.QtCore import QObject, QTimer

from engine.lazy_dataclass import make_next
from nnviz.session.session import Session
from nnviz.session.status import Status

_PAUSE = 20  # milliseconds after each step, which takes less than one


class AtRest(QObject):
    """Makes the methods of classes that are needed later: with many at once the mouse would wait for them."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._go_on)
        session.data.changed.connect(self._begin)

    def _begin(self) -> None:
        self._session.data.changed.disconnect(self._begin)
        self._timer.start()

    def end(self) -> None:
        """Prepares nothing any more."""
        self._timer.stop()

    def _go_on(self) -> None:
        is_at_rest = self._session.state not in (Status.LOADING, Status.TRAINING)
        if is_at_rest and not make_next():
            self._timer.stop()
