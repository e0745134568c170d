"""What came of a plan, for people and for other programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from engine.many.beats import LEAST_SEEDS, Comparison, compared
from engine.many.plan import RACE, Plan
from engine.many.results import FAILED, FINISHED, Results, Spread, TrialResult
from engine.many.vary import in_words, written
from nnviz.commands.tabular import lines_of
from nnviz.look import text

_MOST_ROWS = 10
_WHY_ONCE = (
    "It played no part in the choice; that of the other trials is not told, since the best of many would look better "
    "than it is."
)
_OF_RMSE, _OF_ERROR = "RMSE", "error"


def best_in_words(results: Results) -> str | None:
    """The best so far, for the bar; None for nothing yet."""
    best = next(iter(results.ranked()), None)
    spread = None if best is None else best.spread(results.compared_by)
    return None if spread is None else f"best {_named(results.compared_by)} {_figure(results, spread.median)}"


def lines(plan: Plan, results: Results) -> Iterator[str]:
    """A table of the best, what is chosen, and the test error of that alone."""
    ranked = results.ranked()
    if not ranked:
        yield "no run is over"
        return
    if not plan.is_choice:
        yield from _of_seeds(results, ranked[0])
        return
    yield from lines_of([_head(plan, results), *(_row(plan, results, each) for each in ranked[:_MOST_ROWS])], texts=0)
    if len(ranked) > _MOST_ROWS:
        yield f"… and {len(ranked) - _MOST_ROWS} more trials"
    yield from _of_chosen(plan, results)
    if (best := _compared_best(plan, results)) is not None:
        yield comparison_in_words(best, _title(plan, ranked[0]), _title(plan, ranked[1]), len(ranked))


# ---- one experiment, several seeds


def _of_seeds(results: Results, trial: TrialResult) -> Iterator[str]:
    rows = [["seed", _named(results.compared_by), "epochs", "run"]]
    for seed, run in sorted(trial.runs.items()):
        value = run.figures.get(results.compared_by)
        told = run.status if run.status != FINISHED or value is None else _figure(results, value)
        rows.append([str(seed), told, text.epochs(run.epochs), "–" if run.run is None else str(run.run)])
    yield from lines_of(rows, texts=0)
    spread = trial.spread(results.compared_by)
    if spread is not None:
        yield f"{_named(results.compared_by)} {_spread(results, spread)}, {_seeds(spread.count)}"


# ---- trials beside each other


def _head(plan: Plan, results: Results) -> list[str]:
    names = ["experiment"] if plan.kind == RACE else [each.name.replace("_", " ") for each in plan.vary]
    return ["trial", *names, f"{_named(results.compared_by)}: median", "lowest", "highest", "seeds", "runs"]


def _row(plan: Plan, results: Results, trial: TrialResult) -> list[str]:
    values = [str(trial.trial + 1)] if plan.kind == RACE else [written(trial.values[each.name]) for each in plan.vary]
    spread = trial.spread(results.compared_by)
    figures = ["–"] * 3
    if spread is not None:
        score = trial.score(results.compared_by)
        median = "stopped early" if math.isinf(score) else _figure(results, score)
        figures = [median, _figure(results, spread.lowest), _figure(results, spread.highest)]
    else:
        figures[0] = ", ".join(dict.fromkeys(run.status for run in trial.runs.values()))
    runs = [str(run.run) for run in trial.runs.values() if run.run is not None]
    count = 0 if spread is None else spread.count
    return [str(trial.trial + 1), *values, *figures, f"{count} of {len(plan.seeds)}", text.listed(runs) or "–"]


def _of_chosen(plan: Plan, results: Results) -> Iterator[str]:
    """Of the trial that is best by the validation set."""
    chosen = results.chosen
    if chosen is None:
        yield "no trial has ended well with all its seeds: none is chosen"
        return
    yield f"chosen: trial {chosen.trial + 1}, {_title(plan, chosen)}"
    spread = None if results.told_at_last is None else chosen.spread(results.told_at_last)
    if spread is not None and results.told_at_last is not None:
        yield f"its {_named(results.told_at_last)}: {_spread(results, spread)}, {_seeds(spread.count)}. {_WHY_ONCE}"


def _title(plan: Plan, trial: TrialResult) -> str:
    return in_words(trial.values) if trial.values else f"experiment {trial.trial + 1}"


def _compared_best(plan: Plan, results: Results) -> Comparison | None:
    """The best trial beside the second best; None where one of them has too few runs, or only one seed."""
    first_two = [each for each in results.ranked()[:2] if each.is_complete(plan)]
    if len(first_two) < 2 or len(plan.seeds) < 2:
        return None
    first, second = (each.figures(results.compared_by) for each in first_two)
    return compared(first, second)


def comparison_in_words(found: Comparison, first: str, second: str, trials: int) -> str:
    """How often one trial beats another, and whether that is sure: "too close to tell with 5 seeds"."""
    equal = f", {found.ties} are equal" if found.ties else ""
    pairs = f"{first} beats {second} in {found.wins} of {found.pairs} pairs of runs{equal}"
    if found.p is None:
        return f"{pairs}; from {LEAST_SEEDS} seeds on it can be told how sure that is."
    p = f"p = {found.p:.2g}, Mann-Whitney"
    verdict = "that is hardly chance" if found.is_sure else f"too close to tell with {found.seeds} seeds"
    more = "" if trials == 2 else f". They are the best of {trials} trials, which makes p too small"
    return f"{pairs}: {verdict} ({p}){more}."


# ---- words


def _named(figure: str) -> str:
    """ "validation error", "test RMSE"."""
    return figure.replace("_rmse", f" {_OF_RMSE}").replace("_error", f" {_OF_ERROR}")


def _figure(results: Results, value: float) -> str:
    return text.percent(value) if results.quantity == "error" else text.figure(value)


def _spread(results: Results, spread: Spread) -> str:
    median, lowest, highest = (_figure(results, each) for each in (spread.median, spread.lowest, spread.highest))
    return median if spread.count == 1 else f"median {median}, {lowest} to {highest}"


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count > 1)}"


# ---- for other programs


def facts(plan: Plan, results: Results, sweep: int | None, is_done: bool) -> dict[str, Any]:
    """All of it in types that JSON can hold; the test figures of the chosen trial alone."""
    chosen, last = results.chosen, results.told_at_last
    told = None if chosen is None or last is None else _spread_facts(chosen.spread(last))
    best = _compared_best(plan, results) if plan.is_choice else None
    return {
        "sweep": sweep,
        "kind": plan.kind,
        "is_done": is_done,
        "compared_by": results.compared_by,
        "seeds": list(plan.seeds),
        "trials": [_trial_facts(plan, results, each) for each in results.ranked()],
        "failed": sum(run.status == FAILED for trial in results.trials for run in trial.runs.values()),
        "chosen": None
        if chosen is None
        else {"trial": chosen.trial + 1, "values": chosen.values, last or "test": told},
        "first_and_second": None if best is None else vars(best),
    }


def _trial_facts(plan: Plan, results: Results, trial: TrialResult) -> dict[str, Any]:
    score = trial.score(results.compared_by)
    runs = [
        {
            "run": run.run,
            "seed": run.seed,
            "status": run.status,
            "epochs": run.epochs,
            "seconds": run.seconds,
            results.compared_by: run.figures.get(results.compared_by),
        }
        for run in trial.runs.values()
    ]
    return {
        "trial": trial.trial + 1,
        "values": trial.values,
        "is_complete": trial.is_complete(plan),
        "score": None if math.isinf(score) else score,
        "spread": _spread_facts(trial.spread(results.compared_by)),
        "runs": runs,
    }


def _spread_facts(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else dict(vars(spread))
