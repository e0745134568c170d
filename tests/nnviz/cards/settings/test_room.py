"""What the settings show in the room that they have: nothing scrolls, and what matters most stays."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PyQt5.QtCore import QPoint, QRect
from PyQt5.QtWidgets import QApplication, QComboBox, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, find

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
    window.resize(1280, 548)
    window.set_text_size(200)
    bar = find(area, QScrollBar, "columnScrollBar")
    qtbot.waitUntil(bar.isVisible)
    assert bar.width() == 4
    qtbot.waitUntil(lambda: not bar.isVisible())


MANY = {2: (64, 32), 6: (64, 32, 32, 20, 20, 16), 10: (100, 80, 60, 40, 30, 20, 20, 20, 16, 16), 20: (16,) * 20}


def is_readable(window: MainWindow) -> bool:
    """Whether each layer has a row that is as high as its text needs, or all are in the field, and nothing scrolls."""
    network, hidden = window.settings.network, window.session.settings.experiment.hidden
    rows = [row for row in network.findChildren(QWidget, "layerRow") if row.isVisible()]
    low = [row for row in rows if row.height() < row.minimumSizeHint().height()]
    is_whole = seen(window, "shapeEdit") if not rows else len(rows) == len(hidden) and not low
    return is_whole and window.settings.scroll_area.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)], ids=str)
@pytest.mark.parametrize("percent", [100, 150])
def test_rows_of_layers_are_as_high_as_their_text_needs_or_become_a_field(
    ready_window: MainWindow, qtbot: QtBot, size: tuple[int, int], percent: int
) -> None:
    window, session = ready_window, ready_window.session
    window.resize(*size)
    window.set_text_size(percent)
    qtbot.waitUntil(lambda: window.centralWidget().y() == theme.px(44))  # below the head, whose texts are larger
    qtbot.waitUntil(lambda: is_readable(window) and seen(window, "layer1Edit"))
    first = places(window)
    session.settings.change("shape", hidden=MANY[2])
    for count in (6, 10, 20, 2):
        session.settings.change("shape", hidden=MANY[count])  # the run keeps its shape
        qtbot.waitUntil(lambda: is_readable(window))
    qtbot.waitUntil(lambda: seen(window, "layer1Edit") and places(window) == first)
    for count in (20, 10, 6, 2):
        session.settings.change("shape", hidden=MANY[count])
        session.reset()
        qtbot.waitUntil(lambda: session.runs.current.experiment.hidden == session.settings.experiment.hidden)
        qtbot.waitUntil(lambda: is_readable(window))
    qtbot.waitUntil(lambda: seen(window, "layer1Edit") and places(window) == first)


def test_what_left_before_many_rows_returns_once_they_are_a_field(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: seen(window, "layer1Edit") and not seen(window, "dataPictures"))
    window.session.settings.change("shape", hidden=MANY[20])
    qtbot.waitUntil(lambda: all(seen(window, name) for name in ("shapeEdit", "dataPictures", "dataCounts")))
    assert not seen(window, "addLayerButton"), "it is a way to add a row"


def test_the_buttons_that_step_and_reset_leave_to_the_menu_before_anything_scrolls(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window, bar = ready_window, ready_window.settings.scroll_area.verticalScrollBar()
    window.set_text_size(200)

    def fits(height: int) -> bool:
        """Whether nothing scrolls in a window of that height, and the three buttons have left if it is low."""
        buttons = {seen(window, name) for name in ("stepBatchButton", "stepEpochButton", "resetButton")}
        return window.height() == height and bar.maximum() == 0 and buttons == {height == 720}

    for height in (720, 600, 720):
        window.resize(1280, height)
        qtbot.waitUntil(partial(fits, height))
        assert seen(window, "trainButton")
        assert action(window, "actionStepBatch").isVisible()
