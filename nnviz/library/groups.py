"""Groups of runs that differ in their seed only."""

from __future__ import annotations

from typing import NamedTuple


class RunGroup(NamedTuple):
    """The runs of one trial of a plan, or consecutive runs with equal settings.

    Attributes:
        sweep: number of the plan; 0 for runs without a plan.
        trial: index of the trial in the plan, from 0. Without a plan, number of the first run, which may be deleted.
    """

    sweep: int
    trial: int

    @property
    def is_of_plan(self) -> bool:
        """Whether the runs belong to a plan."""
        return self.sweep > 0
