"""The sentences about a neuron, on stored figures, and in the card."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from pytestqt.qtbot import QtBot

from nnviz.cards.neuron.conclusion import Response, ablation_sentence, firing_level, response_sentences
from nnviz.session.selection import Neuron
from nnviz.ui.conclusion_label import ConclusionLabel
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.helpers import find, show_page, train_epochs

DIGITS = [str(digit) for digit in range(10)]
COLOURS = ["blue", "orange"]
FIFTHS = ["11 to 15", "15 to 19", "19 to 27", "27 to 32", "32 to 43"]
# Means and shares of a ReLU neuron of layer 1 that was trained on MNIST.
SEVENS = [0.28, 0.04, 0.20, 0.14, 0.04, 0.43, 0.02, 2.30, 0.17, 0.85]
OF_SEVENS = [0.07, 0.00, 0.06, 0.04, 0.01, 0.14, 0.00, 0.84, 0.05, 0.29]


def said(
    shares: Sequence[float] = (),
    means: Sequence[float] = (),
    names: Sequence[str] = DIGITS,
    activation: str = "relu",
    fired: int = 1000,
    output: int | None = None,
    is_flat: bool = False,
    deviation: float = 0.5,
    count: int = 10_000,
    counts: Sequence[int] = (),
) -> str:
    """Returns the sentences; without means those are different enough."""
    known = means or [float(number) for number in range(len(shares))]
    response = Response(activation, output, is_flat, deviation, count, fired, known, shares, counts)
    conclusion = response_sentences(response, "test", names, "mpg")
    return "" if conclusion is None else conclusion.text.replace("\u202f", " ")


# ---- classes


def test_often_sometimes_and_hardly_ever() -> None:
    assert said(OF_SEVENS, SEVENS) == "Fires for 7, and sometimes for 9. Hardly ever for 1, 3, 4 and 6."
    assert said([0.6, 0.04], names=COLOURS) == "Fires for blue. Hardly ever for orange."
    assert said([0.98, *[0.01] * 9]) == "Fires for 0. Hardly ever for the others."
    assert said([0.4, 0.3], names=COLOURS) == "Sometimes fires for every class."
    assert said([0.5, 0.9], names=COLOURS) == "Fires for every class."
    assert said([math.nan, 0.9, 0.1], names=["a", "b", "c"]) == "Fires for b.", "a class without examples"


def test_classes_with_few_examples() -> None:
    reported = said([0.9, 0.3], names=["ill", "healthy"], counts=[2, 22])
    assert reported == "Fires for ill, and sometimes for healthy. There are few examples of ill."
    assert said([0.9, 0.3], names=["ill", "healthy"], counts=[6, 22]) == "Fires for ill, and sometimes for healthy."


def test_seldom() -> None:
    figures = [0.01, 0.02, 0.03, 0.03, 0.04, 0.02, 0.01, 0.13, 0.02, 0.05]
    assert said(figures, fired=516) == "Fires for only 5.2 % of the test examples, most often for 7."
    words = "Fires for 20.8 % of the test examples, most often for orange."
    assert said([0.18, 0.23], names=COLOURS, fired=25, count=120) == words


def test_for_none() -> None:
    dead = (
        "Fires for none of the 10 000 test examples. It is dead: its slope is nearly 0, so its weights hardly change."
    )
    assert said([0.0] * 10, [0.0] * 10, is_flat=True, fired=0, deviation=0.0) == dead
    never = "Fires for none of the 10 000 test examples. Its activation is never above 0."
    assert said([0.0] * 10, [-0.1] * 10, activation="leaky-relu", fired=0) == never
    output = [0.05, 0.3, *[0.1] * 8]
    never = "Fires for none of the 10 000 test examples. Its activation is never above 0.5."
    assert said([0.0] * 10, output, activation="softmax", fired=0, output=1) == never


def test_the_same_for_every_class() -> None:
    words = said([1.0] * 10, [0.9999] * 10, activation="sigmoid", is_flat=True, deviation=0.0)
    ending = "It is saturated: its slope is nearly 0, so its weights hardly change."
    assert words == f"About the same for every class: 1.00 on average. {ending}"
    alike = said([0.2] * 10, [0.44, *[0.46] * 8, 0.48], activation="sigmoid")
    assert alike == "About the same for every class: 0.44 to 0.48 on average."
    zeros = said([0.0, 0.0], [0.0, 0.0], names=COLOURS, activation="identity", deviation=0.0)
    assert zeros == "About the same for every class: 0.00 on average."
    at_both_ends = said([1.0, 0.0], [1.0, 0.0], names=COLOURS, activation="sigmoid", is_flat=True)
    assert at_both_ends == "Fires for blue. Hardly ever for orange."


def test_two_directions() -> None:
    shares = [0.38, 0.39, 0.80, 0.19, 0.12, 0.27, 0.99, 0.01, 0.24, 0.00]
    assert said(shares, activation="tanh") == "Positive for 6, negative for 7 and 9."
    words = "Sometimes positive, sometimes negative for every class."
    assert said([0.5, 0.6], names=COLOURS, activation="tanh") == words
    assert said([0.95, 0.99], names=COLOURS, activation="identity") == "Positive for every class."


def test_an_output() -> None:
    shares = [0.004, 0.0, 0.012, 0.002, 0.0, 0.001, 0.0, 0.911, 0.003, 0.008]
    words = "Fires for 91.1 % of class 7. Of the other classes, most often for 2: 1.2 %."
    assert said(shares, activation="softmax", output=7) == words
    words = "Fires for 100 % of class blue. Never for another class."
    assert said([1.0, 0.0], activation="softmax", names=COLOURS, output=0) == words


def test_long_lists_and_names_are_short() -> None:
    names = [f"a class with a rather long name, number {number}" for number in range(30)]
    words = said([0.9] * 12 + [0.1] * 18, names=names)
    assert words == "Fires for 12 classes."
    assert said([0.9] + [0.1] * 29, names=names) == "Fires for a class with a …number 0."


# ---- a number as target


def test_over_a_target() -> None:
    def over(*means: float, deviation: float = 0.6, count: int = 80) -> str:
        return said(means=means, names=FIFTHS, deviation=deviation, count=count)

    assert over(0.118, 0.51, 1.06, 2.01, 2.62) == "Rises with mpg, from 0.12 to 2.6 on average."
    assert over(0.663, 0.58, -0.05, -0.28, -0.289) == "Falls with mpg, from 0.66 to −0.29 on average."
    assert over(0.83, 0.63, 0.18, 0.03, 0.04) == "Mostly falls with mpg, from 0.83 to 0.04 on average."
    assert over(1.0, 1.4, 0.73, 0.22, 0.2) == "Highest for mpg from 15 to 19, lowest from 32 to 43."
    assert over(0.0, 0.0, 0.03, 0.01, 0.0) == "Its activation does not clearly depend on mpg."
    assert over(0.1, 0.2, 0.3, 0.4, 0.5, count=20) == "Its activation does not clearly depend on mpg.", (
        "20 examples may do that by chance"
    )


# ---- the error without it


def test_the_error_without_it() -> None:
    def error(before: float, after: float, count: int = 10_000) -> str:
        return ablation_sentence("without it", "test error", before, after, count)

    assert error(0.0251, 0.0281) == "Without it the test error rises from 2.51 to 2.81 %."
    assert error(0.0301, 0.0285) == "Without it the test error falls from 3.01 to 2.85 %."
    assert error(0.0251, 0.0251) == "Without it the test error stays at 2.51 %."
    assert error(0.0306, 0.0311) == "Without it the test error rises from 3.06 to 3.11 %, by only 5 examples."
    assert error(1 / 120, 2 / 120, 120) == "Without it the test error rises from 0.83 to 1.67 %, by only 1 example."


def test_the_rmse_without_it() -> None:
    def rmse(before: float, after: float) -> str:
        return ablation_sentence("with 2 neurons changed", "test RMSE of mpg", before, after, 0)

    assert rmse(3.067, 5.738) == "With 2 neurons changed the test RMSE of mpg rises from 3.067 to 5.738."
    assert rmse(3.367, 3.357) == "With 2 neurons changed the test RMSE of mpg hardly changes: from 3.367 to 3.357."
    assert rmse(3.067, math.inf) == ""


def test_the_level_from_which_it_fires() -> None:
    assert firing_level("relu", False, 2.3) == pytest.approx(1.15)
    assert firing_level("leaky-relu", False, -0.1) == 0
    assert firing_level("tanh", False, 0.9) == 0
    assert firing_level("sigmoid", False, 0.9) == 0.5
    assert firing_level("identity", True, 0.9) == 0.5


# ---- in the card


def test_the_card_begins_with_it(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("inspector")
    train_epochs(qtbot, window, 1)
    window.show_workspace("inside")
    label = find(show_page(window, "neuronDock"), ConclusionLabel, "neuronConclusion")

    def words() -> str:
        return "" if label.conclusion is None else label.conclusion.text

    assert words() == "", "no neuron is chosen"
    session = window.session
    session.selection.choose_neuron(Neuron(1, 3))
    qtbot.waitUntil(lambda: "Without it the test error" in words())
    session.edits.set_bias(Neuron(1, 3), -1000.0)
    qtbot.waitUntil(lambda: words().startswith("Fires for none of the 500 test examples. It is dead"))
    session.edits.switch(Neuron(1, 5))
    qtbot.waitUntil(lambda: "With layer 1 · neuron 6 off the test error" in words())
    session.edits.end_what_if()
    session.selection.choose_neuron(Neuron(3, 7))
    qtbot.waitUntil(lambda: words() != "" and "error" not in words())
