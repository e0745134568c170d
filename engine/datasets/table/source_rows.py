"""``SourceRows``: which rows of its file the rows of a table are, though some were left out or are empty."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.basics.validation import Array


@dataclass
class SourceRows:
    """Only what is missing is noted, so that a large table takes no more memory for it.

    Attributes:
        first: the row of the file, from 1, that comes after the names of the columns.
        gaps: for each row of the file that is none of the table, how many of the table come before it; ascending.
        known: how many rows of the table have a known place; None for all.
    """

    first: int = 1
    gaps: list[int] = field(default_factory=list)
    known: int | None = None

    def leave_out(self, before: int, count: int = 1) -> None:
        """Notes that rows of the file are none of the table, after so many that are."""
        self.gaps += [before] * count

    def mark_unknown(self, before: int) -> None:
        """Notes that nobody knows where the rows after so many lie."""
        self.known = before if self.known is None else min(self.known, before)

    def rows(self, places: Array) -> Array:
        """(k,) int32: the rows in the file, from 1, of rows of the table, (k,) from 0; 0 where nobody knows."""
        found = self.first + places + np.searchsorted(np.array(self.gaps, np.int64), places, side="right")
        if self.known is not None:
            found[places >= self.known] = 0
        return found.astype(np.int32)
