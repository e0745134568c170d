"""Trace of one training step: forward pass, loss, backward pass and update, with every number.

A step is recorded on a twin of the trainer, made from a :class:`TrainerSnapshot`, so that the run itself does not
change. Layers count from 1, as in the window; neurons, inputs and rows count from 0. Rows are examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from engine.basics.errors import DataError, Verbatim
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.buffers import TrainingBuffers, layer_views
from engine.network.network import Network
from engine.training.augmentation import Augmentation
from engine.training.events import Batch, TrainingState
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

_MOST_NUMBERS = 10_000_000  # limit of the stored numbers of a step, over all examples
BIAS = -1  # the number of a neuron's bias among its weights


@dataclass(frozen=True)
class TrainerSnapshot:
    """Parameters and training state between two steps, from which training can continue.

    Attributes:
        parameters: a copy.
        state: place in the run, random state and the optimizer's vectors.
    """

    parameters: Array
    state: TrainingState

    @property
    def nbytes(self) -> int:
        """Size in memory, in bytes."""
        return int(self.parameters.nbytes + sum(vector.nbytes for vector in self.state.vectors.values()))

    def trainer(self, network: Network, dataset: Dataset) -> Trainer:
        """Returns a trainer that continues from here with this network, whose parameters are overwritten.

        Raises DataError if the data set is not that of the run.
        """
        np.copyto(network.parameters, self.parameters)
        return Trainer.resume(network, dataset, self.state)


def take_trainer_snapshot(trainer: Trainer) -> TrainerSnapshot:
    """Returns the state of a trainer. Call it between two steps."""
    return TrainerSnapshot(trainer.network.parameters.copy(), trainer.state())


@dataclass(frozen=True)
class OptimizerState:
    """A copy of an optimizer's vectors and of the values needed to interpret them; see ``Optimizer``."""

    kept: dict[str, Array] = field(default_factory=dict)
    zeros: dict[str, float] = field(default_factory=dict)
    steps: int = 0


@dataclass(frozen=True)
class StepTrace:
    """A step with all its numbers. The arrays must not be written to.

    Attributes:
        before, after: the training state before and after it.
        network: the network before it.
        settings: the settings in force.
        rate: the learning rate, schedule included.
        epoch, batch, batches: the place of the batch in the run, from 1, and the batches in an epoch.
        is_given: whether it is a step on one given example, not on the next batch of the run.
        inputs: (rows, width), as the network gets them, after augmentation.
        targets: (rows, outputs).
        masks: the dropout factors for each layer's inputs, (rows, neurons below); None without dropout.
        sums: z of each layer, (rows, neurons).
        activations: of the input and each layer after it, (rows, neurons), before dropout.
        deltas: the gradient of each row's own loss by each layer's sums, (rows, neurons).
        losses: (rows,) the loss of each row.
        gradient: of the mean loss, in the layout of the parameters.
        averages_before, averages_after: the state of the optimizer.
        changed_gradient_length: the length of the gradient with its penalties, before it was clipped.
    """

    before: TrainerSnapshot
    after: TrainerSnapshot
    network: Network
    settings: TrainingSettings
    rate: float
    epoch: int
    batch: int
    batches: int
    is_given: bool
    inputs: Array
    targets: Array
    masks: list[Array | None]
    sums: list[Array]
    activations: list[Array]
    deltas: list[Array]
    losses: Array
    gradient: Array
    averages_before: OptimizerState
    averages_after: OptimizerState
    changed_gradient_length: float

    @property
    def rows(self) -> int:
        """The number of examples."""
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        """Size in memory, in bytes."""
        masks = [mask for mask in self.masks if mask is not None]
        averages = [vector for each in (self.averages_before, self.averages_after) for vector in each.kept.values()]
        of_rows = [*self.sums, *self.activations, *self.deltas, *masks]
        return self.before.nbytes + self.after.nbytes + sum(a.nbytes for a in (self.gradient, *averages, *of_rows))

    @property
    def layers(self) -> int:
        """The number of layers after the input."""
        return len(self.network.weights)

    @property
    def loss(self) -> float:
        """The mean loss of its examples."""
        return float(self.losses.mean(dtype=np.float64))

    @cached_property
    def network_after(self) -> Network:
        """The network after the step."""
        return self.network.with_parameters(self.after.parameters)

    @cached_property
    def gradient_views(self) -> tuple[list[Array], list[Array]]:
        """The gradient's weights and biases, layer by layer."""
        return layer_views(self.gradient, self.network.shape)

    def entering(self, layer: int) -> Array:
        """Returns a layer's inputs, (rows, neurons below): the activations of the layer below after dropout."""
        mask, below = self.masks[layer - 1], self.activations[layer - 1]
        return below if mask is None else below * mask

    def mask_of(self, layer: int) -> Array | None:
        """Returns the dropout factors of a layer's outputs, (rows, neurons), 0 for the input; None without dropout."""
        return self.masks[layer] if layer < self.layers else None

    def parameters_of(self, layer: int, neuron: int) -> tuple[Array, Array, Array]:
        """Returns a neuron's weights before the step, their gradient and the new weights, (inputs + 1,), bias last."""
        weights, biases = self.gradient_views
        after = self.network_after
        parts = ((self.network.weights, self.network.biases), (weights, biases), (after.weights, after.biases))
        before, gradient, now = (np.append(w[layer - 1][neuron], b[layer - 1][neuron]) for w, b in parts)
        return before, gradient, now

    def value_of(self, vector: Array, layer: int, neuron: int, source: int) -> float:
        """Returns the entry for one parameter in a vector with their layout, see :func:`parameter_in`."""
        return float(parameter_in(vector, self.network.shape, layer, neuron, source)[0])


