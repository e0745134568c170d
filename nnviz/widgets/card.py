"""Cards: a head with a title, a quiet detail at its right, and a body. Fixed in a column, or a dock of its own."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnviz import theme


def label(text: str = "", role: str = "") -> QLabel:
    """A label whose looks the style sheet knows by its role."""
    made = QLabel(text)
    made.setProperty("role", role)
    return made


class CardHead(QFrame):
    """The line at the top of a card."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("cardHead")
        self.title = label(title, "title")
        self.detail = label(role="muted")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.CARD_PADDING, 8, theme.CARD_PADDING, 2)
        self.row.setSpacing(8)
        self.row.addWidget(self.title)
        self.row.addStretch(1)
        self.row.addWidget(self.detail)
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        self.setMinimumHeight(34)


class _Body(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("cardBody")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(theme.CARD_PADDING, 6, theme.CARD_PADDING, theme.CARD_PADDING)
        self.column.setSpacing(6)


class Card(QWidget):
    """A card that stays in its column. Subclasses fill ``body``."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.head = CardHead(title)
        sheet = _Body()
        self.body = sheet.column
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(sheet, 1)


class DockCard(QDockWidget):
    """A card that can be dragged by its head, floated, closed and brought back from the View menu."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setFeatures(
            QDockWidget.DockWidgetMovable | QDockWidget.DockWidgetFloatable | QDockWidget.DockWidgetClosable
        )
        self.setAllowedAreas(Qt.AllDockWidgetAreas)
        self.head = CardHead(title)
        self.setTitleBarWidget(self.head)
        sheet = _Body()
        self.body = sheet.column
        self.setWidget(sheet)
        self.in_view = False  # neither closed nor behind another tab; isVisible() does not tell of tabs
        self.visibilityChanged.connect(self._visibility_changed)

    def refresh(self) -> None:
        """Draws what was missed while out of view. Subclasses that draw say how."""

    def _visibility_changed(self, in_view: bool) -> None:
        self.in_view = in_view
        if in_view:
            self.refresh()


class ColumnDock(QDockWidget):
    """A dock without a head: a scrolling column of cards."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setFeatures(QDockWidget.DockWidgetClosable)
        nothing = QWidget()
        nothing.setFixedHeight(0)
        self.setTitleBarWidget(nothing)
