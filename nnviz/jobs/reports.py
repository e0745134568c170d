"""How far the worker is to train, and what it reports of a training besides the engine's events. No Qt."""

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
    from nnviz.library.room import Plan


class Until(Enum):
    """Where to pause."""

    END = "end"
    BATCH = "batch"
    EPOCH = "epoch"


@dataclass(frozen=True)
class Frame:
    """A network during training: what the views draw.

    Attributes:
        run: the id of the run.
        parameters: a copy that nobody writes to, all finite.
        epoch, batch, batches: as in :class:`~engine.training.events.Batch`; epoch 0 before the first step.
        seconds_per_epoch: time that learning takes, measured in the current epoch.
        seconds_measuring: time that the evaluation at the end of the last epoch took in addition.
        estimate: loss and error on a sample of the examples; None if they were not due.
        is_lent: whether the training goes on in a process of its own, so that drawing does not slow learning down.
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
    """The run has paused.

    Attributes:
        frame: its last one; None if it could not be made.
        finished: its training is complete.
        reached: it is where it was to pause.
        error: why it has paused, or was dropped.
        dropped: its training cannot continue.
    """

    frame: Frame | None
    finished: bool = False
    reached: bool = False
    error: Exception | None = None
    dropped: bool = False


@dataclass(frozen=True)
class Epochs:
    """Epochs that have ended one after the other: a thousand may end in a second. Gives their events one by one.

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
    """What of a report is figures: of each epoch, or of the best one."""
    if isinstance(event, Epochs):
        return event
    return [event] if isinstance(event, BestRestored) else []


def count_of(event: object) -> int:
    """How many events it is counted as: each epoch is one."""
    return len(event) if isinstance(event, Epochs) else 1


@dataclass(frozen=True)
class EpochEnd:
    """The network at the end of an epoch, so that it can be looked back at. Comes before the epoch's figures.

    Attributes:
        epoch: as in :class:`~engine.training.events.Epoch`.
    """

    epoch: int
    packed: PackedParameters


@dataclass(frozen=True)
class Recorded:
    """The training is recorded in the library, or can no longer be.

    Attributes:
        run: its number there; None for none.
        words: what there is to tell of it; None for nothing.
        is_written: whether all that it learns is written.
        going: what goes of old runs when the next training is over, because there is too little room; None for nothing.
        left_at: the epoch at which it branched off from the run that it was recorded as before; None if it did not.
        is_first: whether the library was not announced before.
    """

    run: int | None
    words: str | None = None
    is_written: bool = True
    going: Plan | None = None
    left_at: float | None = None
    is_first: bool = False
