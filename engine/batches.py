"""The training data in random order, a batch at a time."""

from __future__ import annotations

import numpy as np

from engine.datasets import Split
from engine.network import Network
from engine.settings import TrainingSettings
from engine.validation import Array

# So many inputs and targets are gathered at once, or else one batch: fewer calls for small batches, and what a second
# core still holds of the last product is seldom overwritten. More would not stay in the cache until they are used.
_AHEAD_NUMBERS = 500_000


class Batches:
    """Gathers batches, some ahead at once, into buffers that are allocated once.

    Attributes:
        order: (examples,) the numbers of the examples in the order they come in this epoch; to be set before any is
            taken, or shuffled.
        per_epoch: batches in an epoch.
        scale: what the inputs that were taken last are still to be multiplied with.
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
        self._first = self._next = -1  # the first batch of those gathered, and the one to be asked for next
        self._gathered = 0  # examples

    def shuffle(self, rng: np.random.Generator) -> None:
        """A new order for the coming epoch."""
        rng.shuffle(self.order)
        self._next = -1

    def take(self, index: int) -> tuple[Array, Array]:
        """Inputs and targets of batch ``index``, from 0, as views that later calls overwrite.

        Quick from batch to batch; any other order of asking gathers anew, so nothing done to them comes back.
        """
        if index != self._next or index == self._first + self._ahead:
            self._gather(index)
        self._next = index + 1
        start = (index - self._first) * self._size
        rows = slice(start, min(start + self._size, self._gathered))
        return self._inputs[rows], self._targets[rows]

    def _gather(self, first: int) -> None:
        """This batch and those that follow, as far as they fit in."""
        start = first * self._size
        rows = self.order[start : start + len(self._raw)]
        raw, inputs, targets = (part[: len(rows)] for part in (self._raw, self._inputs, self._targets))
        # mode="clip" lets take write straight into its output; the indices are in range anyway.
        np.take(self._split.inputs, rows, axis=0, out=raw, mode="clip")
        self.scale = self._split.convert(raw, inputs)
        np.take(self._split.targets, rows, axis=0, out=targets, mode="clip")
        self._first, self._gathered = first, len(rows)
