"""Loss functions and their gradients.

Losses are means over the examples of a batch, so that a learning rate means the same at every batch size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.basics.errors import DataError, SettingError, Verbatim
from engine.basics.registry import RegisteredClass, Registry
from engine.basics.validation import Array
from engine.network.activations import Activation

LOSSES: Registry[type[Loss]] = Registry("loss")

# Tolerance for a probability or a sum of them: well above the rounding of float32, well below most mistakes.
_ROUNDING = 1e-4


class Loss(RegisteredClass, ABC):
    """C(a, y) for outputs a = f(z) and targets y, all (batch, outputs).

    Attributes:
        joined_with: names of output activations with which the loss is combined: it can follow only these, and
            :meth:`gradient` is with respect to z instead of a. Empty: it can follow any activation.
        slope: what :meth:`gradient` writes, with {a} and {y} for the numbers of an output: "{a} − {y}".
    """

    joined_with: ClassVar[tuple[str, ...]] = ()
    slope: ClassVar[str]

    def check_output(self, activation: Activation) -> None:
        """Raises SettingError if the loss cannot follow this output activation."""
        if self.joined_with and activation.name not in self.joined_with:
            problem = f"{self.name} needs an output activation that gives probabilities, not {activation.name}"
            remedy = f"Use {' or '.join(self.joined_with)} as the output activation, or the quadratic loss."
            raise SettingError.from_problem("loss", problem, remedy)

    def check_targets(self, targets: Array, activation: Activation, parameter: str = "targets") -> None:
        """Raises DataError if the loss cannot be used for targets (k, outputs) with this output activation.

        It is called once for all examples before training. ``parameter`` is their name in the message. By default all
        targets are accepted.
        """
        return

    @abstractmethod
    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """Replaces the output layer's sums z by a = f(z), in place, and returns the mean loss of an example."""

    @abstractmethod
    def gradient(self, a: Array, y: Array, out: Array) -> None:
        """Writes the gradient of each example's loss with respect to a (or z, see ``joined_with``) into ``out``."""

    @abstractmethod
    def formula(self, activation: Activation) -> str:
        """Returns the loss of an example after an output activation, as the window shows it: "Σ (a − y)² / 2"."""

    def share_formula(self, activation: Activation) -> str:
        """Returns how one output's share of :meth:`formula` is written, with {0} for a and {1} for y."""
        return "a {0}, y {1}"

    @abstractmethod
    def shares(self, z: Array, a: Array, y: Array, activation: Activation) -> Array:
        """Returns each output's share of the loss of an example, (outputs,), from its z, a = f(z) and y."""


@LOSSES.register("quadratic")
class Quadratic(Loss):
    """C = |a - y|^2 / 2, the loss of the ancestor. Nielsen 2015, "Neural Networks and Deep Learning", eq. (6)."""

    label = "Quadratic"
    slope = "{a} − {y}"

    def formula(self, activation: Activation) -> str:
        return "Σ (a − y)² / 2"

    def shares(self, z: Array, a: Array, y: Array, activation: Activation) -> Array:
        shares: Array = (a - y) ** 2 / 2
        return shares

    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        activation.forward(z)
        difference = z - y
        return float(np.vdot(difference, difference)) / (2 * len(z))

    def gradient(self, a: Array, y: Array, out: Array) -> None:
        np.subtract(a, y, out=out)


@LOSSES.register("huber")
class Huber(Loss):
    """Quadratic for differences up to 1, linear beyond, so that an outlier's gradient is limited to 1.

    Huber 1964, "Robust estimation of a location parameter". For regression.
    """

    label = "Huber"
    slope = "{a} − {y}, within ±1"

    def formula(self, activation: Activation) -> str:
        return "Σ d² / 2, or |d| − 1/2 beyond 1; d = a − y"

    def shares(self, z: Array, a: Array, y: Array, activation: Activation) -> Array:
        d = np.abs(a - y)
        shares: Array = np.where(d <= 1, d * d / 2, d - 0.5)
        return shares

    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """Returns the sum over outputs of d^2 / 2 or |d| - 1/2, which is c |d| - c^2 / 2 with c = min(|d|, 1)."""
        activation.forward(z)
        distance = np.abs(z - y)
        near = np.minimum(distance, 1)
        return (float(np.vdot(near, distance)) - float(np.vdot(near, near)) / 2) / len(z)

    def gradient(self, a: Array, y: Array, out: Array) -> None:
        np.subtract(a, y, out=out)
        np.clip(out, -1, 1, out=out)


@LOSSES.register("cross-entropy")
class CrossEntropy(Loss):
    """C = -sum y log a after softmax; after sigmoid, the sum of each output's binary cross-entropy.

    After both, dC/dz = a - y, which does not vanish for badly wrong predictions. Bishop 2006, "Pattern Recognition
    and Machine Learning", section 4.3. The loss is computed from z, so that it is exact however small a probability is.
    """

    label = "Cross-entropy"
    joined_with = ("softmax", "sigmoid")
    slope = "{a} − {y}"

    def formula(self, activation: Activation) -> str:
        return "−Σ y · log a" if activation.name == "softmax" else "−Σ y · log a + (1 − y) · log(1 − a)"

    def share_formula(self, activation: Activation) -> str:
        return "−{1} · log {0}" if activation.name == "softmax" else super().share_formula(activation)

    def shares(self, z: Array, a: Array, y: Array, activation: Activation) -> Array:
        costs: Array = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
        if activation.name == "softmax":
            costs = -y * (z - z.max() - np.log(np.exp(z - z.max()).sum()))
        return costs

    def check_targets(self, targets: Array, activation: Activation, parameter: str = "targets") -> None:
        """Raises DataError unless targets are within 0 … 1 and, after softmax, sum to 1 in each row."""
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
            f"{rule} for the {self.name} loss after {activation.name}",
            "Make the network with the quadratic loss, or use one-hot labels: 1 for the class of the example, else 0.",
        )

    def forward(self, z: Array, y: Array, activation: Activation) -> float:
        """Returns -sum y log a, with log a computed from z instead of a rounded a."""
        cost = self._softmax(z, y) if activation.name == "softmax" else self._sigmoid(z, y, activation)
        return cost / len(z)

    def _softmax(self, z: Array, y: Array) -> float:
        """Returns -sum y log a with log a = z - max z - log s, where s is the sum of all e^(z - max z)."""
        z -= np.maximum.reduce(z, axis=1, keepdims=True)
        powers = np.exp(z)
        total = np.add.reduce(powers, axis=1, keepdims=True)
        z -= np.log(total)
        cost = -float(np.vdot(y, z))
        np.divide(powers, total, out=z)
        return cost

    def _sigmoid(self, z: Array, y: Array, activation: Activation) -> float:
        """Sums -y log a - (1 - y) log(1 - a) as max(0, z) - y z + log(1 + e^-|z|), which avoids cancellation."""
        costs = np.abs(z)
        np.negative(costs, out=costs)
        np.exp(costs, out=costs)
        np.log1p(costs, out=costs)
        costs += np.maximum(z, 0) - y * z
        activation.forward(z)
        return float(costs.sum())

    def gradient(self, a: Array, y: Array, out: Array) -> None:
        """Writes dC/dz = a - y; after softmax only for targets that sum to 1."""
        np.subtract(a, y, out=out)
