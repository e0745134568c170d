"""Titles of sweeps and their trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.basics.errors import SettingError
from engine.sweeps.results import STOPPED
from engine.sweeps.search_space import choices_of, format_value
from nnviz.formatting import text
from nnviz.formatting.run_name import RunName
from nnviz.formatting.setting_text import setting_name, short_setting_name
from nnviz.library import LibraryError
from nnviz.session.run_names import NAMELESS, run_name, subject_of

if TYPE_CHECKING:
    from nnviz.library import RunRecord
    from nnviz.library.sweeps import SweepSummary

_MOST_VARIED = 3  # settings that vary


def sweep_title(sweep: SweepSummary) -> str:
    """Returns "sweep 3", or the sweep's name."""
    return text.name(sweep.name) if sweep.name else f"sweep {sweep.id}"


def sweep_entry(sweep: SweepSummary) -> str:
    """Returns the title for a list: "sweep 4 · learning rate, hidden · 2026-11-27 12:31"."""
    when = text.date(sweep.created)
    return f"{format_sweep(sweep)} · {when}"


def format_sweep(sweep: SweepSummary) -> str:
    """Returns the title, status and varied settings: "sweep 4 · learning rate, hidden layers"."""
    return " · ".join(filter(None, (_with_status(sweep), ", ".join(_varied(sweep)))))


def sweep_row(sweep: SweepSummary) -> str:
    """Returns a short version: "sweep 4 · rate, hidden"."""
    return " · ".join(filter(None, (_with_status(sweep), ", ".join(_varied(sweep, short_setting_name)))))


def _with_status(sweep: SweepSummary) -> str:
    """Returns "sweep 4", or "sweep 4, stopped" if it can be resumed."""
    return f"{sweep_title(sweep)}, stopped" if sweep.status == STOPPED else sweep_title(sweep)


def _varied(sweep: SweepSummary, name_of: Callable[[str], str] = setting_name) -> list[str]:
    """Returns the names of some varied settings, as plain text because a damaged file can have any."""
    names = [text.name(name_of(name)) for name in sweep.varied[:_MOST_VARIED]]
    return [*names, "…"] if len(sweep.varied) > _MOST_VARIED else names


def trial_title(record: RunRecord, varied: Sequence[str], is_whole: bool = False) -> RunName:
    """Returns the title of a trial below its sweep, whose row names the settings: "0.05 · 64-32".

    If it ``is_whole``: "learning rate 0.05 · hidden layers 64-32".
    """
    try:
        values = [(setting_name(name), format_setting_value(name, record.experiment.value(name))) for name in varied]
    except (LibraryError, SettingError):
        values = []
    if record.name not in NAMELESS or not values:
        return run_name(subject_of([record])._replace(number=""))
    return RunName.of("", [f"{name} {value}" if is_whole else value for name, value in values])


def format_setting_value(name: str, value: object) -> str:
    """Returns a value of a setting: "0.05", "64-32", "AdamW"."""
    return choices_of(name).get(format_value(value), format_value(value))
