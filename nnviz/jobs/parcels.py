"""Several messages in one pickle. A training may tell of a thousand epochs a second, which pickle slowly one by one."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.metrics import Evaluation


def parcel_of(messages: list[object]) -> bytes:
    """The messages as they are now, for ``pickle.load``. Raises what pickling raises."""
    out = io.BytesIO()
    packer = pickle.Pickler(out, protocol=5)
    packer.dispatch_table = _WAYS
    packer.dump(messages)
    return out.getvalue()


def _taken_apart(figures: Evaluation) -> tuple[Any, ...]:
    """Its counts as bytes: Python pickles an array in several calls, which take longer than all the rest."""
    counts = (None if array is None else bytearray(array) for array in (figures.confusion, figures.ranks))
    return _put_together, (figures.loss, figures.error, *counts, figures.rmse, figures.r2)


def _put_together(
    loss: float, error: float | None, confusion: bytearray | None, ranks: bytearray | None, *of_numbers: float | None
) -> Evaluation:
    if confusion is None or ranks is None:
        return Evaluation(loss, error, None, None, *of_numbers)
    places = np.frombuffer(ranks, np.int64)
    matrix = np.frombuffer(confusion, np.int64).reshape(len(places), len(places))
    return Evaluation(loss, error, matrix, places, *of_numbers)


_WAYS: dict[type, Callable[[Any], Any]] = {**copyreg.dispatch_table, Evaluation: _taken_apart}
