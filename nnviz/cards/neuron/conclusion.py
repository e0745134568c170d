"""Conclusions about one neuron: what it responds to, and the error of the network without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.network.activations import ACTIVATIONS
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration

_OFTEN, _SOMETIMES, _HARDLY_EVER = 0.5, 0.25, 0.05  # shares of the examples of a class
_SELDOM = 0.1  # share of all examples
_ONE_SIGN = 0.9  # share of the examples of a class
_ALIKE = 0.1  # difference between means of a bounded activation
_DEPENDS, _BY_CHANCE = 0.1, 10  # share of the variance that the fifths explain; the second is divided by the examples
_BACK = 0.2  # share of the range of the means
_FEW = 6  # examples
_SLIGHT = 0.01  # relative change of an RMSE
_LONGEST_LIST, _LONGEST_NAME = 30, 24  # characters


class Response(NamedTuple):
    """Activations of a neuron on a set of examples.

    Attributes:
        activation: name of its activation function.
        output: its number if it is in the last layer, else None.
        is_flat: whether its slope is below 0.001 for all examples.
        deviation: standard deviation of its activation.
        examples: number of examples.
        fired: number of examples for which it fires, see :func:`firing_level`.
        means: mean activation of each class, NaN without examples; for regression of each fifth of the targets.
        shares: share of each class for which it fires, NaN without examples; empty for regression.
        counts: number of examples of each class; empty for regression.
    """

    activation: str
    output: int | None
    is_flat: bool
    deviation: float
    examples: int
    fired: int
    means: Sequence[float]
    shares: Sequence[float] = ()
    counts: Sequence[int] = ()


def firing_level(activation: str, is_output: bool, highest_mean: float) -> float:
    """Returns the activation above which a neuron fires.

    It is 0.5 for outputs and for activations between 0 and 1, and 0 for those that respond in two directions. Others,
    such as ReLU, are slightly above 0 for many examples: their level is half of ``highest_mean``, the largest mean
    activation of a class.
    """
    function = ACTIVATIONS[activation]
    if is_output or function.is_probability:
        return 0.5
    return 0.0 if function.is_signed else max(0.0, highest_mean / 2)


def response_sentences(response: Response, part: str, names: Sequence[str], target: str) -> Conclusion | None:
    """Returns what a neuron responds to; None if that is not known.

    A bounded activation, which cannot differ by more than 1 or 2, is about the same for every class if their means
    differ by less than 0.1.

    Args:
        response: the activations.
        part: adjective of the set of examples: "test".
        names: names of the classes, or of the fifths: "14 to 18".
        target: name of the number that is predicted.
    """
    known = [mean for mean in response.means if math.isfinite(mean)]
    if not known or not math.isfinite(response.deviation):
        return None
    examples = f"{text.count(response.examples)} {part} examples"
    function = ACTIVATIONS[response.activation]
    if response.is_flat and function.is_silent:
        return Conclusion(
            f"Fires for none of the {examples}.",
            "It is dead: its slope is nearly 0, so its weights hardly change.",
        )
    is_alike = max(known) - min(known) < _ALIKE and (
        response.is_flat or (function.is_bounded and len(response.shares) > 0)
    )
    if is_alike or not response.deviation:
        low, high = (f"{end:.2f}".replace("-", "−") for end in (min(known), max(known)))
        lead = f"About the same for every {'class' if response.shares else 'target'}: "
        lead += f"{low} on average." if low == high else f"{low} to {high} on average."
        return Conclusion(
            lead, "It is saturated: its slope is nearly 0, so its weights hardly change." if response.is_flat else ""
        )
    if not response.shares:
        return _over_target(response, names, target)
    shares = [
        (text.name(name, _LONGEST_NAME), share)
        for name, share in zip(names, response.shares, strict=True)
        if not math.isnan(share)
    ]
    found = _by_class(response, shares, part, names)
    rare = [name for name, count in zip(names, response.counts, strict=False) if 0 < count < _FEW]
    if not rare or len(names) < 2:
        return found
    classes = _listed([text.name(name, _LONGEST_NAME) for name in rare])
    caution = f"There are few examples of {classes}."
    return found._replace(rest=f"{found.rest} {caution}".lstrip())


def _by_class(response: Response, shares: list[tuple[str, float]], part: str, names: Sequence[str]) -> Conclusion:
    """Returns the classes to which a neuron responds, from the share of each class for which it fires."""
    if ACTIVATIONS[response.activation].is_signed and response.output is None:
        return _signs(shares)
    if not response.fired:
        level = firing_level(response.activation, response.output is not None, 0.0)
        examples = f"{text.count(response.examples)} {part} examples"
        return Conclusion(f"Fires for none of the {examples}.", f"Its activation is never above {level:g}.")
    if response.output is not None and not math.isnan(response.shares[response.output]):
        own = (text.name(names[response.output], _LONGEST_NAME), response.shares[response.output])
        shares.remove(own)
        return _output(own, shares)
    return _classes(shares, response.fired / response.examples, part)


def _classes(shares: Sequence[tuple[str, float]], of_all: float, part: str) -> Conclusion:
    """Returns the classes for which a neuron fires.

    It fires for a class if it does so for at least half of its examples, sometimes for at least a quarter, and hardly
    ever for less than one in 20.
    """
    often = [name for name, share in shares if share >= _OFTEN]
    sometimes = [name for name, share in shares if _SOMETIMES <= share < _OFTEN]
    hardly = [name for name, share in shares if share < _HARDLY_EVER]
    if often:
        more = f", and sometimes for {_listed(sometimes)}" if sometimes else ""
        lead = f"Fires for {_listed(often, len(shares))}{more}."
    elif sometimes:
        lead = f"Sometimes fires for {_listed(sometimes, len(shares))}."
    else:
        only = "only " if of_all < _SELDOM else ""
        return Conclusion(
            f"Fires for {only}{_percent(of_all)} of the {part} examples, most often for {_strongest(shares)}."
        )
    others = len(shares) - len(often) - len(sometimes)
    last = "the others" if len(hardly) == others > 1 and len(shares) > 2 else _listed(hardly)
    return Conclusion(lead, f"Hardly ever for {last}." if hardly else "")


def _output(own: tuple[str, float], others: Sequence[tuple[str, float]]) -> Conclusion:
    """Returns how often an output fires for its class, and for which other class it does so most often."""
    lead = f"Fires for {_percent(own[1])} of class {own[0]}."
    most = max((share for _, share in others), default=0.0)
    if not most:
        return Conclusion(lead, "Never for another class." if others else "")
    return Conclusion(lead, f"Of the other classes, most often for {_strongest(others)}: {_percent(most)}.")


def _signs(shares: Sequence[tuple[str, float]]) -> Conclusion:
    """Returns the classes for which an activation with two directions is nearly always, in 90 %, of the same sign."""
    positive = [name for name, share in shares if share >= _ONE_SIGN]
    negative = [name for name, share in shares if share <= 1 - _ONE_SIGN]
    if not positive and not negative:
        return Conclusion("Sometimes positive, sometimes negative for every class.")
    if len(shares) in (len(positive), len(negative)):
        return Conclusion(f"{'Positive' if positive else 'Negative'} for every class.")
    words = [("positive", positive), ("negative", negative)]
    lead = ", ".join(f"{sign} for {_listed(names)}" for sign, names in words if names)
    return Conclusion(f"{lead[0].upper()}{lead[1:]}.")


def _over_target(response: Response, names: Sequence[str], target: str) -> Conclusion:
    """Returns how the mean activation changes from the lowest to the highest fifth of the targets.

    It depends on the target if the fifths explain a tenth of its variance, and more than 10 divided by the number of
    examples: five groups explain as much by chance in one case of 20 (F-test). It "mostly" rises if all falls add up to
    at most a fifth of the range.
    """
    means = response.means
    centre = sum(means) / len(means)
    explained = math.hypot(*(mean - centre for mean in means)) / math.sqrt(len(means))
    if explained <= math.sqrt(max(_DEPENDS, _BY_CHANCE / response.examples)) * response.deviation:
        return Conclusion(f"Its activation does not clearly depend on {target}.")
    steps = [after - before for before, after in pairwise(means)]
    ends = f"from {text.figure(means[0], 2)} to {text.figure(means[-1], 2)} on average"
    rise, fall = sum(step for step in steps if step > 0), -sum(step for step in steps if step < 0)
    if min(rise, fall) <= _BACK * (max(means) - min(means)):
        verb = "rises" if rise > fall else "falls"
        mostly = f"Mostly {verb}" if min(rise, fall) else verb.capitalize()
        return Conclusion(f"{mostly} with {target}, {ends}.")
    top, bottom = names[means.index(max(means))], names[means.index(min(means))]
    return Conclusion(f"Highest for {target} from {top}, lowest from {bottom}.")


def ablation_sentence(condition: str, what: str, before: float, after: float, count: int) -> str:
    """Returns the change of the error or RMSE: "Without it the test error rises from 2.51 to 2.81 %."

    If the error changes by fewer than 6 examples, their number follows, because it could be chance. That 5 examples all
    change in the same direction happens by chance in one case of 16, with 6 in one of 32. The RMSE "hardly changes"
    below 1 %.

    Args:
        condition: what is changed: "without it".
        what: the measure: "test error", "validation RMSE of mpg".
        before, after: shares of wrong predictions; for ``count`` 0, RMSEs.
        count: number of examples; 0 for an RMSE.
    """
    if not math.isfinite(before) or not math.isfinite(after):
        return ""
    first, last = (text.percentage(each) if count else text.figure(each) for each in (before, after))
    unit = " %" if count else ""
    start = f"{condition[0].upper()}{condition[1:]} the {what}"
    if first == last:
        return f"{start} stays at {first}{unit}."
    verb = "rises" if after > before else "falls"
    examples = round(abs(after - before) * count)
    if not count and abs(after - before) < _SLIGHT * before:
        verb = "hardly changes:"
    few = f", by only {examples} example{'s' if examples > 1 else ''}" if 0 < examples < _FEW else ""
    return f"{start} {verb} from {first} to {last}{unit}{few}."


def _listed(names: Sequence[str], of: int = 0) -> str:
    """Returns a few names, "1, 4 and 6", or how many there are: "12 classes"; for all ``of`` them "every class"."""
    if len(names) == of:
        return "every class"
    words = enumeration(names)
    return words if len(names) == 1 or len(words) <= _LONGEST_LIST else f"{len(names)} classes"


def _strongest(shares: Sequence[tuple[str, float]]) -> str:
    return max(shares, key=lambda each: each[1])[0]


def _percent(share: float) -> str:
    return f"{text.figure(100 * share, 3 if share > 0.1 else 2)} %"
