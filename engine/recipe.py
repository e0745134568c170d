"""What the settings of a training add to a plain step, made ready for one network."""

from __future__ import annotations

import copy
from dataclasses import fields

import numpy as np

from engine.augmentation import Augmenter
from engine.buffers import TrainingBuffers
from engine.datasets import Dataset
from engine.errors import SettingError
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.regularisation import Dropout, Penalties, clip_gradient, decay_weights, limit_norms
from engine.settings import TrainingSettings
from engine.validation import Array

# What only changes how large the steps are and how many; of the rest, something has to be made ready anew.
_OF_THE_RATE = ("learning_rate", "epochs", "schedule", "decay", "decay_epochs", "warmup")
_OF_THE_REST = tuple(each.name for each in fields(TrainingSettings) if each.name not in _OF_THE_RATE)


class Recipe:
    """Disturbs what goes in, changes the gradient, limits what comes out.

    Attributes:
        settings: what it was made from.
        schedule: of the learning rate.
        changes_gradient: whether the gradient of the loss is not yet what the optimizer gets.
    """

    def __init__(self, network: Network, dataset: Dataset, settings: TrainingSettings) -> None:
        """Raises SettingError where the network or the data cannot have these settings."""
        if settings.patience and dataset.validation is None:
            raise SettingError(
                "patience",
                settings.patience,
                "must be 0 where there is no validation set to judge by",
                "Give the validation set a share of the training examples, 0.1 for example, or set patience to 0.",
            )
        decouples = OPTIMIZERS[settings.optimizer].decouples_decay
        self.settings = settings
        self.schedule = settings.new_schedule()
        self._network = network
        self._dataset = dataset
        self._shrinkage = settings.weight_decay if decouples else 0.0
        self._penalties = Penalties(network, settings.l1, 0.0 if decouples else settings.weight_decay)
        self.changes_gradient = bool(self._penalties.is_active or settings.clip_norm)
        self._dropout = Dropout(settings.dropout_of(len(network.weights)))
        self._augmenter: Augmenter | None = None
        if settings.augmentation.is_active:
            self._augmenter = Augmenter(
                settings.augmentation, dataset.example_shape, settings.batch_size, network.parameters.dtype
            )

    def with_settings(self, settings: TrainingSettings) -> Recipe:
        """A recipe with those settings for the same network and data, which shares with this one what is the same.

        Raises SettingError as the constructor does.
        """
        if not self.differs_in_rate_only(settings):
            return Recipe(self._network, self._dataset, settings)
        twin = copy.copy(self)
        twin.settings, twin.schedule = settings, settings.new_schedule()
        return twin

    def differs_in_rate_only(self, settings: TrainingSettings) -> bool:
        """Whether those settings, compared to its own, change nothing but the learning rate's course."""
        return all(getattr(settings, name) == getattr(self.settings, name) for name in _OF_THE_REST)

    def disturb(self, inputs: Array, buffers: TrainingBuffers, rng: np.random.Generator) -> None:
        """Distorts the pictures of a batch and draws new dropout masks, each where it was asked for."""
        if self._augmenter is not None:
            np.multiply(inputs, buffers.scale, out=inputs)  # what is distorted must be within 0 … 1
            buffers.scale = 1.0
            self._augmenter.apply(inputs, rng)
        self._dropout.draw(inputs, buffers, rng)

    def before_step(self, buffers: TrainingBuffers, rate: float) -> None:
        """Penalties, clipping, and decay that does not go through the gradient."""
        if self._penalties.is_active:
            self._penalties.add(buffers)
        if self.settings.clip_norm:
            clip_gradient(buffers.gradient, self.settings.clip_norm)
        if self._shrinkage:
            decay_weights(self._network, rate * self._shrinkage)

    def after_step(self) -> None:
        """The limit on the weights of a neuron."""
        if self.settings.max_norm:
            limit_norms(self._network, self.settings.max_norm)
