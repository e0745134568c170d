"""What a network achieves, as a count: "It reads 9 737 of 10 000 new digits."."""

from __future__ import annotations

from nnviz.formatting import text

_VERBS = {"digit": "reads", "letter": "reads", "character": "reads", "image": "recognises"}


def class_achievement(noun: str, error: float, examples: int, is_held_out: bool) -> str:
    """Returns how many examples a network classifies correctly.

    Args:
        noun: what an example is called: "digit".
        error: the share of misclassified examples, from 0 to 1.
        examples: how many there are, at least 1.
        is_held_out: whether it has not learned from them.
    """
    right = examples - round(error * examples)
    among = text.count(examples)
    if right == examples:
        which = f"all {among}" if is_held_out else f"all of the {among}"
    else:
        which = f"{text.count(right) if right else 'none'} of {'' if is_held_out else 'the '}{among}"
    return f"It {_VERBS.get(noun, 'classifies')} {which} {_examples(noun, examples, is_held_out)}."


def verb_for(noun: str) -> str:
    """Returns the verb, in the plural, for what networks do with one example: "read" a digit, or "predict" a class."""
    return "read" if _VERBS.get(noun) == "reads" else "predict"


def number_achievement(noun: str, half: float, unit: str, examples: int) -> str:
    """Returns how far off half of the predicted numbers are at most.

    Args:
        noun: what an example is called: "row".
        half: the median size of the errors.
        unit: that of the number, or "".
        examples: the number of held-out examples, at least 1.
    """
    within = f"{text.figure(half, 2)} {unit}".rstrip()
    return f"Half of the {text.count(examples)} {_examples(noun, examples, True)} are within {within}."


def untrained_achievement(noun: str, error: float, examples: int) -> str:
    """Returns how many examples the untrained network misclassifies; the arguments are as for classes."""
    wrong = round(error * examples)
    return f"It has learned nothing yet: {text.count(wrong)} of {text.count(examples)} {noun}s wrong."


def _examples(noun: str, examples: int, is_held_out: bool) -> str:
    named = noun if examples == 1 else f"{noun}s"
    return f"new {named}" if is_held_out else f"{named} that it learned from"
