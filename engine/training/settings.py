"""``TrainingSettings``: all settings of a run, checked, to and from a dictionary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from engine.basics.errors import SettingError, Verbatim, shown
from engine.basics.validation import number_within, positive_number, whole_number
from engine.training.augmentation import Augmentation
from engine.training.optimizers import OPTIMIZERS, Optimizer
from engine.training.schedules import SCHEDULES, Schedule

# name, minimum, maximum, example
_RANGES: tuple[tuple[str, float, float, str], ...] = (
    ("momentum", 0, 0.9999, "0.9"),
    ("beta2", 0, 0.999999, "0.999"),
    ("warmup", 0, math.inf, "1"),
    ("decay", 0, 1, "0.5"),
    ("l1", 0, math.inf, "0.0001"),
    ("weight_decay", 0, math.inf, "0.0001"),
    ("max_norm", 0, math.inf, "3"),
    ("clip_norm", 0, math.inf, "1"),
    ("validation_share", 0, 0.5, "0.1"),
)
# Old names that files and command lines of version 0.3 use.
RENAMED = {"held_out": "validation_share"}
_MOST = 10**15  # limit of epochs, and of examples in a batch
_MOST_DROPOUT = 0.95


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a run. Raises SettingError for invalid values.

    Attributes:
        batch_size: examples per step.
        epochs: passes over the training data.
        learning_rate: step size.
        optimizer: a registered name; ``momentum``, ``beta2``, ``epsilon`` are its constants, if it uses them.
        schedule: a registered name; ``decay``, ``decay_epochs`` are its constants, if it uses them.
        warmup: number of epochs, or a fraction, over which the learning rate rises from 0.
        l1, weight_decay: penalties on the weights.
        dropout: share of the hidden neurons left out; or a share for each layer before the output, inputs first.
        max_norm: limit of the length of a neuron's weight vector; 0 for none.
        clip_norm: limit of the length of the gradient including penalties; 0 for none.
        validation_share: share of the training examples that form the validation set.
        patience: number of epochs without a better validation error after which training stops and the best parameters
            are restored; 0 to train all epochs.
        augmentation: distortions of the images during training.
        seed: seed of the order of examples and of all other randomness in training.
        drop_last: leave out the last, incomplete batch of each epoch.
        evaluate: compute exact train and test results after each epoch.
    """

    batch_size: int = 100
    epochs: int = 20
    learning_rate: float = 0.3
    optimizer: str = "sgd"
    momentum: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    schedule: str = "constant"
    decay: float = 0.5
    decay_epochs: float = 5.0
    warmup: float = 0.0
    l1: float = 0.0
    weight_decay: float = 0.0
    dropout: float | tuple[float, ...] = 0.0
    max_norm: float = 0.0
    clip_norm: float = 0.0
    validation_share: float = 0.0
    patience: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int | None = 1
    drop_last: bool = True
    evaluate: bool = True

    def __post_init__(self) -> None:
        for name, example in (("batch_size", "100"), ("epochs", "10")):
            self._set(name, whole_number(name, getattr(self, name), 1, example, _MOST))
        rate = f"{OPTIMIZERS[self.optimizer].default_rate:g}"
        for name, example in (("learning_rate", rate), ("epsilon", "1e-8"), ("decay_epochs", "5")):
            self._set(name, positive_number(name, getattr(self, name), example))
        for name, least, most, example in _RANGES:
            self._set(name, number_within(name, getattr(self, name), least, most, example))
        self._set("patience", whole_number("patience", self.patience, 0, "5"))
        self._set("dropout", _checked_dropout(self.dropout))
        if self.seed is not None:
            self._set("seed", whole_number("seed", self.seed, 0, "1"))
        for name in ("drop_last", "evaluate"):
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise SettingError(name, getattr(self, name), "must be True or False", "Try True.")
            self._set(name, bool(getattr(self, name)))
        if not isinstance(self.augmentation, Augmentation):
            raise SettingError(
                "augmentation", self.augmentation, "must be an Augmentation", "Use Augmentation() for none."
            )
        SCHEDULES[self.schedule]

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def new_optimizer(self) -> Optimizer:
        kind = OPTIMIZERS[self.optimizer]
        return kind(**{name: getattr(self, name) for name in kind.uses})

    def new_schedule(self) -> Schedule:
        kind = SCHEDULES[self.schedule]
        return kind(**{name: getattr(self, name) for name in kind.uses})

    def dropout_of(self, layers: int) -> tuple[float, ...]:
        """Returns the dropout of each layer's inputs, starting with the network's inputs. Raises SettingError."""
        if not isinstance(self.dropout, tuple):
            return (0.0, *[self.dropout] * (layers - 1))
        if len(self.dropout) != layers:
            raise SettingError(
                "dropout",
                Verbatim(", ".join(f"{rate:g}" for rate in self.dropout)),
                f"must have one share for each of the {layers} layers before the output, inputs first",
                "Give " + ", ".join(["0", *["0.5"] * (layers - 1)]) + ", or one number for all hidden layers.",
            )
        return self.dropout

    def check_against(self, examples: int) -> None:
        """Raises SettingError if a batch is larger than the training data."""
        if self.batch_size > examples:
            raise SettingError(
                "batch_size",
                Verbatim(f"{self.batch_size:,}"),
                f"must be at most the {examples:,} examples of the training data",
                f"Try {min(100, examples)}.",
            )

    def as_dict(self) -> dict[str, Any]:
        """Returns all settings in types that JSON can hold."""
        entries = asdict(self)
        return entries | {"dropout": list(self.dropout)} if isinstance(self.dropout, tuple) else entries

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> TrainingSettings:
        """Returns the settings of an :meth:`as_dict`, also from version 0.3; missing settings have their defaults.

        Raises SettingError for an unknown name or a value that breaks its rule.
        """
        if isinstance(entries, Mapping):
            entries = {RENAMED.get(name, name): value for name, value in entries.items()}
        known = dict(known_only("settings", entries, cls))
        if "augmentation" in known:
            known["augmentation"] = Augmentation(**known_only("augmentation", known["augmentation"], Augmentation))
        return cls(**known)


def known_only(parameter: str, entries: object, kind: Any) -> Mapping[str, Any]:
    """Returns the entries. Raises SettingError unless they are a table with names of fields of the data class."""
    names = [each.name for each in fields(kind)]
    if not isinstance(entries, Mapping):
        raise SettingError(parameter, entries, "must be a table of settings", f"Its names: {', '.join(names)}.")
    for name in entries:
        if name not in names:
            raise SettingError(parameter, name, "must be the name of a setting", f"Choose from: {', '.join(names)}.")
    return entries


def _checked_dropout(value: object) -> float | tuple[float, ...]:
    if not isinstance(value, (tuple, list)):
        return number_within("dropout", value, 0, _MOST_DROPOUT, "0.5, or a share for each layer: 0, 0.5, 0.5")
    if not value:
        raise SettingError("dropout", shown(value), "must not be empty", "Give 0 for no dropout.")
    return tuple(number_within("dropout", rate, 0, _MOST_DROPOUT, "0.5") for rate in value)
