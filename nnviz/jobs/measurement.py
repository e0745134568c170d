"""Measurement of a network's figures in a background thread; only the latest request counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.network.network import Network
from engine.training.metrics import Evaluator, figures_of
from nnviz.jobs.stepwise import Steps, StepwiseTask, shares_only

Figures = dict[str, float]


class Measurement:
    """Measures one network at a time; a new request replaces the one before.

    There is no result for a network that is too large or has non-finite outputs, nor for data too few for a
    validation set.
    """

    def __init__(self, crashed: Callable[[Exception], None]) -> None:
        """``crashed`` is called with any other error."""
        self._crashed = crashed
        self._task = StepwiseTask()
        self._task.changed.connect(self._hand_over)
        self._task.failed.connect(self._failed)

    def start(
        self, network: Network, dataset: Dataset, validation_share: float, done: Callable[[Figures], None]
    ) -> None:
        """Calls ``done`` with the figures of all sets of the data, by names like "test_error" and "test_loss".

        The data are divided as in a run with that ``validation_share``.
        """
        self._task.start(done, lambda: _measured(network, dataset, validation_share))

    def stop(self) -> None:
        """Drops the measurement in progress."""
        self._task.forget()

    def _hand_over(self) -> None:
        done, figures = self._task.about, self._task.result
        if figures is not None:
            self._task.forget()
            done(figures)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, (EngineError, MemoryError)):
            self._crashed(error)

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement. Returns whether its thread ended in time."""
        return self._task.close(milliseconds)


def _measured(network: Network, dataset: Dataset, validation_share: float) -> Steps:
    """Evaluates the network chunk by chunk in the background thread; returns the figures."""
    results, dataset = {}, dataset.divided(validation_share)
    for name, split in dataset.splits.items():
        evaluator = Evaluator(network, split, dataset.target_scaling)
        with np.errstate(all="ignore"):  # an error tells what overflows
            results[name] = yield from shares_only(evaluator.steps())
    return figures_of(results) | {f"{name}_loss": result.loss for name, result in results.items()}
