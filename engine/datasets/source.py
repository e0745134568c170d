"""``DataSource``: data that can be loaded, with the settings that they are made with; and the registry of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.basics.errors import SettingError
from engine.basics.registry import Registry
from engine.basics.validation import whole_number
from engine.datasets.dataset import Dataset
from engine.datasets.download import Download
from engine.datasets.download import Progress as Progress
from engine.datasets.stored_texts import storable
from engine.datasets.user_examples import DEFAULT_SHARE, mix_in_user_examples, read_user_examples

PICTURES, TABLES, PLANES_GROUP, CURVES_GROUP, FILES = "Images", "Tables", "The plane", "Curves", "Files"

YES_NO = {"yes": True, "no": False, "true": True, "false": False}

_OF_OLDER_RECORDS = ("missing", "drop")
Value = Any  # a number, a text, None, or a tuple of these: what JSON can hold


@dataclass(frozen=True)
class DataSetting:
    """A setting of a data source. The function that makes the data checks its value.

    Attributes:
        name: the name of the function's argument.
        label: its displayed name.
        default: its value if none is given.
        tip: its effect, in a sentence.
        choices: labels of the possible values; empty if there are others.
        kind: the type of its values, if the default is None and they are not texts; else None.
        example: a value that messages suggest if the default is None.
    """

    name: str
    label: str
    default: Value
    tip: str
    choices: Mapping[str, Value] = field(default_factory=dict, hash=False)
    kind: type | None = None
    example: Value = None

    def parse(self, text: str) -> Value:
        """Parses a text as a value of the default's type. Raises SettingError."""
        kind = self.kind or (str if self.default is None else type(self.default))
        if self.choices or kind is bool:
            return self._chosen(text, self.choices or YES_NO)
        if kind is str:
            return text
        if kind is tuple:
            return _texts(text)
        try:
            return kind(text)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            example = self.example if self.default is None else self.default
            raise SettingError(
                self.name, text, f"must be {what}", f"Try {kind() if example is None else example}."
            ) from None

    def _chosen(self, text: str, choices: Mapping[str, Value]) -> Value:
        if text in choices.values():
            return text
        if text.strip().casefold() in choices:
            return choices[text.strip().casefold()]
        raise SettingError(self.name, text, f"must be one of: {', '.join(choices)}", "Choose one of these.")


def _texts(text: str) -> tuple[str, ...]:
    """Parses texts separated by commas, or a JSON list, whose texts may contain commas."""
    with suppress(ValueError, RecursionError):
        listed = json.loads(text)
        if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
            return tuple(listed)
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True)
class DataSource:
    """A data set that can be loaded.

    Attributes:
        title: its displayed name, known before it is loaded.
        make: the function that makes it; gets the settings as keyword arguments, and ``progress`` if it
            ``shows_progress``.
        group: the heading under which it is listed.
        settings: its settings.
        shows_progress: whether ``make`` takes a ``progress``, whose exceptions end the loading and are passed on.
        download: the files that ``make`` downloads first, unless ``download.is_here()``; None without any.
        about: a short text about its content, if loading it takes long; else empty.
        file: the table, image folder or file of arrays that it is read from; None if it is generated, or of another
            kind.
    """

    title: str
    make: Callable[..., Dataset]
    group: str = PICTURES
    settings: tuple[DataSetting, ...] = ()
    shows_progress: bool = False
    download: Download | None = None
    about: str = ""
    file: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", storable(self.title))

    @property
    def table(self) -> Path | None:
        """The file, if it is a table."""
        return self.file if any(each.name == "target" for each in self.settings) else None

    def load(self, settings: Mapping[str, Value] | None = None, progress: Progress | None = None) -> Dataset:
        """Loads the data set, with default values for settings that are not given.

        Raises SettingError for a setting that it does not have, and the errors of ``make``.
        """
        given = self.different(settings or {})
        alone = without_drawing(without_own(given), self.settings)
        made = self.make(**alone, progress=progress) if self.shows_progress else self.make(**alone)
        return with_user_examples(with_fewer(made, given), given)

    def different(self, settings: Mapping[str, Value]) -> dict[str, Value]:
        """Returns the settings that differ from the defaults, in their order. Raises SettingError for unknown ones.

        Table settings that records of older versions have for any file are left out for other data.
        """
        known = [each.name for each in self.every_setting]
        for name, value in settings.items():
            is_of_record = self.file is not None and (name, value) == _OF_OLDER_RECORDS
            if name not in known and not is_of_record:
                choices = f"Choose from: {', '.join(known)}."
                raise SettingError("data_settings", name, f"must be the name of a setting of {self.title}", choices)
        every = self.every_setting
        given = {each.name: frozen(settings[each.name]) for each in every if each.name in settings}
        return {each.name: given[each.name] for each in every if given.get(each.name, each.default) != each.default}

    @property
    def every_setting(self) -> tuple[DataSetting, ...]:
        """Its own settings, and those of all data."""
        return (*self.settings, *OWN_SETTINGS)

    def setting(self, name: str) -> DataSetting:
        """Returns the setting of that name. Raises SettingError."""
        self.different({name: None})
        return next(each for each in self.every_setting if each.name == name)


