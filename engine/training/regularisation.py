"""Regularisation, which reduces overfitting: penalties, limits and dropout.

All of it applies to weights but not to biases, which cannot single out an example.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network


class Penalties:
    """L1 and L2 penalties, added to the gradient of the loss. The reported loss does not include them.

    L2, or weight decay, is the penalty ``weight_decay`` / 2 * sum w^2, and L1 is ``l1`` * sum |w|. Nielsen 2015,
    chapter 3, "Regularization", eq. (87) and (95).
    """

    def __init__(self, network: Network, l1: float, weight_decay: float) -> None:
        self._network = network
        self._l1 = l1
        self._weight_decay = weight_decay
        self.is_active = bool(l1 or weight_decay)
        longest = max(w.size for w in network.weights) if self.is_active else 0
        self._scratch: Array = np.empty(longest, network.parameters.dtype)

    def add(self, buffers: TrainingBuffers) -> None:
        """Adds weight_decay * w + l1 * sign w to each weight's gradient."""
        for w, gradient in zip(self._network.weights, buffers.weight_gradients, strict=True):
            # Both share the memory order, so that these are views.
            w, gradient = w.ravel("K"), gradient.ravel("K")
            scratch = self._scratch[: w.size]
            if self._weight_decay:
                gradient += np.multiply(w, self._weight_decay, out=scratch)
            if self._l1:
                np.sign(w, out=scratch)
                scratch *= self._l1
                gradient += scratch


def decay_weights(network: Network, share: float) -> None:
    """Reduces every weight by this share of it: weight decay that does not change the gradient."""
    for w in network.weights:
        w *= 1 - share


def clip_gradient(gradient: Array, most: float) -> float:
    """Shortens the gradient to length ``most`` if it is longer; returns its length before.

    Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063, algorithm 1.
    """
    length = float(np.sqrt(np.vdot(gradient, gradient)))
    if math.isinf(length):  # squares may exceed the range of float32 although the numbers do not
        length = float(np.linalg.norm(gradient.astype(np.float64)))
    if length > most:
        gradient *= most / length
    return length


def limit_norms(network: Network, most: float) -> None:
    """Shortens the weights of each neuron to length ``most`` if they are longer (max-norm).

    Srivastava et al. 2014, "Dropout", section 5.1.
    """
    for w in network.weights:
        lengths = np.sqrt(np.einsum("ij,ij->i", w, w))
        if not np.isfinite(lengths).all():
            lengths = np.linalg.norm(w.astype(np.float64), axis=1)
        if lengths.max() > most:
            w *= (most / np.maximum(lengths, most))[:, None]


class Dropout:
    """Sets each input of a layer to 0 with some probability, drawn again for every example and step.

    The other inputs are scaled by 1 / (1 - rate), so that predictions need no change. Srivastava et al. 2014,
    "Dropout", section 4, in its "inverted" form.
    """

    def __init__(self, rates: Sequence[float]) -> None:
        """``rates``: one per layer, for its inputs, starting with the network's inputs."""
        self._rates = tuple(rates)

    def draw(self, inputs: Array, buffers: TrainingBuffers, rng: np.random.Generator) -> None:
        """Draws new masks in ``buffers``, which have as many rows as ``inputs``."""
        for layer, rate in enumerate(self._rates):
            if not rate:
                continue
            mask = buffers.masks[layer]
            if mask is None:
                mask = buffers.masks[layer] = np.empty_like(buffers.outputs[layer - 1] if layer else inputs)
            rng.random(out=mask if mask.flags.c_contiguous else mask.T, dtype=mask.dtype)
            np.greater_equal(mask, rate, out=mask)
            mask *= 1 / (1 - rate)
