"""The training examples in random order, batch by batch."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Split
from engine.network.network import Network
from engine.training.settings import TrainingSettings

# Inputs and targets are gathered for several batches at once, at most this many numbers: small batches need fewer
# calls, and the last product's results in the other core's cache are seldom overwritten. More would not stay in the
# cache.
_AHEAD_NUMBERS = 500_000


class Batches:
    """Gathers batches, several at once, into buffers that are allocated once.

    Attributes:
        order: (examples,) numbers of the examples in the order of this epoch.
        per_epoch: batches in an epoch.
        scale: the factor by which the inputs last taken still have to be multiplied.
    """

    def __init__(self, split: Split, network: Network, settings: TrainingSettings) -> None:
        size, examples = settings.batch_size, len(split)
        dtype = network.parameters.dtype
        self.order: Array = np.arange(examples)
        self.per_epoch = examples // size if settings.drop_last else -(-examples // size)
        self.scale = 1.0
        self._split = split
        self._size = size
        width = split.inputs.shape[1]
        self._ahead = min(self.per_epoch, max(1, _AHEAD_NUMBERS // (size * (width + split.classes))))
        rows = self._ahead * size
        self._raw: Array = np.empty((rows, width), split.inputs.dtype)
        self._inputs: Array = np.empty((rows, width), dtype)
        self._targets: Array = np.empty((rows, split.classes), split.targets.dtype)
        self._first = self._next = -1  # the first gathered batch, and the next one expected
        self._gathered = 0  # number of gathered examples

    def reorder(self, order: Array) -> None:
        """Changes the order of the examples from the next batch on."""
        self.order = order
        self._next = -1

    def shuffle(self, rng: np.random.Generator) -> None:
        rng.shuffle(self.order)
        self._next = -1

    def batch(self, index: int) -> tuple[Array, Array]:
        """Returns inputs and targets of batch ``index``, from 0, as views that later calls overwrite.

        It is fast for consecutive batches; any other order gathers them again, so changes made to them are lost.
        """
        if index != self._next or index == self._first + self._ahead:
            self._gather(index)
        self._next = index + 1
        start = (index - self._first) * self._size
        rows = slice(start, min(start + self._size, self._gathered))
        return self._inputs[rows], self._targets[rows]

    def _gather(self, first: int) -> None:
        """Gathers this batch and as many of the following ones as fit."""
        start = first * self._size
        rows = self.order[start : start + len(self._raw)]
        raw, inputs, targets = (part[: len(rows)] for part in (self._raw, self._inputs, self._targets))
        # mode="clip" lets take() write directly into its output; the indices are always in range.
        np.take(self._split.inputs, rows, axis=0, out=raw, mode="clip")
        self.scale = self._split.convert(raw, inputs)
        np.take(self._split.targets, rows, axis=0, out=targets, mode="clip")
        self._first, self._gathered = first, len(rows)