def parameter_in(vector: Array, shape: Sequence[int], layer: int, neuron: int, source: int) -> Array:
    """Returns one parameter in a vector of all as a view, (1,); ``source`` is the number of a weight, or ``BIAS``."""
    weights, biases = layer_views(vector, shape)
    found: Array = biases[layer - 1][neuron] if source == BIAS else weights[layer - 1][neuron, source : source + 1]
    return found


# ---- recording


def record_step(
    snapshot: TrainerSnapshot, network: Network, dataset: Dataset, example: tuple[Array, Array] | None = None
) -> StepTrace | None:
    """Runs and records the next step of a run on a twin.

    The resulting parameters are bit-identical to those of the run itself.

    Args:
        snapshot: the state of the run.
        network: a network of the same shape; only its shape, functions and loss are used.
        dataset: the data set of the run.
        example: inputs (width,) and targets (outputs,) to take the step on, instead of the next batch. It is not
            augmented, and the place in the run does not change.

    Returns:
        the step; None if the run is over.

    Raises:
        DataError: the batch is too large to be written down.
        DivergenceError: the step has no finite loss.
    """
    rows = 1 if example is not None else TrainingSettings.from_dict(snapshot.state.settings).batch_size
    _check_size(rows, network)
    twin = network.with_parameters(snapshot.parameters.copy())
    watched = _RecordingTrainer.resume(twin, dataset, snapshot.state)
    assert isinstance(watched, _RecordingTrainer)
    with np.errstate(all="ignore"):
        took = watched.step_on_next() if example is None else watched.step_on(*example)
        return _written_down(watched, snapshot) if took else None


def _check_size(rows: int, network: Network) -> None:
    numbers = rows * sum(network.shape)
    if numbers > _MOST_NUMBERS:
        raise DataError(
            "batch",
            Verbatim(f"{rows:,} examples"),
            f"must have at most {_MOST_NUMBERS // sum(network.shape):,} examples to be shown step by step",
            "Look at the step on one example, or set a smaller batch size.",
        )


