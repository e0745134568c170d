"""Samplers, which propose the values of the next trial of a sweep, never the same twice."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from engine.sweeps.optuna_import import check_optuna, optuna_for
from engine.sweeps.plan import GRID, RANDOM, SWEEP, TPE, Plan
from engine.sweeps.search_space import LIST, LOG, Dimension

Values = dict[str, Any]
_TRIES = 1_000  # repeated draws after which the remaining combinations are listed


class Sampler(ABC):
    """Base class of samplers, which propose the trials of a plan one by one.

    A sampler starts from the existing trials, so that an interrupted plan resumes where it stopped.

    Attributes:
        count: number of trials so far.
    """

    def __init__(self, plan: Plan, known: Iterable[Mapping[str, Any]] = ()) -> None:
        self._plan = plan
        self._known = [frozen_values(each) for each in known]
        self._given = {_key(each) for each in self._known}
        self.count = len(self._known)

    def next(self) -> Values | None:
        """Returns the values of the next trial; None if there is none."""
        most = self._plan.most_trials
        if most is not None and self.count >= most:
            return None
        values = self._propose()
        if values is not None:
            self.count += 1
            self._given.add(_key(values))
        return values

    @abstractmethod
    def _propose(self) -> Values | None:
        """Returns values that were not proposed before, or None."""

    def learn(self, trial: int, score: float) -> None:  # noqa: B027  # most samplers do not learn
        """Reports the score of a trial (smaller is better, infinite if it failed)."""

    def _is_new(self, values: Values) -> bool:
        return _key(values) not in self._given


class FixedTrials(Sampler):
    """The known trials of seeds and races."""

    def _propose(self) -> Values | None:
        return {}


class GridSampler(Sampler):
    """Proposes all combinations in order; the last setting changes fastest."""

    def __init__(self, plan: Plan, known: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__(plan, known)
        self._names = [each.name for each in plan.vary]
        self._rows = itertools.product(*(each.grid() for each in plan.vary))

    def _propose(self) -> Values | None:
        every = (dict(zip(self._names, row, strict=True)) for row in self._rows)
        return next((values for values in every if self._is_new(values)), None)


class RandomSampler(Sampler):
    """Draws each setting independently from one generator. Bergstra and Bengio 2012, JMLR 13, 281-305."""

    def __init__(self, plan: Plan, known: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__(plan, known)
        self._rng = np.random.default_rng(plan.sampler_seed)
        self._given = set()
        for each in self._known:  # advances the generator to where it was
            self._propose()
            self._given.add(_key(each))

    def _propose(self) -> Values | None:
        for _ in range(_TRIES):
            values = {each.name: each.draw(self._rng) for each in self._plan.vary}
            if self._is_new(values):
                return values
        rest = (each for each in _combinations(self._plan.vary) if self._is_new(each))
        return next(rest, None)


class TpeSampler(Sampler):
    """Optuna's tree-structured Parzen estimator, by ask and tell. Bergstra et al. 2011, NIPS 24."""

    def __init__(self, plan: Plan, known: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__(plan, known)
        self._optuna = optuna_for("sampler", TPE, RANDOM)
        sampler = self._optuna.samplers.TPESampler(seed=plan.sampler_seed + self.count, constant_liar=True)
        self._study = self._optuna.create_study(sampler=sampler)
        self._space = {each.name: self._distribution(each) for each in plan.vary}
        self._asked: dict[int, Any] = {}

    def _distribution(self, varied: Dimension) -> Any:
        kinds = self._optuna.distributions
        if varied.kind == LIST:
            return kinds.CategoricalDistribution(tuple(range(len(varied.values))))
        is_log = varied.kind == LOG
        if varied.is_whole:
            return kinds.IntDistribution(math.ceil(varied.low), math.floor(varied.high), log=is_log)
        return kinds.FloatDistribution(varied.low, varied.high, log=is_log)

    def _propose(self) -> Values | None:
        for _ in range(_TRIES // 10):
            asked = self._study.ask(self._space)
            values = {each.name: _from_optuna(each, asked.params[each.name]) for each in self._plan.vary}
            if self._is_new(values):
                self._asked[self.count] = asked
                return values
            self._study.tell(asked, state=self._optuna.trial.TrialState.FAIL)
        values = next((each for each in _combinations(self._plan.vary) if self._is_new(each)), {})
        return values or None

    def learn(self, trial: int, score: float) -> None:
        states = self._optuna.trial.TrialState
        asked = self._asked.pop(trial, None)
        is_good = math.isfinite(score)
        if asked is not None:
            self._study.tell(asked, score if is_good else None, state=states.COMPLETE if is_good else states.FAIL)
        elif is_good:  # trained before this process started
            values = self._known[trial]
            params = {each.name: _to_optuna(each, values[each.name]) for each in self._plan.vary}
            done = self._optuna.trial.create_trial(params=params, distributions=self._space, value=score)
            self._study.add_trial(done)


def check_sampler_installed(sampler: str) -> None:
    """Raises SettingError for a sampler that needs Optuna if it is not installed; does not import it."""
    if sampler == TPE:
        check_optuna("sampler", TPE, RANDOM)


def _from_optuna(varied: Dimension, value: Any) -> Any:
    return varied.values[value] if varied.kind == LIST else varied.rounded(value)


def _to_optuna(varied: Dimension, value: Any) -> Any:
    return varied.values.index(value) if varied.kind == LIST else value


def _combinations(vary: tuple[Dimension, ...]) -> Iterable[Values]:
    """Yields all combinations of lists and ranges of whole numbers; nothing if a range is infinite."""
    if any(each.is_endless for each in vary):
        return
    names = [each.name for each in vary]
    for row in itertools.product(*(each.every() for each in vary)):
        yield dict(zip(names, row, strict=True))


def frozen_values(values: Mapping[str, Any]) -> Values:
    """Converts values read from JSON to the form of a sampler: lists become tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _key(values: Mapping[str, Any]) -> str:
    """Returns a key that is equal for equal values, also after a round trip through JSON."""
    return repr(sorted(values.items()))


def make_sampler(plan: Plan, known: Iterable[Mapping[str, Any]] = ()) -> Sampler:
    """Makes the sampler of a plan. Raises SettingError if Optuna is needed and not installed."""
    if plan.kind != SWEEP:
        return FixedTrials(plan, known)
    if plan.sampler == GRID:
        return GridSampler(plan, known)
    return TpeSampler(plan, known) if plan.sampler == TPE else RandomSampler(plan, known)
