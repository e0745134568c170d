"""``TrialTable``: the trials of a sweep in columns, for the views. It grows as results come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.sweeps.plan import Plan
from engine.sweeps.results import FINISHED, STOPPED, Results, RunResult, TrialResult
from engine.sweeps.search_space import LIST, LOG, Dimension, format_value

_MOST_NAMED = 12  # values of a list that have a place each; more numbers lie along an axis
_APART = 10.0  # a list of numbers whose largest is so many times its least is laid out logarithmically


@dataclass(frozen=True)
class SettingAxis:
    """Where the values of a setting lie.

    Attributes:
        name: of the setting.
        is_log: whether places are logarithms (base 10) of numbers.
        names: of values that lie side by side, at 0, 1, 2 …; empty for numbers along an axis.
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
        """The axis of what varies: numbers from low to high, names in the order in which they were given."""
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
        """Where a value lies; NaN for one that has no place, as in a damaged file."""
        if self.names:
            return self._places.get(format_value(value), math.nan)
        if isinstance(value, (tuple, list)) and len(value) == 1:
            value = value[0]
        if not isinstance(value, (int, float)) or (self.is_log and value <= 0):
            return math.nan
        return math.log10(value) if self.is_log else float(value)


class TrialTable:
    """What is known of a sweep.

    Attributes:
        plan: what was to be done.
        results: what came of it, as ``engine.sweeps`` ranks it.
        axes: one for each setting that varies.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.results = Results(plan, is_classification=True, has_test=False, has_validation=True)
        self.axes = [SettingAxis.of(each) for each in plan.vary]
        self._places: list[list[float]] = [[] for _ in self.axes]  # of the trials
        self._medians: list[float] = []  # of the trials
        self._bests: list[tuple[int, float]] = []  # after so many runs, the best median

    # ---- growing

    def add_trials(self, before: int, trials: Sequence[Mapping[str, Any]]) -> bool:
        """Adds trials of which so many were there before; returns False, and adds nothing, where some are missing."""
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
        """Adds what came of runs, in the order in which they were done; of one that was done again the last result.

        Nothing came of one that was stopped before the end of its first epoch: its figures are those of before.
        """
        for run in runs:
            is_measured = run.status != STOPPED or run.epochs > 1
            if is_measured and 0 <= run.trial < len(self.results.trials):
                self._learn_figures(run)
                if self.results.add(run):  # else it is over, and was told twice
                    self._note_trial(self.results.trials[run.trial])

    def _learn_figures(self, run: RunResult) -> None:
        """What is measured shows in the first figures."""
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
        """What came of each run, in the order in which it got here."""
        return self.results.runs

    @property
    def trials_of_runs(self) -> Array:
        """(runs,): the trial of each run."""
        return np.array([run.trial for run in self.runs], np.intp)

    @property
    def statuses(self) -> Array:
        """(runs,): how each run ended."""
        return np.array([run.status for run in self.runs], object)

    @property
    def values(self) -> Array:
        """(runs,): what trials are compared by, as it was last measured of each run; NaN where it was not."""
        figure = self.results.compared_by
        return np.array([run.figures.get(figure, math.nan) for run in self.runs], float)

    @property
    def medians(self) -> Array:
        """(trials,): the medians by which they are ranked; NaN where a run that did not end well is in the middle."""
        return np.array(self._medians, float)

    def places(self, axis: int) -> Array:
        """(trials,): where each lies on an axis."""
        return np.array(self._places[axis], float)

    # ---- one of them

    def run_of(self, trial: int) -> RunResult | None:
        """The run that stands for a trial: the one with the median, the better one of two; None without any."""
        figure = self.results.compared_by
        kept = [run for run in self.results.trials[trial].runs.values() if run.run is not None]
        finished = sorted(
            (run for run in kept if run.status == FINISHED and figure in run.figures),
            key=lambda run: (run.figures[figure], run.seed),
        )
        return finished[(len(finished) - 1) // 2] if finished else next(iter(kept), None)

    def best_so_far(self) -> tuple[Array, Array]:
        """After how many runs the best trial changed, and its median then; (k,) each.

        A trial counts when the runs with all its seeds are over.
        """
        return np.array([count for count, _ in self._bests], float), np.array([best for _, best in self._bests], float)
