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

    def text(self, part: str) -> str:
        """Returns "2.41 %" or "2.71 mpg"; a dash for an unknown value."""
        value = self.known.get(f"{part}_{'rmse' if self._are_of_numbers else 'error'}")
        if value is None:
            return "–"
        return self._with_unit(text.steady(value)) if self._are_of_numbers else text.percent(value)

    def _with_unit(self, words: str) -> str:
        return f"{words} {self.meaning.unit}".rstrip()
