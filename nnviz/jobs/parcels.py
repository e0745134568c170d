"""Several messages in one pickle. A training may tell of a thousand epochs a second, which pickle slowly one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.events import Epoch
from engine.metrics import Evaluation

_Plain = tuple[Any, ...]  # numbers, bytes and such tuples: what Python pickles quickly


class Parcel:
    """Messages in their order, which come out of its pickle as a list. Nobody may change what is added.

    Figures of epochs are kept as numbers and bytes at once, while the processor has them at hand.

    Attributes:
        count: how many messages there are.
    """

    def __init__(self) -> None:
        self.count = 0
        self._others: list[object] = []
        self._epochs: list[_Plain] = []

    def add(self, message: object) -> None:
        """Appends a message."""
        match message:
            case (run, Epoch() as epoch):
                self._epochs.append((self.count, run, *_numbers_of(epoch)))
            case _:
                self._others.append(message)
        self.count += 1

    def __reduce__(self) -> tuple[Callable[[list[Any], list[_Plain]], list[object]], tuple[list[Any], list[_Plain]]]:
        return _taken_out, (self._others, self._epochs)


def _taken_out(messages: list[object], epochs: list[_Plain]) -> list[object]:
    for place, run, *numbers in epochs:
        messages.insert(place, (run, _epoch_of(*numbers)))
    return messages


def _numbers_of(epoch: Epoch) -> _Plain:
    train, test, validation = _figures_of(epoch.train), _figures_of(epoch.test), _figures_of(epoch.validation)
    return epoch.epoch, train, test, epoch.seconds, validation, epoch.dead_layer


def _epoch_of(
    number: int, train: _Plain | None, test: _Plain | None, seconds: float, validation: _Plain | None, dead: int | None
) -> Epoch:
    return Epoch(number, _evaluation_of(train), _evaluation_of(test), seconds, _evaluation_of(validation), dead)


def _figures_of(of: Evaluation | None) -> _Plain | None:
    if of is None:
        return None
    confusion = None if of.confusion is None else of.confusion.tobytes()
    ranks = None if of.ranks is None else of.ranks.tobytes()
    return of.loss, of.error, confusion, ranks, of.rmse, of.r2


def _evaluation_of(figures: _Plain | None) -> Evaluation | None:
    if figures is None:
        return None
    loss, error, confusion, ranks, rmse, r2 = figures
    if confusion is None or ranks is None:
        return Evaluation(loss, error, None, None, rmse, r2)
    places = np.frombuffer(bytearray(ranks), np.int64)
    matrix = np.frombuffer(bytearray(confusion), np.int64).reshape(len(places), len(places))
    return Evaluation(loss, error, matrix, places, rmse, r2)
