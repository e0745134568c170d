"""Early stopping keeps the parameters of the epoch with the best validation results.

Prechelt 1998, "Early Stopping - But When?".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.basics.validation import Array, number_within, whole_number
from engine.training.metrics import Evaluation

_OF_NUMBERS = {"rmse": (0.0, math.inf), "r2": (-math.inf, 1.0)}  # figures of regression, with their ends
_FIGURES = ("loss", "error", *_OF_NUMBERS)


@dataclass(frozen=True)
class BestEpoch:
    """The best epoch so far, its validation results and its parameters."""

    epoch: int
    figures: Evaluation
    parameters: Array

    def is_beaten_by(self, figures: Evaluation) -> bool:
        """Whether other validation results are better: a lower error, or the same with a lower loss."""
        return _badness(figures) < _badness(self.figures)

    def as_dict(self) -> dict[str, Any]:
        """Returns epoch and figures, for a checkpoint."""
        return {"epoch": self.epoch} | {name: getattr(self.figures, name) for name in _FIGURES}

    @classmethod
    def from_dict(cls, entries: dict[str, Any], parameters: Array) -> BestEpoch:
        """Returns the inverse of :meth:`as_dict`. Raises KeyError or SettingError."""
        loss = number_within("loss", entries["loss"], -math.inf, math.inf, "0.1")
        error = None if entries["error"] is None else number_within("error", entries["error"], 0, 1, "0.1")
        of_numbers = (_number(name, entries.get(name), *ends) for name, ends in _OF_NUMBERS.items())
        figures = Evaluation(loss, error, None, None, *of_numbers)
        return cls(whole_number("epoch", entries["epoch"], 0, "1"), figures, parameters)


def _number(name: str, value: object, least: float, most: float) -> float | None:
    """Returns the value, or None for None, as where a file of before version 0.9 has none. Raises SettingError."""
    return None if value is None else number_within(name, value, least, most, "0.5")


def _badness(figures: Evaluation) -> tuple[float, float]:
    """Returns the key that early stopping minimises: the error, then the loss; for regression the loss."""
    return (figures.loss if figures.error is None else figures.error, figures.loss)
