"""Which experiments of compared runs can race: be trained with the same seeds and the same order of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.experiment import Experiment
from nnviz.library import LibraryError
from nnviz.session.compared import Compared
from nnviz.session.seeds import seed_number

if TYPE_CHECKING:
    from engine.sweeps.plan import Plan


def why_no_race(runs: Sequence[Compared]) -> str | None:
    """Why they cannot, in a sentence; None if they can."""
    if len(runs) < 2:
        return "Two runs or more can race: click them in the list."
    try:
        made = _experiments(runs)
    except LibraryError as error:
        return str(error)
    if len({each.fingerprint for each in made}) > 1:
        return "Only runs of the same data can race."
    if len(made) < 2:
        return "They differ in nothing but their seed: only different settings can race."
    return None


def race_between(runs: Sequence[Compared], seeds: int) -> Plan:
    """The race, for runs that can; from the seed of the first on, of a group its lowest one."""
    from engine.sweeps.plan import plan_race

    return plan_race(_experiments(runs), seeds)


def _experiments(runs: Sequence[Compared]) -> list[Experiment]:
    """Those that differ in more than their seed, in order, with one seed. Raises LibraryError if one cannot be read."""
    made = [each.experiment for each in runs]
    seeds = [seed for record in runs[0].records if (seed := seed_number(record)) is not None]
    seed = min(seeds, default=made[0].seed)
    return list(dict.fromkeys(each.changed(seed=seed) for each in made))
