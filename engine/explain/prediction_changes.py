"""Changes between the predictions of two networks for the same examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.basics.validation import Array
from engine.explain.predictions import ClassPredictions, NumberPredictions


@dataclass(frozen=True, eq=False)
class ClassChanges:
    """Changes from one prediction of classes to another, of the same examples.

    Attributes:
        before, after: the predictions, of k examples each.
    """

    before: ClassPredictions
    after: ClassPredictions

    @cached_property
    def matrix(self) -> Array:
        """The confusion matrix after minus the one before, (classes, classes) int64, row = true class."""
        difference: Array = self.after.confusion - self.before.confusion
        return difference

    @cached_property
    def are_new_mistakes(self) -> Array:
        """Whether each example was right before and is wrong after, (k,)."""
        found: Array = ~self.before.are_wrong & self.after.are_wrong
        return found

    @cached_property
    def are_corrected(self) -> Array:
        """Whether each example was wrong before and is right after, (k,)."""
        found: Array = self.before.are_wrong & ~self.after.are_wrong
        return found

    def of(self, true: int | None, answer: int | None) -> Array:
        """Returns the numbers of the examples that entered or left a cell of the confusion matrix.

        None stands for every class. For a row, it returns the examples of the true class that became right or wrong;
        without both, all that did. Mistakes after the change come first, then the confident ones.
        """
        if answer is None:
            chosen = self.are_new_mistakes | self.are_corrected
        else:
            chosen = (self.before.answers == answer) ^ (self.after.answers == answer)
        if true is not None:
            chosen = chosen & (self.after.labels == true)
        return self.after.among(chosen)

    def among(self, chosen: Array) -> Array:
        """Returns the numbers of the examples that are True in ``chosen``, (k,), and became right or wrong."""
        return self.after.among(chosen & (self.are_new_mistakes | self.are_corrected))


@dataclass(frozen=True, eq=False)
class NumberChanges:
    """Changes from one prediction of numbers to another, of the same examples.

    Attributes:
        before, after: the predictions, of k examples each.
    """

    before: NumberPredictions
    after: NumberPredictions

    @cached_property
    def gains(self) -> Array:
        """By how much each prediction came nearer to its target, (k,), in the units of the network's outputs.

        Negative where it moved away; 0 where either is not finite.
        """
        with np.errstate(all="ignore"):
            gains: Array = np.abs(self.before.differences) - np.abs(self.after.differences)
        return np.nan_to_num(gains, nan=0.0, posinf=0.0, neginf=0.0)

    @cached_property
    def order(self) -> Array:
        """The numbers of all examples, (k,), the largest change first."""
        return np.argsort(-np.abs(self.gains), kind="stable")

    def among(self, chosen: Array) -> Array:
        """Returns the numbers of the examples that are True in ``chosen``, (k,), the largest change first."""
        return self.order[chosen[self.order]]


def changes_between(
    before: ClassPredictions | NumberPredictions, after: ClassPredictions | NumberPredictions
) -> ClassChanges | NumberChanges:
    """Returns the changes between two predictions of the same kind, for the same examples."""
    if isinstance(before, ClassPredictions) and isinstance(after, ClassPredictions):
        return ClassChanges(before, after)
    assert isinstance(before, NumberPredictions)
    assert isinstance(after, NumberPredictions)
    return NumberChanges(before, after)
