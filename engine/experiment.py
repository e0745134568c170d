"""``Experiment``, the complete description of a run, and the loop that trains it."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from engine.basics.cli_option_names import ADJUSTED, setting_words
from engine.basics.errors import DataError, SettingError, Verbatim, counted
from engine.basics.validation import check_sizes, whole_number
from engine.datasets.brightness import Brightness, brightness_in
from engine.datasets.data_setting import Value
from engine.datasets.dataset import Dataset
from engine.datasets.description import Description
from engine.datasets.source import data_words, frozen
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.network.network import Network, check_activations
from engine.old_experiments import recorded_data_settings, with_present_names
from engine.training.augmentation import DISTORTIONS, Augmentation
from engine.training.events import Event
from engine.training.history import History
from engine.training.optimizers import OPTIMIZERS
from engine.training.setting import ANY_DATA, INITIALISATION, Choice, PositiveNumber, Setting, declarations
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings, known_only
from engine.training.trainer import Trainer
from engine.training.update_pipeline import UpdatePipeline

# Distortions after which a digit is still the same digit.
MILD = Augmentation(shift=1, rotation=8, scale=0.08, shear=0.1, elastic=0.8, elastic_sigma=4.5, thickness=0.2)

_TRAINING = tuple(each.name for each in fields(TrainingSettings))
_OUTPUT = Setting(
    Choice(ACTIVATIONS),
    INITIALISATION,
    ANY_DATA,
    help="activation of the output layer",
    title="Output",
    tip="Sets the activation of the output layer: softmax gives the probability of each class. The loss follows.",
)
# Parts of shape and activations that can be changed separately.
_PARTS = ("inputs", "hidden", "outputs", "output")


@dataclass(frozen=True)
class Experiment:
    """The complete description of a run. On the same machine the run is bit-identical.

    Raises SettingError for invalid values.

    Attributes:
        data: the registered name of the data set, or the path of its file or folder.
        data_settings: the settings that the data are made with, by name; only those that differ from the defaults.
        fingerprint: the data set's fingerprint, see :class:`~engine.datasets.Dataset`; "" if it is not known.
        shape: layer sizes, input first.
        activations: a registered name for each layer after the input.
        loss, initializer: registered names.
        weight_scale: factor of the initial weights.
        training: the settings of the training; its seed is also used for the initial weights.
        brightness: mean and deviation by which the network standardises its inputs, from the data. None if it does
            not: for data other than the user's own images, and in older runs.
    """

    data: str = "mnist"
    data_settings: Mapping[str, Value] = field(default_factory=dict, hash=False)
    fingerprint: str = ""
    shape: tuple[int, ...] = (784, 64, 32, 10)
    activations: tuple[str, ...] = ("relu", "relu", "softmax")
    loss: str = Setting(
        Choice(LOSSES),
        INITIALISATION,
        ANY_DATA,
        help="loss that training minimises",
        title="Loss",
        tip="Sets what training minimises. Cross-entropy punishes confident mistakes most. The output follows.",
    ).field("cross-entropy")
    initializer: str = Setting(
        Choice(INITIALIZERS),
        INITIALISATION,
        ANY_DATA,
        help="distribution of the initial weights",
        title="Initial weights",
        tip="Sets how the initial weights are drawn. If they are too large, neurons saturate; if too small, the "
        "signal fades.",
        name="initial weights",
    ).field("he")
    weight_scale: float = Setting(
        PositiveNumber("1"),
        INITIALISATION,
        ANY_DATA,
        help="factor of the initial weights",
        title="Weight scale",
        tip="Multiplies all initial weights. 1 leaves them as drawn.",
        off=1.0,
    ).field(1.0)
    training: TrainingSettings = field(default_factory=lambda: TrainingSettings(learning_rate=0.2))
    brightness: Brightness | None = None

    def __post_init__(self) -> None:
        for name in ("data", "fingerprint"):
            if not isinstance(getattr(self, name), str):
                raise SettingError(name, getattr(self, name), "must be a text", "Try mnist.")
        object.__setattr__(self, "data_settings", _plain(self.data_settings))
        if not isinstance(self.training, TrainingSettings):
            raise SettingError("training", self.training, "must be settings", "Try TrainingSettings().")
        object.__setattr__(self, "shape", check_sizes(self.shape))
        check_activations(self.activations, len(self.shape) - 1)
        object.__setattr__(self, "activations", tuple(self.activations))
        for name, setting in _OWN_SETTINGS.items():
            object.__setattr__(self, name, setting.rule.check(name, getattr(self, name)))
        LOSSES[self.loss]().check_output(ACTIVATIONS[self.output]())
        whole_number("seed", self.seed, 0, "1")
        if not isinstance(self.brightness, (Brightness, type(None))):
            raise SettingError("brightness", self.brightness, "must be a brightness, or none", "Leave it out.")
        self.training.dropout_of(len(self.activations))

    # ---- parts

    @property
    def inputs(self) -> int:
        return self.shape[0]

    @property
    def outputs(self) -> int:
        return self.shape[-1]

    @property
    def hidden(self) -> tuple[int, ...]:
        """Sizes of the hidden layers."""
        return self.shape[1:-1]

    @property
    def output(self) -> str:
        """Activation of the last layer."""
        return self.activations[-1]

    @property
    def seed(self) -> int:
        """Seed of the initial weights and of all randomness in training."""
        return self.training.seed  # type: ignore[return-value]  # __post_init__ refuses None

    def value(self, name: str) -> Any:
        """Returns a setting of the experiment, its training or its augmentation by name. Raises SettingError."""
        if name in _OWN or name in _PARTS:
            return getattr(self, name)
        if name in _TRAINING:
            return getattr(self.training, name)
        if name in DISTORTIONS:
            return getattr(self.training.augmentation, name)
        remedy = f"Choose from: {', '.join(SETTING_NAMES)}."
        raise SettingError("settings", name, "must be the name of a setting", remedy)

    # ---- changed copies

    def changed(self, **settings: Any) -> Experiment:
        """Returns a copy with other values of the settings that :meth:`value` knows. Raises SettingError.

        If the number of layers changes, kept layers keep their activation and dropout, and new layers take those of the
        last hidden layer.
        """
        for name in settings:
            self.value(name)  # raises SettingError for an unknown name
        distortions = {name: settings.pop(name) for name in DISTORTIONS if name in settings}
        training = {name: settings.pop(name) for name in _TRAINING if name in settings}
        if {"shape", *_PARTS} & set(settings):
            settings = self._with_layers(settings)
        layers = len(settings.get("shape", self.shape)) - 1
        if layers != len(self.activations) and not {"dropout", "training"} & {*training, *settings}:
            training["dropout"] = _dropout_for(self.training.dropout, layers)
        if distortions:
            training["augmentation"] = _with(training.get("augmentation", self.training.augmentation), distortions)
        return replace(self, **{**settings, "training": _with(settings.get("training", self.training), training)})

    def _with_layers(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Replaces inputs, hidden layers, outputs and output activation by shape and activations."""
        settings = dict(settings)
        inputs, *hidden, outputs = check_sizes(settings.get("shape", self.shape))
        inputs, outputs = settings.pop("inputs", inputs), settings.pop("outputs", outputs)
        hidden = settings.pop("hidden", hidden)
        if not isinstance(hidden, (list, tuple)):
            raise SettingError("hidden", hidden, "must be a list of layer sizes", "For example [64, 32].")
        shape = check_sizes([inputs, *hidden, outputs])
        output = settings.pop("output", self.output)
        kept = self.activations[:-1]
        more = [kept[-1] if kept else "relu"] * len(shape)
        follow = (*[*kept, *more][: len(shape) - 2], output)
        return {**settings, "shape": shape, "activations": settings.get("activations", follow)}

    def with_optimizer(self, name: str) -> Experiment:
        """Returns the experiment with that optimizer, and a learning rate that is as large for it as the present one.

        Weight decay is divided by the same factor, because it acts in proportion to the learning rate.
        """
        if name == self.training.optimizer:
            return self
        change = OPTIMIZERS[name].default_rate / OPTIMIZERS[self.training.optimizer].default_rate
        rate, decay = self.training.learning_rate * change, self.training.weight_decay / change
        return self.changed(optimizer=name, learning_rate=float(f"{rate:.3g}"), weight_decay=float(f"{decay:.3g}"))

    def with_shape(self, shape: tuple[int, ...]) -> Experiment:
        """Returns a copy with other hidden layers. Raises SettingError for other inputs or outputs."""
        if (shape[0], shape[-1]) != (self.inputs, self.outputs):
            raise SettingError(
                "shape",
                Verbatim(", ".join(map(str, shape))),
                f"must start with {counted(self.inputs, 'input')} and end with {counted(self.outputs, 'output')}, "
                f"as the data set does",
                f"Change the layers between {self.inputs} and {self.outputs}.",
            )
        return self.changed(shape=shape)

    def with_output(self, name: str) -> Experiment:
        """Returns a copy with another output activation and, if needed, the first loss that can follow it."""
        joined = LOSSES[self.loss].joined_with
        fits = not joined or name in joined
        loss = self.loss if fits else next(loss for loss in LOSSES if not LOSSES[loss].joined_with)
        return self.changed(output=name, loss=loss)

    def with_loss(self, name: str) -> Experiment:
        """Returns a copy with another loss and, if needed, the first output activation that it can follow."""
        joined = LOSSES[name].joined_with
        fits = not joined or self.output in joined
        return self.changed(loss=name, output=self.output if fits else joined[0])

    def with_augmentation(self, wanted: bool, strengths: Augmentation = MILD) -> Experiment:
        """Returns a copy with augmentation or without; mild distortions if ``strengths`` has none."""
        if not wanted:
            return self.changed(augmentation=Augmentation())
        return self.changed(augmentation=strengths if strengths.is_active else MILD)

    def for_data(
        self, dataset: Dataset, name: str | None = None, settings: Mapping[str, Value] | None = None
    ) -> Experiment:
        """Returns the experiment for this data set, with its inputs, outputs, brightness and fingerprint.

        It also gets name and settings, if they are given.
        """
        same = name in (None, self.data)
        fit = {
            "brightness": dataset.brightness,
            "data": self.data if name is None else name,
            "data_settings": (self.data_settings if same else {}) if settings is None else settings,
            "fingerprint": dataset.fingerprint,
            "inputs": dataset.width,
            "outputs": dataset.outputs,
        }
        return self if all(self.value(each) == fit[each] for each in fit) else self.changed(**fit)

    def for_task(self, dataset: Dataset) -> Experiment:
        """Returns the experiment with an output, a loss and an augmentation that make sense for this data set's task.

        Numbers are predicted by outputs without bounds and a loss for numbers; classes by probabilities and
        cross-entropy, unless output and loss are for classes already. What is not an image is not distorted. Settings
        that do not exist for the data are switched off.
        """
        is_distorted = self.training.augmentation.is_active and not dataset.is_picture
        fit = self.with_augmentation(False) if is_distorted else self
        on = [name for name, setting in TRAINING_SETTINGS.items() if setting.is_on(self.value(name))]
        off = {name: DECLARED[name].off for name in on if not DECLARED[name].suits(dataset)}
        fit = fit.changed(**off) if off else fit
        if dataset.is_classification:
            return fit.changed(output="softmax", loss="cross-entropy") if fit.output == "identity" else fit
        output = "identity" if ACTIVATIONS[fit.output].is_probability else fit.output
        loss = _loss_of_numbers(fit.loss)
        return fit if (output, loss) == (fit.output, fit.loss) else fit.changed(output=output, loss=loss)

    def check_task(self, dataset: Dataset) -> None:
        """Raises SettingError if the outputs are probabilities and the data have other numbers to predict."""
        if dataset.is_classification or self.output not in LOSSES["cross-entropy"].joined_with:
            return
        try:
            LOSSES["cross-entropy"]().check_targets(dataset.train.targets, ACTIVATIONS[self.output]())
        except DataError:
            name = "loss" if LOSSES[self.loss].joined_with else "output"
            fit = self.for_task(dataset).value(name)
            rule = f"must allow targets that are not probabilities, as in {dataset.title}"
            raise SettingError(name, self.value(name), rule, f"Use {fit}.") from None

    # ---- comparison

    def same_network(self, other: Experiment) -> bool:
        """Whether both describe the same untrained network."""
        return all(self.value(name) == other.value(name) for name in (*_OWN, "seed") if name not in _NOT_OF_NETWORK)

    def difference(self, other: Experiment) -> dict[str, tuple[Any, Any]]:
        """Returns the settings that differ: name → (value here, value there).

        Settings of training and augmentation appear by their own names. The fingerprint is left out if one is not
        known, and the brightness if the data differ, from which it follows.
        """
        names = [name for name in _SETTINGS if name not in ("training", "augmentation")]
        both = {name: (self.value(name), other.value(name)) for name in names}
        if not (self.fingerprint and other.fingerprint):
            del both["fingerprint"]
        if self.data != other.data or self.fingerprint != other.fingerprint:
            del both["brightness"]
        return {name: (here, there) for name, (here, there) in both.items() if here != there}

    # ---- dictionaries and command lines

    def as_dict(self) -> dict[str, Any]:
        """Returns all settings in types that JSON can hold; of a table also the default for missing values."""
        lists = {"shape": list(self.shape), "activations": list(self.activations)}
        lists["data_settings"] = recorded_data_settings(self.data, self.data_settings, self.inputs)
        entries = {name: getattr(self, name) for name in _OWN} | lists | {"training": self.training.as_dict()}
        if self.brightness is None:
            del entries["brightness"]
        else:
            entries["brightness"] = self.brightness.as_dict()
        return entries

    @classmethod
    def from_dict(cls, entries: object) -> Experiment:
        """Returns the experiment of an :meth:`as_dict`, also from version 0.3; missing settings have their defaults.

        Raises SettingError for an unknown name or a value that breaks its rule.
        """
        known = dict(known_only("experiment", with_present_names(entries), cls))
        if "training" in known:
            known["training"] = TrainingSettings.from_dict(known["training"])
        if "brightness" in known:
            known["brightness"] = _brightness(known["brightness"])
        return cls(**known)

    def command(self) -> list[str]:
        """Returns the arguments of ``python main.py`` that train it again; only settings that differ from the defaults.

        The fingerprint is not part of them.
        """
        words, default = ["train"], Experiment()
        if self.data != default.data:
            words += data_words("data", self.data)
        for name, value in self.data_settings.items():
            words += data_words(name, value if isinstance(value, str) else json.dumps(value))
        if self.shape != default.shape:
            words += ["--shape", ",".join(map(str, self.shape))]
        hidden = self.activations[:-1]
        if hidden != default.changed(shape=self.shape).activations[:-1]:
            words += ["--activation", hidden[0] if len(set(hidden)) == 1 else ",".join(hidden)]
        words += ["--epochs", str(self.training.epochs)]  # the command line has another default
        is_adjusted = self.data != default.data or "train_examples" in self.data_settings
        for name in DECLARED:
            value = self.value(name)
            is_default = value == default.value(name) and not (name in ADJUSTED and is_adjusted)
            if name != "epochs" and not is_default:
                words += setting_words(name, value)
        return words

    # ---- networks and runs

    def check_against(self, dataset: Dataset) -> None:
        """Raises SettingError if network, data and settings do not fit together. Builds no network of that size."""
        self.check_task(dataset)
        self.training.check_against(self.examples(dataset))
        takes_some = self.training.validation_share and dataset.validation is None
        validation = dataset.train.head(1) if takes_some else dataset.validation
        stand_in = Network([1] * len(self.shape), self.activations, self.loss, "zeros")
        UpdatePipeline(stand_in, replace(dataset, validation=validation), replace(self.training, batch_size=1))

    def examples(self, dataset: Dataset) -> int:
        """Returns the number of training examples: the training set without the held-out validation set."""
        examples = len(dataset.train)
        return (
            examples if dataset.validation is not None else examples - round(self.training.validation_share * examples)
        )

    def for_few_examples(self, dataset: Dataset) -> Experiment:
        """Returns the experiment with a batch that is not larger than the data, if they are few."""
        most = max(1, self.examples(dataset))
        return self if self.training.batch_size <= most else self.changed(batch_size=most)

    def build(self) -> Network:
        """Returns a new untrained network, always the same one. Raises SettingError if it does not fit in memory."""
        rng = np.random.default_rng(self.seed)
        made = Network(self.shape, self.activations, self.loss, self.initializer, rng, weight_scale=self.weight_scale)
        if self.brightness is not None:
            made.description = Description(brightness=self.brightness)
        return made

    def trainer(self, dataset: Dataset, network: Network | None = None) -> Trainer:
        """Returns a trainer for ``network``, or for a new one.

        Raises SettingError or DataError if network, data and settings do not fit together.
        """
        return Trainer(self.build() if network is None else network, dataset, self.training)

    def run(self, dataset: Dataset, history: History | None = None) -> Generator[Event, None, Network]:
        """Trains a new network to the end, yields all events and returns the network.

        Args:
            history: collects the results.

        Raises:
            SettingError, DataError: as :meth:`trainer`.
            DivergenceError: the loss is no longer finite.
        """
        trainer = self.trainer(dataset)
        yield from train_on(trainer, (History() if history is None else history).take_event)
        return trainer.network


