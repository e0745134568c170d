"""What a film can be of: the whole window, or one card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QWidget

from nnviz.cards.registry import CARDS
from nnviz.jobs.latest import Latest
from nnviz.session.session import Session
from nnviz.ui.card import DockCard
from nnviz.ui.pages import Page, TabbedCard
from nnviz.window import card_export

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


class CardSubject:
    """One card, as large as it is.

    Attributes:
        name: what it shows at present, for a file name.
        widget: what is drawn.
    """

    def __init__(self, card: DockCard, session: Session) -> None:
        self._session = session
        self.name, self.widget = card.caption, card

    @property
    def is_in_view(self) -> bool:
        """Whether it is drawn at present: neither closed, nor behind another, nor in a minimised window."""
        return self.widget.in_view and not self.widget.window().isMinimized()

    @property
    def probes(self) -> list[Latest]:
        """Those whose answers it shows at present."""
        names = {view.objectName() for view in _views((self.widget,))} & set(CARDS)
        return [self._session.queries[need] for name in names for need in CARDS[name].needs]

    def refresh(self) -> None:
        """Draws what it would draw only later."""
        for view in _views((self.widget,)):
            view.refresh()

    def draw(self, painter: QPainter) -> None:
        """As it is now."""
        card_export.draw(self.widget, painter)


class WindowSubject:
    """The window without its frame, and without the bars of messages, in which the film's own progress stands.

    Attributes:
        name, widget: as those of a card.
    """

    name = "training"

    def __init__(self, window: MainWindow) -> None:
        self.widget = window

    @property
    def is_in_view(self) -> bool:
        return not self.widget.isMinimized()

    @property
    def probes(self) -> list[Latest]:
        return [probe for probe in self.widget.session.queries if probe.is_wanted]

    def refresh(self) -> None:
        """Draws what its cards would draw only later."""
        for view in _views(dock for dock in self.widget.docks if isinstance(dock, DockCard) and dock.in_view):
            view.refresh()

    def draw(self, painter: QPainter) -> None:
        """As it is now."""
        flags = QWidget.RenderFlags(QWidget.DrawWindowBackground | QWidget.DrawChildren)
        with _left_out(self.widget.message_bar), _left_out(self.widget.announcement_bar):
            self.widget.render(painter, QPoint(0, 0), flags=flags)


Subject = CardSubject | WindowSubject


def draw_fitting(subject: Subject, painter: QPainter, size: QSize) -> None:
    """Draws it into a rectangle of that size; smaller if it has grown meanwhile, and in the middle."""
    now = subject.widget.size()
    if now.width() - size.width() not in (0, 1) or now.height() - size.height() not in (0, 1):
        shown = QRect(QPoint(), now.scaled(size, Qt.KeepAspectRatio))
        shown.moveCenter(QRect(QPoint(), size).center())
        painter.translate(shown.topLeft())
        painter.scale(shown.width() / now.width(), shown.height() / now.height())
    subject.draw(painter)


def _views(cards: Iterable[DockCard]) -> Iterator[DockCard | Page]:
    """The cards, and their pages in front."""
    for card in cards:
        yield card
        if isinstance(card, TabbedCard):
            yield card.page


@contextmanager
def _left_out(widget: QWidget) -> Iterator[None]:
    """Qt does not draw what counts as hidden. To hide it truly would move the focus, and let it flicker."""
    was_hidden = widget.testAttribute(Qt.WA_WState_Hidden)
    widget.setAttribute(Qt.WA_WState_Hidden, True)
    try:
        yield
    finally:
        widget.setAttribute(Qt.WA_WState_Hidden, was_hidden)
