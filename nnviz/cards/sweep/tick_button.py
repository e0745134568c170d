"""A button that shows the ticked entries of a menu, such as "SGD, Adam ▾", and opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt5.QtCore import QEvent, QObject, QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent, QResizeEvent
from PyQt5.QtWidgets import QAction, QMenu, QSizePolicy, QToolButton

from nnviz.ui.parts import named

_AIR = 26  # pixels beside the text


class TickButton(QToolButton):
    """A button with a menu that stays open while entries are ticked.

    Signals:
        ticked(list): the user ticked or unticked an entry; the keys of the ticked entries, in order.
    """

    ticked = pyqtSignal(object)

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__()
        named(self, name, accessible, tip)
        self._tip = tip
        self.setProperty("role", "word")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._whole = ""
        self._actions: dict[str, QAction] = {}
        self._menu = named(QMenu(self), f"{name}Menu")
        self._menu.installEventFilter(self)
        self.clicked.connect(self._open)

    def show_ticks(self, entries: Mapping[str, str], ticked: Sequence[str]) -> None:
        """Shows entries, texts by key, and which are ticked."""
        if list(entries) != list(self._actions):
            self._menu.clear()
            self._actions = {key: self._new_action(key, words) for key, words in entries.items()}
        for key, action in self._actions.items():
            action.setChecked(key in ticked)
        self._whole = ", ".join(entries[key] for key in entries if key in ticked) or "none"
        self.setToolTip(f"{self._whole}. {self._tip}")
        self._fit()

    def _new_action(self, key: str, words: str) -> QAction:
        action = self._menu.addAction(words.replace("&", "&&"))
        action.setObjectName(f"{self.objectName()}{key.title().replace('-', '').replace(' ', '')}Action")
        action.setCheckable(True)
        action.triggered.connect(self._tell)
        return action

    def _tell(self) -> None:
        self.ticked.emit([key for key, action in self._actions.items() if action.isChecked()])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ticks the entry under the mouse without closing the menu."""
        if watched is self._menu and isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            action = self._menu.actionAt(event.pos())
            if action is not None:
                action.trigger()
                return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(
            f"{self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(20, self.width() - _AIR))} ▾"
        )

    def _open(self) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height())))
