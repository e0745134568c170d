"""Optimizers: rules that update the parameters by their gradient, the simplest first."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from engine.basics.attributes import set_attributes
from engine.basics.registry import ConfiguredClass, Registry
from engine.basics.validation import Array

OPTIMIZERS: Registry[type[Optimizer]] = Registry("optimizer")

# Vectors are processed in parts of this length, which stay in the processor's cache during all passes of a rule.
_PART = 131_072
# Kept numbers that no gradient changes any more decay to denormals, with which some processors are a hundred times
# slower. Now and then, numbers below this multiple of the smallest normal one are set to 0: 1e-25 for float32.
_STEPS_BETWEEN_SWEEPS, _NOTHING = 50, 1e13

Numbers: TypeAlias = Mapping[str, float]


class Kept(NamedTuple):
    """A vector that an optimizer keeps between steps, as long as the parameters.

    Attributes:
        name: the name under which checkpoints store it.
        meaning: what it is.
    """

    name: str
    meaning: str


class StepLine(NamedTuple):
    """A line of the derivation of a parameter's step.

    Attributes:
        name: what it computes, as text.
        symbol: the symbol of the result.
        formula: the right side, with each symbol in braces: "{μ} · {v before} + {g}". Known are g, the gradient, η, the
            learning rate, and the symbols of earlier lines.
        value: the result.
        numbers: the values of all other symbols.
    """

    name: str
    symbol: str
    formula: str
    value: float
    numbers: Numbers


class Optimizer(ConfiguredClass, ABC):
    """An update rule for the whole parameter vector.

    Attributes:
        keeps: the vectors that it keeps between steps. An optimizer that replaces another one during a run takes them
            over if both keep vectors of the same names and meanings.
        default_rate: a learning rate to start with. Others are rescaled by it when the optimizer changes.
        decouples_decay: whether weight decay shrinks the weights directly instead of changing the gradient.
        momentum: share of the last direction that is kept (beta1 of Adam).
        beta2: share of the average square that is kept.
        epsilon: avoids divisions by 0.
        kept: the vectors by name; they start at 0.
        steps: number of steps taken.
        zeros: share of each average that is still its initial 0, for rules that correct for it.
    """

    keeps: ClassVar[tuple[Kept, ...]] = ()
    default_rate: ClassVar[float]
    decouples_decay: ClassVar[bool] = False
    momentum: float
    beta2: float
    epsilon: float

    def __init__(self, **constants: float) -> None:
        super().__init__(**constants)
        self.restart()

    def __setstate__(self, state: dict[str, Any]) -> None:
        set_attributes(self, state)

    @abstractmethod
    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Updates ``parameters`` in place. ``gradient`` has the same layout and may be overwritten."""

    @abstractmethod
    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        """Returns how one parameter's step follows from its gradient; the last line is what is subtracted.

        Args:
            gradient: the gradient, with penalties and clipping.
            rate: the learning rate.
            before, after: the parameter's number in each of the vectors that the optimizer keeps, before and after the
                step. The optimizer itself is in its state after the step.
        """

    def restart(self) -> None:
        self.kept: dict[str, Array] = {}
        self.zeros: dict[str, float] = {}
        self.steps = 0

    def adopt(self, other: Optimizer) -> None:
        """Adopts the state of another optimizer if its vectors have the same names and meanings."""
        if self.keeps == other.keeps:
            self.kept, self.zeros, self.steps = other.kept, other.zeros, other.steps

    def parts(self, parameters: Array, gradient: Array) -> Iterator[tuple[Array, ...]]:
        """Counts the step and yields parameters, gradient and the kept vectors, part by part."""
        for name, _ in self.keeps:
            if name not in self.kept:
                self.kept[name] = np.zeros_like(parameters)
        self.steps += 1
        vectors = (parameters, gradient, *(self.kept[name] for name, _ in self.keeps))
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

    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        return [StepLine("step", "s", "{η} · {g}", rate * gradient, {})]


