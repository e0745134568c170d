"""``StateBytes``: the whole state of a run as bytes, from which training continues exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.storage import checkpoint_bytes
from engine.training.trainer import Trainer

MOST_STATE = 100_000_000  # bytes: larger ones, written again and again, would keep the disk busy and fill it


def state_size(trainer: Trainer) -> int:
    """Returns about the largest size of a run's state, in bytes."""
    return trainer.network.parameters.nbytes * 5


@dataclass(frozen=True)
class StateBytes:
    """The encoded state of a run.

    Attributes:
        before: epochs that the network was trained before this run.
        epoch, batch: the place in this run.
        batches: batches in an epoch.
        content: an uncompressed checkpoint, without provenance and description.
    """

    before: float
    epoch: int
    batch: int
    batches: int
    content: bytes

    @classmethod
    def of(cls, trainer: Trainer, before: float = 0) -> StateBytes:
        """Encodes the state of a run between two events. Raises DataError if it is not finite."""
        state, batches = trainer.state(), trainer.batches_per_epoch
        order = state.vectors["order"]
        compact = {"order": order.astype(np.min_scalar_type(len(order)))}
        bare = trainer.network.bare()
        content = checkpoint_bytes(bare, replace(state, vectors=state.vectors | compact), compressed=False)
        return cls(before, trainer.epoch, trainer.batch, batches, content)

    @property
    def at(self) -> float:
        """Epochs over all runs of the network, with a fraction within an epoch."""
        return epochs_at(self.before, self.epoch, self.batch, self.batches)


def epochs_at(before: float, epoch: int, batch: int, batches: int) -> float:
    """Returns the epochs done after a batch of an epoch, both from 1 (epoch 0: before the first step)."""
    return before + (epoch - 1 + batch / batches if epoch else 0)
