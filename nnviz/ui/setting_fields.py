"""The rows of forms: a field or a combo box for each setting that an experiment declares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtWidgets import QWidget

from engine.basics.registry import Registry
from engine.basics.validation import parse_number
from engine.datasets import DataSetting
from engine.experiment import DECLARED
from engine.training.optimizers import OPTIMIZERS
from engine.training.setting import (
    AUGMENTATION,
    BATCHES,
    COMMON,
    CONSTANTS,
    INITIALISATION,
    REGULARISATION,
    SCHEDULE,
    VALIDATION,
    Choice,
    LayerShares,
    Number,
    PositiveNumber,
    Setting,
    SettingGroup,
    WholeNumber,
)
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.fields import NumberEdit, step_by, step_decade, step_decade_or_zero, step_whole
from nnviz.ui.parts import object_name


@dataclass(frozen=True)
class SettingField:
    """The description of a field in which a setting is typed.

    Attributes:
        name: the setting's name in an experiment.
        title: its name in the window.
        step: takes the text and +1 or -1; returns the next value up or down as text.
        tip: what it does to the network.
        parse: takes the setting's name, the text and an example; returns the value.
        is_list: whether several values can be typed, with spaces between them.
        unit: the unit, which the caption has after the title; empty for none.
    """

    name: str
    title: str
    step: Callable[[str, int], str]
    tip: str
    parse: Callable[[str, str, str], Any] = parse_number
    is_list: bool = False
    unit: str = ""

    @property
    def caption(self) -> str:
        """The title with the unit: "Shift, pixels"."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    @property
    def called(self) -> str:
        """The title within a sentence: "batch size", "L1"."""
        return _called(self.title)


@dataclass(frozen=True)
class SettingChoice:
    """The description of a combo box with the entries of a registry.

    Attributes:
        name, title, tip: as of a field.
        registry: what can be chosen.
        choose: takes the session and the chosen name; without it, just that setting is changed.
    """

    name: str
    title: str
    tip: str
    registry: Registry[Any]
    choose: Callable[[Any, str], None] | None = None

    @property
    def called(self) -> str:
        """The title within a sentence: "initial weights"."""
        return _called(self.title)


def _called(title: str) -> str:
    return title if title.isupper() else title.lower()


SettingRows = Sequence[SettingField | SettingChoice]


def data_edit(setting: DataSetting, prefix: str, parent: QWidget | None = None) -> NumberEdit:
    """Returns a field for a data setting; ``prefix`` is the start of its object name."""
    name = object_name(prefix, setting.name, "Edit")
    return NumberEdit(name, data_step(setting), setting.tip, setting.label, parent)


def data_step(setting: DataSetting) -> Callable[[str, int], str]:
    """Returns the step function of a data setting that is a number."""
    if setting.number is not int:
        return step_by(setting.step, setting.most, setting.least)
    return step_whole(int(setting.least), int(setting.step), setting.most)


def _choose_optimizer(session: Any, name: str) -> None:
    """Chooses an optimizer, and reports the settings that it has changed."""
    before = session.settings.experiment.training
    session.settings.choose("change of optimizer", session.settings.experiment.with_optimizer(name))
    now = session.settings.experiment.training
    changed = [
        f"{setting_name(setting)} {getattr(now, setting):g}"
        for setting in ("learning_rate", "weight_decay")
        if getattr(now, setting) != getattr(before, setting)
    ]
    if changed:
        session.messages.show(f"{OPTIMIZERS[name].label}: {' and '.join(changed)} set to its defaults.")


# What a choice does besides changing its setting. Output and loss change each other if they do not fit.
_CHOOSE: dict[str, Callable[[Any, str], None]] = {
    "optimizer": _choose_optimizer,
    "output": lambda session, name: session.settings.choose(
        "change of output", session.settings.experiment.with_output(name)
    ),
    "loss": lambda session, name: session.settings.choose(
        "change of loss", session.settings.experiment.with_loss(name)
    ),
}
_ROUNDING = 1e-9  # tolerance for the rounding errors of a range divided by a step
_FIRST = ("learning_rate", "epochs", "optimizer", "initializer", "weight_scale")  # above the others of their group
_ORDER = (COMMON, BATCHES, CONSTANTS, SCHEDULE, REGULARISATION, VALIDATION, AUGMENTATION, INITIALISATION)


def _row(name: str, setting: Setting) -> SettingField | SettingChoice:
    rule = setting.rule
    if isinstance(rule, Choice):
        return SettingChoice(name, setting.title, setting.tip, rule.registry, _CHOOSE.get(name))
    assert isinstance(rule, Number), f"{name}: no field of the window shows a {type(rule).__name__}"
    is_list = isinstance(rule, LayerShares)
    return SettingField(name, setting.title, _step_of(rule), setting.tip, rule.parse, is_list, setting.unit)


def _step_of(rule: Number) -> Callable[[str, int], str]:
    """Returns the step function of a field for a number."""
    if isinstance(rule, WholeNumber):
        return step_whole(int(rule.least), int(rule.step) or 1, rule.most)
    if rule.step:
        last = rule.most if math.isinf(rule.most) else math.floor(rule.most / rule.step + _ROUNDING) * rule.step
        return step_by(rule.step, last, rule.step if isinstance(rule, PositiveNumber) else rule.least)
    return step_decade if isinstance(rule, PositiveNumber) else step_decade_or_zero


# The rows of the settings by their group, in the order in which the window shows them, and each by its name.
GROUPS: dict[SettingGroup, list[SettingField | SettingChoice]] = {
    group: [_row(name, DECLARED[name]) for name in dict.fromkeys((*_FIRST, *DECLARED)) if DECLARED[name].group is group]
    for group in _ORDER
}
ROWS = {row.name: row for rows in GROUPS.values() for row in rows}
