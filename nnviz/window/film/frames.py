"""Hands the frames of a film from the thread that draws them to the one that writes them. No Qt."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass

_MOST = 2  # frames that wait: they are large


@dataclass(frozen=True)
class Frame:
    """One picture of a film.

    Attributes:
        pixels: rows from the top, 4 bytes a pixel: blue, green, red, and one that means nothing.
        count: for how many frames it stays.
    """

    pixels: bytes
    count: int


class Frames:
    """A short queue: who draws asks for room and never waits; who writes waits for the next one."""

    def __init__(self) -> None:
        self._waiting: deque[Frame] = deque()
        self._has_news = threading.Condition()
        self._is_complete = self._is_cancelled = False

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < _MOST

    def put(self, frame: Frame) -> None:
        """Adds a frame; ask for room before."""
        with self._has_news:
            self._waiting.append(frame)
            self._has_news.notify()

    def end(self) -> None:
        """There are no more frames."""
        with self._has_news:
            self._is_complete = True
            self._has_news.notify()

    def cancel(self) -> None:
        """Nobody wants the film any more; drops what waits."""
        with self._has_news:
            self._is_cancelled = True
            self._waiting.clear()
            self._has_news.notify()

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames, waiting for each. Raises CancelledError when the film is not wanted any more."""
        while True:
            with self._has_news:
                self._has_news.wait_for(lambda: self._waiting or self._is_complete or self._is_cancelled)
                if self._is_cancelled:
                    raise CancelledError
                if not self._waiting:
                    return
                frame = self._waiting.popleft()
            yield frame
