"""An edit of some weights, and what a run was before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from engine.history import Change
from engine.lazy_dataclass import dataclass
from engine.network import Network
from engine.neurons import Part
from engine.validation import Array
from nnviz.session.selection import Neuron

WhatIf = Mapping[Neuron, float]


@dataclass(frozen=True, eq=False)
class Edit:
    """Values for some parts of a run's network, as the history tells it.

    Attributes:
        run: the run's id.
        values: the parts and what is written into them.
        text: what was done.
        undoes: the edit whose old values these are; None for one that a person made.
        what_if: what is supposed after it; None for what was supposed before.
    """

    run: int
    values: tuple[tuple[Part, Array], ...]
    text: str
    undoes: Edit | None = None
    what_if: WhatIf | None = None

    def write(self, network: Network) -> None:
        for part, values in self.values:
            part.view(network)[...] = values

    def holds(self, network: Network) -> bool:
        return all(np.array_equal(part.view(network), values) for part, values in self.values)


@dataclass
class Before:
    """What a run was before an edit, and its count of changes after it."""

    changes: int
    edited: dict[str, float] | None
    notes: list[Change] = field(default_factory=list)
    changes_after: int = 0


def number_text(value: float) -> str:
    """0.1, −0.0613: four digits, with a real minus sign."""
    return f"{value:.4g}".replace("-", "−")
