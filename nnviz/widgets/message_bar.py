"""A line across the window that tells what happened, until it is dismissed."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from nnviz import theme


class MessageBar(QFrame):
    """Whoever holds it hides it while there is nothing to say."""

    dismissed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messageBar")
        self._icon = QLabel()
        self.text = QLabel()
        self.text.setObjectName("messageText")
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._close = QToolButton()
        self._close.setObjectName("dismissMessageButton")
        self._close.setAccessibleName("Dismiss this message")
        self._close.setToolTip("Dismiss this message. It changes nothing in the network.")
        self._close.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 10, 6)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self._close)

    def show_text(self, text: str, is_error: bool) -> None:
        """An error stands out; anything else is quiet."""
        self.setProperty("error", is_error)
        for part in (self, self.text):
            part.style().unpolish(part)
            part.style().polish(part)
        colour = "error" if is_error else "muted"
        self._icon.setPixmap(theme.icon("circle-alert" if is_error else "info", colour).pixmap(16))
        self._close.setIcon(theme.icon("x", "muted"))
        self.text.setText(text)
