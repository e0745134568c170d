"""In a small window every card keeps its place and its head can be read, whatever is shown in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.explanation.explanation_data import METHODS
from nnviz.cards.explanation.model import Explanation
from nnviz.cards.inspector.card import Inspector
from nnviz.cards.mistakes.confusion_matrix import ConfusionMatrixView
from nnviz.cards.stage.diagram.model import ACTIVITY
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.ui.pages import TabbedCard
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import drag, find, press, seven, train_epochs

SMALL, USUAL = QSize(1280, 720), QSize(1440, 900)
LONG = ("an ankle boot of leather", "a T-shirt or a top without sleeves", "trousers")
LONG_NAMES = tuple(f"{LONG[number % 3]}, kind {number}" for number in range(10))


def come_to_rest(window: MainWindow) -> None:
    """Until the cards have followed."""
    for _ in range(5):
        QTest.qWait(5)


def places(window: MainWindow) -> dict[str, QRect]:
    """Where each card is."""
    return {each.objectName(): window._frame.place(each) for each in window.panels if each.isVisible()}


def expect_in_place(window: MainWindow, size: QSize, what: str) -> None:
    """The window is as large as it was made, and no card lies over another or beyond the window."""
    come_to_rest(window)
    assert window.size() == size, what
    assert window.minimumSizeHint().width() <= SMALL.width(), what
    room = window._frame.rect()
    cards = places(window)
    for name, card in cards.items():
        assert room.contains(card), f"{what}: {name}"
    draw = window.draw
    tools = [each for each in draw.findChildren(QToolButton) if each.isVisible()]
    parts = [QRect(part.mapTo(draw, QPoint(0, 0)), part.size()) for part in (draw.canvas, *tools)]
    assert not [1 for one, other in itertools.combinations(parts, 2) if one.intersects(other)], f"{what}: at the input"
    for (name, card), (other, beside) in itertools.combinations(cards.items(), 2):
        assert not card.intersects(beside), f"{what}: {name}, {other}"


@pytest.fixture
def look_inside(
    make_window: MakeWindow, load_with: Callable[..., None], few_digits: Dataset, qtbot: QtBot
) -> Callable[..., MainWindow]:
    """Makes a window that looks inside a network that has learned a little, for a drawing."""

    def made(names: tuple[str, ...] = few_digits.class_names) -> MainWindow:
        data = replace(few_digits, class_names=names)
        load_with(lambda: data)
        window = make_window()
        qtbot.waitUntil(lambda: window.session.state is Status.READY)
        window.resize(USUAL)
        train_epochs(qtbot, window, 1)
        window.show_workspace("inside")
        drag(window.canvas, seven(window.canvas))
        qtbot.waitUntil(lambda: window.session.queries[ACTIVITY].is_up_to_date)
        return window

    return made


def silent_neuron(window: MainWindow) -> Neuron:
    """One of layer 1 whose activation is 0, of which the head says most."""
    window.session.edits.set_bias(Neuron(1, 17), -100.0)
    return Neuron(1, 17)


def test_a_what_if_can_be_read_and_nothing_moves(look_inside: Callable[..., MainWindow], qtbot: QtBot) -> None:
    """In a small window they are looked at below, with long names."""
    window = look_inside()
    expect_the_what_if_and_nothing_moved(window, qtbot, USUAL)


def test_long_names_leave_the_window_its_size_and_cards_their_places(
    look_inside: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = look_inside(LONG_NAMES)
    session, card = window.session, window.card("inspector")
    assert isinstance(card, Inspector)
    session.selection.choose_neuron(silent_neuron(window))
    come_to_rest(window)
    window.resize(SMALL)
    expect_in_place(window, SMALL, "made smaller")
    columns = columns_of(window)
    for tab in range(card.tabs.count()):
        card.tabs.setCurrentIndex(tab)
        for neuron in (*[Neuron(2, 31)][tab:], Neuron(3, 9), silent_neuron(window)):
            session.selection.choose_neuron(neuron)
            expect_in_place(window, SMALL, f"{card.page.title}, {neuron}")
    expect_the_what_if_and_nothing_moved(window, qtbot, SMALL)
    for method in METHODS:
        session.models[Explanation].choose(method=method)
        expect_in_place(window, SMALL, method)
    for mode in ("rows", "columns", "classes", "counts"):
        window.card("mistakesDock").set_mode(mode)  # type: ignore[attr-defined]
        expect_in_place(window, SMALL, mode)
    matrix = find(window, ConfusionMatrixView, "confusionMatrix")
    matrix.chosen.emit((7, 9))
    expect_in_place(window, SMALL, "a cell")
    assert columns_of(window) == columns, "no column has moved"
    window.show_workspace("train")
    expect_in_place(window, SMALL, "train")


def columns_of(window: MainWindow) -> dict[str, tuple[int, int]]:
    """Where the column of each card begins, and its width."""
    return {name: (at.x(), at.width()) for name, at in places(window).items()}


def expect_the_what_if_and_nothing_moved(window: MainWindow, qtbot: QtBot, size: QSize) -> None:
    """In the what-if mode the stage says what is changed, with each tab; behind it all is as before."""
    card = window.card("inspector")
    assert isinstance(card, Inspector)
    window.session.selection.choose_neuron(Neuron(1, 3))
    come_to_rest(window)
    before, columns = places(window), columns_of(window)
    press(qtbot, window, Qt.Key.Key_S)
    for tab in (*range(1, card.tabs.count()), 0):
        card.tabs.setCurrentIndex(tab)
        expect_in_place(window, size, f"{card.page.title}, what if")
        assert columns_of(window) == columns
        expect_all_tabs(window)
    expect_the_number_of_mistakes(window, qtbot)
    press(qtbot, window, Qt.Key.Key_S)
    come_to_rest(window)
    assert places(window) == before


def expect_all_tabs(window: MainWindow) -> None:
    """Each tab is in sight, and so is the chip of the what-if."""
    for dock in window.panels:
        if isinstance(dock, TabbedCard) and dock.isVisible():
            titles = ", ".join(page.title for page in dock.pages)
            is_in_sight = dock.tabs.width() >= dock.tabs.sizeHint().width()
            assert is_in_sight, f"{dock.objectName()} has no room for its tabs: {titles}."
    chip = find(window, QPushButton, "whatIfButton")
    assert chip.isVisible()
    assert chip.width() >= chip.sizeHint().width()


def expect_the_number_of_mistakes(window: MainWindow, qtbot: QtBot) -> None:
    """All of the number of mistakes can be read."""
    title = window.card("mistakesDock").head.title  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: title.text().endswith(" mistakes"))
    assert title.isVisible()
    assert title.width() >= title.sizeHint().width()
