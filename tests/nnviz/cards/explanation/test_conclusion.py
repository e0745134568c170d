"""The sentences about the parts that decide, on networks made by hand; each claim is computed again by predicting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engine.network.network import Network
from nnviz.cards.explanation.conclusion import REGIONS, conclusion_of, number_conclusion, shown_parts
from nnviz.cards.explanation.explanation_data import (
    EMPTY,
    INTEGRATED,
    MEAN,
    METHODS,
    Contributions,
    ExplanationQuery,
    contributions_for,
    regions_of,
)
from nnviz.formatting.meaning import NO_MEANING

DIGITS = [str(digit) for digit in range(10)]
SHAPE = (6, 6)


def network_of(weights: Sequence[Sequence[float]], bias: Sequence[float], width: int) -> Network:
    """Without hidden layers: logits weights (outputs, width) · inputs + bias."""
    made = Network([width, len(weights)], ["softmax"], "cross-entropy", "he", np.random.default_rng(0))
    made.weights[0][...] = weights
    made.biases[0][...] = np.array(bias)[:, None]
    return made


def seven(effects: dict[str, float], lead: float, against: int = 1) -> Network:
    """A network for images of 6 × 6 that predicts a 7 for a white one, by a lead over another digit.

    ``effects``: by how much the lead falls without a region, by its name; the rest of it is the bias.
    """
    weights, bias = np.zeros((10, 36)), np.full(10, -20.0)
    for region, pixels in zip(REGIONS, regions_of(SHAPE), strict=True):
        weights[7, pixels] = effects.get(region, 0.0) / len(pixels)
    bias[[7, against]] = lead - sum(effects.values()), 0
    return network_of(weights.tolist(), bias.tolist(), 36)


def found_for(network: Network, method: str = INTEGRATED, baseline: float = 0.0, **how: object) -> Contributions:
    example = np.ones(network.shape[0], np.float32)
    shape = SHAPE if len(example) == 36 else (len(example),)
    query = ExplanationQuery(network, example, shape, method=method, **how)  # type: ignore[arg-type]
    found = contributions_for(query, np.full_like(example, baseline))
    assert found is not None
    return found


def prediction(network: Network, removed: Sequence[str], baseline: float = 0.0) -> str:
    """The prediction for the white image without some regions: "7 (98 %)"."""
    image = np.ones(36, np.float32)
    for region in removed:
        image[regions_of(SHAPE)[REGIONS.index(region)]] = baseline
    outputs = network.predict(image[None])[0]
    return f"{outputs.argmax()} ({100 * outputs.max():.0f} %)"


def text_of(found: Contributions) -> str:
    conclusion = conclusion_of(found, DIGITS, NO_MEANING)
    return "" if conclusion is None else conclusion.text


@pytest.mark.parametrize("method", METHODS)
def test_one_part_decides_whatever_the_method(method: str) -> None:
    network = seven({"centre": 3, "top left": 1}, lead=2)
    found = found_for(network, method)
    assert text_of(found) == "The centre decides. Without it, the prediction is 1 (73 %)."
    assert prediction(network, ["centre"]) == "1 (73 %)"
    assert [REGIONS[part] for part in shown_parts(found)] == ["centre"]


def test_two_parts_decide_together() -> None:
    network = seven({"centre": 1.5, "top": 2, "bottom left": 0.5}, lead=3)
    names = ["top", "centre"]
    expected = "Without the top and centre, the prediction is 1 (62 %). No single part decides."
    assert text_of(found_for(network)) == expected
    assert prediction(network, names) == "1 (62 %)"
    for name in REGIONS:
        assert prediction(network, [name]).startswith("7 "), "no part alone"


def test_no_small_group_decides() -> None:
    network = seven(dict.fromkeys(REGIONS, 1.0), lead=5.5)
    found = found_for(network)
    assert text_of(found) == "No single part decides. Without 6 of the 9 parts, the prediction is 1 (62 %)."
    assert prediction(network, [REGIONS[part] for part in shown_parts(found)]) == "1 (62 %)"
    assert len(shown_parts(found)) == 6


def test_not_even_all_parts_together_decide() -> None:
    network = seven(dict.fromkeys(REGIONS, 1.0), lead=10)
    found = found_for(network)
    assert text_of(found) == "No single part decides. Without all 9 parts, the prediction is still 7 (73 %)."
    assert prediction(network, REGIONS) == "7 (73 %)"
    assert not shown_parts(found)


def test_the_baseline_replaces_parts() -> None:
    network = seven({"centre": 4}, lead=2)
    found = found_for(network, baseline=0.25, baseline_name=MEAN)
    assert text_of(found) == "The centre decides. With the mean image there, the prediction is 1 (73 %)."
    assert prediction(network, ["centre"], 0.25) == "1 (73 %)"
    network = seven({"centre": 2, "right": 2.5}, lead=3)
    found = found_for(network, baseline=0.25, baseline_name=MEAN)
    expected = "With the mean image in the right and centre, the prediction is 1 (59 %). No single part decides."
    assert text_of(found) == expected
    assert prediction(network, ["centre", "right"], 0.25) == "1 (59 %)"


def test_a_misclassified_image_is_compared_with_its_true_class() -> None:
    """A 7 that is predicted as a 1 because of one part."""
    network = seven({"bottom": -3}, lead=-2)
    found = found_for(network, truth=7)
    assert (found.one, found.other) == (1, 7)
    assert text_of(found) == "The bottom decides. Without it, the prediction is 7 (73 %)."


def test_an_image_without_parts_has_no_conclusion() -> None:
    tiny = network_of([[1, 1], [0, 0]], [0, 0], 2)
    query = ExplanationQuery(tiny, np.ones(2, np.float32), (2, 1))
    found = contributions_for(query, np.zeros(2, np.float32))
    assert found is not None
    assert text_of(found) == ""


# ---- rows

NAMES = ["Adelie", "Gentoo", "Chinstrap"]


def sentences(found: Contributions) -> str:
    conclusion = conclusion_of(found, NAMES, NO_MEANING)
    assert conclusion is not None
    return conclusion.text


def test_a_column_decides() -> None:
    network = network_of([[0, 0, 0], [1, 0.5, 3], [0, 0, 0]], [2.5, 0, 0], 3)
    average = found_for(network, baseline_name=MEAN)
    assert sentences(average) == "input 3 decides. At its average, the prediction is Adelie (69 %)."
    assert network.predict([[1, 1, 0]])[0].argmax() == 0
    empty = replace(average, query=replace(average.query, baseline_name=EMPTY))
    assert sentences(empty).startswith("input 3 decides. At 0, ")
    category = found_for(network, baseline_name=MEAN, categories=((1, 2),))
    assert sentences(category) == "input 2 decides. Without it, the prediction is Adelie (77 %)."
    assert network.predict([[1, 0, 0]])[0].argmax() == 0


def test_two_columns_decide_together() -> None:
    network = network_of([[0, 0, 0], [2, 0.5, 2.5], [0, 0, 0]], [2, 0, 0], 3)
    found = found_for(network, baseline_name=MEAN)
    expected = "With input 3 and input 1 at their averages, the prediction is Adelie (74 %). No single column decides."
    assert sentences(found) == expected
    assert [int(network.predict([row])[0].argmax()) for row in ([0, 1, 1], [1, 1, 0], [0, 1, 0])] == [1, 1, 0]


def test_of_very_many_columns_only_the_strongest_are_removed() -> None:
    network = network_of([[0.0] * 60, [1.0] * 60, [0.0] * 60], [1, 0, 0], 60)
    expected = (
        "None of the 50 strongest columns decides. Without 9 of the 60 columns, the prediction is still Gentoo (100 %)."
    )
    assert sentences(found_for(network)) == expected


def test_a_column_raises_or_lowers_a_number() -> None:
    found = number_conclusion("weight 5140", "mpg", 18.9, 23.1, "At its average")
    assert found is not None
    assert found.text == "weight 5140 lowers mpg. At its average, the prediction is 23.1, not 18.9."
    found = number_conclusion("model_year", "mpg", 30, 25.5, "At its average")
    assert found is not None
    assert found.lead == "model_year raises mpg."
    assert number_conclusion("weight 5140", "mpg", 18.9, 18.9000001, "At its average") is None
