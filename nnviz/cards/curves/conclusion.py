"""Conclusions from learning curves: still falling, flat, overfitting or diverged."""

from __future__ import annotations

import math
from collections.abc import Callable

from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.text import epochs as epochs_text
from nnviz.hints.learning_curves import Course, CurvesFinding, LearningCurve, Overfitting

_JUMPING = 0.1  # standard deviation of the noise as a share of the last value


def curve_sentences(called: str, found: CurvesFinding, format_value: Callable[[float], str]) -> Conclusion | None:
    """Returns what the curves of a run mean; None if there is nothing to say.

    Args:
        called: the name of the quantity: "error".
        found: what its curves show.
        format_value: formats a value with its unit.
    """
    train, judged = found.train, found.judged
    name = f"{found.part if found.is_held_out else 'training'} {called}"
    if found.course is Course.NOT_FINITE:
        which = name if math.isinf(judged.last) else f"training {called}"
        return Conclusion(f"The {which} is no longer finite.")
    if found.course is Course.TOO_FEW:
        return _too_few(name, judged, format_value)
    if found.course is Course.LOST:
        at, best = train.lowest
        before = f"{format_value(best)} at epoch {epochs_text(at)}"
        lead = f"The training {called} has risen from {before} to {format_value(train.last)}."
        return Conclusion(lead, "The network has lost much of what it had learned.")
    if found.course is Course.NOT_LEARNED:
        lead = f"The network has hardly learned: the training {called} is {format_value(train.last)}."
        return Conclusion(lead, f"Untrained it was {format_value(train.points[0][1])}.")
    if found.course is Course.ZERO:
        lead = f"The {name} has been 0 since epoch {epochs_text(judged.zero_since)}."
        return Conclusion(lead, f"The training {called} is {format_value(train.last)}.")
    if found.course is Course.JUMPED:
        at, lowest = judged.lowest
        before = f"{format_value(lowest)} at epoch {epochs_text(at)}"
        lead = f"The {name} rose from {before} to {format_value(judged.last)}."
        return Conclusion(lead, "It is too early to tell whether that lasts.")
    if found.course is Course.FALLING:
        return _falling(name, found, format_value)
    if found.course is Course.UNDECIDED:
        return _undecided(called, name, found, format_value)
    return _settled(called, name, found, format_value)


def _too_few(name: str, curve: LearningCurve, format_value: Callable[[float], str]) -> Conclusion | None:
    if len(curve.values) < 2:
        return None
    first, last = format_value(curve.values[0]), format_value(curve.last)
    verb = "fell" if curve.last < curve.values[0] else "rose"
    lead = f"The {name} is still {last}." if first == last else f"The {name} {verb} from {first} to {last}."
    is_one = sum(epoch > 0 for epoch in curve.epochs) == 1
    return Conclusion(lead, f"{'One epoch is' if is_one else 'Two epochs are'} too few to say more.")


def _falling(name: str, found: CurvesFinding, format_value: Callable[[float], str]) -> Conclusion:
    judged, place = found.judged, found.judged.fell_from
    lead = f"The {name} still falls."
    if judged.rose_at_end and place is not None:
        before = f"{format_value(judged.values[place])} at epoch {epochs_text(judged.epochs[place])}"
        lead = f"The {name} fell from {before} to {format_value(judged.last)}, but rose at the end."
    elif found.is_held_out and found.train.is_falling:
        lead = f"The training and the {name} still fall."
    if not found.is_held_out:
        return Conclusion(lead, "There is no test set that shows overfitting.")
    return Conclusion(lead, "More epochs may help." if found.may_improve else "")


def _undecided(called: str, name: str, found: CurvesFinding, format_value: Callable[[float], str]) -> Conclusion:
    judged = found.judged
    if judged.has_risen and found.are_apart and found.train.has_fallen_since(found.since):
        lead = f"{_training(called, found)}, the {name} {found.change}."
        return Conclusion(lead, "It is too early to call this overfitting.")
    at, lowest = judged.lowest
    lead = f"The {name} was lowest at epoch {epochs_text(at)}: {format_value(lowest)}."
    return Conclusion(lead, "It is too early to tell whether it still falls.")


def _settled(called: str, name: str, found: CurvesFinding, format_value: Callable[[float], str]) -> Conclusion:
    """Returns the sentences about a judged curve that no longer improves."""
    train, judged = found.train, found.judged
    figures = f"{format_value(train.last)} in training, {format_value(judged.last)} on the {found.part} set"
    is_clear = found.overfitting is Overfitting.CLEAR
    if found.course is Course.APART:
        lead = f"{_training(called, found)}, the {name} {found.change}"
        if is_clear:
            return Conclusion(f"{lead}: overfitting.", f"{figures}.")
        return Conclusion(
            f"{lead}.", "A little overfitting." if found.overfitting is Overfitting.LITTLE else f"{figures}."
        )
    if not found.is_held_out:
        return Conclusion(f"The {name} {found.change}.")
    rest = f"{figures}{': overfitting' if is_clear else ''}."
    if found.course is Course.RISEN or found.both_stay_since is None:
        return Conclusion(f"The {name} {found.change}.", rest)
    lead = f"The training and the {name} have hardly improved since epoch {epochs_text(found.since)}."
    if train.sigma >= _JUMPING * train.last and not is_clear:
        low, high = map(format_value, train.ends_since(found.since))
        return Conclusion(lead, f"Since then, the training {called} has jumped between {low} and {high}.")
    return Conclusion(lead, rest)


def _training(called: str, found: CurvesFinding) -> str:
    return f"The training {called} {'falls' if found.training_falls else 'fell'}"


def as_of(conclusion: Conclusion, epoch: float | None, restored: float | None) -> Conclusion:
    """Returns the first sentence about the curves, and to which epoch it belongs if that is not the last one.

    Args:
        conclusion: the sentences about the curves up to the displayed epoch.
        epoch: the last measured epoch up to the displayed one; None for the live network.
        restored: the epoch that early stopping restored, to which the live network belongs; None if there is none.
    """
    if epoch is not None:
        return Conclusion(conclusion.lead, f"Up to epoch {epochs_text(epoch)}.")
    if restored is not None:
        return Conclusion(conclusion.lead, f"Early stopping restored epoch {epochs_text(restored)}.")
    return conclusion
