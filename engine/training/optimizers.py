"""Optimizers: rules that update the parameters by their gradient, the simplest first."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from engine.basics.attributes import set_attributes
from engine.basics.registry import RegisteredClass, Registry
from engine.basics.validation import Array

OPTIMIZERS: Registry[type[Optimizer]] = Registry("optimizer")

# Vectors are processed in parts of this length, which stay in the processor's cache during all passes of a rule.
_PART = 131_072
# Kept numbers that no gradient changes any more decay to denormals, with which some processors are a hundred times
# slower. Now and then, numbers below this multiple of the smallest normal one are set to 0: 1e-25 for float32.
_STEPS_BETWEEN_SWEEPS, _NOTHING = 50, 1e13


class Optimizer(RegisteredClass, ABC):
    """An update rule for the whole parameter vector.

    Attributes:
        uses: the constants below that it uses; a window offers these.
        keeps: names of the vectors it keeps between steps, each as long as the parameters.
        default_rate: a learning rate to start with.
        decouples_decay: whether weight decay shrinks the weights directly instead of changing the gradient.
        momentum: share of the last direction that is kept (beta1 of Adam).
        beta2: share of the average square that is kept.
        epsilon: avoids divisions by 0.
        kept: the vectors by name; they start at 0.
        steps: number of steps taken.
        zeros: share of each average that is still its initial 0, for rules that correct for it.
    """

    uses: ClassVar[tuple[str, ...]] = ()
    keeps: ClassVar[tuple[str, ...]] = ()
    default_rate: ClassVar[float] = 0.001
    decouples_decay: ClassVar[bool] = False

    def __init__(self, momentum: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.momentum = momentum
        self.beta2 = beta2
        self.epsilon = epsilon
        self.restart()

    def __setstate__(self, state: dict[str, Any]) -> None:
        set_attributes(self, state)

    @abstractmethod
    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Updates ``parameters`` in place. ``gradient`` has the same layout and may be overwritten."""

    def restart(self) -> None:
        self.kept: dict[str, Array] = {}
        self.zeros: dict[str, float] = {}
        self.steps = 0

    def adopt(self, other: Optimizer) -> None:
        """Adopts the state of another optimizer if it keeps the same vectors."""
        if set(self.keeps) == set(other.keeps):
            self.kept, self.zeros, self.steps = other.kept, other.zeros, other.steps

    def parts(self, parameters: Array, gradient: Array) -> Iterator[tuple[Array, ...]]:
        """Counts the step and yields parameters, gradient and the kept vectors, part by part."""
        for name in self.keeps:
            if name not in self.kept:
                self.kept[name] = np.zeros_like(parameters)
        self.steps += 1
        vectors = (parameters, gradient, *(self.kept[name] for name in self.keeps))
        if self.steps % _STEPS_BETWEEN_SWEEPS == 0:
            nothing = np.finfo(parameters.dtype).tiny * _NOTHING
            for vector in vectors[2:]:
                vector *= np.abs(vector) >= nothing
        for start in range(0, len(parameters), _PART):
            yield tuple(vector[start : start + _PART] for vector in vectors)


@OPTIMIZERS.register("sgd")
class SGD(Optimizer):
    """parameters -= learning rate * gradient. Robbins and Monro 1951.

    Without changes to the gradient the network takes this step itself, see ``Network.descend``.
    """

    label = "SGD"
    default_rate = 0.2

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        gradient *= learning_rate
        parameters -= gradient


@OPTIMIZERS.register("momentum")
class Momentum(Optimizer):
    """velocity = momentum * velocity + gradient; parameters -= learning rate * velocity. Polyak 1964."""

    label = "Momentum"
    default_rate = 0.02
    uses = ("momentum",)
    keeps = ("velocity",)

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        for p, g, velocity in self.parts(parameters, gradient):
            velocity *= self.momentum
            velocity += g
            np.multiply(velocity, learning_rate, out=g)
            p -= g


@OPTIMIZERS.register("nesterov")
class Nesterov(Momentum):
    """Like momentum, but the step uses the velocity of the next step.

    velocity = momentum * velocity + gradient; parameters -= learning rate * (gradient + momentum * velocity).
    Nesterov 1983, as written by Sutskever et al. 2013, "On the importance of initialization and momentum", section 2.
    """

    label = "Nesterov"

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Uses the new velocity, momentum * velocity + gradient, which avoids a temporary vector."""
        for p, g, velocity in self.parts(parameters, gradient):
            velocity *= self.momentum
            velocity += g
            g *= learning_rate
            p -= g
            np.multiply(velocity, learning_rate * self.momentum, out=g)
            p -= g


@OPTIMIZERS.register("rmsprop")
class RMSProp(Optimizer):
    """Divides the gradient by the root of its average square. Tieleman and Hinton 2012, Coursera lecture 6.5.

    square = beta2 * square + (1 - beta2) * gradient^2; parameters -= learning rate * gradient / (sqrt(square) +
    epsilon).
    """

    label = "RMSProp"
    uses = ("beta2", "epsilon")
    keeps = ("square",)

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        for p, g, square in self.parts(parameters, gradient):
            scratch = g * g
            scratch *= 1 - self.beta2
            square *= self.beta2
            square += scratch
            np.sqrt(square, out=scratch)
            scratch += self.epsilon
            g /= scratch
            g *= learning_rate
            p -= g


@OPTIMIZERS.register("adam")
class Adam(Optimizer):
    """Divides the average gradient by the root of its average square. Kingma and Ba 2015, arXiv:1412.6980, algorithm 1.

    mean = momentum * mean + (1 - momentum) * gradient; square = beta2 * square + (1 - beta2) * gradient^2. Both start
    at 0 and are corrected for it: divided by 1 - factor^steps or, if the factor changed, by 1 less the product of all
    factors. parameters -= learning rate * mean / (sqrt(square) + epsilon). The kept vectors are mean / (1 - momentum)
    and square / (1 - beta2), which saves two passes.
    """

    label = "Adam"
    uses = ("momentum", "beta2", "epsilon")
    keeps = ("mean", "square")

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Puts all corrections into the step size and epsilon, as at the end of section 2 of the paper."""
        for name, factor in (("mean", self.momentum), ("square", self.beta2)):
            self.zeros[name] = factor * self.zeros.get(name, factor**self.steps)
        root = math.sqrt((1 - self.zeros["square"]) / (1 - self.beta2))
        size = learning_rate * root * (1 - self.momentum) / (1 - self.zeros["mean"])
        for p, g, mean, square in self.parts(parameters, gradient):
            mean *= self.momentum
            mean += g
            g *= g
            square *= self.beta2
            square += g
            np.sqrt(square, out=g)
            g += self.epsilon * root
            np.divide(mean, g, out=g)
            g *= size
            p -= g

    def adopt(self, other: Optimizer) -> None:
        """Rescales the kept vectors, so that the averages stay the same with other constants."""
        super().adopt(other)
        if self.kept:
            self.kept["mean"] *= (1 - other.momentum) / (1 - self.momentum)
            self.kept["square"] *= (1 - other.beta2) / (1 - self.beta2)


@OPTIMIZERS.register("adamw")
class AdamW(Adam):
    """Adam whose weight decay does not enter the averages. Loshchilov and Hutter 2019, arXiv:1711.05101."""

    label = "AdamW"
    decouples_decay = True
