"""The large figures of a run: the error in % for classes, or the RMSE of numbers in their unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning


@dataclass(frozen=True)
class RunFigures:
    """The figures by name ("test_error", "train_rmse"), as :meth:`Run.figures` has them, and what they are of."""

    known: Mapping[str, float]
    meaning: Meaning

    @property
    def _are_of_numbers(self) -> bool:
        """Whether the figures are of a regression: by the measured figures, or else by the data."""
        kinds = {name.partition("_")[2] for name in self.known}
        return "rmse" in kinds or ("error" not in kinds and self.meaning.is_regression)

    @property
    def called(self) -> str:
        """The name of the figures."""
        return "RMSE" if self._are_of_numbers else "error"

    def text(self, part: str) -> str:
        """Returns "2.41 %" or "2.71 mpg"; a dash for an unknown value."""
        value = self.known.get(f"{part}_{'rmse' if self._are_of_numbers else 'error'}")
        if value is None:
            return "–"
        return self._with_unit(text.steady(value)) if self._are_of_numbers else text.percent(value)

    @property
    def widest(self) -> str:
        """A text as wide as those with a unit usually are; empty for errors, for which there is always room."""
        return self._with_unit("0.0000") if self._are_of_numbers else ""

    def _with_unit(self, words: str) -> str:
        return f"{words} {self.meaning.unit}".rstrip()

    def tip(self, part: str, at: str | None) -> str:
        """Returns the tooltip of a figure; for numbers with R². ``at``: name of an earlier epoch."""
        moment = "after the last completed epoch" if at is None else f"at epoch {at}"
        names = "training" if part == "train" else part
        name = names.capitalize()
        when = f"in the {names} set, {moment}."
        if not self._are_of_numbers:
            return f"{name} error: the share of misclassified examples {when}"
        of = f" of {self.meaning.target_name}" if self.meaning.target_name else ""
        tip = f"{name} RMSE{of}: the root of the mean squared difference between predicted and true values {when}"
        share = self.known.get(f"{part}_r2")
        if share is None:
            return tip
        return f"{tip} R² is {text.steady(share)}: 1 is perfect, 0 is no better than predicting the mean."
