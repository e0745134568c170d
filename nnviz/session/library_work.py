"""Long work on the library: in a thread and with a connection of its own, with progress, and cancellable."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.jobs.library_thread import LibraryThread
from nnviz.session.activities import CancelOffer
from nnviz.session.messages import Messages

if TYPE_CHECKING:
    from nnviz.library import Library

_BETWEEN_NEWS = 0.25  # seconds
ReportFunction = Callable[[str], None]


@dataclass(eq=False)
class _Piece:
    """A task, with its name: "Exporting run 12"."""

    name: str
    is_cancelled: bool = False


class LibraryWork(QObject):
    """Runs one piece of work after the other. Work of more than a second shows its progress and can be cancelled.

    Signals:
        status_changed(str): the work in progress; "" for none.
        ended: a piece is done, has failed, or was cancelled.
    """

    status_changed = pyqtSignal(str)
    ended = pyqtSignal()
    _went_on = pyqtSignal(object, str)

    def __init__(self, path: Callable[[], Path], messages: Messages) -> None:
        """``path`` returns the file of the library."""
        super().__init__()
        self._thread = LibraryThread(path)
        self._messages = messages
        self._patience = CancelOffer(messages, self.cancel)
        self._waiting: deque[_Piece] = deque()  # in order; the first one is being done
        self._went_on.connect(self._show_progress)

    def run_short(
        self,
        work: Callable[[Library], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        makes: bool = False,
    ) -> None:
        """Runs short work without progress, see :meth:`LibraryThread.run`."""
        self._thread.run(work, done, failed, makes=makes)

    def run(
        self, name: str, work: Callable[[Library, ReportFunction], Any], done: Callable[[Any], str], fails: str
    ) -> None:
        """Runs a task; ``done`` receives its result and returns a text about it.

        Args:
            name: name of the task: "Exporting run 12".
            work: reports its progress to its second argument, which raises an exception if the task was cancelled. A
                library is made if there is none.
            fails: the message if the task fails: "Run 12 could not be exported".
        """
        piece = _Piece(name)
        self._waiting.append(piece)
        if len(self._waiting) == 1:
            self._begin()

        def take(result: Any) -> None:
            news = ""
            try:
                news = done(result)
            finally:
                self._end(news)

        def failed(error: Exception) -> None:
            is_cancelled = isinstance(error, CancelledError)
            self._end(f"{name} was cancelled" if is_cancelled else "")
            if not is_cancelled:
                self._messages.show_error(fails, error)

        self._thread.run(lambda library: work(library, self._progress_reporter(piece)), take, failed, makes=True)

    def _progress_reporter(self, piece: _Piece) -> ReportFunction:
        """Returns the function that the work calls with its progress, in the background thread."""
        last = 0.0

        def report(words: str) -> None:
            nonlocal last
            if piece.is_cancelled:
                raise CancelledError
            now = time.monotonic()
            if now - last > _BETWEEN_NEWS:
                last = now
                with suppress(RuntimeError):  # the application has gone
                    self._went_on.emit(piece, words)

        report("")
        return report

    def _begin(self) -> None:
        name = self._waiting[0].name
        self.status_changed.emit(f"{name} …")
        self._patience.begin(name)

    def _end(self, news: str) -> None:
        self._waiting.popleft()
        self._patience.end()
        self.status_changed.emit("")
        if news:
            self._messages.announce(news)
        self.ended.emit()
        if self._waiting:
            self._begin()

    def _show_progress(self, piece: _Piece, words: str) -> None:
        if self._waiting and self._waiting[0] is piece and words:
            self.status_changed.emit(f"{piece.name}: {words} …")
            self._patience.show_progress(words)

    def cancel(self) -> None:
        """Cancels all work as soon as possible: unfinished results are removed."""
        self._patience.end()
        for piece in self._waiting:
            piece.is_cancelled = True

    def close(self, milliseconds: int) -> bool:
        """Cancels the work and drops all outcomes. Returns whether the thread ended in time."""
        self.cancel()
        self._patience.close()
        return self._thread.close(milliseconds)
