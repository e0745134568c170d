"""Goes through a recorded training again, from a whole state before it to any batch of its past, to the bit.

A state holds all that a training needs: parameters, the optimizer's vectors, the random generator, its place in the
order of the examples. From there the same numbers come again, if the orders that were carried out on the way are
carried out again at the same batches, and if numpy and the processor compute as they did then.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from engine.datasets import Dataset
from engine.errors import DataError, EngineError, Verbatim
from engine.events import Batch
from engine.settings import TrainingSettings
from engine.training import Trainer
from nnviz.library.faults import ReplayError, UnknownRunError, came_out_otherwise, damaged
from nnviz.library.library import Library
from nnviz.library.states import LEAP, KeptState, Order

_ROUNDING = 1e-6  # of a batch
_INDEX = np.dtype("<i4")


@dataclass(frozen=True)
class Replayed:
    """A moment of the past.

    Attributes:
        trainer: stands there, and can go on.
        before: epochs that the network had before this training.
        differences: what is different on this machine, in words; where there is any, the moment may not be exact.
    """

    trainer: Trainer
    before: float
    differences: list[str]


def replay(library: Library, run: int, at: float, dataset: Dataset) -> Generator[float, None, Replayed]:
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
    record = library.run(run)
    if at > record.epochs + _ROUNDING:
        rule = f"must be at most {record.epochs:g}, up to which the run is recorded"
        raise UnknownRunError("epoch", at, rule, "Choose an earlier moment.")
    if dataset.fingerprint != record.experiment.fingerprint:
        rule = "must be the data that the run was trained on"
        raise DataError("data", Verbatim(dataset.title), rule, f"Open {record.data} again as it was then.")
    start = library.state_before(run, at)
    if start is None:
        rule = "must have a whole state before that moment"
        raise UnknownRunError("run", Verbatim(f"{run}, of which none is kept"), rule, "Choose a later moment.")
    trainer = Trainer.resume(start.network, dataset, start.training)
    orders = library.orders(run, start.orders)
    _check_known(orders, at, library)
    yield from _go(trainer, start, at, (order for order in orders if order.kind != LEAP), library)
    return Replayed(trainer, start.before, start.differences())


def _check_known(orders: list[Order], at: float, library: Library) -> None:
    """Raises UnknownRunError for a moment in which nothing could be written, not even what the training was told."""
    for order in orders:
        if order.kind == LEAP:
            try:
                since = float(order.payload.get("since", order.at))
            except (AttributeError, TypeError, ValueError) as error:
                raise damaged(library.path, f"an order at epoch {order.at:g}: {str(error)[:80]}") from None
            if since + _ROUNDING < at < order.at - _ROUNDING:
                rule = f"must not be between {since:g} and {order.at:g}, when nothing could be recorded"
                raise UnknownRunError("epoch", at, rule, "Choose an earlier or a later moment.")


def _go(trainer: Trainer, start: KeptState, at: float, orders: Iterator[Order], library: Library) -> Iterator[float]:
    batches = trainer.batches_per_epoch
    first, last = _steps(trainer), round((at - start.before) * batches)
    if last < first or abs((at - start.before) * batches - last) > _ROUNDING * batches:
        raise UnknownRunError("epoch", at, "must be a moment at which a batch ended", "Choose one that is kept.")
    events, order = trainer.run(), next(orders, None)
    while True:
        while order is not None and (order.epoch, order.batch) == (trainer.epoch, trainer.batch):
            _carry_out(order, trainer, library)
            order = next(orders, None)
        if _steps(trainer) >= last:
            return
        event = next(events, None)
        if event is None:
            raise came_out_otherwise(f"run {start.run} ends before epoch {at:g}")
        if isinstance(event, Batch):
            yield (_steps(trainer) - first) / (last - first)


def _steps(trainer: Trainer) -> int:
    """Steps that it has taken in all epochs."""
    return max(trainer.epoch - 1, 0) * trainer.batches_per_epoch + trainer.batch


def _carry_out(order: Order, trainer: Trainer, library: Library) -> None:
    if order.kind not in ("settings", "edit"):
        raise came_out_otherwise(f"“{order.kind}” at epoch {order.at:g} is no order that this version knows")
    try:
        (_change if order.kind == "settings" else _edit)(order, trainer)
    except ReplayError:
        raise
    except (EngineError, KeyError, TypeError, ValueError, IndexError) as error:
        raise damaged(library.path, f"an order at epoch {order.at:g}: {str(error)[:80]}") from None


def _change(order: Order, trainer: Trainer) -> None:
    """Raises ReplayError where the settings, which are right, do not fit the place where the training is now."""
    settings = TrainingSettings.from_dict(dict(order.payload))
    try:
        trainer.change(settings)
    except EngineError as error:
        raise came_out_otherwise(f"at epoch {order.at:g}: {str(error)[:80]}") from None


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
