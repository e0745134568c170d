"""What a training tells while it goes on: steps, measurements, epochs, and all it needs to be gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.metrics import Evaluation
from engine.validation import Array


@dataclass(frozen=True)
class Batch:
    """One step was taken. ``epoch`` counts from 1; ``batch`` of ``batches`` in it are done."""

    epoch: int
    batch: int
    batches: int
    loss: float


@dataclass(frozen=True)
class Evaluating:
    """Part of the evaluation after an epoch is done; nothing was learned."""

    epoch: int


@dataclass(frozen=True)
class Epoch:
    """An epoch ended. Epoch 0 is the network before the first step.

    Attributes:
        train, test: exact figures; None where there is no such split or they were not asked for.
        seconds: time spent learning in this epoch, without evaluation and without pauses.
        validation: exact figures of the validation set; None where there is none.
        dead_layer: the number, from 1 as that of its weights, of the first hidden layer that tells examples apart no
            longer, see :func:`engine.distributions.dead_layer`; looked for only where the training error is at chance.
    """

    epoch: int
    train: Evaluation | None
    test: Evaluation | None
    seconds: float
    validation: Evaluation | None = None
    dead_layer: int | None = None


@dataclass(frozen=True)
class BestRestored:
    """The end, with early stopping: the parameters are those after epoch ``epoch``, whose validation figures were best.

    Attributes:
        figures: of the validation set at that epoch.
        early: whether the last epochs were left out because nothing got better.
    """

    epoch: int
    figures: Evaluation
    early: bool


Event = Batch | Evaluating | Epoch | BestRestored


@dataclass(frozen=True)
class Estimate:
    """Figures on the first thousand examples of each split, cheap enough to take several times a second."""

    train: Evaluation
    test: Evaluation | None


@dataclass(frozen=True)
class TrainingState:
    """All that a run needs, besides network and data, to go on as if it had never stopped.

    Attributes:
        settings: as :meth:`TrainingSettings.as_dict` gives them.
        progress: place in the run, random state and such, as JSON can hold it.
        vectors: the order of the examples, what the optimizer keeps, the best parameters.
    """

    settings: dict[str, Any]
    progress: dict[str, Any]
    vectors: dict[str, Array]
