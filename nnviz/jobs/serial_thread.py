"""Threads that run tasks one after the other and deliver results in the thread that made them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Any

from PyQt5.QtCore import QCoreApplication, QObject, QThreadPool, pyqtSignal, pyqtSlot


class _Report(QObject):
    """Delivers the outcomes of tasks in the thread in which this object was made."""

    settled = pyqtSignal(bool, object)  # whether the task succeeded, its result or error

    def __init__(self, settle: Callable[[bool, Any], None]) -> None:
        super().__init__()
        self._settle = settle
        self.settled.connect(self._pass_on)

    @pyqtSlot(bool, object)  # so that ``finish`` can have it called
    def _pass_on(self, succeeded: bool, outcome: Any) -> None:
        self._settle(succeeded, outcome)


class SerialThread:
    """Runs tasks in order in one background thread. Unrelated work uses several, so that none waits for another."""

    def __init__(self, stays: bool = False) -> None:
        """``stays``: whether all tasks run in the same thread, which stays when it is idle."""
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        if stays:
            self._pool.setExpiryTimeout(-1)
        self._waiting: deque[tuple[Callable[[Any], None], Callable[[Exception], None]]] = deque()  # in order
        # One for all tasks: it must not be deleted while an outcome is being delivered.
        self._report = _Report(self._settle)
        self._closed = False

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Calls ``done`` with the result of ``work()``, or ``failed`` with its error; neither after ``close``."""
        report = self._report

        def task() -> None:
            try:
                outcome: tuple[bool, Any] = (True, work())
            except Exception as error:
                outcome = (False, error)
            with suppress(RuntimeError):  # the report was deleted, with the application of a script that makes another
                report.settled.emit(*outcome)

        if not self._closed:
            self._waiting.append((done, failed))
            self._pool.start(task)

    def run_last(self, work: Callable[[], None]) -> None:
        """Runs a last task after all others and then ends the thread, even if it stays when idle."""
        self._pool.setExpiryTimeout(0)
        self.run(work, lambda _: None, lambda _: None)

    def _settle(self, succeeded: bool, outcome: Any) -> None:
        if self._waiting:  # else the thread was closed
            done, failed = self._waiting.popleft()
            (done if succeeded else failed)(outcome)

    def finish(self) -> None:
        """Waits for all tasks, and those that their outcomes start, and delivers the outcomes."""
        while self._waiting and not self._closed:
            self._pool.waitForDone(-1)
            QCoreApplication.sendPostedEvents(self._report)

    def close(self, milliseconds: int) -> bool:
        """Waits for all tasks, -1 for as long as they take, and drops outcomes. Returns whether all tasks are done."""
        self._closed = True
        self._waiting.clear()
        return bool(self._pool.waitForDone(milliseconds))


class SerialThreads:
    """One serial thread per key, such as a folder to write to: work with different keys never waits."""

    def __init__(self) -> None:
        self._threads: dict[Hashable, SerialThread] = {}
        self._closed = False

    def run(
        self, key: Hashable, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        """Runs a task in the thread of that key, see :meth:`SerialThread.run`."""
        if self._closed:
            return
        if key not in self._threads:
            self._threads[key] = SerialThread()
        self._threads[key].run(work, done, failed)

    def finish(self) -> None:
        """Finishes thread after thread, see :meth:`SerialThread.finish`."""
        for thread in list(self._threads.values()):
            thread.finish()

    def close(self, milliseconds: int) -> bool:
        """Closes all threads; waits at most that long for all together. See :meth:`SerialThread.close`."""
        self._closed = True
        return close_all(list(self._threads.values()), milliseconds)


def close_all(parts: Sequence[Any], milliseconds: int) -> bool:
    """Closes all parts before it waits for any, at most that long for all together; -1 for as long as they take.

    Returns whether all have ended.
    """
    for part in parts:
        part.close(0)
    end = time.monotonic() + milliseconds / 1000

    def left() -> int:
        return -1 if milliseconds < 0 else max(0, round(1000 * (end - time.monotonic())))

    ended = [part.close(left()) for part in parts]
    return all(ended)
