"""Tests of the sentences about the part that decides, on stored figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from nnviz.cards.explanation.conclusion import (
    REGIONS,
    class_lead,
    conclusion_of,
    deciding_part,
    number_conclusion,
)
from nnviz.cards.explanation.explanation_data import (
    EMPTY,
    MEAN,
    Contributions,
    CoveredParts,
    ExplanationQuery,
    regions_of,
)
from nnviz.formatting.meaning import NO_MEANING

DIGITS = [str(digit) for digit in range(10)]
NO_NETWORK = cast(Any, None)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return cast(np.ndarray, powers / powers.sum(axis=1, keepdims=True))


def seven_against_three(effects: dict[str, tuple[float, float]], baseline: str = EMPTY) -> Contributions:
    """A 7 with logits 8 and 2 of 7 and 3. ``effects``: the logits of both without a region, by its name."""
    logits = np.zeros((1 + len(REGIONS), 10))
    logits[:, 7], logits[:, 3] = 8, 2
    for name, (seven, three) in effects.items():
        logits[1 + REGIONS.index(name), [7, 3]] = seven, three
    query = ExplanationQuery(NO_NETWORK, np.zeros(784), (28, 28), baseline_name=baseline)
    covered = CoveredParts(regions_of((28, 28)), logits, softmax(logits))
    return Contributions(query, covered.outputs[0], 7, 3, np.zeros(784), [], covered=covered)


def text_of(found: Contributions) -> str:
    told = conclusion_of(found, DIGITS, NO_MEANING)
    return "" if told is None else told.text


def test_the_prediction_without_the_region_stays_or_changes() -> None:
    stays = seven_against_three({"The top": (5, 2), "The top left": (7, 2), "The left": (7, 2)})
    assert text_of(stays) == "The top speaks for 7. Without it, it would still read 7, at 91 %."
    changes = seven_against_three({"The centre": (2, 4)})
    assert text_of(changes) == "The centre speaks for 7. Without it, it would read 3, at 78 %."
    average = seven_against_three({"The centre": (2, 4)}, MEAN)
    assert text_of(average).endswith("With the mean there, it would read 3, at 78 %.")


def test_a_part_that_is_not_needed() -> None:
    found = seven_against_three({"The centre": (7.5, 2)})
    found.covered.logits[:, 7] = 20  # type: ignore[union-attr]
    found.covered.logits[1 + REGIONS.index("The centre"), 7] = 15  # type: ignore[union-attr]
    whole = replace(found.covered, outputs=softmax(found.covered.logits))  # type: ignore[type-var, union-attr]
    told = text_of(replace(found, covered=whole))
    assert told == "The centre speaks for 7. Not needed: it would still read 7, at 100 %."


def test_the_part_with_the_largest_contributions_is_named_if_its_effect_is_the_same() -> None:
    found = seven_against_three({"The top centre": (6, 2), "The centre": (5, 2), "The bottom left": (8, 2)})
    for name, contribution in (("The top centre", 3.0), ("The centre", 2.0), ("The bottom left", 4.0)):
        found.parts[:] = found.parts or [np.zeros(784), np.zeros(784)]
        found.parts[0][found.covered.parts[REGIONS.index(name)][0]] = contribution  # type: ignore[union-attr]
    assert text_of(found).startswith("The top centre speaks for 7."), "without the bottom left nothing changes"


def test_a_region_that_keeps_the_other_class_down_speaks_against_it() -> None:
    found = seven_against_three({"The middle left": (7.5, 6)})
    assert text_of(found).startswith("The middle left speaks against 3. ")


def test_a_small_effect_is_a_little_and_a_smaller_one_is_not_clear() -> None:
    assert class_lead("The top", ("7", "3"), (1.2, 0.2), 6) == "The top speaks a little for 7."
    assert class_lead("The top", ("7", "3"), (1.4, 0.2), 6) == "The top speaks for 7."
    assert class_lead("The top", ("7", "3"), (-0.2, 0.5), 6) == "The top speaks a little against 3."
    assert text_of(seven_against_three({"The top": (7.8, 2)})) == "No part speaks clearly for 7 rather than 3."
    against = seven_against_three(dict.fromkeys(REGIONS, (9.0, 2.0)))
    assert text_of(against) == "No part speaks clearly for 7 rather than 3."


def test_a_row_is_named_only_if_it_does_much_more_than_one_ninth() -> None:
    found = seven_against_three({"The top left": (6, 2), "The top": (5.2, 2), "The left": (5.8, 2)})
    assert deciding_part(found) == REGIONS.index("The top left")
    found = seven_against_three({"The top left": (6, 2), "The top": (5.2, 2), "The left": (4.5, 2)})
    assert deciding_part(found) == REGIONS.index("The left")
    found.query.example[found.covered.parts[REGIONS.index("The left")]] = 1  # type: ignore[union-attr]
    assert deciding_part(found) == REGIONS.index("The top left"), "nearly all ink is in the left"


def test_logits_that_are_not_finite_decide_nothing() -> None:
    assert text_of(seven_against_three({"The top": (-np.inf, 2)})) == ""


def test_a_column_speaks_for_a_class() -> None:
    logits = np.array([[1.0, 4, 0], [1.5, 2, 0], [1, 3.5, 0]])
    covered = CoveredParts([np.array([2]), np.array([0])], logits, softmax(logits))
    query = ExplanationQuery(NO_NETWORK, np.zeros(4), (4,), baseline_name=MEAN)
    found = Contributions(query, covered.outputs[0], 1, 0, np.zeros(4), [], covered=covered)
    names = ["Adelie", "Gentoo", "Chinstrap"]
    told = conclusion_of(found, names, NO_MEANING)
    assert told is not None
    assert told.lead == "input 3 speaks for Gentoo."
    assert told.rest == "At its average: still Gentoo, at 57 %."
    category = replace(covered, parts=[np.array([2, 3]), np.array([0])])
    told = conclusion_of(replace(found, covered=category), names, NO_MEANING)
    assert told is not None
    assert told.rest.startswith("Without it: ")
    told = conclusion_of(replace(found, query=replace(query, baseline_name=EMPTY)), names, NO_MEANING)
    assert told is not None
    assert told.rest.startswith("At 0: ")


def test_a_column_raises_or_lowers_a_number() -> None:
    told = number_conclusion("weight 5140", "mpg", 18.9, 23.1, "At its average")
    assert told is not None
    assert told.text == "weight 5140 lowers mpg. At its average, it would be 23.1, not 18.9."
    told = number_conclusion("model_year", "mpg", 30, 25.5, "At its average")
    assert told is not None
    assert told.lead == "model_year raises mpg."
    assert number_conclusion("weight 5140", "mpg", 18.9, 18.9000001, "At its average") is None
