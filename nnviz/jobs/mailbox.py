"""One slot between two threads: a new letter replaces an unread one, so the reader gets the latest."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the latest letter. ``put`` and ``take`` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._letter: T | None = None

    @property
    def empty(self) -> bool:
        """Whether the last letter was taken, so that it is worth writing another."""
        return self._letter is None

    def put(self, letter: T) -> None:
        """Puts a letter in the place of the one before."""
        with self._lock:
            self._letter = letter

    def take(self) -> T | None:
        """Takes the latest letter out; None if there is none."""
        with self._lock:
            letter, self._letter = self._letter, None
            return letter
