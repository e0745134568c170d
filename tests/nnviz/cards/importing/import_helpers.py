"""What the tests of the import do again and again: look at a file, wait, press "Use it", read what is said."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.session.data_import import DataImport
from tests.nnviz.cards.card_window import AnyWindow
from tests.nnviz.helpers import click, find, is_shown


def look_at(qtbot: QtBot, window: AnyWindow, path: Path) -> DataImport:
    """Opens a file or folder as data, and waits until it was read."""
    window.session.data_import.open(str(path))
    wait(qtbot, window.session.data_import)
    return window.session.data_import


def wait(qtbot: QtBot, importing: DataImport) -> None:
    """Until nothing is being read."""
    qtbot.waitUntil(lambda: not importing.is_reading, timeout=60_000)


def use(qtbot: QtBot, window: AnyWindow) -> None:
    """Presses "Use it" and waits for the data."""
    click(qtbot, window, QPushButton, "useImportButton")
    qtbot.waitUntil(lambda: is_shown(window.session.data))


def words(window: AnyWindow, name: str) -> str:
    """What a label of the sheet says; empty if it is hidden, or not there yet."""
    labels = window.findChildren(QLabel, name)
    return find(window, QLabel, name).text() if labels and labels[-1].isVisible() else ""
