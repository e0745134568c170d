"""The inspector: tabs with pages that look closer at the network."""

from __future__ import annotations

from PyQt5.QtGui import QShowEvent

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.session.session import Session
from nnviz.ui.pages import TabbedCard
from nnviz.ui.tabs import keep_in_sight

_LEAST_HEIGHT = 190  # Pixels of the pages. Otherwise each page would enlarge the card when it is shown first.


class Inspector(TabbedCard):
    """Cards become its pages by ``page_of``."""

    def __init__(self, session: Session) -> None:
        super().__init__("Inspector")
        self._stack.setMinimumHeight(_LEAST_HEIGHT)

    def showEvent(self, event: QShowEvent) -> None:
        """Keeps all tabs visible. They have no width before they are shown."""
        super().showEvent(event)
        keep_in_sight(self.tabs)


CARDS.register("inspector")(CardInfo(Inspector, {"inside": Place(Column.WATCH, 2, 375)}))
