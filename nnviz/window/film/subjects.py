"""Subjects of a film: the window and a card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QWidget

from nnviz.cards.registry import CARDS
from nnviz.jobs.latest import Latest
from nnviz.session.session import Session
from nnviz.ui.card import Panel
from nnviz.window import card_export

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


class CardSubject:
    """A card in its present size.

    Attributes:
        name: the card's caption, for a file name.
        widget: the card.
    """

    def __init__(self, card: Panel, session: Session) -> None:
        self._session = session
        self.name, self.widget = card.caption, card

    @property
    def is_in_view(self) -> bool:
        """Whether the card is visible: not behind another, not before it has its place, not in a minimised window."""
        has_place = not self.widget.size().isEmpty()
        return self.widget.in_view and has_place and not self.widget.window().isMinimized()

    @property
    def queries(self) -> list[Latest]:
        """The queries whose results the card shows."""
        views = self.widget.views()
        names = {view.objectName() for view in views} & set(CARDS)
        needed = [self._session.queries[need] for name in names for need in CARDS[name].needs]
        return needed + [query for query in self._session.queries if any(map(query.is_wanted_by, views))]

    def refresh(self) -> None:
        """Updates the views now instead of at the next event."""
        for view in self.widget.views():
            view.refresh()

    def draw(self, painter: QPainter) -> None:
        """Draws the subject as it is now."""
        card_export.draw(self.widget, painter)


class WindowSubject:
    """The window without its frame and without the message bars, which show the progress of the film.

    Attributes:
        name, widget: as of :class:`CardSubject`.
    """

    name = "training"

    def __init__(self, window: MainWindow) -> None:
        self.widget = window

    @property
    def is_in_view(self) -> bool:
        """Whether the window is not minimised."""
        return not self.widget.isMinimized()

    @property
    def queries(self) -> list[Latest]:
        """The queries whose results any visible card shows."""
        return [query for query in self.widget.session.queries if query.is_wanted]

    def refresh(self) -> None:
        """Updates the visible cards now instead of at the next event."""
        for panel in self.widget.panels:
            for view in panel.views() if isinstance(panel, Panel) and panel.in_view else ():
                view.refresh()

    def draw(self, painter: QPainter) -> None:
        """Draws the subject as it is now."""
        flags = QWidget.RenderFlag.DrawWindowBackground | QWidget.RenderFlag.DrawChildren
        window = self.widget
        with _excluded(window.message_bar), _excluded(window.announcement_bar):
            self.widget.render(painter, QPoint(0, 0), flags=flags)


Subject = CardSubject | WindowSubject


def draw_fitting(subject: Subject, painter: QPainter, size: QSize) -> None:
    """Draws a subject into a rectangle of a size, scaled and centred if the subject was resized meanwhile."""
    now = subject.widget.size()
    if now.width() - size.width() not in (0, 1) or now.height() - size.height() not in (0, 1):
        shown = QRect(QPoint(), now.scaled(size, Qt.AspectRatioMode.KeepAspectRatio))
        shown.moveCenter(QRect(QPoint(), size).center())
        painter.translate(shown.topLeft())
        painter.scale(shown.width() / now.width(), shown.height() / now.height())
    subject.draw(painter)


@contextmanager
def _excluded(widget: QWidget) -> Iterator[None]:
    """Excludes a widget from drawing. Hiding the widget would move the focus and flicker."""
    was_hidden = widget.testAttribute(Qt.WidgetAttribute.WA_WState_Hidden)
    widget.setAttribute(Qt.WidgetAttribute.WA_WState_Hidden, True)
    try:
        yield
    finally:
        widget.setAttribute(Qt.WidgetAttribute.WA_WState_Hidden, was_hidden)
