"""The search for a learning rate: in a thread of its own, on a copy, to be stopped at any time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QRect
from PyQt5.QtWidgets import QApplication, QLabel, QLineEdit, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from engine.basics.errors import SettingError
from engine.network.network import Network
from engine.training.rate_finder import RateFinder, RatePoint
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.cards.settings.small_plot import SmallPlot
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import (
    action,
    click,
    close_more,
    find,
    hover,
    is_shown,
    leave,
    open_more,
    pause,
    retype,
    train_for_a_while,
)


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("trainingCard")


def small(qtbot: QtBot, window: AnyWindow) -> None:
    """A network that is soon tried."""
    window.session.settings.change("small", hidden=(8,))
    qtbot.waitUntil(lambda: window.session.displayed.network.shape == [784, 8, 10])


@pytest.fixture
def open_window(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    """A window with the page of the search open, and a small network."""
    small(qtbot, ready_window)
    open_more(qtbot, ready_window)
    return ready_window


def search(qtbot: QtBot, window: AnyWindow) -> None:
    """By the button, to its end."""
    click(qtbot, window, QPushButton, "findRateButton")
    assert window.session.models[RateSearch].is_running
    qtbot.waitUntil(lambda: not window.session.models[RateSearch].is_running, timeout=20_000)


def test_it_finds_one_and_the_network_stays_as_it_was(
    open_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, session = open_window, open_window.session
    before = session.runs.current.network.parameters.copy()
    plot, take = find(window, SmallPlot, "ratePlot"), find(window, QPushButton, "takeRateButton")
    assert not plot.isVisibleTo(window)
    assert not take.isVisibleTo(window)
    search(qtbot, window)
    np.testing.assert_array_equal(session.runs.current.network.parameters, before)
    assert session.runs.current.untouched
    assert session.models[RateSearch].result is not None
    assert 0.005 < session.models[RateSearch].result < 2
    assert plot.isVisibleTo(window)
    rates, losses = plot.points
    assert len(rates) == len(losses) == len(session.models[RateSearch].partial)
    assert plot.marked is not None
    assert 10**plot.marked == pytest.approx(session.models[RateSearch].result)
    assert take.text() == f"Use {session.models[RateSearch].result:g}"
    assert not find(window, QProgressBar, "rateProgress").isVisibleTo(window)

    click(qtbot, window, QPushButton, "takeRateButton")
    assert session.settings.experiment.training.learning_rate == session.models[RateSearch].result
    assert float(find(window, QLineEdit, "learningRateEdit").text()) == session.models[RateSearch].result
    window.session.undo.undo()
    assert session.settings.experiment.training.learning_rate == 0.2

    # The mouse reads it.
    hover(plot.viewport(), (plot.width() / 2, plot.height() / 2))
    said = find(plot, QLabel, "readOut")
    assert said.isVisible()
    assert "loss" in said.text()
    leave(plot)
    assert not said.isVisible()

    # The suggestion mends a rate that cannot be used.
    retype(qtbot, open_window, "learningRateEdit", "-1")
    open_more(qtbot, open_window)
    click(qtbot, open_window, QPushButton, "takeRateButton")
    assert not open_window.session.settings.problems
    assert open_window.session.training.can_start

    # The interface does not search, and without a suggestion none is offered.
    threads = []
    pass_forward = Network.forward_with_loss

    def watched(self: Network, *arguments: Any) -> float:
        threads.append(threading.current_thread())
        return pass_forward(self, *arguments)

    monkeypatch.setattr(Network, "forward_with_loss", watched)
    monkeypatch.setattr("engine.training.rate_finder.RateFinder.suggestion", None)
    search(qtbot, open_window)
    assert open_window.session.models[RateSearch].result is None
    assert not find(open_window, QPushButton, "takeRateButton").isVisibleTo(open_window)
    assert "fell clearly at no rate" in find(open_window, QLabel, "rateSearchLabel").text()
    assert threads
    assert threading.main_thread() not in threads

    # One that cannot begin says so.
    def refuse(*_: object) -> None:
        raise SettingError("batch_size", 5, "must be smaller", "Try 3.")

    monkeypatch.setattr("nnviz.cards.settings.rate_search.RateFinder", refuse)
    search(qtbot, open_window)
    assert "could not start" in open_window.session.messages.current.text


def test_from_the_menu_it_is_all_in_sight(window: MainWindow, qtbot: QtBot) -> None:
    """Once there are data: the page opens, and is scrolled as far as the words under the curve."""
    entry, model = action(window, "actionFindRate"), window.session.models[RateSearch]
    assert not entry.isEnabled()
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert entry.isEnabled()
    small(qtbot, window)
    for size in ((1440, 900), (1280, 720)):
        window.resize(*size)
        close_more(qtbot, window)
        scroll = window.settings.more.scroll_area
        entry.trigger()
        assert model.is_running
        qtbot.waitUntil(lambda: not model.is_running, timeout=20_000)
        for kind, name in ((QPushButton, "findRateButton"), (SmallPlot, "ratePlot"), (QLabel, "rateSearchLabel")):
            widget = find(window, kind, name)
            place = QRect(widget.mapTo(scroll, QPoint(0, 0)), widget.size())
            assert scroll.rect().contains(place), (size, name)


def test_it_can_be_stopped(open_window: CardWindow, qtbot: QtBot, gate: Gate) -> None:
    window = open_window
    gate.close()
    button = click(qtbot, window, QPushButton, "findRateButton")
    gate.wait_until_reached()
    assert button.text() == "Stop"
    assert find(window, QProgressBar, "rateProgress").isVisibleTo(window)
    click(qtbot, window, QPushButton, "findRateButton")
    assert not window.session.models[RateSearch].is_running
    assert button.text() == "Find learning rate"
    gate.open()
    search(qtbot, window)
    assert window.session.models[RateSearch].result is not None, "and it can be begun again"


def test_a_search_that_was_stopped_does_not_judge(
    open_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found stays to be seen, but it is not called the whole of it."""
    go_on, is_over = threading.Event(), threading.Event()

    def run(finder: RateFinder) -> Iterator[RatePoint]:
        finder.points = [RatePoint(10.0 ** (k / 10 - 5), 2.3 - k / 50) for k in range(20)]
        try:
            yield finder.points[-1]
            assert go_on.wait(10)
            yield finder.points[-1]
        finally:
            is_over.set()

    monkeypatch.setattr("nnviz.jobs.stepwise._SECONDS_BETWEEN_VIEWS", 0)
    monkeypatch.setattr(RateFinder, "run", run)
    click(qtbot, open_window, QPushButton, "findRateButton")
    qtbot.waitUntil(lambda: len(open_window.session.models[RateSearch].partial or ()) == 20)
    reported = find(open_window, QLabel, "rateSearchLabel")
    assert reported.text().startswith("loss against rate")
    click(qtbot, open_window, QPushButton, "findRateButton")
    assert reported.text() == "Stopped early: no suggestion."
    assert len(open_window.session.models[RateSearch].partial) == 20
    go_on.set()
    qtbot.waitUntil(is_over.is_set)
    assert open_window.session.models[RateSearch].close(10_000)
    QApplication.processEvents()  # what it has to say arrives
    assert reported.text() == "Stopped early: no suggestion."


