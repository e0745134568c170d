"""The head of the layer part: as many tabs as fit, and the tab in front is whole."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.weights.row_names import RowNames
from nnviz.ui import theme
from nnviz.ui.weights.neuron_view import WeightBars
from nnviz.window.bundled_networks import FOLDER
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.helpers import click_tab, find, hover


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("weightsDock")


def tabs_in_sight(window: AnyWindow) -> dict[str, bool]:
    """Returns the tabs that are whole and under no arrow."""
    bar = window.card("weightsDock").tabs
    covered = [arrow.geometry() for arrow in bar.findChildren(QToolButton) if arrow.isVisible()]
    places = {bar.tabText(index): bar.tabRect(index) for index in range(bar.count())}
    return {
        text: bar.rect().contains(place) and not any(place.intersects(arrow) for arrow in covered)
        for text, place in places.items()
    }


def open_best(window: AnyWindow, qtbot: QtBot) -> None:
    """The largest network that is included."""
    with qtbot.waitSignal(window.session.runs.replaced):
        window.session.files.open(FOLDER / "best.npz", "Best")
    QApplication.processEvents()


def bring_output_to_front(window: AnyWindow, qtbot: QtBot) -> None:
    """By a click on the last tab."""
    window.card("stagePanel").open_layer(1)
    QApplication.processEvents()
    click_tab(qtbot, window, "layer3Tab")


def test_the_scale_is_that_of_the_tiles_after_each_text_size_and_all_tabs_have_room(
    whole_window: MainWindow, qtbot: QtBot
) -> None:
    window, panel = whole_window, whole_window.card("weightsDock")
    window.card("stagePanel").open_layer(1)
    window.resize(1280, 620)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (1280, 620))
    QApplication.processEvents()
    ends = set()
    try:
        for size in (100, 200, 100):
            window.set_text_size(size)
            for _ in range(6):
                QTest.qWait(5)
            ends.add(panel.map.end)
            block = panel.map.grid.down.block
            words = f"means of {block}×{block} weights." if block > 1 else "weights."
            assert panel.detail.toolTip() == f"64 neurons × 784 inputs · {words}", size
            assert panel.bar.accessibleDescription() == f"−{panel.map.end:.2g} to +{panel.map.end:.2g}", size
            assert panel.bar.toolTip().startswith(f"Weights beyond ±{panel.map.end:.2g} "), size
        assert len(ends) == 2, "smaller tiles show means, which are smaller"
    finally:
        window.set_text_size(100)

    # All tabs have room.
    for size in ((1440, 1000), (1280, 720)):
        window.resize(*size)
        qtbot.waitUntil(lambda size=size: (window.width(), window.height()) == size)
        open_best(window, qtbot)
        bring_output_to_front(window, qtbot)
        assert len(tabs_in_sight(window)) == 3
        assert all(tabs_in_sight(window).values()), size
        window.session.settings.change("shape", hidden=(1000, 30))
        with qtbot.waitSignal(window.session.runs.replaced):
            window.session.reset()
        bring_output_to_front(window, qtbot)
        assert all(tabs_in_sight(window).values()), size


def test_where_not_all_fit_the_one_in_front_is_whole(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    bring_output_to_front(window, qtbot)
    window.session.settings.change("shape", hidden=(64,) * 12)
    window.stage.open_layer(13)
    window.resize(800, 700)
    QApplication.processEvents()
    assert not all(tabs_in_sight(window).values())
    strip = window.card("weightsDock").tabs
    for index in (12, 0, 7):
        strip.setCurrentIndex(index)
        assert tabs_in_sight(window)[strip.tabText(index)], index
    strip.setCurrentIndex(12)
    window.resize(780, 700)
    QApplication.processEvents()
    assert tabs_in_sight(window)[strip.tabText(12)], "in a narrower window too"


# ---- names of the rows


def test_the_rows_of_the_output_are_named_by_their_classes(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    names = find(window, RowNames, "weightsRowNames")
    assert not names.isVisible(), "hidden neurons stand for nothing that has a name"
    bring_output_to_front(window, qtbot)
    qtbot.waitUntil(names.isVisible)
    assert names.names == tuple("0123456789")
    QApplication.processEvents()
    picture = names.grab().toImage()
    for neuron in range(10):
        row = window.card("weightsDock").map.tile_rect(neuron)
        ink = [(x, y) for x in range(names.width()) for y in range(row.top(), row.bottom() + 1)
               if picture.pixelColor(x, y) != theme.colour("card")]  # fmt: skip
        assert ink, neuron
        middle = (min(y for _, y in ink) + max(y for _, y in ink)) / 2
        assert abs(middle - row.center().y()) <= 2, "beside the middle of its row"
    window.session.settings.change("shape", hidden=())
    qtbot.waitUntil(lambda: not names.isVisible())  # one layer of pictures: each tile is a class


# ---- one neuron of a layer beyond the first


def test_the_bars_have_a_scale(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.card("weightsDock").show_layer(1)
    window.card("weightsDock").show_neuron(2)
    QApplication.processEvents()
    bars = find(window, WeightBars, "neuronBars")
    weights = window.session.displayed.network.weights[1][2]
    assert bars.axis == ["neuron 1", "neuron 64"]
    assert abs(weights).max() <= bars.end
    assert f"{bars.end:g}" == f"{bars.end:.1g}" or f"{bars.end:g}".rstrip("0").endswith("5"), "a round number"
    field = bars.field
    assert field.left() > 0
    assert field.bottom() < bars.height() - 10
    with qtbot.waitSignal(bars.hovered, check_params_cb=lambda number: number == 0):
        hover(bars, (field.left() + 1, 10))
    with qtbot.waitSignal(bars.hovered, check_params_cb=lambda number: number == 63):
        hover(bars, (field.right(), 10))
    with qtbot.waitSignal(bars.hovered, check_params_cb=lambda number: number == -1):
        hover(bars, (field.left() - 4, 10))


def test_an_output_is_called_by_its_class_first(ready_window: CardWindow) -> None:
    ready_window.card("weightsDock").show_layer(2)
    ready_window.card("weightsDock").show_neuron(4)
    assert find(ready_window, QLabel, "neuronTitle").text() == "Class 4 · neuron 5 of 10"


def test_arrows_lead_to_tabs_that_do_not_fit(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, strip = ready_window, ready_window.card("weightsDock").tabs
    before, after = (find(strip, QToolButton, f"Scroll{side}Button") for side in ("Left", "Right"))
    assert not after.isVisible(), "all fit"
    window.session.settings.change("shape", hidden=(8,) * 20)
    window.stage.open_layer(1)
    qtbot.waitUntil(after.isVisible)
    assert not before.isEnabled()
    seen = {text for text, whole in tabs_in_sight(window).items() if whole}
    while after.isEnabled():
        qtbot.mouseClick(after, Qt.MouseButton.LeftButton)
        seen |= {text for text, whole in tabs_in_sight(window).items() if whole}
        assert before.isEnabled()
    assert len(seen) == strip.count(), "none is leapt over"
    while before.isEnabled():
        qtbot.mouseClick(before, Qt.MouseButton.LeftButton)
    assert after.isEnabled()
    assert strip.currentIndex() == 0, "to look is not to choose"
