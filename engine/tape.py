"""What a run leaves behind: its curves of error and of loss."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field

from engine.events import Epoch, Estimate
from engine.metrics import Evaluation

_EXACT = ("train", "test", "validation")


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


@dataclass
class Curves:
    """One figure, error or loss, against epochs.

    Attributes:
        train, test: exact figures after each epoch; validation: the same of the examples put aside.
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
        return max([0.0, *self.train.epochs[-1:], *self.test.epochs[-1:], *self.validation.epochs[-1:]])


@dataclass
class Tape:
    """The curves of one network's training, over as many runs as it was trained in.

    Attributes:
        error: shares of wrong answers; its curves stay empty for regression.
        loss: mean losses of an example.
        completed: epochs done so far; where the next run goes on.
    """

    error: Curves = field(default_factory=Curves)
    loss: Curves = field(default_factory=Curves)
    completed: int = 0

    @property
    def train(self) -> Curve:
        """Exact train error after each epoch."""
        return self.error.train

    @property
    def test(self) -> Curve:
        """Exact test error after each epoch."""
        return self.error.test

    @property
    def validation(self) -> Curve:
        """Exact error of the examples put aside, after each epoch."""
        return self.error.validation

    def as_dict(self) -> dict[str, list[list[float]]]:
        """The exact curves as JSON can hold them: pairs of epoch and figure.

        Errors stand under train, test and validation, losses under train_loss, test_loss and validation_loss.
        """
        pairs = {name: _pairs(curve) for name, curve in self._exact().items()}
        return {name: points for name, points in pairs.items() if points}

    @classmethod
    def from_dict(cls, curves: object) -> Tape:
        """What :meth:`as_dict` gave. It may come from anybody's file: what is no curve, or no point, is left out."""
        tape = cls()
        for name, curve in tape._exact().items():
            pairs = curves.get(name, []) if isinstance(curves, dict) else []
            points = filter(_is_point, pairs) if isinstance(pairs, list) else ()
            for epoch, value in sorted(points):
                curve.add(float(epoch), float(value))
        return tape

    def _exact(self) -> dict[str, Curve]:
        """By the names they have in a file."""
        errors = {name: getattr(self.error, name) for name in _EXACT}
        return errors | {f"{name}_loss": getattr(self.loss, name) for name in _EXACT}

    def add_epoch(self, epoch: int, result: Epoch) -> None:
        """Exact figures at the end of an epoch; epoch 0 is the network before training."""
        self.completed = epoch
        for curves in (self.error, self.loss):
            curves.live_train.clear()
            curves.live_test.clear()
        for name in _EXACT:
            self._add(name, epoch, getattr(result, name))

    def add_estimate(self, epoch: float, estimate: Estimate) -> None:
        """Figures of a sample, somewhere within an epoch."""
        self._add("live_train", epoch, estimate.train)
        self._add("live_test", epoch, estimate.test)

    def _add(self, name: str, epoch: float, figures: Evaluation | None) -> None:
        if figures is None:
            return
        getattr(self.loss, name).add(epoch, figures.loss)
        if figures.error is not None:
            getattr(self.error, name).add(epoch, figures.error)


def _pairs(curve: Curve) -> list[list[float]]:
    """Without what JSON has no word for: a loss may overflow where the data is not what it learned from."""
    return [list(pair) for pair in zip(curve.epochs, curve.values, strict=True) if math.isfinite(pair[1])]


def _is_point(pair: object) -> bool:
    """Whether it is an epoch and a figure, both finite and not below 0."""
    return (
        isinstance(pair, (list, tuple))
        and len(pair) == 2
        and all(isinstance(number, (int, float)) and 0 <= number <= sys.float_info.max for number in pair)
    )
