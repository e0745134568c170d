"""Mini-batch training: ``TrainingSettings`` and ``Trainer``, a generator that the caller drives.

``Trainer.run()`` yields after every batch, during each evaluation and after every epoch. Whoever calls it decides
when to go on, so pause, single step and stop need nothing in here, and threads live outside.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from engine.datasets import Dataset, Split
from engine.errors import DivergenceError, SettingError, Verbatim
from engine.metrics import Evaluation, Evaluator
from engine.network import Network, TrainingBuffers, check_fits, first_non_finite_layer
from engine.optimizers import OPTIMIZERS
from engine.validation import Array, check_batch_memory, positive_number, whole_number

# How many batches may be lost when a run diverges: the price is one copy of the parameters each time.
_BATCHES_BETWEEN_COPIES = 50
_ESTIMATE_EXAMPLES = 1000


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. Checked when made; raises SettingError.

    Attributes:
        batch_size: examples in a step.
        epochs: passes over the training data.
        learning_rate: step size.
        optimizer: a registered name.
        seed: of the order of examples.
        drop_last: leave out the last, incomplete batch of each epoch.
        evaluate: work out the exact train and test figures after each epoch.
    """

    batch_size: int = 100
    epochs: int = 20
    learning_rate: float = 0.3
    optimizer: str = "sgd"
    seed: int | None = 1
    drop_last: bool = True
    evaluate: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "batch_size", whole_number("batch_size", self.batch_size, 1, "100"))
        object.__setattr__(self, "epochs", whole_number("epochs", self.epochs, 1, "20"))
        object.__setattr__(self, "learning_rate", positive_number("learning_rate", self.learning_rate, "0.3"))
        if self.seed is not None:
            object.__setattr__(self, "seed", whole_number("seed", self.seed, 0, "1"))
        OPTIMIZERS[self.optimizer]

    def check_against(self, examples: int) -> None:
        """Raises SettingError where the batch is larger than the training data."""
        if self.batch_size > examples:
            raise SettingError(
                "batch_size",
                Verbatim(f"{self.batch_size:,}"),
                f"must be at most the {examples:,} examples of the training data",
                f"Try {min(100, examples)}.",
            )


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
    """

    epoch: int
    train: Evaluation | None
    test: Evaluation | None
    seconds: float


Event = Batch | Evaluating | Epoch


@dataclass(frozen=True)
class Estimate:
    """Figures on the first thousand examples of each split, cheap enough to take several times a second."""

    train: Evaluation
    test: Evaluation | None


class Trainer:
    """Trains one network on one data set.

    Attributes:
        network, dataset, settings: as given.
        learning_rate: may be changed between two steps.
        epoch: the epoch under way, from 1; epochs completed before the first step: 0.
    """

    def __init__(self, network: Network, dataset: Dataset, settings: TrainingSettings) -> None:
        """Raises SettingError or DataError where network, data and settings do not go together."""
        check_fits(network, dataset.width, dataset.outputs, dataset.title)
        settings.check_against(len(dataset.train))
        check_batch_memory(network.shape, settings.batch_size, network.parameters.itemsize)
        self.network = network
        self.dataset = dataset
        self.settings = settings
        self.epoch = 0
        self._learning_rate = settings.learning_rate
        self._rng = np.random.default_rng(settings.seed)
        self._optimizer = OPTIMIZERS[settings.optimizer]()
        self._batches = _Batches(dataset.train, network, settings)
        self._buffers = TrainingBuffers(network, settings.batch_size)
        self._last_finite = network.parameters.copy()
        self._evaluators = _evaluators(network, dataset, None)
        self._estimators = _evaluators(network, dataset, _ESTIMATE_EXAMPLES)

    @property
    def batches_per_epoch(self) -> int:
        """Steps in an epoch."""
        return self._batches.per_epoch

    @property
    def learning_rate(self) -> float:
        """The step size from the next step on. Setting it raises SettingError unless finite and above 0."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = positive_number("learning_rate", value, "0.3")

    def run(self) -> Iterator[Event]:
        """Trains ``settings.epochs`` epochs, yielding after each step.

        Raises:
            DivergenceError: the loss stopped being finite. The parameters are put back to the last copy that was.
        """
        yield from self._finish_epoch(0.0)
        for epoch in range(1, self.settings.epochs + 1):
            self.epoch = epoch
            seconds = 0.0
            self._batches.shuffle(self._rng)
            for batch in range(1, self.batches_per_epoch + 1):
                start = time.perf_counter()
                loss = self._step(batch)
                seconds += time.perf_counter() - start
                yield Batch(epoch, batch, self.batches_per_epoch, loss)
            yield from self._finish_epoch(seconds)

    def back_to_finite(self) -> None:
        """Puts parameters that are not finite back to the last copy that was: for a run that is given up."""
        if first_non_finite_layer(self.network) is not None:
            np.copyto(self.network.parameters, self._last_finite)

    def estimate(self) -> Estimate:
        """Loss and error of the network as it is now, on a fixed sample. Call it between two steps."""
        with np.errstate(all="ignore"):
            train, *test = [evaluator.evaluate() for evaluator in self._estimators]
        return Estimate(train, test[0] if test else None)

    def _step(self, batch: int) -> float:
        # A diverging run is reported in words, not as a rain of warnings.
        with np.errstate(all="ignore"):
            inputs, targets, loss = self._forward(batch)
            if batch % _BATCHES_BETWEEN_COPIES == 1:
                self._keep(batch)
            gradient = self.network.backward(inputs, targets, self._buffers)
            self._optimizer.step(self.network.parameters, gradient, self._learning_rate)
        return loss

    def _forward(self, batch: int) -> tuple[Array, Array, float]:
        """Inputs, targets and loss of a batch, counted from 1. Raises DivergenceError where the loss is not finite."""
        inputs, targets = self._batches.take(batch - 1)
        loss = self.network.loss_of(self.network.forward(inputs, self._buffers), targets)
        if not np.isfinite(loss):
            raise self._diverged(batch)
        return inputs, targets, loss

    def _keep(self, batch: int) -> None:
        """Copies the parameters, which just gave a finite loss, to go back to."""
        parameters = self.network.parameters
        # Infinite weights may hide behind a sigmoid. NaN comes through min and max.
        if not (np.isfinite(parameters.min()) and np.isfinite(parameters.max())):
            raise self._diverged(batch)
        np.copyto(self._last_finite, parameters)

    def _finish_epoch(self, seconds: float) -> Iterator[Event]:
        last_batch = self.batches_per_epoch if self.epoch else 1
        with np.errstate(all="ignore"):  # what the last step made of the network, no further step would notice
            self._forward(last_batch)
        results: list[Evaluation] = []
        for evaluator in self._evaluators if self.settings.evaluate else []:
            result = yield from self._evaluated(evaluator)
            if not np.isfinite(result.loss):
                raise self._diverged(last_batch)
            results.append(result)
        self._keep(last_batch)
        train, test = (*results, None, None)[:2]
        yield Epoch(self.epoch, train, test, seconds)

    def _evaluated(self, evaluator: Evaluator) -> Generator[Event, None, Evaluation]:
        """One exact evaluation, giving the caller a chance to stop after each chunk."""
        steps = evaluator.steps()
        while True:
            try:
                with np.errstate(all="ignore"):
                    next(steps)
            except StopIteration as finished:
                result: Evaluation = finished.value
                return result
            yield Evaluating(self.epoch)

    def _diverged(self, batch: int) -> DivergenceError:
        layer = first_non_finite_layer(self.network) or self._first_non_finite_output()
        np.copyto(self.network.parameters, self._last_finite)
        return DivergenceError(
            "loss",
            Verbatim(f"no longer finite at epoch {self.epoch}, batch {batch} (layer {layer} went first)"),
            f"must stay finite, and with a learning rate of {self._learning_rate:g} it grows without bound",
            "The network is back at its last finite weights. Lower the learning rate and go on, or reset.",
        )

    def _first_non_finite_output(self) -> int:
        finite = [bool(np.isfinite(out).all()) for out in self._buffers.outputs]
        return finite.index(False) + 1 if False in finite else len(finite)


