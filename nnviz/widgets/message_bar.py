"""A sheet over the feet of the cards that tells what happened. It moves nothing; what is no error goes by itself."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from nnviz.look import theme

_WIDEST = 760
_LONG_ENOUGH = 12_000  # milliseconds to read what is no error


class MessageBar(QFrame):
    """Lies in the middle at the bottom of its parent; whoever holds it hides it while there is nothing to say."""

    dismissed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self.time = QTimer(self)
        self.time.setSingleShot(True)
        self.time.setInterval(_LONG_ENOUGH)
        self.time.timeout.connect(self.dismissed)
        if parent is not None:
            parent.installEventFilter(self)

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
        self._place()
        if is_error:
            self.time.stop()
        else:
            self.time.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is left to go."""
        self.time.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The parent has another size."""
        if event.type() == QEvent.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        """As high as its words need at that width."""
        ground = self.parentWidget()
        if ground is None:
            return
        width = min(ground.width() - 2 * theme.GAP, _WIDEST)
        height = self.heightForWidth(width)
        self.setGeometry((ground.width() - width) // 2, ground.height() - height - theme.GAP, width, height)
        self.raise_()
