"""One whole step of a training, written down: forward, loss, backward, update, with every number.

A step is recorded on a twin of the trainer, made from a :class:`TrainerSnapshot`, so that the training itself stays as
it is. Layers count from 1, as in what is shown; neurons, inputs and rows count from 0. Rows are examples.
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

_MOST_NUMBERS = 10_000_000  # of all examples together, in what is kept of a step
BIAS = -1  # the number of a neuron's bias among its weights


@dataclass(frozen=True)
class TrainerSnapshot:
    """A network and its training between two steps: all that is needed to go on from there.

    Attributes:
        parameters: a copy.
        state: place in the run, random state and the optimizer's vectors.
    """

    parameters: Array
    state: TrainingState

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return int(self.parameters.nbytes + sum(vector.nbytes for vector in self.state.vectors.values()))

    def trainer(self, network: Network, dataset: Dataset) -> Trainer:
        """A trainer that goes on from here with this network, whose parameters are set back. Raises DataError."""
        np.copyto(network.parameters, self.parameters)
        return Trainer.resume(network, dataset, self.state)


def take_trainer_snapshot(trainer: Trainer) -> TrainerSnapshot:
    """The moment at which a trainer is. Call it between two steps."""
    return TrainerSnapshot(trainer.network.parameters.copy(), trainer.state())


@dataclass(frozen=True)
class OptimizerState:
    """An optimizer's vectors, as it keeps them, and what it needs to read them; see ``Optimizer``."""

    kept: dict[str, Array] = field(default_factory=dict)
    zeros: dict[str, float] = field(default_factory=dict)
    steps: int = 0


@dataclass(frozen=True)
class StepTrace:
    """A step with all its numbers. Nobody writes to the arrays.

    Attributes:
        before, after: the training around it.
        network: the network before it.
        settings: those in force.
        rate: the learning rate, schedule included.
        epoch, batch, batches: of a batch, its place in the training, from 1.
        is_given: whether it is a step on one example that was given, not on the training's next batch.
        inputs: (rows, width), as the network gets them: distorted, if the training distorts them.
        targets: (rows, outputs).
        masks: of each layer the factors for its inputs, (rows, neurons below); None without dropout.
        sums: z of each layer, (rows, neurons).
        activations: of the input and each layer after it, (rows, neurons), before dropout.
        deltas: the gradient of each row's own loss by each layer's sums, (rows, neurons).
        losses: (rows,) the loss of each row.
        gradient: of the mean loss, in the layout of the parameters.
        averages_before, averages_after: the optimizer's.
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
        """How many examples it is of."""
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        masks = [mask for mask in self.masks if mask is not None]
        averages = [vector for each in (self.averages_before, self.averages_after) for vector in each.kept.values()]
        of_rows = [*self.sums, *self.activations, *self.deltas, *masks]
        return self.before.nbytes + self.after.nbytes + sum(a.nbytes for a in (self.gradient, *averages, *of_rows))

    @property
    def layers(self) -> int:
        """How many layers there are after the input."""
        return len(self.network.weights)

    @property
    def loss(self) -> float:
        """The mean loss of its examples."""
        return float(self.losses.mean(dtype=np.float64))

    @cached_property
    def network_after(self) -> Network:
        """The network after it."""
        return self.network.with_parameters(self.after.parameters)

    @cached_property
    def gradient_views(self) -> tuple[list[Array], list[Array]]:
        """The gradient's weights and biases, layer by layer."""
        return layer_views(self.gradient, self.network.shape)

    def entering(self, layer: int) -> Array:
        """(rows, neurons below) what a layer gets: activations of the layer below, after dropout."""
        mask, below = self.masks[layer - 1], self.activations[layer - 1]
        return below if mask is None else below * mask

    def mask_of(self, layer: int) -> Array | None:
        """(rows, neurons) the dropout factors for a layer's activations, 0 for the input; None without dropout."""
        return self.masks[layer] if layer < self.layers else None

    def parameters_of(self, layer: int, neuron: int) -> tuple[Array, Array, Array]:
        """Before, gradient and after of a neuron's weights, with its bias last: (inputs + 1,) each."""
        weights, biases = self.gradient_views
        after = self.network_after
        parts = ((self.network.weights, self.network.biases), (weights, biases), (after.weights, after.biases))
        before, gradient, now = (np.append(w[layer - 1][neuron], b[layer - 1][neuron]) for w, b in parts)
        return before, gradient, now

    def value_of(self, vector: Array, layer: int, neuron: int, source: int) -> float:
        """The number that a vector in the layout of the parameters has for one of them, see :func:`parameter_in`."""
        return float(parameter_in(vector, self.network.shape, layer, neuron, source)[0])


