"""Predictions of two networks, side by side, for all examples of a set."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from engine.basics.validation import Array
from engine.explain.prediction_changes import ClassChanges, NumberChanges, changes_between
from engine.explain.predictions import ClassPredictions, Predictions
from nnviz.formatting.meaning import Meaning
from nnviz.session.example_sets import ExampleSet
from nnviz.session.selection import Classes, ExampleGroup
from nnviz.session.split_predictions import SplitPredictions


@dataclass(frozen=True, eq=False)
class PredictionChanges:
    """Predictions of the earlier and the later network for the same set.

    Attributes:
        before, after: the predictions.
        opening: the beginning of a sentence about the change: "From epoch 3 to 20", "By the edit".
        names: the names of both networks.
        there: a phrase with a place for what holds for the later network: "now {}", "{} at epoch 10".
        measured: the errors of both that were measured during training; None if they are not known. Predictions of a
            snapshot, which has 16 bits a parameter, may differ from it by an example.
    """

    before: SplitPredictions
    after: SplitPredictions
    opening: str
    names: tuple[str, str]
    there: str
    measured: tuple[float | None, float | None] = (None, None)

    def errors(self, meaning: Meaning) -> tuple[float, float]:
        """Returns the errors before and after: shares of mistakes, or RMSEs of all outputs in the target's unit."""
        before, after = (
            error_of(found.answers, meaning) if known is None else known
            for found, known in zip((self.before, self.after), self.measured, strict=True)
        )
        return before, after

    @property
    def part(self) -> ExampleSet:
        """The set."""
        return self.after.part

    @cached_property
    def changes(self) -> ClassChanges | NumberChanges:
        """The changes, example by example."""
        return changes_between(self.before.answers, self.after.answers)

    def chosen(self, classes: Classes | None, group: ExampleGroup | None) -> Array:
        """Returns indices (k,) in the set: of a group or a cell those that changed; without either all that did.

        For numbers all, the largest change first.
        """
        changes = self.changes
        if group is not None:
            return changes.among(self.part.are_among(group.numbers))
        if isinstance(changes, NumberChanges):
            return changes.order
        return changes.of(None, None) if classes is None else changes.of(classes.true, classes.answer)


def error_of(answers: Predictions, meaning: Meaning) -> float:
    """Returns the error of the predictions: the share of mistakes, or the RMSE of all outputs in the target's unit."""
    if isinstance(answers, ClassPredictions):
        return float(answers.are_wrong.mean())
    errors = [float(error) * meaning.spread(number) for number, error in enumerate(answers.errors.tolist())]
    return math.sqrt(sum(error**2 for error in errors) / len(errors))
