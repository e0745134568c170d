"""How wrong an answer is, and in which direction it should move.

A new loss: subclass :class:`Loss`, register it. Values are means over the examples of a batch, so that the
learning rate means the same at every batch size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.activations import Activation
from engine.errors import DataError, SettingError, Verbatim
from engine.registry import Registry
from engine.validation import Array

LOSSES: Registry[type[Loss]] = Registry("loss")

# How far a probability, or a sum of them, may be off: rounding to float32 stays far below, a mistake hardly does.
_ROUNDING = 1e-4


class Loss(ABC):
    """C(a, y) for outputs a = f(z) and targets y, all (batch, outputs).

    Attributes:
        joined_with: output activations that this loss is written together with: it stands behind these only, and its
            :meth:`gradient` is that with respect to z, not to a. Empty: it stands behind any activation.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    joined_with: ClassVar[tuple[str, ...]] = ()

    def check_output(self, activation: Activation) -> None:
        """Raises SettingError where the loss makes no sense behind that output activation."""
        if self.joined_with and activation.name not in self.joined_with:
            raise SettingError(
                "loss",
                self.name,
                f"must stand behind an output activation that gives probabilities, and this one is {activation.name}",
                f"Use {' or '.join(self.joined_with)} as the output activation, or the quadratic loss.",
            )

    def check_targets(self, targets: Array, activation: Activation, parameter: str = "targets") -> None:
        """Raises DataError where the loss makes no sense for targets (k, outputs) behind that output activation.

        For all examples at once, before anything is learned; ``parameter`` is what the message calls them. Any
        targets will do, unless a loss says otherwise.
        """
        return

    @abstractmethod
    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """Turns the output layer's weighted sums z into answers a = f(z), in place; the mean cost of an example."""

    @abstractmethod
    def gradient(self, a: Array, y: Array, out: Array) -> None:
        """Writes the gradient of each example's cost with respect to a (to z, see ``joined_with``) into ``out``."""


@LOSSES.register("quadratic")
class Quadratic(Loss):
    """C = |a - y|^2 / 2, the ancestor's cost. Nielsen 2015, "Neural Networks and Deep Learning", eq. (6)."""

    name = "quadratic"
    label = "Quadratic"

    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """Half the squared distance."""
        activation.forward(z)
        difference = z - y
        return float(np.vdot(difference, difference)) / (2 * len(z))

    def gradient(self, a: Array, y: Array, out: Array) -> None:
        """a - y."""
        np.subtract(a, y, out=out)


@LOSSES.register("huber")
class Huber(Loss):
    """Quadratic for differences up to 1, linear beyond: an outlier pulls no harder than a miss by 1.

    Huber 1964, "Robust estimation of a location parameter". For regression.
    """

    name = "huber"
    label = "Huber"

    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """Of each output d^2 / 2 or |d| - 1/2, which is c |d| - c^2 / 2 with c = min(|d|, 1)."""
        activation.forward(z)
        distance = np.abs(z - y)
        near = np.minimum(distance, 1)
        return (float(np.vdot(near, distance)) - float(np.vdot(near, near)) / 2) / len(z)

    def gradient(self, a: Array, y: Array, out: Array) -> None:
        """a - y, kept within -1 and 1."""
        np.subtract(a, y, out=out)
        np.clip(out, -1, 1, out=out)


@LOSSES.register("cross-entropy")
class CrossEntropy(Loss):
    """C = -sum y log a behind softmax; behind sigmoid each output is a yes or no of its own.

    Behind both, dC/dz = a - y: no factor that vanishes where the answer is badly wrong. Bishop 2006, "Pattern
    Recognition and Machine Learning", section 4.3. The cost is computed from z, so that a confident mistake costs
    what it should however small its probability is.
    """

    name = "cross-entropy"
    label = "Cross-entropy"
    joined_with = ("softmax", "sigmoid")

    def check_targets(self, targets: Array, activation: Activation, parameter: str = "targets") -> None:
        """Raises DataError unless they are probabilities: within 0 and 1; behind softmax, of sum 1 in each row."""
        if not (targets.min(initial=0) >= -_ROUNDING and targets.max(initial=1) <= 1 + _ROUNDING):
            bad = np.argwhere(~((targets >= -_ROUNDING) & (targets <= 1 + _ROUNDING)))
            row, column = bad[0]
            value = f"{targets[row, column]:g} at [{row}, {column}] ({len(bad):,} such values)"
            raise self._no_probabilities(parameter, value, "must lie within 0 and 1", activation)
        if activation.name == "softmax":
            sums = targets @ np.ones(targets.shape[1], np.result_type(targets, np.float32))
            off = np.flatnonzero(np.abs(sums - 1) > _ROUNDING)
            if len(off):
                value = f"{sums[off[0]]:g} in sum at [{off[0]}] ({len(off):,} such rows)"
                raise self._no_probabilities(parameter, value, "must sum to 1 in each row", activation)

    def _no_probabilities(self, parameter: str, value: str, rule: str, activation: Activation) -> DataError:
        return DataError(
            parameter,
            Verbatim(value),
            f"{rule} for the {self.name} loss behind {activation.name}",
            "Make the network with the quadratic loss, or use one-hot labels: 1 for the class of the example, else 0.",
        )

    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """-sum y log a, with log a never taken of a rounded a."""
        cost = self._softmax(z, y) if activation.name == "softmax" else self._sigmoid(z, y, activation)
        return cost / len(z)

    def _softmax(self, z: Array, y: Array) -> float:
        """log a = z - max z - log s, where s is the sum of all e^(z - max z)."""
        z -= np.maximum.reduce(z, axis=1, keepdims=True)
        powers = np.exp(z)
        total = np.add.reduce(powers, axis=1, keepdims=True)
        z -= np.log(total)
        cost = -float(np.vdot(y, z))
        np.divide(powers, total, out=z)
        return cost

    def _sigmoid(self, z: Array, y: Array, activation: Activation) -> float:
        """-y log a - (1 - y) log(1 - a) = max(0, z) - y z + log(1 + e^-|z|), where nothing large cancels."""
        costs = np.abs(z)
        np.negative(costs, out=costs)
        np.exp(costs, out=costs)
        np.log1p(costs, out=costs)
        costs += np.maximum(z, 0) - y * z
        activation.forward(z)
        return float(costs.sum())

    def gradient(self, a: Array, y: Array, out: Array) -> None:
        """dC/dz = a - y; behind softmax for targets that sum to 1."""
        np.subtract(a, y, out=out)
