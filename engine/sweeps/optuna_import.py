"""Optuna, which is no part of nnviz itself: it is imported where a plan names one of its samplers or rules."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from engine.basics.errors import SettingError
from engine.basics.optional_packages import install_command


def optuna_for(setting: str, value: str, instead: str) -> Any:
    """The module, for the setting of a plan that needs it. Raises SettingError where it is not installed.

    Args:
        instead: a value of the setting that needs nothing.
    """
    try:
        import optuna
    except ImportError:
        raise _not_installed(setting, value, instead) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def check_optuna(setting: str, value: str, instead: str) -> None:
    """Raises the same error, and loads nothing: that takes long."""
    if find_spec("optuna") is None:
        raise _not_installed(setting, value, instead)


def _not_installed(setting: str, value: str, instead: str) -> SettingError:
    rule = "requires Optuna, an optional dependency"
    return SettingError(setting, value, rule, f"Install it with: {install_command('sweep')}, or use {instead}.")
