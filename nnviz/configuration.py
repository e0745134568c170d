"""What a person chooses: the network's shape and how it is trained. Frozen, checked, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.activations import ACTIVATIONS
from engine.datasets import Dataset
from engine.errors import SettingError, Verbatim
from engine.network import Network
from engine.settings import TrainingSettings
from engine.validation import check_sizes, whole_number

OUTPUT_ACTIVATION = "softmax"
LOSS = "cross-entropy"


@dataclass(frozen=True)
class Layer:
    """A hidden layer: its neurons and their activation."""

    neurons: int
    activation: str = "relu"


@dataclass(frozen=True)
class Configuration:
    """The fields of the window. Checked when made; raises SettingError.

    Attributes:
        inputs, outputs: the ends; they follow the data set.
        layers: the hidden layers.
        learning_rate, batch_size, epochs: as in :class:`~engine.training.TrainingSettings`.
        seed: of the first weights and of the order of examples.
    """

    inputs: int = 784
    outputs: int = 10
    layers: tuple[Layer, ...] = (Layer(64), Layer(32))
    learning_rate: float = 0.2
    batch_size: int = 100
    epochs: int = 20
    seed: int = 1

    def __post_init__(self) -> None:
        check_sizes(self.shape)
        object.__setattr__(self, "seed", whole_number("seed", self.seed, 0, "1"))
        for layer in self.layers:
            ACTIVATIONS[layer.activation]
        settings = self.training_settings()
        for name in ("batch_size", "epochs", "learning_rate"):
            object.__setattr__(self, name, getattr(settings, name))

    @property
    def shape(self) -> tuple[int, ...]:
        """All layer sizes, input first."""
        return (self.inputs, *(layer.neurons for layer in self.layers), self.outputs)

    @property
    def activations(self) -> list[str]:
        """A name for each layer after the input."""
        return [*(layer.activation for layer in self.layers), OUTPUT_ACTIVATION]

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
        return replace(self, layers=tuple(Layer(n, kept[i]) for i, n in enumerate(sizes)))

    def for_dataset(self, dataset: Dataset) -> Configuration:
        """The same with the ends that the data set needs."""
        return replace(self, inputs=dataset.width, outputs=dataset.outputs)

    def training_settings(self) -> TrainingSettings:
        """What the trainer needs of it."""
        return TrainingSettings(
            batch_size=self.batch_size, epochs=self.epochs, learning_rate=self.learning_rate, seed=self.seed
        )

    def build(self) -> Network:
        """A new network of that shape, from the seed."""
        rng = np.random.default_rng(self.seed)
        return Network(self.shape, self.activations, LOSS, "he", rng)

    def same_network(self, other: Configuration) -> bool:
        """Whether both make the same network."""
        return (self.shape, self.activations, self.seed) == (other.shape, other.activations, other.seed)

    def changed(self, **fields: Any) -> Configuration:
        """The same with some fields replaced. Raises SettingError."""
        return replace(self, **fields)


def configuration_of(network: Network, like: Configuration) -> Configuration:
    """The fields as they describe an opened network; what it does not tell stays as it is."""
    seed = network.provenance.get("seed")
    hidden = zip(network.shape[1:-1], network.activations[:-1], strict=True)
    return replace(
        like,
        inputs=network.shape[0],
        outputs=network.shape[-1],
        layers=tuple(Layer(neurons, activation) for neurons, activation in hidden),
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 else like.seed,
    )
