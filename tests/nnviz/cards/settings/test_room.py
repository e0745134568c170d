"""What the settings show in the room that they have: nothing scrolls, and what matters most stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QPoint, QRect
from PyQt5.QtWidgets import QApplication, QComboBox, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import find

ALWAYS = ("datasetCombo", "presetCombo", "learningRateEdit", "epochsEdit", "moreButton", "trainButton")
LEAVES = ("addLayerButton", "dataPictures", "dataCounts", "optimizerCombo", "layer1Edit")


@pytest.fixture(autouse=True)
def text_size(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "system", theme.SIZES[0])


def seen(window: MainWindow, name: str) -> bool:
    """Whether the whole control of that name is in view."""
    return any(
        each.isVisible() and each.visibleRegion().boundingRect() == each.rect()
        for each in window.findChildren(QWidget, name)
    )


def place(window: MainWindow, name: str) -> QRect:
    widget = next(each for each in window.findChildren(QWidget, name) if each.isVisible())
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def places(window: MainWindow) -> dict[str, QRect]:
    return {name: place(window, name) for name in (*ALWAYS, *LEAVES) if seen(window, name)}


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)], ids=str)
def test_nothing_scrolls_at_any_text_size_and_what_matters_stays(
    ready_window: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window, bar = ready_window, ready_window.settings.scroll_area.verticalScrollBar()
    window.resize(*size)
    wanted = {*ALWAYS, "addLayerButton", "optimizerCombo", "layer1Edit"}
    qtbot.waitUntil(lambda: bar.maximum() == 0 and wanted <= set(places(window)))
    first = places(window)
    for percent in (150, 200):
        window.set_text_size(percent)
        qtbot.waitUntil(lambda: bar.maximum() == 0 and set(ALWAYS) <= set(places(window)))
        assert seen(window, "layer1Edit") or seen(window, "shapeEdit"), percent
    window.set_text_size(100)
    qtbot.waitUntil(lambda: places(window) == first)


def test_a_field_that_has_left_is_behind_more(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, settings = ready_window, ready_window.settings
    optimizer = find(window, QComboBox, "optimizerCombo")
    window.resize(1280, 640)
    window.set_text_size(200)
    qtbot.waitUntil(lambda: not optimizer.isVisible())

    def reveal() -> bool:
        """Whether it is in view; the page is still laid out when it is revealed for the first time."""
        settings.reveal(optimizer)
        return seen(window, "optimizerCombo")

    qtbot.waitUntil(reveal)
    assert settings.shows_more
    settings.show_sections()
    window.resize(1440, 1000)
    qtbot.waitUntil(lambda: seen(window, "optimizerCombo"))
    assert not settings.shows_more


def test_what_is_too_low_scrolls_below_a_slim_bar(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, area = ready_window, ready_window.settings.scroll_area
    window.resize(1280, 560)
    window.set_text_size(200)
    bar = find(area, QScrollBar, "columnScrollBar")
    qtbot.waitUntil(bar.isVisible)
    assert bar.width() == 4
    qtbot.waitUntil(lambda: not bar.isVisible())
