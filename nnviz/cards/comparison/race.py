"""Races: experiments of compared runs are trained with the same seeds and the same order of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.experiment import Experiment
from nnviz.library import LibraryError
from nnviz.session.compared_run import ComparedRun
from nnviz.session.seeds import seed_number

if TYPE_CHECKING:
    from engine.sweeps.plan import Plan
    from nnviz.session.session import Session


def reason_no_race(runs: Sequence[ComparedRun]) -> str | None:
    """Returns why the runs cannot race, as a sentence; None if they can."""
    if len(runs) < 2:
        return "A race needs at least two runs. Click them in the list."
    try:
        made = _experiments(runs)
    except LibraryError as error:
        return str(error)
    if len({each.fingerprint for each in made}) > 1:
        return "A race needs runs of the same data."
    if len(made) < 2:
        return "A race needs different settings. These runs differ only in their seed."
    return None


def start_or_stop_race(session: Session) -> None:
    """Trains the compared experiments with the same seeds, or stops the plan that is being trained.

    The groups of the race are then compared in the place of the runs.
    """
    sweeps, runs = session.sweeps, session.comparison.runs
    if sweeps.plan_progress is not None:
        sweeps.stop()
    elif (reason_unavailable := reason_no_race(runs)) is not None:
        session.messages.show(reason_unavailable)
    else:
        sweeps.start(race_between(runs, sweeps.seeds))


def race_between(runs: Sequence[ComparedRun], seeds: int) -> Plan:
    """Returns the plan of a race, whose first seed is the lowest one of the first run or group."""
    from engine.sweeps.plan import plan_race

    return plan_race(_experiments(runs), seeds)


def _experiments(runs: Sequence[ComparedRun]) -> list[Experiment]:
    """Returns the experiments that differ in more than their seed, in order, with one seed. Raises LibraryError."""
    made = [each.experiment for each in runs]
    seeds = [seed for record in runs[0].records if (seed := seed_number(record)) is not None]
    seed = min(seeds, default=made[0].seed)
    return list(dict.fromkeys(each.changed(seed=seed) for each in made))
