"""What came of the trials of a plan: figures of each run, medians and spread, and which trial is chosen.

A sweep may have a hundred thousand runs: they are kept in columns of numbers, and an object for a run or a trial is
made when somebody asks for it.
"""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, overload

import numpy as np

from engine.lazy_dataclass import dataclass
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
        self._trials, self._numbers, self._next = array("q"), array("q"), array("q")
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
            return [self[each] for each in range(*place.indices(len(self)))]
        figures = {name: value for name in self._figures if (value := self.value(place, name)) is not None}
        number = self._numbers[place]
        measured = figures, self._epochs[place], self._seconds[place], None if number == _NONE else number
        return RunResult(self._trials[place], self._seeds[place], self.statuses[place], *measured)

    def append(self, run: RunResult, before: int) -> None:
        """Adds a run after the one that came ``before`` of its trial; -1 for the first one."""
        for whole in (self._trials, self._numbers, self._next):
            whole.append(_NONE)
        for column in (self._epochs, self._seconds, *self._figures.values()):
            column.append(math.nan)
        self._seeds.append(run.seed)
        self.statuses.append("")
        if before != _NONE:
            self._next[before] = len(self) - 1
        self[len(self) - 1] = run

    def __setitem__(self, place: int, run: RunResult) -> None:
        """Takes the result of a run for another one of the same run."""
        self._trials[place], self._epochs[place], self._seconds[place] = run.trial, run.epochs, run.seconds
        self._numbers[place] = _NONE if run.run is None else run.run
        self.statuses[place] = intern(run.status)
        for name in run.figures:
            if name not in self._figures:
                self._figures[intern(name)] = array("d", [math.nan]) * len(self)
        for name, column in self._figures.items():
            column[place] = run.figures.get(name, math.nan)

    def name_run(self, place: int, number: int) -> None:
        """Notes the number that a run has in the library."""
        self._numbers[place] = number

    def is_kept(self, place: int) -> bool:
        """Whether a run is in the library."""
        return self._numbers[place] != _NONE

    def seed(self, place: int) -> int:
        """That of a run."""
        return self._seeds[place]

    def value(self, place: int, figure: str) -> float | None:
        """A figure of a run; None where it has none."""
        column = self._figures.get(figure)
        return None if column is None or math.isnan(column[place]) else column[place]

    def places_from(self, first: int) -> Iterator[int]:
        """The places of a trial's runs, whose first one is known; -1 for no run."""
        while first != _NONE:
            yield first
            first = self._next[first]

    @property
    def trials(self) -> Array:
        """(runs,): the trial of each."""
        return np.array(self._trials, np.intp)

    def values(self, figure: str) -> Array:
        """(runs,): a figure of each; NaN where it has none."""
        column = self._figures.get(figure)
        return np.full(len(self), np.nan) if column is None else np.array(column, float)


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of one trial, so far.

    Attributes:
        values: of the settings that are varied.
    """

    trial: int
    values: Mapping[str, Any]
    _columns: RunColumns
    _first: int

    @property
    def _places(self) -> Iterator[int]:
        return self._columns.places_from(self._first)

    @property
    def runs(self) -> dict[int, RunResult]:
        """By seed."""
        return {self._columns.seed(place): self._columns[place] for place in self._places}

    @property
    def count(self) -> int:
        """How many runs something came of."""
        return sum(1 for _ in self._places)

    @property
    def is_kept(self) -> bool:
        """Whether one of its runs is in the library."""
        return any(map(self._columns.is_kept, self._places))

    def place_of(self, seed: int) -> int | None:
        """Where the run with that seed is in the columns."""
        return next((place for place in self._places if self._columns.seed(place) == seed), None)

    @property
    def last(self) -> int:
        """Where the run that came last is in the columns; -1 for none."""
        return max(self._places, default=_NONE)

    def figures(self, name: str) -> list[float]:
        """One figure of each run that is over, infinite for those that were not trained to their end."""
        over = [place for place in self._places if self._columns.statuses[place] in OVER]
        return [math.inf if (value := self._finished(place, name)) is None else value for place in over]

    def _finished(self, place: int, name: str) -> float | None:
        """A figure of a run that was trained to its end; None of others, and where it has none."""
        return self._columns.value(place, name) if self._columns.statuses[place] == FINISHED else None

    def spread(self, name: str) -> Spread | None:
        """The figure over all runs that were trained to their end; None if there is none."""
        values = (self._finished(place, name) for place in self._places)
        return Spread.of(value for value in values if value is not None)

    def is_complete(self, plan: Plan) -> bool:
        """Whether the runs with all seeds are over."""
        return sum(self._columns.statuses[place] in OVER for place in self._places) == len(plan.seeds)

    def score(self, name: str) -> float:
        """The median of the figure over the seeds, smaller is better; a run that did not end well counts as worst."""
        return statistics.median(self.figures(name) or [math.inf])


class _Trials(Sequence[TrialResult]):
    """Trials in columns."""

    def __init__(self, names: tuple[str, ...], runs: RunColumns) -> None:
        """``names``: of the settings that usually vary."""
        self._names, self._runs = names, runs
        self._values: list[tuple[Any, ...] | Mapping[str, Any]] = []
        self._firsts = array("q")

    def __len__(self) -> int:
        return len(self._firsts)

    @overload
    def __getitem__(self, number: int) -> TrialResult: ...

    @overload
    def __getitem__(self, number: slice) -> list[TrialResult]: ...

    def __getitem__(self, number: int | slice) -> TrialResult | list[TrialResult]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        kept = self._values[number]
        values = dict(zip(self._names, kept, strict=True)) if isinstance(kept, tuple) else kept
        return TrialResult(number, values, self._runs, self._firsts[number])

    def append(self, values: Mapping[str, Any]) -> None:
        self._values.append(tuple(values.values()) if tuple(values) == self._names else values)
        self._firsts.append(_NONE)

    def begin(self, number: int, first: int) -> None:
        """Notes where the first run of a trial is."""
        self._firsts[number] = first


class Results:
    """All trials of a plan.

    Attributes:
        quantity: what is measured: "error" for classes, "rmse" for numbers.
        has_validation: whether there is a validation set to compare by.
        runs: what came of each, in the order in which they came.
        over: how many runs are over.
    """

    def __init__(self, plan: Plan, is_classification: bool, has_test: bool, has_validation: bool) -> None:
        self._plan = plan
        self.quantity = "error" if is_classification else "rmse"
        self.has_test, self.has_validation = has_test, has_validation
        self.runs = RunColumns()
        self._trials = _Trials(tuple(each.name for each in plan.vary), self.runs)
        self.over = 0
        # By what trials are ranked: whether runs are lacking, and the score; NaN while no run is over.
        self._lacks, self._scores = array("b"), array("d")
        self._best: tuple[float, int] | None = None  # score and number of the best of those with all seeds

    @property
    def trials(self) -> Sequence[TrialResult]:
        """All of them, in the order in which they were added."""
        return self._trials

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
        self._trials.append(values)
        self._lacks.append(True)
        self._scores.append(math.nan)
        return len(self._trials) - 1

    def add(self, result: RunResult) -> bool:
        """Adds what came of a run, once: returns False, and changes nothing, if that run is over already."""
        trial = self._trials[result.trial]
        place = trial.place_of(result.seed)
        if place is None:
            last = trial.last
            self.runs.append(result, last)
            if last == _NONE:
                self._trials.begin(result.trial, len(self.runs) - 1)
        elif self.runs.statuses[place] in OVER:
            return False
        else:
            self.runs[place] = result
        if result.status in OVER:
            self.over += 1  # now, and not of all runs whenever somebody asks
            self._rank(self._trials[result.trial])
        return True

    def name_run(self, trial: int, seed: int, number: int) -> None:
        """Notes the number that a run has in the library."""
        place = self._trials[trial].place_of(seed)
        if place is not None:
            self.runs.name_run(place, number)

    def _rank(self, trial: TrialResult) -> None:
        score = trial.score(self.compared_by)
        self._lacks[trial.trial] = not trial.is_complete(self._plan)
        self._scores[trial.trial] = math.inf if math.isnan(score) else score
        if not self._lacks[trial.trial]:  # then its score stays
            found = self._scores[trial.trial], trial.trial
            self._best = found if self._best is None else min(self._best, found)

    def score(self, trial: int) -> float:
        """How good a trial is; smaller is better."""
        return self._trials[trial].score(self.compared_by)

    @property
    def order(self) -> Array:
        """(k,): the numbers of the trials with runs that are over: those with all seeds first, then the best first."""
        scores, lacks = np.array(self._scores, float), np.array(self._lacks, bool)
        which = np.flatnonzero(~np.isnan(scores))
        return which[np.lexsort((which, scores[which], lacks[which]))]

    def ranked(self, most: int | None = None) -> list[TrialResult]:
        """These trials, or so many of the first ones."""
        return [self._trials[number] for number in self.order[:most].tolist()]

    @property
    def best(self) -> TrialResult | None:
        """The first one; None for none."""
        return next(iter(self.ranked(1)), None) if self._best is None else self._trials[self._best[1]]

    @property
    def chosen(self) -> TrialResult | None:
        """The best trial of those with all seeds; None if there is none yet, or none that ended well."""
        score, best = self._best or (math.inf, 0)
        return None if math.isinf(score) else self._trials[best]