def test_while_it_trains_and_of_the_network_of_the_fields(open_window: CardWindow, qtbot: QtBot, gate: Gate) -> None:
    window = open_window
    train_for_a_while(qtbot, window)
    search(qtbot, window)
    assert window.session.state is Status.TRAINING
    assert window.session.models[RateSearch].partial
    pause(qtbot, window)

    # The network of the fields is searched for.
    window.session.settings.change("shape", hidden=(6,))
    search(qtbot, window)
    assert window.session.runs.current.network.shape == [784, 8, 10]
    assert window.session.messages.current is None

    # It says which network it tried, not the one that the fields describe by now.
    gate.close()
    click(qtbot, window, QPushButton, "findRateButton")
    gate.wait_until_reached()
    window.session.settings.change("shape", hidden=(8,))
    gate.open()
    qtbot.waitUntil(lambda: not window.session.models[RateSearch].is_running, timeout=20_000)
    assert find(window, QLabel, "rateSearchLabel").text().endswith("on a new network 784-6-10")


@pytest.mark.parametrize("what", ["network", "data"])
def test_another_network_or_other_data_end_it(open_window: CardWindow, qtbot: QtBot, gate: Gate, what: str) -> None:
    """What it finds would stand beside what it was not tried on."""
    window, search = open_window, open_window.session.models[RateSearch]
    gate.close()
    click(qtbot, window, QPushButton, "findRateButton")
    gate.wait_until_reached()
    if what == "network":
        window.session.settings.change("shape", hidden=(6,))
    else:
        window.session.data.changed.emit()
    assert not search.is_running
    gate.open()
    assert search.close(10_000)
    QApplication.processEvents()
    assert search.partial is None
    assert not find(window, QLabel, "rateSearchLabel").isVisibleTo(window)


def test_closing_meanwhile(whole_window: MainWindow, qtbot: QtBot, gate: Gate) -> None:
    open_more(qtbot, whole_window)
    gate.close()
    click(qtbot, whole_window, QPushButton, "findRateButton")
    gate.wait_until_reached()
    gate.open()
    with qtbot.waitSignal(whole_window.closed):
        whole_window.close()
    assert whole_window.ended_whole
