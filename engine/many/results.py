"""What came of the trials of a plan: figures of each run, medians and spread, and which trial is chosen.

A sweep may have a hundred thousand runs: they are kept in columns of numbers, and an object for a run or a trial is
made when somebody asks for it.
"""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, overload

import numpy as np

from engine.many.plan import Plan
from engine.validation import Array

FINISHED, PRUNED, STOPPED, DIVERGED, FAILED = "finished", "pruned", "stopped", "diverged", "failed"
OVER = (FINISHED, PRUNED, DIVERGED)  # how runs end that are not done again
_NONE = -1  # no run


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


class RunColumns(Sequence[RunResult]):
    """Results of runs, in the order in which they came.

    Attributes:
        statuses: how each ended.
    """

    def __init__(self) -> None:
        self.statuses: list[str] = []
        self._seeds: list[int] = []  # of any size
        self._trials, self._numbers = array("q"), array("q")
        self._epochs, self._seconds = array("d"), array("d")
        self._figures: dict[str, array[float]] = {}  # NaN where there is none

    def __len__(self) -> int:
        return len(self.statuses)

    @overload
    def __getitem__(self, place: int) -> RunResult: ...

    @overload
    def __getitem__(self, place: slice) -> list[RunResult]: ...

    def __getitem__(self, place: int | slice) -> RunResult | list[RunResult]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        figures = {name: value for name in self._figures if (value := self.value(place, name)) is not None}
        number = self._numbers[place]
        measured = figures, self._epochs[place], self._seconds[place], None if number == _NONE else number
        return RunResult(self._trials[place], self._seeds[place], self.statuses[place], *measured)

    def append(self, run: RunResult) -> None:
        """Adds the result of a run."""
        for whole in (self._trials, self._numbers):
            whole.append(_NONE)
        for column in (self._epochs, self._seconds, *self._figures.values()):
            column.append(math.nan)
        self._seeds.append(run.seed)
        self.statuses.append("")
        self[len(self) - 1] = run

    def __setitem__(self, place: int, run: RunResult) -> None:
        """Replaces the result at a place."""
        self._trials[place], self._epochs[place], self._seconds[place] = run.trial, run.epochs, run.seconds
        self._numbers[place] = _NONE if run.run is None else run.run
        self.statuses[place] = intern(run.status)
        for name in run.figures:
            if name not in self._figures:
                self._figures[intern(name)] = array("d", [math.nan]) * len(self)
        for name, column in self._figures.items():
            column[place] = run.figures.get(name, math.nan)

    def name_run(self, place: int, number: int) -> None:
        """Notes which number the run at a place has in the library."""
        self._numbers[place] = number

    def value(self, place: int, figure: str) -> float | None:
        """A figure of the run at a place; None where it has none."""
        column = self._figures.get(figure)
        return None if column is None or math.isnan(column[place]) else column[place]

    def seed(self, place: int) -> int:
        """The seed of the run at a place."""
        return self._seeds[place]

    @property
    def trials(self) -> Array:
        """(runs,): the trial of each."""
        return np.array(self._trials, np.intp)

    @property
    def are_kept(self) -> Array:
        """(runs,): whether each is in the library."""
        numbers: Array = np.array(self._numbers, np.int64)
        return np.not_equal(numbers, _NONE)

    def values(self, figure: str) -> Array:
        """(runs,): a figure of each; NaN where it has none."""
        column = self._figures.get(figure)
        return np.full(len(self), np.nan) if column is None else np.array(column, float)


class TrialResult:
    """What has come of one trial up to now, looked up in the columns whenever it is asked."""

    __slots__ = ("_results", "trial")

    def __init__(self, results: Results, trial: int) -> None:
        """``trial``: its number."""
        self._results, self.trial = results, trial

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrialResult) and (self._results, self.trial) == (other._results, other.trial)

    def __hash__(self) -> int:
        return hash(self.trial)

    @property
    def values(self) -> Mapping[str, Any]:
        """Of the settings that are varied."""
        return self._results.values_of(self.trial)

    @property
    def _places(self) -> list[int]:
        return self._results.places_of(self.trial)

    @property
    def runs(self) -> dict[int, RunResult]:
        """By seed, in the order in which they came."""
        columns = self._results.runs
        return {columns.seed(place): columns[place] for place in self._places}

    @property
    def count(self) -> int:
        """How many runs something came of."""
        return len(self._places)

    @property
    def statuses(self) -> list[str]:
        """How these ended."""
        return [self._results.runs.statuses[place] for place in self._places]

    @property
    def over(self) -> int:
        """How many of them are over."""
        return sum(status in OVER for status in self.statuses)

    @property
    def is_kept(self) -> bool:
        """Whether one of its runs is in the library."""
        return any(run.run is not None for run in self.runs.values())

    def figures(self, name: str) -> list[float]:
        """One figure of each run that is over, infinite for those that were not trained to their end."""
        statuses = self._results.runs.statuses
        over = [place for place in self._places if statuses[place] in OVER]
        return [math.inf if (value := self._finished(place, name)) is None else value for place in over]

    def _finished(self, place: int, name: str) -> float | None:
        """A figure of a run that was trained to its end; None of others, and where it has none."""
        runs = self._results.runs
        return runs.value(place, name) if runs.statuses[place] == FINISHED else None

    def spread(self, name: str) -> Spread | None:
        """The figure over all runs that were trained to their end; None if there is none."""
        values = (self._finished(place, name) for place in self._places)
        return Spread.of(value for value in values if value is not None)

    def is_complete(self, plan: Plan) -> bool:
        """Whether the runs with all seeds are over."""
        return self.over == len(plan.seeds)

    def score(self, name: str) -> float:
        """The median of the figure over the seeds, smaller is better; a run that did not end well counts as worst."""
        return statistics.median(self.figures(name) or [math.inf])


