"""Searches for a learning rate in a thread of its own, on a copy of the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.network import Network
from engine.rate_finder import RateFinder, RatePoint
from engine.settings import TrainingSettings
from nnviz.jobs.lane import Lane

_SECONDS_BETWEEN_VIEWS = 0.05


class RateSearch(QObject):
    """Carries out one search at a time.

    Signals:
        changed: there are new points, or the search has begun or ended.
        failed(Exception): the search ended with an error.

    Attributes:
        points: learning rates tried so far, with their losses.
        share: the share 0…1 of the search that is done.
        suggestion: the suggested learning rate, rounded to two digits; None if there is none (yet).
        is_running: whether a search is running.
        was_stopped: whether the last search was stopped before it had tried all rates.
        tried_on: in words, the network of the last search.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)
    _found = pyqtSignal(object, object, float)

    def __init__(self) -> None:
        super().__init__()
        self.points: list[RatePoint] = []
        self.share = 0.0
        self.suggestion: float | None = None
        self.is_running = self.was_stopped = False
        self.tried_on = ""
        self._cancelled = threading.Event()  # one for each search; what comes of it after that is dropped
        self._lane = Lane()
        self._found.connect(self._show)

    def start(self, make: Callable[[], Network], tried_on: str, dataset: Dataset, settings: TrainingSettings) -> None:
        """Starts a search with the network that ``make`` returns; ``make`` is called in the search's thread."""
        self.cancel()
        self._cancelled = cancelled = threading.Event()
        self.points, self.share, self.suggestion, self.is_running = [], 0.0, None, True
        self.was_stopped, self.tried_on = False, tried_on
        self.changed.emit()

        def work() -> float | None:
            finder = RateFinder(make(), dataset, settings)
            self._sweep(finder, cancelled)
            return finder.suggestion

        def done(suggestion: float | None) -> None:
            if not cancelled.is_set():
                self.suggestion = None if suggestion is None else float(f"{suggestion:.2g}")
                self._end()

        def failed(error: Exception) -> None:
            if not cancelled.is_set():
                self._end()
                self.failed.emit(error)

        self._lane.run(work, done, failed)

    def _sweep(self, finder: RateFinder, cancelled: threading.Event) -> None:
        """Tries all rates, in the search's thread; emits the points several times a second."""
        last_view = time.perf_counter()
        for _ in finder.run():
            if cancelled.is_set():
                return
            if time.perf_counter() - last_view > _SECONDS_BETWEEN_VIEWS:
                last_view = time.perf_counter()
                self._found.emit(cancelled, list(finder.points), len(finder.points) / finder.batches)
        self._found.emit(cancelled, list(finder.points), 1.0)

    def _show(self, cancelled: threading.Event, points: list[RatePoint], share: float) -> None:
        if not cancelled.is_set():
            self.points, self.share = points, share
            self.changed.emit()

    def _end(self) -> None:
        self.is_running = False
        self.changed.emit()

    def cancel(self) -> None:
        """Stops the search after its current step; the points stay."""
        self._cancelled.set()
        if self.is_running:
            self.was_stopped = True
            self._end()

    def forget(self) -> None:
        """Stops the search and drops the points, which belong to another network or other data."""
        self.cancel()
        if self.points:
            self.points, self.share, self.suggestion = [], 0.0, None
            self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the search and its thread; returns whether that was in time."""
        self._cancelled.set()
        return self._lane.close(milliseconds)
