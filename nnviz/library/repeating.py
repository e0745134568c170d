"""How a run comes again: by one command line, or by the steps that were taken one after the other."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.experiment import Experiment
from engine.lazy_dataclass import dataclass
from engine.settings import TrainingSettings
from nnviz.library.faults import unreadable
from nnviz.library.library import Library
from nnviz.library.records import RunRecord
from nnviz.library.states import LEAP, KeptState, Order

_ROUNDING = 1e-6  # epochs
_UNTOLD = ("fingerprint", "evaluate")


@dataclass(frozen=True)
class Way:
    """How a run comes again.

    Attributes:
        command: the command line that trains it again; None where none does: only the steps lead to it.
        steps: what was done, in order, as short sentences.
    """

    command: str | None
    steps: tuple[str, ...]

    def in_words(self, run: int) -> str:
        """The content of a text file."""
        if self.command is not None:
            return f"{self.command}\n"
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        return f"No single command trains run {run} again. What was done, in order:\n\n{steps}\n"


def command_of(experiment: Experiment) -> str:
    """The command line that trains an experiment."""
    return "python main.py " + shlex.join(experiment.command())


def way_to(library: Library, run: int, as_told: Callable[[Experiment], Experiment] = lambda made: made) -> Way:
    """How a run comes again. Raises LibraryError.

    Args:
        as_told: leaves out of an experiment what is not to be told, such as the folders of files.
    """
    record = library.run(run)
    path = _Path(library, as_told)
    made = path.follow(record)
    if len(path.steps) == 1 and path.begins_with is not None:
        return Way(path.begins_with, tuple(path.steps))
    if record.status != "finished" and made is not None:
        path.steps.append(f"left at epoch {_epoch(record.epochs)}")
    return Way(None, tuple(path.steps))


class _Path:
    """Writes down what happened to a run, after what happened to those that it came from.

    Attributes:
        steps: as in :class:`Way`.
        begins_with: the command line of the first step; None where the network came from elsewhere.
    """

    def __init__(self, library: Library, as_told: Callable[[Experiment], Experiment]) -> None:
        self.steps: list[str] = []
        self.begins_with: str | None = None
        self._library, self._as_told = library, as_told

    def follow(self, record: RunRecord) -> Experiment | None:
        """Goes through the runs that a run comes from, the oldest first, each up to where the next one left it, and
        through the run itself.

        Returns what it was trained with at its end, as far as that is known.
        """
        chain = self._chain(record)
        made: Experiment | None = None
        for place, each in enumerate(chain):
            following = chain[place + 1] if place + 1 < len(chain) else None
            until = math.inf if following is None or following.left_at is None else following.left_at + _ROUNDING
            orders = [order for order in self._library.orders(each.id) if order.at <= until]
            made = self._begin(each, orders, chain[place - 1] if place else None, made)
            for order in orders[1:] if orders and orders[0].kind == LEAP else orders:
                made = self._carry_out(each, order, made)
        return made

    def _chain(self, record: RunRecord) -> list[RunRecord]:
        """The run, below the one that it branched off from, and so on up to one that branched off from none."""
        chain = {record.id: record}
        while record.parent is not None and record.left_at is not None and record.parent not in chain:
            parent = self._library.records([record.parent]).get(record.parent)
            if parent is None:
                break
            chain[parent.id] = record = parent
        return list(reversed(chain.values()))

    # ---- how it began

    def _begin(
        self, record: RunRecord, orders: list[Order], parent: RunRecord | None, before: Experiment | None
    ) -> Experiment | None:
        state = self._state(record, orders[0]) if orders and orders[0].kind == LEAP else None
        made = record.experiment if state is None else _with(record.experiment, state.training.settings)
        if parent is not None and record.left_at is not None:
            if len(self.steps) == 1:
                self.steps[0] = f"run {parent.id}: {self.steps[0]}"
            where = f"at epoch {_epoch(record.left_at)} of run {parent.id}, branch off as run {record.id}"
            is_new = state is not None and not state.epoch
            self.steps.append(f"{where}{_told(before, made, is_new)}")
        elif state is None and any(order.kind == "settings" for order in orders):
            self.steps.append(f"run {record.id} begins, with settings that are not kept")
            return None
        elif record.parent is not None or (state is not None and not _is_first(state, made)):
            trained = f", trained for {_epoch(orders[0].at)} epochs" if orders and orders[0].at else ""
            self.steps.append(f"run {record.id} begins with a network from elsewhere{trained}{_told(None, made, True)}")
        else:
            self.begins_with = command_of(self._as_told(made))
            self.steps.append(self.begins_with)
        return made

    # ---- what happened then

    def _carry_out(self, record: RunRecord, order: Order, before: Experiment | None) -> Experiment | None:
        at = f"at epoch {_epoch(order.at)}"
        if order.kind == "edit":
            told = [change.text for change in record.changes if change.epoch == order.at]
            self.steps.append(f"{at}: weights were edited{f' ({told[0]})' if told else ''}")
            return before
        if order.kind != LEAP:
            made = _with(record.experiment, dict(order.payload))
            if made != before:
                self.steps.append(f"{at}{_told(before, made, False)}")
            return made
        state = self._state(record, order)
        made = _with(record.experiment, state.training.settings)
        since = float(order.payload.get("since", order.at))
        if not state.epoch and order.at:
            self.steps.append(f"{at}, another training{_told(before, made, True)}")
        elif since < order.at - _ROUNDING:
            self.steps.append(f"between epoch {_epoch(since)} and {_epoch(order.at)} nothing was recorded")
        elif made != before:
            self.steps.append(f"{at}{_told(before, made, False)}")
        return made

    def _state(self, record: RunRecord, order: Order) -> KeptState:
        state = self._library.state_before(record.id, order.at)
        if state is None:
            raise unreadable(f"order {order.number} of run {record.id}", "its state is missing")
        return state


def _is_first(state: KeptState, made: Experiment) -> bool:
    """Whether a command would begin with this network."""
    return not state.at and np.array_equal(state.network.parameters, made.build().parameters)


def _with(experiment: Experiment, settings: dict[str, Any]) -> Experiment:
    try:
        return experiment.changed(training=TrainingSettings.from_dict(settings))
    except EngineError:  # of another version
        return experiment


def _told(before: Experiment | None, made: Experiment, is_new: bool) -> str:
    """The settings that are others from there on; of a new training the number of its epochs, too."""
    names = [] if before is None else [name for name in before.difference(made) if name not in _UNTOLD]
    names = [*(["epochs"] if is_new else []), *(name for name in names if not (is_new and name == "epochs"))]
    words = [f"{name.replace('_', ' ')} {_written(made.value(name))}" for name in names]
    return f": {', '.join(words)}" if words else ", with the same settings" if before is not None else ""


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _epoch(at: float) -> str:
    return f"{at:.7g}"
