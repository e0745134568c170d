"""The inspector: tabs with pages that look closer at the network and its answer to the current input."""

from __future__ import annotations

from PyQt5.QtGui import QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named
from nnviz.ui.tabs import keep_in_sight

_LEAST_HEIGHT = 190  # Pixels of the pages. Otherwise each page would enlarge the card when it is shown first.
_WIDE = 1380  # Pixels of the card from which two pages have room, as in a window of 1,700.
_GAP = 24


class Inspector(TabbedCard):
    """Cards become its pages by ``page_of``. If there is no input when it is shown, it begins with an example.

    In a wide window the page that was in front before stands beside the one in front.

    Attributes:
        beside: that page; None if there is no room for it.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Inspector")
        self._question = session.question
        self._stack.setMinimumHeight(_LEAST_HEIGHT)
        self.beside: Page | None = None
        self._second, self._title = QWidget(), named(ElidedLabel(role="title"), "besideTitle")
        self._second_head = arranged(QHBoxLayout(), (self._title, 1))
        self._second_body = arranged(QVBoxLayout(self._second), self._second_head, spacing=4)
        self._second.hide()
        self.body.removeWidget(self._stack)
        self.body.addLayout(arranged(QHBoxLayout(), (self._stack, 1), (self._second, 1), spacing=_GAP), 1)
        self.turned.connect(self._arrange)
        theme.changed.connect(self._arrange)

    # ---- two pages

    def turn_to(self, page: Page) -> None:
        """Brings a page to the front, also the one beside it."""
        if page is self.beside:
            self._put_back()
        super().turn_to(page)

    def show_offered(self) -> None:
        super().show_offered()
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Shows a second page where there is room for it."""
        others = [page for page in self.preferred if page.is_offered and page is not self.page]
        is_wide = self.width() >= theme.px(_WIDE) and not self.is_enlarged
        wanted = others[0] if others and is_wide else None
        if wanted is not self.beside:
            self._put_back()
            if wanted is not None:
                self._place_beside(wanted)
            self._tell_pages()

    def _place_beside(self, page: Page) -> None:
        page.fill()
        self.beside = page
        self._second_head.addWidget(page.aside)
        self._second_body.addWidget(page, 1)
        for part in (page, page.aside, self._second):
            part.show()
        page.retitled.connect(self._show_title)
        self._show_title()

    def _put_back(self) -> None:
        """Puts the page beside the one in front back among the others."""
        page = self.beside
        if page is not None:
            self.beside = None
            page.retitled.disconnect(self._show_title)
            self._asides.addWidget(page.aside)
            self._stack.addWidget(page)
            self._second.hide()

    def _show_title(self) -> None:
        if self.beside is not None:
            self._title.setText(self.beside.title)

    def _seen_pages(self) -> list[Page]:
        return [self.page] if self.beside is None else [self.page, self.beside]

    # ---- what is shown

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
