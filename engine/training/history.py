"""The history of a network's runs: learning curves, confusion matrices and changes of settings, by epoch."""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.training.events import Batch, BestRestored, Epoch, Estimate, Event
from engine.training.metrics import Evaluation

PARTS = ("train", "test", "validation")
QUANTITIES = ("error", "loss", "rmse", "r2")
# Names that version 0.3 used for the validation set in its files.
_OLD_NAMES = {"validation": "held_out", "validation_loss": "held_out_loss"}
_CONFUSION_BYTES = 16_000_000
MOST_EPOCHS = 1_000_000  # files with more are not accepted
MOST_POINTS, MOST_CHANGES = 20_000, 1_000  # of a curve, and of settings, in a history
_LARGEST = sys.float_info.max
# Figures of the best epoch in a file, with their least and largest values.
_BEST = {"loss": (-_LARGEST, _LARGEST), "error": (0, 1), "rmse": (0, _LARGEST), "r2": (-_LARGEST, 1)}


@dataclass
class Curve:
    """A curve: its points in the order of their epochs, which may be fractions."""

    epochs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, epoch: float, value: float) -> None:
        """Appends a point; replaces the last one if it has the same epoch."""
        if self.epochs and self.epochs[-1] == epoch:
            self.values[-1] = value
        else:
            self.epochs.append(epoch)
            self.values.append(value)

    def remove(self, epoch: float) -> None:
        """Removes the point at exactly this epoch, if there is one."""
        place = bisect_left(self.epochs, epoch)
        if self.epochs[place : place + 1] == [epoch]:
            del self.epochs[place], self.values[place]

    def clear(self) -> None:
        self.cut(0)

    def cut(self, start: int) -> None:
        """Removes all points from the ``start``-th on, which counts from 0."""
        del self.epochs[start:], self.values[start:]

    def at(self, epoch: float) -> float | None:
        """Returns the value measured at exactly this epoch, or None."""
        place = bisect_left(self.epochs, epoch)
        return self.values[place] if self.epochs[place : place + 1] == [epoch] else None


def joined(exact: Curve, early: Curve) -> Curve:
    """Returns exact values with the estimates between them; where there are both, the exact value counts."""
    if not early.epochs:
        return exact
    start, end = bisect_left(exact.epochs, early.epochs[0]), bisect_right(exact.epochs, early.epochs[-1])
    points = dict(zip(early.epochs, early.values, strict=True))
    points |= zip(exact.epochs[start:end], exact.values[start:end], strict=True)
    between = sorted(points)
    epochs = [*exact.epochs[:start], *between, *exact.epochs[end:]]
    return Curve(epochs, [*exact.values[:start], *map(points.__getitem__, between), *exact.values[end:]])


@dataclass
class Curves:
    """The curves of one quantity: error, loss, RMSE or R².

    Attributes:
        train, test, validation: exact values after each epoch.
        live_train, live_test: estimates within the current epoch, removed when the exact values are known.
        early_train, early_test, early_validation: estimates within the first epoch, which are kept.
    """

    train: Curve = field(default_factory=Curve)
    test: Curve = field(default_factory=Curve)
    validation: Curve = field(default_factory=Curve)
    live_train: Curve = field(default_factory=Curve)
    live_test: Curve = field(default_factory=Curve)
    early_train: Curve = field(default_factory=Curve)
    early_test: Curve = field(default_factory=Curve)
    early_validation: Curve = field(default_factory=Curve)

    def copy(self) -> Curves:
        """Returns an independent copy."""
        curves = {name: Curve(list(curve.epochs), list(curve.values)) for name, curve in vars(self).items()}
        return Curves(**curves)

    def joined(self, part: str) -> Curve:
        """Returns the exact values of a part, with the estimates of its first epoch."""
        return joined(getattr(self, part), getattr(self, f"early_{part}"))

    @property
    def last_epoch(self) -> float:
        """The last epoch with an exact value; 0 without any."""
        ends = [epoch for part in PARTS for epoch in getattr(self, part).epochs[-1:]]
        return float(max(ends, default=0))

    @property
    def last_known(self) -> float:
        """The last epoch with an exact value or, within the first epoch, an estimate that is kept; 0 without any."""
        return max([self.last_epoch, *self.early_train.epochs[-1:]])


