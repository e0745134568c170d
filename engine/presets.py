"""Presets: named experiments, each in its own file, ``assets/presets/*.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.assets_folder import ASSETS
from engine.datasets.dataset import Dataset, Split
from engine.errors import EngineError, SettingError, bad_file
from engine.experiment import Experiment
from engine.lazy_dataclass import dataclass
from engine.regular_files import read_regular
from engine.settings import TrainingSettings, known_only
from engine.validation import positive_number, whole_number

USUAL_PRESET = "First steps"  # what the window and the command line begin with
_MOST_BYTES = 1_000_000
_BATCHES = 40  # in an epoch of few examples
_BATCH_SIZES, _EPOCHS = (10, 100), (20, 1000)  # within which a preset may be adjusted
_SAMPLE = 300  # examples whose mean is taken for that of all
_NETWORK_KEYS = ("hidden", "activation", "output", "loss", "initializer", "weight_scale")


@dataclass(frozen=True)
class Adjustment:
    """How many steps a preset trains, whatever the number of examples is: batch size and epochs follow from it.

    A fortieth of the examples is a batch, within 10 and 100, so that an epoch of few examples has some forty steps.
    What all examples have in common, their mean, moves a neuron's sum the same way for all of them: by the learning
    rate times its squared length in one step. Where that is large, as of pictures on white, the first step can leave
    a ReLU without any example for which it is on; a bound on it is one on the learning rate. Raises SettingError for
    wrong values.

    Attributes:
        steps: of the whole training, as far as 20 to 1,000 epochs allow.
        regression_steps: likewise, where numbers are predicted.
        regression: training settings that are others there, by name.
        most_shift: of classes, the most that learning rate × squared length of the mean example may be; None: no bound.
    """

    steps: int
    regression_steps: int
    regression: Mapping[str, Any] = field(default_factory=dict, hash=False)
    most_shift: float | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "regression_steps"):
            whole_number(name, getattr(self, name), 1, "12000")
        if self.most_shift is not None:
            positive_number("most_shift", self.most_shift, "20")
        replace(TrainingSettings(), **known_only("regression", self.regression, TrainingSettings))

    def training_for(self, dataset: Dataset, own: TrainingSettings) -> TrainingSettings:
        """Returns the settings for this data set."""
        examples, is_classes = len(dataset.train), dataset.is_classification
        batch = min(max(examples // _BATCHES, _BATCH_SIZES[0]), _BATCH_SIZES[1], examples)
        wanted = (self.steps if is_classes else self.regression_steps) / (examples // batch)
        epochs = min(max(round(wanted), _EPOCHS[0]), _EPOCHS[1])
        others = {"learning_rate": self._rate(dataset.train, own.learning_rate)} if is_classes else self.regression
        return replace(replace(own, batch_size=batch, epochs=epochs), **others)

    def _rate(self, train: Split, own: float) -> float:
        shift = _squared_mean(train)
        if self.most_shift is None or own * shift <= self.most_shift:
            return own
        return _rounded_down(self.most_shift / shift)


def _squared_mean(split: Split) -> float:
    """The squared length of the mean input, about: that of some examples, spread evenly over all."""
    some = split.inputs[:: -(-len(split) // _SAMPLE)]
    mean = some.mean(axis=0, dtype=np.float64) * split.scale
    return float(mean @ mean)


def _rounded_down(number: float) -> float:
    """To one digit, as a person would write it: 0.03 of 0.0326."""
    digit = 10.0 ** math.floor(math.log10(number))
    return float(f"{math.floor(number / digit) * digit:.1g}")


@dataclass(frozen=True)
class Preset:
    """Settings of a network and its training, for any data.

    Attributes:
        name: for people.
        description: a sentence or two about its origin and what to expect.
        experiment: the settings; its data, inputs and outputs are only examples.
        adjustment: how the training follows the data's size and task; None: not at all.
    """

    name: str
    description: str
    experiment: Experiment
    adjustment: Adjustment | None = None

    def applied_to(self, experiment: Experiment, dataset: Dataset | None = None) -> Experiment:
        """Returns the preset's settings with the data and the seed of an experiment.

        If its data set is given, output, loss, augmentation, batch size and, with an adjustment, more follow from that.
        """
        own = self.experiment
        applied = replace(
            own,
            data=experiment.data,
            data_settings=experiment.data_settings,
            fingerprint=experiment.fingerprint,
            shape=(experiment.inputs, *own.hidden, experiment.outputs),
            training=replace(own.training, seed=experiment.seed),
            brightness=experiment.brightness,
        )
        if dataset is None:
            return applied
        if self.adjustment is not None:
            applied = replace(applied, training=self.adjustment.training_for(dataset, applied.training))
        return applied.for_task(dataset).changed(batch_size=min(applied.training.batch_size, len(dataset.train)))

    def matches(self, experiment: Experiment, dataset: Dataset | None = None) -> bool:
        """Whether the experiment has exactly the preset's settings, as they are for this data set."""
        return self.applied_to(experiment, dataset) == experiment

    def adjusted(self, dataset: Dataset) -> dict[str, Any]:
        """Returns the settings, by name, that are others for this data set than the preset's own."""
        differences = self.applied_to(self.experiment, dataset).difference(self.experiment)
        changes = {name: now for name, (now, _) in differences.items()}
        if "activations" in changes:
            changes["output"] = changes.pop("activations")[-1]  # the only one that a data set changes
        return changes


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
    fitted = document.get("adjustment")
    adjustment = None if fitted is None else Adjustment(**known_only("adjustment", fitted, Adjustment))
    return Preset(str(document["name"]), str(document["description"]), experiment, adjustment)
