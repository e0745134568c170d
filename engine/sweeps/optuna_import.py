"""Import of Optuna, an optional dependency, for plans that use one of its samplers or pruning rules."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from engine.basics.errors import SettingError
from engine.basics.optional_packages import install_advice


def optuna_for(setting: str, value: str, instead: str) -> Any:
    """Returns the optuna module. Raises SettingError if it is not installed.

    Args:
        setting, value: the setting of a plan that needs Optuna.
        instead: a value of the setting that does not need it.
    """
    try:
        import optuna
    except ImportError:
        raise _not_installed(setting, value, instead) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def check_optuna(setting: str, value: str, instead: str) -> None:
    """Raises the error of :func:`optuna_for` if Optuna is not installed, without the slow import."""
    if find_spec("optuna") is None:
        raise _not_installed(setting, value, instead)


def _not_installed(setting: str, value: str, instead: str) -> SettingError:
    problem = f"“{value}” requires Optuna, an optional dependency"
    return SettingError.from_problem(setting, problem, f"{install_advice('sweep')}, or use {instead}.")
