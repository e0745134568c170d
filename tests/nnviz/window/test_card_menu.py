"""What can be done with a card: enlarged and put back, copied, exported."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtSvg import QSvgRenderer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAction, QApplication, QFileDialog, QPushButton, QTabBar, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.diagram.diagram import NetworkDiagram
from nnviz.ui import theme
from nnviz.ui.card import Panel, Table
from nnviz.window import card_export
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import announced, choose_file, click, drag, find, press, seven, show_view


def places(window: MainWindow) -> list[tuple[str, QRect, bool]]:
    """Where every dock is, when the layout has followed."""
    QApplication.processEvents()
    return [(each.objectName(), window._frame.place(each), True) for each in window.panels if each.isVisible()]


def choose(qtbot: QtBot, window: MainWindow, card: Panel, what: str) -> None:
    """Opens the menu with a click on its button, and chooses by the keyboard."""
    click(qtbot, window, QToolButton, f"{card.objectName()}MenuButton")
    menu = card.menu_button.menu_of_card
    assert menu.isVisible()
    menu.setActiveAction(find_entry(card, what))
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert not menu.isVisible()


def find_entry(card: Panel, what: str) -> QAction:
    """An entry of a card's menu."""
    entry = card.findChild(QAction, f"{card.objectName()}{what}Action")
    assert entry is not None
    return entry


