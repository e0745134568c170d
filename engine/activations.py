"""What a neuron makes of its weighted sum, and how steep that is there.

A new activation: subclass :class:`Activation`, register it under its name, done. Both methods work in place on
whole batches, so that training allocates nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.registry import Registry
from engine.validation import Array

ACTIVATIONS: Registry[type[Activation]] = Registry("activation")


class Activation(ABC):
    """A function f applied to every neuron of a layer."""

    name: ClassVar[str]
    label: ClassVar[str]  # as a person reads it
    hidden: ClassVar[bool] = True  # makes sense in a hidden layer

    @abstractmethod
    def forward(self, z: Array) -> None:
        """Overwrites the weighted sums z, (batch, neurons), with a = f(z)."""

    @abstractmethod
    def backward(self, a: Array, gradient: Array) -> None:
        """Turns dC/da into dC/dz in place: ``gradient *= f'(z)``, with f' written in terms of a = f(z).

        Both (batch, neurons). ``a`` is not needed afterwards and may serve as scratch.
        """


@ACTIVATIONS.register("identity")
class Identity(Activation):
    """f(z) = z, for regression outputs."""

    name = "identity"
    label = "Identity"

    def forward(self, z: Array) -> None:
        """Leaves z as it is."""

    def backward(self, a: Array, gradient: Array) -> None:
        """f' = 1."""


@ACTIVATIONS.register("sigmoid")
class Sigmoid(Activation):
    """f(z) = 1 / (1 + e^-z), computed as (1 + tanh(z/2)) / 2, which cannot overflow."""

    name = "sigmoid"
    label = "Sigmoid"

    def forward(self, z: Array) -> None:
        """Four in-place passes."""
        z *= 0.5
        np.tanh(z, out=z)
        z *= 0.5
        z += 0.5

    def backward(self, a: Array, gradient: Array) -> None:
        """f' = a (1 - a)."""
        gradient *= a
        np.subtract(1, a, out=a)
        gradient *= a


@ACTIVATIONS.register("relu")
class ReLU(Activation):
    """f(z) = max(0, z). Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines"."""

    name = "relu"
    label = "ReLU"

    def forward(self, z: Array) -> None:
        """NaN stays NaN, so that a diverged run is noticed."""
        np.maximum(z, 0, out=z)

    def backward(self, a: Array, gradient: Array) -> None:
        """f' = 1 where a > 0, else 0."""
        np.greater(a, 0, out=a)
        gradient *= a


@ACTIVATIONS.register("softmax")
class Softmax(Activation):
    """f(z)_i = e^z_i / sum_j e^z_j over the neurons of a layer. Bridle 1990. For outputs."""

    name = "softmax"
    label = "Softmax"
    hidden = False

    def forward(self, z: Array) -> None:
        """The largest z of each row is subtracted first, so that e^z cannot overflow."""
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)

    def backward(self, a: Array, gradient: Array) -> None:
        """The Jacobian of each row is diag(a) - a a^T: gradient = a (gradient - sum(a * gradient))."""
        gradient -= np.einsum("bi,bi->b", a, gradient)[:, None]
        gradient *= a
