"""``UpdatePipeline``: everything that the settings add to a plain gradient step, prepared for one network."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from engine.basics.attributes import set_attributes
from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network
from engine.training.augmentation import DISTORTIONS, Augmenter
from engine.training.optimizers import OPTIMIZERS
from engine.training.regularisation import Dropout, Penalties, clip_gradient, decay_weights, limit_norms
from engine.training.setting import SCHEDULE
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings

# Settings that only affect the size and number of steps; for all others something has to be prepared again.
_OF_SCHEDULE = (name for name, setting in TRAINING_SETTINGS.items() if setting.group is SCHEDULE)
_RATE_SETTINGS = ("learning_rate", "epochs", *_OF_SCHEDULE)
_OTHER_SETTINGS = tuple(each.name for each in fields(TrainingSettings) if each.name not in _RATE_SETTINGS)


class UpdatePipeline:
    """Augments and masks the inputs, changes the gradient, and limits the weights.

    Attributes:
        settings: the settings it was made from.
        schedule: the schedule of the learning rate.
        changes_gradient: whether the optimizer gets another gradient than that of the loss.
    """

    def __init__(self, network: Network, dataset: Dataset, settings: TrainingSettings) -> None:
        """Raises SettingError if the settings do not fit the network or the data."""
        for values, declared in ((settings, TRAINING_SETTINGS), (settings.augmentation, DISTORTIONS)):
            for name, setting in declared.items():
                setting.check_suits(name, getattr(values, name), dataset)
        if settings.patience and dataset.validation is None:
            raise SettingError(
                "patience",
                settings.patience,
                "must be 0 without a validation set",
                "Hold out a share of the training examples for validation, for example 0.1, or set patience to 0.",
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
                settings.augmentation,
                dataset.example_shape,
                settings.batch_size,
                network.parameters.dtype,
                network.background,
            )

    def with_settings(self, settings: TrainingSettings) -> UpdatePipeline:
        """Returns a pipeline for the same network and data with other settings, which shares the unchanged parts.

        Raises SettingError like the constructor.
        """
        if settings == self.settings:
            return self
        if not self.differs_in_rate_only(settings):
            return UpdatePipeline(self._network, self._dataset, settings)
        twin = type(self).__new__(type(self))
        set_attributes(twin, {**vars(self), "settings": settings, "schedule": settings.new_schedule()})
        return twin

    def differs_in_rate_only(self, settings: TrainingSettings) -> bool:
        """Whether other settings differ from its own only in those of the learning rate."""
        return all(getattr(settings, name) == getattr(self.settings, name) for name in _OTHER_SETTINGS)

    def augment(self, inputs: Array, buffers: TrainingBuffers, rng: np.random.Generator) -> None:
        """Distorts the images of a batch and draws new dropout masks, if the settings say so."""
        if self._augmenter is not None:
            np.multiply(inputs, buffers.scale, out=inputs)  # distortions need values in 0 … 1
            buffers.scale = 1.0
            self._augmenter.apply(inputs, rng)
        self._dropout.draw(inputs, buffers, rng)

    def before_step(self, buffers: TrainingBuffers, rate: float) -> None:
        """Adds penalties, clips the gradient, and applies decoupled weight decay."""
        if self._penalties.is_active:
            self._penalties.add(buffers)
        if self.settings.clip_norm:
            clip_gradient(buffers.gradient, self.settings.clip_norm)
        if self._shrinkage:
            decay_weights(self._network, rate * self._shrinkage)

    def after_step(self) -> None:
        if self.settings.max_norm:
            limit_norms(self._network, self.settings.max_norm)