def double_click_head(qtbot: QtBot, card: Panel) -> None:
    """Double-clicks the card's head."""
    qtbot.mouseDClick(card.head, Qt.MouseButton.LeftButton, pos=QPoint(card.head.width() // 2, 5))


class Numbers:
    """Stands in for a card's table."""

    def __init__(self, table: Table | None) -> None:
        self.table = table

    def put_on(self, card: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        """As if the card had these numbers."""
        monkeypatch.setattr(type(card), "table", lambda _: self.table)
        monkeypatch.setattr(type(card), "has_table", property(lambda _: True))


# ---- enlarged


def test_enlarged_and_back_to_the_pixel_and_a_message_moves_nothing(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, stage = ready_window, ready_window.stage
    before = places(window)
    choose(qtbot, window, stage, "Enlarge")
    assert [dock for dock in window.panels if dock.isVisible()] == [stage]
    qtbot.waitUntil(lambda: stage.width() > window.width() - 40)
    assert not window.curves.in_view, "and so it costs nothing"
    press(qtbot, window, Qt.Key.Key_Escape)
    assert places(window) == before
    assert window.curves.in_view

    card = window.card("curvesDock")
    number = window._frame.shown.index(stage) + 1
    ways: dict[str, Callable[[], object]] = {
        "head": lambda: double_click_head(qtbot, card),
        "key": lambda: press(qtbot, window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
        "button": lambda: click(qtbot, window, QToolButton, "curvesDockMenuButton"),
        "layout": lambda: press(qtbot, window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier),
        "another card": lambda: press(qtbot, window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier),
    }
    for way, go_back in ways.items():
        double_click_head(qtbot, card)
        assert window.cards.enlarged is card, way
        go_back()
        assert window.cards.enlarged is None, way
        assert places(window) == before, way

    # A double click beside the tabs of a head counts, one on a tab does not.
    window.show_workspace("runs")
    tabs = find(window, QTabBar, "whatDiffersTabs")
    last = tabs.tabRect(max(tab for tab in range(tabs.count()) if tabs.isTabVisible(tab)))
    beside = QPoint(last.right() + 10, last.center().y())
    assert tabs.rect().contains(beside)
    qtbot.mouseDClick(tabs, Qt.MouseButton.LeftButton, pos=last.center())
    assert window.cards.enlarged is None
    qtbot.mouseDClick(tabs, Qt.MouseButton.LeftButton, pos=beside)
    assert window.cards.enlarged is window.card("whatDiffersDock")
    press(qtbot, window, Qt.Key.Key_Escape)
    window.show_workspace("train")

    # On the stage, one beside neurons and maps counts.
    [diagram] = window.findChildren(NetworkDiagram)
    for spot, enlarged in ((QPoint(3, 3), stage), (QPoint(3, 3), None)):
        QTest.mouseDClick(diagram, Qt.MouseButton.LeftButton, pos=spot)
        assert window.cards.enlarged is enlarged

    # Escape dismisses the message first.
    window.cards.toggle(window.curves)
    window.session.messages.show("Something to know")
    press(qtbot, window, Qt.Key.Key_Escape)
    assert window.session.messages.current is None
    assert window.cards.enlarged is window.curves
    press(qtbot, window, Qt.Key.Key_Escape)
    assert window.cards.enlarged is None

    # The key takes the card with the focus.
    window.draw.random_button.setFocus()
    press(qtbot, window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.cards.enlarged is stage
    qtbot.waitUntil(lambda: stage.width() > window.width() - 40)
    window.cards.put_back()

    # The time has a button for it, as its view menu has the other entries.
    for words, enlarged in (("Enlarge the card Curves", window.curves), ("Restore the card Curves", None)):
        assert find(window, QToolButton, "curvesDockMenuButton").accessibleName() == words
        click(qtbot, window, QToolButton, "curvesDockMenuButton")
        assert window.cards.enlarged is enlarged

    # The menu by the keyboard.
    find(window, QToolButton, "stagePanelMenuButton").setFocus()
    press(qtbot, window, Qt.Key.Key_Return)
    menu: Any = stage.menu_button.menu_of_card
    assert menu.isVisible()
    qtbot.keyClick(menu, Qt.Key.Key_E)
    assert window.cards.enlarged is stage

    window.cards.put_back()

    # A message moves nothing and follows the width.
    press(qtbot, window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    before = places(window)
    window.session.messages.show("A message of some words. " * 12)
    qtbot.waitUntil(window.message_bar.isVisible)
    assert places(window) == before
    bar = window.message_bar
    assert bar.text.height() >= bar.text.heightForWidth(bar.text.width()), "all words can be read"
    button = find(window, QPushButton, "trainButton")
    assert button.visibleRegion().boundingRect() == button.rect()
    window.resize(1290, 800)
    QApplication.processEvents()
    assert window._frame.place(bar).right() <= window._frame.place(stage).right()
    assert not window._frame.place(bar).intersects(window._frame.place(window.draw))
    click(qtbot, window, QToolButton, "dismissMessageButton")
    assert not bar.isVisible()

    # What is no error goes by itself.
    bar.time.setInterval(20)
    window.session.messages.show("A message")
    assert bar.isVisible()
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert window.session.messages.current is None
    window.session.messages.warn("An error")
    assert bar.isVisible()
    assert not bar.time.isActive()


def test_the_layout_of_before_is_remembered(ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot) -> None:
    window = ready_window
    before = places(window)
    window.cards.toggle(window.curves)
    window.close()
    again = make_window()
    qtbot.waitUntil(lambda: places(again) == before)


# ---- pictures and numbers


def test_a_picture_and_csv(ready_window: MainWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window, stage, card = ready_window, ready_window.stage, ready_window.curves

    # Copied at twice the size.
    choose(qtbot, window, stage, "Copy")
    image = QApplication.clipboard().image()
    assert image.size() == 2 * stage.size()
    colours = {image.pixelColor(x, image.height() // 2).name() for x in range(30, image.width() - 30)}
    assert len(colours) > 20, "the weights are on it"
    assert "Copied" in announced(window.session)

    # It has no menu button.
    button = card.menu_button
    corner = QRect(2 * button.mapTo(card, QPoint(3, 3)), 2 * button.size() - QSize(12, 12))
    image = card_export.picture(card).toImage().copy(corner)
    ground = theme.colour("card").name()
    assert {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())} == {ground}
    seen = card.grab().toImage().copy(QRect(button.mapTo(card, QPoint(3, 3)), button.size() - QSize(6, 6)))
    assert len({seen.pixelColor(x, y).name() for x in range(seen.width()) for y in range(seen.height())}) > 1

    # PNG and SVG.
    show_view(qtbot, window, "curvesDockPngAction")
    choose_file(qtbot, window, "exportCardDialog", home / "curves.png")
    qtbot.waitUntil((home / "curves.png").exists)
    assert QImage(str(home / "curves.png")).size() == 2 * card.size()
    show_view(qtbot, window, "curvesDockSvgAction")
    choose_file(qtbot, window, "exportCardDialog", home / "curves.svg")
    qtbot.waitUntil((home / "curves.svg").exists)
    drawing = (home / "curves.svg").read_bytes()
    assert b"<image" not in drawing, "lines and letters"
    assert b">epoch 20<" in drawing
    assert QSvgRenderer(drawing).defaultSize().width() >= card.width()
    qtbot.waitUntil(lambda: announced(window.session) == "Exported to curves.svg")

    # Title and proposed name are those of what the page shows.
    show_view(qtbot, window, "curvesDockPngAction")
    dialog = find(window, QFileDialog, "exportCardDialog")
    assert [Path(name).name for name in dialog.selectedFiles()] == ["error-curves.png"]
    assert dialog.windowTitle() == "Export error curves"
    dialog.reject()

    show_view(qtbot, window, "curvesDockCopyAction")
    assert announced(window.session) == "Copied a picture of error curves"

    # One that cannot be written is reported in the window.
    show_view(qtbot, window, "curvesDockSvgAction")
    dialog = find(window, QFileDialog, "exportCardDialog")
    with qtbot.waitSignal(window.session.messages.changed):
        dialog.fileSelected.emit(str(home / "no such folder" / "x.svg"))
    dialog.reject()
    assert window.session.messages.current is not None
    assert "x.svg could not be exported" in window.session.messages.current.text
    assert window.message_bar.isVisible()

    # Csv.
    window.session.messages.clear()
    rows: list[list[object]] = [[1, 0.25], [2, "a, b"]]
    with monkeypatch.context() as patch:
        Numbers((["epoch", "error"], iter(rows))).put_on(card, patch)
        show_view(qtbot, window, "curvesDockCsvAction")
        choose_file(qtbot, window, "exportCardDialog", home / "numbers.csv")
        qtbot.waitUntil((home / "numbers.csv").exists)
    with (home / "numbers.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["epoch", "error"], ["1", "0.25"], ["2", "a, b"]]

    # The predictions of all snapshots, from the context menu of the band.
    band = window.curves.band
    assert not band.export.isEnabled()
    drag(window.canvas, seven(window.canvas))
    qtbot.waitUntil(band.export.isEnabled)
    queries = window.session.queries
    qtbot.waitUntil(lambda: all(query.is_up_to_date for query in queries if query.is_wanted))
    band.export.trigger()
    choose_file(qtbot, window, "exportCardDialog", home / "predictions-over-time.csv")
    qtbot.waitUntil((home / "predictions-over-time.csv").exists)
    with (home / "predictions-over-time.csv").open(newline="", encoding="utf-8") as file:
        head, *lines = csv.reader(file)
    assert head == ["epoch", *window.session.class_names]
    expected = [[epoch, *outputs] for epoch, *outputs in band.table()[1]]
    np.testing.assert_allclose(np.array(lines, float), np.array(expected), rtol=1e-6)

    # Without numbers there is none.
    monkeypatch.setattr(type(stage), "has_table", False)
    click(qtbot, window, QToolButton, "stagePanelMenuButton")
    assert not find_entry(stage, "Csv").isVisible()
    qtbot.keyClick(stage.menu_button.menu_of_card, Qt.Key.Key_Escape)
    Numbers(None).put_on(card, monkeypatch)
    show_view(qtbot, window, "curvesDockCsvAction")
    choose_file(qtbot, window, "exportCardDialog", home / "none.csv")
    assert window.session.messages.current is not None
    assert "no numbers yet" in window.session.messages.current.text
    assert not (home / "none.csv").exists()


# ---- messages
