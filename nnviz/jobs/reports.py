"""Stop conditions for the worker, and its reports besides the engine's events. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from engine.basics.validation import Array
from engine.network.half_precision import PackedParameters
from engine.storage.epoch_codec import epoch_bytes, epoch_from
from engine.training.events import BestRestored, Epoch, Estimate

if TYPE_CHECKING:
    from nnviz.library.quota import ThinningPlan


class StopCondition(Enum):
    """The point at which training pauses."""

    END = "end"
    BATCH = "batch"
    EPOCH = "epoch"


@dataclass(frozen=True)
class NetworkFrame:
    """A copy of the network during training, for the views.

    Attributes:
        run: the id of the run.
        parameters: a copy that is never written to, all finite.
        epoch, batch, batches: as in :class:`~engine.training.events.Batch`; epoch 0 before the first step.
        seconds_per_epoch: time that learning takes, measured in the current epoch.
        seconds_measuring: time that the evaluation at the end of the last epoch took in addition.
        estimate: loss and error on a sample of the examples; None if no estimate was due.
        is_lent: whether the training runs in a process of its own, so that drawing does not slow it down.
    """

    run: int
    parameters: Array
    epoch: int
    batch: int
    batches: int
    seconds_per_epoch: float
    seconds_measuring: float = 0.0
    estimate: Estimate | None = None
    is_lent: bool = False


@dataclass(frozen=True)
class Stopped:
    """Reports that a run has paused.

    Attributes:
        frame: the last frame; None if it could not be made.
        finished: whether the training is complete.
        reached: whether the stop condition is met.
        error: the reason for the pause, if it is an error.
        dropped: whether the training cannot continue.
    """

    frame: NetworkFrame | None
    finished: bool = False
    reached: bool = False
    error: Exception | None = None
    dropped: bool = False


@dataclass(frozen=True)
class Epochs:
    """Epochs that ended one after the other, packed: a thousand may end in a second. Iterates over their events.

    Attributes:
        packed: each as :func:`~engine.storage.epoch_codec.epoch_bytes` packs it.
    """

    packed: list[bytes]

    @classmethod
    def of(cls, events: Iterable[Epoch]) -> Epochs:
        """Packs events."""
        return cls([epoch_bytes(event) for event in events])

    def __len__(self) -> int:
        return len(self.packed)

    def __iter__(self) -> Iterator[Epoch]:
        return map(epoch_from, self.packed)


def figures_in(event: object) -> Iterable[Epoch | BestRestored]:
    """Returns the events with figures in a report: one per epoch, or that of the best epoch."""
    if isinstance(event, Epochs):
        return event
    return [event] if isinstance(event, BestRestored) else []


def count_of(event: object) -> int:
    """Returns the number of events in a report: each epoch is one."""
    return len(event) if isinstance(event, Epochs) else 1


@dataclass(frozen=True)
class EpochEnd:
    """A snapshot of the network at the end of an epoch. Comes before the epoch's figures.

    Attributes:
        epoch: as in :class:`~engine.training.events.Epoch`.
    """

    epoch: int
    packed: PackedParameters


@dataclass(frozen=True)
class EarlyEstimate:
    """An estimate within the first epoch, with a snapshot of the network.

    Attributes:
        epoch: the place in the training, a fraction.
    """

    epoch: float
    estimate: Estimate
    packed: PackedParameters


@dataclass(frozen=True)
class Recorded:
    """Reports that the training is recorded in the library, or can no longer be.

    Attributes:
        run: its number in the library; None if it has none.
        words: a message for the user; None if there is none.
        is_written: whether all that the network learns is written.
        going: what will be removed of old runs to keep the storage limit; None if nothing.
        left_at: the epoch at which it branched off from its earlier record; None if it did not.
        is_first: whether the library is to be announced for the first time.
    """

    run: int | None
    words: str | None = None
    is_written: bool = True
    going: ThinningPlan | None = None
    left_at: float | None = None
    is_first: bool = False
