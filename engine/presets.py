"""Presets: named experiments, each in its own file, ``assets/presets/*.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.assets_folder import ASSETS
from engine.errors import EngineError, SettingError, bad_file
from engine.experiment import Experiment
from engine.regular_files import read_regular
from engine.settings import TrainingSettings

_MOST_BYTES = 1_000_000
_NETWORK_KEYS = ("hidden", "activation", "output", "loss", "initializer", "weight_scale")


@dataclass(frozen=True)
class Preset:
    """Settings of a network and its training, for any data.

    Attributes:
        name: for people.
        description: a sentence or two about its origin and what to expect.
        experiment: the settings; its data, inputs and outputs are only examples.
    """

    name: str
    description: str
    experiment: Experiment

    def applied_to(self, experiment: Experiment) -> Experiment:
        """Returns the preset's settings with the data and the seed of an experiment."""
        own = self.experiment
        return replace(
            own,
            data=experiment.data,
            fingerprint=experiment.fingerprint,
            shape=(experiment.inputs, *own.hidden, experiment.outputs),
            training=replace(own.training, seed=experiment.seed),
        )

    def matches(self, experiment: Experiment) -> bool:
        """Whether the experiment has exactly the preset's settings."""
        return self.applied_to(experiment) == experiment


def presets() -> list[Preset]:
    """Returns all presets in ``assets/presets``, sorted by file name. Raises FileFormatError or OSError."""
    found, errors = readable_presets()
    if errors:
        raise errors[0]
    return found


def readable_presets() -> tuple[list[Preset], list[Exception]]:
    """Returns the presets that can be read, sorted by file name, and the errors of the others."""
    found: list[Preset] = []
    errors: list[Exception] = []
    for path in sorted((ASSETS / "presets").glob("*.json")):
        try:
            found.append(load_preset(path))
        except (EngineError, OSError) as error:
            errors.append(error)
    return found, errors


def preset_named(name: str) -> Preset:
    """Returns the preset of that name, ignoring case. Raises SettingError, which lists the choices."""
    known = presets()
    for preset in known:
        if preset.name.casefold() == name.casefold():
            return preset
    choices = ", ".join(f"“{preset.name}”" for preset in known)
    raise SettingError("preset", name, "must be the name of a known preset", f"Choose one of: {choices}.")


def load_preset(path: Path) -> Preset:
    """Returns the preset in a file. Raises FileFormatError if it has none, OSError if it cannot be read."""
    try:
        document = json.loads(read_regular(path, _MOST_BYTES))
        return _preset(document)
    except EngineError as error:
        raise bad_file(path, f"a preset whose {error.parameter} is {error.value}", error.rule, error.remedy) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        rule = "must be JSON with the keys name, description, network and training"
        value = f"no preset ({type(error).__name__}: {error})"
        raise bad_file(path, value, rule, "Compare it with another preset.") from None


def _preset(document: dict[str, Any]) -> Preset:
    network = document["network"]
    unknown = [key for key in network if key not in _NETWORK_KEYS]
    if unknown:
        choices = ", ".join(_NETWORK_KEYS)
        raise SettingError("network", unknown[0], "must be one of its known keys", f"Choose from: {choices}.")
    activations = [network["activation"]] * len(network["hidden"])
    experiment = Experiment(
        shape=(*Experiment.shape[:1], *network["hidden"], *Experiment.shape[-1:]),
        activations=(*activations, network["output"]),
        loss=network["loss"],
        initializer=network["initializer"],
        weight_scale=network.get("weight_scale", 1.0),
        training=TrainingSettings.from_dict(document["training"]),
    )
    return Preset(str(document["name"]), str(document["description"]), experiment)
