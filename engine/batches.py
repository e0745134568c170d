"""The training data in random order, a batch at a time."""

from __future__ import annotations

import numpy as np

from engine.datasets import Split
from engine.network import Network
from engine.settings import TrainingSettings
from engine.validation import Array


class Batches:
    """Gathers batches into buffers that are allocated once.

    Attributes:
        order: (examples,) the numbers of the examples in the order they come in this epoch.
        per_epoch: batches in an epoch.
    """

    def __init__(self, split: Split, network: Network, settings: TrainingSettings) -> None:
        size, examples = settings.batch_size, len(split)
        dtype = network.parameters.dtype
        self.order: Array = np.arange(examples)
        self.per_epoch = examples // size if settings.drop_last else -(-examples // size)
        self._split = split
        self._size = size
        self._scale = dtype.type(split.scale)
        self._rows: Array = np.empty((size, split.inputs.shape[1]), split.inputs.dtype)
        # Two in turn: a second core may still hold what the last products read of the one before.
        self._inputs: Array = np.empty((2, size, split.inputs.shape[1]), dtype)
        self._targets: Array = np.empty((size, split.classes), split.targets.dtype)

    def shuffle(self, rng: np.random.Generator) -> None:
        """A new order for the coming epoch."""
        rng.shuffle(self.order)

    def take(self, index: int) -> tuple[Array, Array]:
        """Inputs and targets of batch ``index``, from 0, as views that later calls overwrite."""
        rows = self.order[index * self._size : (index + 1) * self._size]
        raw, inputs, targets = (part[: len(rows)] for part in (self._rows, self._inputs[index % 2], self._targets))
        # mode="clip" lets take write straight into its output; the indices are in range anyway.
        np.take(self._split.inputs, rows, axis=0, out=raw, mode="clip")
        np.multiply(raw, self._scale, out=inputs)
        np.take(self._split.targets, rows, axis=0, out=targets, mode="clip")
        return inputs, targets
