"""Tests of the inspector: in a wide window two pages stand beside each other."""

from __future__ import annotations

from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from nnviz.cards.inspector.card import Inspector
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import click_tab, find


def inspector(window: MainWindow) -> Inspector:
    card = window.card("inspector")
    assert isinstance(card, Inspector)
    return card


def test_a_wide_window_shows_the_page_before_beside_the_one_in_front(whole_window: MainWindow, qtbot: QtBot) -> None:
    whole_window.resize(1800, 1000)
    whole_window.show_workspace("inside")
    card = inspector(whole_window)
    neuron, why, step = card.pages[:3]
    qtbot.waitUntil(lambda: neuron.in_view and why.in_view)
    assert neuron.isVisible()
    assert why.isVisible()
    click_tab(qtbot, whole_window, step.name)
    assert (card.page, card.beside) == (step, neuron)
    assert step.in_view
    assert not why.in_view, "it computes nothing"
    assert find(card, QLabel, "besideTitle").text() == neuron.title

    # The one beside comes to the front, and the other takes its place.
    click_tab(qtbot, whole_window, neuron.name)
    assert (card.page, card.beside) == (neuron, step)
    assert step.aside.isVisible(), "its controls stay above it"

    # A narrow window and an enlarged card show one.
    whole_window.resize(1440, 900)
    qtbot.waitUntil(lambda: card.beside is None)
    assert not step.in_view
    whole_window.resize(1800, 1000)
    qtbot.waitUntil(lambda: card.beside is step)
    whole_window.cards.toggle(card)
    qtbot.waitUntil(lambda: card.beside is None)
    whole_window.cards.toggle(card)
    qtbot.waitUntil(lambda: card.beside is step)
