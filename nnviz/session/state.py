"""The words the session speaks in: what it is doing, how far it is, what it has to tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.errors import EngineError, FileFormatError


class State(Enum):
    """What the session is doing."""

    LOADING = "loading"
    BUILDING = "building"  # a large network is being made
    READY = "ready"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"


@dataclass(frozen=True)
class Message:
    """Something to tell: shown in the window until dismissed or out of date."""

    text: str
    is_error: bool = True


@dataclass(frozen=True)
class Progress:
    """How far a run is. Its epochs count from 1; 0 before the first step."""

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    seconds_per_epoch: float = 0.0  # of learning
    seconds_measuring: float = 0.0  # what the errors at an epoch's end take on top of that
    measuring: bool = False  # the batch is done, the errors of the epoch are being worked out

    @property
    def epochs_done(self) -> float:
        """Epochs of this run that are behind it, with the part of the one under way."""
        return self.epoch - 1 + self.batch / self.batches if self.epoch and self.batches else 0.0

    @property
    def seconds_of_epoch(self) -> float:
        """A whole epoch, its measurements included; 0 where nothing is known yet."""
        return self.seconds_per_epoch + self.seconds_measuring if self.seconds_per_epoch else 0.0

    @property
    def seconds_left(self) -> float:
        """To the end of the run."""
        return self.seconds_of_epoch * max(self.epochs - self.epochs_done, 0)


def message_of(what: str, error: Exception) -> Message | None:
    """An error in words, after what could not be done; None for one that nobody foresaw."""
    if isinstance(error, FileFormatError):
        return Message(str(error))
    if isinstance(error, EngineError):
        return Message(f"{what}: {error}")
    if isinstance(error, OSError):
        return Message(f"{what}: {error.strerror or error}. Try again, or choose another file or folder.")
    if isinstance(error, MemoryError):
        return Message(f"{what}: there is not enough memory. Make the network or the batch smaller.")
    return None
