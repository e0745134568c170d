"""Instructions to reproduce a run: one command line, or a list of steps."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.basics.cli_option_names import shell_command
from engine.basics.errors import EngineError
from engine.datasets import DATASETS
from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import read_checkpoint
from engine.training.events import TrainingState
from engine.training.settings import TrainingSettings
from nnviz.library.errors import unreadable
from nnviz.library.library import Library
from nnviz.library.records import RunRecord
from nnviz.library.states import LEAP, NOTE, Order, with_data

_ROUNDING = 1e-6  # epochs
_UNTOLD = ("fingerprint", "evaluate", "data", "data_settings")
_State = tuple[Network, TrainingState]
RECORDED_PROGRAM = "python main.py"  # in commands that go into files, whatever started this process
_PLACEHOLDER = "DATA"  # in a command, for data of which only the title is known


@dataclass(frozen=True)
class Reproduction:
    """Instructions that reproduce a run.

    Attributes:
        command: the command line that trains it again; None if there is none.
        steps: the steps, in order, as short sentences.
    """

    command: str | None
    steps: tuple[str, ...]

    def as_text(self, run: int) -> str:
        """Returns the content of a text file."""
        if self.command is not None:
            return f"{self.command}\n"
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        return f"No single command trains run {run} again. What was done, in order:\n\n{steps}\n"


def command_of(experiment: Experiment) -> str:
    """Returns the command line that trains an experiment."""
    return f"{RECORDED_PROGRAM} {shell_command(experiment.command())}"


def reproduction_of(
    library: Library, run: int, without_private: Callable[[Experiment], Experiment] = lambda made: made
) -> Reproduction:
    """Returns the instructions that reproduce a run. Raises LibraryError.

    Args:
        without_private: removes private parts of an experiment, such as folders.
    """
    record = library.run(run)
    path = _StepReader(library, without_private)
    made = path.follow(record)
    if len(path.steps) == 1 and path.begins_with is not None:
        return Reproduction(path.begins_with, tuple(path.steps))
    if record.status != "finished" and made is not None:
        path.steps.append(f"left at epoch {_epoch(record.epochs)}")
    return Reproduction(None, tuple(path.steps))


class _StepReader:
    """Collects the steps of a run, after those of its ancestors.

    Attributes:
        steps: as in :class:`Reproduction`.
        begins_with: command line of the first step; None if no command leads there, because the network came from
            elsewhere or its data are not all known.
    """

    def __init__(self, library: Library, without_private: Callable[[Experiment], Experiment]) -> None:
        self.steps: list[str] = []
        self.begins_with: str | None = None
        self._library, self._without_private = library, without_private
        self._titles: dict[str, str] = {}  # of data of which no more is known, by their fingerprints

    def follow(self, record: RunRecord) -> Experiment | None:
        """Collects the steps of a run's ancestors, oldest first, each up to the next branch, and then of the run.

        Returns the experiment at its end, as far as that is known.
        """
        chain = self._chain(record)
        made: Experiment | None = None
        for place, each in enumerate(chain):
            following = chain[place + 1] if place + 1 < len(chain) else None
            until = math.inf if following is None or following.left_at is None else following.left_at + _ROUNDING
            orders = self._library.orders(each.id)
            made = self._begin(each, orders, chain[place - 1] if place else None, made)
            for order in orders[1:] if _is_beginning(orders) or _has_first_settings(orders) else orders:
                made = self._carry_out(each, order, made) if order.at <= until else made
        return made

    def _chain(self, record: RunRecord) -> list[RunRecord]:
        """Returns the run after its ancestors, the oldest one first."""
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
        state = self._state(record, orders[0]) if _is_beginning(orders) else None
        made = self._made(record, orders[0], state) if state is not None else _made_at_first(record, orders)
        if parent is not None and record.left_at is not None:
            if len(self.steps) == 1:
                self.steps[0] = f"run {parent.id}: {self.steps[0]}"
            where = f"at epoch {_epoch(record.left_at)} of run {parent.id}, branch off as run {record.id}"
            made, is_new = made or record.experiment, state is not None and not orders[0].epoch
            self.steps.append(f"{where}{self._changes(before, made, is_new)}")
        elif made is None:
            self.steps.append(f"run {record.id} begins, with settings that are not kept")
            return None
        elif record.parent is not None or (state is not None and not _is_first(orders[0], state, made)):
            trained = f", trained for {_epoch(orders[0].at)} epochs" if state is not None and orders[0].at else ""
            self.steps.append(
                f"run {record.id} begins with a network from elsewhere{trained}{self._changes(None, made, True)}"
            )
        else:
            command, lacking = command_of(self._without_private(self._named(made))), self._lacking(made)
            about = self._library.description(record)
            if about is not None and about.example_shape and not made.brightness and made.data not in DATASETS:
                command += " --set brightness=null"  # an older run; networks for the user's own images now have one
            self.begins_with = None if lacking else command
            self.steps.append(f"{command} ({lacking})" if lacking else command)
        return made

    # ---- its data

    def _made(self, record: RunRecord, order: Order, state: _State) -> Experiment:
        """Returns the experiment of a training that continues a state. Its data may differ from the run's last."""
        made = _with(record.experiment, state[1].settings)
        identity = state[1].progress.get("data")
        known = identity if isinstance(identity, Mapping) else {}
        fingerprint = str(known.get("fingerprint") or made.fingerprint)
        with suppress(EngineError, KeyError, TypeError):  # older programs did not name the data
            return replace(with_data(made, order.payload.get("data")), fingerprint=fingerprint)
        if fingerprint != made.fingerprint:
            self._titles[fingerprint] = " ".join(str(known.get("title", "")).split())
        return replace(made, fingerprint=fingerprint)

    def _named(self, made: Experiment) -> Experiment:
        """Returns the experiment with a placeholder for data of which only the title is known."""
        return made if made.fingerprint not in self._titles else replace(made, data=_PLACEHOLDER, data_settings={})

    def _lacking(self, made: Experiment) -> str:
        """Returns why no command loads these data; empty if one does."""
        if made.fingerprint in self._titles:
            known = f"the title, {self._titles[made.fingerprint]}, and the fingerprint {made.fingerprint}"
            return f"no command repeats this: of these data the library keeps only {known}"
        if "own" in made.data_settings and "own" not in self._without_private(made).data_settings:
            return "no command repeats this: own examples are mixed in, whose file is not named here"
        return ""

    def _data_changes(self, before: Experiment, made: Experiment) -> list[str]:
        """Returns the difference of the data as text; empty if they are the same."""
        if before.fingerprint == made.fingerprint or not (before.fingerprint and made.fingerprint):
            return []
        lacking = self._lacking(made)
        if made.fingerprint in self._titles:
            return [f"other data ({lacking})"]
        one, other = self._without_private(self._named(before)), self._without_private(made)
        words = [f"data {other.data}"] if one.data != other.data else []
        for name, value in other.data_settings.items():
            if name not in one.data_settings or one.data_settings[name] != value:
                words.append(f"{name.replace('_', ' ')} {_written(value)}")
        words += [f"without {name.replace('_', ' ')}" for name in one.data_settings if name not in other.data_settings]
        words += [f"other data ({lacking})"] if lacking else []
        return words or [f"other content of {other.data} (fingerprint {made.fingerprint})"]

    # ---- what happened then

    def _carry_out(self, record: RunRecord, order: Order, before: Experiment | None) -> Experiment | None:
        at = f"at epoch {_epoch(order.at)}"
        if order.kind == "edit":
            text = self._text_of(record, order)
            self.steps.append(
                f"{at}: weights were edited by hand, which no command repeats{f' ({text})' if text else ''}"
            )
            return before
        if order.kind != LEAP:
            made = _with(before or record.experiment, dict(order.payload))
            if made != before:
                changes = ", settings were changed" if before is None else self._changes(before, made, False)
                self.steps.append(f"{at}{changes}")
            return made
        state = self._state(record, order)
        made = self._made(record, order, state)
        since = float(order.payload.get("since", order.at))
        if not order.epoch and order.at:
            self.steps.append(f"{at}, another training{self._changes(before, made, True)}")
        elif since < order.at - _ROUNDING:
            self.steps.append(f"between epoch {_epoch(since)} and {_epoch(order.at)} nothing was recorded")
        elif made != before:
            self.steps.append(f"{at}{self._changes(before, made, False)}")
        return made

    def _text_of(self, record: RunRecord, order: Order) -> str:
        """Returns the note of an edit; empty if its note is ambiguous."""
        if NOTE in order.payload:
            return str(order.payload[NOTE])
        texts = [change.text for change in record.changes if change.epoch == order.at]
        orders = [each for each in self._library.orders(record.id) if each.at == order.at]
        edits = [each.number for each in orders if each.kind == "edit"]
        return texts[edits.index(order.number)] if len(texts) == len(edits) else ""

    def _changes(self, before: Experiment | None, made: Experiment, is_new: bool) -> str:
        """Returns the settings and data that change there; for a new training also its number of epochs."""
        names = [] if before is None else [name for name in before.difference(made) if name not in _UNTOLD]
        names = [*(["epochs"] if is_new else []), *(name for name in names if not (is_new and name == "epochs"))]
        words = [f"{name.replace('_', ' ')} {_written(made.value(name))}" for name in names]
        words += [] if before is None else self._data_changes(before, made)
        return f": {', '.join(words)}" if words else ", with the same settings" if before is not None else ""

    def _state(self, record: RunRecord, order: Order) -> _State:
        """Returns the state in the content of an order."""
        with suppress(EngineError):
            network, training = read_checkpoint(order.content or b"", "its state")
            if training is not None:
                return network, training
        raise unreadable(f"order {order.number} of run {record.id}", "its state is missing or damaged")


