"""The inspector: tabs with pages that look closer at the network and its answer to the current input."""

from __future__ import annotations

from PyQt5.QtGui import QShowEvent

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.session.session import Session
from nnviz.ui.pages import TabbedCard
from nnviz.ui.tabs import keep_in_sight

_LEAST_HEIGHT = 190  # Pixels of the pages. Otherwise each page would enlarge the card when it is shown first.


class Inspector(TabbedCard):
    """Cards become its pages by ``page_of``. If there is no input when it is shown, it begins with an example."""

    def __init__(self, session: Session) -> None:
        super().__init__("Inspector")
        self._question = session.question
        self._stack.setMinimumHeight(_LEAST_HEIGHT)

    def _visibility_changed(self, in_view: bool) -> None:
        if in_view:
            self._question.begin_with_example()
        super()._visibility_changed(in_view)

    def adapt(self) -> None:
        """Begins with an example of other data."""
        self._question.begin_with_example()

    def showEvent(self, event: QShowEvent) -> None:
        """Keeps all tabs visible. They have no width before they are shown."""
        super().showEvent(event)
        keep_in_sight(self.tabs)


CARDS.register("inspector")(CardInfo(Inspector, {"inside": Place(Column.WATCH, 2, 375)}))
