"""``Group``: runs that differ in their seed only."""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    """The runs of one trial of a plan, or runs that were trained one after the other with equal settings.

    Attributes:
        sweep: the number of the plan; 0 for runs that belong to none.
        trial: which of the trials of the plan, counted from 0. Without a plan, the number of the first of the runs,
            which may be deleted.
    """

    sweep: int
    trial: int

    @property
    def is_of_plan(self) -> bool:
        """Whether a sweep or a group of seeds was trained as one plan."""
        return self.sweep > 0