@dataclass(frozen=True)
class Change:
    """A change of settings at ``epoch``, which may be a fraction; ``text`` describes it."""

    epoch: float
    text: str


@dataclass
class History:
    """The history of a network over all its runs.

    Attributes:
        error: shares of wrong predictions; its curves are empty for regression.
        loss: mean losses of an example.
        rmse, r2: see :class:`~engine.training.metrics.Evaluation`; their curves are empty for classes.
        completed: epochs done at the last results, from which the next run continues; a fraction if a run was
            interrupted within an epoch and another one continued from there.
        changes: changes of settings during training, in the order of their epochs.
        best: set if early stopping restored the parameters of an earlier epoch at the end of the last run. Its
            ``epoch`` counts over all runs.
        confusion_bytes: memory for confusion matrices. When it is used up, those of every second epoch are dropped; the
            latest one is kept. Files contain none.
    """

    error: Curves = field(default_factory=Curves)
    loss: Curves = field(default_factory=Curves)
    rmse: Curves = field(default_factory=Curves)
    r2: Curves = field(default_factory=Curves)
    completed: float = 0
    changes: list[Change] = field(default_factory=list)
    best: BestRestored | None = None
    confusion_bytes: int = _CONFUSION_BYTES
    _confusions: dict[float, dict[str, Array]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _nbytes: int = field(
        default=0, init=False, repr=False, compare=False
    )  # places of all curves; there may be very many

    def take_event(self, event: Event, before: float = 0) -> None:
        """Records an event of a run that started after ``before`` epochs.

        It records the results of epochs, where epoch 0 is the untrained network, estimates of the first epoch, and
        restored parameters. Of other events it only notes that the network no longer has the best parameters.
        """
        if isinstance(event, BestRestored):
            self.best = replace(event, epoch=before + event.epoch)
        elif isinstance(event, Batch):
            self.best = None
            if event.estimate is not None:
                self.add_early(before + event.place, event.estimate)
        if not isinstance(event, Epoch):
            return
        self.completed = epoch = int_if_whole(before + event.epoch)
        self.best = None
        for curves in self._quantities.values():
            curves.live_train.clear()
            curves.live_test.clear()
        matrices: dict[str, Array] = {}
        for part in PARTS:
            figures: Evaluation | None = getattr(event, part)
            self._add(part, epoch, figures)
            if figures is not None and figures.confusion is not None:
                matrices[part] = figures.confusion.astype(np.uint32)
        self.keep_confusions(epoch, matrices)

    def add_estimate(self, epoch: float, estimate: Estimate) -> None:
        """Adds figures of a sample within an epoch; none if the network's numbers have just become non-finite."""
        for name, figures in (("live_train", estimate.train), ("live_test", estimate.test)):
            if figures is not None and math.isfinite(figures.loss):
                self._add(name, epoch, figures)

    def add_early(self, epoch: float, estimate: Estimate) -> None:
        """Adds an estimate within the first epoch, which is kept. Removes those from there on, of an earlier run."""
        self.forget_early(epoch)
        for part in PARTS:
            figures: Evaluation | None = getattr(estimate, part)
            if figures is not None and math.isfinite(figures.loss):
                self._add(f"early_{part}", epoch, figures)

    def forget_early(self, epoch: float) -> None:
        """Removes the estimates of the first epoch at this place, in epochs, and after it."""
        for curves in self._quantities.values():
            for part in PARTS:
                curve: Curve = getattr(curves, f"early_{part}")
                curve.cut(bisect_left(curve.epochs, epoch))

    @property
    def early(self) -> list[float]:
        """Returns the places, in epochs, of the estimates of the first epoch, ascending."""
        return self.loss.early_train.epochs

    def measure_again(self, epoch: float, figures: Mapping[str, float]) -> None:
        """Replaces the results at an epoch, the last one or later, by those of a network that was changed there.

        Args:
            epoch: may be a fraction.
            figures: as :meth:`figures` returns them; empty if they are not known yet.
        """
        self._drop_confusions(epoch)
        for name, of in self._quantities.items():
            for part in PARTS:
                curve, value = getattr(of, part), figures.get(f"{part}_{name}")
                curve.remove(epoch)
                if value is not None:
                    curve.add(int_if_whole(epoch), value)
        if figures:
            self.completed = int_if_whole(max(self.completed, epoch))

    def confusions(self, epoch: float) -> dict[str, Array]:
        """Returns the stored confusion matrices of an epoch, by split."""
        return self._confusions.get(epoch, {})

    def note_change(self, epoch: float, text: str) -> None:
        """Records a change of settings; changes at the same epoch are joined."""
        if self.changes and self.changes[-1].epoch == epoch:
            text = f"{self.changes.pop().text}, {text}"
        self.changes.append(Change(epoch, text))

    def _add(self, name: str, epoch: float, figures: Evaluation | None) -> None:
        if figures is None:
            return
        for quantity, curves in self._quantities.items():
            value = getattr(figures, quantity)
            if value is not None:
                getattr(curves, name).add(epoch, value)

    @property
    def _quantities(self) -> dict[str, Curves]:
        return {name: getattr(self, name) for name in QUANTITIES}

    def keep_confusions(self, epoch: float, matrices: dict[str, Array]) -> None:
        """Stores confusion matrices (classes, classes) of an epoch, by split, within the memory limit."""
        self._drop_confusions(epoch)
        if matrices:
            self._confusions[epoch] = matrices
            self._nbytes += _bytes_of(matrices)
        while len(self._confusions) > 1 and self._nbytes > self.confusion_bytes:
            for dropped in list(self._confusions)[-2::-2]:
                self._drop_confusions(dropped)

    def _drop_confusions(self, epoch: float) -> None:
        self._nbytes -= _bytes_of(self._confusions.pop(epoch, {}))

    @property
    def nbytes(self) -> int:
        """Bytes of the confusion matrices; the curves take few."""
        return self._nbytes

    def confusion(self, epoch: float, part: str = "test") -> Array | None:
        """Returns the confusion matrix at the end of an epoch, (classes, classes) int64, row = true class.

        Args:
            part: ``"train"``, ``"test"`` or ``"validation"``.

        Returns:
            None if they were not measured or are no longer kept.
        """
        matrix = self._confusions.get(epoch, {}).get(part)
        return None if matrix is None else matrix.astype(np.int64)

    def figures(self, epoch: float) -> dict[str, float]:
        """Returns the results at the end of an epoch: ``train_error``, ``train_loss``, ``test_error`` and so on."""
        measured = {
            f"{part}_{name}": getattr(curves, part).at(epoch)
            for name, curves in self._quantities.items()
            for part in PARTS
        }
        return {name: value for name, value in measured.items() if value is not None}

    def last_measured(self, epoch: float) -> float | None:
        """Returns the last place, in epochs, up to this one at which a whole split was measured; None without one."""
        curves = [getattr(of, part).epochs for of in self._quantities.values() for part in PARTS]
        found = [epochs[place - 1] for epochs in curves if (place := bisect_right(epochs, epoch))]
        return max(found, default=None)

    @property
    def measured(self) -> list[float]:
        """Returns the places, in epochs, at which a whole split was measured, ascending."""
        curves = [getattr(of, part).epochs for of in self._quantities.values() for part in PARTS]
        return sorted(set().union(*curves))

    def copy(self) -> History:
        """Returns an independent copy, without confusion matrices."""
        curves: dict[str, Any] = {name: of.copy() for name, of in self._quantities.items()}
        return replace(self, **curves, changes=list(self.changes))

    def until(self, epoch: float) -> History:
        """Returns an independent copy of what was known at that epoch; confusion matrices are shared."""
        past = self.copy()
        for curves in past._quantities.values():
            for curve in vars(curves).values():
                curve.cut(bisect_right(curve.epochs, epoch))
        past.changes = [change for change in self.changes if change.epoch <= epoch]
        past.completed, past.best = past.last_measured(epoch) or 0, None
        for measured, matrices in self._confusions.items():
            if measured <= epoch:
                past.keep_confusions(measured, matrices)
        return past

    def as_dict(self) -> dict[str, Any]:
        """Returns curves and changes in types that JSON can hold: pairs of epoch and value, of epoch and text.

        Of a curve with more than 20,000 points only as many are returned, of changes the last 1,000.

        Errors have the keys train, test and validation, other figures train_loss, test_rmse and so on. The key early
        has the estimates of the first epoch by the same keys. What early stopping restored has the key best.
        """
        pairs: dict[str, Any] = {name: _pairs(curve) for name, curve in self._by_name().items()}
        early = {name: _pairs(curve) for name, curve in self._by_name("early_").items()}
        pairs["early"] = {name: points for name, points in early.items() if points}
        pairs["changes"] = [[change.epoch, change.text] for change in self.changes[-MOST_CHANGES:]]
        pairs["best"] = None if self.best is None else _best_entries(self.best)
        return {name: points for name, points in pairs.items() if points}

    @classmethod
    def from_dict(cls, curves: object) -> History:
        """Returns the history of an :meth:`as_dict`, also from version 0.3.

        Entries that are no curves, points or changes are ignored, because files may come from anywhere.
        """
        history, known = cls(), curves if isinstance(curves, dict) else {}
        early = known.get("early")
        for entries, kind in ((known, ""), (early if isinstance(early, dict) else {}, "early_")):
            for name, curve in history._by_name(kind).items():
                points = _by_epoch(entries.get(name, entries.get(_OLD_NAMES.get(name))))
                least = -_LARGEST if name.endswith("r2") else 0
                for epoch, value in _thinned([point for point in points if _is_number(point[1], least)]):
                    if not kind or 0 < epoch < 1:
                        curve.add(epoch, float(value))
        changes = _by_epoch(known.get("changes"))
        history.changes = [Change(epoch, text) for epoch, text in changes if isinstance(text, str)][-MOST_CHANGES:]
        history.completed = int_if_whole(max(curves.last_epoch for curves in history._quantities.values()))
        history.best = _best_from(known.get("best"))
        return history

    def _by_name(self, kind: str = "") -> dict[str, Curve]:
        """Returns the exact curves by their names in files, or those of the kind "early_" by the same names."""
        return {
            part if name == "error" else f"{part}_{name}": getattr(curves, kind + part)
            for name, curves in self._quantities.items()
            for part in PARTS
        }


def _best_entries(best: BestRestored) -> dict[str, Any] | None:
    """Returns the best epoch in types that JSON can hold; None where its figures are not finite."""
    figures = {name: getattr(best.figures, name) for name in _BEST}
    is_finite = all(value is None or math.isfinite(value) for value in figures.values())
    return {"epoch": best.epoch, "early": best.early} | figures if is_finite else None


def _best_from(entries: object) -> BestRestored | None:
    """Returns what :func:`_best_entries` returned, or None for anything else."""
    if not isinstance(entries, dict) or not _is_number(entries.get("epoch"), 0, MOST_EPOCHS):
        return None
    values = {name: entries.get(name) for name in _BEST}
    known = {name: value for name, value in values.items() if value is not None}
    if "loss" not in known or not all(_is_number(value, *_BEST[name]) for name, value in known.items()):
        return None
    loss, error, rmse, r2 = (float(known[name]) if name in known else None for name in _BEST)
    figures = Evaluation(loss or 0.0, error, None, None, rmse, r2)
    return BestRestored(int_if_whole(float(entries["epoch"])), figures, bool(entries.get("early")))


def _bytes_of(matrices: dict[str, Array]) -> int:
    return sum(matrix.nbytes for matrix in matrices.values())


def int_if_whole(epochs: float) -> float:
    """Returns whole epochs as an int, so that they are written without a point."""
    return int(epochs) if epochs == int(epochs) else epochs


def _pairs(curve: Curve) -> list[list[float]]:
    """Returns the finite points, thinned; JSON cannot hold others, and the loss of unseen data may overflow."""
    points = zip(curve.epochs, curve.values, strict=True)
    return _thinned([list(pair) for pair in points if math.isfinite(pair[1])])


def _thinned(points: list[Any]) -> list[Any]:
    """Returns at most 20,000 of the points, at equal distances; the first and the last one stay."""
    step = math.ceil((len(points) - 1) / (MOST_POINTS - 1))
    return points if step <= 1 else points[:1] + points[:0:-step][::-1]


def _by_epoch(entries: object) -> list[tuple[float, Any]]:
    """Returns the pairs of an epoch and something else in a list, in the order of their epochs."""
    listed = entries if isinstance(entries, list) else []
    pairs = [each for each in listed if isinstance(each, (list, tuple)) and len(each) == 2]
    found = [(float(epoch), value) for epoch, value in pairs if _is_number(epoch, 0, MOST_EPOCHS)]
    return sorted(found, key=itemgetter(0))


def _is_number(number: object, least: float, most: float = _LARGEST) -> bool:
    return isinstance(number, (int, float)) and least <= number <= most
