"""Presets: named experiments, each in its own file, ``assets/presets/*.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import EngineError, SettingError, bad_file, counted, invalid_file
from engine.basics.regular_files import read_regular
from engine.basics.validation import whole_number
from engine.datasets.dataset import Dataset
from engine.experiment import Experiment
from engine.training.augmentation import Augmentation
from engine.training.optimizers import OPTIMIZERS
from engine.training.settings import TrainingSettings, known_only

DEFAULT_PRESET = "First steps"  # default of the window and the command line
_MOST_BYTES = 1_000_000
_BATCHES = 40  # steps in an epoch with few examples
_BATCHES_OF_OWN = 100  # steps in an epoch of the user's own data
_BATCH_SIZES, _EPOCHS = (10, 100), (20, 1000)  # within which a preset may be adjusted
# Settings that a preset gives and the user can type; the optimizer and the activations are compared in their own way.
_TYPED = (
    *("hidden", "output", "loss", "initializer", "weight_scale"),
    *(each.name for each in fields(TrainingSettings) if each.name not in ("optimizer", "augmentation", "seed")),
    *(each.name for each in fields(Augmentation)),
)
TYPED_NAMES = frozenset({*_TYPED, "optimizer", "activations"})  # all names that typed_names may return
# Settings that have no use without another one: where the first was typed, the second is kept, too.
_KEEPS = {
    "learning_rate": "optimizer",
    "weight_decay": "optimizer",
    "output": "loss",
    "loss": "output",
    "patience": "validation_share",
}
_NETWORK_KEYS = ("hidden", "activation", "output", "loss", "initializer", "weight_scale")


@dataclass(frozen=True)
class OwnData:
    """Training settings of a preset for tables and for the user's own images.

    Early stopping keeps the best epoch if the validation set is large enough to tell epochs apart. A training set that
    is too small for it is trained for a fixed number of epochs, and none of its examples are held out. Raises
    SettingError for wrong values.

    Attributes:
        training: training settings for these data, by name, with early stopping.
        images: training settings that differ for images, by name.
        least_held_out: examples in the smallest validation set that early stopping relies on.
        epochs: limit of epochs with early stopping.
        few_epochs: epochs without early stopping.
        steps: limit of steps of the whole run, which always has at least 20 epochs.
    """

    training: Mapping[str, Any] = field(default_factory=dict, hash=False)
    images: Mapping[str, Any] = field(default_factory=dict, hash=False)
    least_held_out: int = 120
    epochs: int = 200
    few_epochs: int = 60
    steps: int = 20_000

    def __post_init__(self) -> None:
        for name in ("training", "images"):
            replace(TrainingSettings(), **known_only(name, getattr(self, name), TrainingSettings))
        for name in ("least_held_out", "epochs", "few_epochs", "steps"):
            whole_number(name, getattr(self, name), 1, "60")

    def changes_for(self, dataset: Dataset, own: TrainingSettings) -> dict[str, Any]:
        """Returns the settings, by name, that this data set gets in place of the preset's ``own``."""
        changes = {**self.training, **(self.images if dataset.is_picture else {})}
        examples = len(dataset.train)
        if dataset.validation is not None:
            held_out = len(dataset.validation)
        else:
            held_out = round(changes.get("validation_share", own.validation_share) * examples)
            examples -= held_out
        if held_out < self.least_held_out:
            examples = len(dataset.train)
            changes |= {"validation_share": 0, "patience": 0}
        batch = min(max(examples // _BATCHES_OF_OWN, _BATCH_SIZES[0]), _BATCH_SIZES[1], examples)
        most = min(max(self.steps // (examples // batch), _EPOCHS[0]), self.epochs)
        has_patience = changes.get("patience", own.patience) > 0
        return changes | {"batch_size": batch, "epochs": most if has_patience else self.few_epochs}


@dataclass(frozen=True)
class Adjustment:
    """Adjustment of a preset's training to a data set.

    Included images, points of the plane and curves are trained for a number of steps, whatever the number of examples
    is: a fortieth of the examples is a batch, within 10 and 100, so that an epoch of few examples has some forty steps.
    Raises SettingError for wrong values.

    Attributes:
        steps: steps of the whole run, which has 20 to 1,000 epochs.
        regression_steps: steps of the whole run for regression.
        regression: training settings that differ for regression, by name.
        own: settings for tables and the user's own images; None to treat them as all other data.
    """

    steps: int
    regression_steps: int
    regression: Mapping[str, Any] = field(default_factory=dict, hash=False)
    own: OwnData | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "regression_steps"):
            whole_number(name, getattr(self, name), 1, "12000")
        replace(TrainingSettings(), **known_only("regression", self.regression, TrainingSettings))

    def changes_for(self, dataset: Dataset, own: TrainingSettings) -> dict[str, Any]:
        """Returns the settings, by name, that this data set gets in place of the preset's ``own``."""
        is_included_image = dataset.is_picture and not dataset.has_own_images
        is_included = dataset.is_plane or dataset.extent is not None or is_included_image
        if self.own is not None and not is_included:
            return self.own.changes_for(dataset, own)
        examples, is_classes = len(dataset.train), dataset.is_classification
        batch = min(max(examples // _BATCHES, _BATCH_SIZES[0]), _BATCH_SIZES[1], examples)
        wanted = (self.steps if is_classes else self.regression_steps) / (examples // batch)
        epochs = min(max(round(wanted), _EPOCHS[0]), _EPOCHS[1])
        return {"batch_size": batch, "epochs": epochs, **({} if is_classes else self.regression)}


@dataclass(frozen=True)
class Preset:
    """Settings of a network and its training, for any data.

    Attributes:
        name: its displayed name.
        description: a sentence or two about its origin and what to expect.
        experiment: the settings; its data, inputs and outputs are only examples.
        adjustment: the adjustment to the data's size and task; None for none.
    """

    name: str
    description: str
    experiment: Experiment
    adjustment: Adjustment | None = None

    def applied_to(self, experiment: Experiment, dataset: Dataset | None = None) -> Experiment:
        """Returns the preset's settings with the data and the seed of an experiment.

        If its data set is given, output, loss, augmentation, batch size and, with an adjustment, more follow from that.
        """
        own, changes = self.experiment, {}
        if dataset is not None and self.adjustment is not None:
            changes = self.adjustment.changes_for(dataset, own.training)
        applied = replace(
            own,
            data=experiment.data,
            data_settings=experiment.data_settings,
            fingerprint=experiment.fingerprint,
            shape=(experiment.inputs, *own.hidden, experiment.outputs),
            training=replace(own.training, **{**changes, "seed": experiment.seed}),
            brightness=experiment.brightness,
        )
        return applied if dataset is None else applied.for_task(dataset).for_few_examples(dataset)

    def matches(self, experiment: Experiment, dataset: Dataset | None = None) -> bool:
        """Whether the experiment has exactly the preset's settings for this data set."""
        # The hidden layers follow no data set, and most presets differ in them.
        return experiment.hidden == self.experiment.hidden and self.applied_to(experiment, dataset) == experiment

    def typed(self, experiment: Experiment, dataset: Dataset | None = None) -> frozenset[str]:
        """Returns the names of the experiment's settings that are not what the preset gives for this data set."""
        return typed_names(experiment, self.applied_to(experiment, dataset))

    def applied_around(self, experiment: Experiment, dataset: Dataset, typed: Set[str]) -> Experiment:
        """Returns the preset's settings for this data set, and the experiment's own values of the ``typed`` settings.

        Learning rate and weight decay keep their optimizer, output and loss keep each other, and patience keeps its
        validation set.
        Output, loss, augmentation and batch size then follow the data set's task and size.
        """
        new = self.applied_to(experiment, dataset)
        if not typed:
            return new
        kept = {*typed, *(_KEEPS[name] for name in typed if name in _KEEPS)}
        if "optimizer" in kept:
            new = new.with_optimizer(experiment.training.optimizer)
        of_layers = typed & {"activations", "dropout"} and len(experiment.hidden) != len(new.hidden)
        if "hidden" in typed or of_layers:
            new = new.changed(hidden=experiment.hidden)
        if "output" in kept:
            new = new.changed(output=experiment.output, loss=experiment.loss)
        if "activations" in typed:
            new = new.changed(activations=(*experiment.activations[:-1], new.output))
        alone = set(typed) - {"optimizer", "hidden", "activations", "output", "loss"}
        new = new.changed(**{name: experiment.value(name) for name in alone})
        if new.training.patience and not new.training.validation_share and dataset.validation is None:
            share = experiment.training.validation_share if "validation_share" in kept else 0.0
            new = new.changed(validation_share=share, patience=new.training.patience if share else 0)
        return new.for_task(dataset).for_few_examples(dataset)

    def adjusted(self, dataset: Dataset) -> dict[str, Any]:
        """Returns the settings, by name, that are others for this data set than the preset's own."""
        differences = self.applied_to(self.experiment, dataset).difference(self.experiment)
        changes = {name: now for name, (now, _) in differences.items()}
        if "activations" in changes:
            changes["output"] = changes.pop("activations")[-1]  # the only one that a data set changes
        return changes

    def line_for(self, dataset: Dataset, training: TrainingSettings | None = None) -> str:
        """Returns a line about the adjustment of the training to the data set; empty without one.

        "First steps for 712 examples: AdamW 0.001, weight decay 0.3, batches of 10, up to 200 epochs, stops when …".

        Args:
            training: the settings that are used, where some were chosen otherwise; None: those of the preset.
        """
        made = self.applied_to(self.experiment, dataset).training
        if self.adjustment is None or made == self.experiment.training:
            return ""
        return f"{self.name} for {counted(len(dataset.train), 'example')}: {_training_text(training or made)}."


def typed_names(experiment: Experiment, applied: Experiment) -> frozenset[str]:
    """Returns the names of the experiment's settings that differ from those of a preset ``applied`` to its data.

    "hidden" are the sizes of the hidden layers, and "activations" are those of the hidden layers only. Data, seed,
    inputs and outputs are left out. Learning rate and weight decay are compared as they suit the experiment's
    optimizer.
    """
    given = applied.with_optimizer(experiment.training.optimizer)
    names = {name for name in _TYPED if experiment.value(name) != given.value(name)}
    names |= {"optimizer"} if applied.training.optimizer != experiment.training.optimizer else set()
    with_layers = given if given.hidden == experiment.hidden else given.changed(hidden=experiment.hidden)
    if experiment.activations[:-1] != with_layers.activations[:-1]:
        names.add("activations")
    if experiment.training.dropout == with_layers.training.dropout:
        names.discard("dropout")
    return frozenset(names)


def still_typed(typed: Set[str], names: Set[str], experiment: Experiment) -> frozenset[str]:
    """Returns the ``typed`` settings of an experiment without those ``names``, which get their defaults again.

    Settings that would keep one of them, see :meth:`Preset.applied_around`, are left out, too. Patience gets its
    default only with that of the validation set, if there is none.
    """
    gone = set(names)
    if "patience" in gone and not experiment.training.validation_share:
        gone.add("validation_share")
    return frozenset(name for name in typed if name not in gone and _KEEPS.get(name) not in gone)


def _training_text(training: TrainingSettings) -> str:
    """Returns a text with optimizer, rate, weight decay, batches, epochs and early stopping."""
    words = [f"{OPTIMIZERS[training.optimizer].label} {training.learning_rate:g}"]
    if training.weight_decay:
        words.append(f"weight decay {training.weight_decay:g}")
    words.append(f"batches of {training.batch_size:,}")
    if not training.patience:
        return ", ".join([*words, counted(training.epochs, "epoch")])
    words.append(f"up to {counted(training.epochs, 'epoch')}")
    words.append(f"stops when the validation error has not improved for {counted(training.patience, 'epoch')}")
    return ", ".join(words)


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
        raise invalid_file(path, "preset", error) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        remedy = "Write JSON with the keys name, description, network and training, as in the other presets."
        raise bad_file(path, f"not a preset ({type(error).__name__}: {error})", remedy) from None


def preset_bytes(name: str, description: str, experiment: Experiment) -> bytes:
    """Returns the file of a preset with the settings of an experiment, for :func:`load_preset`."""
    document = {
        "name": name,
        "description": description,
        "network": {
            "hidden": list(experiment.hidden),
            "activation": list(experiment.activations[:-1]),
            "output": experiment.output,
            "loss": experiment.loss,
            "initializer": experiment.initializer,
            "weight_scale": experiment.weight_scale,
        },
        "training": experiment.training.as_dict(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def _preset(document: dict[str, Any]) -> Preset:
    network = document["network"]
    unknown = [key for key in network if key not in _NETWORK_KEYS]
    if unknown:
        choices = ", ".join(_NETWORK_KEYS)
        raise SettingError("network", unknown[0], "must be one of its known keys", f"Choose from: {choices}.")
    named = network["activation"]  # of all hidden layers, or one for each
    activations = named if isinstance(named, list) else [named] * len(network["hidden"])
    experiment = Experiment(
        shape=(*Experiment.shape[:1], *network["hidden"], *Experiment.shape[-1:]),
        activations=(*activations, network["output"]),
        loss=network["loss"],
        initializer=network["initializer"],
        weight_scale=network.get("weight_scale", 1.0),
        training=TrainingSettings.from_dict(document["training"]),
    )
    fitted = document.get("adjustment")
    adjustment = None if fitted is None else _adjustment(fitted)
    return Preset(str(document["name"]), str(document["description"]), experiment, adjustment)


def _adjustment(entries: object) -> Adjustment:
    known = dict(known_only("adjustment", entries, Adjustment))
    if "own" in known:
        known["own"] = OwnData(**known_only("own", known["own"], OwnData))
    return Adjustment(**known)
