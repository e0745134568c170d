"""``Plan``: the trials and seeds of several runs, their budget and pruning rule. A trial is an experiment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from engine.basics.errors import SettingError, Verbatim
from engine.basics.validation import check_memory, positive_number, whole_number
from engine.datasets.dataset import Dataset
from engine.experiment import Experiment
from engine.sweeps.search_space import LIST, Dimension, with_values

SEEDS, RACE, SWEEP = "seeds", "race", "sweep"
KINDS = (SEEDS, RACE, SWEEP)
GRID, RANDOM, TPE = "grid", "random", "tpe"
SAMPLERS = (RANDOM, GRID, TPE)
MEDIAN, ASHA, HYPERBAND, NONE = "median", "asha", "hyperband", "none"
PRUNING = (MEDIAN, ASHA, HYPERBAND, NONE)
VALIDATION_SHARE = 0.1  # share of the training set, for plans that compare trials of an experiment without one
DEFAULT_TRIALS = 20  # trials of an infinite search space without a budget
MOST_WORKERS = 1_000
_MOST_SEEDS, _MOST_RUNS = 1_000, 1_000_000


@dataclass(frozen=True)
class Plan:
    """A plan of runs: every trial with every seed. Raises SettingError for invalid values.

    Attributes:
        kind: "seeds" (one trial), "race" (several given trials) or "sweep" (trials from a sampler).
        experiments: the trials of seeds and races; the base experiment of a sweep.
        seeds: the seeds of each trial.
        vary: the search space of a sweep.
        sampler: "random", "grid" or "tpe".
        sampler_seed: the seed of the sampler.
        runs: limit of the runs; None for no limit.
        minutes: limit of the time in minutes; None for no limit.
        prune: the pruning rule: "median", "asha", "hyperband" or "none".
    """

    kind: str
    experiments: tuple[Experiment, ...]
    seeds: tuple[int, ...] = (1,)
    vary: tuple[Dimension, ...] = ()
    sampler: str = RANDOM
    sampler_seed: int = 0
    runs: int | None = None
    minutes: float | None = None
    prune: str = NONE

    def __post_init__(self) -> None:
        for name in ("experiments", "seeds", "vary"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name, choices in (("kind", KINDS), ("sampler", SAMPLERS), ("prune", PRUNING)):
            if getattr(self, name) not in choices:
                remedy = f"Choose from: {', '.join(choices)}."
                raise SettingError(name, getattr(self, name), "must be one of the choices", remedy)
        self._check_seeds()
        self._check_trials()
        whole_number("sampler_seed", self.sampler_seed, 0, "0")
        if self.minutes is not None:
            positive_number("minutes", self.minutes, "10")
        if self.runs is not None:
            whole_number("runs", self.runs, 1, "40", _MOST_RUNS)
            if self.runs < len(self.seeds):
                rule = f"must be at least {len(self.seeds)}, the number of seeds of each trial"
                raise SettingError("runs", self.runs, rule, "Allow more runs, or use fewer seeds.")

    def _check_seeds(self) -> None:
        for seed in self.seeds:
            whole_number("seeds", seed, 0, "1")
        if not 0 < len(self.seeds) <= _MOST_SEEDS or len(set(self.seeds)) < len(self.seeds):
            rule = f"must be 1 to {_MOST_SEEDS:,} different seeds"
            raise SettingError("seeds", Verbatim(f"{len(self.seeds):,}"), rule, "Try 5.")

    def _check_trials(self) -> None:
        names = [each.name for each in self.vary]
        if (self.kind == SWEEP) != bool(names):
            rule = "must name settings for a sweep, and none for other plans"
            raise SettingError("vary", Verbatim(", ".join(names) or "nothing"), rule, "For example hidden=32,64.")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise SettingError("vary", twice, "must be named once", "Give all its values together.")
        count = len(self.experiments)
        if (
            count < 1
            or (count == 1) != (self.kind != RACE)
            or not all(isinstance(each, Experiment) for each in self.experiments)
        ):
            rule = "must be several for a race, and one for other plans"
            raise SettingError("experiments", Verbatim(f"{count}"), rule, "Give experiments that fit the kind.")

    # ---- trials

    @property
    def base(self) -> Experiment:
        """The first experiment."""
        return self.experiments[0]

    @property
    def is_choice(self) -> bool:
        """Whether trials are compared, which is done by the validation error."""
        return self.kind != SEEDS

    @property
    def kind_noun(self) -> str:
        """The noun before its number, as in "sweep 3"; a plan of seeds is called a sweep, too."""
        return RACE if self.kind == RACE else SWEEP

    @cached_property
    def most_trials(self) -> int | None:
        """The largest number of trials, from search space and budget; None if only time ends the plan."""
        known = len(self.experiments) if self.kind != SWEEP else self._combinations()
        allowed = None if self.runs is None else self.runs // len(self.seeds)
        if self.kind == SWEEP and self.sampler != GRID and allowed is None and self.minutes is None:
            allowed = DEFAULT_TRIALS
        counts = [count for count in (known, allowed) if count is not None]
        return min(counts, default=None)

    @property
    def most_runs(self) -> int | None:
        """The largest number of runs; None if only time ends the plan."""
        return None if self.most_trials is None else self.most_trials * len(self.seeds)

    def _combinations(self) -> int | None:
        """Returns the number of different trials in the search space; None if it is infinite."""
        if self.sampler == GRID:
            return math.prod(len(each.grid()) for each in self.vary)
        sizes = [None if each.is_endless else _size(each) for each in self.vary]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)

    def experiment(self, trial: int, values: Mapping[str, Any], seed: int) -> Experiment:
        """Returns the experiment of one run, from its trial, its values in a sweep, and its seed."""
        made = self.base if self.kind == SWEEP else self.experiments[trial]
        return with_values(made, values).changed(seed=seed)

    def check_against(self, dataset: Dataset) -> None:
        """Raises SettingError if a value does not fit the data or the other settings.

        Each value of a list and each end of a range is checked by itself, with the base values of the other settings.
        """
        for made in self.experiments:
            made.check_against(dataset)
        for each in self.vary:
            self.check_varied(each, dataset)

    def check_varied(self, varied: Dimension, dataset: Dataset) -> None:
        """Raises SettingError if a value of a dimension does not fit, or makes a network too large for the memory."""
        for value in varied.values or (varied.grid()[0], varied.grid()[-1]):
            made = with_values(self.base, {varied.name: value})
            check_memory(made.shape)
            made.check_against(dataset)

    def with_held_out(self, dataset: Dataset) -> Plan:
        """Returns the plan with a tenth of the training set held out, if it compares trials without one."""
        if not self.is_choice or dataset.validation is not None:
            return self
        held = tuple(
            each if each.training.validation_share else each.changed(validation_share=VALIDATION_SHARE)
            for each in self.experiments
        )
        return replace(self, experiments=held)

    # ---- dictionaries

    def as_dict(self) -> dict[str, Any]:
        """Returns all attributes in types that JSON can hold."""
        entries = {each.name: getattr(self, each.name) for each in fields(self)}
        entries["experiments"] = [each.as_dict() for each in self.experiments]
        return entries | {"vary": [each.as_dict() for each in self.vary], "seeds": list(self.seeds)}

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Plan:
        """Returns the plan of an :meth:`as_dict`. Raises SettingError, KeyError, TypeError or ValueError if invalid."""
        known = {each.name: entries[each.name] for each in fields(cls) if each.name in entries}
        known["experiments"] = tuple(Experiment.from_dict(each) for each in known["experiments"])
        known["vary"] = tuple(Dimension.from_dict(each) for each in known.get("vary", ()))
        return cls(**{**known, "seeds": tuple(known["seeds"])})


def _size(varied: Dimension) -> int:
    """Returns the number of values of a list or a range of whole numbers."""
    return len(varied.values) or math.floor(varied.high) - math.ceil(varied.low) + 1


def default_sampler(kinds: Iterable[str]) -> str:
    """Returns the default sampler for dimensions of these kinds: a grid for lists alone, else random."""
    return GRID if all(kind == LIST for kind in kinds) else RANDOM


def default_pruning(sampler: str) -> str:
    """Returns the default pruning rule: none for a grid, which is complete only without pruning."""
    return NONE if sampler == GRID else MEDIAN


def consecutive_seeds(first: int, count: int) -> tuple[int, ...]:
    """Returns ``count`` consecutive seeds. Raises SettingError."""
    return tuple(range(first, first + whole_number("seeds", count, 1, "5", _MOST_SEEDS)))


def plan_seeds(experiment: Experiment, count: int) -> Plan:
    """Makes a plan of one experiment with ``count`` seeds, starting from its own."""
    return Plan(SEEDS, (experiment,), consecutive_seeds(experiment.seed, count))


def plan_race(experiments: Sequence[Experiment], count: int) -> Plan:
    """Makes a plan of several experiments with the same seeds, starting from that of the first."""
    return Plan(RACE, tuple(experiments), consecutive_seeds(experiments[0].seed, count))
