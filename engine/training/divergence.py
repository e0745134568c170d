"""The errors of a run whose numbers exceed the range of floats. Layers are numbered from 1."""

from __future__ import annotations

import numpy as np

from engine.basics.errors import DivergenceError
from engine.network.buffers import Buffers
from engine.network.network import Network, first_non_finite_layer
from engine.training.optimizers import Optimizer


def loss_error(network: Network, buffers: Buffers, epoch: int, batch: int, rate: float) -> DivergenceError:
    """Returns the error of a loss that is NaN or infinite. Call it before the parameters are restored.

    Args:
        buffers: the buffers of the forward pass.
        epoch, batch: the place in the run, from 1; epoch 0 is before the first step.
        rate: learning rate of the last step.
    """
    layer = first_non_finite_layer(network) or buffers.first_layer_not_finite() or len(buffers.outputs)
    if not epoch:
        return DivergenceError(
            "loss",
            f"not finite before the first step. The numbers in layer {layer} are too large",
            "",
            "Reset the network with smaller initial weights, or scale the data.",
            f"the loss is not finite before the first step, because the numbers in layer {layer} are too large. Reset "
            f"the network with smaller initial weights, or scale the data.",
        )
    return DivergenceError(
        "loss",
        f"no longer finite at epoch {{epoch}}, batch {batch}, first in layer {layer}. A learning rate of {rate:g} "
        f"makes the steps too large",
        "",
        "The network is back at its last finite weights. Lower the learning rate and continue, or reset.",
        f"the loss is no longer finite at epoch {{epoch}}, batch {batch}, first in layer {layer}. A learning rate of "
        f"{rate:g} makes the steps too large. Lower the learning rate and continue from the last finite weights, or "
        f"reset.",
        epoch,
    )


def optimizer_overflow(optimizer: Optimizer, epoch: int) -> DivergenceError | None:
    """Returns the error of an optimizer whose averages overflowed, so that no step would change anything, or None."""
    for kept in optimizer.keeps:
        vector = optimizer.kept.get(kept.name)
        if vector is not None and not np.isfinite(vector).all():
            return DivergenceError(
                "gradient",
                f"too large at epoch {{epoch}}: the optimizer's “{kept.name}” ({kept.meaning}) is beyond the largest "
                f"number of {vector.dtype}, {np.finfo(vector.dtype).max:.0e}",
                "",
                "Lower the learning rate, limit the gradient (clip_norm), or scale the inputs and targets to the order "
                "of 1.",
                "the gradient became too large for the optimizer at epoch {epoch}. Lower the learning rate, limit the "
                "gradient, or scale the inputs and targets to the order of 1, and continue.",
                epoch,
            )
    return None
