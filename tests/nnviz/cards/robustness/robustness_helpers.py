"""Helpers for the tests of the robustness card."""

from __future__ import annotations

from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.explain.robustness import Robustness
from nnviz.cards.robustness.card import RobustnessPage
from nnviz.cards.robustness.model import PERTURBED, PerturbedExample, RobustnessModel
from nnviz.ui.pages import TabbedCard
from tests.nnviz.cards.card_window import AnyWindow
from tests.nnviz.helpers import click_tab


def page_of(window: AnyWindow, qtbot: QtBot) -> RobustnessPage:
    """In front; nothing need be measured yet."""
    window.show_workspace("inside")
    card = window.card("inspector")
    assert isinstance(card, TabbedCard)
    QApplication.processEvents()
    click_tab(qtbot, window, "robustTab")
    page = card.page
    assert isinstance(page, RobustnessPage)
    return page


def wait_until_it_would_begin(page: RobustnessPage, qtbot: QtBot) -> None:
    """Until the delay before a first measurement is over."""
    qtbot.waitUntil(lambda: not page._later.isActive())


def measured(window: AnyWindow, qtbot: QtBot) -> Robustness:
    """Waits until all is measured."""
    work = window.session.models[RobustnessModel].work
    qtbot.waitUntil(lambda: work.result is not None, timeout=30_000)
    found: Robustness = work.result
    return found


def shown_example(window: AnyWindow, qtbot: QtBot) -> PerturbedExample:
    """Waits until the example is that of now."""
    probe = window.session.queries[PERTURBED]
    qtbot.waitUntil(lambda: probe.result is not None and probe.is_up_to_date)
    shown: PerturbedExample = probe.result
    return shown
