"""Messages of the window, sometimes with choices, and announcements of what was just done."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DivergenceError, EngineError, FileFormatError
from nnviz.formatting import text

_SECONDS_TO_READ = 5.0
OPEN_RUN = frozenset({"open-network", "runs"})  # what a choice needs that opens a run of the library


@dataclass(frozen=True)
class MessageChoice:
    """A choice that a message offers, and its action.

    Attributes:
        text: the words on its button.
        act: what it does.
        needs: the settings that it changes, and the controls and cards that do the same, by name: "learning_rate",
            "reset". The choice is not offered while one of them is locked.
    """

    text: str
    act: Callable[[], None]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Message:
    """A text that the window shows until it is dismissed, a choice is made, or it is out of date."""

    text: str
    is_error: bool = True
    choices: tuple[MessageChoice, ...] = ()
    dismissed: Callable[[], None] | None = None  # what it does to dismiss it without a choice
    waits: bool = False  # whether it comes back when another one that took its place is gone
    stays: bool = False  # whether only the user removes it, whatever happens to the network


class Messages(QObject):
    """Holds the current message and the current announcement.

    An announcement has a place of its own, so it replaces no error and no question. The next one replaces it.

    Signals:
        changed: ``current`` has changed.
        announced: ``announcement`` has changed.
        crashed(Exception): an unexpected error, to be shown by the application's exception hook.
    """

    changed = pyqtSignal()
    announced = pyqtSignal()
    crashed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.current: Message | None = None
        self.announcement: Message | None = None
        self._since = 0.0  # when it came, by time.monotonic()
        self._waiting: deque[Message] = deque()
        self._is_locked: Callable[[str], bool] = lambda name: False

    def set_locks(self, is_locked: Callable[[str], bool]) -> None:
        """Withholds choices that need something for which ``is_locked`` returns True, also of what is shown now."""
        self._is_locked = is_locked
        for message, signal in ((self.current, self.changed), (self.announcement, self.announced)):
            if message is not None and any(choice.needs for choice in message.choices):
                signal.emit()

    def offered(self, message: Message) -> list[MessageChoice]:
        """Returns the choices of a message that can be taken now."""
        return [choice for choice in message.choices if not any(map(self._is_locked, choice.needs))]

    def show(self, text: str, *choices: MessageChoice, dismissed: Callable[[], None] | None = None) -> Message:
        """Shows information or a question. Nothing happens until a choice is taken."""
        return self._show(Message(text, is_error=False, choices=choices, dismissed=dismissed))

    def ask(self, text: str, *choices: MessageChoice) -> Message:
        """Shows a question that stays until the user answers or dismisses it. It comes back after another message."""
        return self._show(Message(text, is_error=False, choices=choices, waits=True, stays=True))

    def ask_later(self, text: str, *choices: MessageChoice, dismissed: Callable[[], None]) -> Message:
        """Asks as :meth:`ask`, as soon as no error and no question is shown."""
        return self._queue(Message(text, False, choices, dismissed, waits=True, stays=True))

    def show_later(self, text: str, *choices: MessageChoice) -> Message:
        """Shows a message that is not urgent, as soon as no error and no question is shown.

        It comes back after another message that took its place, unless it was shown for a while and offers no choice.
        """
        return self._queue(Message(text, is_error=False, choices=choices, waits=True))

    def _queue(self, message: Message) -> Message:
        shown = self.current
        if shown is not None and (shown.is_error or shown.choices):
            self._waiting.append(message)
        else:
            self._show(message)
        return message

    def has(self, message: Message) -> bool:
        """Whether a message is shown, or waits to be shown."""
        return any(message is each for each in (self.current, *self._waiting))

    def announce(self, text: str, *choices: MessageChoice) -> Message:
        """Announces for some seconds what was just done: a file was saved, recording is off."""
        self.announcement = Message(text, is_error=False, choices=choices)
        self.announced.emit()
        return self.announcement

    def end_announcement(self) -> None:
        """Removes the announcement after its time, or when the user dismisses it."""
        if self.announcement is not None:
            self.announcement = None
            self.announced.emit()

    def choose_announced(self, number: int) -> None:
        """Removes the announcement and carries out the choice of that number, from 0, of those that are offered."""
        choices = [] if self.announcement is None else self.offered(self.announcement)
        if number < len(choices):
            self.end_announcement()
            choices[number].act()

    def warn(self, text: str, *choices: MessageChoice) -> Message:
        """Shows what went wrong, with choices to repair it."""
        return self._show(Message(text, choices=choices))

    def show_error(self, what: str, error: Exception) -> None:
        """Shows what failed and why; an unexpected error is emitted as ``crashed``."""
        text = error_text(what, error)
        if text is None:
            self.crashed.emit(error)
        else:
            self.warn(text)

    def choose(self, number: int) -> None:
        """Dismisses the message and carries out the choice of that number, from 0, of those that are offered."""
        choices = [] if self.current is None else self.offered(self.current)
        if number < len(choices):
            self._remove()
            choices[number].act()

    def dismiss(self) -> None:
        """Removes the message without taking a choice, because the user has read it."""
        message = self.current
        self._remove()
        if message is not None and message.dismissed is not None:
            message.dismissed()

    def clear(self) -> None:
        """Removes the message because it is out of date, unless it stays until it is answered."""
        if self.current is not None and not self.current.stays:
            self._remove()

    def _remove(self) -> None:
        if self.current is not None:
            self.current = self._waiting.popleft() if self._waiting else None
            self._since = time.monotonic()
            self.changed.emit()

    def withdraw(self, message: Message | None) -> None:
        """Removes a message or announcement that is shown or waits."""
        self._waiting = deque(each for each in self._waiting if each is not message)
        if self.current is message:
            self._remove()
        if self.announcement is message:
            self.end_announcement()

    def _show(self, message: Message) -> Message:
        if self.current is not None and self.current.waits and not self._is_read:
            self._waiting.appendleft(self.current)  # it comes back
        self._since = time.monotonic()
        self.current = message
        self.changed.emit()
        return message

    @property
    def _is_read(self) -> bool:
        """Whether a message without choices was shown so long that it need not come back."""
        return (
            self.current is not None and not self.current.choices and time.monotonic() > self._since + _SECONDS_TO_READ
        )


def error_text(what: str, error: Exception) -> str | None:
    """Returns what failed, unless that is "", and why as one text; None for an unexpected error.

    An error of the disk names its file, which may be another one than that in ``what``, such as an image of a lesson.
    """
    lead = f"{what}: " if what else ""
    if isinstance(error, FileFormatError):
        return text.regrouped(str(error))
    if isinstance(error, DivergenceError):
        return f"{lead}{error.in_words}"
    if isinstance(error, EngineError):
        return text.regrouped(f"{lead}{error}")
    if isinstance(error, OSError):
        file = text.name(Path(error.filename).name) if isinstance(error.filename, str) else ""
        where = f"{file}: " if file and file not in what else ""
        return f"{lead}{where}{error.strerror or error}. Try again, or choose another file or folder."
    if isinstance(error, MemoryError):
        return f"{lead}there is not enough memory. Make the network or the batch smaller."
    return None
