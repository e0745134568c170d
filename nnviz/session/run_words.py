"""How runs of the library are called in a list, and which figure stands beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import SettingError
from engine.optimizers import OPTIMIZERS
from nnviz.library import LibraryError
from nnviz.look import text
from nnviz.session.run import Run, changes_between, setting_value

if TYPE_CHECKING:
    from nnviz.library import RunRecord
    from nnviz.library.room import Plan

NEWEST = "id"
_NAMELESS = ("", "untitled")
_MOST_TOLD = 2  # settings of a branch that are others than its parent's
_MEGABYTE = 1e6


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
# What tells most of a run, the best first: stands beside it where runs are sorted by their date.
_MAIN = ("test_error", "test_rmse", "validation_error", "validation_rmse", "train_error", "train_rmse")


def title_of(record: RunRecord, parent: RunRecord | None = None) -> str:
    """Its name, or else what it is: "784-64-32-10 · SGD 0.2", "from epoch 4 · rate 0.05"."""
    if record.name not in _NAMELESS:
        return text.name(record.name)
    try:
        if parent is not None and record.left_at is not None:
            return _branch(record, parent, record.left_at)
        shape, optimizer, rate = record.gist
        return f"{text.shape(shape)} · {OPTIMIZERS[optimizer].label} {rate:g}"
    except (LibraryError, SettingError):
        return f"run {record.id}, unreadable"


def _branch(record: RunRecord, parent: RunRecord, left_at: float) -> str:
    differs = changes_between(parent.experiment, record.experiment)
    told = [each.removeprefix("learning ") for each in differs[:_MOST_TOLD]]
    more = f" and {len(differs) - _MOST_TOLD} more" if len(differs) > _MOST_TOLD else ""
    return f"from epoch {text.epochs(left_at, parent.batches)} · {', '.join(told) or 'same settings'}{more}"


def figure_of(record: RunRecord, sort: str) -> tuple[str, str]:
    """The figure it is sorted by, and the name of its colour; a dash where it was not measured.

    Where it is of another epoch than the network, that stands with it: "2.67 at 8".
    """
    if sort == NEWEST:
        sort = next((name for name in _MAIN if name in record.figures), _MAIN[0])
    colour = SORTS[sort].colour if sort in SORTS else "text"
    if sort == "epochs":
        return text.epochs(record.epochs, record.batches), colour
    if sort == "nbytes":
        return text.figure(record.nbytes / _MEGABYTE, 3), colour
    value = record.seconds if sort == "seconds" else record.figures.get(sort)
    if value is None or record.status == "diverged":
        return "—", colour
    words = f"{100 * value:.2f}" if sort.endswith("_error") else text.steady(value)
    at = None if sort == "seconds" else record.figures_before
    return words if at is None else f"{words} at {text.epochs(at)}", colour


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
