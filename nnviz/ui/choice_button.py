"""A button in a card that shows a choice, "test ▾", and opens a menu of the others."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtWidgets import QAction, QActionGroup, QMenu, QToolButton

from nnviz.ui.parts import describe, named


class ChoiceButton(QToolButton):
    """Shows the text of the chosen entry.

    Signals:
        chosen(str): the user chose the entry of a key.
    """

    chosen = pyqtSignal(str)

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__()
        named(self, name, accessible, tip)
        self.setProperty("role", "flat")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._entries: dict[str, str] = {}
        self._choice = ""
        self._menu = named(QMenu(self), f"{name}Menu")
        self._menu.setToolTipsVisible(True)
        self._more: tuple[tuple[QAction, ...], ...] = ()  # below the entries
        self.clicked.connect(self._open)

    def add_actions(self, *groups: tuple[QAction, ...]) -> None:
        """Adds actions below the entries, with a line above each group."""
        self._more = groups

    @property
    def entries(self) -> list[str]:
        """The keys of what can be chosen."""
        return list(self._entries)

    def show_choice(self, entries: Mapping[str, str], choice: str) -> None:
        """Sets the choices, texts by key, and the chosen key."""
        if dict(entries) == self._entries and choice == self._choice:
            return
        self._entries, self._choice = dict(entries), choice
        chosen = self._entries.get(choice, "")
        self.setText(f"{chosen} ▾")
        describe(self, chosen)
        self._menu.clear()
        group = QActionGroup(self._menu)
        for key, text in self._entries.items():
            action = self._menu.addAction(text.replace("&", "&&"))
            action.setObjectName(f"{self.objectName()}{key.title().replace(' ', '')}Action")
            action.setCheckable(True)
            action.setChecked(key == choice)
            action.triggered.connect(lambda _=False, key=key: self.chosen.emit(key))
            group.addAction(action)
        for actions in self._more:
            self._menu.addSeparator()
            self._menu.addActions(actions)

    def _open(self) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        width = self._menu.sizeHint().width()
        self._menu.popup(self.mapToGlobal(QPoint(self.width() - width, self.height())))
