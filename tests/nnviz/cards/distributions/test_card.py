"""The distributions are computed only in view, and show what the network holds."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.training.distributions import summarise
from nnviz.cards.distributions.card import DistributionsPage
from nnviz.cards.distributions.model import Distributions
from nnviz.ui.histogram_grid import HistogramGrid
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import find, hover, leave, pause, show_view, train_epochs, train_for_a_while


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("curvesDock")


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> DistributionsPage:
    """In front, with something to show."""
    show_view(qtbot, ready_window, "distributionsView")
    page = ready_window.curves.page
    assert isinstance(page, DistributionsPage)
    qtbot.waitUntil(lambda: len(page.grid.rows) == 3)
    return page


def test_a_row_for_each_layer_and_a_cell_for_each_kind(
    page: DistributionsPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    assert [row.name for row in page.grid.rows] == ["Layer 1", "Layer 2", "Output"]
    assert [row.note.split()[2] for row in page.grid.rows[:2]] == ["64", "32"]
    first = page.grid.rows[0].cells[0]
    weights = summarise(ready_window.session.displayed.network.weights[0])
    assert first.now.sum() == len(weights.sample)
    edges = np.linspace(first.low, first.high, len(first.now) + 1)
    inside = np.clip(weights.sample.astype(float), first.low, first.high)
    np.testing.assert_array_equal(first.now, np.histogram(inside, edges)[0])
    np.testing.assert_array_equal(first.start, first.now)  # nothing is learned yet

    # Its numbers as a table.
    table = page.table()
    assert table is not None
    head, rows = table
    lines = [list(row) for row in rows]
    assert len(lines) == 2 * 3 * 4
    assert all(len(line) == len(head) for line in lines)
    assert lines[0][:4] == [1, "weights", "start", 784 * 64]

    # The read-out tells figures.
    grid = page.grid
    read_out = find(grid, QLabel, "readOut")
    place = grid.cell_rect(0, 1).center()
    hover(grid, (place.x(), place.y()))
    assert read_out.isVisible()
    assert "biases now: mean +0" in read_out.text()
    hover(grid, (2, 2))
    assert not read_out.isVisible()
    hover(grid, (place.x(), place.y()))
    leave(grid)
    assert not read_out.isVisible()

    # In a closed card it costs nothing.
    probe = ready_window.session.models[Distributions].query
    ready_window.card("curvesDock").close()
    assert not probe.is_wanted
    ready_window.card("curvesDock").show()
    assert probe.is_wanted

    # Dead neurons are reported, and many are a warning.
    assert page.grid.rows[0].note == "0 of 64 dead"
    assert not page.grid.rows[0].is_warning
    session, whole = ready_window.session, ready_window.session.displayed.network
    dead = session.displayed.network.copy()
    dead.biases[0][:20] = -1e5
    session.displayed.network = dead
    session.displayed.changed.emit()
    qtbot.waitUntil(lambda: page.grid.rows[0].note == "20 of 64 dead")
    assert page.grid.rows[0].is_warning

    # What is beyond all bounds is drawn as far as it goes.
    for scale in (1e15, 1e30, 1e38):
        huge = whole.copy()
        huge.parameters *= scale
        session.displayed.network = huge
        with qtbot.waitSignal(session.models[Distributions].query.changed):
            session.displayed.changed.emit()
        assert all(np.isfinite(cell.high) for row in page.grid.rows for cell in row.cells)
        assert not page.grid.grab().isNull()

    # Many layers scroll.
    ready_window.session.settings.change("shape", shape=(784, *[8] * 9, 10))
    qtbot.waitUntil(lambda: len(page.grid.rows) == 10)
    last = page.grid.cell_rect(9, 0)
    assert last.height() > 15
    assert last.bottom() < page.grid.height()


def test_training_moves_now_and_not_the_start_and_while_one_looks_back_they_are_of_that_moment(
    page: DistributionsPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    before = page.grid.rows[2].cells[0]
    session = ready_window.session
    train_epochs(qtbot, ready_window, 1)
    train_epochs(qtbot, ready_window, 1)
    qtbot.waitUntil(lambda: session.models[Distributions].query.is_up_to_date)
    assert "■</span> now" in page._keys.text()
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: session.models[Distributions].query.is_up_to_date)
    assert "■</span> at epoch 1" in page._keys.text()
    first = page.grid.rows[0].cells[0]
    weights = summarise(session.displayed.network.weights[0])
    assert first.text.startswith(f"weights at epoch 1: mean {weights.mean:+.3g}")
    table = page.table()
    assert table is not None
    assert {row[2] for row in table[1]} == {"start", "at epoch 1"}
    session.timeline.go_live()
    qtbot.waitUntil(lambda: "■</span> now" in page._keys.text())
    after = page.grid.rows[2].cells[0]
    assert after.start is not None
    assert before.start is not None
    assert after.start.sum() == before.start.sum()
    assert not np.array_equal(after.now, after.start)


def test_behind_another_tab_it_costs_nothing(page: DistributionsPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    show_view(qtbot, ready_window, "errorView")
    probe = ready_window.session.models[Distributions].query
    assert not probe.is_wanted
    before = probe.result
    train_for_a_while(qtbot, ready_window)
    pause(qtbot, ready_window)
    assert probe.result is before
    show_view(qtbot, ready_window, "distributionsView")
    qtbot.waitUntil(lambda: probe.result is not before)


def test_an_empty_grid_paints(qtbot: QtBot) -> None:
    grid = HistogramGrid(["a", "b"])
    qtbot.addWidget(grid)
    grid.resize(300, 200)
    assert not grid.grab().isNull()
