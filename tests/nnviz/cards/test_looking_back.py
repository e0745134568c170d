"""While one looks back every card shows what it showed at that moment, and says so in its head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.cards.explanation.explanation_data import METHODS
from nnviz.cards.explanation.model import Explanation
from nnviz.cards.stage.card import StagePanel
from nnviz.cards.step_through.card import StepThroughPage
from nnviz.cards.step_through.model import StepThrough
from nnviz.session.selection import Example, Neuron
from nnviz.session.status import Status
from nnviz.ui.card import Panel
from nnviz.ui.combos import FlatCombo
from nnviz.ui.pages import PagedCard
from nnviz.ui.tabs import usual_width
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import drag, find, seven, show_page

KINDS: dict[str, dict[str, Any]] = {
    "mnist": {},
    "spirals": {"points": 160},
    "mpg": {},
    "sine": {"points": 150},
}
# They show the whole training, with a playhead; or wait until a person has them measured.
OF_ALL_MOMENTS = {"errorView", "rmseView", "lossView", "robustTab"}
SIZES = QSize(1280, 720), QSize(1440, 900)


class Cards:
    """A window, and what its cards show."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.session, self._qtbot = window, window.session, qtbot
        self.workspaces = "train", "inside"  # those with cards of the displayed network

    def load(self, name: str) -> None:
        """Loads data, and makes a small network for them, whose moments are kept as they are."""
        load(self._qtbot, self.window, name, **KINDS[name])
        self.session.settings.change("all", hidden=(12, 6), epochs=6, optimizer="adam", learning_rate=0.01)
        self.session.reset()
        self._qtbot.waitUntil(lambda: self.session.state is Status.READY)
        self.window.show_workspace("train")
        if name == "mnist":
            drag(self.window.canvas, seven(self.window.canvas))
        self.session.selection.choose_neuron(Neuron(1, 3))
        self.session.models[StepThrough].choose(True)

    def train(self, epochs: int) -> None:
        for _ in range(epochs):
            self.session.step_epoch()
            self._qtbot.waitUntil(lambda: self.session.state in (Status.PAUSED, Status.FINISHED), timeout=20_000)

    def settle(self) -> None:
        """Until all that is in view is known."""
        probes, step = self.session.queries, self.session.models[StepThrough]
        probes.hurry()
        self._qtbot.waitUntil(lambda: all(not p.is_wanted or p.is_up_to_date for p in probes), timeout=20_000)
        page = self.window.card("inspector").page if self.window.workspace == "inside" else None
        if isinstance(page, StepThroughPage):
            self._qtbot.waitUntil(lambda: step.is_newest, timeout=20_000)
            page.go_to(5)  # a delta, which depends on all of the network
        network = self.window.card("networkDock")  # which draws when that is due
        self._qtbot.waitUntil(lambda: not network._later.isActive())
        QApplication.processEvents()

    def each(self) -> Iterator[tuple[str, Panel]]:
        """All cards of the displayed network, one page after the other, in view."""
        for workspace in self.workspaces:
            self.window.show_workspace(workspace)
            for dock in [dock for dock in self.window.panels if dock.isVisible()]:
                name = dock.objectName()
                if not isinstance(dock, Panel):
                    continue
                if not isinstance(dock, PagedCard):
                    self.settle()
                    yield f"{workspace} {name}", dock
                    if isinstance(dock, StagePanel):
                        dock.open_layer(1)
                        self.settle()
                        yield f"{workspace} {name}, layer 1", dock
                        dock.close_layer()
                    continue
                for page in dock.pages:
                    if page.is_offered:
                        dock.turn_to(page)
                        self.settle()
                        yield f"{workspace} {page.name}", dock

    def tables(self) -> dict[str, list[list[object]]]:
        """What each of them shows as numbers and words."""
        found = {}
        for name, card in self.each():
            table = card.table()
            if name.split()[-1] not in OF_ALL_MOMENTS and table is not None:
                found[name] = [list(row) for row in table[1]]
        return found


@pytest.fixture
def cards(ready_window: MainWindow, qtbot: QtBot) -> Cards:
    return Cards(ready_window, qtbot)


def expect_same(now: list[list[object]], then: list[list[object]], name: str) -> None:
    assert len(now) == len(then) > 0, name
    cells = [pair for row, before in zip(now, then, strict=True) for pair in zip(row, before, strict=True)]
    numbers = [pair for pair in cells if isinstance(pair[0], float) and isinstance(pair[1], float)]
    if numbers:
        found, before = np.array(numbers).T
        np.testing.assert_allclose(found, before, rtol=1e-4, atol=1e-6, err_msg=name)
    others = [pair for pair in cells if not (isinstance(pair[0], float) and isinstance(pair[1], float))]
    differ = [pair for pair in others if pair[0] != pair[1] and pair != ("at epoch 1", "now")]  # of the distributions
    assert not differ, name


@pytest.mark.parametrize("kind", KINDS)
def test_every_card_shows_what_it_showed_then(cards: Cards, kind: str) -> None:
    window = cards.window
    size = SIZES[kind == "sine"]
    window.resize(size)
    cards.load(kind)
    cards.train(1)
    if kind != "mnist":  # which has a drawing
        cards.session.selection.choose_example(Example("test", 3))
    then = cards.tables()
    assert then
    cards.train(5)
    live = cards.tables()

    cards.session.timeline.go_to(1)
    back = cards.tables()
    assert window.size() == size
    assert set(back) == set(then)
    for name, rows in back.items():
        expect_same(rows, then[name], f"{kind}: {name}")
    same = [name for name in then if live[name] == then[name]]
    assert not same, "else it would prove nothing"


def test_heads_say_what_they_said_in_fewer_words(cards: Cards) -> None:
    """A method by a short name."""
    # Where there is little room, tabs stand closer together.
    window, bar = cards.window, cards.window.card("weightsDock").tabs
    cards.load("mnist")
    window.card("stagePanel").open_layer(1)
    window.set_text_size(200)
    window.resize(QSize(1900, 900))
    cards.settle()
    default = bar.sizeHint().width()
    assert usual_width(bar) == pytest.approx(default, abs=2)
    window.resize(SIZES[0])
    cards.settle()
    assert bar.sizeHint().width() < default - 40
    assert usual_width(bar) == pytest.approx(default, abs=2), "whether they do so or not"
    window.resize(QSize(1900, 900))
    cards.settle()
    assert bar.sizeHint().width() == default
    window.set_text_size(100)

    # Heads say what they said in fewer words.
    window.resize(SIZES[0])
    cards.train(2)
    window.session.timeline.go_to(1)
    window.show_workspace("inside")
    combo = find(show_page(window, "whyDock"), FlatCombo, "whyMethodCombo")
    for method in METHODS:
        window.session.models[Explanation].choose(method=method)
        assert combo.currentText() == method
        assert combo.shown == method
