"""Results of a plan, as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from engine.sweeps.plan import RACE, Plan
from engine.sweeps.results import FAILED, FINISHED, FigureRange, Results, TrialResult
from engine.sweeps.search_space import format_value
from nnviz.commands.text_table import aligned_lines
from nnviz.formatting import text
from nnviz.formatting.result_text import (
    WHY_ONCE,
    best_two,
    figure_name,
    figure_value,
    format_best_two,
    format_seeds,
    format_spread,
    format_trial,
)

_MOST_ROWS = 10


def format_best(plan: Plan, results: Results) -> str | None:
    """Returns the best result so far, for the progress bar; None if there is none yet.

    Only trials with all seeds count, so that it never gets worse. Without a choice between trials there is no best.
    """
    best = results.chosen
    spread = None if best is None or not plan.is_choice else best.spread(results.compared_by)
    if spread is None:
        return None
    median = "median " if len(plan.seeds) > 1 else ""
    return f"best {median}{figure_name(results.compared_by)} {figure_value(results.quantity, spread.median)}"


def lines(plan: Plan, results: Results) -> Iterator[str]:
    """Yields a table of the best trials, the selected trial, and the test error of that one."""
    ranked = results.ranked()
    if not ranked:
        yield "no run has finished"
        return
    if not plan.is_choice:
        yield from _of_seeds(results, ranked[0])
        return
    yield from aligned_lines(
        [_head(plan, results), *(_row(plan, results, rank, each) for rank, each in enumerate(ranked[:_MOST_ROWS], 1))],
        texts=0,
    )
    if len(ranked) > _MOST_ROWS:
        yield f"… and {len(ranked) - _MOST_ROWS} more trials"
    yield from _of_chosen(results)
    if (verdict := format_best_two(plan, results)) is not None:
        yield verdict.text


# ---- one experiment, several seeds


def _of_seeds(results: Results, trial: TrialResult) -> Iterator[str]:
    rows = [["seed", figure_name(results.compared_by), "epochs", "run"]]
    for seed, run in sorted(trial.runs.items()):
        value = run.figures.get(results.compared_by)
        shown = run.status if run.status != FINISHED or value is None else figure_value(results.quantity, value)
        rows.append([str(seed), shown, text.epochs(run.epochs), "–" if run.run is None else str(run.run)])
    yield from aligned_lines(rows, texts=0)
    spread = trial.spread(results.compared_by)
    if spread is not None:
        words = format_spread(results.quantity, spread)
        yield f"{figure_name(results.compared_by)} {words}, {format_seeds(spread.count)}"


# ---- trials beside each other


def _head(plan: Plan, results: Results) -> list[str]:
    names = ["experiment"] if plan.kind == RACE else [each.option.replace("-", " ") for each in plan.vary]
    return [
        "rank",
        "trial",
        *names,
        f"{figure_name(results.compared_by)}: median",
        "lowest",
        "highest",
        "seeds",
        "runs",
    ]


def _row(plan: Plan, results: Results, rank: int, trial: TrialResult) -> list[str]:
    values = (
        [str(trial.trial + 1)] if plan.kind == RACE else [format_value(trial.values[each.name]) for each in plan.vary]
    )
    spread = trial.spread(results.compared_by)
    figures = ["–"] * 3
    if spread is not None:
        score = trial.score(results.compared_by)
        shown = [figure_value(results.quantity, each) for each in (score, spread.lowest, spread.highest)]
        figures = ["stopped early" if math.isinf(score) else shown[0], *shown[1:]]
    else:
        figures[0] = ", ".join(dict.fromkeys(trial.statuses))
    runs = [str(run.run) for run in trial.runs.values() if run.run is not None]
    count = 0 if spread is None else spread.count
    numbers = [str(rank), str(trial.trial + 1)]
    return [*numbers, *values, *figures, f"{count} of {len(plan.seeds)}", text.listed(runs) or "–"]


def _of_chosen(results: Results) -> Iterator[str]:
    """Yields lines about the trial with the best validation figure."""
    chosen = results.chosen
    if chosen is None:
        yield "no trial finished with all its seeds: none is chosen"
        return
    yield f"chosen: trial {chosen.trial + 1}, {format_trial(chosen)}"
    spread = None if results.test_figure is None else chosen.spread(results.test_figure)
    if spread is not None and results.test_figure is not None:
        words = f"{format_spread(results.quantity, spread)}, {format_seeds(spread.count)}"
        yield f"its {figure_name(results.test_figure)}: {words}. {WHY_ONCE}"


# ---- for other programs


def facts(plan: Plan, results: Results, sweep: int | None, is_done: bool) -> dict[str, Any]:
    """Returns all results in types that JSON can hold, with test figures of the selected trial only."""
    chosen, last = results.chosen, results.test_figure
    shown = None if chosen is None or last is None else _spread_facts(chosen.spread(last))
    best = best_two(plan, results) if plan.is_choice else None
    return {
        "sweep": sweep,
        "kind": plan.kind,
        "is_done": is_done,
        "compared_by": results.compared_by,
        "seeds": list(plan.seeds),
        "trials": [_trial_facts(plan, results, each) for each in results.ranked()],
        "failed": sum(run.status == FAILED for run in results.runs),
        "chosen": None
        if chosen is None
        else {"trial": chosen.trial + 1, "values": chosen.values, last or "test": shown},
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


def _spread_facts(spread: FigureRange | None) -> dict[str, float] | None:
    return None if spread is None else dict(vars(spread))
