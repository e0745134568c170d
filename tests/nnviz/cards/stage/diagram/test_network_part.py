"""Tests of the middle of the stage: the content of the diagram, and the choice of neurons, with all kinds of data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from engine import explain
from engine.datasets import Dataset
from engine.datasets.dataset import PLANE_COLUMNS, Split, one_hot
from engine.explain.contribution_paths import Activity
from engine.network.network import Network
from nnviz.cards.stage.diagram.layout import BlockKind
from nnviz.cards.stage.diagram.model import ACTIVITY, DEAD
from nnviz.cards.stage.diagram.network_part import NetworkPart
from nnviz.session.selection import Example, Neuron
from nnviz.ui import theme
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import find, leave, pause, train_epochs, train_for_a_while
from tests.nnviz.helpers import hover as move_to

SEVEN = [np.array([[60, 60], [120, 55], [180, 60], [150, 120], [120, 200]], float)]


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards()


def part_of(window: CardWindow, qtbot: QtBot) -> NetworkPart:
    """In view, with something to show."""
    qtbot.waitUntil(lambda: window.session.dataset is not None)
    part = window.stage.network
    settled(part, window, qtbot)
    return part


def settled(part: NetworkPart, window: CardWindow, qtbot: QtBot) -> Activity:
    """Waits until what is known now is drawn."""
    probe = window.session.queries[ACTIVITY]
    qtbot.waitUntil(lambda: probe.result is not None and probe.is_up_to_date)
    part.refresh()
    assert not part.diagram.grab().isNull()
    return probe.result


def show(window: CardWindow, network: Network, part: NetworkPart, qtbot: QtBot) -> Activity:
    """Displays another network, which has the shape of the current one."""
    window.session.displayed.network = network
    window.session.displayed.changed.emit()
    return settled(part, window, qtbot)


def make(window: CardWindow, part: NetworkPart, qtbot: QtBot, *shape: int) -> Activity:
    """Makes another network."""
    window.session.settings.change("shape", shape=shape)
    qtbot.waitUntil(lambda: tuple(window.session.displayed.network.shape) == shape)
    return settled(part, window, qtbot)


def middle(part: NetworkPart, layer: int, number: int) -> QPoint:
    """Where a neuron is."""
    box = part.diagram.box_of((layer, number))
    assert box is not None
    return box.center().toPoint()


def hover(part: NetworkPart, at: QPoint) -> str:
    """Moves the mouse, and reads what is reported."""
    move_to(part.diagram, (at.x(), at.y()))
    part.diagram.grab()
    read_out = find(part.diagram, QLabel, "readOut")
    return read_out.text() if not read_out.isHidden() else ""


@pytest.fixture
def part(ready_window: CardWindow, qtbot: QtBot) -> NetworkPart:
    return part_of(ready_window, qtbot)


# ---- which connections


def test_contributions_lead_to_the_answer(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    activity = settled(part, ready_window, qtbot)
    network, picture = activity.network, ready_window.session.question.example
    assert activity.target == int(network.predict(picture[None])[0].argmax())
    first, last = part.diagram.links
    whole = explain.connection_contributions(network, picture, activity.target, 2)
    np.testing.assert_allclose(first.values, whole[first.above, first.below], rtol=1e-4, atol=1e-7)
    assert np.abs(whole).max() == pytest.approx(first.largest, rel=1e-4)
    assert len(first.values) == 46
    assert set(last.above.tolist()) == {activity.target}

    # Pointing shows the connections of a neuron.
    ready_window.canvas.set_strokes(SEVEN)
    activity = settled(part, ready_window, qtbot)
    reported = hover(part, middle(part, 2, 5))
    assert "layer 2 · neuron 6" in reported
    assert "ReLU(" in reported
    assert part.diagram.focus == (2, 5)
    into, out = part.diagram.links
    assert set(into.above.tolist()) == {5}
    assert set(out.below.tolist()) == {5}
    expected = activity.network.weights[2][out.above, 5] * activity.activations[2][5]
    np.testing.assert_allclose(out.values, expected, rtol=1e-5)
    leave(part.diagram)
    part.diagram.grab()
    assert part.diagram.focus is None
    assert len(part.diagram.links[0].values) == 46

    # On an empty canvas an example that is chosen becomes the input.
    ready_window.canvas.set_strokes([])
    session = ready_window.session
    assert session.dataset is not None
    assert session.dataset.test is not None
    session.selection.choose_example(Example("test", 7))
    activity = settled(part, ready_window, qtbot)
    assert activity.example is not None
    np.testing.assert_allclose(activity.example, session.dataset.test.inputs[7] * session.dataset.test.scale, rtol=1e-6)
    ready_window.canvas.set_strokes(SEVEN)
    assert settled(part, ready_window, qtbot).example is session.question.example
    session.selection.choose_example(Example("validation", 7))
    ready_window.canvas.set_strokes([])
    assert not settled(part, ready_window, qtbot).is_lit, "there is no validation set"

    # The drawing lights it, and how many can be chosen.
    session.selection.choose_example(None)
    assert not settled(part, ready_window, qtbot).is_lit
    ready_window.canvas.set_strokes(SEVEN)
    activity = settled(part, ready_window, qtbot)
    assert activity.is_lit
    assert activity.example is ready_window.session.question.example
    ready_window.canvas.set_strokes([])
    assert not settled(part, ready_window, qtbot).is_lit
    assert not part.diagram.links
    assert not part.legend.isVisible()

    # How many can be chosen.
    ready_window.canvas.set_strokes(SEVEN)
    settled(part, ready_window, qtbot)
    find(part.legend, QMenu, "strongestMenu").actions()[0].trigger()
    part.diagram.grab()
    assert [len(links.values) for links in part.diagram.links] == [20, np.count_nonzero(activity.activations[2])]


# ---- choosing


def test_a_click_chooses_and_the_chosen_one_keeps_its_connections(
    part: NetworkPart, ready_window: CardWindow, qtbot: QtBot
) -> None:
    selection = ready_window.session.selection
    qtbot.mouseClick(part.diagram, Qt.MouseButton.LeftButton, pos=middle(part, 1, 11))
    assert selection.neuron == Neuron(1, 11)
    qtbot.mouseClick(part.diagram, Qt.MouseButton.LeftButton, pos=QPoint(part.diagram.width() - 3, 3))
    assert selection.neuron is None
    qtbot.mouseClick(part.diagram, Qt.MouseButton.LeftButton, pos=middle(part, 2, 3))
    qtbot.keyClick(part.diagram, Qt.Key.Key_Escape)
    assert selection.neuron is None

    # A chosen neuron keeps its connections while the diagram has the focus.
    ready_window.canvas.set_strokes(SEVEN)
    leave(part.diagram)
    part.diagram.setFocus()
    ready_window.session.selection.choose_neuron(Neuron(1, 9))
    settled(part, ready_window, qtbot)
    assert part.diagram.focus == (1, 9)
    assert part.diagram.links[-1].layer == 2
    assert set(part.diagram.links[-1].below.tolist()) == {9}

    # A chosen answer is the target.
    qtbot.mouseClick(part.diagram, Qt.MouseButton.LeftButton, pos=middle(part, 3, 4))
    assert ready_window.session.selection.neuron == Neuron(3, 4)
    leave(part.diagram)
    assert settled(part, ready_window, qtbot).target == 4
    assert set(part.diagram.links[-1].above.tolist()) == {4}
    assert [words for words, _ in part.legend.entries] == ["opposes", "supports 4"]


def test_captions_maps_and_enter_open_a_layer(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    opened: list[int] = []
    part.opened.connect(opened.append)
    captions, diagram = part.captions.buttons, part.diagram
    assert [captions[layer].text() for layer in (1, 2, 3)] == [
        "layer 1 · 64 ReLU · weights −0.3 … +0.3",
        "layer 2 · 32",
        "output · 10",
    ]
    assert captions[2].accessibleName() == "Layer 2, 32 neurons: show all weights"
    qtbot.mouseClick(captions[1], Qt.MouseButton.LeftButton)
    qtbot.keyClick(captions[2], Qt.Key.Key_Return)
    assert diagram.arrangement is not None
    assert set(diagram.arrangement.maps) == {2, 3}, "tiles are the weights of the first layer"
    left, top, width, height = diagram.arrangement.maps[3]
    at = QPoint(round(left + width / 2), round(top + height / 2))
    assert "320 weights" in hover(part, at)
    qtbot.mouseClick(diagram, Qt.MouseButton.LeftButton, pos=at)
    assert ready_window.session.selection.neuron is None
    leave(diagram)
    assert opened == [1, 2, 3]

    ready_window.session.selection.choose_neuron(Neuron(2, 4))
    ready_window.stage.close_layer()
    settled(part, ready_window, qtbot)
    qtbot.keyClick(diagram, Qt.Key.Key_Return)
    assert opened == [1, 2, 3, 2]


def test_a_screen_reader_reads_the_largest_activation_of_each_layer(
    part: NetworkPart, ready_window: CardWindow, qtbot: QtBot
) -> None:
    ready_window.session.selection.choose_example(Example("test", 0))
    activity = settled(part, ready_window, qtbot)
    reported = part.diagram.accessibleDescription().split("; ")
    assert len(reported) == 2
    for layer, words in enumerate(reported, start=1):
        values = activity.activations[layer]
        assert words.startswith(f"layer {layer}, {len(values)} neurons, ")
        assert words.endswith(f"of neuron {np.argmax(values) + 1}")


def test_arrows_move_the_choice_through_all_layers(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    selection, diagram = ready_window.session.selection, part.diagram
    diagram.setFocus()
    assert diagram.arrangement is not None
    first = diagram.arrangement.of(1)
    assert first is not None
    columns = first.columns
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


def shown_in(part: NetworkPart, layer: int) -> list[int]:
    return part.diagram.ranks.numbers(layer).tolist()


def test_wide_layers_show_those_that_matter_most(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    activity = make(ready_window, part, qtbot, 784, 900, 1100, 10)
    diagram, session = part.diagram, ready_window.session
    for layer, count in ((1, 64), (2, 256)):
        shown = shown_in(part, layer)
        shares = np.abs(activity.shares[layer])
        assert len(shown) == count
        assert shares[shown].min() >= np.delete(shares, shown).max()
    name = session.class_names[activity.target or 0]
    assert part.captions.buttons[1].text() == f"layer 1 · the 64 of 900 that matter most for your {name}"

    # Another batch of the same answer changes nothing.
    before = shown_in(part, 1)
    changed = activity.network.copy()
    changed.weights[0][before[0]] = 0
    after = show(ready_window, changed, part, qtbot)
    assert after.target == activity.target
    assert shown_in(part, 1) == before

    # Another answer does.
    changed = changed.copy()
    changed.biases[-1][(after.target + 1) % 10] += 100
    after = show(ready_window, changed, part, qtbot)
    assert after.target != activity.target
    assert before[0] not in shown_in(part, 1)

    # The chosen one is shown.
    hidden = next(number for number in range(1100) if diagram.box_of((2, number)) is None)
    session.selection.choose_neuron(Neuron(2, hidden))
    assert diagram.box_of((2, hidden)) is not None
    diagram.grab()


def test_deep_networks_have_captions_for_layers_in_the_middle(
    part: NetworkPart, ready_window: CardWindow, qtbot: QtBot
) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    make(ready_window, part, qtbot, 784, *[6] * 7, 10)
    diagram, buttons = part.diagram, part.captions.buttons
    assert diagram.arrangement is not None
    assert diagram.arrangement.layers == [1, 6, 7, 8]
    size = diagram.size()
    diagram.resize(260, size.height())
    assert diagram.arrangement.layers == [1, 7, 8]
    assert all(buttons[layer].isVisible() for layer in range(1, 8)), "at rest, too"
    diagram.resize(size)
    assert all(buttons[layer].isVisible() for layer in range(1, 9))
    opened: list[int] = []
    part.opened.connect(opened.append)
    qtbot.mouseClick(buttons[4], Qt.MouseButton.LeftButton)
    assert opened == [4]
    ready_window.stage.close_layer()
    ready_window.session.selection.choose_neuron(Neuron(4, 2))
    diagram.setFocus()
    settled(part, ready_window, qtbot)
    assert diagram.focus is None, "its connections cannot be shown"
    make(ready_window, part, qtbot, 784, *[6] * 60, 10)
    visible = [layer for layer, button in buttons.items() if button.isVisible()]
    assert 58 > len(visible) > 10


def test_shallow_and_broken_networks(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    make(ready_window, part, qtbot, 784, 10)
    assert part.diagram.arrangement is not None
    assert [block.kind for block in part.diagram.arrangement.blocks] == [BlockKind.TILES, BlockKind.BARS]
    assert not part.diagram.links, "tiles show the weights"
    assert "Softmax 0." in hover(part, middle(part, 1, 3))

    # A network that diverged.
    for number in (np.nan, np.inf, 1e38):
        broken = ready_window.session.displayed.network.copy()
        broken.parameters[:] = number
        assert not show(ready_window, broken, part, qtbot).is_lit, number
        hover(part, middle(part, 1, 3))
        part.diagram.grab()


def test_colours_keep_their_range_until_many_weights_leave_it(
    part: NetworkPart, ready_window: CardWindow, qtbot: QtBot
) -> None:
    network = ready_window.session.displayed.network
    caption = part.captions.buttons[1]
    for factor, end in ((0.1, "0.3"), (10, "2.4"), (1, "2.4")):
        larger = network.copy()
        larger.weights[0][...] *= factor
        show(ready_window, larger, part, qtbot)
        assert caption.text().endswith(f"weights −{end} … +{end}")
    ready_window.session.reset()
    qtbot.waitUntil(lambda: ready_window.session.displayed.network is not larger)
    settled(part, ready_window, qtbot)
    assert caption.text().endswith("weights −0.3 … +0.3"), "another run has its own"


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
def part_with(make_cards: MakeCards, qtbot: QtBot) -> Callable[..., tuple[NetworkPart, CardWindow]]:
    """The part in a window with other data, and with a network of that shape."""

    def made(data: Dataset, *shape: int) -> tuple[NetworkPart, CardWindow]:
        window = make_cards()
        qtbot.waitUntil(lambda: window.session.dataset is not None)
        window.session.data.dataset = data
        window.session.data.changed.emit()
        settings = window.session.settings
        settings.show_experiment(
            settings.experiment.for_task(data)
        )  # these data have no name by which the fields could know them
        settings.change("shape", shape=shape)
        qtbot.waitUntil(lambda: tuple(window.session.displayed.network.shape) == shape)
        return part_of(window, qtbot), window

    return made


@pytest.mark.parametrize("classes", [True, False])
def test_a_table(part_with: Callable[..., tuple[NetworkPart, CardWindow]], qtbot: QtBot, classes: bool) -> None:
    part, window = part_with(table_data(classes), 7, 12, 2)
    window.session.selection.choose_example(Example("test", 3))
    activity = settled(part, window, qtbot)
    assert activity.is_lit
    assert part.diagram.arrangement is not None
    assert [block.kind for block in part.diagram.arrangement.blocks] == [
        BlockKind.DOTS,
        BlockKind.DOTS,
        BlockKind.BARS,
    ]
    assert len(part.diagram.links) == 2
    assert "input 2" in hover(part, middle(part, 0, 1))
    leave(part.diagram)
    if classes:
        window.session.selection.choose_neuron(Neuron(2, 0))
        settled(part, window, qtbot)
        assert part.legend.entries[-1][0].startswith("supports <b>"), "as it is written"
        assert "&lt;b&gt;left" in hover(part, middle(part, 2, 0)), "as it is written"


def test_a_plane(part_with: Callable[..., tuple[NetworkPart, CardWindow]], qtbot: QtBot) -> None:
    data = replace(table_data(True, 2), columns=PLANE_COLUMNS)
    part, window = part_with(data, 2, 8, 5, 2)
    window.session.selection.choose_example(Example("test", 3))
    activity = settled(part, window, qtbot)
    assert [len(plane) for plane in activity.planes] == [8, 5, 2]
    assert part.diagram.arrangement is not None
    kinds = [block.kind for block in part.diagram.arrangement.blocks]
    assert kinds == [BlockKind.TILES, BlockKind.TILES, BlockKind.BARS]
    assert len(part.diagram.links) == 2
    assert activity.target is not None
    name = window.session.class_names[activity.target]
    entries = (("opposes", "faint"), (f"supports {name}", "ink"))
    assert part.legend.entries == entries, "blue and orange are classes"
    image = part.diagram.grab().toImage()
    shown = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert not shown & {theme.colour(ink).name() for ink in ("negative", "positive")}


def test_a_curve(part_with: Callable[..., tuple[NetworkPart, CardWindow]], qtbot: QtBot) -> None:
    x = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
    part, window = part_with(Dataset("A curve", Split(x, x**2)), 1, 8, 1)
    activity = settled(part, window, qtbot)
    assert [len(curves) for curves in activity.planes] == [8, 1]
    assert part.diagram.arrangement is not None
    assert [block.kind for block in part.diagram.arrangement.blocks] == [BlockKind.TILES, BlockKind.BARS]
    assert not part.diagram.grab().isNull()


def test_many_inputs_and_outputs(part_with: Callable[..., tuple[NetworkPart, CardWindow]], qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(300, 40)).astype(np.float32), np.arange(300) % 20
    split = Split(inputs, one_hot(labels, 20), labels)
    part, window = part_with(Dataset("Many", split, split.head(50)), 40, 12, 20)
    window.session.selection.choose_example(Example("test", 3))
    activity = settled(part, window, qtbot)
    shown = shown_in(part, 2)
    assert shown == np.argsort(-activity.activations[-1])[:8].tolist(), "the largest first"
    assert len(shown_in(part, 0)) == 12


def test_one_neuron(part_with: Callable[..., tuple[NetworkPart, CardWindow]], qtbot: QtBot) -> None:
    split = Split(np.ones((200, 1), np.float32), np.ones((200, 1), np.float32))
    part, window = part_with(Dataset("One", split, split), 1, 1, 1)
    window.session.selection.choose_example(Example("test", 0))
    settled(part, window, qtbot)
    assert "layer 1 · neuron 1" in hover(part, middle(part, 1, 0))


# ---- what it costs


def test_hidden_it_costs_nothing(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    probe = ready_window.session.queries[ACTIVITY]
    assert probe.is_wanted
    ready_window.stage.open_layer(1)
    assert not probe.is_wanted
    before = probe.result
    train_for_a_while(qtbot, ready_window)
    pause(qtbot, ready_window)
    assert probe.result is before


def test_it_follows_the_training(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    before = settled(part, ready_window, qtbot)
    train_epochs(qtbot, ready_window, 2)
    after = settled(part, ready_window, qtbot)
    assert after.network is ready_window.session.displayed.network
    assert not np.array_equal(after.activations[1], before.activations[1])


# ---- around it


def test_the_connections_as_a_table(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    settled(part, ready_window, qtbot)
    table = part.table()
    assert table is not None
    head, rows = table
    lines = [list(row) for row in rows]
    assert head == ["from", "to", "weight", "contribution"]
    assert len(lines) == sum(len(links.values) for links in part.diagram.links)
    assert abs(float(str(lines[0][3]))) >= abs(float(str(lines[1][3])))
    assert str(lines[0][0]).startswith("layer 1 · neuron ")


def test_in_both_themes(part: NetworkPart, ready_window: CardWindow, qapp: QApplication) -> None:
    for look in ("light", "dark"):
        theme.apply(qapp, look)
        picture = part.diagram.grab().toImage()
        assert picture.pixelColor(picture.width() - 2, 2) == theme.colour("card"), look


def test_a_tile_under_the_mouse_is_shown_large(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    settled(part, ready_window, qtbot)
    read_out = find(part.diagram, QLabel, "readOut")
    assert "neuron 6" in hover(part, middle(part, 2, 5))
    low = read_out.height()
    at = middle(part, 1, 5)
    assert "neuron 6" in hover(part, at)
    place = read_out.geometry()
    assert place.height() >= low + 168
    assert part.diagram.rect().contains(place)
    assert not place.contains(at)
    image, (left, top) = read_out.grab().toImage(), (read_out.contentsRect().x(), read_out.contentsRect().y())
    assert len({image.pixel(left + 84, top + y) for y in range(168)}) > 5, "the weights"
    hover(part, middle(part, 2, 5))
    assert read_out.height() == low


def test_a_read_out_in_a_low_diagram_has_a_smaller_tile(
    part: NetworkPart, ready_window: CardWindow, qtbot: QtBot
) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    settled(part, ready_window, qtbot)
    part.diagram.resize(part.diagram.width(), 150)
    assert "neuron 6" in hover(part, middle(part, 1, 5))
    read_out = find(part.diagram, QLabel, "readOut")
    assert read_out.heightForWidth(read_out.width()) < read_out.height() <= 150


def test_dead_neurons_are_struck_through(part: NetworkPart, ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.canvas.set_strokes(SEVEN)
    network = ready_window.session.displayed.network
    network = network.with_parameters(network.parameters.copy())
    network.biases[1][3] = -1e6
    show(ready_window, network, part, qtbot)
    query = ready_window.session.queries[DEAD]
    qtbot.waitUntil(lambda: query.result is not None and query.is_up_to_date)
    part.refresh()
    assert "dead" in hover(part, middle(part, 2, 3))
    assert "dead" not in hover(part, middle(part, 2, 4))
    leave(part.diagram)
    image = part.diagram.grab().toImage()
    corners = (part.diagram.box_of((2, number)) for number in (3, 4))
    struck, other = (image.pixelColor(box.bottomLeft().toPoint() + QPoint(1, -2)) for box in corners if box is not None)
    assert struck != other
