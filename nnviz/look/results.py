"""What came of many runs, in words: figures with their names, spreads, how sure it is that one is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnviz.look import text

if TYPE_CHECKING:  # what is named here is made before it gets here
    from engine.many.beats import Comparison
    from engine.many.plan import Plan
    from engine.many.results import Results, Spread, TrialResult

WHY_ONCE = (
    "It played no part in the choice; that of the other trials is not told, since the best of many would look better "
    "than it is."
)


def words_of_seeds(count: int) -> str:
    """ "5 seeds"."""
    return f"{count} seed{'s' * (count != 1)}"


def figure_name(figure: str) -> str:
    """ "validation error", "test RMSE", for "validation_error" and "test_rmse"."""
    return figure.replace("_rmse", " RMSE").replace("_", " ")


def figure_value(quantity: str, value: float, unit: str = "") -> str:
    """An "error" in percent, an "rmse" in the unit of what is predicted: "2.3 %", "3.42 mpg"."""
    return text.percent(value) if quantity == "error" else f"{text.steady(value)} {unit}".rstrip()


def range_words(quantity: str, lowest: float, highest: float, unit: str = "", between: str = " to ") -> str:
    """ "2.2 to 2.6 %": the unit is told once."""
    low, high = (figure_value(quantity, value, unit) for value in (lowest, highest))
    of = " %" if quantity == "error" else f" {unit}"
    return f"{low.removesuffix(of)}{between}{high}"


def spread_words(quantity: str, spread: Spread, unit: str = "") -> str:
    """ "median 2.3 %, 2.2 to 2.6 %"; of one run its figure."""
    median = figure_value(quantity, spread.median, unit)
    if spread.count == 1:
        return median
    return f"median {median}, {range_words(quantity, spread.lowest, spread.highest, unit)}"


def trial_words(trial: TrialResult) -> str:
    """What distinguishes a trial: "learning rate 0.05, hidden 64-32"; its number where nothing varies."""
    from engine.many.vary import in_words

    return in_words(trial.values) if trial.values else f"experiment {trial.trial + 1}"


# ---- which is better


def best_two(plan: Plan, results: Results) -> Comparison | None:
    """The best trial beside the second best; None where one of them has too few runs, or only one seed."""
    from engine.many.beats import compared

    first_two = [each for each in results.ranked()[:2] if each.is_complete(plan)]
    if len(first_two) < 2 or len(plan.seeds) < 2:
        return None
    first, second = (each.figures(results.compared_by) for each in first_two)
    return compared(first, second)


def verdict_words(plan: Plan, results: Results, are_listed: bool = False) -> str | None:
    """How often the best trial beats the second best, and whether that is sure; None where that cannot be told.

    ``are_listed``: whether they stand in a list, so that of many it is enough to call them the first and the second.
    """
    found = best_two(plan, results)
    if found is None:
        return None
    ranked = results.ranked()
    are_many = are_listed and len(ranked) > 2
    first, second = ("The first", "the second") if are_many else map(trial_words, ranked[:2])
    return comparison_words(found, first, second, len(ranked))


def comparison_words(found: Comparison, first: str, second: str, trials: int) -> str:
    """How often one trial beats another, and whether that is sure: "too close to tell with 5 seeds"."""
    from engine.many.beats import LEAST_SEEDS

    equal = f", {found.ties} are equal" if found.ties else ""
    pairs = f"{first} beats {second} in {found.wins} of {found.pairs} pairs of runs{equal}"
    if found.p is None:
        return f"{pairs}; from {LEAST_SEEDS} seeds on it can be told how sure that is."
    p = f"p = {found.p:.2g}, Mann-Whitney"
    verdict = "that is hardly chance" if found.is_sure else f"too close to tell with {found.seeds} seeds"
    more = "" if trials == 2 else f". They are the best of {trials} trials, which makes p too small"
    return f"{pairs}: {verdict} ({p}){more}."
