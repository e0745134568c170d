"""Removals: which parts of an input change the predicted class if they go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.network.backprop import check_example, forward
from engine.network.network import Network

_MOST_TOGETHER = 9  # parts that are removed together, at most


@dataclass(frozen=True, eq=False)
class Removal:
    """The prediction for an input without some of its parts.

    Attributes:
        parts: numbers of the removed parts, that with the largest effect first.
        changes: whether the predicted class is another one without them.
        outputs: (outputs,) the prediction without them.
    """

    parts: tuple[int, ...]
    changes: bool
    outputs: Array


def without_each(network: Network, inputs: object, parts: Sequence[Array], baseline: object = 0.0) -> Array:
    """Returns the predictions (1 + parts, outputs) for the whole input, and without one part after the other.

    A removed part is replaced by the baseline. For the arguments and errors see :func:`deciding_parts`.
    """
    example, cover = check_example(network, inputs, 0, baseline)
    return forward(network, _without(example, cover, parts, _singles(parts))).activations[-1]


def deciding_parts(
    network: Network, inputs: object, parts: Sequence[Array], against: int, baseline: object = 0.0
) -> Removal:
    """Returns parts of an input whose removal together changes the predicted class, by really predicting without them.

    A heuristic of our own; removing parts one at a time is occlusion (Zeiler and Fergus 2014, arXiv:1311.2901). First
    each part is removed alone. Its effect is by how much the lead of the predicted class's logit over that of
    ``against`` falls. If a part alone changes the prediction, the result is the one of these with the largest effect.
    Otherwise parts are removed together, in order of their effect, until the prediction changes. Then parts that are
    not needed for that are put back one by one, that with the smallest effect first. So no part of the result can be
    left out, but there may be another set, also a smaller one. If the prediction stays, the result has all parts that
    were removed: all of the input, or the 9 with the largest effects.

    Costs one forward pass of 1 + parts examples, and at most 8 more of at most 9 examples.

    Args:
        inputs: (width,).
        parts: the inputs of each part, integers; at least one part.
        against: the number of an output that is not the predicted class.
        baseline: what replaces a removed part, a number or (width,).

    Raises:
        DataError: inputs or baseline of a wrong width, or no finite numbers.
        SettingError: ``against`` is no output or is the predicted class, or there are no parts.
    """
    example, cover = check_example(network, inputs, against, baseline)
    if not parts:
        raise SettingError("parts", "empty", "must have at least one part", "Pass the inputs of each part.")

    def predict(sets: Sequence[Sequence[int]]) -> tuple[Array, Array]:
        passed = forward(network, _without(example, cover, parts, sets))
        return passed.sums[-1], passed.activations[-1]

    logits, outputs = predict(_singles(parts))
    best = int(outputs[0].argmax())
    if against == best:
        raise SettingError("against", against, "must not be the predicted class", "Choose another output.")
    leads = logits[:, best] - logits[:, against]
    order = np.argsort(leads[1:] - leads[0], kind="stable").tolist()
    for number in order:
        if outputs[1 + number].argmax() != best:
            return Removal((number,), True, outputs[1 + number])
    removed, without = order[:_MOST_TOGETHER], outputs[1 + order[0]]
    if len(removed) > 1:
        _, together = predict([removed[:count] for count in range(2, len(removed) + 1)])
        changing = np.flatnonzero(together.argmax(axis=1) != best)
        at = int(changing[0]) if len(changing) else len(together) - 1
        removed, without = removed[: at + 2], together[at]
    if without.argmax() == best:
        return Removal(tuple(removed), False, without)
    while len(removed) > 2:  # Each part alone was removed above.
        fewer = [[each for each in removed if each != number] for number in reversed(removed)]
        _, again = predict(fewer)
        changing = np.flatnonzero(again.argmax(axis=1) != best)
        if not len(changing):
            break
        removed, without = fewer[changing[0]], again[changing[0]]
    return Removal(tuple(removed), True, without)


def _singles(parts: Sequence[Array]) -> list[tuple[int, ...]]:
    """Returns the sets of parts to remove, one at a time; the first is empty."""
    return [(), *((number,) for number in range(len(parts)))]


def _without(example: Array, cover: Array, parts: Sequence[Array], sets: Sequence[Sequence[int]]) -> Array:
    """Returns the example (sets, width) without the parts of each set."""
    rows = np.repeat(example[None], len(sets), axis=0)
    for row, removed in zip(rows, sets, strict=True):
        for number in removed:
            row[parts[number]] = cover[parts[number]]
    return rows
