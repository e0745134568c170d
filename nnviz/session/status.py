"""What the session is doing, where in a training a run is, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """What the session is doing."""

    LOADING = "loading"  # the data
    BUILDING = "building"  # a large network is being made
    READY = "ready"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"


class Stage(Enum):
    """Where in a training a run is."""

    RESTING = "resting"  # nothing is under way: not begun, or not to be gone on with
    TRAINING = "training"
    PAUSED = "paused"  # in the middle; the worker keeps its place
    ENDED = "ended"  # all its epochs are behind it


@dataclass(frozen=True)
class Progress:
    """How far a training is. Its epochs count from 1; 0 before the first step.

    Attributes:
        seconds_per_epoch: of learning; seconds_measuring: what the errors at an epoch's end take on top of that.
        measuring: the batch is done, the errors of the epoch are being worked out.
    """

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    seconds_per_epoch: float = 0.0
    seconds_measuring: float = 0.0
    measuring: bool = False

    @property
    def epochs_done(self) -> float:
        """Epochs of this training that are behind it, with the part of the one under way."""
        return self.epoch - 1 + self.batch / self.batches if self.epoch and self.batches else 0.0

    @property
    def seconds_of_epoch(self) -> float:
        """A whole epoch, its measurements included; 0 where nothing is known yet."""
        return self.seconds_per_epoch + self.seconds_measuring if self.seconds_per_epoch else 0.0

    @property
    def seconds_left(self) -> float:
        """To the end of the training."""
        return self.seconds_of_epoch * max(self.epochs - self.epochs_done, 0)
