"""Pages that make no sense have no tab, and what a person rather sees is in front."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from nnviz.ui.pages import Page, TabbedCard


class Card:
    """Two pages, and one that is offered at times."""

    def __init__(self) -> None:
        self.card = TabbedCard("card")
        self.pages = {name: Page(name, f"{name}Tab", "") for name in ("error", "loss", "plane")}
        plane = self.pages["plane"]
        plane.offer(False)
        for page in self.pages.values():
            self.card.add_page(page)

    def offer(self, name: str, offered: bool) -> None:
        self.pages[name].offer(offered)

    def turn(self, name: str) -> None:
        self.card.tabs.setCurrentIndex(list(self.pages).index(name))

    @property
    def front(self) -> str:
        return self.card.page.title

    @property
    def tabs(self) -> list[str]:
        bar = self.card.tabs
        return [bar.tabText(number) for number in range(bar.count()) if bar.isTabVisible(number)]


@pytest.fixture
def card(qtbot: QtBot) -> Card:
    made = Card()
    qtbot.addWidget(made.card)
    made.card.show()
    return made


def test_a_page_that_is_not_offered_has_no_tab(card: Card) -> None:
    assert card.tabs == ["error", "loss"]
    card.offer("plane", True)
    assert card.tabs == ["error", "loss", "plane"]
    card.offer("plane", False)
    assert card.tabs == ["error", "loss"]


def test_a_page_that_gets_another_title_has_it_in_its_tab(card: Card) -> None:
    card.turn("loss")
    card.pages["loss"].retitle("salt & pepper")
    assert card.tabs == ["error", "salt && pepper"]
    assert card.card.caption == card.card.tabs.accessibleTabName(1) == "salt & pepper"


def test_a_page_in_front_that_goes_and_comes_back_is_in_front_again(card: Card) -> None:
    card.offer("error", False)
    assert (card.front, card.tabs) == ("loss", ["loss"])
    card.offer("error", True)
    assert card.front == "error"


def test_only_the_page_in_front_is_in_view(card: Card) -> None:
    card.offer("plane", True)
    card.turn("plane")
    assert [name for name, page in card.pages.items() if page.in_view] == ["plane"]
    card.offer("plane", False)
    assert [name for name, page in card.pages.items() if page.in_view] == ["error"]


class Counting(Page):
    """Counts how often it was adapted."""

    adapted = 0

    def adapt(self) -> None:
        self.adapted += 1


def test_a_hidden_page_is_adapted_when_it_comes_to_the_front(qtbot: QtBot) -> None:
    card, pages = TabbedCard("card"), [Counting(name, name, "") for name in ("one", "two")]
    qtbot.addWidget(card)
    for page in pages:
        card.add_page(page)
    card.show()
    qtbot.waitUntil(lambda: pages[0].in_view)
    for _ in range(2):
        card.invalidate()
    assert [page.adapted for page in pages] == [2, 0]
    for tab in (1, 0, 1):
        card.tabs.setCurrentIndex(tab)
    assert [page.adapted for page in pages] == [2, 1]