def parameter_in(vector: Array, shape: Sequence[int], layer: int, neuron: int, source: int) -> Array:
    """The place of one parameter in a vector of all, (1,), as a view; ``source`` is a weight's number, or ``BIAS``."""
    weights, biases = layer_views(vector, shape)
    found: Array = biases[layer - 1][neuron] if source == BIAS else weights[layer - 1][neuron, source : source + 1]
    return found


# ---- recording


def record_step(
    moment: TrainerSnapshot, network: Network, dataset: Dataset, example: tuple[Array, Array] | None = None
) -> StepTrace | None:
    """Takes the next step of a training on a twin, and writes it down.

    The parameters after it equal to the bit those that the training itself gets.

    Args:
        moment: where the training is.
        network: of the training's shape; only its shape, functions and loss are used.
        dataset: what it is trained with.
        example: inputs (width,) and targets (outputs,) to take the step on, instead of the next batch. It is not
            distorted, and the place in the training stays.

    Returns:
        the step; None if the training takes no further one.

    Raises:
        DataError: the batch is too large to be written down.
        DivergenceError: the step has no finite loss.
    """
    rows = 1 if example is not None else TrainingSettings.from_dict(moment.state.settings).batch_size
    _check_size(rows, network)
    twin = network.with_parameters(moment.parameters.copy())
    watched = _RecordingTrainer.resume(twin, dataset, moment.state)
    assert isinstance(watched, _RecordingTrainer)
    with np.errstate(all="ignore"):
        took = watched.step_on_next() if example is None else watched.step_on(*example)
        return _written_down(watched, moment) if took else None


def _check_size(rows: int, network: Network) -> None:
    numbers = rows * sum(network.shape)
    if numbers > _MOST_NUMBERS:
        raise DataError(
            "batch",
            Verbatim(f"{rows:,} examples"),
            f"must have at most {_MOST_NUMBERS // sum(network.shape):,} examples to be written down in this network",
            "Look at the step on one example, or set a smaller batch size.",
        )


class _RecordingTrainer(Trainer):
    """Keeps what its last step began with."""

    _example: tuple[Array, Array] | None = None

    def step_on_next(self) -> bool:
        """Takes the training's next step; returns whether there is one. Measures nothing that changes nothing."""
        wanted = self.settings
        self.change(replace(wanted, evaluate=False))
        took = any(isinstance(event, Batch) for event in self.run())
        self.change(wanted)
        return took

    def step_on(self, inputs: Array, targets: Array) -> bool:
        """Takes a step on that example. The place in the training stays."""
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
        """Keeps the inputs, which the training will overwrite, and all that the step is about to change."""
        loss = super()._finite_loss(inputs, targets, buffers)
        self.inputs: Array = inputs * np.asarray(buffers.scale, inputs.dtype)
        self.targets: Array = targets.copy()
        self.masks = [None if mask is None else mask.copy() for mask in buffers.masks]
        self.averages_before = self.averages()
        return loss

    def averages(self) -> OptimizerState:
        """A copy of the optimizer's."""
        optimizer = self._optimizer
        kept = {name: vector.copy() for name, vector in optimizer.kept.items()}
        return OptimizerState(kept, dict(optimizer.zeros), optimizer.steps)

    @property
    def in_force(self) -> TrainingSettings:
        """The settings of the last step."""
        return self._pipeline.settings

    @property
    def last_rate(self) -> float:
        """Its learning rate."""
        return self._last_rate


def _written_down(watched: _RecordingTrainer, moment: TrainerSnapshot) -> StepTrace:
    settings, network = watched.in_force, watched.network.with_parameters(moment.parameters)
    is_given = watched.batch == moment.state.progress["batch"] and watched.epoch == moment.state.progress["epoch"]
    buffers = TrainingBuffers(network, len(watched.inputs))
    buffers.masks = watched.masks
    sums, outputs = _forward(network, watched.inputs, watched.targets, buffers)
    network.backward(watched.inputs, watched.targets, buffers, factor=buffers.batch)
    gradient = buffers.gradient / buffers.batch
    return StepTrace(
        before=moment,
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
    """All sums and outputs. The buffers are then as the backward pass needs them."""
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
    """(rows,) the loss of each row, from the output layer's sums (rows, outputs)."""
    function, output = network.loss_function, network.layer_activations[-1]
    rows = range(len(sums))
    return np.array([function.forward(sums[row : row + 1].copy(), targets[row : row + 1], output) for row in rows])


def _length(network: Network, gradient: Array, settings: TrainingSettings) -> float:
    """Of the gradient with its penalties, as ``UpdatePipeline`` adds them."""
    total = gradient.astype(np.float64)
    decay = 0.0 if settings.new_optimizer().decouples_decay else settings.weight_decay
    weights, _ = layer_views(total, network.shape)
    for w, changed in zip(network.weights, weights, strict=True):
        changed += decay * w + settings.l1 * np.sign(w)
    return float(np.linalg.norm(total))
