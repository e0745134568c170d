"""How good a network is on a set of examples: loss, error rate, confusion matrix."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engine.datasets import Split
from engine.network import Buffers, Network, chunk_rows
from engine.validation import Array


@dataclass(frozen=True)
class Evaluation:
    """How a network did on a set of examples.

    Attributes:
        loss: mean loss of an example.
        error: share of wrong answers, 0…1; None for regression.
        confusion: (classes, classes) counts, row = true class, column = answer; None for regression.
    """

    loss: float
    error: float | None
    confusion: Array | None


def confusion_matrix(labels: Array, answers: Array, classes: int) -> Array:
    """Counts of each true class (row) answered as each class (column), (classes, classes) int64."""
    cells = labels * classes + answers
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


class Evaluator:
    """Runs a network over a split, in chunks, with buffers it keeps."""

    def __init__(self, network: Network, split: Split) -> None:
        self._network = network
        self._split = split
        chunk = chunk_rows(network.shape, len(split))
        self._buffers = Buffers(network, chunk)
        self._inputs = np.empty((chunk, network.shape[0]), network.parameters.dtype)

    def evaluate(self) -> Evaluation:
        """The figures for the network's parameters as they are now."""
        steps = self.steps()
        while True:
            try:
                next(steps)
            except StopIteration as finished:
                result: Evaluation = finished.value
                return result

    def steps(self) -> Generator[int, None, Evaluation]:
        """The same, yielding the number of examples done after each chunk, so that the caller can stop.

        The :class:`Evaluation` is the generator's return value.
        """
        split, size = self._split, len(self._inputs)
        classes = split.classes
        confusion = np.zeros((classes, classes), np.int64) if split.labels is not None else None
        loss = 0.0
        for start in range(0, len(split), size):
            stop = min(start + size, len(split))
            inputs = split.take(slice(start, stop), self._inputs[: stop - start])
            outputs = self._network.forward(inputs, self._buffers)
            loss += self._network.loss_of(outputs, split.targets[start:stop]) * (stop - start)
            if split.labels is not None and confusion is not None:
                confusion += confusion_matrix(split.labels[start:stop], outputs.argmax(axis=1), classes)
            yield stop
        return _evaluation(loss / len(split), confusion)


def _evaluation(loss: float, confusion: Array | None) -> Evaluation:
    if confusion is None:
        return Evaluation(loss, None, None)
    return Evaluation(loss, 1 - float(np.trace(confusion)) / float(confusion.sum()), confusion)
