"""What a run leaves behind: its error curves."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from engine.events import Epoch, Estimate
from engine.metrics import Evaluation


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
class Tape:
    """The curves of one network's training, over as many runs as it was trained in.

    Attributes:
        train, test: exact error after each epoch, as a share; held_out: the same of the examples put aside.
        live_train, live_test: estimates within the epoch under way; they go when the exact figure comes.
        completed: epochs done so far; where the next run goes on.
    """

    train: Curve = field(default_factory=Curve)
    test: Curve = field(default_factory=Curve)
    held_out: Curve = field(default_factory=Curve)
    live_train: Curve = field(default_factory=Curve)
    live_test: Curve = field(default_factory=Curve)
    completed: int = 0

    def as_dict(self) -> dict[str, list[list[float]]]:
        """The exact curves as JSON can hold them: pairs of epoch and error."""
        curves = {"train": self.train, "test": self.test, "held_out": self.held_out}
        return {
            name: [list(pair) for pair in zip(curve.epochs, curve.values, strict=True)]
            for name, curve in curves.items()
            if curve.epochs
        }

    @classmethod
    def from_dict(cls, curves: object) -> Tape:
        """What :meth:`as_dict` gave. It may come from anybody's file: curves that are none are left out."""
        tape = cls()
        for name in ("train", "test", "held_out"):
            pairs = curves.get(name, []) if isinstance(curves, dict) else []
            if isinstance(pairs, list) and all(_is_point(pair) for pair in pairs):
                curve: Curve = getattr(tape, name)
                for epoch, value in sorted(pairs):
                    curve.add(float(epoch), float(value))
        return tape

    def add_epoch(self, epoch: int, result: Epoch) -> None:
        """Exact figures at the end of an epoch; epoch 0 is the network before training."""
        self.completed = epoch
        for curve, live, figures in (
            (self.train, self.live_train, result.train),
            (self.test, self.live_test, result.test),
        ):
            live.clear()
            if figures is not None:
                curve.add(epoch, _height(figures))
        if result.held_out is not None:
            self.held_out.add(epoch, _height(result.held_out))

    def add_estimate(self, epoch: float, estimate: Estimate) -> None:
        """Figures of a sample, somewhere within an epoch."""
        self.live_train.add(epoch, _height(estimate.train))
        if estimate.test is not None:
            self.live_test.add(epoch, _height(estimate.test))


def _is_point(pair: object) -> bool:
    """Whether it is an epoch and an error, both finite and not below 0."""
    return (
        isinstance(pair, (list, tuple))
        and len(pair) == 2
        and all(isinstance(number, (int, float)) and 0 <= number <= sys.float_info.max for number in pair)
    )


def _height(figures: Evaluation) -> float:
    return figures.loss if figures.error is None else figures.error
