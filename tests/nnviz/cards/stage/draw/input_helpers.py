"""Helpers for tests of the input."""

from __future__ import annotations

from typing import TypeVar

from PyQt5.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.nnviz.cards.card_window import AnyWindow
from tests.nnviz.helpers import click, find

W = TypeVar("W", bound=QWidget)


def click_tool(qtbot: QtBot, window: AnyWindow, kind: type[W], name: str) -> W:
    """Clicks a tool of the input. If it is in the menu, that is opened before and closed afterwards."""
    if not find(window, kind, name).isVisible():
        click(qtbot, window, QToolButton, "inputMenuButton")
    clicked = click(qtbot, window, kind, name)
    window.draw.menu.hide()
    return clicked
