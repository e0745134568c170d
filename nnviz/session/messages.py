"""What is told to the person: one message at a time, sometimes with choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QObject, pyqtSignal

from engine.errors import EngineError, FileFormatError


@dataclass(frozen=True)
class Choice:
    """An answer that a message offers, and what it does."""

    text: str
    act: Callable[[], None]


@dataclass(frozen=True)
class Message:
    """Shown in the window until it is dismissed, answered or out of date."""

    text: str
    is_error: bool = True
    choices: tuple[Choice, ...] = ()


class Messages(QObject):
    """The message of the moment.

    Signals:
        changed: ``current`` is another.
        crashed(Exception): something went wrong that nobody foresaw; for the one hook that shows such things.
    """

    changed = pyqtSignal()
    crashed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.current: Message | None = None

    def tell(self, text: str) -> None:
        """Something a person may want to know; nothing went wrong."""
        self._show(Message(text, is_error=False))

    def warn(self, text: str, *choices: Choice) -> None:
        """Something went wrong, and perhaps what can be done about it."""
        self._show(Message(text, choices=choices))

    def ask(self, text: str, *choices: Choice) -> None:
        """A question; nothing happens until one of the choices is taken."""
        self._show(Message(text, is_error=False, choices=choices))

    def tell_error(self, what: str, error: Exception) -> None:
        """What could not be done, and why."""
        text = words_of(what, error)
        if text is None:
            self.crashed.emit(error)
        else:
            self.warn(text)

    def choose(self, number: int) -> None:
        """Takes one of the choices that the message offers, from 0; the message goes first."""
        message = self.current
        if message is not None and number < len(message.choices):
            self.dismiss()
            message.choices[number].act()

    def dismiss(self) -> None:
        """It was read, or is out of date."""
        if self.current is not None:
            self.current = None
            self.changed.emit()

    def _show(self, message: Message) -> None:
        self.current = message
        self.changed.emit()


def words_of(what: str, error: Exception) -> str | None:
    """An error in words, after what could not be done; None for one that nobody foresaw."""
    if isinstance(error, FileFormatError):
        return str(error)
    if isinstance(error, EngineError):
        return f"{what}: {error}"
    if isinstance(error, OSError):
        return f"{what}: {error.strerror or error}. Try again, or choose another file or folder."
    if isinstance(error, MemoryError):
        return f"{what}: there is not enough memory. Make the network or the batch smaller."
    return None
