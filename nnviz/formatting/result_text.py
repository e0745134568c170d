"""Results of many runs as text: figures with their names and ranges, and the significance of differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnviz.formatting import text

if TYPE_CHECKING:  # what is named here is made before it gets here
    from engine.sweeps.plan import Plan
    from engine.sweeps.results import FigureRange, Results, TrialResult
    from engine.sweeps.significance import GroupComparison

WHY_ONCE = (
    "It was not used to select the trial. The test errors of the other trials are not shown, because the "
    "best of many would look better than it is."
)
_LEAST_P, _LARGE_P = 0.001, 0.095  # smaller ones are shown as below it, larger ones with two digits


def format_seeds(count: int) -> str:
    """Returns a number of seeds: "5 seeds"."""
    return f"{count} seed{'s' * (count != 1)}"


def figure_name(figure: str) -> str:
    """Returns the displayed name: "validation error" for "validation_error", "test RMSE" for "test_rmse"."""
    return figure.replace("_rmse", " RMSE").replace("_", " ")


def figure_value(quantity: str, value: float, unit: str = "") -> str:
    """Returns an "error" in percent, or an "rmse" in the unit of the predicted number: "2.3 %", "3.42 mpg"."""
    return text.percent(value) if quantity == "error" else f"{text.steady(value)} {unit}".rstrip()


def format_range(quantity: str, lowest: float, highest: float, unit: str = "", between: str = " to ") -> str:
    """Returns a range with its unit once: "2.2 to 2.6 %"."""
    low, high = (figure_value(quantity, value, unit) for value in (lowest, highest))
    of = " %" if quantity == "error" else f" {unit}"
    return f"{low.removesuffix(of)}{between}{high}"


def format_spread(quantity: str, spread: FigureRange, unit: str = "") -> str:
    """Returns median and range: "median 2.3 %, 2.2 to 2.6 %"; for a single run its figure."""
    median = figure_value(quantity, spread.median, unit)
    if spread.count == 1:
        return median
    return f"median {median}, {format_range(quantity, spread.lowest, spread.highest, unit)}"


def format_trial(trial: TrialResult) -> str:
    """Returns the values that distinguish a trial: "learning rate 0.05, hidden 64-32"; its number if nothing varies."""
    from engine.sweeps.search_space import format_values

    return format_values(trial.values) if trial.values else f"experiment {trial.trial + 1}"


# ---- which is better


def best_two(plan: Plan, results: Results) -> GroupComparison | None:
    """Returns the comparison of the two best trials; None if one of them has too few runs, or only one seed."""
    from engine.sweeps.significance import compare_groups

    first_two = [each for each in results.ranked(2) if each.is_complete(plan)]
    if len(first_two) < 2 or len(plan.seeds) < 2:
        return None
    first, second = (each.figures(results.compared_by) for each in first_two)
    return compare_groups(first, second)


def format_best_two(plan: Plan, results: Results, are_listed: bool = False) -> str | None:
    """Returns how often the best trial beats the second best, and whether that is significant; None if it is not known.

    ``are_listed``: whether they are in a list, so that of many they can be called the first and the second.
    """
    found = best_two(plan, results)
    if found is None:
        return None
    count = len(results.order)
    are_many = are_listed and count > 2
    first, second = ("the first", "the second") if are_many else map(format_trial, results.ranked(2))
    words = format_comparison(found, first, second, figure_name(results.compared_by), count)
    return words[:1].upper() + words[1:] if are_listed else words


def format_comparison(found: GroupComparison, first: str, second: str, figure: str, trials: int) -> str:
    """Returns how often one of the best two of ``trials`` beats the other, and whether that is significant."""
    are_chosen = trials > 2 and found.p is not None
    more = f". They are the best of {trials} trials, which makes p too small" if are_chosen else ""
    return f"{format_pairs(found, first, second, figure)}{more}."


def format_pairs(found: GroupComparison, one: str, other: str, figure: str) -> str:
    """Returns how often one of two groups of seeds beats the other, with its significance and without a full stop.

    "wider beats narrow in 23 of 25 pairs of seeds, by test error (Mann-Whitney p = 0.02)".
    """
    from engine.sweeps.significance import LEAST_SEEDS

    losses = found.pairs - found.wins - found.ties
    better, worse, count = (one, other, found.wins) if found.wins >= losses else (other, one, losses)
    equal = f", {found.ties} are equal" if found.ties else ""
    pairs = f"{better} beats {worse} in {count} of {found.pairs} pairs of seeds{equal}, by {figure}"
    if found.p is None:
        return f"{pairs}; a significance test needs at least {LEAST_SEEDS} seeds each"
    close = "" if found.is_significant else f"; not significant with {found.seeds} seeds"
    return f"{pairs}{close} (Mann-Whitney {_p(found.p)})"


def _p(p: float) -> str:
    """Returns a p-value as text: "p = 0.95", "p = 0.02", "p < 0.001"."""
    if p < _LEAST_P:
        return f"p < {_LEAST_P:g}"
    return f"p = {p:.2f}" if p > _LARGE_P else f"p = {p:.1g}"
