"""Evaluates a network on a set of examples: loss; of classes error and confusion matrix, of numbers RMSE and R²."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array, whole_number
from engine.datasets import Split
from engine.datasets.scaling import Scaling
from engine.network.buffers import Buffers
from engine.network.network import Network, chunk_rows, overflow_of
from engine.training.residuals import Residuals

MEASURED = ("error", "rmse", "r2")  # the figures that measure how good a network is


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The results of a network on a set of examples.

    Attributes:
        loss: mean loss of an example.
        error: share of wrong predictions, 0…1; None for regression.
        confusion: (classes, classes) counts, row = true class, column = prediction; None for regression.
        ranks: (classes,) number of examples for which 0, 1, 2, … classes had a larger output than the true one; None
            for regression.
        rmse: root of the mean squared residual, in the unit of the targets; None for classes. See
            :class:`~engine.training.residuals.Residuals`.
        r2: coefficient of determination, at most 1; None for classes, and if no target varies.
    """

    loss: float
    error: float | None
    confusion: Array | None
    ranks: Array | None = None
    rmse: float | None = None
    r2: float | None = None

    @property
    def precision(self) -> Array | None:
        """Share of right predictions among the predictions of each class, (classes,); NaN if it is never predicted."""
        return None if self.confusion is None else precision_of(self.confusion)

    @property
    def recall(self) -> Array | None:
        """Share of right predictions among the examples of each class, (classes,); NaN for a class without examples."""
        return None if self.confusion is None else recall_of(self.confusion)

    def top_error(self, k: int) -> float | None:
        """Returns the share of examples whose class is not among the ``k`` largest outputs; None for regression.

        Raises SettingError unless ``k`` is a whole number of at least 1.
        """
        k = whole_number("k", k, 1, "5")
        if self.ranks is None:
            return None
        return float(self.ranks[k:].sum() / self.ranks.sum())


def in_figures(value: float) -> str:
    """Returns a figure as text with at least four digits: "15,470", "2.712", "0.00341"."""
    return f"{value:,.0f}" if 9999.5 <= abs(value) < 1e12 else f"{value:.4g}"


def figures_of(parts: Mapping[str, Evaluation | None]) -> dict[str, float]:
    """Returns the available errors, RMSEs and R² of the splits: "test_error", "train_rmse" and so on."""
    every = {f"{part}_{name}": getattr(of, name) for part, of in parts.items() if of for name in MEASURED}
    return {name: value for name, value in every.items() if value is not None}


def precision_of(confusion: Array) -> Array:
    """Returns the precision of each class, (classes,), from a confusion matrix; see :attr:`Evaluation.precision`."""
    return _share(confusion, axis=0)


def recall_of(confusion: Array) -> Array:
    """Returns the recall of each class, (classes,), from a confusion matrix; see :attr:`Evaluation.recall`."""
    return _share(confusion, axis=1)


def _share(confusion: Array, axis: int) -> Array:
    with np.errstate(invalid="ignore"):
        share: Array = np.diagonal(confusion) / confusion.sum(axis=axis)
    return share


def confusion_matrix(labels: Array, answers: Array, classes: int) -> Array:
    """Returns (classes, classes) int64 counts, row = true class, column = prediction."""
    cells = labels.astype(np.int64) * classes + answers  # the type of the labels might overflow
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


class Evaluator:
    """Evaluates a network on a split, in chunks. Reuses its buffers.

    Attributes:
        buffers: those of the last chunk.
    """

    def __init__(
        self, network: Network, split: Split, target_scaling: Scaling | None = None, beside: Evaluator | None = None
    ) -> None:
        """Raises DataError if the network's loss cannot have these targets.

        Args:
            target_scaling: the scaling of numeric targets, which gives the RMSE in their own unit.
            beside: another evaluator of the same network that never runs at the same time; its buffers are shared if
                they are large enough.
        """
        network.loss_function.check_targets(split.targets, network.layer_activations[-1])
        self._network = network
        self._split = split
        self._residuals = None if split.labels is not None else Residuals(split.targets, target_scaling)
        chunk = chunk_rows(network.shape, len(split))
        self._whole: Buffers
        self._inputs: Array
        if beside is not None and len(beside._inputs) >= chunk:
            self._whole, self._inputs = beside._whole, beside._inputs[:chunk]
        else:
            self._whole = Buffers(network, chunk)
            self._inputs = np.empty((chunk, network.shape[0]), network.parameters.dtype)
        self.buffers = self._whole

    def evaluate(self) -> Evaluation:
        """Returns the results for the present parameters. Raises DataError like :meth:`steps`."""
        steps = self.steps()
        while True:
            try:
                with np.errstate(all="ignore"):  # overflows are reported by an error
                    next(steps)
            except StopIteration as finished:
                result: Evaluation = finished.value
                return result

    def steps(self) -> Generator[int, None, Evaluation]:
        """Evaluates in chunks, so that the caller can stop: yields the number of examples done after each.

        The generator returns the :class:`Evaluation`. Raises DataError if outputs or their loss are not finite.
        """
        split, size, residuals = self._split, len(self._inputs), self._residuals
        if residuals is not None:
            residuals.clear()
        classes = 0 if split.labels is None else split.classes
        confusion, ranks = np.zeros((classes, classes), np.int64), np.zeros(classes, np.int64)
        loss = 0.0
        for start in range(0, len(split), size):
            stop = min(start + size, len(split))
            inputs = self._inputs[: stop - start]
            buffers = self.buffers = self._whole.cut(len(inputs))
            buffers.scale = split.convert(split.inputs[start:stop], inputs)
            loss += self._network.forward_with_loss(inputs, split.targets[start:stop], buffers) * len(inputs)
            if not math.isfinite(loss):  # the loss is not finite if any output is not
                raise overflow_of(buffers)
            outputs = buffers.outputs[-1]
            if split.labels is not None:
                labels = split.labels[start:stop]
                confusion += confusion_matrix(labels, outputs.argmax(axis=1), classes)
                ranks += _ranks(labels, outputs)
            elif residuals is not None:
                residuals.add(outputs, split.targets[start:stop])
            yield stop
        if residuals is not None:
            return Evaluation(loss / len(split), None, None, None, residuals.rmse, residuals.r2)
        total = int(confusion.sum())
        error = (total - int(np.trace(confusion))) / total  # counted, so that 46 of 10,000 are exactly 0.0046
        return Evaluation(loss / len(split), error, confusion, ranks)


def _ranks(labels: Array, outputs: Array) -> Array:
    """Returns (classes,) counts of how often the true class had the largest output, the second largest and so on."""
    of_the_true = outputs[np.arange(len(labels)), labels][:, None]
    # If outputs are equal, the first counts as larger, as in argmax.
    before = np.arange(outputs.shape[1]) < labels[:, None]
    above = (outputs > of_the_true) | ((outputs == of_the_true) & before)
    return np.bincount(above.sum(axis=1), minlength=outputs.shape[1])
