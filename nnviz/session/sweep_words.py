"""What came of many runs, and how far they are, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nnviz.jobs.plans import BrokenOff, HowFar, PlanEnd
from nnviz.look import text
from nnviz.look.meaning import Meaning

if TYPE_CHECKING:
    from engine.many.plan import Plan
    from engine.many.results import Results, Spread


def name_of(plan: Plan) -> str:
    """ "5 seeds", "race", "sweep"."""
    return words_of_seeds(len(plan.seeds)) if _is_of_seeds(plan) else plan.kind


def _is_of_seeds(plan: Plan) -> bool:
    from engine.many.plan import SEEDS

    return plan.kind == SEEDS


def words_of_seeds(count: int) -> str:
    """ "5 seeds"."""
    return f"{count} seed{'s' * (count != 1)}"


def words_of_count(how_far: HowFar) -> str:
    """ "■ 2/5", for the button that stops them; "■ 2" where it is not known how many there will be."""
    runs = "" if how_far.runs is None else f"/{text.count(how_far.runs)}"
    return f"■ {text.count(how_far.done)}{runs}"


def words_of_progress(how_far: HowFar) -> str:
    """ "2 of 5 runs done, 12 s left"."""
    done = f"{_of(how_far.done, how_far.runs)} runs done"
    if how_far.seconds_left is None:
        return done
    left = text.duration(how_far.seconds_left) if how_far.seconds_left >= 1 else "less than 1 s"
    return f"{done}, {left} left"


def words_of_end(end: PlanEnd) -> str:
    """ "5 seeds: test error median 2.3 %, 2.2 to 2.6 %." Or how much was done when it was stopped."""
    results, plan = end.results, end.plan
    if not end.is_done and not results.over:
        return f"Stopped before a run was done ({name_of(plan)})."
    over = _of(results.over, plan.most_runs)
    stopped = "" if end.is_done else f" Stopped with {over} runs done, which are kept."
    if not _is_of_seeds(plan):
        how = f"is over: {over} runs are done" if end.is_done else f"was stopped with {over} runs done, which are kept"
        return f"The {name_of(plan)} {how}."
    spread = results.trials[0].spread(results.compared_by)
    figures = "none was trained to its end" if spread is None else _spread(end, spread)
    return f"{name_of(plan)}: {figures}.{_others(results)}{stopped}"


def _spread(end: PlanEnd, spread: Spread) -> str:
    part, _, quantity = end.results.compared_by.partition("_")
    figure = "RMSE" if quantity == "rmse" else quantity
    median, lowest, highest = (_figure(end, value) for value in (spread.median, spread.lowest, spread.highest))
    if spread.count == 1:
        return f"{part} {figure} {median}, of one run"
    lowest = lowest.removesuffix(" %")
    of = "" if spread.count == len(end.plan.seeds) else f", of {text.count(spread.count)} runs"
    return f"{part} {figure} median {median}, {lowest} to {highest}{of}"


def _figure(end: PlanEnd, value: float) -> str:
    if end.results.quantity == "error":
        return text.percent(value)
    return f"{text.steady(value)} {Meaning(end.dataset).unit}".rstrip()


def _others(results: Results) -> str:
    """How runs ended that are no part of the figures."""
    from engine.many.results import FINISHED, STOPPED

    counts = Counter(run.status for run in results.trials[0].runs.values())
    told = [f"{count} {status}" for status, count in counts.items() if status not in (FINISHED, STOPPED)]
    return f" Not counted: {', '.join(told)}." if told else ""


def words_of_broken_off(broken: BrokenOff) -> str:
    """That a plan can go on: "Training with 5 seeds was broken off with 2 of 5 runs done"."""
    plan = broken.plan
    what = f"Training with {name_of(plan)}" if _is_of_seeds(plan) else f"A {name_of(plan)}"
    kept = " What is done is in the library." if broken.done else ""
    return f"{what} was broken off with {_of(broken.done, plan.most_runs)} runs done.{kept}"


def _of(done: int, runs: int | None) -> str:
    """ "2 of 5"; "2" where it is not known how many there will be."""
    return text.count(done) if runs is None else f"{text.count(done)} of {text.count(runs)}"
