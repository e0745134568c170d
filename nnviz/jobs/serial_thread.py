"""A thread for slow work, one task after the other; results arrive in the thread that made the lane."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Any

from PyQt5.QtCore import QCoreApplication, QObject, QThreadPool, pyqtSignal, pyqtSlot


class _Report(QObject):
    """Carries the outcomes of tasks to the thread that it was made in."""

    settled = pyqtSignal(bool, object)  # whether the task succeeded, its result or error

    def __init__(self, settle: Callable[[bool, Any], None]) -> None:
        super().__init__()
        self._settle = settle
        self.settled.connect(self._pass_on)

    @pyqtSlot(bool, object)  # so that ``finish`` can have it called
    def _pass_on(self, succeeded: bool, outcome: Any) -> None:
        self._settle(succeeded, outcome)


class SerialThread:
    """Runs tasks in order in one thread. Several lanes work side by side, so that unrelated work need not wait."""

    def __init__(self, stays: bool = False) -> None:
        """``stays``: all tasks run in the same thread, which does not end when it has nothing to do for a while."""
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
            with suppress(RuntimeError):  # the report has gone, with the application of a script that makes another
                report.settled.emit(*outcome)

        if not self._closed:
            self._waiting.append((done, failed))
            self._pool.start(task)

    def run_last(self, work: Callable[[], None]) -> None:
        """Does this after all other tasks, and ends the thread then, also where it stays otherwise."""
        self._pool.setExpiryTimeout(0)
        self.run(work, lambda _: None, lambda _: None)

    def _settle(self, succeeded: bool, outcome: Any) -> None:
        if self._waiting:  # else the lane was closed
            done, failed = self._waiting.popleft()
            (done if succeeded else failed)(outcome)

    def finish(self) -> None:
        """Waits for all tasks, also those that their outcomes lead to, and delivers the outcomes."""
        while self._waiting and not self._closed:
            self._pool.waitForDone(-1)
            QCoreApplication.sendPostedEvents(self._report)

    def close(self, milliseconds: int) -> bool:
        """Waits for all tasks, -1 for as long as it takes, and drops their outcomes. Returns whether all are done."""
        self._closed = True
        self._waiting.clear()
        return bool(self._pool.waitForDone(milliseconds))


class SerialThreads:
    """A lane for each key: work with another key, such as another folder to write to, never waits."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, SerialThread] = {}
        self._closed = False

    def run(
        self, key: Hashable, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        """As :meth:`SerialThread.run`, in the lane of that key."""
        if self._closed:
            return
        if key not in self._lanes:
            self._lanes[key] = SerialThread()
        self._lanes[key].run(work, done, failed)

    def finish(self) -> None:
        """As :meth:`SerialThread.finish`, lane by lane."""
        for lane in list(self._lanes.values()):
            lane.finish()

    def close(self, milliseconds: int) -> bool:
        """As :meth:`SerialThread.close`; waits that long for all lanes together."""
        self._closed = True
        end = time.monotonic() + milliseconds / 1000
        ended = [lane.close(0) for lane in self._lanes.values()]  # drops all outcomes before it waits for any
        for number, lane in enumerate(self._lanes.values()):
            left = max(0, round(1000 * (end - time.monotonic())))
            ended[number] = lane.close(-1 if milliseconds < 0 else left)
        return all(ended)


def close_all(parts: Sequence[Any], seconds: float) -> bool:
    """Tells all of them to end before it waits for any, at most so long for all together; returns whether all have."""
    for part in parts:
        part.close(0)
    end = time.monotonic() + seconds
    ended = [part.close(max(0, round(1000 * (end - time.monotonic())))) for part in parts]
    return all(ended)
