"""``SourceRows``: the mapping from the rows of a table to the rows of its file, some of which are left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.basics.validation import Array


@dataclass
class SourceRows:
    """Maps rows of a table to rows of its file. Only omitted rows are stored, which saves memory for large tables.

    Attributes:
        first: the row of the file, from 1, that follows the names of the columns.
        gaps: for each omitted row of the file the number of table rows before it; ascending.
        known: number of table rows whose place is known; None for all.
    """

    first: int = 1
    gaps: list[int] = field(default_factory=list)
    known: int | None = None

    def leave_out(self, before: int, count: int = 1) -> None:
        """Adds omitted rows of the file, after the first ``before`` rows of the table."""
        self.gaps += [before] * count

    def mark_unknown(self, before: int) -> None:
        """Marks the file rows of all table rows after the first ``before`` as unknown."""
        self.known = before if self.known is None else min(self.known, before)

    def rows(self, places: Array) -> Array:
        """Returns the file rows, (k,) int32 from 1, of rows of the table, (k,) from 0; 0 if unknown."""
        found = self.first + places + np.searchsorted(np.array(self.gaps, np.int64), places, side="right")
        if self.known is not None:
            found[places >= self.known] = 0
        return found.astype(np.int32)
