"""Named sets of settings, each in a file of its own: ``assets/presets/*.json``.

A new preset: one more file with the keys ``name``, ``description``, ``network`` and ``training``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.activations import ACTIVATIONS
from engine.assets_folder import ASSETS
from engine.errors import EngineError, FileFormatError, SettingError, Verbatim
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.network import Network
from engine.settings import TrainingSettings
from engine.validation import positive_number, whole_number

_NETWORK_KEYS = ("hidden", "activation", "output", "loss", "initializer", "weight_scale")


@dataclass(frozen=True)
class Preset:
    """A network's make and its training. Checked when made; raises SettingError.

    Attributes:
        name: as a person reads it.
        description: a sentence or two: where it comes from, what to expect.
        hidden: neurons of the hidden layers; ``activation``: of all of them.
        output, loss, initializer: registered names; ``weight_scale``: what the first weights are multiplied with.
        training: the rest.
    """

    name: str
    description: str
    hidden: tuple[int, ...]
    activation: str
    output: str
    loss: str
    initializer: str
    weight_scale: float
    training: TrainingSettings

    def __post_init__(self) -> None:
        for size in self.hidden:
            whole_number("hidden", size, 1, "64")
        for name in (self.activation, self.output):
            ACTIVATIONS[name]
        LOSSES[self.loss]().check_output(ACTIVATIONS[self.output]())
        INITIALIZERS[self.initializer]
        positive_number("weight_scale", self.weight_scale, "1")

    def build(self, inputs: int, outputs: int) -> Network:
        """A new network of that make between those ends, from the seed of the training."""
        return Network(
            [inputs, *self.hidden, outputs],
            [self.activation] * len(self.hidden) + [self.output],
            self.loss,
            self.initializer,
            np.random.default_rng(self.training.seed),
            weight_scale=self.weight_scale,
        )


def presets() -> list[Preset]:
    """All presets in ``assets/presets``, in the order of their files' names. Raises FileFormatError, OSError."""
    return [load_preset(path) for path in sorted((ASSETS / "presets").glob("*.json"))]


def preset_named(name: str) -> Preset:
    """The preset of that name, whatever its capitals. Raises SettingError that lists the choices."""
    known = presets()
    for preset in known:
        if preset.name.casefold() == name.casefold():
            return preset
    choices = ", ".join(f"“{preset.name}”" for preset in known)
    raise SettingError("preset", name, "must be the name of a known preset", f"Choose one of: {choices}.")


def load_preset(path: Path) -> Preset:
    """The preset in a file. Raises FileFormatError where it is none, OSError where it cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _preset(document)
    except EngineError as error:
        raise _error(path, f"a preset whose {error.parameter} is {error.value}", error.rule, error.remedy) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _error(path, f"no preset ({type(error).__name__}: {error})") from None


def _preset(document: dict[str, Any]) -> Preset:
    network = document["network"]
    unknown = [key for key in network if key not in _NETWORK_KEYS]
    if unknown:
        choices = ", ".join(_NETWORK_KEYS)
        raise SettingError("network", unknown[0], "must be one of its known keys", f"Choose from: {choices}.")
    return Preset(
        name=str(document["name"]),
        description=str(document["description"]),
        hidden=tuple(network["hidden"]),
        activation=network["activation"],
        output=network["output"],
        loss=network["loss"],
        initializer=network["initializer"],
        weight_scale=network.get("weight_scale", 1.0),
        training=TrainingSettings.from_dict(document["training"]),
    )


def _error(
    path: Path,
    value: str,
    rule: str = "must be JSON with the keys name, description, network and training",
    remedy: str = "Compare it with another preset.",
) -> FileFormatError:
    return FileFormatError(path.name, Verbatim(value), rule, remedy)
