"""Goes through a recorded training again, from a whole state before it to any batch of its past, to the bit.

A state holds all that a training needs: parameters, the optimizer's vectors, the random generator, its place in the
order of the examples. From there the same numbers come again, if the orders that were carried out on the way are
carried out again at the same batches, and if numpy and the processor compute as they did then.
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
class ReplayedMoment:
    """A moment of the past.

    Attributes:
        trainer: stands there, and can go on.
        before: epochs that the network had before this training.
        differences: what is different on this machine, in words; where there is any, the moment may not be exact.
    """

    trainer: Trainer
    before: float
    differences: list[str]


def replay(library: Library, run: int, at: float, dataset: Dataset) -> Generator[float, None, ReplayedMoment]:
    """Goes to the moment of a run after ``at`` epochs, counted over all trainings of its network.

    Yields the share 0…1 that is done, after every step; it may be given up between two.

    Args:
        at: a moment at which a batch ended, for example one of :meth:`Library.moments`.
        dataset: the data that it was trained on.

    Raises:
        DataError: these are other data.
        UnknownRunError: there is no such run, or nothing is kept from which one could go there.
        ReplayError: the training comes out otherwise than it was recorded.
        LibraryError: what is kept cannot be read.
    """
    _check_end(library.run(run), at, dataset)
    walk = _Replay(library, run, at, dataset)
    yield from walk.to(at)
    return ReplayedMoment(walk.trainer, walk.start.before, walk.start.differences())


def retrace(
    library: Library, run: int, moments: Sequence[float], dataset: Dataset, keep: Callable[[float, Trainer], None]
) -> Generator[float, None, None]:
    """Goes through a run once, and calls ``keep`` with each of the moments and the trainer that stands there.

    Yields the share 0…1 that is done, after every step. Moments that cannot be had exactly, or to which nothing leads,
    are left out.

    Args:
        moments: ascending, each as in :func:`replay`; at least one.

    Raises as :func:`replay`, but no UnknownRunError for a moment.
    """
    _check_end(library.run(run), moments[-1], dataset)
    walk: _Replay | None = None
    for number, at in enumerate(moments):
        with suppress(UnknownRunError):
            if walk is None or not walk.leads_to(at):
                walk = None
                walk = _Replay(library, run, at, dataset)
            if not walk.start.differences():
                for share in walk.to(at):
                    yield (number + share) / len(moments)
                keep(at, walk.trainer)


def _check_end(record: RunRecord, at: float, dataset: Dataset) -> None:
    if at > record.epochs + _ROUNDING:
        rule = f"must be at most {record.epochs:g}, up to which the run is recorded"
        raise UnknownRunError("epoch", at, rule, "Choose an earlier moment.")
    if dataset.fingerprint != record.experiment.fingerprint:
        rule = "must be the data that the run was trained on"
        which = "these data" if dataset.title == record.data else record.data
        value = Verbatim(dataset.title_beside(record.data))
        raise DataError("data", value, rule, f"Open {which} again as they were when it was trained.")


class _Replay:
    """A training that is gone through again, from the last whole state before a moment on.

    Attributes:
        start: that state.
        trainer: stands at the last moment that was gone to.
    """

    def __init__(self, library: Library, run: int, at: float, dataset: Dataset) -> None:
        start = library.state_before(run, at)
        if start is None:
            rule = "must have a whole state before that moment"
            raise UnknownRunError("run", Verbatim(f"{run}, of which none is kept"), rule, "Choose a later moment.")
        self.start, self.trainer = start, Trainer.resume(start.network, dataset, start.training)
        self._all_orders = library.orders(run, start.orders)
        self._leap = next((order.at for order in self._all_orders if order.kind == LEAP), math.inf)
        self._orders = takewhile(lambda order: order.kind != LEAP, self._all_orders)  # the rest is of other trainings
        self._order = next(self._orders, None)
        self._events = self.trainer.run()

    def leads_to(self, at: float) -> bool:
        """Whether this training came to a later moment."""
        return at < self._leap - _ROUNDING

    def to(self, at: float) -> Iterator[float]:
        """Goes on to a moment; yields the share of the way that is done, after every step."""
        _check_known(self._all_orders, at)
        trainer, before = self.trainer, self.start.before
        batches = trainer.batches_per_epoch
        first, last = _steps(trainer), round((at - before) * batches)
        if last < first or abs((at - before) * batches - last) > _ROUNDING * batches:
            raise UnknownRunError("epoch", at, "must be a moment at which a batch ended", "Choose one that is kept.")
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
        """Those that were given where the trainer is now."""
        while self._order is not None and (self._order.epoch, self._order.batch) == self._place:
            _carry_out(self._order, self.trainer, self.start.run)
            self._order = next(self._orders, None)

    @property
    def _place(self) -> tuple[int, int]:
        return self.trainer.epoch, self.trainer.batch


def _check_known(orders: list[Order], at: float) -> None:
    """Raises UnknownRunError for a moment in which nothing could be written, not even what the training was told."""
    for order in orders:
        if order.kind == LEAP:
            since = float(order.payload.get("since", order.at))
            if since + _ROUNDING < at < order.at - _ROUNDING:
                rule = f"must not be between {since:g} and {order.at:g}, when nothing could be recorded"
                raise UnknownRunError("epoch", at, rule, "Choose an earlier or a later moment.")


def _steps(trainer: Trainer) -> int:
    """Steps that it has taken in all epochs."""
    return max(trainer.epoch - 1, 0) * trainer.batches_per_epoch + trainer.batch


def _carry_out(order: Order, trainer: Trainer, run: int) -> None:
    if order.kind not in ("settings", "edit"):
        raise not_reproduced(f"“{order.kind}” at epoch {order.at:g} is no order that this version knows")
    try:
        (_change if order.kind == "settings" else _edit)(order, trainer)
    except ReplayError:
        raise
    except (EngineError, KeyError, TypeError, ValueError, IndexError) as error:
        raise unreadable(f"order {order.number} of run {run}", error) from None


def _change(order: Order, trainer: Trainer) -> None:
    """Raises ReplayError where the settings, which are right, do not fit the place where the training is now."""
    settings = TrainingSettings.from_dict(dict(order.payload))
    try:
        trainer.change(settings)
    except EngineError as error:
        raise not_reproduced(f"at epoch {order.at:g}: {str(error)[:80]}") from None


def _edit(order: Order, trainer: Trainer) -> None:
    """Writes the parameters that were edited."""
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
    """Payload and content of the order that makes parameters (n,) of others (n,)."""
    places = np.flatnonzero(before != now).astype(_INDEX)
    return {"count": len(places)}, places.tobytes() + now[places].astype(now.dtype.newbyteorder("<")).tobytes()
