"""The settings that a sweep can vary: names, tooltips, and their groups as in the Train workspace."""

from __future__ import annotations

from collections.abc import Iterator

from engine.datasets import Dataset
from engine.sweeps.search_space import VARIABLE_SETTINGS, choices_of, is_numeric
from nnviz.cards.sweep.setting_row import SettingInfo
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.fields import step_decade, step_whole
from nnviz.ui.setting_fields import (
    CONSTANTS,
    INITIALISATION,
    REGULARISATION,
    SCHEDULE,
    STRENGTHS,
    USUAL,
    SettingChoice,
    SettingField,
)

_GROUPS = {
    "Optimizer constants": CONSTANTS,
    "Schedule": SCHEDULE,
    "Regularisation": REGULARISATION,
    "Initialisation and loss": INITIALISATION,
    "Augmentation": STRENGTHS,
}
_TOLD: dict[str, SettingField | SettingChoice] = {row.name: row for rows in (USUAL, *_GROUPS.values()) for row in rows}
_FIRST = ("learning_rate", "hidden", "activation")
_LAYERS = "Numbers of neurons of the hidden layers, separated by dashes."
_OTHERS = {
    "hidden": _LAYERS,
    "activation": "Activation function of all hidden layers.",
    "drop_last": "Drops the last examples of an epoch if they do not fill a batch.",
}


def setting_info(name: str) -> SettingInfo:
    """Returns the description of a setting."""
    row = _TOLD.get(name)
    tip = _OTHERS.get(name, "") if row is None else row.tip
    step = row.step if isinstance(row, SettingField) else step_whole(1, by=8) if name == "hidden" else step_decade
    return SettingInfo(name, setting_name(name), tip, step, is_numeric(name), choices_of(name))


def offered_settings(dataset: Dataset | None) -> Iterator[tuple[str, list[str]]]:
    """Yields titles and names of the settings that can vary: the most important ones first, without a title.

    Augmentation is offered for images only.
    """
    common = [name for name in dict.fromkeys((*_FIRST, *(row.name for row in USUAL))) if name in VARIABLE_SETTINGS]
    yield "", common
    known = set(common)
    for title, rows in _GROUPS.items():
        names = [row.name for row in rows if row.name in VARIABLE_SETTINGS]
        known |= set(names)
        if title != "Augmentation" or dataset is None or dataset.is_picture:
            yield title, names
    yield "Others", [name for name in VARIABLE_SETTINGS if name not in known]
