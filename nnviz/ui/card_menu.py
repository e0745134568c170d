"""The button at the right end of a card's head that opens the card's menu."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QPaintEvent
from PyQt5.QtWidgets import QMenu, QToolButton

from nnviz.ui import theme
from nnviz.ui.parts import named

# The signal's argument and the text of each entry; empty ones are separators.
_ENTRIES = (
    ("enlarge", "&Enlarge\tCtrl+Enter"),
    ("", ""),
    ("copy", "&Copy picture"),
    ("png", "Export &PNG …"),
    ("svg", "Export &SVG …"),
    ("csv", "Export CS&V …"),
    ("film", "&Film …"),
)


class CardMenuButton(QToolButton):
    """Opens the menu of a card and emits ``asked``; the receiver carries out the action.

    Attributes:
        is_enlarged: whether the card fills the window, so that the menu offers to restore it.
        hidden_in_picture: set while an image of the card is rendered, to leave the button out of it.

    Signals:
        asked(what): "enlarge" (or restore), "copy", "png", "svg", "csv" or "film".
    """

    asked = pyqtSignal(str)

    def __init__(self, title: str, has_table: Callable[[], bool]) -> None:
        super().__init__()
        self._has_table = has_table
        self.is_enlarged = False
        self.hidden_in_picture = False
        named(self, "", f"Menu of the card {title}", "Enlarges, copies or exports this card.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.menu_of_card = self._menu()
        self.clicked.connect(self._open)
        theme.set_icon(self, "ellipsis", "muted")

    def set_names(self, dock_name: str) -> None:
        """Sets object names of the button, its menu and the entries, which begin with the card's."""
        self.setObjectName(f"{dock_name}MenuButton")
        self.menu_of_card.setObjectName(f"{dock_name}Menu")
        for what, entry in self.entries.items():
            entry.setObjectName(f"{dock_name}{what.capitalize()}Action")

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self.entries = {}
        for what, text in _ENTRIES:
            if not what:
                menu.addSeparator()
                continue
            entry = menu.addAction(text)
            entry.triggered.connect(lambda _=False, what=what: self.asked.emit(what))
            self.entries[what] = entry
        return menu

    def _open(self) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        self.entries["csv"].setVisible(self._has_table())
        self.entries["enlarge"].setText("Restor&e	Esc" if self.is_enlarged else _ENTRIES[0][1])
        width = self.menu_of_card.sizeHint().width()
        self.menu_of_card.popup(self.mapToGlobal(QPoint(self.width() - width, self.height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the button, except while an image of the card is rendered."""
        if not self.hidden_in_picture:
            super().paintEvent(event)
