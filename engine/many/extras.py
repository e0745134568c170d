"""Optuna, which is no part of nnviz itself: it is imported where a plan names one of its samplers or rules."""

from __future__ import annotations

from typing import Any

from engine.errors import SettingError


def optuna_for(setting: str, value: str, instead: str) -> Any:
    """The module, for the setting of a plan that needs it. Raises SettingError where it is not installed.

    Args:
        instead: a value of the setting that needs nothing.
    """
    try:
        import optuna
    except ImportError:
        rule = "must be installed, as optuna is, which is no part of nnviz itself"
        remedy = f"Do it with: pip install nnviz[sweep]; or use {instead}."
        raise SettingError(setting, value, rule, remedy) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
