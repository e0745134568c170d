"""Conclusions from learning curves: still falling, flat, overfitting or diverged."""

from __future__ import annotations

from bisect import bisect_left
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
        return Conclusion(f"The {name} is no longer finite.")
    if found.course is Course.TOO_FEW:
        return _too_few(name, judged, format_value)
    if found.course is Course.LOST:
        best = min(train.values)
        at = epochs_text(train.epochs[train.values.index(best)])
        lead = f"The training {called} has risen from {format_value(best)} at epoch {at} to {format_value(train.last)}."
        return Conclusion(lead, "The network has lost much of what it had learned.")
    if found.course is Course.NOT_LEARNED:
        lead = f"The network has hardly learned: the training {called} is {format_value(train.last)}."
        return Conclusion(lead, f"Untrained it was {format_value(train.values[0])}.")
    if found.course is Course.ZERO:
        lead = f"The {name} has been 0 since epoch {epochs_text(judged.zero_since)}."
        return Conclusion(lead, f"The training {called} is {format_value(train.last)}.")
    if found.course is Course.FALLING:
        return _falling(called, name, found)
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


def _falling(called: str, name: str, found: CurvesFinding) -> Conclusion:
    if not found.is_held_out:
        return Conclusion(f"The {name} still falls.", "There is no test set that shows overfitting.")
    fall = f"training and the {name} still fall" if found.train.is_falling else f"{name} still falls"
    return Conclusion(f"The {fall}.", "More epochs may help." if found.may_improve else "")


def _undecided(called: str, name: str, found: CurvesFinding, format_value: Callable[[float], str]) -> Conclusion:
    judged = found.judged
    if judged.has_risen and found.are_apart and found.train.has_fallen_since(found.since):
        lead = f"{_training(called, found)}, the {name} {found.change}."
        return Conclusion(lead, "It is too early to call this overfitting.")
    lowest = min(judged.values)
    at = epochs_text(judged.epochs[judged.values.index(lowest)])
    lead = f"The {name} was lowest at epoch {at}: {format_value(lowest)}."
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
        later = train.values[bisect_left(train.epochs, found.since) :]
        jumps = f"Since then, the training {called} has jumped between {format_value(min(later))}"
        return Conclusion(lead, f"{jumps} and {format_value(max(later))}.")
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
