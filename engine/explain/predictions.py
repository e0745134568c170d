"""Predictions of a network for every example: a class with its confidence, or numbers.

:mod:`engine.training.metrics` only counts; here each prediction is stored, so that the examples behind a count can be
found.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Split
from engine.network.buffers import Buffers
from engine.network.network import Network, chunk_rows
from engine.training.metrics import confusion_matrix


@dataclass(frozen=True, eq=False)
class ClassPredictions:
    """The predictions of a classification, example by example.

    Attributes:
        labels, answers: (k,) int64, the true class and the predicted class, the one with the largest output.
        confidences: (k,) float32, the largest output, clipped to 0…1; NaN where outputs are not numbers.
        classes: the number of classes.
    """

    labels: Array
    answers: Array
    confidences: Array
    classes: int

    @cached_property
    def order(self) -> Array:
        """The numbers of all examples, (k,), the most confident first."""
        return np.argsort(-self.confidences, kind="stable")

    @cached_property
    def confusion(self) -> Array:
        """The confusion matrix, (classes, classes) counts, row = true class, column = predicted class."""
        return confusion_matrix(self.labels, self.answers, self.classes)

    @cached_property
    def are_wrong(self) -> Array:
        """Whether each prediction is wrong, (k,)."""
        wrong: Array = self.labels != self.answers
        return wrong

    def mistakes(self) -> Array:
        """Returns the numbers of all misclassified examples, the most confident first."""
        return self.order[self.are_wrong[self.order]]

    def of(self, true: int | None, answer: int | None) -> Array:
        """Returns the numbers of the examples with a true class and a predicted class; None stands for every class.

        Mistakes come first; the mistakes and the others are each sorted by confidence, the highest first.
        """
        chosen = np.ones(len(self.labels), bool)
        if true is not None:
            chosen &= self.labels == true
        if answer is not None:
            chosen &= self.answers == answer
        return self.among(chosen)

    def among(self, chosen: Array) -> Array:
        """Returns the numbers of the examples that are True in ``chosen``, (k,), in the order of :meth:`of`."""
        found = self.order[chosen[self.order]]
        wrong = self.are_wrong[found]
        return np.concatenate([found[wrong], found[~wrong]])


@dataclass(frozen=True, eq=False)
class NumberPredictions:
    """The predictions of a regression; for each example the output that is farthest from its target.

    Attributes:
        outputs: (k,) int64, the number of this output.
        targets, answers: (k,) float64, its target and its prediction.
        errors: (outputs,) root of the mean squared difference, in the units of the targets.
        explained: (outputs,) coefficient of determination R²: 1 is perfect, 0 no better than the mean of the targets;
            NaN where all targets are equal.
    """

    outputs: Array
    targets: Array
    answers: Array
    errors: Array
    explained: Array

    @cached_property
    def differences(self) -> Array:
        """Prediction minus target, (k,)."""
        with np.errstate(all="ignore"):
            difference: Array = self.answers - self.targets
        return difference

    @cached_property
    def order(self) -> Array:
        """The numbers of all examples, (k,), the largest difference first; NaN counts as infinite."""
        sizes = np.nan_to_num(np.abs(self.differences), nan=np.inf, posinf=np.inf)
        return np.argsort(-sizes, kind="stable")

    def among(self, chosen: Array) -> Array:
        """Returns the numbers of the examples that are True in ``chosen``, (k,), the largest difference first."""
        return self.order[chosen[self.order]]


Predictions = ClassPredictions | NumberPredictions


See = Callable[[slice, Array, Buffers], None]


def predict_in_steps(
    network: Network, split: Split, rows: Array | None = None, see: See | None = None
) -> Generator[int, None, Predictions]:
    """Predicts every example of a split, or those with the numbers in ``rows``, (k,).

    Yields the number of examples done after each chunk, so that the caller can stop; the generator returns the
    predictions. ``see`` is called with each chunk's place among all examples, its inputs (before ``buffers.scale``) and
    the buffers with the outputs of every layer, which the next chunk overwrites.
    """
    count = len(split) if rows is None else len(rows)
    size = chunk_rows(network.shape, count)
    buffers, inputs = Buffers(network, size), np.empty((size, network.shape[0]), network.parameters.dtype)
    collected = (
        _NumberCollector(split, count) if split.labels is None else _ClassCollector(split.labels, count, split.classes)
    )
    for start in range(0, count, size):
        place = slice(start, min(start + size, count))
        chosen = place if rows is None else rows[place]
        given = inputs[: place.stop - start]
        fitting = buffers.cut(len(given))
        fitting.scale = split.convert(split.inputs[chosen], given)
        with np.errstate(all="ignore"):
            collected.collect(place, chosen, network.forward(given, fitting))
        if see is not None:
            see(place, given, fitting)
        yield place.stop
    return collected.answers()


class _ClassCollector:
    """Collects the predictions of a classification."""

    def __init__(self, labels: Array, count: int, classes: int) -> None:
        self._all, self._classes = labels, classes
        self._labels, self._answers = np.empty(count, np.int64), np.empty(count, np.int64)
        self._confidences = np.empty(count, np.float32)

    def collect(self, place: slice, chosen: Array | slice, outputs: Array) -> None:
        """Adds the outputs (rows, classes) of some examples."""
        self._labels[place] = self._all[chosen]
        self._answers[place] = outputs.argmax(axis=1)
        self._confidences[place] = np.clip(outputs.max(axis=1), 0, 1)

    def answers(self) -> ClassPredictions:
        return ClassPredictions(self._labels, self._answers, self._confidences, self._classes)


class _NumberCollector:
    """Collects the predictions of a regression."""

    def __init__(self, split: Split, count: int) -> None:
        self._all = split.targets
        self._outputs, self._targets, self._answers = np.empty(count, np.int64), np.empty(count), np.empty(count)
        self._count = count
        # Sums for each output: squared differences, targets, and squared targets.
        self._squares, self._sum, self._power = (np.zeros(split.classes) for _ in range(3))

    def collect(self, place: slice, chosen: Array | slice, outputs: Array) -> None:
        """Adds the outputs (rows, outputs) of some examples."""
        targets, answers = self._all[chosen].astype(np.float64), outputs.astype(np.float64)
        off = answers - targets
        self._squares += (off**2).sum(axis=0)
        self._sum += targets.sum(axis=0)
        self._power += (targets**2).sum(axis=0)
        worst = np.nan_to_num(np.abs(off), nan=np.inf, posinf=np.inf).argmax(axis=1)
        here = np.arange(len(worst)), worst
        self._outputs[place], self._targets[place], self._answers[place] = worst, targets[here], answers[here]

    def answers(self) -> NumberPredictions:
        with np.errstate(all="ignore"):
            square = self._squares / self._count
            variance = self._power / self._count - (self._sum / self._count) ** 2
            explained = np.where(variance > 0, 1 - square / variance, np.nan)
            return NumberPredictions(self._outputs, self._targets, self._answers, np.sqrt(square), explained)
