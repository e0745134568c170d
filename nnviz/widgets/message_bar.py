"""A sheet over the feet of the cards that says what happened, or asks what to do. It moves nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeyEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from nnviz.look import theme

_WIDEST = 760
_LONG_ENOUGH = 12_000  # milliseconds to read what is no error
_MOST_CHOICES = 3


class MessageBar(QFrame):
    """Lies in the middle at the bottom of its parent; whoever holds it hides it while there is nothing to say.

    Signals:
        dismissed: by its × or Esc, or by itself after a while: not an error, and not where there is a choice.
        chosen(index): which of the choices, from 0.
    """

    dismissed = pyqtSignal()
    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._is_error = False
        self._icon = QLabel()
        self.text = QLabel()
        self.text.setObjectName("messageText")
        self.text.setTextFormat(Qt.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._choices = [self._choice(number) for number in range(_MOST_CHOICES)]
        self._close = QToolButton()
        self._close.setObjectName("dismissMessageButton")
        self._close.setAccessibleName("Dismiss this message")
        self._close.setToolTip("Puts this message away (Esc).")
        theme.set_icon(self._close, "x", "muted")
        self._close.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 10, 6)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        for button in (*self._choices, self._close):
            row.addWidget(button)
        self.time = QTimer(self)
        self.time.setSingleShot(True)
        self.time.setInterval(_LONG_ENOUGH)
        self.time.timeout.connect(self.dismissed)
        theme.changed.connect(self._show_icon)
        if parent is not None:
            parent.installEventFilter(self)

    def _choice(self, number: int) -> QPushButton:
        """A button for one of the choices; the first is what most people want."""
        button = QPushButton()
        button.setObjectName(f"messageChoice{number + 1}Button")
        button.setProperty("role", "" if number else "primary")
        button.clicked.connect(lambda: self.chosen.emit(number))
        button.hide()
        return button

    def show_message(self, text: str, is_error: bool, choices: Sequence[str] = ()) -> None:
        """Plain words, and at most three answers to choose from; an error stands out, anything else is quiet."""
        assert len(choices) <= _MOST_CHOICES, choices
        self._is_error = is_error
        self.setProperty("error", is_error)
        for part in (self, self.text):
            part.style().unpolish(part)
            part.style().polish(part)
        self._show_icon()
        self.text.setText(text)
        self._show_choices(choices)
        self._place()
        if is_error or choices:
            self.time.stop()
        else:
            self.time.start()

    def _show_choices(self, choices: Sequence[str]) -> None:
        for button, words in zip(self._choices, [*choices, "", "", ""], strict=False):
            button.setText(words.replace("&", "&&"))
            button.setAccessibleName(words)
            button.setToolTip(f"Answers this message: {words}.")
            button.setVisible(bool(words))

    def _show_icon(self) -> None:
        name, colour = ("circle-alert", "error") if self._is_error else ("info", "muted")
        self._icon.setPixmap(theme.icon(name, colour).pixmap(16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, wherever in it the focus is."""
        if event.key() == Qt.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

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
        self.layout().invalidate()  # the choices may be others
        width = min(ground.width() - 2 * theme.GAP, _WIDEST)
        height = self.heightForWidth(width)
        self.setGeometry((ground.width() - width) // 2, ground.height() - height - theme.GAP, width, height)
        self.raise_()
