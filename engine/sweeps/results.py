"""Results of a plan: figures of each run, medians and ranges, and the selected trial."""

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
OVER = (FINISHED, PRUNED, DIVERGED)  # statuses of runs that are not repeated


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of one run.

    Attributes:
        trial, seed: the trial and seed that identify the run in its plan.
        status: "finished", "pruned" (by the rule), "stopped" (by the user), "diverged" or "failed".
        figures: its final results by name ("validation_error").
        epochs: epochs that it was trained, with a fraction.
        seconds: seconds of training.
        run: its number in the library; None if it is not recorded.
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
    """Median, lowest and highest of ``count`` figures."""

    median: float
    lowest: float
    highest: float
    count: int

    @classmethod
    def of(cls, figures: Iterable[float]) -> FigureRange | None:
        """Returns the range of these figures; None without any."""
        found = sorted(figures)
        return cls(statistics.median(found), found[0], found[-1], len(found)) if found else None


@dataclass(eq=False)
class TrialResult:
    """The results of one trial so far.

    Attributes:
        trial: its number.
        values: the values of the varied settings.
        runs: the results by seed, in the order of arrival.
    """

    trial: int
    values: Mapping[str, Any]
    runs: dict[int, RunResult] = field(default_factory=dict)

    @property
    def statuses(self) -> list[str]:
        """The statuses of its runs."""
        return [run.status for run in self.runs.values()]

    @property
    def over(self) -> int:
        """The number of its runs that are over."""
        return sum(run.status in OVER for run in self.runs.values())

    @property
    def is_kept(self) -> bool:
        """Whether one of its runs is recorded in the library."""
        return any(run.run is not None for run in self.runs.values())

    def figures(self, name: str) -> list[float]:
        """Returns one figure of each run that is over; infinite for unfinished runs."""
        over = (run for run in self.runs.values() if run.status in OVER)
        return [run.figures.get(name, math.inf) if run.status == FINISHED else math.inf for run in over]

    def spread(self, name: str) -> FigureRange | None:
        """Returns the range of a figure over all finished runs; None without any."""
        finished = (run for run in self.runs.values() if run.status == FINISHED)
        return FigureRange.of(run.figures[name] for run in finished if name in run.figures)

    def is_complete(self, plan: Plan) -> bool:
        """Whether the runs with all seeds are over."""
        return self.over == len(plan.seeds)

    def score(self, name: str) -> float:
        """Returns the median of a figure over the seeds, smaller is better; an unfinished run counts as worst."""
        return statistics.median(self.figures(name) or [math.inf])


class Results:
    """All trials of a plan.

    Attributes:
        quantity: the measured quantity: "error" for classes, "rmse" for numbers.
        has_test, has_validation: whether there is a test set and a validation set.
        trials: all trials, in the order in which they were added.
        runs: the results of the runs, in the order of arrival.
        over: the number of runs that are over.
    """

    def __init__(self, plan: Plan, is_classification: bool, has_test: bool, has_validation: bool) -> None:
        self._plan = plan
        self.quantity = "error" if is_classification else "rmse"
        self.has_test, self.has_validation = has_test, has_validation
        self.over = 0
        self.runs: list[RunResult] = []
        self.trials: list[TrialResult] = []
        self._seeds = frozenset(plan.seeds)
        self._places: dict[tuple[int, int], int] = {}  # indices of the runs, by trial and seed
        self._lacks: list[bool] = []  # whether each trial has seeds without a completed run
        self._scores: list[float] = []  # score of each trial; NaN while no run is over
        self._best: tuple[float, int] | None = None  # score and number of the best trial with all seeds

    @property
    def compared_by(self) -> str:
        """The figure that ranks trials and prunes runs: that of the validation set if the plan compares trials.

        A plan of seeds compares nothing: its figure is the test error.
        """
        if self._plan.is_choice:
            return f"validation_{self.quantity}"
        return self.test_figure or (f"validation_{self.quantity}" if self.has_validation else f"train_{self.quantity}")

    @property
    def test_figure(self) -> str | None:
        """The name of the test figure; None without a test set."""
        return f"test_{self.quantity}" if self.has_test else None

    def add_trial(self, values: Mapping[str, Any]) -> int:
        """Adds a trial; returns its number, from 0."""
        self.trials.append(TrialResult(len(self.trials), values))
        self._lacks.append(True)
        self._scores.append(math.nan)
        return len(self.trials) - 1

    def add(self, result: RunResult) -> bool:
        """Adds the result of a run; NaN figures are dropped.

        Returns False, and changes nothing, if the run is over already or not part of the plan.
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
        """Adds a result, or replaces the earlier one of the same run."""
        place = self._places.setdefault((run.trial, run.seed), len(self.runs))
        self.runs[place : place + 1] = [run]
        self.trials[run.trial].runs[run.seed] = run

    def run(self, trial: int, seed: int) -> RunResult | None:
        """Returns the result of a run; None if there is none yet."""
        place = self._places.get((trial, seed))
        return None if place is None else self.runs[place]

    def name_run(self, trial: int, seed: int, number: int) -> None:
        """Sets the library's number of a run that has a result."""
        self._put(replace(self.runs[self._places[trial, seed]], run=number))

    def _rank(self, trial: TrialResult) -> None:
        score = trial.score(self.compared_by)
        self._lacks[trial.trial] = not trial.is_complete(self._plan)
        self._scores[trial.trial] = score
        if not self._lacks[trial.trial]:  # its score is final
            self._best = min(self._best or (math.inf, trial.trial), (score, trial.trial))

    def score(self, trial: int) -> float:
        """Returns the score of a trial; smaller is better."""
        return self.trials[trial].score(self.compared_by)

    @property
    def order(self) -> Array:
        """The numbers of the trials with runs that are over, (k,): those with all seeds first, then by score."""
        scores, lacks = np.array(self._scores, float), np.array(self._lacks, bool)
        which = np.flatnonzero(~np.isnan(scores))
        return which[np.lexsort((which, scores[which], lacks[which]))]

    def ranked(self, most: int | None = None) -> list[TrialResult]:
        """Returns the trials in this :attr:`order`, at most ``most``."""
        return [self.trials[number] for number in self.order[:most].tolist()]

    @property
    def chosen(self) -> TrialResult | None:
        """The best trial of those with all seeds; None if there is none yet, or none that finished."""
        score, best = self._best or (math.inf, 0)
        return None if math.isinf(score) else self.trials[best]
