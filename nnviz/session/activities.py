"""Current activities as text for the head bar, and offers to cancel long ones."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.session.messages import Message, MessageChoice, Messages

_LONG = 1000  # milliseconds


class Activities(QObject):
    """The current activities in the order of their beginning.

    Signals:
        changed: ``text`` has changed.
        ended(str): what came of an activity, in words.
    """

    changed = pyqtSignal()
    ended = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._going_on: dict[int, str] = {}

    def begin(self, text: str) -> Callable[[str], None]:
        """Shows "text …" until the function that is returned is called with what came of it; empty for nothing."""
        self._count += 1
        number = self._count
        self._going_on[number] = f"{text} …"
        self.changed.emit()

        def end(news: str = "") -> None:
            if self._going_on.pop(number, None) is not None:
                self.changed.emit()
                if news:
                    self.ended.emit(news)

        return end

    @property
    def text(self) -> str:
        """The oldest activity in progress, which ends with "…"; empty if there is none."""
        return next(iter(self._going_on.values()), "")


class CancelOffer(QObject):
    """Offers to cancel a piece of work that takes longer than a second, as soon as no other message is shown."""

    def __init__(self, messages: Messages, cancel: Callable[[], None]) -> None:
        super().__init__()
        self._messages, self._cancel = messages, cancel
        self._text = self._progress = ""
        self._offer: Message | None = None
        self._is_closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LONG)
        self._timer.timeout.connect(self._look)

    def begin(self, text: str) -> None:
        """Begins to wait for work of that name, in place of earlier work."""
        self.end()
        self._text, self._progress = text, ""
        if not self._is_closed:
            self._timer.start()

    def show_progress(self, words: str) -> None:
        """Shows the progress of the work."""
        self._progress = f": {words}"
        if self._offer is not None and self._messages.current is self._offer:
            self._show()

    def end(self) -> None:
        """Withdraws the offer, because the work has ended or is no longer needed."""
        self._timer.stop()
        if self._offer is not None:
            self._messages.withdraw(self._offer)
            self._offer = None

    def close(self) -> None:
        """Ends all offers."""
        self._is_closed = True
        self.end()

    def _look(self) -> None:
        if self._messages.current is None:
            self._show()

    def _show(self) -> None:
        text = f"Still {self._text[0].lower()}{self._text[1:]}{self._progress}."
        self._offer = self._messages.show(text, MessageChoice("Cancel", self._cancel), dismissed=self._cancel)
