"""Edits of weights, and the state of a run before an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.explain.neurons import ParameterGroup
from engine.network.network import Network
from engine.training.events import BestRestored
from engine.training.history import Change
from nnviz.session.run import Run
from nnviz.session.selection import Neuron

WhatIf = Mapping[Neuron, float]


@dataclass(frozen=True, eq=False)
class Edit:
    """Values for some parts of a run's network, as a step of the undo history.

    Attributes:
        run: the run's id.
        values: the parts and what is written into them.
        text: what was done.
        undoes: the edit whose old values these are; None for an edit of the user.
        what_if: what is supposed after it; None for what was supposed before.
    """

    run: int
    values: tuple[tuple[ParameterGroup, Array], ...]
    text: str
    undoes: Edit | None = None
    what_if: WhatIf | None = None

    def write(self, network: Network) -> None:
        for part, values in self.values:
            part.view(network)[...] = values

    def holds(self, network: Network) -> bool:
        return all(np.array_equal(part.view(network), values) for part, values in self.values)


@dataclass
class StateBeforeEdit:
    """The state of a run before an edit, and its count of changes after the edit."""

    changes: int
    edited: dict[str, float] | None
    notes: list[Change]
    best: BestRestored | None
    completed: float
    at: float
    figures: dict[str, float]
    confusions: dict[str, Array]
    changes_after: int

    @classmethod
    def of(cls, run: Run) -> StateBeforeEdit:
        """Returns the state of a run now, with the figures at the epoch where an edit is placed."""
        history, at = run.history, run.place_of_edits
        known = list(history.changes), history.best, history.completed, at, history.figures(at), history.confusions(at)
        return cls(run.changes, run.edited, *known, run.changes + 1)

    def put_back(self, run: Run) -> None:
        """Restores the state of a run."""
        history = run.history
        history.measure_again(self.at, self.figures)
        history.keep_confusions(self.at, self.confusions)
        run.changes, run.edited = self.changes, self.edited
        history.changes, history.best, history.completed = self.notes, self.best, self.completed
        run.snapshots.forget_after(run.epochs)


def format_weight(value: float) -> str:
    """Returns four digits with a real minus sign: 0.1, −0.0613."""
    return f"{value:.4g}".replace("-", "−")
