"""Tests of the network card: the content of the diagram, and the choice of neurons, with all kinds of data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.dataset import Split, one_hot
from engine.explain.contribution_paths import Activity
from engine.network.network import Network
from nnviz.cards.stage.diagram.card import DiagramCard, DiagramPage
from nnviz.cards.stage.diagram.layout import BlockKind
from nnviz.cards.stage.diagram.model import ACTIVITY
from nnviz.session.selection import Example, Neuron
from nnviz.ui import theme
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import find, leave, pause, train_epochs, train_for_a_while
from tests.nnviz.helpers import hover as move_to

SEVEN = [np.array([[60, 60], [120, 55], [180, 60], [150, 120], [120, 200]], float)]


SHOWN = ("networkDock",)  # cards


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards(*SHOWN)


def page_of(window: CardWindow, qtbot: QtBot) -> DiagramPage:
    """In front, with something to show."""
    window.show_workspace("inside")
    card = window.card("networkDock")
    assert isinstance(card, DiagramCard)
    qtbot.waitUntil(lambda: window.session.dataset is not None)
    page = card.diagram
    settled(page, window, qtbot)
    return page


def settled(page: DiagramPage, window: CardWindow, qtbot: QtBot) -> Activity:
    """Waits until what is known now is drawn."""
    probe = window.session.queries[ACTIVITY]
    qtbot.waitUntil(lambda: probe.result is not None and probe.is_up_to_date)
    page.refresh()
    assert not page.diagram.grab().isNull()
    return probe.result


def show(window: CardWindow, network: Network, page: DiagramPage, qtbot: QtBot) -> Activity:
    """Displays another network, which has the shape of the current one."""
    window.session.displayed.network = network
    window.session.displayed.changed.emit()
    return settled(page, window, qtbot)


def make(window: CardWindow, page: DiagramPage, qtbot: QtBot, *shape: int) -> Activity:
    """Makes another network."""
    window.session.settings.change("shape", shape=shape)
    qtbot.waitUntil(lambda: tuple(window.session.displayed.network.shape) == shape)
    return settled(page, window, qtbot)


def middle(page: DiagramPage, layer: int, number: int) -> QPoint:
    """Where a neuron is."""
    box = page.diagram.box_of((layer, number))
    assert box is not None
    return box.center().toPoint()


def pixels_of_tile(page: DiagramPage) -> Array:
    """The picture of the first neuron's weights, (height, width, 4)."""
    box = page.diagram.box_of((1, 0))
    assert box is not None
    image = page.diagram.grab(box.toRect()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits().asstring(image.byteCount()), np.uint8)
    return pixels.reshape(image.height(), image.width(), 4).astype(int)


def hover(page: DiagramPage, at: QPoint) -> str:
    """Moves the mouse, and reads what is reported."""
    move_to(page.diagram, (at.x(), at.y()))
    page.diagram.grab()
    read_out = find(page.diagram, QLabel, "readOut")
    return read_out.text() if not read_out.isHidden() else ""


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> DiagramPage:
    return page_of(ready_window, qtbot)


# ---- which connections