def _evaluators(network: Network, dataset: Dataset, examples: int | None) -> list[Evaluator]:
    splits = [split for split in (dataset.train, dataset.test) if split is not None]
    return [Evaluator(network, split.head(examples) if examples else split) for split in splits]


class _Batches:
    """The training data in random order, a batch at a time, gathered into buffers that are allocated once."""

    def __init__(self, split: Split, network: Network, settings: TrainingSettings) -> None:
        size, examples = settings.batch_size, len(split)
        dtype = network.parameters.dtype
        self._split = split
        self._size = size
        self.per_epoch = examples // size if settings.drop_last else -(-examples // size)
        self._order: Array = np.arange(examples)
        self._rows: Array = np.empty((size, split.inputs.shape[1]), split.inputs.dtype)
        self._inputs: Array = np.empty((size, split.inputs.shape[1]), dtype)
        self._targets: Array = np.empty((size, split.classes), split.targets.dtype)

    def shuffle(self, rng: np.random.Generator) -> None:
        """A new order for the coming epoch."""
        rng.shuffle(self._order)

    def take(self, index: int) -> tuple[Array, Array]:
        """Inputs and targets of batch ``index``, from 0, as views that the next call overwrites."""
        rows = self._order[index * self._size : (index + 1) * self._size]
        raw, inputs, targets = (part[: len(rows)] for part in (self._rows, self._inputs, self._targets))
        # mode="clip" lets take write straight into its output; the indices are in range anyway.
        np.take(self._split.inputs, rows, axis=0, out=raw, mode="clip")
        np.multiply(raw, inputs.dtype.type(self._split.scale), out=inputs)
        np.take(self._split.targets, rows, axis=0, out=targets, mode="clip")
        return inputs, targets
