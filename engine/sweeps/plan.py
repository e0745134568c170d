"""``Plan``: trials × seeds, and how long and by which rule they are done. A trial is an experiment."""

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
VALIDATION_SHARE = 0.1  # of the training set, where trials are compared and the experiment sets none
DEFAULT_TRIALS = 20  # of a sweep that has no end of its own and no budget
MOST_WORKERS = 1_000
_MOST_SEEDS, _MOST_RUNS = 1_000, 1_000_000


@dataclass(frozen=True)
class Plan:
    """What is to be done: every trial with every seed. Raises SettingError for what cannot be.

    Attributes:
        kind: "seeds" (one trial), "race" (several given ones) or "sweep" (a sampler makes them).
        experiments: the trials of seeds and races; of a sweep the experiment whose settings are varied.
        seeds: with which each trial is trained.
        vary: the settings of a sweep that are varied.
        sampler: "random", "grid" or "tpe".
        sampler_seed: of the sampler's randomness.
        runs: how many runs there may be in all; None for as many as there are.
        minutes: how long it may take; None for as long as it takes.
        prune: the rule by which unpromising runs are stopped: "median", "asha", "hyperband" or "none".
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
                raise SettingError(name, getattr(self, name), f"must be one of {len(choices)}", remedy)
        self._check_seeds()
        self._check_trials()
        whole_number("sampler_seed", self.sampler_seed, 0, "0")
        if self.minutes is not None:
            positive_number("minutes", self.minutes, "10")
        if self.runs is not None:
            whole_number("runs", self.runs, 1, "40", _MOST_RUNS)
            if self.runs < len(self.seeds):
                rule = f"must be at least the {len(self.seeds)} seeds that each trial has"
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
            rule = "must name settings for a sweep, and for nothing else"
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
            rule = "must be several for a race, and one for anything else"
            raise SettingError("experiments", Verbatim(f"{count}"), rule, "Give experiments that fit the kind.")

    # ---- trials

    @property
    def base(self) -> Experiment:
        """The first experiment."""
        return self.experiments[0]

    @property
    def is_choice(self) -> bool:
        """Whether trials are compared: then that is done by the validation error."""
        return self.kind != SEEDS

    @property
    def kind_noun(self) -> str:
        """What it is called before its number: "sweep 3"; one of seeds is gone on with like any other."""
        return RACE if self.kind == RACE else SWEEP

    @cached_property
    def most_trials(self) -> int | None:
        """How many trials there are at most, by number and budget; None where only time ends it."""
        known = len(self.experiments) if self.kind != SWEEP else self._combinations()
        allowed = None if self.runs is None else self.runs // len(self.seeds)
        if self.kind == SWEEP and self.sampler != GRID and allowed is None and self.minutes is None:
            allowed = DEFAULT_TRIALS
        counts = [count for count in (known, allowed) if count is not None]
        return min(counts, default=None)

    @property
    def most_runs(self) -> int | None:
        """How many runs there are at most; None where only time ends it."""
        return None if self.most_trials is None else self.most_trials * len(self.seeds)

    def _combinations(self) -> int | None:
        """How many different trials the settings allow; None for no end of them."""
        if self.sampler == GRID:
            return math.prod(len(each.grid()) for each in self.vary)
        sizes = [None if each.is_endless else _size(each) for each in self.vary]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)

    def experiment(self, trial: int, values: Mapping[str, Any], seed: int) -> Experiment:
        """The experiment of one run: of a trial, with the values that it has in a sweep, and of a seed."""
        made = self.base if self.kind == SWEEP else self.experiments[trial]
        return with_values(made, values).changed(seed=seed)

    def check_against(self, dataset: Dataset) -> None:
        """Raises SettingError if a value in it does not fit the data or the other settings.

        Each value of a list and each end of a range is tried by itself, beside what is not varied.
        """
        for made in self.experiments:
            made.check_against(dataset)
        for each in self.vary:
            self.check_varied(each, dataset)

    def check_varied(self, varied: Dimension, dataset: Dataset) -> None:
        """Raises SettingError if a value of that setting does not fit, or makes a network that memory cannot hold."""
        for value in varied.values or (varied.grid()[0], varied.grid()[-1]):
            made = with_values(self.base, {varied.name: value})
            check_memory(made.shape)
            made.check_against(dataset)

    def with_held_out(self, dataset: Dataset) -> Plan:
        """The plan with a tenth of the training set as validation set, where trials are compared by none."""
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
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        told["experiments"] = [each.as_dict() for each in self.experiments]
        return told | {"vary": [each.as_dict() for each in self.vary], "seeds": list(self.seeds)}

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Plan:
        """The inverse of :meth:`as_dict`. Raises SettingError, KeyError, TypeError or ValueError for anything else."""
        known = {each.name: entries[each.name] for each in fields(cls) if each.name in entries}
        known["experiments"] = tuple(Experiment.from_dict(each) for each in known["experiments"])
        known["vary"] = tuple(Dimension.from_dict(each) for each in known.get("vary", ()))
        return cls(**{**known, "seeds": tuple(known["seeds"])})


def _size(varied: Dimension) -> int:
    """How many values a list or a range of whole numbers has."""
    return len(varied.values) or math.floor(varied.high) - math.ceil(varied.low) + 1


def default_sampler(kinds: Iterable[str]) -> str:
    """How trials are found unless it is said, by the kinds of what varies: all where there are lists alone, else at
    random.
    """
    return GRID if all(kind == LIST for kind in kinds) else RANDOM


def default_pruning(sampler: str) -> str:
    """By which rule runs are stopped unless it is said: none on a grid, of which a person wants to see all."""
    return NONE if sampler == GRID else MEDIAN


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """So many seeds, from one on. Raises SettingError."""
    return tuple(range(first, first + whole_number("seeds", count, 1, "5", _MOST_SEEDS)))


def plan_seeds(experiment: Experiment, count: int) -> Plan:
    """A plan of one experiment with so many seeds, from its own on."""
    return Plan(SEEDS, (experiment,), seeds_from(experiment.seed, count))


def plan_race(experiments: Sequence[Experiment], count: int) -> Plan:
    """A plan of several experiments with the same seeds, from that of the first on."""
    return Plan(RACE, tuple(experiments), seeds_from(experiments[0].seed, count))