def frozen(value: Value) -> Value:
    """Returns the value with tuples for lists, so that it equals the same value read from a file."""
    return tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value


DATASETS: Registry[DataSource] = Registry("data set")

TEST_SHARE = DataSetting("test_share", "Test share", 0.2, "Share of the examples that is held out as the test set.")
SEED = DataSetting("seed", "Seed", 0, "Seed of the test split and of generated data. Another seed gives other data.")

TRAIN_EXAMPLES = DataSetting(
    "train_examples",
    "Training examples",
    None,
    "Trains on this many examples, equally many of each class. With few, the network overfits.",
    kind=int,
    example=300,
)
DRAWING_SEED = DataSetting("seed", "Seed", 0, "Seed that selects the training examples if not all are used.")
# Settings of images with a given test set.
IMAGE_SETTINGS = (TRAIN_EXAMPLES, DRAWING_SEED)

_OWN_TIP = "File of your own examples, as the window exports them, to mix into the training set."
_SHARE_TIP = "Share of your own examples in the training set. Each is repeated as often as this takes."
OWN_SETTINGS = (
    DataSetting("own", "Your own examples", None, _OWN_TIP),
    DataSetting("own_share", "Share of your own", DEFAULT_SHARE, _SHARE_TIP),
)


def without_own(settings: Mapping[str, Value]) -> dict[str, Value]:
    """Returns the settings of the data without those of user examples."""
    own = [each.name for each in OWN_SETTINGS]
    return {name: value for name, value in settings.items() if name not in own}


def without_drawing(settings: Mapping[str, Value], known: tuple[DataSetting, ...]) -> dict[str, Value]:
    """Returns the settings without the number of training examples, and without a seed that draws only these."""
    gone = ("train_examples", *(["seed"] if DRAWING_SEED in known else []))
    return {name: value for name, value in settings.items() if name not in gone}


def with_fewer(data: Dataset, settings: Mapping[str, Value]) -> Dataset:
    """Returns the data with the number of training examples in the settings, by default all of them.

    Raises SettingError for a wrong seed, and what :meth:`~engine.datasets.dataset.Dataset.with_train_examples` raises.
    """
    count, seed = settings.get("train_examples"), whole_number("seed", settings.get("seed", SEED.default), 0, "1")
    return data if count is None else data.with_train_examples(count, seed)


def with_user_examples(data: Dataset, settings: Mapping[str, Value]) -> Dataset:
    """Returns the data with user examples mixed in, if the settings name a file of them; else unchanged.

    Raises SettingError, and the errors of :func:`~engine.datasets.user_examples.read_user_examples` and
    ``mix_in_user_examples``.
    """
    path = settings.get("own")
    if path is None:
        return data
    if not isinstance(path, str):
        raise SettingError("own", path, "must be the path of a file", "Export your own examples to get one.")
    return mix_in_user_examples(data, read_user_examples(path), settings.get("own_share", DEFAULT_SHARE))
