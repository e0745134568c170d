"""The events of a training run, and the state needed to resume one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.basics.validation import Array
from engine.training.metrics import Evaluation


@dataclass(frozen=True)
class Estimate:
    """Results on the first thousand examples of each split, fast enough to be computed several times a second."""

    train: Evaluation
    test: Evaluation | None = None
    validation: Evaluation | None = None


@dataclass(frozen=True)
class Batch:
    """A step was taken: the ``batch``-th of ``batches`` in this epoch. Both count from 1.

    Attributes:
        loss: mean loss of the batch before the step.
        estimate: results after the step, at some steps of the first epoch, see
            :attr:`engine.training.trainer.Trainer.estimates_early`; else None.
    """

    epoch: int
    batch: int
    batches: int
    loss: float
    estimate: Estimate | None = None

    @property
    def place(self) -> float:
        """The place in the run, in epochs."""
        return self.epoch - 1 + self.batch / self.batches


@dataclass(frozen=True)
class Evaluating:
    """A part of the evaluation after an epoch is done."""

    epoch: int


@dataclass(frozen=True)
class Epoch:
    """An epoch ended. Epoch 0 is the network before the first step.

    Attributes:
        train, test: exact results; None if there is no such split or it was not evaluated.
        seconds: time spent learning in this epoch, without evaluation and pauses.
        validation: exact results on the validation set; None if there is none.
        dead_layer: number, from 1, of the first dead hidden layer, see
            :func:`engine.training.distributions.dead_layer`; only determined if the training error is at chance.
    """

    epoch: int
    train: Evaluation | None
    test: Evaluation | None
    seconds: float
    validation: Evaluation | None = None
    dead_layer: int | None = None


@dataclass(frozen=True)
class BestRestored:
    """The run ended, and early stopping restored the parameters of ``epoch``, whose validation results were best.

    Attributes:
        epoch: counts from 1; in a history over all runs it may have a fraction.
        figures: results on the validation set at that epoch.
        early: whether training stopped before its last epoch, because the results did not improve.
    """

    epoch: float
    figures: Evaluation
    early: bool


Event = Batch | Evaluating | Epoch | BestRestored


@dataclass(frozen=True)
class TrainingState:
    """Everything besides network and data that is needed to resume a run exactly.

    Attributes:
        settings: from :meth:`TrainingSettings.as_dict`.
        progress: place in the run, state of the random generator and the like, in types that JSON can hold.
        vectors: order of the examples, the optimizer's vectors, the best parameters.
    """

    settings: dict[str, Any]
    progress: dict[str, Any]
    vectors: dict[str, Array]

    @property
    def whole_epochs(self) -> int:
        """Epochs that the run has trained to their ends, with what was measured there; 0 if the file does not say."""
        return max(self.epochs_begun if self.progress.get("measured") else self.epochs_begun - 1, 0)

    @property
    def epochs_begun(self) -> int:
        """Epochs of the run, with the one in progress; 0 if the file does not say."""
        epoch = self.progress.get("epoch")
        return epoch if isinstance(epoch, int) else 0
