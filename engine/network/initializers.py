"""Initial weights, drawn from a ``numpy.random.Generator``: the same seed gives the same network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.basics.registry import RegisteredClass, Registry
from engine.basics.validation import Array

INITIALIZERS: Registry[type[Initializer]] = Registry("initializer")


class Initializer(RegisteredClass, ABC):
    """Fills the weights and biases of one layer.

    Attributes:
        slowness: how many times as long it takes as drawing random numbers.
    """

    slowness: ClassVar[float] = 1

    def fill(self, weights: Array, biases: Array, rng: np.random.Generator) -> None:
        """Overwrites weights (n_out, n_in) and biases (n_out, 1). By default biases are 0."""
        # Drawn neuron by neuron whatever the memory layout, so that the same seed gives the same network.
        weights[...] = rng.standard_normal(weights.shape, dtype=weights.dtype)
        weights *= self.deviation(*weights.shape)
        biases[...] = 0

    @abstractmethod
    def deviation(self, n_out: int, n_in: int) -> float:
        """Returns the standard deviation of a weight."""


@INITIALIZERS.register("normal")
class Normal(Initializer):
    """Weights and biases from N(0, 1), independent of the number of inputs, as in the library of 2015."""

    label = "N(0, 1)"

    def fill(self, weights: Array, biases: Array, rng: np.random.Generator) -> None:
        super().fill(weights, biases, rng)
        rng.standard_normal(out=biases, dtype=biases.dtype)

    def deviation(self, n_out: int, n_in: int) -> float:
        return 1.0


@INITIALIZERS.register("he")
class He(Initializer):
    """N(0, 2 / n_in), which keeps the variance through ReLU layers. He et al. 2015, arXiv:1502.01852, section 2.2."""

    label = "He"

    def deviation(self, n_out: int, n_in: int) -> float:
        return float(np.sqrt(2 / n_in))


@INITIALIZERS.register("he-spread")
class HeSpread(He):
    """He weights, with biases uniform within ±1 / √n_in, as PyTorch draws the biases of its ``Linear`` layers.

    With few inputs, biases of 0 make all kinks of a ReLU layer pass through one point; these biases distribute them
    over the data. With many inputs they are near 0.
    """

    label = "He, random biases"

    def fill(self, weights: Array, biases: Array, rng: np.random.Generator) -> None:
        super().fill(weights, biases, rng)
        bound = 1 / np.sqrt(weights.shape[1])
        biases[...] = rng.uniform(-bound, bound, biases.shape)


@INITIALIZERS.register("glorot")
class Glorot(Initializer):
    """N(0, 2 / (n_in + n_out)), for activations with slope 1 at 0, such as tanh.

    Glorot and Bengio 2010, section 4.2.1, eq. (12).
    """

    label = "Glorot"

    def deviation(self, n_out: int, n_in: int) -> float:
        return float(np.sqrt(2 / (n_in + n_out)))


@INITIALIZERS.register("lecun")
class LeCun(Initializer):
    """N(0, 1 / n_in), which keeps the variance where f' is 1. LeCun et al. 1998, "Efficient BackProp", section 4.6."""

    label = "LeCun"

    def deviation(self, n_out: int, n_in: int) -> float:
        return float(np.sqrt(1 / n_in))


@INITIALIZERS.register("orthogonal")
class Orthogonal(Initializer):
    """Orthogonal rows, or columns if there are fewer, of length 1: they preserve the length of vectors.

    Saxe, McClelland and Ganguli 2014, arXiv:1312.6120, section 3. Q of a normal matrix, with the signs that make it
    uniformly distributed: Mezzadri 2007, arXiv:math-ph/0609050.
    """

    label = "Orthogonal"
    slowness = 10

    def fill(self, weights: Array, biases: Array, rng: np.random.Generator) -> None:
        """Uses QR in float64; biases are 0."""
        n_out, n_in = weights.shape
        q, r = np.linalg.qr(rng.standard_normal((max(n_out, n_in), min(n_out, n_in))))
        q *= np.where(np.diagonal(r) < 0, -1, 1)
        weights[...] = q if n_out >= n_in else q.T
        biases[...] = 0

    def deviation(self, n_out: int, n_in: int) -> float:
        return float(np.sqrt(1 / max(n_in, n_out)))


@INITIALIZERS.register("zeros")
class Zeros(Initializer):
    """All parameters 0: the neurons of a layer stay equal. Also used before parameters are read from a file."""

    label = "Zeros"

    def fill(self, weights: Array, biases: Array, rng: np.random.Generator) -> None:
        weights[...] = 0
        biases[...] = 0

    def deviation(self, n_out: int, n_in: int) -> float:
        return 0.0
