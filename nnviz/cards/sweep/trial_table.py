"""The trials of a sweep in columns, which grow as results arrive."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.sweeps.plan import Plan
from engine.sweeps.results import FINISHED, OVER, STOPPED, Results, RunResult, TrialResult
from engine.sweeps.search_space import LIST, LOG, Dimension, format_value

_MOST_NAMED = 12  # values of a list that have a place each; more numbers lie along an axis
_APART = 10.0  # largest to smallest number of a list, from which on its axis is logarithmic


@dataclass(frozen=True)
class SettingAxis:
    """The axis of a setting.

    Attributes:
        name: the setting.
        is_log: whether places are logarithms (base 10) of numbers.
        names: names of values at 0, 1, 2 …; empty for numbers.
        low, high: the ends.
    """

    name: str
    is_log: bool = False
    names: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    _places: Mapping[str, float] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, varied: Dimension) -> SettingAxis:
        """Returns the axis of a dimension: numbers from low to high, names in their given order."""
        if varied.kind != LIST:
            return cls._along(varied.name, varied.kind == LOG, varied.low, varied.high)
        are_numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in varied.values)
        values = sorted(varied.values) if are_numbers else list(varied.values)
        if are_numbers and len(values) > _MOST_NAMED:
            return cls._along(varied.name, values[0] > 0 and values[-1] >= _APART * values[0], values[0], values[-1])
        names = tuple(map(format_value, values))
        places = {name: float(place) for place, name in enumerate(names)}
        return cls(varied.name, False, names, -0.5, len(names) - 0.5, places)

    @classmethod
    def _along(cls, name: str, is_log: bool, low: float, high: float) -> SettingAxis:
        ends = (math.log10(low), math.log10(high)) if is_log else (float(low), float(high))
        return cls(name, is_log, (), *ends)

    def place(self, value: Any) -> float:
        """Returns the place of a value; NaN for a value without one, as in a damaged file."""
        if self.names:
            return self._places.get(format_value(value), math.nan)
        if isinstance(value, (tuple, list)) and len(value) == 1:
            value = value[0]
        if not isinstance(value, (int, float)) or (self.is_log and value <= 0):
            return math.nan
        return math.log10(value) if self.is_log else float(value)


class TrialTable:
    """The plan of a sweep, and its results so far.

    Attributes:
        plan: the plan.
        results: the results, which rank the trials.
        axes: an axis for each setting that varies.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.results = Results(plan, is_classification=True, has_test=False, has_validation=True)
        self.axes = [SettingAxis.of(each) for each in plan.vary]
        self._places: list[list[float]] = [[] for _ in self.axes]  # of the trials
        self._medians: list[float] = []  # of the trials
        self._bests: list[tuple[int, float]] = []  # number of runs, and the best median after them

    # ---- growing

    def add_trials(self, before: int, trials: Sequence[Mapping[str, Any]]) -> bool:
        """Adds the trials after the first ``before``; returns False, and adds nothing, if trials are missing."""
        there = len(self.results.trials)
        if before > there:
            return False
        for values in trials[there - before :]:
            self.results.add_trial(values)
            self._medians.append(math.nan)
            for axis, places in zip(self.axes, self._places, strict=True):
                places.append(axis.place(values.get(axis.name)))
        return True

    def add_runs(self, runs: Iterable[RunResult]) -> None:
        """Adds results of runs in order of completion; the last result counts for a run that was repeated.

        A run that was stopped before the end of its first epoch has no result: its figures precede training.
        """
        for run in runs:
            is_measured = run.status != STOPPED or run.epochs > 1
            if is_measured and 0 <= run.trial < len(self.results.trials):
                self._learn_figures(run)
                if self.results.add(run):  # false for a repeated message about a finished run
                    self._note_trial(self.results.trials[run.trial])

    def _learn_figures(self, run: RunResult) -> None:
        """Derives quantity and splits from the first figures."""
        if "validation_rmse" in run.figures:
            self.results.quantity = "rmse"
        if any(name.startswith("test_") for name in run.figures):
            self.results.has_test = True

    def _note_trial(self, trial: TrialResult) -> None:
        score = trial.score(self.results.compared_by)
        self._medians[trial.trial] = score if math.isfinite(score) else math.nan
        if trial.is_complete(self.plan) and score < (self._bests[-1][1] if self._bests else math.inf):
            self._bests.append((len(self.runs), score))

    # ---- columns

    @property
    def runs(self) -> list[RunResult]:
        """The results of runs, in order of arrival."""
        return self.results.runs

    @property
    def trials_of_runs(self) -> Array:
        """(runs,): the trial of each run."""
        return np.array([run.trial for run in self.runs], np.intp)

    @property
    def statuses(self) -> Array:
        """(runs,): the status of each run."""
        return np.array([run.status for run in self.runs], object)

    @property
    def values(self) -> Array:
        """(runs,): the last figure of each run by which trials are compared; NaN if it was not measured."""
        figure = self.results.compared_by
        return np.array([run.figures.get(figure, math.nan) for run in self.runs], float)

    @property
    def medians(self) -> Array:
        """(trials,): the medians by which trials are ranked; NaN if the median run did not finish."""
        return np.array(self._medians, float)

    def places(self, axis: int) -> Array:
        """Returns (trials,) places on an axis."""
        return np.array(self._places[axis], float)

    @property
    def scores(self) -> tuple[Array, Array]:
        """(n,) trials and (n,) figures that show what settings do; infinite for what did not finish.

        Each trial counts once, with its median so far. If only one setting varies, each run counts.
        """
        if len(self.axes) == 1:
            is_over, is_finished = np.isin(self.statuses, OVER), self.statuses == FINISHED
            values = np.where(is_finished & ~np.isnan(self.values), self.values, math.inf)
            return self.trials_of_runs[is_over], values[is_over]
        trials = np.sort(self.results.order)
        medians = self.medians[trials]
        return trials, np.where(np.isnan(medians), math.inf, medians)

    # ---- one of them

    def run_of(self, trial: int) -> RunResult | None:
        """Returns the representative run of a trial: its median, the better of two; None without runs."""
        figure = self.results.compared_by
        kept = [run for run in self.results.trials[trial].runs.values() if run.run is not None]
        finished = sorted(
            (run for run in kept if run.status == FINISHED and figure in run.figures),
            key=lambda run: (run.figures[figure], run.seed),
        )
        return finished[(len(finished) - 1) // 2] if finished else next(iter(kept), None)

    def best_so_far(self) -> tuple[Array, Array]:
        """Returns (k,) numbers of runs after which the best trial changed, and (k,) its medians.

        A trial counts when the runs with all its seeds are over.
        """
        return np.array([count for count, _ in self._bests], float), np.array([best for _, best in self._bests], float)
