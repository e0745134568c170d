"""Measurement of a network's figures in a background thread; only the latest request counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.network.network import Network
from engine.training.metrics import Evaluator, figures_of
from nnviz.jobs.serial_thread import SerialThread

Figures = dict[str, float]


class Measurement:
    """Measures one network at a time; a new request replaces the one before.

    There is no result for a network that is too large or has non-finite outputs, nor for data too few for a
    validation set.
    """

    def __init__(self, crashed: Callable[[Exception], None]) -> None:
        """``crashed`` is called with any other error."""
        self._crashed = crashed
        self._latest = 0
        self._thread = SerialThread()

    def start(
        self, network: Network, dataset: Dataset, validation_share: float, done: Callable[[Figures], None]
    ) -> None:
        """Calls ``done`` with the figures of all sets of the data, by names like "test_error" and "test_loss".

        The data are divided as in a run with that ``validation_share``.
        """
        self._latest += 1
        number = self._latest

        def finished(found: Figures | None) -> None:
            if found is not None and number == self._latest:
                done(found)

        def failed(error: Exception) -> None:
            if not isinstance(error, (EngineError, MemoryError)):
                self._crashed(error)

        self._thread.run(lambda: self._measure(network, dataset, validation_share, number), finished, failed)

    def stop(self) -> None:
        """Drops the measurement in progress."""
        self._latest += 1

    def _measure(self, network: Network, dataset: Dataset, validation_share: float, number: int) -> Figures | None:
        """Returns None if another measurement has begun. Runs in the background thread."""
        results, dataset = {}, dataset.divided(validation_share)
        for name, split in dataset.splits.items():
            steps = Evaluator(network, split, dataset.target_scaling).steps()
            while number == self._latest:
                try:
                    with np.errstate(all="ignore"):  # an error reports overflows
                        next(steps)
                except StopIteration as finished:
                    results[name] = finished.value
                    break
            else:
                return None
        return figures_of(results) | {f"{name}_loss": result.loss for name, result in results.items()}

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement. Returns whether its thread ended in time."""
        self.stop()
        return self._thread.close(milliseconds)