@OPTIMIZERS.register("momentum")
class Momentum(Optimizer):
    """velocity = momentum * velocity + gradient; parameters -= learning rate * velocity. Polyak 1964."""

    label = "Momentum"
    default_rate = 0.02
    uses = ("momentum",)
    keeps = (Kept("velocity", "sum of the gradients, which shrink by the momentum at each step"),)

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        for p, g, velocity in self.parts(parameters, gradient):
            velocity *= self.momentum
            velocity += g
            np.multiply(velocity, learning_rate, out=g)
            p -= g

    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        v, numbers = after["velocity"], {"μ": self.momentum, "v before": before["velocity"]}
        return [
            StepLine("velocity", "v", "{μ} · {v before} + {g}", v, numbers),
            StepLine("step", "s", "{η} · {v}", rate * v, {}),
        ]


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

    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        velocity, _ = super().derivation(gradient, rate, before, after)
        step = rate * (gradient + self.momentum * velocity.value)
        return [velocity, StepLine("step", "s", "{η} · ({g} + {μ} · {v})", step, {"μ": self.momentum})]


@OPTIMIZERS.register("rmsprop")
class RMSProp(Optimizer):
    """Divides the gradient by the root of its average square. Tieleman and Hinton 2012, Coursera lecture 6.5.

    square = beta2 * square + (1 - beta2) * gradient^2; parameters -= learning rate * gradient / (sqrt(square) +
    epsilon).
    """

    label = "RMSProp"
    default_rate = 0.001
    uses = ("beta2", "epsilon")
    keeps = (Kept("square", "mean of the squared gradients"),)

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

    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        q = after["square"]
        step = rate * gradient / (math.sqrt(q) + self.epsilon)
        return [
            _average("average square", "q", "{g}²", self.beta2, before["square"], q),
            StepLine("step", "s", "{η} · {g} / (√{q} + {ε})", step, {"ε": self.epsilon}),
        ]


@OPTIMIZERS.register("adam")
class Adam(Optimizer):
    """Divides the average gradient by the root of its average square. Kingma and Ba 2015, arXiv:1412.6980, algorithm 1.

    mean = momentum * mean + (1 - momentum) * gradient; square = beta2 * square + (1 - beta2) * gradient^2. Both start
    at 0 and are corrected for it: divided by 1 - factor^steps or, if the factor changed, by 1 less the product of all
    factors. parameters -= learning rate * mean / (sqrt(square) + epsilon). The kept vectors are mean / (1 - momentum)
    and square / (1 - beta2), which saves two passes.
    """

    label = "Adam"
    default_rate = 0.001
    uses = ("momentum", "beta2", "epsilon")
    keeps = (
        Kept("mean", "mean of the gradients, over 1 - momentum"),
        Kept("square", "mean of the squared gradients, over 1 - beta2"),
    )

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

    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        of_mean, of_square = 1 - self.momentum, 1 - self.beta2
        m, q = of_mean * after["mean"], of_square * after["square"]
        filled = {name: 1 - zeros for name, zeros in self.zeros.items()}
        m_hat, q_hat = m / filled["mean"], q / filled["square"]
        share = "(1 − share of the initial 0)"
        return [
            _average("average", "m", "{g}", self.momentum, of_mean * before["mean"], m),
            _average("average square", "q", "{g}²", self.beta2, of_square * before["square"], q),
            StepLine("average, corrected", "m̂", f"{{m}} / {{{share}}}", m_hat, {share: filled["mean"]}),
            StepLine("square, corrected", "q̂", f"{{q}} / {{{share}}}", q_hat, {share: filled["square"]}),
            StepLine(
                "step",
                "s",
                "{η} · {m̂} / (√{q̂} + {ε})",
                rate * m_hat / (math.sqrt(q_hat) + self.epsilon),
                {"ε": self.epsilon},
            ),
        ]

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


def _average(name: str, symbol: str, quantity: str, factor: float, before: float, after: float) -> StepLine:
    """Returns the line of a moving average."""
    numbers = {"β": factor, f"{symbol} before": before, "(1 − β)": 1 - factor}
    return StepLine(name, symbol, f"{{β}} · {{{symbol} before}} + {{(1 − β)}} · {quantity}", after, numbers)
