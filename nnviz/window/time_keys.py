"""Keys of the timeline: arrows, Home and End, also while a button has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from nnviz.session.timeline import Timeline

_KEYS: dict[int, Callable[[Timeline], None]] = {
    Qt.Key.Key_Left: lambda timeline: timeline.step(-1),
    Qt.Key.Key_Right: lambda timeline: timeline.step(1),
    Qt.Key.Key_Home: lambda timeline: timeline.go_to(0),
    Qt.Key.Key_End: lambda timeline: timeline.go_live(),
}


class TimeKeys(QObject):
    """Handles the keys for plain buttons, where they would only move the focus; other controls use them."""

    def __init__(self, window: QWidget, timeline: Timeline) -> None:
        super().__init__(window)
        self._window, self._timeline = window, timeline
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key was one of them; then it has done what it does."""
        wanted = _KEYS.get(event.key())
        if wanted is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        wanted(self._timeline)
        return True

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        for button in (before, now):
            if isinstance(button, QPushButton | QToolButton) and button.window() is self._window:
                (button.removeEventFilter if button is before else button.installEventFilter)(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees the keys before the button that has the focus."""
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self.press(event)
