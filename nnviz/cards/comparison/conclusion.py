"""Conclusions from the figures of compared runs: significance, shared mistakes, agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.basics.validation import Array
from engine.sweeps.significance import LEAST_SEEDS, GroupComparison
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration
from nnviz.formatting.result_text import (
    COULD_BE_CHANCE,
    SIGNIFICANT,
    TOO_FEW_SEEDS,
    VERY_UNLIKELY,
    significance,
    significance_sentences,
    small_number,
)

_FEWEST_MISTAKES = 10  # examples, below which nothing is said about mistakes


# ---- differences


def significance_conclusion(base: str, found: Sequence[tuple[str, GroupComparison]]) -> Conclusion:
    """Returns whether the errors of groups of seeds are significantly lower or higher than those of a base group.

    Args:
        found: name of each other group, and its comparison with the base group.
    """
    if len(found) == 1:
        ((name, one),) = found
        sentence, advice = significance_sentences(one, name, base)
        chance, _, fact = sentence.partition(": ")
        fact = f"{fact[0].upper()}{fact[1:]}"
        if chance in (VERY_UNLIKELY, SIGNIFICANT):
            return Conclusion(fact, f"{chance}.")
        lead = "The difference could be chance." if chance == COULD_BE_CHANCE else f"{chance}."
        return Conclusion(lead, fact, advice)
    chances = [
        (significance(one, is_one_of_several=True), name, 2 * one.wins + one.ties > one.pairs) for name, one in found
    ]
    doubtful = " ".join(
        f"{each}: {enumeration(names)}."
        for each in (COULD_BE_CHANCE, TOO_FEW_SEEDS)
        if (names := [name for chance, name, _ in chances if chance == each])
    )
    sides = {
        side: [name for chance, name, is_lower in chances if chance == SIGNIFICANT and is_lower == (side == "lower")]
        for side in ("lower", "higher")
    }
    clear = [
        f"{enumeration(names)} {'has' if len(names) == 1 else 'have'} a {side} error than {base}"
        for side, names in sides.items()
        if names
    ]
    if not clear:
        return Conclusion(f"No setting is clearly better or worse than {base}.", doubtful)
    return Conclusion(f"{SIGNIFICANT}: {', '.join(clear)}.", doubtful)


def single_runs_conclusion(alone: Sequence[str], differ_in_seed_only: bool) -> Conclusion:
    """Returns that differences between single runs may be chance.

    Args:
        alone: the names of the single runs among groups of seeds; empty if all are single runs.
        differ_in_seed_only: whether all are single runs whose settings are the same except the seed.
    """
    if differ_in_seed_only:
        return Conclusion("These runs differ only in their seed: the difference is chance.")
    if not alone:
        runs = "These are single runs: train each"
    else:
        is_one = len(alone) == 1
        runs = f"{enumeration(alone)} {'is a single run: train it' if is_one else 'are single runs: train them'}"
    return Conclusion(f"{runs} with {LEAST_SEEDS} seeds to see whether the difference may be chance.")


# ---- predictions


def mistakes_conclusion(one: str, other: str, counts: Array) -> Conclusion | None:
    """Returns how many mistakes of the worse run the better one avoids; None if they make hardly any.

    Args:
        counts: (2, 2) numbers of examples: rows for the first run (right, wrong), columns for the second.
    """
    (_, only_other_wrong), (only_one_wrong, both_wrong) = counts.tolist()
    better, worse, avoided, added = one, other, only_other_wrong, only_one_wrong
    if added > avoided:
        better, worse, avoided, added = other, one, added, avoided
    if avoided + both_wrong < _FEWEST_MISTAKES:
        return None
    mistakes = text.count(avoided + both_wrong)
    lead = f"{better} is right on {text.count(avoided)} of the {mistakes} mistakes of {worse}."
    others = f"{text.count(added)} other example{'s' * (added != 1)}" if added else "no other example"
    return Conclusion(f"{lead[0].upper()}{lead[1:]}", f"It is wrong on {others}.")


def agreement_conclusion(
    classes: Sequence[tuple[str, str]], divided: Sequence[str] = (), verb: str = "predict", networks: int = 0
) -> Conclusion:
    """Returns how many runs predict the same class; empty for none.

    Args:
        classes: name and predicted class of each run; for a group of seeds the class that most of its runs predict.
        divided: the names of groups whose runs predict different classes.
        verb: what they do: "read".
        networks: how many networks the runs have together.
    """
    if not classes:
        return Conclusion("")
    (best, count), *others = Counter(each for _, each in classes).most_common()
    seeds = f"The seeds of {enumeration(divided)} disagree." if divided else ""
    if not others:
        agreed = f"All {small_number(networks)} networks do." if networks > count else ""
        subject = "It" if count == 1 else "Both" if count == 2 else f"All {small_number(count)}"
        return Conclusion(f"{subject} {verb}{'s' * (count == 1)} {best}.", seeds or agreed)
    are_split = count == others[0][1]
    lead = f"{small_number(count).capitalize()} of {small_number(len(classes))} {verb} {best}."
    named = [f"{run}: {each}" for run, each in classes if are_split or each != best]
    return Conclusion("They disagree." if are_split else lead, f"{', '.join(named)}. {seeds}".rstrip())


def numbers_conclusion(numbers: Sequence[tuple[float, str]], unit: str) -> Conclusion:
    """Returns between which numbers the predictions of runs are; ``numbers`` are each with its text."""
    if not numbers:
        return Conclusion("")
    (_, low), (_, high) = min(numbers), max(numbers)
    between = low if low == high else f"{low} to {high}"
    return Conclusion(f"{'It predicts' if len(numbers) == 1 else 'They predict'} {between} {unit}".rstrip() + ".")
