"""The options of ``train`` and ``sweep`` for settings of the network and its training: help, parsing, values.

The settings are those that an experiment declares, ``engine.experiment.DECLARED``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.basics.cli_option_names import ADJUSTED, option_of_setting, setting_of_option
from engine.basics.errors import SettingError
from engine.basics.registry import Registry
from engine.basics.validation import NO_LAYERS
from engine.experiment import DECLARED, Experiment
from engine.presets import DEFAULT_PRESET
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.setting import (
    AUGMENTATION,
    COMMON,
    INITIALISATION,
    Choice,
    Flag,
    LayerShares,
    Setting,
    WholeNumber,
)
from engine.training.settings import RENAMED

_USERS: Sequence[Registry[Any]] = (OPTIMIZERS, SCHEDULES)  # their entries name the constants that they use
NETWORK, TRAINING = INITIALISATION.options, COMMON.options
_ABOUT = {
    TRAINING: (
        "The defaults are for MNIST. For other data, the preset “{preset}” chooses {adjusted} unless you give them."
    ),
    AUGMENTATION.options: "Random distortions of the training images, others in each epoch.",
}


class SettingAction(argparse.Action):
    """Stores the value of a setting, and appends it to ``chosen`` in the order of the command line.

    ``chosen`` has a triple for each option: as it was typed, the name of the setting ("" for ``--set``), and the value.
    """

    def __init__(self, setting: str = "", **how: Any) -> None:
        super().__init__(**how)
        self._setting = setting

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if self.nargs == 0:
            values = not (option_string or "").startswith("--no-")
        setattr(namespace, self.dest, values)
        namespace.chosen = [*namespace.chosen, (option_string, self._setting, values)]


def add_setting_options(
    parser: argparse.ArgumentParser, defaults: Experiment, groups: Mapping[str, argparse._ActionsContainer]
) -> None:
    """Adds an option for each setting, in groups, and ``--set`` to the group of the training.

    Args:
        defaults: the experiment whose values are shown as defaults.
        groups: groups of the parser that exist already, by title.
    """
    parser.set_defaults(chosen=[])
    titles = list(dict.fromkeys(setting.group.options for setting in DECLARED.values()))
    for title in titles:
        about = _ABOUT.get(title, "").format(preset=DEFAULT_PRESET, adjusted=_listed(ADJUSTED))
        group = groups.get(title) or parser.add_argument_group(title, about or None)
        for name in sorted(DECLARED, key=lambda name: name != "epochs"):  # what is given most often comes first
            if DECLARED[name].group.options == title:
                _add(group, name, DECLARED[name], defaults.value(name))
        if title == TRAINING:
            text = (
                "any setting of network or training by its name, as --set momentum=0.95 or --set dropout=0,0.2,0.2; "
                "can be repeated. If a setting is given twice, the last one counts"
            )
            group.add_argument("--set", metavar="NAME=VALUE", action=SettingAction, help=text)


def _listed(names: Sequence[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _add(group: argparse._ActionsContainer, name: str, setting: Setting, default: Any) -> None:
    option, text, rule = option_of_setting(name), setting.help, setting.rule
    how: dict[str, Any] = {"action": SettingAction, "setting": name, "dest": option[2:].replace("-", "_")}
    if isinstance(rule, Flag):
        shown = "yes" if default else "no"
        help_text = f"{text}, or not (default: {shown})"
        group.add_argument(option, option.replace("--", "--no-", 1), nargs=0, help=help_text, **how)
        return
    if isinstance(rule, Choice):
        choices = ", ".join(rule.registry)
        group.add_argument(option, metavar="NAME", help=f"{text}: {choices} (default: {default})", **how)
        return
    users = [each for registry in _USERS for each in registry if name in registry[each].uses]
    used = f"{', '.join(users)}; " if users else ""
    parse = whole if isinstance(rule, WholeNumber) else shares if isinstance(rule, LayerShares) else number
    metavar = "N" if parse is whole else "X"
    group.add_argument(option, type=parse, metavar=metavar, help=f"{text} ({used}default: {default:g})", **how)


# ---- values


def whole(text: str) -> int:
    """Parses a whole number. Raises ArgumentTypeError."""
    try:
        return int(text)
    except ValueError:
        if text.isdecimal():  # Python converts no number of thousands of digits
            raise argparse.ArgumentTypeError(f"a number of {len(text):,} digits is too large") from None
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """Parses a number. Raises ArgumentTypeError."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def shares(text: str) -> float | tuple[float, ...]:
    """Parses a number, or several with commas between them, for each layer. Raises ArgumentTypeError."""
    parts = [number(part) for part in text.split(",") if part.strip()]
    return tuple(parts) if "," in text else number(text)


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns the values of the settings that were given, by option or by ``--set``. The last one counts.

    Raises SettingError.
    """
    return dict(_assignment(value) if option == "--set" else (name, value) for option, name, value in arguments.chosen)


def options_given(arguments: argparse.Namespace) -> list[str]:
    """Returns the options of settings that were given, as typed, each once."""
    return list(dict.fromkeys(option for option, _, _ in arguments.chosen))


def _assignment(text: str) -> tuple[str, Any]:
    """Splits ``NAME=VALUE``. The value is read as JSON, or else as texts and numbers between commas, or as text.

    Raises SettingError.
    """
    typed, equals, value = text.partition("=")
    name = setting_of_option(typed)
    name = RENAMED.get(name, name)
    if not equals:
        raise SettingError("--set", text, "must be NAME=VALUE", "For example --set momentum=0.95.")
    if name in ("shape", "inputs", "outputs"):
        raise SettingError("--set", text, "must be a setting other than layer sizes", "Use --shape or --hidden.")
    if name == "hidden" and value.strip() == NO_LAYERS:
        return name, []
    parts = [_json_or_text(part.strip()) for part in value.split(",")]
    whole = _json_or_text(value)
    return name, parts if whole == value and len(parts) > 1 else whole


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
