"""Texts about runs of the library: the figure in a list, sort orders, storage and thinning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnviz.formatting import text
from nnviz.formatting.setting_text import setting_value
from nnviz.formatting.units import unit_of
from nnviz.session.run import Run
from nnviz.session.seeds import main_figure, median_of

if TYPE_CHECKING:
    from nnviz.library import RunRecord
    from nnviz.library.quota import ThinningPlan

NEWEST = "id"
_MEGABYTE = 1e6
_NONE = "—"


@dataclass(frozen=True)
class Sort:
    """A sort order of the list.

    Attributes:
        title: title in the menu.
        colour: colour name of its figures.
        is_ascending: whether the smallest value is first.
    """

    title: str
    colour: str = "muted"
    is_ascending: bool = False


SORTS = {
    NEWEST: Sort("newest first", "test"),
    "test_error": Sort("test error %", "test", True),
    "train_error": Sort("training error %", "train", True),
    "validation_error": Sort("validation error %", "ink", True),
    "test_rmse": Sort("test RMSE", "test", True),
    "train_rmse": Sort("training RMSE", "train", True),
    "test_loss": Sort("test loss", "test", True),
    "train_loss": Sort("training loss", "train", True),
    "epochs": Sort("epochs"),
    "seconds": Sort("seconds", is_ascending=True),
    "nbytes": Sort("size, MB"),
}


def figure_of(records: Sequence[RunRecord], sort: str) -> tuple[str, str]:
    """Returns the figure by which a run is sorted, for a group the median, and its colour name.

    It is a dash if it was not measured, and "diverged" if most runs did. If it is of another epoch than the network of
    a single run, or of a run that was stopped early, the epoch is added: "2.67 % at epoch 8".
    """
    figure = main_figure(records) if sort == NEWEST else sort
    unit = unit_of(records[0].target)
    words, colour = format_figure(figure, median_of(records, figure), records[0].batches, unit)
    if words == _NONE and 2 * sum(record.status == "diverged" for record in records) > len(records):
        return "diverged", colour
    at = _epoch_of_figures(records[0]) if len(records) == 1 and figure in records[0].figures else None
    return words if at is None or words == _NONE else f"{words} at epoch {text.epochs(at)}", colour


def format_figure(figure: str, value: float | None, batches: int = 0, unit: str = "") -> tuple[str, str]:
    """Returns a figure as text and its colour name; a dash for None.

    Numbers have units: "2.67 %"; an RMSE that of the target, "2.94 mpg", or "RMSE 2.94" if it is not known.

    Args:
        batches: steps in an epoch, for a number of epochs; 0 if not known.
    """
    colour = SORTS[figure].colour if figure in SORTS else "ink"
    if value is None or not math.isfinite(value):
        return _NONE, colour
    if figure == "epochs":
        return f"{text.epochs(value, batches)} epoch{'' if value == 1 else 's'}", colour
    if figure == "nbytes":
        return f"{text.figure(value / _MEGABYTE, 3)} MB", colour
    if figure == "seconds":
        return f"{text.steady(value)} s", colour
    if figure.endswith("_error"):
        return f"{100 * value:.2f} %", colour
    if figure.endswith("_rmse"):
        return (f"{text.steady(value)} {unit}" if unit else f"RMSE {text.steady(value)}"), colour
    return text.steady(value), colour


def _epoch_of_figures(record: RunRecord) -> float | None:
    """Returns the epoch of the figures of a stopped run, or if they are older than the network; else None."""
    was_stopped = record.status in ("stopped", "pruned")
    return record.measured if was_stopped else record.figures_before


def format_eviction(run: Run) -> str:
    """Returns a message about an unsaved run that was removed from the window."""
    return (
        f"An earlier network ({setting_value(run.experiment.shape)}, {run.epoch_name(run.epochs)} epochs, "
        f"not saved) was removed to free memory. Save the networks that you want to keep."
    )


def format_thinning(plan: ThinningPlan) -> str:
    """Returns the content of a thinning: "41 snapshots of 6 old runs, 12 MB; none starred"."""
    return f"{_snapshots_of(plan)}, {_size_of(plan)}"


def format_possible_thinning(plan: ThinningPlan) -> str:
    """Returns "Up to 41 snapshots of 6 old runs could be removed (12 MB; none starred)"."""
    return f"Up to {_snapshots_of(plan)} could be removed ({_size_of(plan)})"


def _snapshots_of(plan: ThinningPlan) -> str:
    count, runs = plan.snapshots, len(plan.runs)
    of = f"{text.count(runs)} old run{'' if runs == 1 else 's'}"
    return f"{text.count(count)} snapshot{'' if count == 1 else 's'} of {of}"


def _size_of(plan: ThinningPlan) -> str:
    stars = f"{text.count(plan.starred)} of them" if plan.starred else "none"
    return f"{text.size(plan.nbytes)}; {stars} starred"


def format_storage(plan: ThinningPlan) -> str:
    """Returns the size of the library: "143 MB of 2 GB"."""
    return f"{text.size(plan.taken)} of {text.size(plan.budget)}"


def format_pending_thinning(plan: ThinningPlan, when: str) -> str:
    """Returns a message about a thinning and its time: "when the next run ends"."""
    over = f"The run library uses {text.size(plan.taken)} of its {text.size(plan.budget)} limit"
    if not plan.losses:
        return f"{over}, and no snapshots of old runs are left to remove. Delete runs or raise the limit."
    more = "" if plan.is_enough else " That is not enough: delete runs or raise the limit."
    gone = f"{when.capitalize()}, nnviz removes {format_thinning(plan)}"
    return f"{over}. {gone}. Results and last states are kept.{more}"
