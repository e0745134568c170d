"""Conclusions about what changed from one network to another: errors, confusions, predicted numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.explain.prediction_changes import ClassChanges, NumberChanges
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.result_text import format_range

_LONGEST = 12  # characters of a class name
_FEW = 2  # Mistakes. A change of fewer is not named.
_DEVIATIONS = 1.96  # of the number of examples that became right or wrong, up to which more of one may be chance
_PARTS = {"test": "test", "validation": "validation", "train": "training"}


def class_change(
    opening: str, changes: ClassChanges, errors: tuple[float, float], names: Sequence[str], is_image: bool
) -> Conclusion:
    """Returns how many examples became right and wrong, and which confusions changed most.

    Args:
        opening: the beginning of the sentence: "From epoch 3 to 20".
        changes: the predictions before and after.
        errors: shares of mistakes before and after.
        names: names of the classes.
        is_image: whether the examples are images: characters are "read as", others "predicted as".
    """
    confusions = _confusions(changes, names, is_image)
    return Conclusion(
        f"{_clause(opening)} {_sides(changes)}{_chance(changes, errors)}.", f"{confusions}." if confusions else ""
    )


def confusion_change(
    opening: str,
    part: str,
    changes: ClassChanges,
    errors: tuple[float, float],
    names: Sequence[str],
    is_image: bool,
) -> Conclusion:
    """Returns which confusions changed most, then the error and how many examples became right and wrong.

    See :func:`class_change` for the other arguments; its first sentence begins if no confusion changed much.

    Args:
        part: name of the set of examples: "test".
    """
    confusions, chance = _confusions(changes, names, is_image), _chance(changes, errors)
    error = f"{part.capitalize()} error {format_range('error', *errors, between=' → ')}{chance}."
    if not confusions:
        return Conclusion(f"{_clause(opening)} {_sides(changes)}.", error)
    return Conclusion(f"{_clause(opening)} {confusions}.", error, f"{_sides(changes)}.")


def _clause(opening: str) -> str:
    """Returns the beginning of a sentence with a comma at its end."""
    return f"{opening.rstrip(',')},"


def _chance(changes: ClassChanges, errors: tuple[float, float]) -> str:
    """Returns ", perhaps by chance" if the error differs by no more than chance alone explains.

    That is if examples that became right and that became wrong are about equally many (sign test, McNemar 1947).
    """
    right, wrong = int(changes.are_corrected.sum()), int(changes.are_new_mistakes.sum())
    is_shown = len({text.percent(error) for error in errors}) > 1
    by_chance = is_shown and 0 < abs(right - wrong) <= _DEVIATIONS * math.sqrt(right + wrong)
    return ", perhaps by chance" if by_chance else ""


def _sides(changes: ClassChanges) -> str:
    right, wrong = int(changes.are_corrected.sum()), int(changes.are_new_mistakes.sum())
    return f"{text.count(right)} became right and {text.count(wrong)} wrong"


def _confusions(changes: ClassChanges, names: Sequence[str], is_image: bool) -> str:
    """Returns the confusion that fell most and the one that rose most: "5s read as 3 fell from 18 to 12, …"."""
    verb = "read as" if is_image and all(len(each) == 1 for each in names) else "as"
    off = np.where(np.eye(len(changes.matrix), dtype=bool), 0, changes.matrix)
    found = []
    for place in dict.fromkeys((int(off.argmin()), int(off.argmax()))):
        true, answer = divmod(place, len(off))
        change = int(off[true, answer])
        if abs(change) >= _FEW:
            before, after = (int(each.confusion[true, answer]) for each in (changes.before, changes.after))
            plural = "s" if names[true].isdigit() and is_image else ""
            pair = f"{text.name(names[true], _LONGEST)}{plural} {verb} {text.name(names[answer], _LONGEST)}"
            found.append(f"{pair} {_movement(text.count(before), text.count(after), change)}")
    return ", ".join(found)


def number_change(
    opening: str, part: str, changes: NumberChanges, errors: tuple[float, float], unit: str
) -> Conclusion:
    """Returns how the error of a predicted number changed, and how many predictions came nearer to their targets.

    Args:
        opening, part: as in :func:`class_change` and :func:`confusion_change`.
        changes: the predictions before and after.
        errors: root of the mean squared error before and after, in the unit of the target.
        unit: the unit, or "".
    """
    total = len(changes.gains)
    nearer, away = int((changes.gains > 0).sum()), int((changes.gains < 0).sum())
    counts = f"{text.count(nearer)} of {text.count(total)} predictions came nearer, {text.count(away)} moved away."
    if not all(map(math.isfinite, errors)):
        return Conclusion(f"{_clause(opening)} {counts}")
    before, after = map(text.steady, errors)
    return Conclusion(f"{opening} the {part} RMSE {_movement(before, after, errors[1] - errors[0], unit)}.", counts)


def _movement(before: str, after: str, change: float, unit: str = "") -> str:
    """Returns "fell from 3.23 to 2.63 %"; the unit of both numbers is written once."""
    movement = "stayed at" if before == after else f"{'fell' if change < 0 else 'rose'} from {before} to"
    return f"{movement} {after} {unit}".rstrip()


def what_if_errors(before: float, after: float, quantity: str, unit: str) -> str:
    """Returns the error of a network with what-ifs, and without them: "What if: 2.90 % instead of 2.63 %."

    Args:
        before, after: the error without and with the what-ifs.
        quantity: "error", a share, or "rmse".
        unit: that of an RMSE, or "".
    """
    is_share = quantity == "error"
    now, trained = (
        text.percent(each) if is_share else f"{text.steady(each)} {unit}".rstrip() for each in (after, before)
    )
    change = f"still {now}" if now == trained else f"{now} instead of {trained}"
    return f"What if: {'' if is_share else 'RMSE '}{change}."


def figure_changes(
    before: Mapping[str, float], after: Mapping[str, float], quantity: str, unit: str = ""
) -> dict[str, str]:
    """Returns each figure that both networks have, by the set: "test 3.23 → 2.63 % (−0.60)".

    ``before`` and ``after`` are figures such as "test_error"; ``quantity`` is "error", a share, or "rmse" or "loss".
    """
    found = {}
    for part, called in _PARTS.items():
        name = f"{part}_{quantity}"
        if name in before and name in after:
            figures = before[name], after[name]
            words = format_range(quantity, *figures, unit, between=" → ")
            found[part] = f"{called} {words} ({_difference(figures, quantity == 'error')})"
    return found


def loss_change(opening: str, before: Mapping[str, float], after: Mapping[str, float]) -> Conclusion | None:
    """Returns how the loss changed, on a set that is held out if there is one; None if it is not known of both."""
    for part, called in _PARTS.items():
        name = f"{part}_loss"
        if name in before and name in after:
            one, other = before[name], after[name]
            return Conclusion(
                f"{opening} the {called} loss {_movement(text.steady(one), text.steady(other), other - one)}."
            )
    return None


def _difference(figures: tuple[float, float], are_shares: bool) -> str:
    """Returns the difference of two figures as they are written, so that it agrees with them; shares in percent."""
    if not all(map(math.isfinite, figures)):
        return "–"
    factor, decimals_of = (100, text.percentage_decimals) if are_shares else (1, text.steady_decimals)
    decimals = [decimals_of(figure) for figure in figures]
    one, other = (round(factor * figure, places) for figure, places in zip(figures, decimals, strict=True))
    return text.grouped(f"{other - one:+,.{max(0, *decimals)}f}") if one != other else "±0"
