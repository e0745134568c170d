"""Exact replay of a recorded training, from a saved state to any later batch.

A state has everything that training depends on: parameters, optimizer vectors, the random generator, and the place in
the order of examples. Training from there is bit-identical if the recorded orders are carried out at the same batches,
and if NumPy and the processor compute as they did then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from engine.basics.errors import DataError, EngineError, Verbatim
from engine.datasets import Dataset
from engine.training.events import Batch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.library.errors import ReplayError, UnknownRunError, not_reproduced, unreadable
from nnviz.library.library import Library
from nnviz.library.records import RunRecord
from nnviz.library.states import LEAP, Order

_ROUNDING = 1e-6  # of a batch
_INDEX = np.dtype("<i4")


@dataclass(frozen=True)
class ReplayResult:
    """The result of a replay.

    Attributes:
        trainer: a trainer at the requested place, which can continue.
        before: epochs of the network before this training.
        differences: differences of this machine, as text; if there are any, the result may not be exact.
    """

    trainer: Trainer
    before: float
    differences: list[str]


def replay(library: Library, run: int, at: float, dataset: Dataset) -> Generator[float, None, ReplayResult]:
    """Replays a run up to ``at`` epochs, counted over all trainings of its network.

    Yields the progress 0…1 after every step; the caller may abandon it between two.

    Args:
        at: the end of a batch, for example one of :meth:`Library.snapshot_epochs`.
        dataset: the data of the training.

    Raises:
        DataError: these are other data.
        UnknownRunError: there is no such run, or no earlier state.
        ReplayError: the training does not reproduce its recording.
        LibraryError: a record cannot be read.
    """
    _check_end(library.run(run), at, dataset)
    walk = _Replay(library, run, at, dataset)
    yield from walk.to(at)
    return ReplayResult(walk.trainer, walk.start.before, walk.start.differences())


def retrace(
    library: Library, run: int, epochs: Sequence[float], dataset: Dataset, keep: Callable[[float, Trainer], None]
) -> Generator[float, None, None]:
    """Replays a run once, and calls ``keep`` with each of the epochs and the trainer there.

    Yields the progress 0…1 after every step. Epochs that cannot be reached exactly are left out.

    Args:
        epochs: ascending epochs, each as in :func:`replay`; at least one.

    Raises as :func:`replay`, but no UnknownRunError for an epoch.
    """
    _check_end(library.run(run), epochs[-1], dataset)
    walk: _Replay | None = None
    for number, at in enumerate(epochs):
        with suppress(UnknownRunError):
            if walk is None or not walk.leads_to(at):
                walk = None
                walk = _Replay(library, run, at, dataset)
            if not walk.start.differences():
                for share in walk.to(at):
                    yield (number + share) / len(epochs)
                keep(at, walk.trainer)


def _check_end(record: RunRecord, at: float, dataset: Dataset) -> None:
    if at > record.epochs + _ROUNDING:
        rule = f"must be at most {record.epochs:g}, the last recorded epoch"
        raise UnknownRunError("epoch", at, rule, "Choose an earlier epoch.")
    if dataset.fingerprint != record.experiment.fingerprint:
        rule = "must be the data set that the run was trained on"
        value = Verbatim(dataset.title_beside(record.data))
        raise DataError("data", value, rule, "Open it as it was when the run was trained.")


class _Replay:
    """A replay from the last state before an epoch.

    Attributes:
        start: the state.
        trainer: a trainer at the last place that was reached.
    """

    def __init__(self, library: Library, run: int, at: float, dataset: Dataset) -> None:
        start = library.state_before(run, at)
        if start is None:
            problem = f"number {run} has no saved training state before this epoch"
            raise UnknownRunError.from_problem("run", problem, "Choose a later epoch.")
        self.start, self.trainer = start, Trainer.resume(start.network, dataset, start.training)
        self._all_orders = library.orders(run, start.orders)
        self._leap = next((order.at for order in self._all_orders if order.kind == LEAP), math.inf)
        self._orders = takewhile(lambda order: order.kind != LEAP, self._all_orders)  # the rest is of other trainings
        self._order = next(self._orders, None)
        self._events = self.trainer.run()

    def leads_to(self, at: float) -> bool:
        """Whether this training reached a later epoch."""
        return at < self._leap - _ROUNDING

    def to(self, at: float) -> Iterator[float]:
        """Continues to an epoch; yields the share of the way after every step."""
        _check_known(self._all_orders, at)
        trainer, before = self.trainer, self.start.before
        batches = trainer.batches_per_epoch
        first, last = _steps(trainer), round((at - before) * batches)
        if last < first or abs((at - before) * batches - last) > _ROUNDING * batches:
            raise UnknownRunError("epoch", at, "must be the end of a batch", "Choose an epoch with a snapshot.")
        while True:
            self._carry_out_orders()
            if _steps(trainer) >= last:
                return
            event = next(self._events, None)
            if event is None:
                raise not_reproduced(f"run {self.start.run} ends before epoch {at:g}")
            if isinstance(event, Batch):
                yield (_steps(trainer) - first) / (last - first)

    def _carry_out_orders(self) -> None:
        """Carries out the orders at the present place."""
        while self._order is not None and (self._order.epoch, self._order.batch) == self._place:
            _carry_out(self._order, self.trainer, self.start.run)
            self._order = next(self._orders, None)

    @property
    def _place(self) -> tuple[int, int]:
        return self.trainer.epoch, self.trainer.batch


def _check_known(orders: list[Order], at: float) -> None:
    """Raises UnknownRunError for an epoch in a gap of the recording, where orders may be missing."""
    for order in orders:
        if order.kind == LEAP:
            since = float(order.payload.get("since", order.at))
            if since + _ROUNDING < at < order.at - _ROUNDING:
                rule = f"must not be between {since:g} and {order.at:g}, where nothing was recorded"
                raise UnknownRunError("epoch", at, rule, "Choose an earlier or a later epoch.")


def _steps(trainer: Trainer) -> int:
    """Returns the steps of a trainer over all epochs."""
    return max(trainer.epoch - 1, 0) * trainer.batches_per_epoch + trainer.batch


def _carry_out(order: Order, trainer: Trainer, run: int) -> None:
    if order.kind not in ("settings", "edit"):
        raise not_reproduced(f"this version does not know “{order.kind}” at epoch {order.at:g}")
    try:
        (_change if order.kind == "settings" else _edit)(order, trainer)
    except ReplayError:
        raise
    except (EngineError, KeyError, TypeError, ValueError, IndexError) as error:
        raise unreadable(f"order {order.number} of run {run}", error) from None


def _change(order: Order, trainer: Trainer) -> None:
    """Applies settings. Raises ReplayError if they do not fit the present place of the training."""
    settings = TrainingSettings.from_dict(dict(order.payload))
    try:
        trainer.change(settings)
    except EngineError as error:
        raise not_reproduced(f"at epoch {order.at:g}: {str(error)[:80]}") from None


def _edit(order: Order, trainer: Trainer) -> None:
    """Writes edited parameters."""
    count, content, parameters = int(order.payload["count"]), order.content or b"", trainer.network.parameters
    values = parameters.dtype.newbyteorder("<")
    if count < 0 or len(content) != count * (_INDEX.itemsize + values.itemsize):
        raise ValueError(f"{len(content):,} bytes for {count:,} parameters")
    places = np.frombuffer(content, _INDEX, count)
    found = np.frombuffer(content, values, count, count * _INDEX.itemsize)
    if count and not (places.min() >= 0 and places.max() < len(parameters) and np.isfinite(found).all()):
        raise ValueError("parameters that the network does not have")
    parameters[places] = found
    trainer.edits += 1


def edit_content(before: np.ndarray, now: np.ndarray) -> tuple[dict[str, int], bytes]:
    """Returns payload and content of the order that changes parameters (n,) to others (n,)."""
    places = np.flatnonzero(before != now).astype(_INDEX)
    return {"count": len(places)}, places.tobytes() + now[places].astype(now.dtype.newbyteorder("<")).tobytes()
