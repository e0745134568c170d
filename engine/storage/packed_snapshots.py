"""``PackedSnapshot``: parameters of a network at one epoch, packed into bytes that are equal on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array, parameter_count
from engine.network.half_precision import PackedParameters, pack
from engine.network.network import from_neuron_by_neuron, neuron_by_neuron

_KINDS = {16: "<i2", 32: "<f4"}


@dataclass(frozen=True, eq=False)
class PackedSnapshot:
    """Stored parameters of a network: neuron by neuron, as in all files.

    Attributes:
        bits: bits per number: 16 for the codes of :mod:`engine.network.half_precision`, after their scales; 32 if
            exact.
        content: the bytes.
    """

    bits: int
    content: bytes

    @classmethod
    def of(cls, parameters: Array, shape: Sequence[int]) -> PackedSnapshot:
        """Packs a vector of parameters; numbers beyond the range of single precision become the largest there is."""
        kept = pack(parameters, tuple(shape))
        if len(kept.scales):
            codes = neuron_by_neuron(kept.numbers, shape).astype("<i2")
            return cls(16, kept.scales.astype("<f4").tobytes() + codes.tobytes())
        largest = np.finfo(np.float32).max
        with np.errstate(over="ignore"):
            single = np.clip(parameters, -largest, largest).astype("<f4")
        return cls(32, neuron_by_neuron(single, shape).tobytes())

    def parameters(self, shape: Sequence[int]) -> Array:
        """Returns the parameters, (parameters,) float32. Raises ValueError unless they fit these layer sizes."""
        rows = sum(shape[1:]) + len(shape) - 1 if self.bits == 16 else 0
        size = 4 * rows + parameter_count(shape) * self.bits // 8
        if self.bits not in _KINDS or len(self.content) != size:
            raise ValueError(f"{len(self.content):,} bytes for {parameter_count(shape):,} parameters")
        scales = np.frombuffer(self.content, "<f4", rows).astype(np.float32)
        numbers = from_neuron_by_neuron(np.frombuffer(self.content, _KINDS[self.bits], offset=4 * rows), shape)
        if not (np.isfinite(scales).all() and np.isfinite(numbers).all()):
            raise ValueError("parameters that are not finite")
        return PackedParameters(tuple(shape), numbers.astype(numbers.dtype.newbyteorder("=")), scales).unpack()
