"""A thread of its own for slow work, one piece after the other; results arrive in the thread that asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal


class _Report(QObject):
    """Carries the outcomes of tasks, by their numbers, to the thread that it was made in."""

    settled = pyqtSignal(int, bool, object)  # the task, whether it went well, its result or what it raised


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
    """Does what it is given, in order. Several lanes work side by side: nothing waits behind what it need not."""

    def __init__(self) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._asked = 0  # tasks so far
        self._waiting: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None]]] = {}
        # One for all tasks: it may not go while one of its outcomes is being delivered.
        self._report = _Report()
        self._report.settled.connect(self._settle)
        self._closed = False

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Calls ``done`` with the result of ``work()``, or ``failed`` with what it raised. Nothing after ``close``."""
        if self._closed:
            return
        self._asked += 1
        self._waiting[self._asked] = (done, failed)
        self._pool.start(_Task(self._asked, work, self._report))

    def _settle(self, number: int, went_well: bool, outcome: Any) -> None:
        done, failed = self._waiting.pop(number, (None, None))
        then = done if went_well else failed
        if then is not None:
            then(outcome)

    def close(self, milliseconds: int) -> bool:
        """Waits for what was asked for, -1 for as long as it takes; what is not delivered yet is dropped."""
        self._closed = True
        self._waiting.clear()
        return bool(self._pool.waitForDone(milliseconds))
