"""Settings in words: their names and values, and what differs between two experiments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, DataSetting
from engine.datasets.data_setting import Value
from engine.experiment import DECLARED, Experiment
from nnviz.formatting import text

_ALL = "all"  # what a field shows whose setting has no number

_LONGEST_VALUE = 30  # characters of a text among the settings of data


def changes_between(before: Experiment, after: Experiment) -> list[str]:
    """Returns the settings of ``after`` that differ, each in a few words: "learning rate 0.05", "seed 2".

    The number of epochs, which the chart's axis shows, is left out.
    """
    omitted = {"epochs", "fingerprint", *(["activations"] if len(before.shape) != len(after.shape) else [])}
    return [
        f"{setting_name(name)} {title_of_data(value) if name == 'data' else setting_value(value)}".lstrip()
        for name, (value, _) in after.difference(before).items()
        if name not in omitted
    ]


def title_of_data(name: str) -> str:
    """Returns the title of registered data, or the name of a file or folder, which need not exist any more."""
    return text.name(DATASETS[name].title if name in list(DATASETS) else Path(name).name)


def more_epochs(epochs: int) -> str:
    """Returns a number of further epochs: "1 more epoch", "20 more epochs"."""
    return f"{text.count(epochs)} more epoch{'' if epochs == 1 else 's'}"


def setting_name(name: str) -> str:
    """Returns the name of a setting for a sentence."""
    if name in DECLARED:
        return DECLARED[name].name or name.replace("_", " ")
    names = {
        "shape": "",
        "hidden": "hidden layers",
        "brightness": "standardisation",
        "train_examples": "training examples",
    }
    return names.get(name, name.replace("_", " "))


def short_setting_name(name: str) -> str:
    """Returns a short name of a setting, for columns and names of runs: "rate", "hidden"."""
    return {"learning_rate": "rate", "hidden": "hidden"}.get(name) or setting_name(name)


def setting_value(value: object) -> str:
    """Returns the value of a setting for a sentence.

    Long lists are abbreviated; of long texts only the name remains.
    """
    if isinstance(value, (tuple, list)):
        are_sizes = all(isinstance(part, int) for part in value)
        return text.shape(value) if are_sizes else text.listed([setting_value(part) for part in value])
    if isinstance(value, Mapping):
        parts = [
            f"{setting_name(name)} {'' if _is_long(part) else setting_value(part)}" for name, part in value.items()
        ]
        return ", ".join(map(str.rstrip, parts)) or "default"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_long(value: object) -> bool:
    """Whether it is a text of more than a few words, as points that were painted and paths are."""
    return isinstance(value, str) and len(value) > _LONGEST_VALUE


def typed_value(value: object) -> str:
    """Returns the value of a setting as it is typed into its field, lists in full."""
    return ", ".join(map(setting_value, value)) if isinstance(value, tuple) else setting_value(value)


def typed_data_value(setting: DataSetting, value: object) -> str:
    """Returns the value of a data setting, None for its default, as it is typed into its field."""
    value = setting.default if value is None else value
    return _ALL if value is None else typed_value(value)


def error_words(error: EngineError, titles: Mapping[str, str]) -> str:
    """Returns an error's text, in which a setting is called by its title if there is one."""
    words = error.message_for(titles[error.parameter]) if error.parameter in titles else str(error)
    return text.regrouped(words)


def parse_typed(setting: DataSetting, typed: str) -> Value:
    """Parses a typed number; returns None for "all" if the setting allows it. Raises SettingError."""
    is_all = setting.default is None and typed.strip().casefold() in ("", _ALL)
    return None if is_all else setting.parse(typed)
