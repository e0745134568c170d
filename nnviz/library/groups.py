"""``Group``: the runs of one trial of a plan, which differ in their seed only."""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    """The number of a plan, and which of its trials, counted from 0."""

    sweep: int
    trial: int
