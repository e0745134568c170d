"""Predictions for all examples of a part of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.explain.predictions import ClassPredictions, Predictions
from engine.network.network import Network
from nnviz.session.example_sets import ExampleSet
from nnviz.session.selection import Classes, ExampleGroup


@dataclass(frozen=True, eq=False)
class SplitPredictions:
    """Predictions of a network for all examples of a part, and the number of epochs of the network."""

    answers: Predictions
    part: ExampleSet
    network: Network
    epochs: float

    def chosen(self, classes: Classes | None, group: ExampleGroup | None) -> Array:
        """Returns indices (k,) in the part: those of a group, or a pair of classes; without either all mistakes."""
        if group is not None:
            return self.answers.among(self.part.are_among(group.numbers))
        if not isinstance(self.answers, ClassPredictions):
            return self.answers.order
        return self.answers.mistakes() if classes is None else self.answers.of(classes.true, classes.answer)


NOTHING: Array = np.empty(0, np.int64)
