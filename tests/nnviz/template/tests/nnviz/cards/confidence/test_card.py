"""The confidence page shows how confident the displayed network is."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.helpers import click_tab, find, train_epochs


def test_it_shows_the_confidence_of_the_displayed_network(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("inspector", workspace="inside")
    click_tab(qtbot, window, "confidenceTab")
    line = find(window, QLabel, "confidenceLabel")
    qtbot.waitUntil(lambda: line.text().endswith("%"))
    before = line.text()
    train_epochs(qtbot, window, 1)
    qtbot.waitUntil(lambda: line.text() not in (before, "–"))
    session = window.session
    assert session.dataset is not None
    inputs = session.dataset.train.head(1000).scaled_inputs()

    def is_current() -> bool:
        mean = float(np.mean(session.displayed.network.predict(inputs).max(axis=1)))
        return float(line.text()[:-2]) == pytest.approx(100 * mean, abs=0.051)

    qtbot.waitUntil(is_current)
