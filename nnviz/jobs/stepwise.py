"""Long work in a background thread that reports its progress and can be cancelled between two steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.jobs.serial_thread import SerialThread

_SECONDS_BETWEEN_VIEWS = 0.05
_LONGEST_REST = 0.5  # seconds
Result = TypeVar("Result")
# Yields the share 0…1 that is done and what was found so far; returns the result.
Steps = Generator[tuple[float, Any], None, Any]


class StepwiseTask(QObject):
    """Runs one piece of work at a time; results after ``cancel`` are dropped.

    Signals:
        changed: ``share`` has grown, or the work has begun or ended.
        failed(Exception): the work ended with an error.

    Attributes:
        about: the subject of the work, as it was given to ``start``; None before the first time.
        share: the share 0…1 that is done.
        partial: the results so far; None if there are none.
        result: the return value of the work; None until it is done.
        is_running: whether the work is running.
        was_stopped: whether the last work was cancelled before its end.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)
    _went_on = pyqtSignal(object, float, object)

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0
        self.about: Any = None
        self.partial: Any = None
        self.result: Any = None
        self.is_running = self.was_stopped = False
        self._cancelled = threading.Event()  # one for each piece of work
        self._thread = SerialThread()
        self._went_on.connect(self._show)

    def start(self, about: object, steps: Callable[[], Steps]) -> None:
        """Calls ``steps`` and runs through them, in the background thread."""
        self.cancel()
        self._cancelled = cancelled = threading.Event()
        self.about, self.share, self.partial, self.result = about, 0.0, None, None
        self.is_running, self.was_stopped = True, False
        self.changed.emit()

        def done(result: object) -> None:
            if not cancelled.is_set():
                self.result = result
                self._end()

        def failed(error: Exception) -> None:
            if not cancelled.is_set():
                self._end()
                self.failed.emit(error)

        self._thread.run(lambda: self._go_through(steps(), cancelled), done, failed)

    def _go_through(self, steps: Steps, cancelled: threading.Event) -> object:
        """Runs the steps in the background thread and reports the progress several times a second."""
        last_view = time.perf_counter()
        now: tuple[float, Any] = (0.0, None)
        with closing(steps):  # in this thread: what the steps opened may belong to it
            while not cancelled.is_set():
                try:
                    now = next(steps)
                except StopIteration as finished:
                    self._went_on.emit(cancelled, *now)
                    return finished.value
                if time.perf_counter() - last_view > _SECONDS_BETWEEN_VIEWS:
                    last_view = time.perf_counter()
                    self._went_on.emit(cancelled, *now)
        return None

    def _show(self, cancelled: threading.Event, share: float, partial: object) -> None:
        if not cancelled.is_set():
            self.share, self.partial = share, partial
            self.changed.emit()

    def _end(self) -> None:
        self.is_running = False
        self.changed.emit()

    def cancel(self) -> None:
        """Stops after the current step and keeps the results so far."""
        self._cancelled.set()
        if self.is_running:
            self.was_stopped = True
            self._end()

    def forget(self) -> None:
        """Stops and drops all results, which belong to another network or other data."""
        self.cancel()
        if self.about is not None:
            self.about, self.share, self.partial, self.result = None, 0.0, None, None
            self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the work. Returns whether its thread ended in time."""
        self._cancelled.set()
        return self._thread.close(milliseconds)


def shares_only(steps: Generator[float, None, Result]) -> Generator[tuple[float, None], None, Result]:
    """Adapts a generator that yields only the share that is done."""
    while True:
        try:
            share = next(steps)
        except StopIteration as finished:
            result: Result = finished.value
            return result
        yield share, None


def yield_to_training(steps: Steps, is_training: Callable[[], bool]) -> Steps:
    """Yields the same steps. While a network is trained, rests twice as long after each, to leave it the processor."""
    while True:
        start = time.perf_counter()
        try:
            found = next(steps)
        except StopIteration as finished:
            return finished.value
        yield found
        if is_training():
            time.sleep(min(2 * (time.perf_counter() - start), _LONGEST_REST))
