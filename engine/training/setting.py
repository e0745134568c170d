"""The declaration of a setting: its rule, its texts and its properties, in the metadata of its dataclass field."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from engine.basics.errors import SettingError, shown
from engine.basics.registry import Registry
from engine.basics.validation import (
    number_within,
    parse_number,
    parse_share,
    parse_whole,
    positive_number,
    whole_number,
)
from engine.datasets.dataset import Dataset


class Rule(ABC):
    """The values that a setting may have."""

    @abstractmethod
    def check(self, name: str, value: Any) -> Any:
        """Returns the clean value. Raises SettingError."""


@dataclass(frozen=True)
class Number(Rule):
    """A finite number from ``least`` to ``most``, both included.

    Attributes:
        example: a value that suits most networks, for remedies.
        least, most: the range.
        step: the step of a field; 0 steps whole numbers by 1, others through 1, 2, 3 and 5 in each power of ten.
        unit: the unit of the range, or what its ends mean, for messages.
    """

    example: str
    least: float = 0.0
    most: float = math.inf
    step: float = 0.0
    unit: str = ""

    def check(self, name: str, value: Any) -> Any:
        return number_within(name, value, self.least, self.most, self.example, self.unit)

    def parse(self, name: str, typed: str, example: str) -> Any:
        """Converts a typed text to a value, not checked yet. Raises SettingError, with the example in the remedy."""
        return parse_number(name, typed, example)


class PositiveNumber(Number):
    """A finite number above 0."""

    def check(self, name: str, value: Any) -> Any:
        return positive_number(name, value, self.example)


class WholeNumber(Number):
    """A whole number from ``least`` to ``most``, both included."""

    def check(self, name: str, value: Any) -> Any:
        return whole_number(name, value, int(self.least), self.example, self.most)

    def parse(self, name: str, typed: str, example: str) -> Any:
        return parse_whole(name, typed, example)


class Share(Number):
    """A share, which may be typed as a percentage."""

    def parse(self, name: str, typed: str, example: str) -> Any:
        return parse_share(name, typed, example)


class LayerShares(Share):
    """A share for all layers, or a tuple with one for each, which are typed with commas, semicolons or spaces."""

    def check(self, name: str, value: Any) -> Any:
        if not isinstance(value, (tuple, list)):
            example = f"{self.example}, or a share for each layer: 0, {self.example}, {self.example}"
            return number_within(name, value, self.least, self.most, example, self.unit)
        if not value:
            raise SettingError(name, shown(value), "must not be empty", f"Give 0 for no {name}.")
        return tuple(super(LayerShares, self).check(name, each) for each in value)

    def parse(self, name: str, typed: str, example: str) -> Any:
        parts = [part.rstrip(",") for part in re.split(r"[;\s]+", typed.strip())]
        if len(parts) == 1 and ("." in typed or typed.count(",") > 1):  # else the comma is a decimal comma
            parts = parts[0].split(",")
        shares = tuple(super(LayerShares, self).parse(name, part, example) for part in parts)
        return shares if len(shares) > 1 else shares[0]


@dataclass(frozen=True)
class Choice(Rule):
    """The name of an entry of a registry."""

    registry: Registry[Any]

    def check(self, name: str, value: Any) -> Any:
        self.registry[value]
        return value


class Flag(Rule):
    """True or False."""

    def check(self, name: str, value: Any) -> Any:
        if not isinstance(value, (bool, np.bool_)):
            raise SettingError(name, value, "must be True or False", "Try True.")
        return bool(value)


@dataclass(frozen=True)
class SettingGroup:
    """A group of settings: its title in the window, and that of its options in ``--help``.

    The title is "" for the settings that the window always shows, and None for settings without a field there.
    """

    title: str | None
    options: str


COMMON = SettingGroup("", "training")
WITHOUT_ROW = SettingGroup(None, "training")
BATCHES = SettingGroup("Batches and seed", "training")
CONSTANTS = SettingGroup("Optimizer constants", "training")
SCHEDULE = SettingGroup("Schedule", "learning rate schedule")
REGULARISATION = SettingGroup("Regularisation", "regularisation")
VALIDATION = SettingGroup("Early stopping", "validation and early stopping")
AUGMENTATION = SettingGroup("Augmentation", "augmentation")
INITIALISATION = SettingGroup("Initialisation and loss", "network")


@dataclass(frozen=True)
class DataKind:
    """Data for which a setting exists: their name in messages, and whether a data set is of them."""

    name: str
    includes: Callable[[Dataset], bool]


ANY_DATA = DataKind("", lambda dataset: True)
IMAGES = DataKind("images", lambda dataset: dataset.is_picture)
CLASSES = DataKind("classes", lambda dataset: dataset.is_classification)


@dataclass(frozen=True)
class Setting:
    """The declaration of a setting, which checks, the window, the command line, sweeps and lessons read.

    Attributes:
        rule: the values that it may have.
        group: its group in the window and on the command line.
        exists_for: the data that it exists for. For others it must be off.
        help: the text of its option.
        title, unit, tip: those of its row in the window.
        name: its name within a sentence; "" for that of its field with spaces.
        word: what a summary of the settings calls it; "" for its title.
        off: the value with which it has no effect; None if there is none.
        worth_trying: values for a sweep, if half, once and twice the present value are not.
        is_fixed: whether it must stay the same while a network trains.
        fits_run: whether a value fits a run in progress, by its number of layers and whether it has a validation set.
            None if every value does.
        is_penalty: whether it keeps the network from fitting the training set, so that a hint may switch it off.
    """

    rule: Rule
    group: SettingGroup
    exists_for: DataKind
    help: str
    title: str = ""
    unit: str = ""
    tip: str = ""
    name: str = ""
    word: str = ""
    off: Any = None
    worth_trying: tuple[float, ...] = ()
    is_fixed: bool = False
    fits_run: Callable[[Any, int, bool], bool] | None = None
    is_penalty: bool = False

    def field(self, default: Any) -> Any:
        """Returns a dataclass field with that default, which declares the setting."""
        return field(default=default, metadata={"setting": self})

    def is_on(self, value: Any) -> bool:
        """Whether a value, or one of several, differs from ``off``; False if no value switches the setting off."""
        return self.off is not None and any(
            each != self.off for each in (value if isinstance(value, tuple) else (value,))
        )

    def suits(self, dataset: Dataset | None) -> bool:
        """Whether the setting exists for a data set, or no data set is known."""
        return dataset is None or self.exists_for.includes(dataset)

    def check_suits(self, name: str, value: Any, dataset: Dataset) -> None:
        """Raises SettingError if the value is on and the setting does not exist for the data set."""
        if self.is_on(value) and not self.suits(dataset):
            rule = f"must be {self.off:g} for data without {self.exists_for.name}, such as {dataset.title}"
            raise SettingError(name, value, rule, f"Set it to {self.off:g}.")


def declarations(kind: type[Any]) -> dict[str, Setting]:
    """Returns the settings that the fields of a dataclass declare, by name."""
    return {each.name: each.metadata["setting"] for each in fields(kind) if "setting" in each.metadata}
