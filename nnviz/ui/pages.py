"""Cards with several pages. Only the page in front is in view and computes anything."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from typing import Any

from PyQt5.QtCore import QSignalBlocker, QSize, pyqtSignal
from PyQt5.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnviz.ui.card import LazyView, Panel, Table
from nnviz.ui.tabs import Tab, add_tab, tab_bar


class Page(QWidget, LazyView):
    """A page of a card. Subclasses fill ``body``, and where the card has tabs, ``aside`` at the right of them.

    Content that is slow to make is made in ``_make``, when the page first comes to the front: many pages are never
    seen.

    Attributes:
        is_filled: whether the content was made.
        is_offered: whether the page can be chosen; it cannot for data that it does not suit.

    Signals:
        in_view_changed(bool): the page became visible or is no longer visible.
        offered_changed: ``is_offered`` has changed.
        wanted: an action was started whose result the page shows: it should come to the front.
        retitled: ``title`` has changed.
    """

    in_view_changed = pyqtSignal(bool)
    offered_changed = pyqtSignal()
    wanted = pyqtSignal()
    retitled = pyqtSignal()

    def __init__(self, title: str, name: str, tip: str) -> None:
        super().__init__()
        self.title, self.name, self.tip = title, name, tip
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.aside = QWidget()
        self.is_filled = False
        self.is_offered = True

    @property
    def caption(self) -> str:
        """What an export of the card calls its content while the page is in front."""
        return self.title

    def offer(self, offered: bool) -> None:
        """Sets whether the page can be chosen."""
        if offered != self.is_offered:
            self.is_offered = offered
            self.offered_changed.emit()

    def retitle(self, title: str) -> None:
        """Changes the title."""
        if title != self.title:
            self.title = title
            self.retitled.emit()

    def fill(self) -> None:
        """Makes the content of the page, once; called before the page comes to the front."""
        if not self.is_filled:
            self.is_filled = True
            self._make()

    def _make(self) -> None:
        """Makes the content, in subclasses that are empty until they are seen."""

    def set_in_view(self, in_view: bool) -> None:
        """Sets whether the page is visible. Called by the card."""
        self.in_view = in_view
        self.in_view_changed.emit(in_view)
        if in_view:
            self._catch_up()


class _Asides(QStackedWidget):
    """Needs the room of the one in front: the others, some of which were never shown, must not take it."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return self.currentWidget().sizeHint() if self.count() else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.currentWidget().minimumSizeHint() if self.count() else super().minimumSizeHint()


