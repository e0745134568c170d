"""The button at the right end of a card's head that opens the card's menu, or enlarges the card."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QPaintEvent
from PyQt5.QtWidgets import QAction, QMenu, QToolButton

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
# Word, tooltip and icon of a button that has no menu.
_ENLARGE = ("Enlarge", "Fills the window with this card (Ctrl+Enter).", "maximize-2")
_RESTORE = ("Restore", "Shows the other cards again (Esc).", "minimize-2")


class CardMenuButton(QToolButton):
    """Opens the menu of a card and emits ``asked``; the receiver carries out the action.

    Attributes:
        hidden_in_picture: set while an image of the card is rendered, to leave the button out of it.

    Signals:
        asked(what): "enlarge" (or restore), "copy", "png", "svg", "csv", "film", or the name of a further table.
    """

    asked = pyqtSignal(str)

    def __init__(self, title: str, has_table: Callable[[], bool]) -> None:
        super().__init__()
        self._title, self._has_table = title, has_table
        self._only_enlarges = False
        self.hidden_in_picture = False
        named(self, "", f"Menu of the card {title}", "Enlarges, copies or exports this card.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.menu_of_card = self._menu()
        self.clicked.connect(self._open)
        theme.set_icon(self, "ellipsis", "muted")

    def add_table(self, name: str, text: str, has_table: Callable[[], bool]) -> None:
        """Adds an entry that exports a further table of the card, offered while there is one."""
        entry = self.entries[name] = QAction(text, self.menu_of_card)
        entry.triggered.connect(lambda: self.asked.emit(name))
        self.menu_of_card.insertAction(self.entries["film"], entry)
        self.menu_of_card.aboutToShow.connect(lambda: entry.setVisible(has_table()))

    def set_names(self, dock_name: str) -> None:
        """Sets object names of the button, its menu and the entries, which begin with the card's."""
        self.setObjectName(f"{dock_name}MenuButton")
        self.menu_of_card.setObjectName(f"{dock_name}Menu")
        for what, entry in self.entries.items():
            entry.setObjectName(f"{dock_name}{what.capitalize()}Action")

    def give_entries(self) -> tuple[QAction, ...]:
        """Returns all entries but *Enlarge*, for another menu of the card. From now on, a click enlarges the card."""
        self._only_enlarges = True
        self.set_enlarged(False)
        return tuple(entry for what, entry in self.entries.items() if what != "enlarge")

    def set_enlarged(self, is_enlarged: bool) -> None:
        """Offers to restore the card, which fills the window, or to enlarge it."""
        self.entries["enlarge"].setText("Restor&e\tEsc" if is_enlarged else _ENTRIES[0][1])
        if self._only_enlarges:
            what, tip, icon = _RESTORE if is_enlarged else _ENLARGE
            named(self, self.objectName(), f"{what} the card {self._title}", tip)
            theme.set_icon(self, icon, "muted")

    def offer_table(self) -> None:
        """Offers to export numbers if the card has a table."""
        self.entries["csv"].setVisible(self._has_table())

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
        if self._only_enlarges:
            self.asked.emit("enlarge")
            return
        self.offer_table()
        width = self.menu_of_card.sizeHint().width()
        self.menu_of_card.popup(self.mapToGlobal(QPoint(self.width() - width, self.height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the button, except while an image of the card is rendered."""
        if not self.hidden_in_picture:
            super().paintEvent(event)
