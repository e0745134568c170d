"""``StateBytes``: the whole state of a training as bytes, from which it goes on exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.storage import checkpoint_bytes
from engine.training.trainer import Trainer

MOST_STATE = 100_000_000  # bytes: larger ones, written again and again, would keep the disk busy and fill it


def state_size(trainer: Trainer) -> int:
    """Bytes that the state of a training takes at most, about."""
    return trainer.network.parameters.nbytes * 5


@dataclass(frozen=True)
class StateBytes:
    """A state as it is kept.

    Attributes:
        before: epochs that the network had before this training.
        epoch, batch: the place in this training.
        content: an uncompressed checkpoint, without provenance and description.
    """

    before: float
    epoch: int
    batch: int
    batches: int
    content: bytes

    @classmethod
    def of(cls, trainer: Trainer, before: float = 0) -> StateBytes:
        """Packs the state of a training between two events. Raises DataError for what is not finite."""
        state, batches = trainer.state(), trainer.batches_per_epoch
        order = state.vectors["order"]
        compact = {"order": order.astype(np.min_scalar_type(len(order)))}
        bare = trainer.network.bare()
        content = checkpoint_bytes(bare, replace(state, vectors=state.vectors | compact), compressed=False)
        return cls(before, trainer.epoch, trainer.batch, batches, content)

    @property
    def at(self) -> float:
        """Epochs over all trainings of the network, with a fraction within an epoch."""
        return epochs_at(self.before, self.epoch, self.batch, self.batches)


def epochs_at(before: float, epoch: int, batch: int, batches: int) -> float:
    """Epochs done after a batch of an epoch, both from 1 (epoch 0: before the first step)."""
    return before + (epoch - 1 + batch / batches if epoch else 0)
