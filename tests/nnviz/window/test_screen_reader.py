"""The window by its accessible names and descriptions alone, as somebody uses it who cannot see it."""

from __future__ import annotations

import re

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAbstractScrollArea, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.stage.plane.plane_helpers import load, plane_of, wait_for_planes
from tests.nnviz.helpers import drag, hover, leave, seven


class Reader:
    """Finds widgets by their accessible names, and reads their accessible descriptions."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self._window, self._qtbot = window, qtbot

    def find(self, name: str) -> QWidget:
        """The innermost visible widget of that name: a field, not the box around it."""
        found = [each for each in self._window.findChildren(QWidget) if each.accessibleName() == name]
        visible = [each for each in found if each.isVisible()]
        assert visible, f"nothing is called {name!r}"
        return visible[-1]

    def read(self, name: str) -> str:
        return self.find(name).accessibleDescription()

    def wait_to_read(self, name: str, pattern: str) -> str:
        self._qtbot.waitUntil(lambda: re.search(pattern, self.read(name)) is not None, timeout=20_000)
        return self.read(name)

    def press(self, name: str) -> None:
        self._qtbot.mouseClick(self.find(name), Qt.MouseButton.LeftButton)

    def type(self, name: str, text: str) -> None:
        field = self.find(name)
        field.setFocus()
        self._qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self._qtbot.keyClicks(field, text)
        self._qtbot.keyClick(field, Qt.Key.Key_Return)

    def turn_to(self, tabs: str, title: str) -> None:
        bar = self.find(tabs)
        assert isinstance(bar, QTabBar)
        number = next(n for n in range(bar.count()) if bar.tabText(n).startswith(title))
        self._qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(number).center())

    def point(self, name: str, across: float, down: float) -> str:
        """Moves the mouse to a place of a view, in shares of its size, and reads what is there."""
        view = self.find(name)
        surface = view.viewport() if isinstance(view, QAbstractScrollArea) else view
        hover(surface, (across * surface.width(), down * surface.height()))
        said = view.accessibleDescription()
        leave(surface)
        return said


@pytest.fixture
def reader(ready_window: MainWindow, qtbot: QtBot) -> Reader:
    return Reader(ready_window, qtbot)


def test_trains_draws_and_reads_the_prediction(reader: Reader) -> None:
    reader.type("Epochs", "2")
    assert reader.read("Train or pause") == "Train"
    reader.press("Train or pause")
    reader.wait_to_read("Train or pause", r"2 more epochs")
    assert re.fullmatch(r"\d+\.\d\d %, at epoch 2", reader.read("test error"))

    canvas = reader.find("Drawing canvas")
    assert reader.read("Drawing canvas") == "empty"
    drag(canvas, seven(canvas))
    assert reader.read("Drawing canvas") == "drawn"
    reader.wait_to_read("Answer", r"^\d, ([\d.]+ % sure|not sure)")

    reader.press("Clear the canvas")
    assert reader.read("Drawing canvas") == "empty"
    reader.wait_to_read("Answer", "no answer")


def test_the_views_tell_the_figure_under_the_mouse(reader: Reader) -> None:
    reader.type("Epochs", "2")
    reader.press("Train or pause")
    reader.wait_to_read("Train or pause", r"more epochs")
    curves = "Train and test error against epochs"
    last = reader.read(curves)
    assert re.fullmatch(r"epoch 2\ntrain [\d.]+ %, test [\d.]+ %", last)
    assert re.fullmatch(r"epoch 1\ntrain [\d.]+ %, test [\d.]+ %", reader.point(curves, 0.55, 0.5))
    assert reader.read(curves) == last, "the mouse has left"
    weight = r"pixel row \d+, column \d+ → neuron 1: [+−]?\d"
    reader.press("Layer 1, 64 neurons: show all weights")
    assert re.match(weight, reader.point("Heat map of the weights", 0.02, 0.05))
    reader.press("All layers")

    canvas = reader.find("Drawing canvas")
    drag(canvas, seven(canvas))
    reader.turn_to("Workspace", "Look inside")
    reader.wait_to_read("Conclusion", r".")
    assert reader.read("Confusion matrix") == "all mistakes"
    reader.turn_to("Inspector", "Why")
    reader.wait_to_read("Contributions to the prediction", r".")
    assert re.search(r"\d predicted correctly|: \d+ of \d+", reader.point("Confusion matrix", 0.5, 0.5))
    reader.wait_to_read("Colours of the connections", r"opposes, supports \d")
    reported = [reader.point("Network diagram", 0.2, row / 40) for row in range(40)]
    assert any(re.match(r"layer \d · neuron \d+\n.*\d", words) for words in reported), reported


def test_the_plane_tells_the_prediction_under_the_mouse(reader: Reader, ready_window: MainWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "spirals", points=400)
    wait_for_planes(qtbot, ready_window)
    name = plane_of(ready_window).view.accessibleName()
    assert re.search(r"\d %", reader.point(name, 0.4, 0.4))
    assert reader.point(name, 0.4, 0.4) != reader.point(name, 0.6, 0.7)
