"""``DataSource``: data that can be loaded, with the settings that they are made with; and the registry of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.basics.errors import SettingError
from engine.basics.registry import Registry
from engine.datasets.data_setting import DRAWING_SEED, SEED, TRAIN_EXAMPLES, DataSetting, Value
from engine.datasets.dataset import Dataset
from engine.datasets.download import Download
from engine.datasets.download import Progress as Progress
from engine.datasets.stored_texts import storable
from engine.datasets.user_examples import DEFAULT_SHARE, mix_in_user_examples, read_user_examples

PICTURES, TABLES, PLANES_GROUP, CURVES_GROUP, FILES = "Images", "Tables", "The plane", "Curves", "Files"

_OF_OLDER_RECORDS = ("missing", "drop")


@dataclass(frozen=True)
class DataSource:
    """A data set that can be loaded.

    Attributes:
        title: its displayed name, known before it is loaded.
        make: the function that makes it; gets the settings as keyword arguments, and ``progress`` if it
            ``shows_progress``.
        group: the heading under which it is listed.
        settings: its settings. Images also have a number of training examples, and a seed that draws these if they
            have no other.
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
        if self.group == PICTURES:  # all images can be fewer
            names = [each.name for each in self.settings]
            added = (each for each in (TRAIN_EXAMPLES, DRAWING_SEED) if each.name not in names)
            object.__setattr__(self, "settings", (*self.settings, *added))

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

_OWN_TIP = "File of your own examples, as the window exports them, to mix into the training set."
_SHARE_TIP = "Share of your own examples in the training set. Each is repeated as often as this takes."
OWN_SETTINGS = (
    DataSetting("own", "Your own examples", None, _OWN_TIP),
    DataSetting("own_share", "Share of your own", DEFAULT_SHARE, _SHARE_TIP),
)


def settings_with_option() -> dict[str, DataSetting]:
    """Returns the settings of registered data that have a command-line option of their own, by name, each once."""
    found: dict[str, DataSetting] = {}
    for setting in (setting for name in DATASETS for setting in DATASETS[name].settings if setting.option):
        found.setdefault(setting.name, setting)
    return found


def data_words(name: str, value: str) -> list[str]:
    """Returns the command-line words that set a setting of the data, or name the data.

    A value that looks like an option is joined to its option.
    """
    if name not in (*settings_with_option(), "data"):
        return ["--data-setting", f"{name}={value}"]
    option = f"--{name.replace('_', '-')}"
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


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
    count, seed = settings.get("train_examples"), SEED.checked(settings.get("seed", SEED.default))
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