def _is_beginning(orders: list[Order]) -> bool:
    """Whether a run begins with its first order; not if it was recorded before without one."""
    first = orders[0] if orders and orders[0].kind == LEAP else None
    return first is not None and not 0 < first.at <= float(first.payload.get("since", 0)) + _ROUNDING


def _has_first_settings(orders: list[Order]) -> bool:
    """Whether the first order has the initial settings of the run, see :meth:`Recording.change`."""
    return bool(orders) and orders[0].kind == "settings" and bool(orders[0].content)


def _made_at_first(record: RunRecord, orders: list[Order]) -> Experiment | None:
    """Returns the initial experiment of a run that began without a state; None if it is not known."""
    if not any(order.kind in ("settings", LEAP) for order in orders):
        return record.experiment
    if not _has_first_settings(orders) or orders[0].content != record.experiment.fingerprint.encode():
        return None
    return _with(record.experiment, dict(orders[0].payload))


def _is_first(order: Order, state: _State, made: Experiment) -> bool:
    """Whether a command would begin with this network."""
    return not order.at and np.array_equal(state[0].parameters, made.build().parameters)


def _with(experiment: Experiment, settings: dict[str, Any]) -> Experiment:
    try:
        return experiment.changed(training=TrainingSettings.from_dict(settings))
    except EngineError:  # of another version
        return experiment


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _epoch(at: float) -> str:
    return f"{at:.7g}"
