"""The card of data that can be drawn as they are: points in a plane, or on a curve."""

from __future__ import annotations

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.session.session import Session
from nnviz.ui.pages import TabbedCard


class SurfaceCard(TabbedCard):
    """Has a page for each kind of such data, of which one suits."""

    def __init__(self, session: Session) -> None:
        super().__init__("Plane")

    def adapt(self) -> None:
        """Takes the name of the page that suits."""
        if self.pages:
            self.setWindowTitle(self.page.title)

    def show_offered(self) -> None:
        super().show_offered()
        self.adapt()


PLACES = {"train": Place(Column.INPUT, 1, 350)}
CARDS.register("surfaceDock")(CardInfo(SurfaceCard, PLACES, suits=lambda data: data.is_plane or data.is_curve))
