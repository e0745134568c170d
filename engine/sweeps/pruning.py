"""Pruning rules, which stop unpromising runs early by their validation figure."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import insort
from collections.abc import Iterator, Mapping
from typing import Any

from engine.sweeps.optuna_import import check_optuna, optuna_for
from engine.sweeps.plan import ASHA, MEDIAN, NONE, Plan
from engine.sweeps.results import FINISHED, PRUNED

LEAST_FINISHED = 5  # runs, before the median rule stops any
ASHA_FACTOR, HYPERBAND_FACTOR = 4, 3  # one run in so many goes on from one look to the next; epochs grow so much
Run = tuple[int, int]  # trial and seed
Values = Mapping[int, float]  # a validation figure (smaller is better) by epoch; epoch 0 tells nothing


class PruningRule(ABC):
    """Looks at the runs of a plan while they are trained."""

    def begin_run(self, run: Run) -> None:  # noqa: B027  # most have nothing to forget
        """A run begins, perhaps again: what was told of it before is no longer so."""

    @abstractmethod
    def should_prune(self, run: Run, values: Values) -> bool:
        """Whether a run with these values so far is to be stopped."""

    @abstractmethod
    def end_run(self, run: Run, values: Values, status: str) -> None:
        """Takes notice of how a run ended, and of all its values; also of one that ended before this program began."""


class MedianRule(PruningRule):
    """A run is unpromising if the best it has reached by an epoch is worse than the median of finished runs there.

    Golovin et al. 2017, "Google Vizier", KDD, section 3.2.3. It begins when five runs have finished.
    """

    def __init__(self) -> None:
        self._figures: dict[int, list[float]] = {}  # of finished runs, by epoch; ascending, as there may be thousands

    def should_prune(self, run: Run, values: Values) -> bool:
        epoch = max(values, default=0)
        there = self._figures.get(epoch, [])
        if not epoch or len(there) < LEAST_FINISHED:
            return False
        median = (there[(len(there) - 1) // 2] + there[len(there) // 2]) / 2
        return min(value for at, value in values.items() if at) > median

    def end_run(self, run: Run, values: Values, status: str) -> None:
        if status == FINISHED:
            for epoch, value in values.items():
                insort(self._figures.setdefault(epoch, []), value)


class OptunaRule(PruningRule):
    """One of optuna's pruners, by ask, report and tell: each run is a trial of a study of its own.

    Attributes:
        bracket_name: what, with the number of a run, decides in which bracket of Hyperband it is.
    """

    def __init__(self, plan: Plan) -> None:
        """Raises SettingError where optuna is not installed.

        "asha": Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", MLSys, algorithm 2, in which no
        run waits for others. "hyperband": Li et al. 2018, JMLR 18, 1-52, with that in its brackets.
        """
        self._optuna = optuna = optuna_for("prune", plan.prune, MEDIAN)
        self.bracket_name = f"nnviz {plan.sampler_seed}"
        if plan.prune == ASHA:
            pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=ASHA_FACTOR)
        else:
            most = _most_epochs(plan)
            pruner = optuna.pruners.HyperbandPruner(1, most, reduction_factor=HYPERBAND_FACTOR)
        sampler = optuna.samplers.RandomSampler(seed=0)  # there is nothing to draw
        self._study = optuna.create_study(sampler=sampler, pruner=pruner, study_name=self.bracket_name)
        self._trials: dict[Run, Any] = {}  # of runs that are not over
        self._reported: dict[Run, int] = {}  # the last epoch

    def begin_run(self, run: Run) -> None:
        if run in self._trials:
            self._tell(run, self._optuna.trial.TrialState.FAIL)

    def should_prune(self, run: Run, values: Values) -> bool:
        return any(self._report(run, values))

    def end_run(self, run: Run, values: Values, status: str) -> None:
        states = self._optuna.trial.TrialState
        answers = self._report(run, values)
        if status == FINISHED and values:
            list(answers)  # it went on whatever was answered
            self._tell(run, states.COMPLETE, values[max(values)])
        else:
            any(answers)
            self._tell(run, states.PRUNED if status == PRUNED else states.FAIL)

    def _report(self, run: Run, values: Values) -> Iterator[bool]:
        """Reports what was not reported yet, epoch by epoch, and yields whether it is unpromising by then."""
        if run not in self._trials:
            self._trials[run], self._reported[run] = self._study.ask(), 0
        for epoch in sorted(each for each in values if each > self._reported[run]):
            self._trials[run].report(values[epoch], epoch)
            self._reported[run] = epoch
            yield bool(self._trials[run].should_prune())

    def _tell(self, run: Run, state: Any, value: float | None = None) -> None:
        del self._reported[run]
        self._study.tell(self._trials.pop(run), value, state=state)


def _most_epochs(plan: Plan) -> int:
    """How long the longest run of a plan may be."""
    varied = [each for each in plan.vary if each.name == "epochs"]
    ends = [max(each.values) if each.values else math.floor(each.high) for each in varied]
    return max(ends or [made.training.epochs for made in plan.experiments])


def check_rule_installed(rule: str) -> None:
    """Raises SettingError for a rule that needs optuna where that is not installed; does not load it."""
    if rule not in (MEDIAN, NONE):
        check_optuna("prune", rule, MEDIAN)


def make_rule(plan: Plan) -> PruningRule | None:
    """The rule that a plan names; None for none, and where nothing is compared.

    Raises SettingError where optuna is needed and not there.
    """
    if plan.prune == NONE or not plan.is_choice:
        return None
    return MedianRule() if plan.prune == MEDIAN else OptunaRule(plan)
