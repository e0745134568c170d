"""How long a sweep will take, by the seconds that runs of the library took."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.basics.errors import EngineError
from engine.basics.validation import parameter_count
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.sweeps.plan import GRID, NONE, Plan
from engine.sweeps.search_space import with_values
from nnviz.formatting import text
from nnviz.library.took import Took

_NEWEST = 20  # runs whose median counts
_LIKE = 8.0  # a step of like size takes at most so many times more or fewer numbers
# Of the time that a step takes for an example: what measuring one takes. 0.44 to 0.48 on MNIST, with one thread.
_MEASURING = 0.45
_ONCE = 0.1  # seconds of a run besides: the network is built, results are handed over and written
_MOST_DRAWN = 32  # trials by which the mean of all is told
_OF_TIME = ("hidden", "epochs", "batch_size")  # other settings hardly change how long a run takes


def run_seconds(made: Experiment, dataset: Dataset, took: Sequence[Took]) -> tuple[float, bool] | None:
    """How long a run of that experiment takes; and whether runs just like it say so, or some of like size.

    As long as the median of the newest runs with the same data, layers and batches; else scaled by parameters and
    examples from those whose steps have at most eight times more or fewer numbers. None where there is none.
    """
    size, examples = made.training.batch_size, made.examples(dataset)
    epoch = _of_the_same(made, took)
    is_like = epoch is not None
    if epoch is None:
        epoch = _scaled(parameter_count(made.shape), size, examples, took)
    if epoch is None:
        return None
    measured = len(dataset.train) + sum(len(part) for part in (dataset.test, dataset.validation) if part is not None)
    return _ONCE + made.training.epochs * epoch * (1 + _MEASURING * measured / max(1, examples)), is_like


def _of_the_same(made: Experiment, took: Sequence[Took]) -> float | None:
    """Seconds of learning in an epoch."""
    like = (made.fingerprint, made.shape, made.training.batch_size)
    same = [each.seconds for each in took if (each.fingerprint, each.shape, each.batch_size) == like]
    return statistics.median(same[:_NEWEST]) if same else None


def _scaled(parameters: int, batch_size: int, examples: int, took: Sequence[Took]) -> float | None:
    """The same from runs of like size, by parameters × examples."""
    step = parameters * batch_size
    found = [
        each.seconds / (own * each.batch_size * each.batches)
        for each in took
        if (own := parameter_count(each.shape)) and 1 / _LIKE <= own * each.batch_size / step <= _LIKE
    ]
    return statistics.median(found[:_NEWEST]) * parameters * examples if found else None


def mean_seconds(plan: Plan, dataset: Dataset, took: Sequence[Took]) -> tuple[float, bool] | None:
    """How long a run of a sweep takes on average, over trials as they may be drawn; None where that is not known."""
    found = []
    for values in _drawn(plan):
        try:
            told = run_seconds(with_values(plan.base, values), dataset, took)
        except EngineError:
            continue  # a trial that fails takes no time
        if told is None:
            return None
        found.append(told)
    return (statistics.fmean(each for each, _ in found), all(like for _, like in found)) if found else None


def _drawn(plan: Plan) -> list[Mapping[str, Any]]:
    """Values of those settings that decide how long a run takes."""
    vary = [each for each in plan.vary if each.name in _OF_TIME]
    if not vary:
        return [{}]
    rng = np.random.default_rng(plan.sampler_seed)
    if plan.sampler != GRID:
        return [{each.name: each.draw(rng) for each in vary} for _ in range(_MOST_DRAWN)]
    grids = {each.name: each.grid() for each in vary}
    return [{name: grid[int(rng.integers(len(grid)))] for name, grid in grids.items()} for _ in range(_MOST_DRAWN)]


def estimate_words(plan: Plan, told: tuple[float, bool] | None, workers: int, is_cluster: bool = False) -> str:
    """What a sweep will take: "60 runs of 5 epochs, about 9 min with 1 process. One takes about 8.9 s, …"."""
    with_them = f"with {workers} process{'es' * (workers > 1)}"
    if is_cluster:
        with_them = f"on {text.count(workers)} core{'s' * (workers > 1)} of the cluster"
    epochs = "" if any(each.name == "epochs" for each in plan.vary) else _epochs(plan.base.training.epochs)
    runs = None if plan.most_runs is None else f"{text.count(plan.most_runs)} run{'s' * (plan.most_runs != 1)}{epochs}"
    if told is None:
        limit = "" if plan.minutes is None else f" in at most {text.roughly(60 * plan.minutes)}"
        why = "How long a run takes is not known yet: the library has none of like size."
        return f"{runs or f'As many runs{epochs} as there is time for'}{limit} {with_them}. {why}"
    seconds, is_like = told
    how = "by the runs of the library that are like it" if is_like else "scaled from runs of like size in the library"
    each = f"One takes about {text.roughly(seconds)}, {how}."
    if runs is None or plan.most_runs is None:
        fit = max(1, round(60 * (plan.minutes or 0) * workers / seconds))
        return f"About {text.count(fit)} runs{epochs} in {text.roughly(60 * (plan.minutes or 0))} {with_them}. {each}"
    whole = seconds * plan.most_runs / min(workers, plan.most_runs)
    fewer = ", less what is stopped early" if plan.prune != NONE else ""
    if plan.minutes is not None and whole > 60 * plan.minutes:
        return f"{runs}, or as many as end in {text.roughly(60 * plan.minutes)} {with_them}{fewer}. {each}"
    return f"{runs}, about {text.roughly(whole)} {with_them}{fewer}. {each}"


def _epochs(count: int) -> str:
    return f" of {text.count(count)} epoch{'s' * (count != 1)}"
