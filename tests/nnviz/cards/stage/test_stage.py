"""The stage: when one layer takes the place of all, and what the menu exports."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.card import StagePanel
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import choose_file, click, drag, press, seven, train_epochs


@pytest.fixture
def window(make_cards: MakeCards) -> CardWindow:
    return make_cards()


def offered(qtbot: QtBot, stage: StagePanel) -> set[str]:
    """Returns the names of the tables that the menu offers."""
    button = stage.menu_button
    click(qtbot, stage, QToolButton, "stagePanelMenuButton")
    names = {name for name in ("csv", *stage.tables) if button.entries[name].isVisible()}
    qtbot.keyClick(button.menu_of_card, Qt.Key.Key_Escape)
    return names


def test_a_layer_stays_open_until_one_goes_back_or_the_network_has_another_shape(
    window: CardWindow, qtbot: QtBot
) -> None:
    stage, session = window.stage, window.session
    for leave in (
        lambda: click(qtbot, stage, QPushButton, "allLayersButton"),
        lambda: press(qtbot, window, Qt.Key.Key_Escape),
        stage.close_layer,
    ):
        stage.network.opened.emit(2)
        assert stage.is_layer_open
        assert stage.layer.tabs.currentIndex() == 1
        leave()
        assert not stage.is_layer_open
    stage.open_layer(2)
    with qtbot.waitSignal(session.runs.replaced):
        session.reset()
    assert stage.is_layer_open
    session.settings.change("shape", hidden=(8, 8))
    qtbot.waitUntil(lambda: session.displayed.network.shape == [784, 8, 8, 10])
    assert not stage.is_layer_open


def test_a_comparison_shows_the_first_layer_or_the_open_one(window: CardWindow, qtbot: QtBot) -> None:
    stage, session = window.stage, window.session
    train_epochs(qtbot, window, 1)
    stage.layer.show_layer(2)
    session.timeline.go_to(0)
    session.side_by_side.toggle()
    assert stage.is_layer_open
    assert stage.layer.tabs.currentIndex() == 0
    session.side_by_side.toggle()
    assert not stage.is_layer_open
    stage.open_layer(2)
    session.side_by_side.toggle()
    assert stage.layer.tabs.currentIndex() == 1


def test_the_menu_offers_the_tables_that_there_are(window: CardWindow, qtbot: QtBot) -> None:
    stage = window.stage
    assert offered(qtbot, stage) == {"csv", "connections"}
    stage.open_layer(1)
    assert offered(qtbot, stage) == {"csv"}
    load(qtbot, window, "spirals")
    assert offered(qtbot, stage) == {"csv", "connections", "surface"}


def test_the_connections_are_exported(whole_window: MainWindow, qtbot: QtBot, home: Path) -> None:
    stage = whole_window.card("stagePanel")
    drag(whole_window.canvas, seven(whole_window.canvas))
    qtbot.waitUntil(lambda: bool(stage.network.diagram.links))
    stage.menu_button.entries["connections"].trigger()
    choose_file(qtbot, whole_window, "exportCardDialog", home / "connections.csv")
    qtbot.waitUntil((home / "connections.csv").exists)
    with (home / "connections.csv").open(newline="", encoding="utf-8") as file:
        head, *lines = csv.reader(file)
    assert head[:3] == ["from", "to", "weight"]
    assert len(lines) == len(stage.network.table()[1]) > 0
