"""The button at the right end of a card's head, and the menu of what can be done with the card."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QPaintEvent
from PyQt5.QtWidgets import QMenu, QToolButton

from nnviz.look import theme

# What is asked for, and what stands in the menu for it; a line between the groups.
_ENTRIES = (
    ("enlarge", "&Enlarge\tCtrl+Enter"),
    ("", ""),
    ("copy", "&Copy picture"),
    ("png", "Export &PNG …"),
    ("svg", "Export &SVG …"),
    ("csv", "Export CS&V …"),
    ("", ""),
    ("close", "C&lose"),
)


class CardMenuButton(QToolButton):
    """Quiet; it knows what can be asked for, and whoever listens does it.

    Attributes:
        is_enlarged: whether the card has the place of all, so that the menu offers the way back.
        hushed: whether it is left out of what is painted, for a picture of its card.

    Signals:
        asked(what): "enlarge" (or back), "copy", "png", "svg", "csv" or "close".
    """

    asked = pyqtSignal(str)

    def __init__(self, dock_name: str, title: str, has_table: Callable[[], bool]) -> None:
        super().__init__()
        self._has_table = has_table
        self.is_enlarged = False
        self.hushed = False
        self.setObjectName(f"{dock_name}MenuButton")
        self.setAccessibleName(f"Menu of the card {title}")
        self.setToolTip("Enlarge, copy, export or close this card.")
        self.setFocusPolicy(Qt.TabFocus)
        self.menu_of_card = self._menu(dock_name)
        self.clicked.connect(self._open)
        theme.set_icon(self, "ellipsis", "muted")

    def _menu(self, dock_name: str) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName(f"{dock_name}Menu")
        self.entries = {}
        for what, text in _ENTRIES:
            if not what:
                menu.addSeparator()
                continue
            entry = menu.addAction(text)
            entry.setObjectName(f"{dock_name}{what.capitalize()}Action")
            entry.triggered.connect(lambda _=False, what=what: self.asked.emit(what))
            self.entries[what] = entry
        return menu

    def _open(self) -> None:
        """Without a nested event loop, which exec() would start."""
        self.entries["csv"].setVisible(self._has_table())
        self.entries["enlarge"].setText("Back to its plac&e\tEsc" if self.is_enlarged else _ENTRIES[0][1])
        width = self.menu_of_card.sizeHint().width()
        self.menu_of_card.popup(self.mapToGlobal(QPoint(self.width() - width, self.height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing while a picture of the card is taken."""
        if not self.hushed:
            super().paintEvent(event)
