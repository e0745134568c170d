"""Buttons that are shown only while the mouse or the focus is in the area that they act on."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject
from PyQt5.QtWidgets import QAbstractButton, QApplication, QWidget


class ShownOnHover(QObject):
    """Shows buttons of an area while the mouse is over it, it has the focus, or one of them is checked.

    The buttons keep their place while they are hidden, so that nothing moves.
    """

    def __init__(self, area: QWidget, *buttons: QAbstractButton) -> None:
        super().__init__(area)
        self._area, self._buttons = area, buttons
        self._has_mouse = self._has_focus = False
        for button in buttons:
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            button.setSizePolicy(policy)
            button.toggled.connect(self._show)
        area.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._note_focus)
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.Hide):
            self._has_mouse = event.type() == QEvent.Type.Enter
            self._show()
        return False

    def _note_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        has_focus = now is not None and self._area.isAncestorOf(now)
        if has_focus != self._has_focus:
            self._has_focus = has_focus
            self._show()

    def _show(self) -> None:
        is_shown = self._has_mouse or self._has_focus or any(button.isChecked() for button in self._buttons)
        for button in self._buttons:
            button.setVisible(is_shown)
