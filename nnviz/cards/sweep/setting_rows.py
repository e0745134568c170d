"""The settings that a sweep can vary: names, tooltips, and their groups as in the Train workspace."""

from __future__ import annotations

from collections.abc import Iterator

from engine.datasets import Dataset
from engine.experiment import DECLARED
from engine.sweeps.search_space import VARIABLE_SETTINGS, choices_of, is_numeric
from engine.training.setting import COMMON
from nnviz.cards.sweep.setting_row import SettingInfo
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.fields import step_decade, step_whole
from nnviz.ui.setting_fields import GROUPS, ROWS, SettingField

_FIRST = ("learning_rate", "hidden", "activation", "batch_size")
_LAYERS = "Numbers of neurons of the hidden layers, separated by dashes."
_OTHERS = {
    "hidden": _LAYERS,
    "activation": "Activation function of all hidden layers.",
    "drop_last": "Drops the last examples of an epoch if they do not fill a batch.",
}


def setting_info(name: str) -> SettingInfo:
    """Returns the description of a setting."""
    row = ROWS.get(name)
    tip = _OTHERS.get(name, "") if row is None else row.tip
    step = row.step if isinstance(row, SettingField) else step_whole(1, by=8) if name == "hidden" else step_decade
    return SettingInfo(name, setting_name(name), tip, step, is_numeric(name), choices_of(name))


def offered_settings(dataset: Dataset | None) -> Iterator[tuple[str, list[str]]]:
    """Yields titles and names of the settings that can vary: the most important ones first, without a title.

    Settings that do not exist for the data set are left out.
    """
    first = dict.fromkeys((*_FIRST, *(row.name for row in GROUPS[COMMON])))
    common = [name for name in first if name in VARIABLE_SETTINGS]
    yield "", common
    known = set(common)
    for group, rows in GROUPS.items():
        names = [row.name for row in rows if row.name in VARIABLE_SETTINGS and row.name not in known]
        known |= set(names)
        if offered := [name for name in names if DECLARED[name].suits(dataset)]:
            yield group.title or "", offered
    yield "Others", [name for name in VARIABLE_SETTINGS if name not in known]
