"""How parameters follow their gradient, simplest first.

A new optimizer: subclass :class:`Optimizer`, write ``step``, register it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from engine.registry import Registry
from engine.validation import Array

OPTIMIZERS: Registry[type[Optimizer]] = Registry("optimizer")


class Optimizer(ABC):
    """An update rule over the whole parameter vector at once."""

    name: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Changes ``parameters`` in place. ``gradient`` has the same layout and may be overwritten."""


@OPTIMIZERS.register("sgd")
class SGD(Optimizer):
    """parameters -= learning rate * gradient. Robbins and Monro 1951."""

    name = "sgd"
    label = "SGD"

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Two passes over the vector."""
        gradient *= learning_rate
        parameters -= gradient
