"""How wrong an answer is, and in which direction it should move.

A new loss: subclass :class:`Loss`, register it. Values are means over the examples of a batch, so that the
learning rate means the same at every batch size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.activations import Activation
from engine.errors import SettingError
from engine.registry import Registry
from engine.validation import Array

LOSSES: Registry[type[Loss]] = Registry("loss")


class Loss(ABC):
    """C(a, y) for outputs a and targets y, both (batch, outputs)."""

    name: ClassVar[str]
    label: ClassVar[str]
    outputs: ClassVar[tuple[str, ...]] = ()  # output activations it needs; none: any

    def check_output(self, activation: Activation) -> None:
        """Raises SettingError where the loss makes no sense behind that output activation."""
        if self.outputs and activation.name not in self.outputs:
            raise SettingError(
                "loss",
                self.name,
                f"must stand behind an output activation that gives probabilities, and this one is {activation.name}",
                f"Use {' or '.join(self.outputs)} as the output activation, or the quadratic loss.",
            )

    @abstractmethod
    def value(self, a: Array, y: Array, activation: Activation) -> float:
        """The mean cost of an example, behind that output activation."""

    @abstractmethod
    def delta(self, a: Array, y: Array, activation: Activation, out: Array) -> None:
        """Writes dC/dz of the output layer's weighted sums into ``out``. ``a`` may be overwritten."""


@LOSSES.register("quadratic")
class Quadratic(Loss):
    """C = |a - y|^2 / 2, the ancestor's cost. Nielsen 2015, "Neural Networks and Deep Learning", eq. (6)."""

    name = "quadratic"
    label = "Quadratic"

    def value(self, a: Array, y: Array, activation: Activation) -> float:
        """Half the squared distance, averaged over the examples."""
        difference = (a - y).ravel()
        return float(difference @ difference) / (2 * len(a))

    def delta(self, a: Array, y: Array, activation: Activation, out: Array) -> None:
        """(a - y) f'(z) / batch."""
        np.subtract(a, y, out=out)
        out *= 1 / len(a)
        activation.backward(a, out)


@LOSSES.register("cross-entropy")
class CrossEntropy(Loss):
    """C = -sum y log a behind softmax; behind sigmoid each output is a yes or no of its own.

    Behind both, dC/dz = a - y: no factor that vanishes where the answer is badly wrong. Bishop 2006, "Pattern
    Recognition and Machine Learning", section 4.3.
    """

    name = "cross-entropy"
    label = "Cross-entropy"
    outputs = ("softmax", "sigmoid")

    def value(self, a: Array, y: Array, activation: Activation) -> float:
        """Probabilities are kept off 0, so that a confident mistake costs much and not infinity."""
        tiny = np.finfo(a.dtype).tiny
        total = np.vdot(y, np.log(np.maximum(a, tiny)))
        if activation.name == "sigmoid":
            total += np.vdot(1 - y, np.log(np.maximum(1 - a, tiny)))
        return -float(total) / len(a)

    def delta(self, a: Array, y: Array, activation: Activation, out: Array) -> None:
        """(a - y) / batch."""
        np.subtract(a, y, out=out)
        out *= 1 / len(a)
