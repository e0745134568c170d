"""Activation functions and their derivatives, in place on whole batches, so that training allocates little."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

import numpy as np

from engine.basics.registry import RegisteredClass, Registry
from engine.basics.validation import Array

ACTIVATIONS: Registry[type[Activation]] = Registry("activation")


# An ONNX expression: an operator, its inputs ("z", numbers or expressions), and last its attributes if it has any.
OnnxNode: TypeAlias = tuple[Any, ...]


class Activation(RegisteredClass, ABC):
    """A function f applied to every neuron of a layer.

    Attributes:
        formula: the rule as the window shows it: "a = tanh z".
        script: the function of the exported Python script: its docstring, then the lines that return f(z) for an
            array z, (examples, neurons).
        onnx: the function as an ONNX expression of "z".
        onnx_of_float64: the same without the operators that ONNX Runtime has for float32 only; None if there are none.
        hidden: whether it can be used in a hidden layer: a neuron's value depends on its own sum alone.
        is_bounded: whether all its values lie within -1 and 1.
        is_probability: whether all its values lie within 0 and 1.
        is_signed: whether f(-z) = -f(z), so that a neuron responds in two directions.
        is_silent: whether a neuron whose slope stays nearly 0 has the value 0, so that it is silent.
        ends: for a function that flattens on both sides, the values beyond which a neuron counts as saturated: its
            slope is less than a fifth of the steepest.
        needs_sums: whether its derivative is written in terms of z instead of a = f(z).
    """

    formula: ClassVar[str]
    script: ClassVar[tuple[str, ...]]
    onnx: ClassVar[OnnxNode]
    onnx_of_float64: ClassVar[OnnxNode | None] = None
    hidden: ClassVar[bool] = True
    is_bounded: ClassVar[bool] = False
    is_probability: ClassVar[bool] = False
    is_signed: ClassVar[bool] = False
    is_silent: ClassVar[bool] = False
    ends: ClassVar[tuple[float, float] | None] = None
    needs_sums: ClassVar[bool] = False

    @abstractmethod
    def forward(self, z: Array) -> None:
        """Overwrites the weighted sums z, (batch, neurons), with a = f(z)."""

    @abstractmethod
    def backward(self, a: Array, gradient: Array) -> None:
        """Turns dC/da into dC/dz in place: ``gradient *= f'(z)``, with f' written in terms of a = f(z).

        Both have the shape (batch, neurons). If ``needs_sums`` is set, ``a`` holds the weighted sums z instead. It is
        not needed afterwards and may be overwritten.
        """


@ACTIVATIONS.register("identity")
class Identity(Activation):
    """f(z) = z, for regression outputs."""

    label = "Identity"
    formula = "a = z"
    script = ("f(z) = z", "return z")
    onnx = ("Identity", "z")
    is_signed = True

    def forward(self, z: Array) -> None:
        """Keeps z."""

    def backward(self, a: Array, gradient: Array) -> None:
        """Leaves the gradient as it is: f' = 1."""


@ACTIVATIONS.register("sigmoid")
class Sigmoid(Activation):
    """f(z) = 1 / (1 + e^-z), computed as (1 + tanh(z/2)) / 2, which cannot overflow."""

    label = "Sigmoid"
    formula = "a = 1 / (1 + e^−z)"
    script = ("f(z) = 1 / (1 + e^-z), written so that it cannot overflow", "return 0.5 + 0.5 * np.tanh(0.5 * z)")
    onnx = ("Sigmoid", "z")
    is_bounded = True
    is_probability = True
    ends = (0.05, 0.95)

    def forward(self, z: Array) -> None:
        z *= 0.5
        np.tanh(z, out=z)
        z *= 0.5
        z += 0.5

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = a (1 - a)."""
        gradient *= a
        np.subtract(1, a, out=a)
        gradient *= a


@ACTIVATIONS.register("tanh")
class Tanh(Activation):
    """f(z) = tanh z: a sigmoid from -1 to 1. LeCun et al. 1998, "Efficient BackProp", section 4.4."""

    label = "Tanh"
    formula = "a = tanh z"
    script = ("f(z) = tanh(z)", "return np.tanh(z)")
    onnx = ("Tanh", "z")
    is_bounded = True
    is_signed = True
    ends = (-0.9, 0.9)

    def forward(self, z: Array) -> None:
        np.tanh(z, out=z)

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = 1 - a^2."""
        np.multiply(a, a, out=a)
        np.subtract(1, a, out=a)
        gradient *= a


