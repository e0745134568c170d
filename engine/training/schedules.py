"""Schedules of the learning rate."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from engine.basics.registry import ConfiguredClass, Registry

SCHEDULES: Registry[type[Schedule]] = Registry("schedule")


class Schedule(ConfiguredClass, ABC):
    """A factor of the learning rate that depends on the epoch.

    Attributes:
        decay: factor of one drop.
        decay_epochs: number of epochs between two drops.
    """

    decay: float
    decay_epochs: float

    @abstractmethod
    def factor(self, epoch: float, epochs: float) -> float:
        """Returns the factor after ``epoch`` (a fraction) of ``epochs`` epochs; both without the warm-up."""


@SCHEDULES.register("constant")
class Constant(Schedule):
    """Always 1."""

    label = "Constant"

    def factor(self, epoch: float, epochs: float) -> float:
        return 1.0


@SCHEDULES.register("step")
class StepDecay(Schedule):
    """decay^k after k times ``decay_epochs``."""

    label = "Step"
    uses = ("decay", "decay_epochs")

    def factor(self, epoch: float, epochs: float) -> float:
        # Tolerance for the rounding errors of a sum of batches, which would delay the drop by a batch.
        steps = epoch / self.decay_epochs + 1e-9
        return float(self.decay ** (math.floor(steps) if math.isfinite(steps) else steps))


@SCHEDULES.register("exponential")
class Exponential(Schedule):
    """decay^(epoch / decay_epochs), without steps."""

    label = "Exponential"
    uses = ("decay", "decay_epochs")

    def factor(self, epoch: float, epochs: float) -> float:
        return float(self.decay ** (epoch / self.decay_epochs))


@SCHEDULES.register("cosine")
class Cosine(Schedule):
    """Half a cosine wave from 1 to 0. Loshchilov and Hutter 2017, arXiv:1608.03983, eq. (5), one period."""

    label = "Cosine"

    def factor(self, epoch: float, epochs: float) -> float:
        return (1 + math.cos(math.pi * min(epoch / epochs, 1.0))) / 2 if epochs > 0 else 1.0


def warmed_up(schedule: Schedule, epoch: float, epochs: float, warmup: float, batches: int) -> float:
    """Returns the factor with a linear warm-up over the first ``warmup`` epochs. The first step's factor is above 0.

    Goyal et al. 2017, arXiv:1706.02677, section 2.2. ``batches`` is the number of steps in an epoch.
    """
    if epoch < warmup:
        return min(1.0, (epoch + 1 / batches) / warmup)
    return schedule.factor(epoch - warmup, epochs - warmup)
