"""What a training leaves behind, epoch by epoch: curves of error and loss, confusion matrices, changed settings."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.events import BestRestored, Epoch, Estimate, Event
from engine.metrics import Evaluation
from engine.validation import Array

PARTS = ("train", "test", "validation")
# What 0.3 called the validation set in its files.
_OLD_NAMES = {"validation": "held_out", "validation_loss": "held_out_loss"}
_CONFUSION_BYTES = 16_000_000
MOST_EPOCHS = 1_000_000  # a file that claims more is not believed


@dataclass
class Curve:
    """Points of one curve, in the order they were taken. ``epochs`` may be fractions."""

    epochs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, epoch: float, value: float) -> None:
        """A point at the right end; one at the same place is replaced."""
        if self.epochs and self.epochs[-1] == epoch:
            self.values[-1] = value
        else:
            self.epochs.append(epoch)
            self.values.append(value)

    def clear(self) -> None:
        """Forgets all points."""
        self.epochs.clear()
        self.values.clear()

    def at(self, epoch: float) -> float | None:
        """The figure that was measured at that epoch; None where none was."""
        return self.values[self.epochs.index(epoch)] if epoch in self.epochs else None


@dataclass
class Curves:
    """One figure, error or loss, against epochs.

    Attributes:
        train, test, validation: exact figures after each epoch.
        live_train, live_test: estimates within the epoch under way; they go when the exact figure comes.
    """

    train: Curve = field(default_factory=Curve)
    test: Curve = field(default_factory=Curve)
    validation: Curve = field(default_factory=Curve)
    live_train: Curve = field(default_factory=Curve)
    live_test: Curve = field(default_factory=Curve)

    @property
    def last_epoch(self) -> float:
        """The last one with an exact figure; 0 where there is none."""
        ends = [epoch for part in PARTS for epoch in getattr(self, part).epochs[-1:]]
        return float(max(ends, default=0))


@dataclass(frozen=True)
class Change:
    """At ``epoch``, which may be a fraction, settings were changed; ``text`` says how."""

    epoch: float
    text: str


@dataclass
class History:
    """The course of one network's training, over as many runs as it was trained in.

    Attributes:
        error: shares of wrong answers; its curves stay empty for regression.
        loss: mean losses of an example.
        completed: epochs done so far; where the next run goes on.
        changes: where settings were changed on the way, in the order of their epochs.
        best: set where early stopping ended the last run with the parameters of an earlier epoch. Its ``epoch``
            counts over all runs.
        confusion_bytes: how much memory confusion matrices may take. When it is used up, those of every second epoch
            are dropped; the newest stay. Files do not hold any.
    """

    error: Curves = field(default_factory=Curves)
    loss: Curves = field(default_factory=Curves)
    completed: int = 0
    changes: list[Change] = field(default_factory=list)
    best: BestRestored | None = None
    confusion_bytes: int = _CONFUSION_BYTES
    _confusions: dict[int, dict[str, Array]] = field(default_factory=dict, init=False, repr=False, compare=False)

    # ---- what a run tells

    def take(self, event: Event, before: int = 0) -> None:
        """Takes in an event of a run that began when the network had ``before`` epochs behind it.

        Exact figures at the end of an epoch, where epoch 0 is the network before training; and the return of the best
        parameters. Other events are left alone.
        """
        if isinstance(event, Epoch):
            self._take_epoch(before + event.epoch, event)
        elif isinstance(event, BestRestored):
            self.best = replace(event, epoch=before + event.epoch)

    def _take_epoch(self, epoch: int, result: Epoch) -> None:
        self.completed = epoch
        self.best = None
        for curves in (self.error, self.loss):
            curves.live_train.clear()
            curves.live_test.clear()
        for part in PARTS:
            self._add(part, epoch, getattr(result, part))
        self._keep_confusions(epoch, result)

    def add_estimate(self, epoch: float, estimate: Estimate) -> None:
        """Figures of a sample, somewhere within an epoch; none where the network has just gone out of bounds."""
        for name, figures in (("live_train", estimate.train), ("live_test", estimate.test)):
            if figures is not None and math.isfinite(figures.loss):
                self._add(name, epoch, figures)

    def note_change(self, epoch: float, text: str) -> None:
        """Settings were changed at that epoch; several changes at the same place are joined into one."""
        if self.changes and self.changes[-1].epoch == epoch:
            text = f"{self.changes.pop().text}, {text}"
        self.changes.append(Change(epoch, text))

    def _add(self, name: str, epoch: float, figures: Evaluation | None) -> None:
        if figures is None:
            return
        getattr(self.loss, name).add(epoch, figures.loss)
        if figures.error is not None:
            getattr(self.error, name).add(epoch, figures.error)

    def _keep_confusions(self, epoch: int, result: Epoch) -> None:
        figures = {part: getattr(result, part) for part in PARTS}
        matrices = {
            part: each.confusion.astype(np.uint32)
            for part, each in figures.items()
            if each is not None and each.confusion is not None
        }
        self._confusions.pop(epoch, None)
        if matrices:
            self._confusions[epoch] = matrices
        while len(self._confusions) > 1 and self._bytes_of_confusions() > self.confusion_bytes:
            for dropped in list(self._confusions)[-2::-2]:
                del self._confusions[dropped]

    def _bytes_of_confusions(self) -> int:
        return sum(matrix.nbytes for matrices in self._confusions.values() for matrix in matrices.values())

    # ---- what was measured

    def confusion(self, epoch: int, part: str = "test") -> Array | None:
        """Counts (classes, classes) int64 at the end of that epoch, row = true class, column = answer.

        Args:
            part: ``"train"``, ``"test"`` or ``"validation"``.

        Returns:
            None where they were not measured, or are no longer kept.
        """
        matrix = self._confusions.get(epoch, {}).get(part)
        return None if matrix is None else matrix.astype(np.int64)

    def figures(self, epoch: int) -> dict[str, float]:
        """What was measured at the end of that epoch: ``train_error``, ``train_loss``, ``test_error`` and so on."""
        measured = {
            f"{part}_{name}": getattr(curves, part).at(epoch)
            for name, curves in (("error", self.error), ("loss", self.loss))
            for part in PARTS
        }
        return {name: value for name, value in measured.items() if value is not None}

    # ---- as a file holds it

    def as_dict(self) -> dict[str, Any]:
        """The exact curves and the changes as JSON can hold them: pairs of epoch and figure, of epoch and text.

        Errors have the keys train, test and validation, losses train_loss, test_loss and validation_loss.
        """
        pairs: dict[str, Any] = {name: _pairs(curve) for name, curve in self._exact().items()}
        pairs["changes"] = [[change.epoch, change.text] for change in self.changes]
        return {name: points for name, points in pairs.items() if points}

    @classmethod
    def from_dict(cls, curves: object) -> History:
        """The inverse of :meth:`as_dict`; reads the files of 0.3 too.

        It may come from anybody's file: what is no curve, no point and no change is left out.
        """
        history, known = cls(), curves if isinstance(curves, dict) else {}
        for name, curve in history._exact().items():
            for epoch, value in sorted(filter(_is_point, _list(known.get(name, known.get(_OLD_NAMES.get(name)))))):
                curve.add(float(epoch), float(value))
        changes = filter(_is_change, _list(known.get("changes")))
        history.changes = [Change(float(epoch), text) for epoch, text in sorted(changes)]
        history.completed = int(max(history.error.last_epoch, history.loss.last_epoch))
        return history

    def _exact(self) -> dict[str, Curve]:
        """By the names they have in a file."""
        errors = {part: getattr(self.error, part) for part in PARTS}
        return errors | {f"{part}_loss": getattr(self.loss, part) for part in PARTS}


def _pairs(curve: Curve) -> list[list[float]]:
    """Without what JSON cannot hold: a loss may overflow on data that the network did not learn from."""
    return [list(pair) for pair in zip(curve.epochs, curve.values, strict=True) if math.isfinite(pair[1])]


def _list(entries: object) -> list[Any]:
    return entries if isinstance(entries, list) else []


def _is_point(pair: object) -> bool:
    """Whether it is an epoch and a figure, both finite and not below 0."""
    return _is_pair(pair) and _is_number(pair[1], sys.float_info.max)  # type: ignore[index]


def _is_change(pair: object) -> bool:
    return _is_pair(pair) and isinstance(pair[1], str)  # type: ignore[index]


def _is_pair(pair: object) -> bool:
    """Whether it is two things, the first of them an epoch."""
    return isinstance(pair, (list, tuple)) and len(pair) == 2 and _is_number(pair[0], MOST_EPOCHS)


def _is_number(number: object, most: float) -> bool:
    return isinstance(number, (int, float)) and 0 <= number <= most
