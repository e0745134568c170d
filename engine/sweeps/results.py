"""What came of the trials of a plan: figures of each run, medians and spread, and which trial is chosen."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.sweeps.plan import Plan

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
class FigureRange:
    """Median, lowest and highest of so many figures."""

    median: float
    lowest: float
    highest: float
    count: int

    @classmethod
    def of(cls, figures: Iterable[float]) -> FigureRange | None:
        """Returns None for no figures."""
        found = sorted(figures)
        return cls(statistics.median(found), found[0], found[-1], len(found)) if found else None


@dataclass(eq=False)
class TrialResult:
    """What has come of one trial up to now.

    Attributes:
        trial: its number.
        values: of the settings that are varied.
        runs: by seed, in the order in which they came.
    """

    trial: int
    values: Mapping[str, Any]
    runs: dict[int, RunResult] = field(default_factory=dict)

    @property
    def statuses(self) -> list[str]:
        """How its runs ended."""
        return [run.status for run in self.runs.values()]

    @property
    def over(self) -> int:
        """How many of its runs are over."""
        return sum(run.status in OVER for run in self.runs.values())

    @property
    def is_kept(self) -> bool:
        """Whether one of its runs is in the library."""
        return any(run.run is not None for run in self.runs.values())

    def figures(self, name: str) -> list[float]:
        """One figure of each run that is over, infinite for those that were not trained to their end."""
        over = (run for run in self.runs.values() if run.status in OVER)
        return [run.figures.get(name, math.inf) if run.status == FINISHED else math.inf for run in over]

    def spread(self, name: str) -> FigureRange | None:
        """The figure over all runs that were trained to their end; None if there is none."""
        finished = (run for run in self.runs.values() if run.status == FINISHED)
        return FigureRange.of(run.figures[name] for run in finished if name in run.figures)

    def is_complete(self, plan: Plan) -> bool:
        """Whether the runs with all seeds are over."""
        return self.over == len(plan.seeds)

    def score(self, name: str) -> float:
        """The median of the figure over the seeds, smaller is better; a run that did not end well counts as worst."""
        return statistics.median(self.figures(name) or [math.inf])


class Results:
    """All trials of a plan.

    Attributes:
        quantity: what is measured: "error" for classes, "rmse" for numbers.
        has_validation: whether there is a validation set to compare by.
        trials: all of them, in the order in which they were added.
        runs: what came of each run, in the order in which they came.
        over: how many runs are over.
    """

    def __init__(self, plan: Plan, is_classification: bool, has_test: bool, has_validation: bool) -> None:
        self._plan = plan
        self.quantity = "error" if is_classification else "rmse"
        self.has_test, self.has_validation = has_test, has_validation
        self.over = 0
        self.runs: list[RunResult] = []
        self.trials: list[TrialResult] = []
        self._seeds = frozenset(plan.seeds)
        self._places: dict[tuple[int, int], int] = {}  # among the runs, by trial and seed
        self._lacks: list[bool] = []  # of each trial, whether runs with some seeds are not over
        self._scores: list[float] = []  # of each trial; NaN while no run is over
        self._best: tuple[float, int] | None = None  # score and number of the best of those with all seeds

    @property
    def compared_by(self) -> str:
        """The figure by which trials are ranked and runs are pruned: of the validation set wherever there is a choice.

        Seeds alone choose nothing: of them the test error is told.
        """
        if self._plan.is_choice:
            return f"validation_{self.quantity}"
        return self.test_figure or (f"validation_{self.quantity}" if self.has_validation else f"train_{self.quantity}")

    @property
    def test_figure(self) -> str | None:
        """The figure of the test set; None where there is none."""
        return f"test_{self.quantity}" if self.has_test else None

    def add_trial(self, values: Mapping[str, Any]) -> int:
        """Adds a trial; returns its number, from 0."""
        self.trials.append(TrialResult(len(self.trials), values))
        self._lacks.append(True)
        self._scores.append(math.nan)
        return len(self.trials) - 1

    def add(self, result: RunResult) -> bool:
        """Adds what came of a run, once: returns False, and changes nothing, if that run is over already, or none of
        the plan's. A figure that is NaN is none.
        """
        if result.seed not in self._seeds or not 0 <= result.trial < len(self.trials):
            return False
        known = self.run(result.trial, result.seed)
        if known is not None and known.status in OVER:
            return False
        figures = {name: value for name, value in result.figures.items() if not math.isnan(value)}
        self._put(replace(result, figures=figures))
        if result.status in OVER:
            self.over += 1
            self._rank(self.trials[result.trial])
        return True

    def _put(self, run: RunResult) -> None:
        """Adds a run, or puts it in the place of what came of it before."""
        place = self._places.setdefault((run.trial, run.seed), len(self.runs))
        self.runs[place : place + 1] = [run]
        self.trials[run.trial].runs[run.seed] = run

    def run(self, trial: int, seed: int) -> RunResult | None:
        """What came of a run; None for nothing yet."""
        place = self._places.get((trial, seed))
        return None if place is None else self.runs[place]

    def name_run(self, trial: int, seed: int, number: int) -> None:
        """Notes which number a run, of which something came, has in the library."""
        self._put(replace(self.runs[self._places[trial, seed]], run=number))

    def _rank(self, trial: TrialResult) -> None:
        score = trial.score(self.compared_by)
        self._lacks[trial.trial] = not trial.is_complete(self._plan)
        self._scores[trial.trial] = score
        if not self._lacks[trial.trial]:  # then its score stays
            self._best = min(self._best or (math.inf, trial.trial), (score, trial.trial))

    def score(self, trial: int) -> float:
        """How good a trial is; smaller is better."""
        return self.trials[trial].score(self.compared_by)

    @property
    def order(self) -> Array:
        """(k,): the numbers of the trials with runs that are over: those with all seeds first, then the best first."""
        scores, lacks = np.array(self._scores, float), np.array(self._lacks, bool)
        which = np.flatnonzero(~np.isnan(scores))
        return which[np.lexsort((which, scores[which], lacks[which]))]

    def ranked(self, most: int | None = None) -> list[TrialResult]:
        """The trials in this order; no more than ``most``, if that is given."""
        return [self.trials[number] for number in self.order[:most].tolist()]

    @property
    def best(self) -> TrialResult | None:
        """The first of these trials; None if no run is over."""
        return next(iter(self.ranked(1)), None) if self._best is None else self.trials[self._best[1]]

    @property
    def chosen(self) -> TrialResult | None:
        """The best trial of those with all seeds; None if there is none yet, or none that ended well."""
        score, best = self._best or (math.inf, 0)
        return None if math.isinf(score) else self.trials[best]