@ACTIVATIONS.register("relu")
class ReLU(Activation):
    """f(z) = max(0, z). Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines"."""

    label = "ReLU"
    formula = "a = z above 0, else 0"
    script = ("f(z) = max(0, z)", "return np.maximum(z, 0)")
    onnx = ("Relu", "z")
    is_silent = True

    def forward(self, z: Array) -> None:
        """Keeps NaN, so that divergence is noticed.

        The maximum is taken with a row of zeros: from about ten neurons on, numpy is up to five times faster with it
        than with a number.
        """
        rows = z if z.flags.c_contiguous else z.T
        np.maximum(rows, np.zeros(rows.shape[1], z.dtype), out=rows)

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = 1 where a > 0, else 0."""
        np.greater(a, 0, out=a)
        gradient *= a


@ACTIVATIONS.register("leaky-relu")
class LeakyReLU(Activation):
    """f(z) = max(z / 100, z). Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve acoustic models"."""

    label = "Leaky ReLU"
    formula = "a = z above 0, else a hundredth of z"
    script = ("f(z) = z above 0, z / 100 below", "return np.maximum(z, 0.01 * z)")
    onnx = ("LeakyRelu", "z", {"alpha": 0.01})
    onnx_of_float64 = ("Max", "z", ("Mul", "z", 0.01))
    slope: ClassVar[float] = 0.01

    def forward(self, z: Array) -> None:
        np.maximum(z, self.slope * z, out=z)

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = 1 where a > 0, else 1/100."""
        np.greater(a, 0, out=a)
        np.maximum(a, self.slope, out=a)
        gradient *= a


@ACTIVATIONS.register("elu")
class ELU(Activation):
    """f(z) = z above 0, e^z - 1 below. Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289, eq. (15)."""

    label = "ELU"
    formula = "a = z above 0, else e^z − 1"
    script = ("f(z) = z above 0, e^z - 1 below", "return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))")
    onnx = ("Elu", "z", {"alpha": 1.0})
    onnx_of_float64 = ("Add", ("Max", "z", 0.0), ("Sub", ("Exp", ("Min", "z", 0.0)), 1.0))

    def forward(self, z: Array) -> None:
        """Computes max(0, z) + e^min(0, z) - 1; one of the two parts is always 0."""
        below = np.minimum(z, 0)
        np.expm1(below, out=below)
        np.maximum(z, 0, out=z)
        z += below

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = 1 above 0; below it is e^z = a + 1."""
        np.minimum(a, 0, out=a)
        a += 1
        gradient *= a


@ACTIVATIONS.register("gelu")
class GELU(Activation):
    """f(z) = z (1 + tanh(c (z + 0.044715 z^3))) / 2 with c = sqrt(2/pi): z times the chance that a normal is below it.

    Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2, in its approximation by tanh.
    """

    label = "GELU"
    formula = "a = z · (1 + tanh(√(2/π) · (z + 0.044715 · z³))) / 2"
    needs_sums = True
    is_silent = True
    _c: ClassVar[float] = math.sqrt(2 / math.pi)
    _cubic: ClassVar[float] = 0.044715
    script = (
        "f(z) = z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))",
        "# Beyond 10 the tanh is 1 anyway, and the cube of a large number would overflow.",
        "x = np.clip(z, -10, 10)",
        "return 0.5 * z * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))",
    )
    _inside: ClassVar[OnnxNode] = ("Add", "z", ("Mul", ("Mul", ("Mul", "z", "z"), "z"), _cubic))
    onnx = ("Mul", ("Mul", "z", 0.5), ("Add", ("Tanh", ("Mul", _inside, _c)), 1.0))

    def forward(self, z: Array) -> None:
        t = self._tanh(self._near(z))
        t += 1
        z *= 0.5
        z *= t

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = (1 + t) / 2 + z (1 - t^2) c (1 + 3 * 0.044715 z^2) / 2.

        Here t is the tanh above, and z is in ``a``.
        """
        np.copyto(a, self._near(a))
        t = self._tanh(a)
        slope = a * a
        slope *= 3 * self._cubic
        slope += 1
        slope *= a
        slope *= 1 - t * t
        slope *= self._c
        slope += t
        slope += 1
        slope *= 0.5
        gradient *= slope

    def _near(self, z: Array) -> Array:
        """Limits z to -10 … 10: beyond, tanh is 1 to the last digit and z^3 might overflow."""
        near: Array = np.clip(z, -10, 10)
        return near

    def _tanh(self, z: Array) -> Array:
        t = z * z
        t *= self._cubic
        t += 1
        t *= z
        t *= self._c
        np.tanh(t, out=t)
        return t


@ACTIVATIONS.register("softplus")
class Softplus(Activation):
    """f(z) = log(1 + e^z), a smooth ReLU. Dugas et al. 2001, "Incorporating second-order functional knowledge"."""

    label = "Softplus"
    formula = "a = log(1 + e^z)"
    script = ("f(z) = log(1 + e^z)", "return np.logaddexp(0, z)")
    onnx = ("Softplus", "z")
    # max(z, 0) + log(1 + e^-|z|), which cannot overflow
    onnx_of_float64 = ("Add", ("Max", "z", 0.0), ("Log", ("Add", ("Exp", ("Neg", ("Abs", "z"))), 1.0)))
    is_silent = True

    def forward(self, z: Array) -> None:
        """Computes log(e^0 + e^z), which does not overflow."""
        np.logaddexp(z, 0, out=z)

    def backward(self, a: Array, gradient: Array) -> None:
        """Multiplies the gradient by f' = 1 - e^-a, the sigmoid of z."""
        np.negative(a, out=a)
        np.expm1(a, out=a)
        np.negative(a, out=a)
        gradient *= a


@ACTIVATIONS.register("softmax")
class Softmax(Activation):
    """f(z)_i = e^z_i / sum_j e^z_j over the neurons of a layer. Bridle 1990. For outputs."""

    label = "Softmax"
    formula = "a = e^(z − largest z) / Σ e^(z − largest z)"
    script = (
        "f(z)_i = e^z_i / (sum of e^z_j over the layer)",
        "e = np.exp(z - z.max(axis=1, keepdims=True))",
        "return e / e.sum(axis=1, keepdims=True)",
    )
    onnx = ("Softmax", "z", {"axis": 1})
    hidden = False
    is_bounded = True
    is_probability = True

    def forward(self, z: Array) -> None:
        """Subtracts the largest z of each row first, so that e^z cannot overflow."""
        z -= np.maximum.reduce(z, axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= np.add.reduce(z, axis=1, keepdims=True)

    def backward(self, a: Array, gradient: Array) -> None:
        """Applies the Jacobian of each row, diag(a) - a a^T: gradient = a (gradient - sum(a * gradient))."""
        gradient -= np.einsum("bi,bi->b", a, gradient)[:, None]
        gradient *= a
