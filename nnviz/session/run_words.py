"""How runs of the library are called in a list, and which figure stands beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import SettingError
from engine.experiment import Experiment
from engine.lazy_dataclass import dataclass
from engine.optimizers import OPTIMIZERS
from nnviz.library import LibraryError
from nnviz.look import text
from nnviz.look.units import unit_of
from nnviz.session.run import Run
from nnviz.session.seeds import main_figure, median_of, named_first, seed_of
from nnviz.session.setting_words import changes_between, setting_value

if TYPE_CHECKING:
    from nnviz.library import RunRecord
    from nnviz.library.room import Plan

NEWEST = "id"
NAMELESS = ("", "untitled")
_MOST_TOLD = 2  # settings of a branch that are others than its parent's
_MEGABYTE = 1e6
_NONE = "—"


@dataclass(frozen=True)
class Sort:
    """What runs can be sorted by.

    Attributes:
        title: what it is called.
        colour: of its figures, a name of the theme.
        is_ascending: whether the smallest come first.
    """

    title: str
    colour: str = "muted"
    is_ascending: bool = False


SORTS = {
    NEWEST: Sort("newest", "test"),
    "test_error": Sort("test error %", "test", True),
    "train_error": Sort("train error %", "train", True),
    "validation_error": Sort("validation error %", "text", True),
    "test_rmse": Sort("test RMSE", "test", True),
    "train_rmse": Sort("train RMSE", "train", True),
    "test_loss": Sort("test loss", "test", True),
    "train_loss": Sort("train loss", "train", True),
    "epochs": Sort("epochs"),
    "seconds": Sort("seconds", is_ascending=True),
    "nbytes": Sort("room, MB"),
}


def title_of(record: RunRecord, parent: RunRecord | None = None) -> str:
    """Its name, or else what it is: "784-64-32-10 · SGD 0.2", "from epoch 4 · rate 0.05"."""
    if record.name not in NAMELESS:
        return text.name(record.name)
    try:
        if parent is not None and record.left_at is not None:
            return _branch(record, parent, record.left_at)
        return _gist(*record.gist)
    except (LibraryError, SettingError):
        return f"run {record.id}, unreadable"


def title_of_made(experiment: Experiment) -> str:
    """What a run of it is called that has no name."""
    training = experiment.training
    return _gist(experiment.shape, training.optimizer, training.learning_rate)


def _gist(shape: Sequence[int], optimizer: str, rate: float) -> str:
    return f"{text.shape(shape)} · {OPTIMIZERS[optimizer].label} {rate:g}"


def _branch(record: RunRecord, parent: RunRecord, left_at: float) -> str:
    differs = changes_between(parent.experiment, record.experiment)
    told = [each.removeprefix("learning ") for each in differs[:_MOST_TOLD]]
    more = f" and {len(differs) - _MOST_TOLD} more" if len(differs) > _MOST_TOLD else ""
    return f"from epoch {text.epochs(left_at, parent.batches)} · {', '.join(told) or 'same settings'}{more}"


def title_of_group(records: Sequence[RunRecord], parent: RunRecord | None = None) -> str:
    """What runs that differ in their seed only are called together; of one run its title."""
    return title_of(named_first(records), parent)


def title_in_group(record: RunRecord, records: Sequence[RunRecord]) -> str:
    """What one of them is called below the others: "seed 3", with its name if that is another."""
    has_own = record.name not in (*NAMELESS, named_first(records).name)
    return f"{seed_of(record)} · {text.name(record.name)}" if has_own else seed_of(record)


def figure_of(records: Sequence[RunRecord], sort: str) -> tuple[str, str]:
    """The figure that a run is sorted by, of a group the median, and the name of its colour.

    A dash where it was not measured, or diverged. Where it is of another epoch than the network of the one run, or that
    was stopped early, the epoch stands with it: "2.67 % at 8".
    """
    figure = main_figure(records) if sort == NEWEST else sort
    unit = unit_of(records[0].target)
    words, colour = figure_words(figure, median_of(records, figure), records[0].batches, unit)
    at = _epoch_told(records[0]) if len(records) == 1 and figure in records[0].figures else None
    return words if at is None or words == _NONE else f"{words} at {text.epochs(at)}", colour


def figure_words(figure: str, value: float | None, batches: int = 0, unit: str = "") -> tuple[str, str]:
    """A figure, of a run with so many steps in an epoch, and the name of its colour; a dash where there is none.

    With its unit: "2.67 %"; of an RMSE that of the target, "2.94 mpg", or "RMSE 2.94" where that is not known.
    """
    colour = SORTS[figure].colour if figure in SORTS else "text"
    if value is None or not math.isfinite(value):
        return _NONE, colour
    if figure == "epochs":
        return text.epochs(value, batches), colour
    if figure == "nbytes":
        return text.figure(value / _MEGABYTE, 3), colour
    if figure.endswith("_error"):
        return f"{100 * value:.2f} %", colour
    if figure.endswith("_rmse"):
        return (f"{text.steady(value)} {unit}" if unit else f"RMSE {text.steady(value)}"), colour
    return text.steady(value), colour


def _epoch_told(record: RunRecord) -> float | None:
    """The epoch of its figures, if that is not the last one that was to be trained; None if it is, or is not known."""
    was_stopped = record.status in ("stopped", "pruned")
    return record.measured if was_stopped else record.figures_before


def words_of_loss(run: Run) -> str:
    """That a run of this window, which was not saved, was removed."""
    return (
        f"An earlier network ({setting_value(run.experiment.shape)}, {run.epoch_name(run.epochs)} epochs, "
        f"not saved) was removed: there was no room left for it. Save the networks that you want to keep."
    )


def words_of_plan(plan: Plan) -> str:
    """What old runs would lose: "41 moments of 6 old runs, 12 MB; none with a star"."""
    count, runs, starred = plan.moments, len(plan.runs), plan.starred
    moments = f"{text.count(count)} moment{'' if count == 1 else 's'}"
    of = f"{text.count(runs)} old run{'' if runs == 1 else 's'}"
    stars = f"{text.count(starred)} of them" if starred else "none"
    return f"{moments} of {of}, {text.size(plan.nbytes)}; {stars} with a star"


def words_of_room(plan: Plan) -> str:
    """How much the library takes: "143 MB of 2 GB"."""
    return f"{text.size(plan.taken)} of {text.size(plan.budget)}"


def words_of_going(plan: Plan, when: str) -> str:
    """What goes of a library that takes more than it may, and when: "when the next training is over"."""
    over = f"The library takes {text.size(plan.taken)} of the {text.size(plan.budget)} that it may"
    if not plan.losses:
        return f"{over}, and nothing of old runs can go any more. Delete runs, or let it take more."
    more = "" if plan.is_enough else " That is not enough: delete runs, or let it take more."
    return f"{over}. {when.capitalize()}, this goes: {words_of_plan(plan)}. No result and no last state is lost.{more}"
