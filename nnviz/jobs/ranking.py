"""Measures what the network would be without each neuron of a layer, in a thread of its own."""

from __future__ import annotations

import threading
import time

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Split
from engine.metrics import Evaluation
from engine.network import Network
from engine.neurons import without_each
from nnviz.jobs.lane import Lane

_SECONDS_BETWEEN_VIEWS = 0.05


class Ranking(QObject):
    """Measures one layer at a time.

    Signals:
        changed: ``share`` has grown, or the measurement has begun or ended.
        failed(Exception): it ended with an error.

    Attributes:
        layer: the layer that is or was measured, from 1; 0 before the first.
        part, count: the part of the data by which it is measured, and its number of examples.
        share: the share 0…1 that is done.
        is_running: whether it is being measured.
        whole: the results with all neurons; None until it is done.
        each: the results without each neuron; empty until it is done.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)
    _went_on = pyqtSignal(object, float)

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.part, self.count, self.share = 0, "", 0, 0.0
        self.is_running = False
        self.whole: Evaluation | None = None
        self.each: list[Evaluation] = []
        self._cancelled = threading.Event()  # one for each measurement
        self._lane = Lane()
        self._went_on.connect(self._show)

    def start(self, network: Network, layer: int, part: str, examples: Split) -> None:
        """Measures a layer of a network that nobody writes to."""
        self.cancel()
        self._cancelled = cancelled = threading.Event()
        self.layer, self.part, self.count, self.share = layer, part, len(examples), 0.0
        self.whole, self.each, self.is_running = None, [], True
        self.changed.emit()

        def done(found: tuple[Evaluation, list[Evaluation]] | None) -> None:
            if found is not None and not cancelled.is_set():
                self.whole, self.each = found
                self._end()

        def failed(error: Exception) -> None:
            if not cancelled.is_set():
                self._end()
                self.failed.emit(error)

        self._lane.run(lambda: self._measure(network, layer, examples, cancelled), done, failed)

    def _measure(
        self, network: Network, layer: int, examples: Split, cancelled: threading.Event
    ) -> tuple[Evaluation, list[Evaluation]] | None:
        """Runs in the lane's thread."""
        steps, last_view = without_each(network, examples, layer), time.perf_counter()
        while not cancelled.is_set():
            try:
                share = next(steps)
            except StopIteration as finished:
                found: tuple[Evaluation, list[Evaluation]] = finished.value
                return found
            if time.perf_counter() - last_view > _SECONDS_BETWEEN_VIEWS:
                last_view = time.perf_counter()
                self._went_on.emit(cancelled, share)
        return None

    def _show(self, cancelled: threading.Event, share: float) -> None:
        if not cancelled.is_set():
            self.share = share
            self.changed.emit()

    def _end(self) -> None:
        self.is_running = False
        self.changed.emit()

    def cancel(self) -> None:
        """Stops the measurement; nothing of it is kept."""
        self._cancelled.set()
        if self.is_running:
            self._end()

    def forget(self) -> None:
        """Drops everything: it belongs to another network or other data."""
        self.cancel()
        if self.layer:
            self.layer, self.whole, self.each = 0, None, []
            self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the measurement and its thread; returns whether that was in time."""
        self._cancelled.set()
        return self._lane.close(milliseconds)
