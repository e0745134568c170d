"""``Trainer``: mini-batch training as a generator.

``Trainer.run()`` yields after every batch, during each evaluation and after every epoch. The caller decides when to
continue, so the trainer needs no code for pausing, single steps, stopping or threads. Between two events the whole
state of the run is available as a :class:`TrainingState`, from which it can be resumed exactly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from dataclasses import replace
from typing import Any

import numpy as np

from engine.basics.attributes import set_attributes
from engine.basics.errors import DataError, DivergenceError, SettingError
from engine.basics.validation import Array, check_batch_memory, number_within, whole_number
from engine.datasets import Dataset
from engine.network.buffers import Buffers, TrainingBuffers
from engine.network.network import Network, check_can_be_trained, check_fits, first_non_finite_layer
from engine.training.batches import Batches
from engine.training.distributions import dead_layer, is_at_chance
from engine.training.divergence import loss_error, optimizer_overflow
from engine.training.early_estimates import ESTIMATE_EXAMPLES, estimated_steps
from engine.training.early_stopping import BestEpoch
from engine.training.events import Batch, BestRestored, Epoch, Estimate, Evaluating, Event, TrainingState
from engine.training.metrics import Evaluation, Evaluator
from engine.training.optimizers import SGD
from engine.training.schedules import warmed_up
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings
from engine.training.update_pipeline import UpdatePipeline

# Number of batches that may be lost when a run diverges. Each time, the parameters are copied.
_BATCHES_BETWEEN_COPIES = 50
# Settings on which the order of the examples, the batches and the validation set depend.
FIXED_WHILE_TRAINING = tuple(name for name, setting in TRAINING_SETTINGS.items() if setting.is_fixed)
# Attributes that follow from network, data and settings: pickles and deep copies leave them out and rebuild them.
_REBUILT = ("dataset", "_batches", "_early_steps", "_buffers", "_evaluators", "_estimators", "_pipeline", "_coming")


class Trainer:
    """Trains one network on one data set.

    Attributes:
        network: the network that is trained.
        dataset: the data set, with a validation set if the settings give it a share of the examples.
        epoch: the current epoch, from 1; 0 before the first step.
        batch: number of steps taken in it.
        edits: counts the changes that others make to the network between two events; an evaluation in which one falls
            is repeated.
        estimates_early: whether some steps of epoch 1 have an estimate, if the settings evaluate at all, see
            :func:`engine.training.early_estimates.estimated_steps`. What the network learns does not depend on it.
    """

    def __init__(self, network: Network, dataset: Dataset, settings: TrainingSettings) -> None:
        """Sets the network's ``description`` to that of the data, except for the network's own brightness.

        Raises SettingError or DataError if network, data and settings do not fit together.
        """
        check_fits(network, dataset.width, dataset.outputs, dataset.title)
        check_can_be_trained(network)
        self.network = network
        self._given = dataset
        self._build(settings)
        self.epoch = self.batch = self.edits = 0
        self.estimates_early = False
        self._seconds = 0.0
        self._last_rate = 0.0  # of the last step
        self._measured = False  # whether the results at the end of the current epoch were yielded
        self._best: BestEpoch | None = None
        self._is_restored = False  # whether the best parameters were restored at the end
        self._rng = np.random.default_rng(settings.seed)
        self._optimizer = settings.new_optimizer()
        self._last_finite = network.parameters.copy()
        network.describe(dataset.description)

    def _build(self, settings: TrainingSettings) -> None:
        """Makes the attributes in ``_REBUILT``."""
        network, dataset = self.network, self._given.divided(settings.validation_share)
        settings.check_against(len(dataset.train))
        check_batch_memory(network.shape, settings.batch_size, network.parameters.itemsize)
        self.dataset = dataset
        self._batches = Batches(dataset.train, network, settings)
        self._early_steps = estimated_steps(self._batches.per_epoch)
        self._buffers = TrainingBuffers(network, settings.batch_size)
        scaling = dataset.target_scaling
        whole = Evaluator(network, dataset.train, scaling)
        others = {name: split for name, split in dataset.splits.items() if name != "train"}
        self._evaluators = {"train": whole}
        self._evaluators |= {name: Evaluator(network, split, scaling, whole) for name, split in others.items()}
        samples = {name: split.head(ESTIMATE_EXAMPLES) for name, split in dataset.splits.items()}
        self._estimators = {name: Evaluator(network, sample, scaling, whole) for name, sample in samples.items()}
        # The pipeline of the last step, and that of the next one.
        self._pipeline = self._coming = UpdatePipeline(network, dataset, settings)

    def __getstate__(self) -> dict[str, Any]:
        """Keeps network, data and the place in the run; a pickle or deep copy has no running run()."""
        kept = {name: value for name, value in self.__dict__.items() if name not in _REBUILT}
        return kept | {"order": self._batches.order, "in force": self._pipeline.settings, "settings": self.settings}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        self.network, self._given = state.pop("network"), state.pop("_given")
        self._build(state["in force"])
        self._set_place(state)

    def place(self) -> dict[str, Any]:
        """Returns all that changes while it trains, for a twin's :meth:`set_place`; shares its arrays."""
        kept = self.__getstate__()
        del kept["network"], kept["_given"]
        return kept | {"parameters": self.network.parameters}

    def set_place(self, place: dict[str, Any]) -> None:
        """Adopts the state of a twin, another trainer of the same network on the same data, between two events.

        The twin's arrays are adopted, its parameters are copied. A running :meth:`run` must not be continued.
        """
        place = dict(place)
        np.copyto(self.network.parameters, place.pop("parameters"))
        self._set_place(place)

    def _set_place(self, state: dict[str, Any]) -> None:
        order, in_force, settings = (state.pop(name) for name in ("order", "in force", "settings"))
        set_attributes(self, state)
        self._batches.reorder(order)
        self._pipeline = self._coming = self._pipeline.with_settings(in_force)
        self._buffers.unmask()
        self.change(settings)

    def maker(self) -> Callable[[], Trainer]:
        """Returns a function that makes a trainer of the same network, which continues at this place in the run.

        Until then no buffers and no validation set are kept. This trainer must take no further step.
        """
        kind, kept = type(self), self.__getstate__()
        kept["order"] = kept["order"].astype(np.min_scalar_type(len(kept["order"])))
        is_finite = np.array_equal(self._last_finite, self.network.parameters)
        if is_finite:
            del kept["_last_finite"]  # a copy of what the network has

        def make() -> Trainer:
            trainer, state = kind.__new__(kind), {**kept, "order": kept["order"].astype(np.int64)}
            if is_finite:
                state["_last_finite"] = kept["network"].parameters.copy()
            trainer.__setstate__(state)
            return trainer

        return make

    @property
    def whole_dataset(self) -> Dataset:
        """The data set as it was given, before a validation set was taken from it."""
        return self._given

    @property
    def settings(self) -> TrainingSettings:
        """The settings of the next step; see :meth:`change`."""
        return self._coming.settings

    @property
    def batches_per_epoch(self) -> int:
        """Steps in an epoch."""
        return self._batches.per_epoch

    @property
    def learning_rate(self) -> float:
        """The learning rate without its schedule. Setting it raises SettingError unless it is finite and above 0."""
        return self.settings.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.change(replace(self.settings, learning_rate=value))

    @property
    def rate(self) -> float:
        """The learning rate of the next step, schedule included."""
        return self._rate(self._coming)

    def _rate(self, pipeline: UpdatePipeline) -> float:
        settings, batches = pipeline.settings, self.batches_per_epoch
        done = max(self.epoch - 1, 0) + self.batch / batches
        return settings.learning_rate * warmed_up(pipeline.schedule, done, settings.epochs, settings.warmup, batches)

    @property
    def is_over(self) -> bool:
        """Whether the training is complete: :meth:`run` would take no further step, and change nothing."""
        is_last = self.epoch >= self.settings.epochs or self._patience_is_over()
        return self._measured and is_last and not self._has_to_restore

    @property
    def _has_to_restore(self) -> bool:
        return self._best is not None and self.settings.patience > 0 and not self._is_restored

    @property
    def restored(self) -> BestRestored | None:
        """The result that early stopping restored at the end; None if the network no longer has these parameters."""
        best = self._best
        if not self._is_restored or best is None or not np.array_equal(self.network.parameters, best.parameters):
            return None
        return BestRestored(best.epoch, best.figures, self.epoch < self.settings.epochs)

    def change(self, settings: TrainingSettings) -> None:
        """Uses other settings from the next step on. Network and place in the run stay.

        It may be called from another thread. Raises SettingError for settings that cannot be changed during a run or do
        not fit the network.
        """
        for name in FIXED_WHILE_TRAINING:
            wanted, fixed = getattr(settings, name), getattr(self.settings, name)
            if wanted != fixed:
                rule = f"must stay {fixed} during this run"
                raise SettingError(name, wanted, rule, "Start a new run to change it.")
        # Raises if the settings do not fit. One assignment, because another thread may be taking steps.
        self._coming = self._coming.with_settings(settings)

    def run(self) -> Iterator[Event]:
        """Trains ``settings.epochs`` epochs, or the rest of them after resuming. Yields after each step.

        Raises:
            DivergenceError: the loss is no longer finite. The parameters were restored to their last finite copy.
        """
        # Divergence is reported as an error, not by many warnings. The context keeps that from the caller.
        context = copy_context()
        context.run(np.seterr, all="ignore")
        events = self.steps()
        while (event := context.run(next, events, None)) is not None:
            yield event

    def steps(self) -> Iterator[Event]:
        """Runs like :meth:`run`, a little faster. The caller must silence NumPy: ``with np.errstate(all="ignore")``."""
        while True:
            if not self._measured:
                yield from self._rest_of_epoch()
            if self.epoch >= self.settings.epochs or self._patience_is_over():
                break
            self.epoch += 1
            self.batch, self._seconds, self._measured, self._is_restored = 0, 0.0, False, False
            self._batches.shuffle(self._rng)
        if self._best is not None and self._has_to_restore:
            np.copyto(self.network.parameters, self._best.parameters)
            self._is_restored = True
        restored = self.restored
        if restored is not None:
            yield restored

    def _rest_of_epoch(self) -> Iterator[Event]:
        while self.epoch and self.batch < self.batches_per_epoch:
            start = time.perf_counter()
            loss = self._step()
            self._seconds += time.perf_counter() - start
            # Part of the step's event, so that no pause can fall between the step and its estimate.
            is_estimated = self.batch in self._early_steps and self.is_estimating_early
            estimate = self.estimate() if is_estimated else None
            yield Batch(self.epoch, self.batch, self.batches_per_epoch, loss, estimate)
        yield from self._finish_epoch()

    def restore_finite(self) -> None:
        """Restores the last finite copy of the parameters if they are not finite, for a run that is abandoned."""
        if first_non_finite_layer(self.network) is not None:
            np.copyto(self.network.parameters, self._last_finite)

    def estimate(self) -> Estimate | None:
        """Returns loss and error of the present network on a fixed sample, or None if they are not finite.

        Call it between two steps.
        """
        try:
            return Estimate(**{name: evaluator.evaluate() for name, evaluator in self._estimators.items()})
        except DataError:
            return None

    @property
    def is_estimating_early(self) -> bool:
        """Whether estimates are events of the present epoch, see :attr:`estimates_early`."""
        return self.estimates_early and self.epoch <= 1 and self.settings.evaluate

    # ---- a step

    def _step(self) -> float:
        """Trains on the next batch: forward, backward, update. Returns its loss before the update."""
        if self._coming is not self._pipeline:
            self._adopt_settings()
        pipeline, optimizer = self._pipeline, self._optimizer
        rate = self._last_rate = self._rate(pipeline)
        inputs, targets, buffers = self._take(self.batch)
        pipeline.augment(inputs, buffers, self._rng)
        loss = self._finite_loss(inputs, targets, buffers)
        if self.batch % _BATCHES_BETWEEN_COPIES == 0:
            self._keep_finite_copy()
        if type(optimizer) is SGD and not pipeline.changes_gradient:  # subclasses have other steps
            self.network.descend(inputs, targets, buffers, rate)
        else:
            gradient = self.network.backward(inputs, targets, buffers)
            pipeline.before_step(buffers, rate)
            optimizer.step(self.network.parameters, gradient, rate)
        pipeline.after_step()
        self.batch += 1
        return loss

    def _take(self, batch: int) -> tuple[Array, Array, TrainingBuffers]:
        """Returns inputs and targets of a batch of this epoch, from 0, and the buffers for it."""
        inputs, targets = self._batches.batch(batch)
        buffers = self._buffers.cut(len(inputs))
        buffers.scale = self._batches.scale
        return inputs, targets, buffers

    def _adopt_settings(self) -> None:
        """Applies the settings given to :meth:`change`."""
        before, self._pipeline = self._pipeline, self._coming
        settings = self._pipeline.settings
        if before.differs_in_rate_only(settings):
            return
        optimizer = settings.new_optimizer()
        optimizer.adopt(self._optimizer)
        self._optimizer = optimizer
        self._buffers.unmask()
        if not settings.patience:
            self._best = None

    def _finite_loss(self, inputs: Array, targets: Array, buffers: TrainingBuffers) -> float:
        """Returns the loss of a batch. Raises DivergenceError if it is not finite."""
        loss = self.network.forward_with_loss(inputs, targets, buffers)
        if not math.isfinite(loss):
            raise self._diverged(buffers)
        return loss

    def _keep_finite_copy(self) -> None:
        """Copies the parameters, which just gave a finite loss, so that they can be restored."""
        parameters = self.network.parameters
        # A sigmoid may hide infinite weights. NaN passes through min and max.
        if not (np.isfinite(parameters.min()) and np.isfinite(parameters.max())):
            raise self._diverged(self._buffers)
        np.copyto(self._last_finite, parameters)

    # ---- the end of an epoch

    def _finish_epoch(self) -> Iterator[Event]:
        self._finite_loss(*self._take(max(self.batch - 1, 0)))  # no further step would detect what the last one did
        edits: int | None = None
        results: dict[str, Evaluation] = {}
        while edits != self.edits:
            edits, results = self.edits, (yield from self._results())
        self._keep_finite_copy()
        overflow = optimizer_overflow(self._optimizer, self.epoch)
        if overflow is not None:
            self._optimizer.restart()
            raise overflow
        if self.settings.patience and "validation" in results:
            self._remember_if_best(results["validation"])
        self._measured = True
        train, test, validation = (results.get(name) for name in ("train", "test", "validation"))
        dead = dead_layer(self.network, self.dataset.train) if self.epoch and is_at_chance(train) else None
        yield Epoch(self.epoch, train, test, self._seconds, validation, dead)

    def _results(self) -> Generator[Event, None, dict[str, Evaluation]]:
        results: dict[str, Evaluation] = {}
        for name, evaluator in self._evaluators.items():
            if self.settings.evaluate or (name == "validation" and self.settings.patience):
                results[name] = yield from self._evaluated(evaluator)
        return results

    def _evaluated(self, evaluator: Evaluator) -> Generator[Event, None, Evaluation]:
        """Runs an exact evaluation; yields after each chunk, so that the caller can stop. Raises DivergenceError."""
        steps = evaluator.steps()
        while True:
            try:
                next(steps)
            except StopIteration as finished:
                result: Evaluation = finished.value
                return result
            except DataError:
                raise self._diverged(evaluator.buffers) from None
            yield Evaluating(self.epoch)

    def _remember_if_best(self, figures: Evaluation) -> None:
        if self._best is None or self._best.is_beaten_by(figures):
            self._best = BestEpoch(self.epoch, figures, self.network.parameters.copy())

    def _patience_is_over(self) -> bool:
        patience = self.settings.patience
        return self._best is not None and patience > 0 and self.epoch - self._best.epoch >= patience

    def _diverged(self, buffers: Buffers) -> DivergenceError:
        # The batch that revealed it: the current one, or at the end of an epoch the last.
        batch = min(self.batch + 1, self.batches_per_epoch)
        error = loss_error(self.network, buffers, self.epoch, batch, self._last_rate or self.rate)
        np.copyto(self.network.parameters, self._last_finite)
        self._optimizer.restart()  # the optimizer's averages point to where the parameters diverged
        return error

    # ---- saving and resuming

    def state(self) -> TrainingState:
        """Returns the state of the run, between two events, as a copy."""
        progress: dict[str, Any] = {
            "epoch": self.epoch,
            "batch": self.batch,
            "seconds": self._seconds,
            "measured": self._measured,
            "steps": self._optimizer.steps,
            "zeros": dict(self._optimizer.zeros),
            "in force": self._pipeline.settings.as_dict(),
            "random": self._rng.bit_generator.state,
            "data": self._given.identity,
        }
        vectors = {f"optimizer.{name}": vector.copy() for name, vector in self._optimizer.kept.items()}
        vectors["order"] = self._batches.order.astype(np.uint32)
        if self._best is not None:
            progress["best"] = self._best.as_dict()
            progress["restored"] = self._is_restored
            vectors["best"] = self._best.parameters.copy()
        return TrainingState(self.settings.as_dict(), progress, vectors)

    @classmethod
    def resume(cls, network: Network, dataset: Dataset, state: TrainingState) -> Trainer:
        """Returns a trainer whose :meth:`run` continues from a :meth:`state`, with the network as it was in that state.

        Raises:
            DataError: the data set is not that of the run.
            SettingError: the state is incomplete or does not fit the network.
        """
        settings = TrainingSettings.from_dict(state.settings)
        described = network.saved_description
        trainer = cls(network, dataset, TrainingSettings.from_dict(state.progress.get("in force", state.settings)))
        network.description = described  # until it is known that these are its data
        try:
            dataset.check_same_examples(state.progress["data"])
            trainer._restore(state.progress, state.vectors)
        except DataError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            remedy = "Train the network again from its weights, or open another checkpoint."
            raise SettingError.from_problem("training state", f"it is not usable ({error})", remedy) from None
        trainer.change(settings)
        network.describe(dataset.description)
        return trainer

    def _restore(self, progress: dict[str, Any], vectors: dict[str, Array]) -> None:
        optimizer = self._optimizer
        counts = [whole_number(name, progress[name], 0, "1") for name in ("epoch", "batch", "steps")]
        self.epoch, self.batch, optimizer.steps = counts
        if self.batch > self.batches_per_epoch:
            raise ValueError(f"batch {self.batch} of {self.batches_per_epoch}")
        self._seconds = number_within("seconds", progress["seconds"], 0, math.inf, "1")
        self._measured = bool(progress["measured"])
        self._rng.bit_generator.state = progress["random"]
        zeros = progress.get("zeros", {})
        optimizer.zeros = {name: number_within("zeros", zeros[name], 0, 1, "0.5") for name in zeros}
        for name, _ in optimizer.keeps:
            key = f"optimizer.{name}"
            if optimizer.steps or key in vectors:  # a registered optimizer may not count its steps
                optimizer.kept[name] = _like(self.network.parameters, vectors[key])
        self._batches.reorder(_order_of(vectors["order"], len(self.dataset.train)))
        if "best" in progress:
            self._best = BestEpoch.from_dict(progress["best"], _like(self.network.parameters, vectors["best"]))
            is_best = self._measured and np.array_equal(self.network.parameters, self._best.parameters)
            is_at_end = self.epoch >= self.settings.epochs or self._patience_is_over()
            self._is_restored = bool(progress.get("restored", is_best and is_at_end))  # older files do not say


def _order_of(vector: Array, examples: int) -> Array:
    """Returns an order of examples as numbers for indexing. Raises ValueError unless it has each example once."""
    if vector.dtype.kind not in "iu" or not np.array_equal(np.sort(vector), np.arange(examples)):
        raise ValueError(f"its order of examples must hold the whole numbers below {examples}, each once")
    return vector.astype(np.intp)


def _like(parameters: Array, vector: Array) -> Array:
    """Returns a copy of the vector in the parameters' type. Raises ValueError if it has another length or kind."""
    if vector.shape != parameters.shape or vector.dtype.kind != "f" or not np.isfinite(vector).all():
        raise ValueError(f"its vectors must hold {parameters.size} finite numbers each")
    return vector.astype(parameters.dtype)
