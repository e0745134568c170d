"""Measures the errors of a network in a thread of its own; only the latest that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from engine.datasets import Split
from engine.metrics import Evaluator
from engine.network import Network
from nnviz.jobs.lane import Lane

Errors = dict[str, float]


class Measuring:
    """A measurement stops when another one begins."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._latest = 0
        self._lane = Lane()

    def start(self, network: Network, splits: Mapping[str, Split], done: Callable[[Errors], None]) -> None:
        """Calls ``done`` with the error on each part by its name; there is none for regression."""
        self._latest += 1
        number = self._latest

        def finished(found: Errors | None) -> None:
            if found is not None and number == self._latest:
                done(found)

        self._lane.run(lambda: self._measure(network, splits, number), finished, self._failed)

    def stop(self) -> None:
        """Drops what is being measured."""
        self._latest += 1

    def _measure(self, network: Network, splits: Mapping[str, Split], number: int) -> Errors | None:
        """None if another measurement has begun. Runs in the lane's thread."""
        found: Errors = {}
        for name, split in splits.items():
            steps = Evaluator(network, split).steps()
            while number == self._latest:
                try:
                    with np.errstate(all="ignore"):  # an error tells what overflows
                        next(steps)
                except StopIteration as finished:
                    if finished.value.error is not None:
                        found[name] = finished.value.error
                    break
            else:
                return None
        return found

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement; returns whether that was in time."""
        self.stop()
        return self._lane.close(milliseconds)
