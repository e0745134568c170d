"""``RunState``: a snapshot of a run, from which hints follow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.distributions import LayerActivity
from engine.training.history import PARTS, QUANTITIES, Curve, History
from nnviz.hints.learning_curves import CurvesFinding, find_in_curves, score_of, standard_error

MOST_EPOCHS = 500  # of a longer run only the last ones are looked at


@dataclass(frozen=True)
class Rival:
    """An earlier run on the same data with other settings.

    Attributes:
        difference: its settings that differ, in words: "learning rate 0.05".
        score: its last error or RMSE on the judged set.
    """

    difference: str
    score: float


@dataclass(frozen=True, eq=False)
class RunState:
    """A snapshot of a run at the end of an epoch: its figures since its settings changed last.

    If early stopping restored an epoch, they end with that one.

    Attributes:
        experiment: data, network and training settings in use.
        epochs: the epochs with figures, ascending.
        figures: values at these epochs, by name: "train_error", "validation_loss", "test_rmse" and so on. Without a
            validation set, or without a test set, its names are missing.
        examples: number of examples by set: "train", "validation", "test".
        findings: what the curves of the whole run show, by quantity: first the error or RMSE, then the loss.
        is_over: whether all epochs of the training are done.
        is_restored: whether early stopping restored the best epoch.
        has_diverged: whether the run stopped because the loss is no longer finite.
        dead_layer: number, from 1, of a hidden layer with the same output for nearly all examples; None without one.
        layers: the activity of each hidden layer; empty while it is not known.
        confusion: (classes, classes) confusion matrix on the judged set at the last epoch, row = true class; None if
            it was not kept.
        class_names: a name for each class, as shown; empty for regression.
        has_images: whether the inputs are images.
        rivals: earlier runs on the same data, the newest last.
    """

    experiment: Experiment
    epochs: tuple[float, ...] = ()
    figures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    examples: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, CurvesFinding] = field(default_factory=dict)
    is_over: bool = False
    is_restored: bool = False
    has_diverged: bool = False
    dead_layer: int | None = None
    layers: Sequence[LayerActivity] = ()
    confusion: Array | None = None
    class_names: Sequence[str] = ()
    has_images: bool = False
    rivals: Sequence[Rival] = ()

    @classmethod
    def of(cls, experiment: Experiment, data: Dataset, history: History, **facts: Any) -> RunState:
        """Returns the state of a run on these data since its settings changed last; ``facts`` are other attributes."""
        since = history.changes[-1].epoch if history.changes else 0
        epochs, figures = figures_since(history, since, math.inf if history.best is None else history.best.epoch)
        examples = count_examples(experiment, data)
        return cls(
            experiment,
            epochs,
            figures,
            examples,
            all_findings(history, examples),
            is_restored=history.best is not None,
            confusion=history.confusion(epochs[-1], judged_part(figures)) if epochs else None,
            has_images=data.is_picture,
            **facts,
        )

    # ---- what the network is judged by

    @property
    def judged(self) -> str:
        """The set by which the network is judged: "validation"; "test" if there is none; "train" without both."""
        return judged_part(self.figures)

    @property
    def measure(self) -> str:
        """What is measured: "error" for classes, else "rmse"."""
        return "error" if "train_error" in self.figures else "rmse"

    @property
    def scores(self) -> tuple[float, ...]:
        """Errors or RMSEs on the judged set, one per epoch."""
        return self.figures.get(f"{self.judged}_{self.measure}", ())

    @property
    def train_scores(self) -> tuple[float, ...]:
        """Errors or RMSEs on the training set, one per epoch."""
        return self.figures.get(f"train_{self.measure}", ())

    @property
    def losses(self) -> tuple[float, ...]:
        """Losses on the training set, one per epoch."""
        return self.figures.get("train_loss", ())

    @property
    def trained(self) -> int:
        """Number of epochs that were trained with these settings."""
        return max(len(self.epochs) - 1, 0)

    @property
    def noise(self) -> float:
        """The standard error of the last score, see :meth:`standard_error`."""
        return self.standard_error(self.judged)

    def standard_error(self, part: str) -> float:
        """Returns how far the last error or RMSE on a set varies with the choice of the examples.

        See :func:`~nnviz.hints.learning_curves.standard_error`.
        """
        scores = self.figures.get(f"{part}_{self.measure}", ())
        return standard_error(self.measure, scores[-1], max(self.examples.get(part, 1), 1)) if scores else 0.0


def all_findings(history: History, examples: Mapping[str, int]) -> dict[str, CurvesFinding]:
    """Returns what the curves of a run show, by quantity: first the error or RMSE, then the loss."""
    found = {name: find_in_curves(history, name, examples) for name in (score_of(history), "loss")}
    return {name: finding for name, finding in found.items() if finding is not None}


def judged_part(figures: Mapping[str, object]) -> str:
    """Returns the set by which a network is judged, from the names of its figures; see :attr:`RunState.judged`."""
    return next((part for part in ("validation", "test") if f"{part}_loss" in figures), "train")


def figures_since(
    history: History, since: float = 0, until: float = math.inf
) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    """Returns the last epochs at which all sets were measured, within these ends, and the values there by name.

    The names are those of :attr:`RunState.figures`. An edited network may have figures of some sets only.
    """
    curves = {f"{part}_{name}": getattr(getattr(history, name), part) for name in QUANTITIES for part in PARTS}
    known = {name: _tail(curve, since, until) for name, curve in curves.items() if curve.values}
    common = set.intersection(*(set(points) for points in known.values())) if known else set()
    epochs = tuple(sorted(common))
    return epochs, {name: tuple(points[epoch] for epoch in epochs) for name, points in known.items()}


def _tail(curve: Curve, since: float, until: float) -> dict[float, float]:
    points = zip(curve.epochs[-MOST_EPOCHS:], curve.values[-MOST_EPOCHS:], strict=True)
    return {epoch: value for epoch, value in points if since <= epoch <= until}


def count_examples(experiment: Experiment, dataset: Dataset) -> dict[str, int]:
    """Returns the number of examples of each set of a run: a validation set may be taken from the training set."""
    counts = {name: len(split) for name, split in dataset.splits.items()}
    train = experiment.examples(dataset)
    if train < counts["train"]:
        counts |= {"validation": counts["train"] - train, "train": train}
    return counts