def test_contributions_lead_to_the_answer(page: DiagramPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    activity = settled(page, ready_window, qtbot)
    network, picture = activity.network, ready_window.session.question.example
    assert activity.target == int(network.predict(picture[None])[0].argmax())
    first, last = page.diagram.links
    whole = explain.connection_contributions(network, picture, activity.target, 2)
    np.testing.assert_allclose(first.values, whole[first.above, first.below], rtol=1e-4, atol=1e-7)
    assert np.abs(whole).max() == pytest.approx(first.largest, rel=1e-4)
    assert len(first.values) == 60
    assert set(last.above.tolist()) == {activity.target}

    # Pointing shows the connections of a neuron.
    ready_window.canvas.set_strokes(SEVEN)
    activity = settled(page, ready_window, qtbot)
    reported = hover(page, middle(page, 2, 5))
    assert "layer 2 · neuron 6" in reported
    assert "ReLU(" in reported
    assert page.diagram.focus == (2, 5)
    into, out = page.diagram.links
    assert set(into.above.tolist()) == {5}
    assert set(out.below.tolist()) == {5}
    expected = activity.network.weights[2][out.above, 5] * activity.activations[2][5]
    np.testing.assert_allclose(out.values, expected, rtol=1e-5)
    leave(page.diagram)
    page.diagram.grab()
    assert page.diagram.focus is None
    assert len(page.diagram.links[0].values) == 60

    # Without a drawing the chosen example does.
    ready_window.canvas.set_strokes([])
    session = ready_window.session
    assert session.dataset is not None
    assert session.dataset.test is not None
    session.selection.choose_example(Example("test", 7))
    activity = settled(page, ready_window, qtbot)
    assert activity.example is not None
    np.testing.assert_allclose(activity.example, session.dataset.test.inputs[7] * session.dataset.test.scale, rtol=1e-6)
    ready_window.canvas.set_strokes(SEVEN)
    assert settled(page, ready_window, qtbot).example is session.question.example
    session.selection.choose_example(Example("validation", 7))
    ready_window.canvas.set_strokes([])
    assert not settled(page, ready_window, qtbot).is_lit, "there is no validation set"

    # The drawing lights it, and how many can be chosen.
    session.selection.choose_example(None)
    assert not settled(page, ready_window, qtbot).is_lit
    ready_window.canvas.set_strokes(SEVEN)
    activity = settled(page, ready_window, qtbot)
    assert activity.is_lit
    assert activity.example is ready_window.session.question.example
    ready_window.canvas.set_strokes([])
    assert not settled(page, ready_window, qtbot).is_lit

    # How many can be chosen.
    find(page.count_button, QMenu, "strongestMenu").actions()[0].trigger()
    page.diagram.grab()
    assert page.count_button.text().startswith("strongest 20")
    assert [len(links.values) for links in page.diagram.links] == [20, 20]


# ---- choosing


def test_a_click_chooses_and_the_chosen_one_keeps_its_connections(
    page: DiagramPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    selection = ready_window.session.selection
    qtbot.mouseClick(page.diagram, Qt.MouseButton.LeftButton, pos=middle(page, 1, 11))
    assert selection.neuron == Neuron(1, 11)
    qtbot.mouseClick(page.diagram, Qt.MouseButton.LeftButton, pos=QPoint(page.diagram.width() - 3, 3))
    assert selection.neuron is None
    qtbot.mouseClick(page.diagram, Qt.MouseButton.LeftButton, pos=middle(page, 2, 3))
    qtbot.keyClick(page.diagram, Qt.Key.Key_Escape)
    assert selection.neuron is None

    # A chosen neuron keeps its connections.
    leave(page.diagram)
    ready_window.session.selection.choose_neuron(Neuron(1, 9))
    settled(page, ready_window, qtbot)
    assert page.diagram.focus == (1, 9)
    assert page.diagram.links[-1].layer == 2
    assert set(page.diagram.links[-1].below.tolist()) == {9}

    # A chosen answer is the target.
    ready_window.canvas.set_strokes(SEVEN)
    settled(page, ready_window, qtbot)
    qtbot.mouseClick(page.diagram, Qt.MouseButton.LeftButton, pos=middle(page, 3, 4))
    assert ready_window.session.selection.neuron == Neuron(3, 4)
    leave(page.diagram)
    assert settled(page, ready_window, qtbot).target == 4
    assert set(page.diagram.links[-1].above.tolist()) == {4}
    assert page.key.more == "for 4"


def test_arrows_move_the_choice_through_all_layers(page: DiagramPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    selection, diagram = ready_window.session.selection, page.diagram
    diagram.setFocus()
    assert diagram.arrangement is not None
    columns = diagram.arrangement.blocks[1].columns
    for key, wanted in [
        (Qt.Key.Key_Right, Neuron(1, 0)),
        (Qt.Key.Key_Right, Neuron(1, 1)),
        (Qt.Key.Key_Down, Neuron(1, 1 + columns)),
        (Qt.Key.Key_Left, Neuron(1, columns)),
        (Qt.Key.Key_End, Neuron(1, 63)),
    ]:
        qtbot.keyClick(diagram, key)
        assert selection.neuron == wanted
    qtbot.keyClick(diagram, Qt.Key.Key_Right)
    assert selection.neuron is not None
    assert selection.neuron.layer == 2
    qtbot.keyClick(diagram, Qt.Key.Key_Home)
    assert selection.neuron == Neuron(2, 0)
    qtbot.keyClick(diagram, Qt.Key.Key_Up)
    assert selection.neuron == Neuron(2, 0), "there is nothing above"
    assert "layer 2 · neuron 1" in diagram.accessibleDescription()


# ---- any network


def test_networks_that_are_wide_deep_shallow_and_broken(
    page: DiagramPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    activity = make(ready_window, page, qtbot, 784, 900, 900, 10)
    diagram, layout = page.diagram, page.diagram.arrangement
    assert layout is not None
    assert layout.blocks[2].shown == 64
    shown = set(diagram.ranks.numbers(2).tolist())
    shares = np.abs(activity.shares[2])
    assert shares[list(shown)].min() >= np.delete(shares, list(shown)).max()
    spot = next(spot for spot in diagram.spots if spot.layer == 2)
    assert spot.said == "… 836 more"
    qtbot.mouseClick(diagram, Qt.MouseButton.LeftButton, pos=spot.box.center().toPoint())
    assert diagram.arrangement is not None
    assert diagram.arrangement.blocks[2].shown == 256
    diagram.grab()
    qtbot.keyClick(diagram, Qt.Key.Key_Home)
    hidden = next(number for number in range(900) if diagram.box_of((2, number)) is None)
    ready_window.session.selection.choose_neuron(Neuron(2, hidden))
    assert diagram.box_of((2, hidden)) is not None, "what is chosen is shown"
    diagram.grab()
    fewer = next(spot for spot in diagram.spots if spot.layer == 2 and not spot.wants_more)
    qtbot.mouseClick(diagram, Qt.MouseButton.LeftButton, pos=fewer.box.center().toPoint())
    assert diagram.arrangement.blocks[2].shown == 64

    # Deep networks open_more.
    ready_window.session.selection.choose_neuron(None)
    make(ready_window, page, qtbot, 784, *[6] * 60, 10)
    diagram = page.diagram
    assert diagram.arrangement is not None
    assert diagram.arrangement.folds
    assert diagram.width() <= page.view.width()
    ready_window.session.selection.choose_neuron(Neuron(30, 2))
    assert diagram.box_of((30, 2)) is not None
    qtbot.keyClick(diagram, Qt.Key.Key_Escape)
    qtbot.keyClick(diagram, Qt.Key.Key_Plus)
    assert not diagram.arrangement.folds
    assert diagram.width() > page.view.width()
    assert not diagram.grab().isNull()
    qtbot.keyClick(diagram, Qt.Key.Key_Minus)
    assert diagram.width() <= page.view.width()

    # Places do not jump while it learns.
    before = make(ready_window, page, qtbot, 784, 900, 10).network
    numbers = page.diagram.ranks.numbers(1).tolist()
    changed = before.copy()
    changed.parameters *= 1 + np.random.default_rng(0).normal(0, 0.05, len(changed.parameters)).astype(np.float32)
    show(ready_window, changed, page, qtbot)
    assert page.diagram.ranks.numbers(1).tolist() == numbers

    # No hidden layer.
    make(ready_window, page, qtbot, 784, 10)
    (links,) = page.diagram.links
    assert len(links.values) == 60
    assert "Softmax 0." in hover(page, middle(page, 1, 3))

    # A network that diverged.
    for number in (np.nan, np.inf, 1e38):
        broken = ready_window.session.displayed.network.copy()
        broken.parameters[:] = number
        assert not show(ready_window, broken, page, qtbot).is_lit, number
        hover(page, middle(page, 1, 3))
        page.diagram.grab()


def test_colours_of_tiles_fit_the_weights_at_once(page: DiagramPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    network = ready_window.session.displayed.network
    default = pixels_of_tile(page)
    larger = network.copy()
    larger.weights[0][...] *= 10  # as is their range, so that their colours are as before
    show(ready_window, larger, page, qtbot)
    assert np.abs(pixels_of_tile(page) - default).mean() < 2


# ---- any data


def table_data(classes: bool, width: int = 7) -> Dataset:
    """Rows of columns, with classes whose names are no markup, or with targets."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, width)).astype(np.float32)
    if classes:
        labels = (inputs[:, 0] > 0).astype(int)
        split = Split(inputs, one_hot(labels, 2), labels)
        return Dataset("A table", split, split.head(50), class_names=("<b>left</b> & co", "right"))
    split = Split(inputs, (inputs[:, :2] * 30).astype(np.float32))
    return Dataset("Targets", split, split.head(50))


@pytest.fixture
def page_with(make_cards: MakeCards, qtbot: QtBot) -> Callable[..., tuple[DiagramPage, CardWindow]]:
    """The page in a window with other data, and with a network of that shape."""

    def made(data: Dataset, *shape: int) -> tuple[DiagramPage, CardWindow]:
        window = make_cards(*SHOWN)
        qtbot.waitUntil(lambda: window.session.dataset is not None)
        window.session.data.dataset = data
        window.session.data.changed.emit()
        settings = window.session.settings
        settings.show_experiment(
            settings.experiment.for_task(data)
        )  # these data have no name by which the fields could know them
        settings.change("shape", shape=shape)
        qtbot.waitUntil(lambda: tuple(window.session.displayed.network.shape) == shape)
        return page_of(window, qtbot), window

    return made


@pytest.mark.parametrize("classes", [True, False])
def test_a_table(page_with: Callable[..., tuple[DiagramPage, CardWindow]], qtbot: QtBot, classes: bool) -> None:
    page, window = page_with(table_data(classes), 7, 12, 2)
    window.session.selection.choose_example(Example("test", 3))
    activity = settled(page, window, qtbot)
    assert activity.is_lit
    assert page.diagram.arrangement is not None
    assert [block.kind for block in page.diagram.arrangement.blocks.values()] == [
        BlockKind.DOTS,
        BlockKind.DOTS,
        BlockKind.BARS,
    ]
    assert len(page.diagram.links) == 2
    assert "input 2" in hover(page, middle(page, 0, 1))
    leave(page.diagram)
    if classes:
        window.session.selection.choose_neuron(Neuron(2, 0))
        settled(page, window, qtbot)
        assert page.key.more.startswith("for <b>"), "as it is written"
        assert "&lt;b&gt;left" in hover(page, middle(page, 2, 0)), "as it is written"


def test_a_plane(page_with: Callable[..., tuple[DiagramPage, CardWindow]], qtbot: QtBot) -> None:
    page, window = page_with(table_data(True, 2), 2, 8, 5, 2)
    activity = settled(page, window, qtbot)
    assert [len(plane) for plane in activity.planes] == [8, 5, 2]
    assert page.diagram.arrangement is not None
    kinds = [block.kind for block in page.diagram.arrangement.blocks.values()]
    assert kinds == [BlockKind.DOTS, BlockKind.TILES, BlockKind.TILES, BlockKind.BARS]
    assert len(page.diagram.links) == 3


def test_one_neuron(page_with: Callable[..., tuple[DiagramPage, CardWindow]], qtbot: QtBot) -> None:
    split = Split(np.ones((200, 1), np.float32), np.ones((200, 1), np.float32))
    page, window = page_with(Dataset("One", split, split), 1, 1, 1)
    window.session.selection.choose_example(Example("test", 0))
    settled(page, window, qtbot)
    assert "layer 1 · neuron 1" in hover(page, middle(page, 1, 0))


# ---- what it costs


def test_hidden_it_costs_nothing(page: DiagramPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    probe = ready_window.session.queries[ACTIVITY]
    assert probe.is_wanted
    ready_window.show_workspace("train")
    assert not probe.is_wanted
    before = probe.result
    train_for_a_while(qtbot, ready_window)
    pause(qtbot, ready_window)
    assert probe.result is before


def test_it_follows_the_training(page: DiagramPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    before = settled(page, ready_window, qtbot)
    train_epochs(qtbot, ready_window, 2)
    after = settled(page, ready_window, qtbot)
    assert after.network is ready_window.session.displayed.network
    assert not np.array_equal(after.activations[1], before.activations[1])


# ---- around it


def test_the_connections_as_a_table(page: DiagramPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    settled(page, ready_window, qtbot)
    table = page.table()
    assert table is not None
    head, rows = table
    lines = [list(row) for row in rows]
    assert head == ["from", "to", "weight", "contribution to the output"]
    assert len(lines) == sum(len(links.values) for links in page.diagram.links)
    assert abs(float(str(lines[0][3]))) >= abs(float(str(lines[1][3])))
    assert str(lines[0][0]).startswith("layer 1 · neuron ")


def test_in_both_themes(page: DiagramPage, ready_window: CardWindow, qapp: QApplication) -> None:
    for look in ("light", "dark"):
        theme.apply(qapp, look)
        picture = page.diagram.grab().toImage()
        assert picture.pixelColor(picture.width() - 2, 2) == theme.colour("card"), look
