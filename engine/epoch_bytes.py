"""The event of an epoch's end in few bytes.

Where epochs are short, a thousand of them a second wait together to be told and to be recorded. As they are, each is
some twenty objects, scattered in memory, which take longer to keep and to free than to be packed once for both.
"""

from __future__ import annotations

import marshal
from typing import Any

import numpy as np

from engine.events import Epoch
from engine.history import PARTS, QUANTITIES
from engine.metrics import Evaluation

# Of a part of the data: its figures in the order of QUANTITIES, then the bytes of confusion and ranks, or None.
Part = tuple[Any, ...]
# Epoch, seconds, number of the dead layer, and of each part in the order of PARTS what there is.
Numbers = tuple[int, float, int | None, Part | None, Part | None, Part | None]

_last: tuple[Epoch | None, bytes] = None, b""  # the event that was packed last, and its bytes


def epoch_bytes(event: Epoch) -> bytes:
    """Packs an event, for processes of the same Python only; only once, if that is asked for several times in turn."""
    global _last
    last, packed = _last
    if last is not event:
        packed = marshal.dumps(numbers_of(event))
        _last = event, packed
    return packed


def epoch_numbers(packed: bytes) -> Numbers:
    """The numbers in what :func:`epoch_bytes` made."""
    numbers: Numbers = marshal.loads(packed)
    return numbers


def epoch_from(packed: bytes) -> Epoch:
    """The event in what :func:`epoch_bytes` made."""
    epoch, seconds, dead_layer, *parts = epoch_numbers(packed)
    evaluations = (None if part is None else _evaluation_of(part) for part in parts)
    return Epoch(epoch=epoch, seconds=seconds, dead_layer=dead_layer, **dict(zip(PARTS, evaluations, strict=True)))


def numbers_of(event: Epoch) -> Numbers:
    """The numbers of an event."""
    train, test, validation = event.train, event.test, event.validation
    return (
        event.epoch,
        event.seconds,
        event.dead_layer,
        None if train is None else _part_of(train),
        None if test is None else _part_of(test),
        None if validation is None else _part_of(validation),
    )


def _part_of(of: Evaluation) -> Part:
    confusion, ranks = of.confusion, of.ranks
    matrices = (None, None) if confusion is None or ranks is None else (confusion.tobytes(), ranks.tobytes())
    return of.error, of.loss, of.rmse, of.r2, *matrices


def _evaluation_of(part: Part) -> Evaluation:
    *figures, confusion, ranks = part
    named = dict(zip(QUANTITIES, figures, strict=True))
    if confusion is None:
        return Evaluation(**named, confusion=None)
    places = np.frombuffer(bytearray(ranks), np.int64)
    matrix = np.frombuffer(bytearray(confusion), np.int64).reshape(len(places), len(places))
    return Evaluation(**named, confusion=matrix, ranks=places)
