"""The queue of a film's frames between the thread that draws and the thread that writes. No Qt."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass

_MOST = 2  # frames in the queue; each is large


@dataclass(frozen=True)
class FilmFrame:
    """An image of a film.

    Attributes:
        pixels: rows from the top, 4 bytes a pixel: blue, green, red and padding.
        count: number of frames for which the image stays.
    """

    pixels: bytes
    count: int


class FrameQueue:
    """A short queue. The drawing thread checks ``has_room`` and never waits; the writing thread waits for frames."""

    def __init__(self) -> None:
        self._waiting: deque[FilmFrame] = deque()
        self._changed = threading.Condition()
        self._is_complete = self._is_cancelled = False

    @property
    def has_room(self) -> bool:
        """Whether a frame can be added."""
        return len(self._waiting) < _MOST

    def put(self, frame: FilmFrame) -> None:
        """Adds a frame. Call it only if ``has_room``."""
        with self._changed:
            self._waiting.append(frame)
            self._changed.notify()

    def end(self) -> None:
        """Marks the film as complete."""
        with self._changed:
            self._is_complete = True
            self._changed.notify()

    def cancel(self) -> None:
        """Cancels the film and drops the waiting frames."""
        with self._changed:
            self._is_cancelled = True
            self._waiting.clear()
            self._changed.notify()

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yields the frames, waiting for each. Raises CancelledError if the film is cancelled."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_complete or self._is_cancelled)
                if self._is_cancelled:
                    raise CancelledError
                if not self._waiting:
                    return
                frame = self._waiting.popleft()
            yield frame
