"""Whether a gradient is right: the slope of the loss, measured by moving one parameter a little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.explain.step_trace import StepTrace, parameter_in
from engine.network.buffers import TrainingBuffers

_DISTANCE = 1e-6  # step of the parameter, relative to its size if that is above 1


@dataclass(frozen=True)
class FiniteDifference:
    """A slope of the mean loss, measured: (loss with more − loss with less) / (2 · distance).

    Attributes:
        distance: by which the parameter was moved up and down.
        more, less: the losses there.
        gradient: what back-propagation says.
    """

    distance: float
    more: float
    less: float
    gradient: float

    @property
    def slope(self) -> float:
        """The measured slope."""
        return (self.more - self.less) / (2 * self.distance)


def finite_difference(step: StepTrace, layer: int, neuron: int, source: int) -> FiniteDifference:
    """Measures the slope of the loss in one parameter: with the step's examples and dropout, in double precision.

    Central differences, as in Bishop 2006, "Pattern Recognition and Machine Learning", eq. (5.69).
    """
    network = step.network.with_parameters(step.network.parameters.astype(np.float64))
    place = parameter_in(network.parameters, network.shape, layer, neuron, source)
    start = float(place[0])
    distance = _DISTANCE * max(1.0, abs(start))

    def loss_at(value: float) -> float:
        place[0] = value
        buffers = TrainingBuffers(network, step.rows)
        buffers.masks = [None if mask is None else mask.astype(np.float64) for mask in step.masks]
        inputs = step.inputs.astype(np.float64)
        return network.forward_with_loss(inputs, step.targets.astype(np.float64), buffers)

    more, less = loss_at(start + distance), loss_at(start - distance)
    return FiniteDifference(distance, more, less, step.value_of(step.gradient, layer, neuron, source))
