"""The button of the Time card that shows which view is in front, and whose menu chooses views, scales and curves."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QAction, QActionGroup, QMenu, QPushButton

from nnviz.ui.pages import PagedCard
from nnviz.ui.parts import describe, named

_TIP = "Chooses what is shown over the time, the scales, and the curves. Copies and exports the card."


class ViewMenuButton(QPushButton):
    """Names the page in front of a card. Its menu has the offered pages, and below them the card's own actions."""

    def __init__(self, card: PagedCard) -> None:
        super().__init__()
        named(self, "timeView", "View", _TIP)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._card = card
        self._menu = named(QMenu(self), "timeViewMenu")
        self._menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        self._separator = self._menu.addSeparator()
        self._views: dict[str, QAction] = {}  # by the name of the page
        self.clicked.connect(self._open)
        card.turned.connect(self.show_page)

    def add_actions(self, *groups: tuple[QAction, ...]) -> None:
        """Adds actions below the pages, with a line between the groups."""
        for number, group in enumerate(groups):
            if number:
                self._menu.addSeparator()
            self._menu.addActions(group)

    def show_page(self) -> None:
        """Shows the title of the page in front."""
        self.setText(f"{self._card.page.title} ▾")
        describe(self, self._card.page.title)

    def _open(self) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        for page in self._card.pages:
            action = self._views.get(page.name)
            if action is None:
                action = self._views[page.name] = QAction(page.title, self)
                action.setObjectName(page.name)
                action.setToolTip(page.tip)
                action.setCheckable(True)
                action.triggered.connect(lambda _=False, page=page: self._card.turn_to(page))
                self._group.addAction(action)
            action.setVisible(page.is_offered)
            action.setChecked(page is self._card.page)
            self._menu.insertAction(self._separator, action)  # at its place, also if it is there already
        self._card.menu_button.offer_table()
        width = self._menu.sizeHint().width()
        self._menu.popup(self.mapToGlobal(QPoint(self.width() - width, self.height())))
