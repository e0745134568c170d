"""Training states, from which training resumes exactly, and the log of orders between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.basics.errors import EngineError
from engine.basics.machine import Machine, this_machine
from engine.datasets.description import Description
from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import read_checkpoint
from engine.storage.state_codec import MOST_STATE, StateBytes, state_size
from engine.training.events import TrainingState
from engine.training.trainer import Trainer
from nnviz.library.database import Database
from nnviz.library.errors import damaged, no_memory, too_large, unreadable

_UNREADABLE = (EngineError, KeyError, TypeError, ValueError, OverflowError, RecursionError)
LEAP = "state"  # the kind of an order that leads to a whole state, which is its content
NOTE = "note"  # in an order of kind "edit": the note next to the curves; programs up to 0.21 kept it in the run alone
_LONGEST_DATA = 100_000  # characters of the name and settings of data in an order
_COLUMNS = "at, before, epoch, batch, orders, machine, content"


def state_bytes(trainer: Trainer, before: float = 0) -> StateBytes:
    """Packs the state of a training between two events.

    Raises TooLargeError, LibraryError without enough memory, DataError for non-finite values.
    """
    size = state_size(trainer)
    if size > MOST_STATE:
        raise too_large(size, MOST_STATE)
    try:
        return StateBytes.of(trainer, before)
    except MemoryError as error:
        raise no_memory() from error


@dataclass(frozen=True, eq=False)
class KeptState:
    """A saved training state, for :meth:`Trainer.resume`.

    Attributes:
        at: epochs over all trainings of the network, with a fraction within an epoch.
        before: epochs of the network before this training.
        epoch, batch: the place in this training.
        orders: number of the run's orders that precede it.
        machine: the machine on which it was computed.
    """

    run: int
    at: float
    before: float
    epoch: int
    batch: int
    orders: int
    machine: Machine
    network: Network
    training: TrainingState

    def differences(self) -> list[str]:
        """Differences of this machine, as text; empty if training resumes bit-identically."""
        return self.machine.differences(this_machine())


@dataclass(frozen=True)
class Order:
    """A change between two steps of a training: of settings, of parameters, or a jump to another state.

    Attributes:
        number: number in the run, from 1.
        at: epochs over all trainings of the network when it was carried out, with a fraction.
        epoch, batch: the place in its training.
        kind: "settings", "edit" or "state".
        payload: its values, in types that JSON can hold.
        content: its numbers as bytes; None for none. For initial settings of a run, the fingerprint of the data.
    """

    number: int
    at: float
    epoch: int
    batch: int
    kind: str
    payload: Mapping[str, Any]
    content: bytes | None = None


def write_state(database: Database, run: int, state: StateBytes, is_last: bool, machine: Machine | None = None) -> None:
    """Writes a state; a last state replaces the previous last one. Within a transaction.

    Args:
        machine: the machine on which it was computed; None for this one.
    """
    orders = database.number("SELECT coalesce(max(number), 0) FROM orders WHERE run = ?", (run,))
    place = (state.at, state.before, state.epoch, state.batch, orders)
    made_with = this_machine() if machine is None else machine
    entries = (json.dumps(made_with.as_dict()), state.content, len(state.content))
    names = f"{_COLUMNS}, nbytes".replace(", ", " = ?, ")
    found = "run = ? AND is_last" if is_last else "run = ? AND NOT is_last AND at = ?"
    which = (run,) if is_last else (run, state.at)
    if not database.write(f"UPDATE states SET {names} = ? WHERE {found}", (*place, *entries, *which)):
        marks = ", ".join("?" * 10)
        database.write(
            f"INSERT INTO states ({_COLUMNS}, nbytes, run, is_last) VALUES ({marks})", (*place, *entries, run, is_last)
        )


def state_places(database: Database, run: int) -> list[tuple[float, bool]]:
    """Returns (epochs, whether it is the last state) of each state, ascending."""
    rows = database.numbers("SELECT at, is_last FROM states WHERE run = ? ORDER BY at, is_last", (run,))
    return [(float(at), bool(is_last)) for at, is_last in rows]


def last_place(database: Database, run: int) -> float | None:
    """Returns the epochs of the last state; None if there is none."""
    row = database.row("SELECT at FROM states WHERE run = ? AND is_last", (run,))
    return None if row is None else float(row[0])


def read_state(database: Database, run: int, before: float | None, description: Description | None) -> KeptState | None:
    """Returns the last state, or the last one not after ``before`` epochs; None if there is none. Raises
    LibraryError.
    """
    condition, values = ("", (run,)) if before is None else (" AND at <= ?", (run, before))
    query = f"SELECT {_COLUMNS} FROM states WHERE run = ?{condition} ORDER BY at DESC, is_last DESC LIMIT 1"
    row = database.row(query, values)
    try:
        return None if row is None else _kept(run, row, description)
    except _UNREADABLE as error:
        raise damaged(database.path, f"the state of run {run}: {str(error)[:100]}") from None


def read_leap(
    database: Database, run: int, before: float, after: int, description: Description | None
) -> KeptState | None:
    """Returns the state of the last order of kind "state" after that number and not after ``before`` epochs; None for
    none.

    Raises LibraryError.
    """
    query = "SELECT at, epoch, batch, number, payload, content FROM orders WHERE run = ? AND kind = ? AND at <= ?"
    row = database.row(f"{query} AND number > ? ORDER BY number DESC LIMIT 1", (run, LEAP, before, after))
    if row is None:
        return None
    at, epoch, batch, number, payload, content = row
    try:
        entries = json.loads(payload)
        start, machine = float(entries["before"]), json.dumps(entries["machine"])
        return _kept(run, (at, start, epoch, batch, number, machine, content), description)
    except _UNREADABLE as error:
        raise unreadable(f"the state in order {number} of run {run}", error) from None


def _kept(run: int, row: tuple[Any, ...], description: Description | None) -> KeptState:
    """Raises one of the errors in ``_UNREADABLE``."""
    at, start, epoch, batch, orders, machine, content = row
    if not isinstance(content, bytes):
        raise ValueError("it holds no bytes")
    network, training = read_checkpoint(content, "its state")
    if training is None:
        raise ValueError("it holds no training state")
    network.describe(description)
    made_with = Machine.from_dict(json.loads(machine))
    return KeptState(run, float(at), float(start), int(epoch), int(batch), int(orders), made_with, network, training)


def leap_payload(before: float, since: float, made: Experiment) -> dict[str, Any]:
    """Returns the payload of an order whose content is a state: start and experiment of its training.

    The data of a run can change between trainings. Data whose description is too long are left out.

    Args:
        since: the last recorded epochs before this state.
        made: the experiment of the training that continues.
    """
    data = {name: value for name, value in made.as_dict().items() if name in ("data", "data_settings")}
    named = {"data": data} if len(json.dumps(data)) <= _LONGEST_DATA else {}
    return {"before": before, "since": since, "machine": this_machine().as_dict(), **named}


def with_data(made: Experiment, named: Any) -> Experiment:
    """Returns the experiment with the data in the payload of an order.

    Raises EngineError, KeyError or TypeError if there are none.
    """
    return Experiment.from_dict({**made.as_dict(), "data": named["data"], "data_settings": named["data_settings"]})


def write_order(database: Database, run: int, order: Order) -> None:
    """Appends an order to the log. Within a transaction."""
    database.write(
        "INSERT INTO orders SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ? FROM orders WHERE run = ?",
        (run, order.at, order.epoch, order.batch, order.kind, json.dumps(order.payload), order.content, run),
    )


def read_orders(database: Database, run: int, after: int) -> list[Order]:
    """Returns the orders after the one of that number, in order. Raises LibraryError."""
    query = "SELECT number, at, epoch, batch, kind, payload, content FROM orders WHERE run = ? AND number > ?"
    rows = database.rows(f"{query} ORDER BY number", (run, after))
    return [_order(run, *row) for row in rows]


def _order(run: int, number: Any, at: Any, epoch: Any, batch: Any, kind: Any, payload: Any, content: Any) -> Order:
    try:
        entries = json.loads(payload)
        if not isinstance(entries, dict):
            raise TypeError("it has no values")
        if kind == LEAP:
            float(entries.get("since", at))
        return Order(int(number), float(at), int(epoch), int(batch), str(kind), entries, content)
    except _UNREADABLE as error:
        raise unreadable(f"order {number} of run {run}", error) from None
