"""What the figures of compared runs mean, in a sentence: luck or not, shared mistakes, agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.basics.validation import Array
from engine.sweeps.significance import LEAST_SEEDS, GroupComparison
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration
from nnviz.formatting.result_text import (
    COULD_BE_LUCK,
    PROBABLY_NOT_LUCK,
    TOO_FEW_SEEDS,
    format_luck,
    luck,
    small_number,
)

_FEWEST_MISTAKES = 10  # examples, below which nothing is said about mistakes


# ---- differences


def luck_conclusion(base: str, found: Sequence[tuple[str, GroupComparison]]) -> Conclusion:
    """Returns whether groups of seeds are better or worse than a base group, or whether that may be luck.

    Args:
        found: name of each other group, and its comparison with the base group.
    """
    if len(found) == 1:
        ((name, one),) = found
        return Conclusion(format_luck(one, name, base))
    chances = [(luck(one, is_one_of_several=True), name, 2 * one.wins + one.ties > one.pairs) for name, one in found]
    doubtful = [
        f"{each}: {enumeration(names)}."
        for each in (COULD_BE_LUCK, TOO_FEW_SEEDS)
        if (names := [name for chance, name, _ in chances if chance == each])
    ]
    better, worse = (
        [name for chance, name, is_ahead in chances if chance == PROBABLY_NOT_LUCK and is_ahead == side]
        for side in (True, False)
    )
    if better:
        beats = f"{enumeration(better)} {'beats' if len(better) == 1 else 'beat'} {base}"
        beats += f", which beats {enumeration(worse)}" if worse else ""
    elif worse:
        beats = f"{base} beats {enumeration(worse)}"
    else:
        return Conclusion(f"Nothing clearly beats {base} or loses to it.", " ".join(doubtful))
    return Conclusion(f"{PROBABLY_NOT_LUCK}: {beats}.", " ".join(doubtful))


def single_runs_conclusion(alone: Sequence[str], differ_in_seed_only: bool) -> Conclusion:
    """Returns what single runs say about luck.

    Args:
        alone: the names of the single runs among groups of seeds; empty if all are single runs.
        differ_in_seed_only: whether all are single runs whose settings are the same except the seed.
    """
    if differ_in_seed_only:
        return Conclusion("Luck: these runs differ only in their seed.")
    if not alone:
        return Conclusion(f"One run each: train each with {LEAST_SEEDS} seeds to see whether it is luck.")
    is_one = len(alone) == 1
    runs = f"{enumeration(alone)} {'is one run: train it' if is_one else 'are one run each: train them'}"
    return Conclusion(f"{runs} with {LEAST_SEEDS} seeds to see whether it is luck.")


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
    lead = f"Of the {mistakes} mistakes of {worse}, {better} avoids {text.count(avoided)}."
    return Conclusion(lead, f"It makes {text.count(added)} others.")


def agreement_conclusion(classes: Sequence[tuple[str, str]], divided: Sequence[str] = ()) -> Conclusion | None:
    """Returns how many runs predict the same class; None for fewer than two.

    Args:
        classes: name and predicted class of each run; for a group of seeds the class that most of its runs predict.
        divided: the names of groups whose runs predict different classes.
    """
    if len(classes) < 2:
        return None
    (best, count), *others = Counter(each for _, each in classes).most_common()
    seeds = f"The seeds of {enumeration(divided)} disagree." if divided else ""
    if not others:
        return Conclusion(f"{'Both' if count == 2 else f'All {small_number(count)}'} predict {best}.", seeds)
    are_split = count == others[0][1]
    lead = f"{small_number(count).capitalize()} of {small_number(len(classes))} predict {best}."
    named = [f"{run}: {each}" for run, each in classes if are_split or each != best]
    return Conclusion("They disagree." if are_split else lead, f"{', '.join(named)}. {seeds}".rstrip())
