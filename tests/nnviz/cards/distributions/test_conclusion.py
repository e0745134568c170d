"""The sentences about the layers, on stored figures, and on the page."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.cards.distributions.conclusion import LayerFigures, layer_conclusion, saturated_share
from nnviz.ui.conclusion_label import ConclusionLabel
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.helpers import find, show_view

OUTPUT = LayerFigures("softmax", 10, 0, 0.0, 0.008)
NO_LONGER = "Their slope is nearly 0 on all 256 training examples measured."


def said(*hidden: LayerFigures, output: LayerFigures = OUTPUT) -> str:
    conclusion = layer_conclusion([*hidden, output], 256)
    return "" if conclusion is None else conclusion.text.replace("\u202f", " ")


def relu(neurons: int = 64, dead: int = 0, gradient: float = 0.004) -> LayerFigures:
    return LayerFigures("relu", neurons, dead, 0.0, gradient)


def sigmoid(dead: int = 0, saturated: float = 0.2, gradient: float = 0.002) -> LayerFigures:
    return LayerFigures("sigmoid", 32, dead, saturated, gradient)


def test_nothing_unusual() -> None:
    words = "Nothing unusual: 0 of 96 hidden neurons are dead."
    assert said(relu(), relu(32)) == f"{words} Gradients differ 2.0-fold between layers."
    assert said(relu(dead=1)).startswith("Nothing unusual: 1 of 64 hidden neurons is dead")
    assert said(relu(dead=6)).startswith("Nothing unusual: 6 of 64 "), "a few do no harm"
    assert said(sigmoid(saturated=0.55, gradient=0.008 / 37)).startswith("Nothing unusual")
    assert said() == "", "no hidden layer"


def test_dead_neurons() -> None:
    assert said(relu(), relu(32, dead=12)) == f"Layer 2: 12 of 32 neurons never fire. {NO_LONGER}"
    words = f"Layer 1: 46 of 64 neurons never fire. {NO_LONGER} The same is true of 4 of 32 in layer 2."
    assert said(relu(dead=46), relu(32, dead=4)) == words
    assert said(sigmoid(dead=8)) == f"Layer 1: 8 of 32 neurons are always saturated. {NO_LONGER}"
    assert said(relu(8, dead=1)).startswith("Layer 1: 1 of 8 neurons never fires. Its slope is nearly 0")


def test_saturated_activations() -> None:
    little = "Saturated neurons pass on little gradient."
    assert said(sigmoid(saturated=0.77)) == f"Layer 1: 77 % of the activations are below 0.05 or above 0.95. {little}"
    tanh = LayerFigures("tanh", 32, 0, 0.8, 0.002)
    assert said(relu(), tanh) == f"Layer 2: 80 % of the activations are below −0.9 or above 0.9. {little}"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (
            0.008 / 975,
            "Gradients vanish towards layer 1: 975 times smaller than in the output layer. "
            "With SGD, layer 1 hardly learns.",
        ),
        (1e-12, "Gradients vanish towards layer 1: more than 1 000 000 times smaller than in the output layer."),
        (0.0, "No gradient reaches layer 1."),
        (2.4, "Gradients explode towards layer 1: 300 times larger than in the output layer."),
    ],
)
def test_gradients_far_apart(first: float, words: str) -> None:
    assert said(sigmoid(gradient=first), sigmoid()).startswith(words)


def test_several_findings() -> None:
    words = said(sigmoid(dead=8, saturated=0.9, gradient=1e-6), sigmoid())
    lead = (
        "Layer 1: 8 of 32 neurons are always saturated. Layer 1: 90 % of the activations are below 0.05 or above 0.95."
    )
    vanish = "Gradients vanish towards layer 1: 8 000 times smaller than in the output layer."
    assert words == f"{lead} {vanish} {NO_LONGER}"


def test_gradients_that_are_not_finite_say_nothing() -> None:
    assert said(relu(gradient=math.nan)) == "Nothing unusual: 0 of 64 hidden neurons are dead."
    assert "Gradient" not in said(relu(gradient=0.0), output=OUTPUT._replace(gradient=0.0))


def test_saturated_share() -> None:
    assert saturated_share("sigmoid", np.array([0.01, 0.06, 0.5, 0.99])) == 0.5
    assert saturated_share("tanh", np.array([-0.95, -0.8, 0.8, 0.95])) == 0.5
    assert saturated_share("relu", np.array([0.0, 5.0])) == 0
    assert saturated_share("tanh", np.zeros(0)) == 0


def test_the_page_begins_with_it(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("curvesDock")
    show_view(qtbot, window, "distributionsView")
    label = find(window, ConclusionLabel, "distributionsConclusion")
    qtbot.waitUntil(lambda: label.conclusion is not None)
    assert label.conclusion is not None
    assert label.conclusion.lead == "Nothing unusual: 0 of 96 hidden neurons are dead."
    session = window.session
    dead = session.displayed.network.copy()
    dead.biases[0][:20] = -1e5
    session.displayed.network = dead
    session.displayed.changed.emit()
    qtbot.waitUntil(lambda: "Layer 1: 20 of 64 neurons never fire." in label.text())
