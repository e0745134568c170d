"""What the session is doing, the stage of a run's training, and its progress."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """What the session is doing."""

    LOADING = "loading"  # data is being loaded
    BUILDING = "building"  # a large network is being built
    READY = "ready"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"


class Stage(Enum):
    """The stage of a run's training."""

    RESTING = "resting"  # not begun, or cannot be continued
    TRAINING = "training"
    PAUSED = "paused"  # the worker keeps its place, so it can continue
    ENDED = "ended"  # all epochs are done


@dataclass(frozen=True)
class Progress:
    """How far a training is. ``epoch`` and ``batch`` count from 1; they are 0 before the first step.

    Attributes:
        seconds_per_epoch: time that learning takes.
        seconds_measuring: time that the evaluation at the end of an epoch takes in addition.
        measuring: whether such an evaluation is under way, and takes long enough to say so.
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
        """Epochs of this training that are done, with the part of the current one."""
        return self.epoch - 1 + self.batch / self.batches if self.epoch and self.batches else 0.0

    @property
    def seconds_of_epoch(self) -> float:
        """Time of a whole epoch with its evaluation; 0 while it is not known."""
        return self.seconds_per_epoch + self.seconds_measuring if self.seconds_per_epoch else 0.0

    @property
    def seconds_left(self) -> float:
        """Time to the end of the training."""
        return self.seconds_of_epoch * max(self.epochs - self.epochs_done, 0)


def status_of(stage: Stage, has_changed: bool, is_loading: bool, is_making: bool) -> Status:
    """What a session is doing whose current run is at that stage and has learned, or has not."""
    if is_loading:
        return Status.LOADING
    if is_making:
        return Status.BUILDING
    if stage is Stage.RESTING:
        return Status.PAUSED if has_changed else Status.READY
    return Status.FINISHED if stage is Stage.ENDED else Status[stage.name]
