"""The state of the session, the stage of a run's training, and its progress."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """The state of the session."""

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
    """Progress of a training.

    Attributes:
        epoch, batch: count from 1; 0 before the first step.
        epochs, batches: number of epochs of this training, and of batches in an epoch.
        seconds_per_epoch: time that learning takes.
        seconds_measuring: additional time of the evaluation at the end of an epoch.
        measuring: whether an evaluation is in progress that takes long.
        before: epochs that the network was trained before this training; with a fraction if an earlier training was
            interrupted within an epoch.
    """

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    seconds_per_epoch: float = 0.0
    seconds_measuring: float = 0.0
    measuring: bool = False
    before: float = 0.0

    @property
    def total_epoch(self) -> float:
        """The end of the current epoch, counted over all trainings of the network."""
        return self.before + self.epoch

    @property
    def last_epoch(self) -> float:
        """The epoch at which this training ends, counted over all trainings of the network."""
        return self.before + self.epochs

    @property
    def share_done(self) -> float:
        """The share 0…1 of all epochs up to ``last_epoch`` that are done."""
        return min((self.before + self.epochs_done) / self.last_epoch, 1.0) if self.last_epoch else 0.0

    @property
    def epochs_done(self) -> float:
        """Epochs of this training that are done, including the part of the current one."""
        return self.epoch - 1 + self.batch / self.batches if self.epoch and self.batches else 0.0

    @property
    def seconds_of_epoch(self) -> float:
        """Seconds of a whole epoch with its evaluation; 0 while unknown."""
        return self.seconds_per_epoch + self.seconds_measuring if self.seconds_per_epoch else 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds until the end of the training."""
        return self.seconds_of_epoch * max(self.epochs - self.epochs_done, 0)


def status_of(stage: Stage, has_changed: bool, is_loading: bool, is_making: bool) -> Status:
    """Returns the state of a session whose current run is at that stage."""
    if is_loading:
        return Status.LOADING
    if is_making:
        return Status.BUILDING
    if stage is Stage.RESTING:
        return Status.PAUSED if has_changed else Status.READY
    return Status.FINISHED if stage is Stage.ENDED else Status[stage.name]
