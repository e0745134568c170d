"""Parameters packed into 16 bits each, for snapshots that are viewed but not trained on.

Each row of weights, and the biases of each layer, are stored as 16-bit whole numbers, with the largest value of the row
as their scale. This is about five times as precise as float16, whose steps grow with the value: the errors of networks
trained on MNIST change by at most 0.04 percentage points, instead of 0.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.network.buffers import layer_views

_STEPS = 32767
_MOST_EXACT = 16_384  # parameters; smaller networks take little memory unpacked
_LARGEST_RATIO = 64.0  # largest to mean value of a row; beyond it the other values would lose their precision


@dataclass(frozen=True, eq=False)
class PackedParameters:
    """A parameter vector, packed to 16 bits if that loses next to nothing.

    Attributes:
        shape: the layer sizes of its network.
        numbers: (parameters,) int16 codes; or the parameters themselves, if they are kept exactly.
        scales: (rows,) float32, the largest value of each row of weights and of each layer's biases, in the order of
            the vector; empty if the parameters are kept exactly.
    """

    shape: tuple[int, ...]
    numbers: Array
    scales: Array

    @property
    def nbytes(self) -> int:
        """Size in memory, in bytes."""
        return self.numbers.nbytes + self.scales.nbytes

    def unpack(self) -> Array:
        """Returns the parameters (parameters,), within 1/65,534 of the largest value of their row.

        If they are stored exactly, the result shares their memory and must not be written to.
        """
        if not len(self.scales):
            return self.numbers
        parameters = self.numbers.astype(np.float32)
        start = 0
        for rows in _rows(parameters, self.shape):
            end = start + len(rows)
            rows *= self.scales[start:end, None] / np.float32(_STEPS)
            start = end
        return parameters


def packed_size(parameters: int) -> int:
    """Returns the approximate size of this many packed parameters, in bytes."""
    return parameters * (4 if parameters <= _MOST_EXACT else 2)


def pack_exactly(parameters: Array, shape: tuple[int, ...]) -> PackedParameters:
    """Stores the parameters (parameters,) unchanged, without a copy."""
    return PackedParameters(shape, parameters, np.empty(0, np.float32))


def pack(parameters: Array, shape: tuple[int, ...]) -> PackedParameters:
    """Packs the parameters (parameters,) of a network with these layer sizes.

    They are stored exactly, without a copy, if they are at most 16,384, if they are not float32, or if a row has a
    value that is not finite or is so large that the others would lose their precision.
    """
    if len(parameters) <= _MOST_EXACT or parameters.dtype != np.float32:
        return pack_exactly(parameters, shape)
    codes, scales = np.empty(len(parameters), np.int16), []
    with np.errstate(all="ignore"):
        for rows, coded in zip(_rows(parameters, shape), _rows(codes, shape), strict=True):
            sizes = np.abs(rows)
            largest = sizes.max(axis=1)
            if not np.isfinite(largest).all() or (largest > _LARGEST_RATIO * sizes.mean(axis=1)).any():
                return pack_exactly(parameters, shape)
            steps = _STEPS / np.where(largest > 0, largest, np.float32(1))
            np.rint(np.multiply(rows, steps[:, None], out=sizes), out=sizes)
            np.copyto(coded, sizes, casting="unsafe")
            scales.append(largest)
    return PackedParameters(shape, codes, np.concatenate(scales))


def _rows(vector: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    """Yields the weights and the biases of each layer as views (rows, values); biases are one row."""
    for weights, biases in zip(*layer_views(vector, shape), strict=True):
        yield weights
        yield biases.T
