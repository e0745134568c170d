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

LEAST_FINISHED = 5  # finished runs that the median rule needs
ASHA_FACTOR, HYPERBAND_FACTOR = 4, 3  # one run in this many survives each rung, and its epochs grow by this factor
Run = tuple[int, int]  # trial and seed
Values = Mapping[int, float]  # validation figure (smaller is better) by epoch; epoch 0 is ignored


class PruningRule(ABC):
    """Base class of pruning rules, which watch the runs of a plan."""

    def begin_run(self, run: Run) -> None:  # noqa: B027  # most rules have nothing to forget
        """Forgets earlier reports of a run that starts, perhaps again."""

    @abstractmethod
    def should_prune(self, run: Run, values: Values) -> bool:
        """Whether a run with these values so far must be stopped."""

    @abstractmethod
    def end_run(self, run: Run, values: Values, status: str) -> None:
        """Reports the status and all values of a run that ended, in this process or before it started."""


class MedianRule(PruningRule):
    """Prunes a run if its best value up to an epoch is worse than the median of the finished runs at that epoch.

    Golovin et al. 2017, "Google Vizier", KDD, section 3.2.3. Needs five finished runs.
    """

    def __init__(self) -> None:
        self._figures: dict[int, list[float]] = {}  # sorted figures of finished runs, by epoch; there may be thousands

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
    """A pruner of Optuna, used by ask, report and tell: each run is a trial of a separate study.

    Attributes:
        bracket_name: the name that, with the number of a run, determines its Hyperband bracket.
    """

    def __init__(self, plan: Plan) -> None:
        """Raises SettingError if Optuna is not installed.

        "asha": Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", MLSys, algorithm 2, in which no
        run waits for others. "hyperband": Li et al. 2018, JMLR 18, 1-52, with ASHA in its brackets.
        """
        self._optuna = optuna = optuna_for("prune", plan.prune, MEDIAN)
        self.bracket_name = f"nnviz {plan.sampler_seed}"
        if plan.prune == ASHA:
            pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=ASHA_FACTOR)
        else:
            most = _most_epochs(plan)
            pruner = optuna.pruners.HyperbandPruner(1, most, reduction_factor=HYPERBAND_FACTOR)
        sampler = optuna.samplers.RandomSampler(seed=0)  # nothing is drawn
        self._study = optuna.create_study(sampler=sampler, pruner=pruner, study_name=self.bracket_name)
        self._trials: dict[Run, Any] = {}  # trials of the active runs
        self._reported: dict[Run, int] = {}  # the last reported epoch

    def begin_run(self, run: Run) -> None:
        if run in self._trials:
            self._tell(run, self._optuna.trial.TrialState.FAIL)

    def should_prune(self, run: Run, values: Values) -> bool:
        return any(self._report(run, values))

    def end_run(self, run: Run, values: Values, status: str) -> None:
        states = self._optuna.trial.TrialState
        answers = self._report(run, values)
        if status == FINISHED and values:
            list(answers)  # the run was not pruned, whatever the rule said
            self._tell(run, states.COMPLETE, values[max(values)])
        else:
            any(answers)
            self._tell(run, states.PRUNED if status == PRUNED else states.FAIL)

    def _report(self, run: Run, values: Values) -> Iterator[bool]:
        """Reports new values epoch by epoch, and yields whether the run should be pruned at each."""
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
    """Returns the epochs of the longest possible run of a plan."""
    varied = [each for each in plan.vary if each.name == "epochs"]
    ends = [max(each.values) if each.values else math.floor(each.high) for each in varied]
    return max(ends or [made.training.epochs for made in plan.experiments])


def check_rule_installed(rule: str) -> None:
    """Raises SettingError for a rule that needs Optuna if it is not installed; does not import it."""
    if rule not in (MEDIAN, NONE):
        check_optuna("prune", rule, MEDIAN)


def make_rule(plan: Plan) -> PruningRule | None:
    """Makes the pruning rule of a plan; None for no rule, and if the plan compares nothing.

    Raises SettingError if Optuna is needed and not installed.
    """
    if plan.prune == NONE or not plan.is_choice:
        return None
    return MedianRule() if plan.prune == MEDIAN else OptunaRule(plan)
