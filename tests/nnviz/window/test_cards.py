"""The registry of cards: frame, View menu and help are built from it; workspaces are arrangements of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, QSize, Qt
from PyQt5.QtWidgets import QAction, QLabel, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from engine.basics.registry import Registry
from nnviz.cards import registry as card_registry
from nnviz.cards.distributions.model import STATISTICS
from nnviz.cards.registry import CARDS, WORKSPACES, CardInfo, Column, Place, register_cards
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER
from nnviz.ui.card import Panel
from nnviz.window import frame, help
from nnviz.window.help import described
from nnviz.window.help_texts import texts_of
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import action, click_tab, find, make_all_cards, make_all_pages, press, show_page

for _workspace in WORKSPACES:
    register_cards(_workspace)


def test_each_card_is_registered_when_its_workspace_is_shown() -> None:
    """Read from the files: an import of the card by another test would register it as well."""
    folder = Path(card_registry.__file__).parent
    listed = {module for modules in card_registry._MODULES.values() for module in modules}
    for file in folder.rglob("*.py"):
        if re.search(r"^CARDS\.register\(", file.read_text(), re.MULTILINE):
            module = ".".join(file.relative_to(folder).with_suffix("").parts)
            assert module in listed, f"nnviz/cards/registry.py has no line for {module}"


class Another(Panel):
    """A card with a line of text."""

    def __init__(self, session: Session) -> None:
        super().__init__("Another card")
        self.refreshed = 0
        self.line = QLabel("what it shows")
        self.body.addWidget(self.line)

    def refresh(self) -> None:
        """Counts."""
        self.refreshed += 1


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry[CardInfo]:
    """A copy of the registry, for a test to add to."""
    copy: Registry[CardInfo] = Registry("card")
    for name in CARDS:
        copy.register(name)(CARDS[name])
    for module in (card_registry, frame, help):
        monkeypatch.setattr(module, "CARDS", copy)
    return copy


@pytest.fixture
def another(registry: Registry[CardInfo], make_window: MakeWindow) -> MainWindow:
    """A window with one more card, between two others."""
    place = Place(Column.WATCH, 2, 90)
    info = CardInfo(Another, {"train": place}, needs=(STATISTICS,))
    registry.register("anotherDock")(info)
    return make_window()


def view_menu(window: MainWindow) -> list[QAction]:
    """The entries of the cards."""
    (menu,) = (menu for menu in window.menuBar().findChildren(QMenu) if menu.title() == "&View")
    return [entry for entry in menu.actions() if entry.objectName().startswith("actionView")]


# ---- the registry


@pytest.mark.parametrize("name", list(CARDS))
def test_every_card_has_a_help_text(name: str) -> None:
    assert texts_of(name)


def test_the_view_menu_and_help_know_the_cards_of_the_workspace_and_each_is_there_once(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    assert [entry.text() for entry in view_menu(ready_window) if entry.isVisible()] == [
        *("Settings", "Stage", "Curves"),
    ]

    # F1 on a card of the settings tells of it.
    for name in ("dataCard", "networkCard", "trainingCard"):
        (reported,) = texts_of(name)
        assert reported.title in described(ready_window.card(name))
    assert described(find(ready_window, QLabel, "seenLabel")).count("<b>Your input</b>") == 1

    # The workspace that there is.
    before = [(each.objectName(), ready_window._frame.place(each)) for each in ready_window.panels]
    ready_window.show_workspace("train")
    assert [(each.objectName(), ready_window._frame.place(each)) for each in ready_window.panels] == before

    # Those that there are not.
    for name in ("sweeps", "Train", "", "anything else"):
        with pytest.raises(ValueError, match="train"):
            ready_window.show_workspace(name)

    # The switch turns to another and back.
    window = ready_window
    shown_before = [(each.objectName(), window._frame.place(each)) for each in window.panels if each.isVisible()]
    with pytest.raises(KeyError):
        window.card("whyDock")  # it is made when it is first wanted
    click_tab(qtbot, window, "insideWorkspace")
    assert window.workspace == "inside"
    show_page(window, "whyDock")
    assert window.card("whyDock").isVisible()
    shown = {dock.objectName() for dock in window.panels if dock.isVisible()}
    assert shown == {name for name in CARDS if "inside" in CARDS[name].places}
    assert {entry.text() for entry in view_menu(window) if entry.isVisible()} == {
        dock.windowTitle() for dock in window.panels if dock.isVisible()
    }
    press(qtbot, window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.workspace == "train"
    qtbot.waitUntil(
        lambda: (
            [(each.objectName(), window._frame.place(each)) for each in window.panels if each.isVisible()]
            == shown_before
        )
    )

    # Every card of the workspaces is there once.
    make_all_cards(ready_window)

    # Each has its menu at the far right.
    cards = [dock for dock in ready_window.panels if isinstance(dock, Panel)]
    assert cards
    for card in cards:
        if not card.isVisible():
            ready_window.show_workspace(next(iter(CARDS[card.objectName()].places)))
        button = find(ready_window, QToolButton, f"{card.objectName()}MenuButton")
        assert button.isVisible(), card.objectName()
        assert button.mapTo(card, QPoint(button.width(), 0)).x() > card.width() - 20, card.objectName()

    make_all_pages(ready_window)
    for name in CARDS:
        if CARDS[name].part_of:
            assert ready_window.card(CARDS[name].part_of).isAncestorOf(ready_window.card(name))
        else:
            assert ready_window.card(name).objectName() == name
    names = [dock.objectName() for dock in ready_window.panels]
    assert sorted(names) == sorted(name for name in CARDS if CARDS[name].places and not CARDS[name].page_of)
    with pytest.raises(KeyError):
        ready_window.card("nothingDock")


def test_a_card_that_is_added_has_a_place_and_a_view_entry(another: MainWindow, qtbot: QtBot) -> None:
    card = another.card("anotherDock")
    assert isinstance(card, Another)
    assert card in another.panels
    assert card.isVisible()
    above, below = another._frame.place(another.stage), another._frame.place(card)
    assert (below.x(), below.y() > above.y()) == (above.x(), True)
    entry = next(entry for entry in view_menu(another) if entry.text() == "Another card")
    assert not entry.shortcut().isEmpty()
    entry.trigger()
    assert card.isAncestorOf(another.focusWidget())

    # What it needs is worked out while it is in view.
    probes = another.session.queries
    qtbot.waitUntil(lambda: another.session.data.dataset is not None)
    qtbot.waitUntil(lambda: probes[STATISTICS].result is not None)
    another.cards.toggle(another.stage)
    assert not probes[STATISTICS].is_wanted
    assert probes[ANSWER].is_wanted
    missed = card.refreshed
    another.cards.put_back()
    assert probes[STATISTICS].is_wanted
    assert card.refreshed > missed, "it draws what it missed"

    # It has the menu of a card.
    another.cards.toggle(card)
    qtbot.waitUntil(lambda: card.width() > another.width() - 40)
    action(another, "actionEnlargeCard").trigger()
    assert another.curves.isVisible()


# ---- workspaces


def test_the_workspace_and_the_size_of_the_window_are_remembered(
    ready_window: MainWindow, make_window: MakeWindow
) -> None:
    ready_window.resize(1300, 800)
    ready_window.show_workspace("inside")
    ready_window.close()
    again = make_window()
    assert again.size() == QSize(1300, 800)
    assert again.workspace == "inside"
    again.show_workspace("train")
    assert again.card("networkDock").isVisible()
