"""Results of many runs as text: figures with their names and ranges, and the significance of differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion

if TYPE_CHECKING:  # what is named here is made before it gets here
    from engine.sweeps.plan import Plan
    from engine.sweeps.results import FigureRange, Results, TrialResult
    from engine.sweeps.significance import GroupComparison

WHY_ONCE = (
    "It was not used to select the trial. The test errors of the other trials are not shown, because the "
    "best of many would look better than it is."
)
QUANTITIES = {"error": "error", "loss": "loss", "rmse": "RMSE", "r2": "R²"}  # as they are called in texts
VERY_UNLIKELY, SIGNIFICANT, COULD_BE_CHANCE = "Very unlikely to be chance", "Significant", "Could be chance"
TOO_FEW_SEEDS = "Too few seeds to tell"
_VERY_UNLIKELY_P = 0.01  # p below which a difference is more than significant
_LEAST_P, _LARGE_P = 0.001, 0.095  # smaller ones are shown as below it, larger ones with two digits
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def format_seeds(count: int) -> str:
    """Returns a number of seeds: "5 seeds"."""
    return f"{count} seed{'s' * (count != 1)}"


def figure_name(figure: str) -> str:
    """Returns the displayed name of a measured figure: "validation error", or "test RMSE" for "test_rmse"."""
    part, quantity = figure.split("_")
    return f"{'training' if part == 'train' else part} {QUANTITIES[quantity]}"


def figure_value(quantity: str, value: float, unit: str = "") -> str:
    """Returns an "error" in percent, or an "rmse" in the unit of the predicted number: "2.3 %", "3.42 mpg"."""
    return f"{figure_number(quantity, value)} {'%' if quantity == 'error' else unit}".rstrip()


def figure_number(quantity: str, value: float) -> str:
    """Returns the number of :func:`figure_value` without the unit."""
    return text.percentage(value) if quantity == "error" else text.steady(value)


def format_range(quantity: str, lowest: float, highest: float, unit: str = "", between: str = " to ") -> str:
    """Returns a range with its unit once: "2.2 to 2.6 %"."""
    return f"{figure_number(quantity, lowest)}{between}{figure_value(quantity, highest, unit)}"


def format_spread(quantity: str, spread: FigureRange, unit: str = "") -> str:
    """Returns median and range: "median 2.3 %, 2.2 to 2.6 %"; for a single run its figure."""
    median = figure_value(quantity, spread.median, unit)
    if spread.count == 1:
        return median
    return f"median {median}, {format_range(quantity, spread.lowest, spread.highest, unit)}"


def format_trial(trial: TrialResult) -> str:
    """Returns the values that distinguish a trial: "learning rate 0.05, hidden 64-32"; its number if nothing varies."""
    from engine.sweeps.search_space import format_values

    return format_values(trial.values) if trial.values else f"trial {trial.trial + 1}"


# ---- which is better


def best_two(plan: Plan, results: Results) -> GroupComparison | None:
    """Returns the comparison of the two best trials; None if one of them has too few runs, or only one seed."""
    from engine.sweeps.significance import compare_groups

    first_two = [each for each in results.ranked(2) if each.is_complete(plan)]
    if len(first_two) < 2 or len(plan.seeds) < 2:
        return None
    first, second = (each.figures(results.compared_by) for each in first_two)
    return compare_groups(first, second)


def format_best_two(plan: Plan, results: Results, are_listed: bool = False) -> Conclusion | None:
    """Returns whether the lead of the best trial over the second best is significant; None if that is not known.

    ``are_listed``: whether they are in a list, so that of many they can be called the first and the second.
    """
    found = best_two(plan, results)
    if found is None:
        return None
    are_many = are_listed and len(results.order) > 2
    first, second = ("the first", "the second") if are_many else map(format_trial, results.ranked(2))
    return format_pairs(found, first, second, figure_name(results.compared_by), len(results.order) > 2)


def format_pairs(
    found: GroupComparison, one: str, other: str, figure: str, is_one_of_several: bool = False
) -> Conclusion:
    """Returns whether the difference between two groups of seeds is significant, and the test that says so.

    "Significant: wide has a lower error than narrow in 23 of 25 pairs of seeds. Compared by test error (Mann-Whitney
    p = 0.03)."
    """
    lead, advice = significance_sentences(found, one, other, is_one_of_several)
    return Conclusion(lead, f"{advice} {format_test(found, figure)}".lstrip())


def significance_sentences(
    found: GroupComparison, one: str, other: str, is_one_of_several: bool = False
) -> tuple[str, str]:
    """Returns whether the difference between two groups of seeds is significant, and advice if it is not, or "".

    "Could be chance: wide has a lower error than narrow in 14 of 25 pairs of seeds." and "Train more seeds to decide."
    """
    losses = found.pairs - found.wins - found.ties
    better, worse, count = (one, other, found.wins) if found.wins >= losses else (other, one, losses)
    if count == found.pairs and found.seeds > 1:
        lower = f"every run of {better} has a lower error than every run of {worse}"
    elif found.wins == losses:
        lower = f"{one} and {other} have the lower error in equally many pairs of seeds"
    else:
        equal = f", {found.ties} {'is' if found.ties == 1 else 'are'} equal" if found.ties else ""
        pairs = f"{text.count(count)} of {text.count(found.pairs)} pairs"
        lower = f"{better} has a lower error than {worse} in {pairs} of seeds{equal}"
    chance = significance(found, is_one_of_several)
    return f"{chance}: {lower}.", "Train more seeds to decide." if chance == COULD_BE_CHANCE else ""


def significance(found: GroupComparison, is_one_of_several: bool = False) -> str:
    """Returns whether the difference between two groups of seeds is significant: one of four phrases.

    One of several comparisons more often has a small p by chance. It needs a smaller p, and is significant at most.
    """
    if found.p is None:
        return TOO_FEW_SEEDS
    if found.p < _VERY_UNLIKELY_P:
        return SIGNIFICANT if is_one_of_several else VERY_UNLIKELY
    return SIGNIFICANT if found.is_significant and not is_one_of_several else COULD_BE_CHANCE


def format_test(found: GroupComparison, figure: str) -> str:
    """Returns the figure by which groups are compared, with p: "Compared by test error (Mann-Whitney p = 0.008)."."""
    from engine.sweeps.significance import LEAST_SEEDS

    if found.p is None:
        return f"Compared by {figure}; a significance test needs at least {LEAST_SEEDS} seeds each."
    return f"Compared by {figure} (Mann-Whitney {_p(found.p)})."


def format_wins(found: GroupComparison) -> str:
    """Returns the number of pairs that the first of two groups of seeds wins: "25 of 25 pairs (p = 0.008)"."""
    p = "" if found.p is None else f" ({_p(found.p)})"
    return f"{text.count(found.wins)} of {text.count(found.pairs)} pairs{p}"


def small_number(number: int) -> str:
    """Returns a number as in a sentence: in letters up to ten."""
    return _NUMBERS[number] if number < len(_NUMBERS) else text.count(number)


def _p(p: float) -> str:
    """Returns a p-value as text: "p = 0.95", "p = 0.02", "p < 0.001"."""
    if p < _LEAST_P:
        return f"p < {_LEAST_P:g}"
    return f"p = {p:.2f}" if p > _LARGE_P else f"p = {p:.1g}"
