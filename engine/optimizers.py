"""How parameters follow their gradient, simplest first.

A new optimizer: subclass :class:`Optimizer`, write ``step``, register it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from engine.registry import Registry
from engine.validation import Array

OPTIMIZERS: Registry[type[Optimizer]] = Registry("optimizer")

# So many numbers of each vector stay in the processor's cache over all passes of a rule; fewer would not pay the calls.
_PART = 131_072
# What no gradient feeds any more fades until it is denormal, which some processors count with a hundred times slower.
# This times the smallest number of its kind is nothing: about 1e-25 for float32, 1e-295 for float64.
_STEPS_BETWEEN_SWEEPS, _NOTHING = 50, 1e13


class Optimizer(ABC):
    """An update rule over the whole parameter vector at once.

    Attributes:
        uses: which of the constants below it reads; a window offers these.
        keeps: names of the vectors that it keeps from step to step, each as long as the parameters.
        usual_rate: a learning rate to start from.
        decouples_decay: weight decay shrinks the weights by themselves, not by way of the gradient.
        momentum: how much of the last direction is kept (beta1 of Adam).
        beta2: how much of the average square is kept.
        epsilon: keeps divisions away from 0.
        kept: the vectors by name; they start at 0.
        steps: taken so far.
        zeros: how much of each average is still the 0 it started from, for rules that correct for it.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    uses: ClassVar[tuple[str, ...]] = ()
    keeps: ClassVar[tuple[str, ...]] = ()
    usual_rate: ClassVar[float] = 0.001
    decouples_decay: ClassVar[bool] = False

    def __init__(self, momentum: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.momentum = momentum
        self.beta2 = beta2
        self.epsilon = epsilon
        self.restart()

    @abstractmethod
    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Changes ``parameters`` in place. ``gradient`` has the same layout and may be overwritten."""

    def restart(self) -> None:
        """Forgets all steps taken."""
        self.kept: dict[str, Array] = {}
        self.zeros: dict[str, float] = {}
        self.steps = 0

    def adopt(self, other: Optimizer) -> None:
        """Goes on where another one stopped, as far as both keep the same."""
        if set(self.keeps) == set(other.keeps):
            self.kept, self.zeros, self.steps = other.kept, other.zeros, other.steps

    def parts(self, parameters: Array, gradient: Array) -> Iterator[tuple[Array, ...]]:
        """Parameters, gradient and all that is kept, piece by piece; counts the step."""
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

    Where nothing else is done to the gradient, the network takes this step itself: see ``Network.descend``.
    """

    name = "sgd"
    label = "SGD"
    usual_rate = 0.2

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Two passes, without a scratch vector."""
        gradient *= learning_rate
        parameters -= gradient


@OPTIMIZERS.register("momentum")
class Momentum(Optimizer):
    """velocity = momentum * velocity + gradient; parameters -= learning rate * velocity. Polyak 1964."""

    name = "momentum"
    label = "Momentum"
    usual_rate = 0.02
    uses = ("momentum",)
    keeps = ("velocity",)

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """The gradient serves as scratch."""
        for p, g, velocity in self.parts(parameters, gradient):
            velocity *= self.momentum
            velocity += g
            np.multiply(velocity, learning_rate, out=g)
            p -= g


@OPTIMIZERS.register("nesterov")
class Nesterov(Optimizer):
    """As momentum, but the step is taken with the velocity that the next one will see.

    velocity = momentum * velocity + gradient; parameters -= learning rate * (gradient + momentum * velocity).
    Nesterov 1983, as written by Sutskever et al. 2013, "On the importance of initialization and momentum", section 2.
    """

    name = "nesterov"
    label = "Nesterov"
    usual_rate = 0.02
    uses = ("momentum",)
    keeps = ("velocity",)

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """The new velocity is momentum * velocity + gradient, so the step is written without a scratch vector."""
        for p, g, velocity in self.parts(parameters, gradient):
            velocity *= self.momentum
            velocity += g
            g *= learning_rate
            p -= g
            np.multiply(velocity, learning_rate * self.momentum, out=g)
            p -= g


@OPTIMIZERS.register("rmsprop")
class RMSProp(Optimizer):
    """The gradient over the root of its average square. Tieleman and Hinton 2012, Coursera lecture 6.5.

    square = beta2 * square + (1 - beta2) * gradient^2; parameters -= learning rate * gradient / (sqrt(square) +
    epsilon).
    """

    name = "rmsprop"
    label = "RMSProp"
    uses = ("beta2", "epsilon")
    keeps = ("square",)

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """One scratch piece, allocated for each."""
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
    """Average gradient over the root of its average square. Kingma and Ba 2015, arXiv:1412.6980, algorithm 1.

    mean = momentum * mean + (1 - momentum) * gradient; square = beta2 * square + (1 - beta2) * gradient^2; both start
    at 0, so they are divided by what is not that 0 any more, 1 - (their factor)^steps, or 1 less the product of the
    factors where they changed on the way; parameters -= learning rate * mean / (sqrt(square) + epsilon). What is kept
    here is mean / (1 - momentum) and square / (1 - beta2): two passes less over the vectors.
    """

    name = "adam"
    label = "Adam"
    uses = ("momentum", "beta2", "epsilon")
    keeps = ("mean", "square")

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """All corrections go into the step size and epsilon, as at the end of the paper's section 2."""
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
        """With other constants the averages stay the same, so what is kept of them changes."""
        super().adopt(other)
        if self.kept:
            self.kept["mean"] *= (1 - other.momentum) / (1 - self.momentum)
            self.kept["square"] *= (1 - other.beta2) / (1 - self.beta2)


@OPTIMIZERS.register("adamw")
class AdamW(Adam):
    """Adam whose weight decay does not go through the averages. Loshchilov and Hutter 2019, arXiv:1711.05101."""

    name = "adamw"
    label = "AdamW"
    decouples_decay = True
