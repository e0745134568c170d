"""Compact encoding of the event of an epoch's end.

Short epochs send a thousand events a second to the window and the recorder. Each is about twenty objects, which take
longer to pickle and to inspect than to encode once for both.
"""

from __future__ import annotations

import marshal
import math
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.training.events import Epoch
from engine.training.history import PARTS, QUANTITIES
from engine.training.metrics import Evaluation

# Results of a split: its figures in the order of QUANTITIES, then confusion and ranks as bytes of int64, or None.
Part = tuple[Any, ...]
# Epoch, seconds, number of the dead layer, and of each part in the order of PARTS what there is.
Numbers = tuple[int, float, int | None, Part | None, Part | None, Part | None]


def epoch_bytes(event: Epoch) -> bytes:
    """Packs an event, for processes of the same Python only."""
    return marshal.dumps(numbers_of(event))


def epoch_numbers(packed: bytes) -> Numbers:
    """Returns the numbers in what :func:`epoch_bytes` made."""
    numbers: Numbers = marshal.loads(packed)
    return numbers


def epoch_from(packed: bytes) -> Epoch:
    """Returns the event in what :func:`epoch_bytes` made."""
    epoch, seconds, dead_layer, *parts = epoch_numbers(packed)
    evaluations = (None if part is None else _evaluation_of(part) for part in parts)
    return Epoch(epoch=epoch, seconds=seconds, dead_layer=dead_layer, **dict(zip(PARTS, evaluations, strict=True)))


def numbers_of(event: Epoch) -> Numbers:
    """Returns the numbers of an event."""
    train, test, validation = event.train, event.test, event.validation
    return (
        int(event.epoch),  # marshal would pack a number of numpy's as bytes
        float(event.seconds),
        None if event.dead_layer is None else int(event.dead_layer),
        None if train is None else _part_of(train),
        None if test is None else _part_of(test),
        None if validation is None else _part_of(validation),
    )


def _part_of(of: Evaluation) -> Part:
    error, confusion, ranks, rmse, r2 = of.error, of.confusion, of.ranks, of.rmse, of.r2
    return (
        None if error is None else float(error),  # a user-defined loss may return NumPy numbers
        float(of.loss),
        None if rmse is None else float(rmse),
        None if r2 is None else float(r2),
        None if confusion is None else _bytes_of(confusion),
        None if ranks is None else _bytes_of(ranks),
    )


def _bytes_of(counts: Array) -> bytes:
    return (counts if counts.dtype == np.int64 else counts.astype(np.int64)).tobytes()


def _evaluation_of(part: Part) -> Evaluation:
    *figures, confusion, ranks = part
    named = dict(zip(QUANTITIES, figures, strict=True))
    places = None if ranks is None else np.frombuffer(bytearray(ranks), np.int64)
    if confusion is None:
        return Evaluation(**named, confusion=None, ranks=places)
    matrix = np.frombuffer(bytearray(confusion), np.int64)
    classes = math.isqrt(len(matrix))
    return Evaluation(**named, confusion=matrix.reshape(classes, classes), ranks=places)