class Front(QStackedWidget):
    """Pages with a width of their own and the height of the highest, so that no card changes its height."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        if not self.count():
            return super().minimumSizeHint()
        front = self.currentWidget()
        width = front.minimumSizeHint().expandedTo(front.minimumSize()).width()
        return QSize(width, super().minimumSizeHint().height())


class PagedCard(Panel):
    """A card with several pages, of which one is in front. Subclasses add what chooses the page.

    Signals:
        turned: another page came to the front.
    """

    turned = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.head.leave_title()
        self.head.detail.hide()
        self.pages: list[Page] = []
        self._numbers: list[int] = []  # of the pages, ascending
        self._order: list[Page] = []  # the pages by preference of the user
        self._stack = Front()
        self._stack.currentChanged.connect(self._note_turn)
        self.body.addWidget(self._stack, 1)

    def add_page(self, page: Page, number: int = 0) -> None:
        """Adds a page to the right of those with the same number, and to the left of those with a higher one."""
        at = bisect.bisect_right(self._numbers, number)
        self._numbers.insert(at, number)
        self._order.insert(0 if not at else self._order.index(self.pages[at - 1]) + 1, page)
        self.pages.insert(at, page)
        self._insert(at, page)
        page.offered_changed.connect(self.show_offered)
        page.wanted.connect(lambda: self.turn_to(page))
        self.show_offered()

    def _insert(self, at: int, page: Page) -> None:
        """Puts the page of that index in its place."""
        self._stack.insertWidget(at, page)

    def turn_to(self, page: Page) -> None:
        """Brings a page to the front."""
        page.fill()  # first, as what is made in a visible page appears a little later
        self._stack.setCurrentWidget(page)

    def show_offered(self) -> None:
        """Brings the offered page to the front that the user prefers."""
        offered = [page for page in self._order if page.is_offered]
        if offered:
            self.turn_to(offered[0])

    def _note_turn(self) -> None:
        """Fills the page in front. From now on it is preferred to the one before; those that are not offered stay."""
        self.page.fill()
        before = next(page for page in self._order if page.is_offered or page is self.page)
        if before is not self.page:
            self._order.remove(self.page)
            self._order.insert(self._order.index(before), self.page)
        self.turned.emit()
        self._tell_pages()

    @property
    def preferred(self) -> list[Page]:
        """All pages by preference of the user: the first of those that are offered is in front."""
        return list(self._order)

    def prefer(self, pages: Iterable[Page]) -> None:
        """Orders the pages by preference; pages that were added meanwhile come last."""
        wanted = list(pages)
        self._order = [*wanted, *(page for page in self._order if page not in wanted)]
        self.show_offered()

    @property
    def page(self) -> Page:
        """The page in front."""
        return next(page for page in self.pages if page is self._stack.currentWidget())

    def views(self) -> list[Any]:
        return [self, *self._seen_pages()]

    def _seen_pages(self) -> list[Page]:
        """Returns the pages that can be seen while the card can."""
        return [self.page]

    def _tell_pages(self) -> None:
        shown = self._seen_pages()
        for page in self.pages:
            wanted = self.in_view and page in shown
            if wanted != page.in_view:
                page.set_in_view(wanted)

    def _visibility_changed(self, in_view: bool) -> None:
        super()._visibility_changed(in_view)
        self._tell_pages()

    def invalidate(self) -> None:
        super().invalidate()
        for page in self.pages:
            page.invalidate()

    @property
    def caption(self) -> str:
        return self.page.caption

    @property
    def has_table(self) -> bool:
        return type(self.page).table is not LazyView.table

    def table(self) -> Table | None:
        return self.page.table()


class TabbedCard(PagedCard):
    """A card with tabs instead of a title, and at their right the ``aside`` of the page in front."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.tabs = tab_bar("", title)
        self._asides = _Asides()
        self.tabs.currentChanged.connect(lambda index: self.turn_to(self.pages[index]))
        self.turned.connect(self._follow_page)
        self.head.row.insertWidget(0, self.tabs, 100)  # stretches over the free width
        self.head.row.insertWidget(2, self._asides)

    def set_name(self, name: str) -> None:
        super().set_name(name)
        self.tabs.setObjectName(f"{name.removesuffix('Dock')}Tabs")

    def _insert(self, at: int, page: Page) -> None:
        with QSignalBlocker(self.tabs):  # the page is not there yet
            add_tab(self.tabs, Tab(page.title, page.name, page.tip), at)
        self._asides.insertWidget(at, page.aside)
        page.retitled.connect(lambda: self._retitle(page))
        super()._insert(at, page)

    def _retitle(self, page: Page) -> None:
        index = self.pages.index(page)
        self.tabs.setTabText(index, page.title.replace("&", "&&"))
        self.tabs.setAccessibleTabName(index, page.title)

    def _follow_page(self) -> None:
        index = self.pages.index(self.page)
        self.tabs.setCurrentIndex(index)
        self._asides.setCurrentWidget(self.page.aside)

    def show_offered(self) -> None:
        """Shows the tabs of the offered pages; the page in front is the one that the user prefers."""
        for number, page in enumerate(self.pages):
            if page.is_offered:  # first, so that there always is one
                self.tabs.setTabVisible(number, True)
        super().show_offered()
        for number, page in enumerate(self.pages):
            self.tabs.setTabVisible(number, page.is_offered)
        self.tabs.setTabText(0, self.tabs.tabText(0))  # lays the tabs out, which Qt 5.15 forgets where one appears
