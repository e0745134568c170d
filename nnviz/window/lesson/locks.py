"""Locks of a lesson: locked controls stay visible and greyed, also in menus and for their shortcuts."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QAction, QActionGroup, QToolTip, QWidget

from nnviz.lessons import texts

Control = QWidget | QAction


class Locks(QObject):
    """Disables controls, and gives each back the state that the program wants for it.

    A locked control is disabled in the way in which Qt disables the children of a disabled parent, and the actions of
    a disabled group. What the program sets meanwhile is kept by Qt, and holds when the control is unlocked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._widgets: set[QWidget] = set()
        self._actions = QActionGroup(self)
        self._actions.setExclusive(False)
        self._actions.setEnabled(False)

    def lock(self, controls: Iterable[Control]) -> None:
        """Locks these controls, and no others."""
        wanted = set(controls)
        self._widgets = {each for each in self._widgets if not sip.isdeleted(each)}  # some go with other data
        for widget in [each for each in self._widgets if each not in wanted]:
            self._unlock(widget)
        for widget in (each for each in wanted if isinstance(each, QWidget)):
            if widget not in self._widgets:
                self._widgets.add(widget)
                widget.installEventFilter(self)
                _disable(widget)
        self._lock_actions({each for each in wanted if isinstance(each, QAction)})

    def is_locked(self, control: Control) -> bool:
        """Whether a control is locked."""
        return control in self._widgets or control in self._actions.actions()

    def _unlock(self, widget: QWidget) -> None:
        self._widgets.discard(widget)
        widget.removeEventFilter(self)
        widget.setEnabled(not widget.testAttribute(Qt.WidgetAttribute.WA_ForceDisabled))

    def _lock_actions(self, wanted: set[QAction]) -> None:
        now = set(self._actions.actions())
        if now - wanted:
            self._actions.setEnabled(True)
            for action in now - wanted:
                self._actions.removeAction(action)
                sip.transferto(action, action.parent())  # else it would be Python's, and go with the last reference
            self._actions.setEnabled(False)
        for action in wanted - now:
            self._actions.addAction(action)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Disables a locked control again, and says in its tooltip that it is locked."""
        if not isinstance(watched, QWidget) or watched not in self._widgets:
            return False
        if event.type() == QEvent.Type.EnabledChange and watched.isEnabled():
            _disable(watched)
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), texts.CONTROL_LOCKED, watched)
            return True
        return False


def _disable(widget: QWidget) -> None:
    """Disables a widget as a disabled parent would: what the program wants for it is kept in an attribute."""
    is_wanted_disabled = widget.testAttribute(Qt.WidgetAttribute.WA_ForceDisabled)
    widget.setEnabled(False)
    widget.setAttribute(Qt.WidgetAttribute.WA_ForceDisabled, is_wanted_disabled)
