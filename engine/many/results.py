"""What came of the trials of a plan: figures of each run, medians and spread, and which trial is chosen."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from engine.lazy_dataclass import dataclass
from engine.many.plan import Plan

FINISHED, PRUNED, STOPPED, DIVERGED, FAILED = "finished", "pruned", "stopped", "diverged", "failed"
OVER = (FINISHED, PRUNED, DIVERGED)  # how runs end that are not done again


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of one run.

    Attributes:
        trial, seed: which run of the plan it is.
        status: "finished", "pruned" (stopped by the rule), "stopped" (by a person), "diverged" or "failed".
        figures: its results at the end, by their names ("validation_error").
        epochs: how many it was trained, with a fraction.
        seconds: spent learning.
        run: its number in the library; None if it is not there.
    """

    trial: int
    seed: int
    status: str
    figures: Mapping[str, float]
    epochs: float = 0.0
    seconds: float = 0.0
    run: int | None = None


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest of so many figures."""

    median: float
    lowest: float
    highest: float
    count: int

    @classmethod
    def of(cls, figures: Iterable[float]) -> Spread | None:
        """Returns None for no figures."""
        found = sorted(figures)
        return cls(statistics.median(found), found[0], found[-1], len(found)) if found else None


@dataclass(slots=True)
class TrialResult:
    """What came of one trial, so far.

    Attributes:
        values: of the settings that are varied.
        runs: by seed.
    """

    trial: int
    values: Mapping[str, Any]
    runs: dict[int, RunResult] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether one of its runs is in the library."""
        return any(run.run is not None for run in self.runs.values())

    def figures(self, name: str) -> list[float]:
        """One figure of each run that is over, infinite for those that were not trained to their end."""
        return [
            run.figures.get(name, math.inf) if run.status == FINISHED else math.inf
            for run in self.runs.values()
            if run.status in OVER
        ]

    def spread(self, name: str) -> Spread | None:
        """The figure over all runs that were trained to their end; None if there is none."""
        finished = (run.figures.get(name) for run in self.runs.values() if run.status == FINISHED)
        return Spread.of(value for value in finished if value is not None)

    def is_complete(self, plan: Plan) -> bool:
        """Whether the runs with all seeds are over."""
        return sum(run.status in OVER for run in self.runs.values()) == len(plan.seeds)

    def score(self, name: str) -> float:
        """The median of the figure over the seeds, smaller is better; a run that did not end well counts as worst."""
        return statistics.median(self.figures(name) or [math.inf])


class Results:
    """All trials of a plan.

    Attributes:
        quantity: what is measured: "error" for classes, "rmse" for numbers.
        has_validation: whether there is a validation set to compare by.
        over: how many runs are over.
    """

    def __init__(self, plan: Plan, is_classification: bool, has_test: bool, has_validation: bool) -> None:
        self._plan = plan
        self.quantity = "error" if is_classification else "rmse"
        self.has_test, self.has_validation = has_test, has_validation
        self.trials: list[TrialResult] = []
        self.over = 0
        self._places: dict[int, tuple[bool, float, int]] = {}  # by what trials with runs that are over are ranked
        self._order: list[tuple[bool, float, int]] = []  # the same in order

    @property
    def compared_by(self) -> str:
        """The figure by which trials are ranked and runs are pruned: of the validation set wherever there is a choice.

        Seeds alone choose nothing: of them the test error is told.
        """
        if self._plan.is_choice:
            return f"validation_{self.quantity}"
        return self.told_at_last or (f"validation_{self.quantity}" if self.has_validation else f"train_{self.quantity}")

    @property
    def told_at_last(self) -> str | None:
        """The figure of the test part; None where there is none."""
        return f"test_{self.quantity}" if self.has_test else None

    def add_trial(self, values: Mapping[str, Any]) -> int:
        """Adds a trial, whose values stay as they are; returns its number, from 0."""
        self.trials.append(TrialResult(len(self.trials), values))
        return len(self.trials) - 1

    def add(self, result: RunResult) -> bool:
        """Adds what came of a run, once: returns False, and changes nothing, if that run is over already."""
        runs = self.trials[result.trial].runs
        there = runs.get(result.seed)
        if there is not None and there.status in OVER:
            return False
        runs[result.seed] = result
        if result.status in OVER:
            self.over += 1  # now, and not of all trials whenever somebody asks for the best
            self._rank(self.trials[result.trial])
        return True

    def _rank(self, trial: TrialResult) -> None:
        score = trial.score(self.compared_by)
        place = not trial.is_complete(self._plan), math.inf if math.isnan(score) else score, trial.trial
        before = self._places.get(trial.trial)
        if before is not None:
            del self._order[bisect_left(self._order, before)]
        insort(self._order, place)
        self._places[trial.trial] = place

    def score(self, trial: int) -> float:
        """How good a trial is; smaller is better."""
        return self.trials[trial].score(self.compared_by)

    def ranked(self) -> list[TrialResult]:
        """The trials with runs that are over: those with all seeds first, then the best first."""
        return [self.trials[number] for _, _, number in self._order]

    @property
    def chosen(self) -> TrialResult | None:
        """The best trial of those with all seeds; None if there is none yet, or none that ended well."""
        lacks_some, score, best = self._order[0] if self._order else (True, math.inf, 0)
        return None if lacks_some or math.isinf(score) else self.trials[best]
