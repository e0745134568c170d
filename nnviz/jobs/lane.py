"""A thread for slow work, one task after the other; results arrive in the thread that made the lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QCoreApplication, QObject, QRunnable, QThreadPool, pyqtSignal, pyqtSlot


class _Report(QObject):
    """Carries the outcomes of tasks to the thread that it was made in."""

    settled = pyqtSignal(int, bool, object)  # number of the task, whether it succeeded, its result or error

    def __init__(self, settle: Callable[[int, bool, Any], None]) -> None:
        super().__init__()
        self._settle = settle
        self.settled.connect(self._pass_on)

    @pyqtSlot(int, bool, object)  # so that ``finish`` can have it called
    def _pass_on(self, number: int, succeeded: bool, outcome: Any) -> None:
        self._settle(number, succeeded, outcome)


class _Task(QRunnable):
    def __init__(self, number: int, work: Callable[[], Any], report: _Report) -> None:
        super().__init__()
        self._number = number
        self._work = work
        self._report = report

    def run(self) -> None:
        try:
            result = self._work()
        except Exception as error:
            self._report.settled.emit(self._number, False, error)
        else:
            self._report.settled.emit(self._number, True, result)


class Lane:
    """Runs tasks in order in one thread. Several lanes work side by side, so that unrelated work need not wait."""

    def __init__(self) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._count = 0  # number of tasks so far
        self._waiting: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None]]] = {}
        # One for all tasks: it must not be deleted while an outcome is being delivered.
        self._report = _Report(self._settle)
        self._closed = False

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Calls ``done`` with the result of ``work()``, or ``failed`` with its error; neither after ``close``."""
        if self._closed:
            return
        self._count += 1
        self._waiting[self._count] = (done, failed)
        self._pool.start(_Task(self._count, work, self._report))

    def _settle(self, number: int, succeeded: bool, outcome: Any) -> None:
        done, failed = self._waiting.pop(number, (None, None))
        then = done if succeeded else failed
        if then is not None:
            then(outcome)

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
