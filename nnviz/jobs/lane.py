"""A thread for slow work, one task after the other; results arrive in the thread that made the lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
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


class Lane:
    """Runs tasks in order in one thread. Several lanes work side by side, so that unrelated work need not wait."""

    def __init__(self) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._waiting: deque[tuple[Callable[[Any], None], Callable[[Exception], None]]] = deque()  # in order
        # One for all tasks: it must not be deleted while an outcome is being delivered.
        self._report = _Report(self._settle)
        self._closed = False

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Calls ``done`` with the result of ``work()``, or ``failed`` with its error; neither after ``close``."""
        report = self._report

        def task() -> None:
            try:
                result = work()
            except Exception as error:
                report.settled.emit(False, error)
            else:
                report.settled.emit(True, result)

        if not self._closed:
            self._waiting.append((done, failed))
            self._pool.start(task)

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
