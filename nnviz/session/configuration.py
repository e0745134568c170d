"""What a person chooses: the network's make and how it is trained. Frozen, checked, without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.activations import ACTIVATIONS
from engine.augmentation import Augmentation
from engine.datasets import Dataset
from engine.errors import SettingError, Verbatim
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.presets import Preset
from engine.recipe import Recipe
from engine.settings import TrainingSettings
from engine.validation import check_sizes, positive_number, whole_number

# What a careful hand would do to digits: they stay the digits they are.
MILD = Augmentation(shift=1, rotation=8, scale=0.08, shear=0.1, elastic=0.8, elastic_sigma=4.5, thickness=0.2)
_TRAINING = frozenset(each.name for each in fields(TrainingSettings))
_DISTORTIONS = frozenset(each.name for each in fields(Augmentation))


@dataclass(frozen=True)
class Layer:
    """A hidden layer: its neurons and their activation."""

    neurons: int
    activation: str = "relu"


@dataclass(frozen=True)
class Configuration:
    """The fields of the window. Checked when made; raises SettingError.

    Every setting of the training can be read here under its own name, and given to :meth:`changed` under it.

    Attributes:
        inputs, outputs: the ends; they follow the data set.
        layers: the hidden layers.
        output, loss, initializer: registered names; ``weight_scale``: what the first weights are multiplied with.
        training: how it is trained; its seed is also that of the first weights.
        strengths: how strongly pictures are distorted when that is switched on.
    """

    inputs: int = 784
    outputs: int = 10
    layers: tuple[Layer, ...] = (Layer(64), Layer(32))
    output: str = "softmax"
    loss: str = "cross-entropy"
    initializer: str = "he"
    weight_scale: float = 1.0
    training: TrainingSettings = field(default_factory=lambda: TrainingSettings(learning_rate=0.2))
    strengths: Augmentation = MILD

    def __post_init__(self) -> None:
        check_sizes(self.shape)
        for name in self.activations:
            ACTIVATIONS[name]
        LOSSES[self.loss]().check_output(ACTIVATIONS[self.output]())
        INITIALIZERS[self.initializer]
        object.__setattr__(self, "weight_scale", positive_number("weight_scale", self.weight_scale, "1"))
        whole_number("seed", self.training.seed, 0, "1")
        self.training.dropout_of(len(self.layers) + 1)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The settings of the training."""
            if name in _TRAINING:
                return getattr(self.training, name)
            raise AttributeError(f"a configuration has no {name!r}")

    def value(self, name: str) -> Any:
        """A setting by its name; of a distortion its strength, also while distortions are switched off."""
        return getattr(self.distortions if name in _DISTORTIONS else self, name)

    @property
    def shape(self) -> tuple[int, ...]:
        """All layer sizes, input first."""
        return (self.inputs, *(layer.neurons for layer in self.layers), self.outputs)

    @property
    def activations(self) -> list[str]:
        """A name for each layer after the input."""
        return [*(layer.activation for layer in self.layers), self.output]

    # ---- the same with something else

    def changed(self, **fields: Any) -> Configuration:
        """The same with some fields replaced, settings of the training among them. Raises SettingError."""
        training = {name: fields.pop(name) for name in list(fields) if name in _TRAINING}
        distortions = {name: fields.pop(name) for name in list(fields) if name in _DISTORTIONS}
        if distortions:  # whoever turns one wants to see what it does
            fields["strengths"] = training["augmentation"] = replace(self.distortions, **distortions)
        if "layers" in fields and "dropout" not in training:
            training["dropout"] = _dropout_for(self.training.dropout, len(fields["layers"]) + 1)
        if training:
            fields["training"] = replace(fields.get("training", self.training), **training)
        return replace(self, **fields)

    def with_optimizer(self, name: str) -> Configuration:
        """The same with another optimizer, and as bold or as timid a learning rate for it as it was before.

        Weight decay takes its share of the weights times the learning rate, so it goes the other way.
        """
        change = OPTIMIZERS[name].usual_rate / OPTIMIZERS[self.training.optimizer].usual_rate
        rate, decay = self.training.learning_rate * change, self.training.weight_decay / change
        return self.changed(optimizer=name, learning_rate=_three_digits(rate), weight_decay=_three_digits(decay))

    def with_shape(self, shape: tuple[int, ...]) -> Configuration:
        """The same with other hidden layers; those that stay keep their activation.

        Raises SettingError where the ends are not those of the data.
        """
        if (shape[0], shape[-1]) != (self.inputs, self.outputs):
            raise SettingError(
                "shape",
                Verbatim(", ".join(map(str, shape))),
                f"must start with {self.inputs} inputs and end with {self.outputs} outputs, as the data has them",
                f"Change the layers between {self.inputs} and {self.outputs}.",
            )
        sizes = shape[1:-1]
        last = self.layers[-1].activation if self.layers else "relu"
        kept = [layer.activation for layer in self.layers] + [last] * len(sizes)
        return self.changed(layers=tuple(Layer(n, kept[i]) for i, n in enumerate(sizes)))

    def with_output(self, name: str) -> Configuration:
        """The same with another output activation, and with the first loss that makes sense behind it, if need be."""
        joined = LOSSES[self.loss].joined_with
        fits = not joined or name in joined
        loss = self.loss if fits else next(loss for loss in LOSSES if not LOSSES[loss].joined_with)
        return replace(self, output=name, loss=loss)

    def with_loss(self, name: str) -> Configuration:
        """The same with another loss, and with the first output activation it makes sense behind, if need be."""
        joined = LOSSES[name].joined_with
        fits = not joined or self.output in joined
        return replace(self, loss=name, output=self.output if fits else joined[0])

    def for_dataset(self, dataset: Dataset) -> Configuration:
        """The same with the ends that the data set needs."""
        return replace(self, inputs=dataset.width, outputs=dataset.outputs)

    # ---- distorted pictures

    @property
    def distortions(self) -> Augmentation:
        """The strengths that are in use, or would be."""
        return self.training.augmentation if self.training.augmentation.is_active else self.strengths

    def with_distortions(self, wanted: bool) -> Configuration:
        """The same with pictures distorted or not; the strengths are not forgotten."""
        strengths = self.distortions
        if not wanted:
            return self.changed(augmentation=Augmentation(), strengths=strengths)
        return self.changed(augmentation=strengths if strengths.is_active else MILD)

    # ---- as a file holds it

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Configuration:
        """The inverse of :meth:`as_dict`; what is missing is as it usually is.

        Raises SettingError for a value that breaks its rule, TypeError or AttributeError for one of another kind.
        """
        known = dict(entries)
        if "layers" in known:
            known["layers"] = tuple(Layer(**layer) for layer in known["layers"])
        if "training" in known:
            known["training"] = TrainingSettings.from_dict(known["training"])
        if "strengths" in known:
            known["strengths"] = Augmentation(**known["strengths"])
        return cls(**known)

    # ---- presets

    def with_preset(self, preset: Preset) -> Configuration:
        """The same with all that a preset says; the seed stays the person's."""
        own = preset.experiment
        settings = own.training
        return replace(
            self,
            layers=tuple(Layer(*each) for each in zip(own.hidden, own.activations[:-1], strict=True)),
            output=own.output,
            loss=own.loss,
            initializer=own.initializer,
            weight_scale=own.weight_scale,
            training=replace(settings, seed=self.training.seed),
            strengths=settings.augmentation if settings.augmentation.is_active else self.strengths,
        )

    def follows(self, preset: Preset) -> bool:
        """Whether nothing differs from what the preset says."""
        return replace(self.with_preset(preset), strengths=self.strengths) == self

    # ---- what is made from it

    def training_settings(self) -> TrainingSettings:
        """What the trainer needs of it."""
        return self.training

    def check_against(self, dataset: Dataset) -> None:
        """Raises SettingError where network, data and settings do not go together.

        The recipe is asked with a network of one neuron a layer: it costs nothing.
        """
        settings, examples = self.training, len(dataset.train)
        aside = dataset.train.head(1) if settings.validation_share else None
        settings.check_against(examples - round(settings.validation_share * examples))
        stand_in = Network([1] * (len(self.layers) + 2), self.activations, self.loss, "zeros")
        Recipe(stand_in, replace(dataset, validation=aside), replace(settings, batch_size=1))

    def build(self) -> Network:
        """A new network of that make, from the seed."""
        rng = np.random.default_rng(self.training.seed)
        return Network(self.shape, self.activations, self.loss, self.initializer, rng, weight_scale=self.weight_scale)

    def same_network(self, other: Configuration) -> bool:
        """Whether both make the same network."""
        return self._make() == other._make()

    def _make(self) -> tuple[object, ...]:
        first_weights = (self.initializer, self.weight_scale, self.training.seed)
        return (self.shape, self.activations, self.loss, *first_weights)


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def configuration_of(network: Network, like: Configuration) -> Configuration:
    """The fields as they describe an opened network; what it does not tell stays as it is."""
    seed = network.provenance.get("seed")
    is_seed = isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0
    hidden = zip(network.shape[1:-1], network.activations[:-1], strict=True)
    return like.changed(
        inputs=network.shape[0],
        outputs=network.shape[-1],
        layers=tuple(Layer(neurons, activation) for neurons, activation in hidden),
        output=network.activations[-1],
        loss=network.loss,
        seed=seed if is_seed else like.training.seed,
    )


def _dropout_for(dropout: float | tuple[float, ...], layers: int) -> float | tuple[float, ...]:
    """A share for each of so many layers: the last one is cut off, or repeated."""
    if not isinstance(dropout, tuple):
        return dropout
    return (*dropout, *dropout[-1:] * layers)[:layers]