class _Trials(Sequence[TrialResult]):
    """The trials of results, each made when somebody asks for it."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def __len__(self) -> int:
        return self._results.count

    @overload
    def __getitem__(self, number: int) -> TrialResult: ...

    @overload
    def __getitem__(self, number: slice) -> list[TrialResult]: ...

    def __getitem__(self, number: int | slice) -> TrialResult | list[TrialResult]:
        numbers = range(len(self))[number]
        if isinstance(numbers, range):
            return [TrialResult(self._results, each) for each in numbers]
        return TrialResult(self._results, numbers)


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
        self.runs = RunColumns()
        self.trials: Sequence[TrialResult] = _Trials(self)
        self._names = tuple(each.name for each in plan.vary)
        self._values: list[tuple[Any, ...] | Mapping[str, Any]] = []  # of these names, or others
        self._seeds = {seed: number for number, seed in enumerate(plan.seeds)}
        self._places = array("q")  # of the runs, one for each trial and seed
        # By what trials are ranked: whether runs are lacking, and the score; NaN while no run is over.
        self._lacks, self._scores = array("b"), array("d")
        self._best: tuple[float, int] | None = None  # score and number of the best of those with all seeds

    @property
    def count(self) -> int:
        """How many trials there are."""
        return len(self._values)

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
        self._values.append(tuple(values.values()) if tuple(values) == self._names else values)
        self._places.extend([_NONE] * len(self._seeds))
        self._lacks.append(True)
        self._scores.append(math.nan)
        return self.count - 1

    def add(self, result: RunResult) -> bool:
        """Adds what came of a run, once: returns False, and changes nothing, if that run is over already, or none of
        the plan's. A figure that is NaN is none.
        """
        if result.seed not in self._seeds or not 0 <= result.trial < self.count:
            return False
        place = self._place(result.trial, result.seed)
        if place == _NONE:
            self.runs.append(result)
            self._places[self._number(result.trial, result.seed)] = len(self.runs) - 1
        elif self.runs.statuses[place] in OVER:
            return False
        else:
            self.runs[place] = result
        if result.status in OVER:
            self.over += 1  # now, and not of all runs whenever somebody asks
            self._rank(self.trials[result.trial])
        return True

    def run(self, trial: int, seed: int) -> RunResult | None:
        """What came of a run; None for nothing yet."""
        place = self._place(trial, seed)
        return None if place == _NONE else self.runs[place]

    def name_run(self, trial: int, seed: int, number: int) -> None:
        """Notes which number a run, of which something came, has in the library."""
        self.runs.name_run(self._place(trial, seed), number)

    def _number(self, trial: int, seed: int) -> int:
        return trial * len(self._seeds) + self._seeds[seed]

    def _place(self, trial: int, seed: int) -> int:
        return self._places[self._number(trial, seed)]

    def places_of(self, trial: int) -> list[int]:
        """Where the runs of a trial are among ``runs``, in the order in which they came."""
        start = trial * len(self._seeds)
        return sorted(place for place in self._places[start : start + len(self._seeds)] if place != _NONE)

    def values_of(self, trial: int) -> Mapping[str, Any]:
        """What a trial has of the settings that are varied."""
        kept = self._values[trial]
        return dict(zip(self._names, kept, strict=True)) if isinstance(kept, tuple) else kept

    @property
    def kept(self) -> list[int]:
        """The numbers of the trials of which runs are in the library."""
        found: list[int] = np.unique(self.runs.trials[self.runs.are_kept]).tolist()
        return found

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