class _RecordingTrainer(Trainer):
    """A trainer that stores the inputs and state of its last step."""

    _example: tuple[Array, Array] | None = None

    def step_on_next(self) -> bool:
        """Runs the next step without an evaluation; returns whether there is one."""
        wanted = self.settings
        self.change(replace(wanted, evaluate=False))
        took = any(isinstance(event, Batch) for event in self.run())
        self.change(wanted)
        return took

    def step_on(self, inputs: Array, targets: Array) -> bool:
        """Runs a step on one example. The place in the run does not change."""
        wanted = self.settings
        self.change(replace(wanted, augmentation=Augmentation()))
        dtype = self.network.parameters.dtype
        self._example = np.array(inputs[None], dtype), np.array(targets[None], self.dataset.train.targets.dtype)
        self._step()
        self._example = None
        self.batch -= 1
        self.change(wanted)
        return True

    def _take(self, batch: int) -> tuple[Array, Array, TrainingBuffers]:
        if self._example is None:
            return super()._take(batch)
        buffers = self._buffers.cut(1)
        buffers.scale = 1.0
        return (*self._example, buffers)

    def _finite_loss(self, inputs: Array, targets: Array, buffers: TrainingBuffers) -> float:
        """Stores copies of everything that the step is about to overwrite."""
        loss = super()._finite_loss(inputs, targets, buffers)
        self.inputs: Array = inputs * np.asarray(buffers.scale, inputs.dtype)
        self.targets: Array = targets.copy()
        self.masks = [None if mask is None else mask.copy() for mask in buffers.masks]
        self.averages_before = self.averages()
        return loss

    def averages(self) -> OptimizerState:
        """Returns a copy of the optimizer's state."""
        optimizer = self._optimizer
        kept = {name: vector.copy() for name, vector in optimizer.kept.items()}
        return OptimizerState(kept, dict(optimizer.zeros), optimizer.steps)

    @property
    def in_force(self) -> TrainingSettings:
        """The settings of the last step."""
        return self._pipeline.settings

    @property
    def last_rate(self) -> float:
        """The learning rate of the last step."""
        return self._last_rate


def _written_down(watched: _RecordingTrainer, snapshot: TrainerSnapshot) -> StepTrace:
    settings, network = watched.in_force, watched.network.with_parameters(snapshot.parameters)
    is_given = watched.batch == snapshot.state.progress["batch"] and watched.epoch == snapshot.state.progress["epoch"]
    buffers = TrainingBuffers(network, len(watched.inputs))
    buffers.masks = watched.masks
    sums, outputs = _forward(network, watched.inputs, watched.targets, buffers)
    network.backward(watched.inputs, watched.targets, buffers, factor=buffers.batch)
    gradient = buffers.gradient / buffers.batch
    return StepTrace(
        before=snapshot,
        after=TrainerSnapshot(watched.network.parameters, watched.state()),
        network=network,
        settings=settings,
        rate=watched.last_rate,
        epoch=watched.epoch,
        batch=watched.batch,
        batches=watched.batches_per_epoch,
        is_given=is_given,
        inputs=watched.inputs,
        targets=watched.targets,
        masks=watched.masks,
        sums=sums,
        activations=[network.standardised(watched.inputs), *outputs],
        deltas=[np.ascontiguousarray(deltas) for deltas in buffers.deltas],
        losses=row_losses(network, sums[-1], watched.targets),
        gradient=gradient,
        averages_before=watched.averages_before,
        averages_after=watched.averages(),
        changed_gradient_length=_length(network, gradient, settings) if settings.clip_norm else 0.0,
    )


def _forward(
    network: Network, inputs: Array, targets: Array, buffers: TrainingBuffers
) -> tuple[list[Array], list[Array]]:
    """Returns all sums and outputs, and leaves the buffers ready for the backward pass."""
    for_backward = buffers.kept
    buffers.kept = [np.empty_like(outputs) for outputs in buffers.outputs]  # gets all sums, also where f' needs none
    network.forward_with_loss(inputs, targets, buffers)
    sums, outputs = ([np.ascontiguousarray(each).copy() for each in part] for part in (buffers.kept, buffers.outputs))
    for place, function in enumerate(network.layer_activations):
        if function.needs_sums:
            np.copyto(for_backward[place], buffers.kept[place])
    buffers.kept = for_backward
    return sums, outputs


def row_losses(network: Network, sums: Array, targets: Array) -> Array:
    """Returns the loss of each row, (rows,), from the output layer's sums (rows, outputs)."""
    function, output = network.loss_function, network.layer_activations[-1]
    rows = range(len(sums))
    return np.array([function.forward(sums[row : row + 1].copy(), targets[row : row + 1], output) for row in rows])


def _length(network: Network, gradient: Array, settings: TrainingSettings) -> float:
    """Returns the length of the gradient with the penalties that ``UpdatePipeline`` adds."""
    total = gradient.astype(np.float64)
    decay = 0.0 if settings.new_optimizer().decouples_decay else settings.weight_decay
    weights, _ = layer_views(total, network.shape)
    for w, changed in zip(network.weights, weights, strict=True):
        changed += decay * w + settings.l1 * np.sign(w)
    return float(np.linalg.norm(total))
