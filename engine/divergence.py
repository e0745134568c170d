"""What is said of a run whose numbers have grown beyond what floats can hold. Layers are numbered from 1."""

from __future__ import annotations

import numpy as np

from engine.buffers import Buffers
from engine.errors import DivergenceError, Verbatim
from engine.network import Network, first_non_finite_layer
from engine.optimizers import Optimizer


def loss_not_finite(network: Network, buffers: Buffers, epoch: int, batch: int, rate: float) -> DivergenceError:
    """Of a loss that is NaN or infinite; to be called while the network still is as it was when that was found.

    Args:
        buffers: what the forward pass wrote to.
        epoch, batch: the place in the run, from 1; epoch 0 is before the first step.
        rate: of the last step.
    """
    layer = first_non_finite_layer(network) or _first_non_finite_output(buffers)
    if not epoch:
        return DivergenceError(
            "loss",
            Verbatim(f"not finite before the first step (layer {layer} is where it begins)"),
            "must be finite, and with weights or data this large it overflows",
            "Reset the network with smaller first weights, or scale the data.",
        )
    return DivergenceError(
        "loss",
        Verbatim(f"no longer finite at epoch {epoch}, batch {batch} (layer {layer} went first)"),
        f"must stay finite, and with a learning rate of {rate:g} it grows without bound",
        "The network is back at its last finite weights. Lower the learning rate and go on, or reset.",
    )


def overflow_in(optimizer: Optimizer, epoch: int) -> DivergenceError | None:
    """Of an optimizer whose averages have overflowed: with them, no step would move anything again. Else None."""
    for name, vector in optimizer.kept.items():
        if not np.isfinite(vector).all():
            largest = np.sqrt(np.finfo(vector.dtype).max)
            return DivergenceError(
                "gradient",
                Verbatim(f"too large by epoch {epoch} for what the optimizer keeps of it ({name})"),
                f"must stay below {largest:.0e} in {vector.dtype}, or its square overflows",
                "Scale the inputs and targets to the order of 1, or limit the gradient (clip_norm).",
            )
    return None


def _first_non_finite_output(buffers: Buffers) -> int:
    finite = [bool(np.isfinite(out).all()) for out in buffers.outputs]
    return finite.index(False) + 1 if False in finite else len(finite)
