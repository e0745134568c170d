"""Estimated duration of a sweep, by the durations of runs in the library."""

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
from nnviz.library.run_durations import RunDuration

_NEWEST = 20  # runs whose median counts
_LIKE = 8.0  # largest factor between the sizes of similar steps
# Of the time that a step takes for an example: what measuring one takes. 0.44 to 0.48 on MNIST, with one thread.
_MEASURING = 0.45
_ONCE = 0.1  # seconds of a run besides: the network is built, results are handed over and written
_MOST_DRAWN = 32  # trials in the sample for the mean duration
_OF_TIME = ("hidden", "epochs", "batch_size")  # other settings hardly change how long a run takes


def run_seconds(made: Experiment, dataset: Dataset, durations: Sequence[RunDuration]) -> tuple[float, bool] | None:
    """Returns the estimated seconds of a run, and whether runs with equal settings were found; None without similar
    runs.

    The estimate is the median of the newest runs with the same data, layers and batches. Without any, it is scaled by
    parameters and examples from runs whose steps process at most eight times more or fewer numbers.
    """
    size, examples = made.training.batch_size, made.examples(dataset)
    epoch = _seconds_of_equal_runs(made, durations)
    is_like = epoch is not None
    if epoch is None:
        epoch = _scaled_seconds(parameter_count(made.shape), size, examples, durations)
    if epoch is None:
        return None
    measured = len(dataset.train) + sum(len(part) for part in (dataset.test, dataset.validation) if part is not None)
    return _ONCE + made.training.epochs * epoch * (1 + _MEASURING * measured / max(1, examples)), is_like


def _seconds_of_equal_runs(made: Experiment, durations: Sequence[RunDuration]) -> float | None:
    """Returns the seconds of training in an epoch."""
    like = (made.fingerprint, made.shape, made.training.batch_size)
    same = [each.seconds for each in durations if (each.fingerprint, each.shape, each.batch_size) == like]
    return statistics.median(same[:_NEWEST]) if same else None


def _scaled_seconds(parameters: int, batch_size: int, examples: int, durations: Sequence[RunDuration]) -> float | None:
    """Returns the seconds of an epoch, scaled from similar runs by parameters × examples."""
    step = parameters * batch_size
    found = [
        each.seconds / (own * each.batch_size * each.batches)
        for each in durations
        if (own := parameter_count(each.shape)) and 1 / _LIKE <= own * each.batch_size / step <= _LIKE
    ]
    return statistics.median(found[:_NEWEST]) * parameters * examples if found else None


def mean_seconds(plan: Plan, dataset: Dataset, durations: Sequence[RunDuration]) -> tuple[float, bool] | None:
    """Returns the mean seconds of a run over possible trials of a sweep; None if it is not known."""
    found = []
    for values in _drawn(plan):
        try:
            told = run_seconds(with_values(plan.base, values), dataset, durations)
        except EngineError:
            continue  # a trial that fails takes no time
        if told is None:
            return None
        found.append(told)
    return (statistics.fmean(each for each, _ in found), all(like for _, like in found)) if found else None


def _drawn(plan: Plan) -> list[Mapping[str, Any]]:
    """Returns values of the settings that decide the duration of a run."""
    vary = [each for each in plan.vary if each.name in _OF_TIME]
    if not vary:
        return [{}]
    rng = np.random.default_rng(plan.sampler_seed)
    if plan.sampler != GRID:
        return [{each.name: each.draw(rng) for each in vary} for _ in range(_MOST_DRAWN)]
    grids = {each.name: each.grid() for each in vary}
    return [{name: grid[int(rng.integers(len(grid)))] for name, grid in grids.items()} for _ in range(_MOST_DRAWN)]


def format_estimate(plan: Plan, told: tuple[float, bool] | None, workers: int, is_cluster: bool = False) -> str:
    """Returns the estimate of a sweep: "60 runs of 5 epochs, about 9 min with 1 process. One takes about 8.9 s, …"."""
    with_them = f"with {workers} process{'es' * (workers > 1)}"
    if is_cluster:
        with_them = f"on {text.count(workers)} core{'s' * (workers > 1)} of the cluster"
    epochs = "" if any(each.name == "epochs" for each in plan.vary) else _epochs(plan.base.training.epochs)
    runs = None if plan.most_runs is None else f"{text.count(plan.most_runs)} run{'s' * (plan.most_runs != 1)}{epochs}"
    if told is None:
        limit = "" if plan.minutes is None else f" in at most {text.roughly(60 * plan.minutes)}"
        why = "The duration is unknown: the library has no run of similar size."
        return f"{runs or f'As many runs{epochs} as fit'}{limit} {with_them}. {why}"
    seconds, is_like = told
    how = "measured on similar runs in the library" if is_like else "scaled from runs of similar size in the library"
    each = f"One run takes about {text.roughly(seconds)}, {how}."
    if runs is None or plan.most_runs is None:
        fit = max(1, round(60 * (plan.minutes or 0) * workers / seconds))
        return f"About {text.count(fit)} runs{epochs} in {text.roughly(60 * (plan.minutes or 0))} {with_them}. {each}"
    whole = seconds * plan.most_runs / min(workers, plan.most_runs)
    fewer = ", less what pruning saves" if plan.prune != NONE else ""
    if plan.minutes is not None and whole > 60 * plan.minutes:
        return f"{runs}, or as many as finish in {text.roughly(60 * plan.minutes)} {with_them}{fewer}. {each}"
    return f"{runs}, about {text.roughly(whole)} {with_them}{fewer}. {each}"


def _epochs(count: int) -> str:
    return f" of {text.count(count)} epoch{'s' * (count != 1)}"
