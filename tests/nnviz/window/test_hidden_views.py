"""What is hidden costs nothing, and is up to date when it is shown again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.cards.stage.diagram.diagram import NetworkDiagram
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.ui.neuron_facts import signed
from nnviz.ui.weights.heat_map import HeatMap
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.helpers import find, hover, leave, pause, train_for_a_while


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the name of whatever is given something to draw."""
    calls: list[str] = []

    def count(kind: type, method: str) -> None:
        original = getattr(kind, method)

        def counted(self: Any, *arguments: Any) -> Any:
            calls.append(kind.__name__)
            return original(self, *arguments)

        monkeypatch.setattr(kind, method, counted)

    count(HeatMap, "show_values")
    count(NetworkDiagram, "show_content")
    count(CurvePlot, "show_curves")
    return calls


def test_hidden_cards_are_not_drawn_and_follow_when_they_come_back(
    ready_window: MainWindow, qtbot: QtBot, drawn: list[str]
) -> None:
    window = ready_window
    window.cards.toggle(window.curves)
    qtbot.waitUntil(lambda: not window.card("networkDock").in_view)  # type: ignore[attr-defined]
    drawn.clear()
    train_for_a_while(qtbot, window)
    assert "NetworkDiagram" not in drawn
    pause(qtbot, window)
    window.cards.put_back()
    qtbot.waitUntil(lambda: "NetworkDiagram" in drawn)
    assert "HeatMap" not in drawn, "no layer is shown alone"

    # So it is in another workspace.
    window.session.reset()
    window.show_workspace("runs")
    drawn.clear()
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    assert drawn == []
    window.show_workspace("train")
    qtbot.waitUntil(lambda: {"NetworkDiagram", "CurvePlot"} <= set(drawn))
    errors = window.session.runs.current.history.error.joined("test")
    qtbot.waitUntil(lambda: len(window.curves.plot.line("test").getData()[0]) == len(errors.epochs))  # it has its width
    x, y = window.curves.plot.line("test").getData()
    np.testing.assert_allclose(x, window.curves.plot.axes.across(np.array(errors.epochs)))
    np.testing.assert_allclose(10**y / 100, errors.values)
    drawn.clear()
    window.stage.open_layer(1)
    assert "HeatMap" in drawn
    weights = window.session.runs.current.network.weights[0]
    place = find(window, HeatMap, "weightsMap").picture_rect()
    hover(find(window, HeatMap, "weightsMap"), (place.x() + 1, place.y() + 1))
    read_out = find(find(window, HeatMap, "weightsMap"), QLabel, "readOut")
    row, column, neuron = (int(number) - 1 for number in re.findall(r"\d+", read_out.text())[:3])
    assert read_out.text().endswith(signed(float(weights[neuron, 28 * row + column])))
    leave(find(window, HeatMap, "weightsMap"))
    drawn.clear()
    window.session.step_batch()
    qtbot.waitUntil(lambda: "HeatMap" in drawn)
    assert "NetworkDiagram" not in drawn, "it is behind the layer"


def test_a_hidden_card_follows_another_network_when_it_is_shown(
    make_cards: MakeCards, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_cards("predictionDock")
    card, original = window.stage, AnswerView.set_names
    named: list[object] = []

    def set_names(view: AnswerView, *given: Any) -> None:
        named.append(given)
        original(view, *given)

    monkeypatch.setattr(AnswerView, "set_names", set_names)
    window.session.reset()
    assert len(named) == 1
    card.hide()
    qtbot.waitUntil(lambda: not card.in_view)
    for _ in range(2):
        window.session.reset()
    assert len(named) == 1
    card.show()
    qtbot.waitUntil(lambda: len(named) == 2)