def train_on(trainer: Trainer, take: Callable[[Event], None]) -> Iterator[Event]:
    """Runs a trainer: passes every event to ``take`` and then yields it.

    Raises DivergenceError if the loss is no longer finite.
    """
    for event in trainer.run():
        take(event)
        yield event


_OWN = tuple(each.name for each in fields(Experiment))
_OWN_SETTINGS = declarations(Experiment)
_NOT_OF_NETWORK = ("data", "data_settings", "fingerprint", "training")  # what an untrained network does not depend on
_SETTINGS = (*_OWN, *_TRAINING, *DISTORTIONS)
SETTING_NAMES = tuple(dict.fromkeys((*_SETTINGS, *_PARTS)))  # all names that Experiment.value accepts
# The declared settings of network, training and augmentation; each has a command-line option of its own.
DECLARED = {"output": _OUTPUT, **_OWN_SETTINGS, **TRAINING_SETTINGS, **DISTORTIONS}


def _brightness(entries: object) -> Brightness | None:
    """Returns the brightness of an experiment's entry. Raises SettingError."""
    try:
        return brightness_in(entries)
    except DataError as error:
        raise SettingError("brightness", Verbatim(error.value), error.rule, error.remedy) from None


def _loss_of_numbers(loss: str) -> str:
    """Returns the loss itself, or the first one that can follow any output if it is for probabilities."""
    return next((name for name in (loss, *LOSSES) if not LOSSES[name].joined_with), loss)


def _plain(settings: object) -> dict[str, Value]:
    """Returns a copy of the data's settings with tuples for lists, to compare them. Raises SettingError."""
    if not isinstance(settings, Mapping) or not all(isinstance(name, str) for name in settings):
        raise SettingError("data_settings", settings, "must be settings by their names", 'For example {"points": 600}.')
    return {name: frozen(value) for name, value in settings.items()}


def _with(settings: Any, changes: dict[str, Any]) -> Any:
    """Returns the settings with changes; values of another type are returned, and refused later, unchanged."""
    if not changes or not isinstance(settings, (TrainingSettings, Augmentation)):
        return settings
    return replace(settings, **changes)


def _dropout_for(dropout: float | tuple[float, ...], layers: int) -> float | tuple[float, ...]:
    """Returns dropout for another number of layers: the last shares are cut off, or the last one is repeated."""
    if not isinstance(dropout, tuple):
        return dropout
    return (*dropout, *dropout[-1:] * layers)[:layers]
