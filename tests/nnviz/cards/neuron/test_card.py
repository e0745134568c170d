"""Tests of the neuron card: report, what-ifs, edits and ranking, with all kinds of data and networks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot
from engine.datasets.scaling import Scaling
from engine.explain import neurons
from engine.explain.contribution_paths import compute_activity
from engine.training.metrics import Evaluator
from nnviz.cards.neuron.card import NeuronPage
from nnviz.cards.neuron.model import NEURON, NEURON_ERROR, NEURON_NOW, NeuronModel
from nnviz.formatting.text import short
from nnviz.session.selection import Example, Neuron
from nnviz.session.status import Status
from nnviz.ui.name_elision import fitted
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import (
    bring_to_front,
    click,
    drag,
    find,
    hover,
    is_shown,
    leave,
    press,
    seven,
    show_page,
    train_epochs,
    train_for_a_while,
)

SHOWN = ("inspector",)  # cards


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return SHOWN


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def table_of(count: int, classes: int, seed: int) -> Split:
    """Rows of three columns of very different sizes; the class depends on the first."""
    rng = np.random.default_rng(seed)
    rows = (rng.normal(0, 1, (count, 3)) * [1, 100, 0.01]).astype(np.float32)
    labels = np.clip(np.rint(rows[:, 0] + 1), 0, classes - 1).astype(np.int64)
    return Split(rows, one_hot(labels, classes), labels)


TABLE = Dataset("A <b>table</b>", table_of(300, 3, 0), table_of(90, 3, 1), class_names=("<i>a</i>", "b", "c"))
TARGETS = Dataset(
    "Targets",
    Split(TABLE.train.inputs, TABLE.train.inputs[:, :1]),
    Split(TABLE.train.inputs, TABLE.train.inputs[:, :1]),
)


def panel_of(window: CardWindow) -> NeuronPage:
    card = window.card("neuronDock")
    assert isinstance(card, NeuronPage)
    return card


def choose(qtbot: QtBot, window: CardWindow, layer: int, number: int) -> NeuronPage:
    """Chooses a neuron in the workspace "inside" and waits until all is known of it."""
    window.show_workspace("inside")
    panel = show_page(window, "neuronDock")
    qtbot.waitUntil(lambda: panel.in_view)
    window.session.selection.choose_neuron(Neuron(layer, number))
    settle(qtbot, window)
    return panel


def settle(qtbot: QtBot, window: CardWindow) -> None:
    """Until all is computed."""
    probes = window.session.queries
    qtbot.waitUntil(
        lambda: all(probes[name].is_up_to_date for name in (NEURON, NEURON_NOW, NEURON_ERROR)), timeout=9000
    )


def words(window: CardWindow, name: str) -> str:
    return find(window, QLabel, name).text()


def conclusion(window: CardWindow) -> str:
    """All sentences of the conclusion, also those without room."""
    return find(window, QLabel, "neuronConclusion").toolTip()


def rank(qtbot: QtBot, window: CardWindow, panel: NeuronPage) -> None:
    """Ranks the layer of the chosen neuron, after a what-if if there is none."""
    neuron = window.session.selection.neuron
    if not window.session.displayed.what_if and neuron is not None:
        window.session.edits.set_strength(neuron, 0.5)
    click(qtbot, panel, QPushButton, "whichCouldGoButton")


@pytest.fixture
def on_data(make_cards: MakeCards, load_with: Callable[..., None], qtbot: QtBot) -> Callable[..., CardWindow]:
    """Makes a window with data and a network of that shape for them."""

    def made(data: Dataset, *hidden: int, **changes: object) -> CardWindow:
        load_with(lambda: data)
        window = make_cards(*SHOWN)
        qtbot.waitUntil(lambda: window.session.state is Status.READY)
        settings = window.session.settings
        shape = (data.width, *hidden, data.outputs)
        activations = ("relu",) * len(hidden) + (("softmax",) if data.train.labels is not None else ("identity",))
        loss = "cross-entropy" if data.train.labels is not None else "quadratic"
        settings.choose(
            "shape", settings.experiment.changed(shape=shape, activations=activations, loss=loss, **changes)
        )
        qtbot.waitUntil(lambda: window.session.displayed.network.shape == list(shape), timeout=20_000)
        return window

    return made


# ---- what is shown


def test_nothing_chosen_says_how_to_choose_and_an_output_stays_on(ready_window: CardWindow, qtbot: QtBot) -> None:
    ready_window.show_workspace("inside")
    panel = show_page(ready_window, "neuronDock")
    qtbot.waitUntil(lambda: panel.in_view)
    assert any("Click a neuron" in each.text() for each in panel.findChildren(QLabel) if each.isVisible())
    assert not find(panel, QSlider, "neuronStrength").isVisible()
    assert panel.table() is None

    # An output cannot be switched off.
    panel = choose(qtbot, ready_window, 3, 7)
    assert not find(panel, QSlider, "neuronStrength").isEnabled()
    assert "Without it" not in conclusion(ready_window)
    press(qtbot, ready_window, Qt.Key.Key_S)
    assert ready_window.session.displayed.what_if == {}
    assert panel.table() is not None


def test_of_an_input_it_shows_the_neuron_that_contributes_most(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, selection = ready_window, ready_window.session.selection
    train_epochs(qtbot, window, 1)
    QApplication.processEvents()  # gives the canvas its size
    drag(window.canvas, seven(window.canvas))
    assert selection.neuron is None, "no page is in front that needs one"
    window.show_workspace("inside")
    panel = show_page(window, "neuronDock")
    qtbot.waitUntil(lambda: selection.neuron is not None)
    activity = compute_activity(window.session.displayed.network, window.session.question.example)
    strongest = int(np.abs(activity.shares[1]).argmax())
    assert selection.neuron == Neuron(1, strongest)
    assert panel.title == f"Neuron {strongest + 1}"

    # One that was chosen stays, and brings no page to the front.
    card, other = window.card("inspector"), show_page(window, "mapPage")
    selection.choose_neuron(Neuron(2, 3))
    assert card.page is other
    assert card.tabs.tabText(card.pages.index(panel)) == "Neuron 4"
    card.turn_to(panel)
    settle(qtbot, window)
    assert selection.neuron == Neuron(2, 3)


def test_without_hidden_layers_that_is_the_prediction(on_data: Callable[..., CardWindow], qtbot: QtBot) -> None:
    window = on_data(TABLE)
    window.show_workspace("inside")
    show_page(window, "neuronDock")
    qtbot.waitUntil(lambda: window.session.selection.neuron is not None)
    network, example = window.session.displayed.network, window.session.question.example
    assert example is not None
    assert window.session.selection.neuron == Neuron(1, int(network.predict(example[None])[0].argmax()))


def test_all_that_is_known_of_it(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 2)
    drag(window.canvas, seven(window.canvas))
    panel = choose(qtbot, window, 1, 3)
    session, dataset = window.session, window.session.dataset
    assert dataset is not None
    assert dataset.test is not None
    network, test = session.displayed.network, dataset.test
    assert panel.title == "Neuron 4"
    picture = session.question.example
    assert picture is not None
    now = neurons.activation(network, picture, 1, 3)
    bias = f"bias {float(network.biases[0][3, 0]):.2f}".replace("-", "−")
    assert words(window, "neuronFacts") == f"layer 1 · activation {now:.2f} · {bias}"
    report = panel._model.report
    assert report is not None
    values = neurons.answers(network, test, 1, 3).values
    assert test.labels is not None
    assert report.means == pytest.approx(neurons.mean_by_class(values, test.labels, 10))
    assert [each.number for each in report.excited_by] == np.argsort(-values, kind="stable")[:9].tolist()
    without = neurons.scaled(network, {(1, 3): 0})
    before, after = (Evaluator(each, test).evaluate().error for each in (network, without))
    assert f"from {100 * before:.2f} to {100 * after:.2f} %" in conclusion(window)
    table = panel.table()
    assert table is not None
    assert len(list(table[1])) == 1 + 784 + 32 + 10
    assert window.card("inspector").caption == "Neuron 4"


def test_picking_goes_on(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    panel = choose(qtbot, window, 1, 3)
    report = panel._model.report
    assert report is not None
    qtbot.mouseClick(
        panel.activations.examples, Qt.MouseButton.LeftButton, pos=panel.activations.examples.place_of(1).center()
    )
    assert window.session.selection.example == Example("test", report.excited_by[1].number)

    # A deeper neuron is carried back and climbed to.
    panel = choose(qtbot, window, 2, 5)
    combo = find(panel, QComboBox, "neuronViewCombo")
    assert combo.isVisible()
    assert panel.weights.map.isVisible()
    report = panel._model.report
    assert report is not None
    assert report.ascent is not None
    combo.setCurrentIndex(1)
    assert panel.weights.input.isVisible()
    assert words(window, "neuronWeightsCaption").startswith("an input"), "no example that anyone drew"
    combo.setCurrentIndex(2)
    assert panel.weights.bars.isVisible()
    window.session.selection.choose_neuron(Neuron(1, 0))
    assert not combo.isVisible()
    assert panel.weights.map.isVisible()

    # A dead neuron is named as dead.
    choose(qtbot, window, 1, 3)
    assert "dead" not in conclusion(window)
    window.session.edits.set_bias(Neuron(1, 3), -1000.0)
    settle(qtbot, window)
    assert "dead" in conclusion(window)
    assert words(window, "neuronExamplesName") == "It fires for none."
    assert panel_of(window).activations.examples.count == 0


@pytest.mark.parametrize("cards", [(*SHOWN, "weightsDock")], ids=["weights"])
def test_the_weights_card_shares_the_choice_and_hidden_it_costs_nothing(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.show_workspace("train")
    weights = window.card("weightsDock")
    qtbot.waitUntil(lambda: weights.in_view and weights.map.grid is not None)
    qtbot.mouseClick(weights.map, Qt.MouseButton.LeftButton, pos=weights.map.tile_rect(6).center())
    assert window.session.selection.neuron == Neuron(1, 6)
    window.session.selection.choose_neuron(Neuron(1, 9))
    assert weights.map._chosen == 9

    # Hidden it costs nothing.
    choose(qtbot, window, 1, 3)
    window.show_workspace("train")
    qtbot.waitUntil(lambda: not panel_of(window).in_view)
    assert not any(window.session.queries[name].is_wanted for name in (NEURON, NEURON_NOW, NEURON_ERROR))


ANSWERS = {
    0.0: "0.00",
    12.34: "12.34",
    0.004: "0.004",
    1e-4: "1e−4",
    4e-7: "4e−7",
    -123456.0: "−1.23e5",
}


# ---- what if


def test_an_activation_is_never_cut_and_the_stage_says_the_what_if(whole_window: MainWindow, qtbot: QtBot) -> None:
    # A what-if is said once, over the stage, and ends with a click there.
    window = whole_window
    train_epochs(qtbot, window, 1)
    panel = choose(qtbot, window, 1, 3)
    sizes = {dock: dock.geometry() for dock in window.panels if dock.isVisible()}
    press(qtbot, window, Qt.Key.Key_S)
    assert window.session.displayed.what_if == {Neuron(1, 3): 0}
    settle(qtbot, window)
    chip = find(window, QPushButton, "whatIfButton")
    assert chip.text().startswith("what if: layer 1 · neuron 4 off")
    assert {dock: dock.geometry() for dock in window.panels if dock.isVisible()} == sizes, "nothing jumps"
    assert "Without it" in conclusion(window)
    assert find(panel, QPushButton, "neuronOffButton").isChecked()
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert window.session.displayed.what_if == {}
    assert not chip.isVisible()

    # An activation is never cut.
    window.resize(1280, 720)
    panel = choose(qtbot, window, 2, 31)
    for value, shown in ANSWERS.items():
        activation = f"activation {short(value)}"
        panel._facts.show_versions(f"layer 2 · {activation} · bias −0.05", activation)
        QApplication.processEvents()
        assert f"activation {shown}" in panel._facts.shown


def test_the_slider_scales_and_one_undo_takes_it_back(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    panel = choose(qtbot, window, 1, 3)
    slider = find(panel, QSlider, "neuronStrength")
    slider.setSliderDown(True)
    for value in (18, 14, 10):
        slider.setValue(value)
    slider.setSliderDown(False)
    assert window.session.displayed.what_if == {Neuron(1, 3): 0.5}
    window.session.undo.undo()
    assert window.session.displayed.what_if == {}
    assert slider.value() == 20
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert window.session.displayed.what_if == {Neuron(1, 3): 0.95}
    click(qtbot, panel, QPushButton, "neuronKeepButton")
    assert window.session.displayed.what_if == {}
    assert window.session.runs.current.unsaved
    assert not find(panel, QPushButton, "neuronKeepButton").isVisible()

    # The error follows while it learns.
    choose(qtbot, window, 1, 3)
    train_for_a_while(qtbot, window)
    click(qtbot, window, QPushButton, "neuronOffButton")
    qtbot.waitUntil(lambda: "Without it" in conclusion(window), timeout=3000)
    assert window.session.state is Status.TRAINING


# ---- edits


def test_a_bias_and_a_weight_are_edited_in_its_window(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    panel = choose(qtbot, window, 1, 3)
    answer = window.session.prediction
    click(qtbot, panel, QPushButton, "neuronEditButton")
    dialog = panel.edit_dialog
    assert dialog.isVisible()
    assert "layer 1 · neuron 4" in dialog.windowTitle()
    line = find(dialog, QLineEdit, "neuronValueEdit")
    for typed, is_wrong in (("none", True), ("1e9", True), ("7,5", False)):
        line.clear()
        qtbot.keyClicks(line, typed)
        qtbot.mouseClick(dialog.set_button, Qt.MouseButton.LeftButton)
        assert bool(dialog.value.property("wrong")) is is_wrong
        assert dialog.isVisible() is is_wrong, "it closes when the number was set"
    assert window.session.displayed.network.biases[0][3, 0] == 7.5
    assert words(window, "neuronFacts").endswith("bias 7.50")
    assert answer is not None
    assert (window.session.prediction != answer).any()
    assert "7.5" in window.session.undo.last().text

    # A click on a weight edits it.
    place = panel.weights.map.picture_rect().center()
    qtbot.mouseMove(panel.weights.map, place)
    qtbot.mouseClick(panel.weights.map, Qt.MouseButton.LeftButton, pos=place)
    pointed = panel.weights.map.pointed
    assert pointed is not None
    dialog = panel.edit_dialog
    assert dialog.isVisible()
    assert dialog.source.isVisible()
    assert dialog.source.text() == str(pointed[1] + 1)
    line = find(dialog, QLineEdit, "neuronValueEdit")
    line.clear()
    qtbot.keyClicks(line, "-0.25")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert window.session.displayed.network.weights[0][3, pointed[1]] == -0.25


def test_the_window_for_edits(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    panel = choose(qtbot, window, 1, 3)
    button, dialog = find(panel, QPushButton, "neuronEditButton"), panel.edit_dialog
    before = float(window.session.displayed.network.biases[0][3, 0])
    for size, key in itertools.product(((1440, 900), (1280, 720)), (Qt.Key.Key_Escape, Qt.Key.Key_Return)):
        window.resize(*size)
        bring_to_front(qtbot, window)  # as a desktop does when the other window closes
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        at = QRect(button.mapToGlobal(QPoint(0, 0)), button.size())
        assert not dialog.geometry().intersects(at)
        assert dialog.geometry().adjusted(-8, -8, 8, 8).intersects(at), "beside its button"
        assert not dialog.source.isVisible(), "a bias comes from no input"
        value = dialog.value
        assert value.y() - dialog.part.geometry().bottom() < 20, "no gap"
        qtbot.waitUntil(value.hasFocus)
        focused = QApplication.focusWidget()
        qtbot.keyClick(focused, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(focused, "3.5")
        qtbot.keyClick(focused, key)
        assert not dialog.isVisible()
        expected = before if key == Qt.Key.Key_Escape else 3.5
        assert float(window.session.displayed.network.biases[0][3, 0]) == pytest.approx(expected)
        if key == Qt.Key.Key_Return:
            window.session.undo.undo()
            value_now = float(window.session.displayed.network.biases[0][3, 0])
            assert value_now == pytest.approx(before), "it was set once"


# ---- which could go


def test_which_could_go(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    panel = choose(qtbot, window, 2, 3)
    ranking = window.session.models[NeuronModel].ranking
    rank(qtbot, window, panel)
    qtbot.waitUntil(lambda: not ranking.is_running)
    assert panel.ranking.isVisible()
    assert panel.ranking.bars.count == 32
    losses = [each.error for each in ranking.result[1]]
    best = int(np.argsort(losses, kind="stable")[0])
    assert panel.ranking._order[0] == best
    table = panel.table()
    assert table is not None
    assert len(list(table[1])) == 32
    qtbot.mouseClick(panel.ranking.bars, Qt.MouseButton.LeftButton, pos=QPoint(30, 5))
    assert window.session.selection.neuron == Neuron(2, best)
    assert not panel.ranking.isVisible()

    # One that is pointed at may go.
    panel = choose(qtbot, window, 2, 4)
    rank(qtbot, window, panel)
    qtbot.waitUntil(lambda: not ranking.is_running)
    hover(panel.ranking.bars, (30, 5))
    assert window.session.selection.pointed == Neuron(2, panel.ranking._order[0])
    ranking.forget()
    leave(panel.ranking.bars)
    assert window.session.selection.pointed is None

    # A neuron that is off already has no rank.
    panel = choose(qtbot, window, 2, 3)
    window.session.edits.set_strength(Neuron(2, 5), 0.0)
    rank(qtbot, window, panel)
    qtbot.waitUntil(lambda: not window.session.models[NeuronModel].ranking.is_running)
    bars, last = panel.ranking.bars, panel.ranking.bars.count - 1
    assert find(window, QLabel, "rankingTitle").text().startswith("Layer 2: rise of the test error without each neuron")
    assert panel.ranking._order[last] == 5
    assert bars._names[last] == "neuron 6 (off)"
    assert np.isnan(bars._values[last]), "not +0.00"
    assert np.isfinite(bars._values[:last]).all()
    assert bars.describe(last).startswith("neuron 6 is already switched off")
    head, rows = panel.table()
    assert [row[head.index("error with it")] == "" for row in rows] == [number == 5 for number in range(32)]

    # It is dropped with its moment and its network.
    assert window.session.models[NeuronModel].ranking.result is not None
    window.session.timeline.go_to(0)
    assert window.session.models[NeuronModel].ranking.result is None
    assert not panel.ranking.isVisible()
    window.session.timeline.go_live()
    panel = choose(qtbot, window, 1, 3)
    rank(qtbot, window, panel)
    window.session.reset()
    assert not window.session.models[NeuronModel].ranking.is_running
    assert window.session.models[NeuronModel].ranking.result is None
    assert not panel.ranking.isVisible()


def test_numbers_are_ranked_by_the_rmse_in_their_unit(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    load(qtbot, window, "mpg")
    train_epochs(qtbot, window, 5)
    panel = choose(qtbot, window, 1, 0)
    ranking = window.session.models[NeuronModel].ranking
    rank(qtbot, window, panel)
    qtbot.waitUntil(lambda: not ranking.is_running)
    assert find(window, QLabel, "rankingTitle").text().startswith("Layer 1: rise of the test RMSE of mpg without")
    data = window.session.dataset
    assert data is not None
    assert data.test is not None
    network = window.session.displayed.network
    every = [
        Evaluator(neurons.scaled(network, {(1, number): 0}), data.test, data.target_scaling).evaluate().rmse
        for number in range(network.shape[1])
    ]
    assert panel.ranking._order[0] == int(np.argmin(every))
    table = panel.table()
    assert table is not None
    head, rows = table[0], [list(row) for row in table[1]]
    assert [row[head.index("RMSE without it")] for row in rows] == pytest.approx(every)
    assert {row[head.index("error with it")] for row in rows} == {""}


# ---- all kinds of data and networks


def plain_texts(panel: QWidget) -> bool:
    """Whether no name from the data is read as markup."""
    return all(
        each.textFormat() != Qt.TextFormat.RichText for each in panel.findChildren(QLabel) if "<i>" in each.text()
    )


def test_a_table_of_columns(on_data: Callable[..., CardWindow], qtbot: QtBot) -> None:
    window = on_data(TABLE, 5, 4)
    panel = choose(qtbot, window, 1, 2)
    assert panel.weights.bars.isVisible()
    assert panel.weights.bars.count == 3
    assert panel.activations.examples.count == 9
    assert panel.activations.means.count == 3
    choose(qtbot, window, 3, 0)
    assert plain_texts(panel)
    choose(qtbot, window, 2, 0)
    panel.weights.view.setCurrentIndex(1)
    report = panel._model.report
    assert report is not None
    assert report.ascent is not None
    seen: Array = TABLE.train.inputs
    assert (report.ascent >= seen.min(axis=0) - 1e-5).all(), "within what was seen in training"
    assert (report.ascent <= seen.max(axis=0) + 1e-5).all()
    panel.grab()


def test_large_targets_are_written_short(on_data: Callable[..., CardWindow], qtbot: QtBot) -> None:
    scaling = Scaling(np.array([400_000.0]), np.array([150_000.0]))
    window = on_data(replace(TARGETS, targets=("Kaufpreis",), target_scaling=scaling), 4)
    panel = choose(qtbot, window, 1, 1)
    names = panel.activations.means._names
    assert all(re.fullmatch(r"−?[\d.]+k – −?[\d.]+[kM]", name) for name in names), names
    assert not any("Kaufpreis" in line for line in panel.activations.examples._lines), "that is said once, above"
    assert all(fitted(line, 140) == line for line in panel.activations.examples._lines)


def test_targets_instead_of_classes(on_data: Callable[..., CardWindow], qtbot: QtBot) -> None:
    window = on_data(TARGETS, 4)
    panel = choose(qtbot, window, 1, 1)
    assert panel.activations.means.count == 5
    assert "target" in words(window, "neuronMeansName")
    assert "RMSE" in conclusion(window)
    rank(qtbot, window, panel)
    qtbot.waitUntil(lambda: not window.session.models[NeuronModel].ranking.is_running)
    assert panel.ranking.bars.count == 4
    panel.grab()


@pytest.mark.parametrize("hidden", [(1,), (3,) * 60, ()])
def test_networks_of_all_kinds(on_data: Callable[..., CardWindow], qtbot: QtBot, hidden: tuple[int, ...]) -> None:
    window = on_data(TABLE, *hidden)
    for layer in {1, len(hidden), len(hidden) + 1} - {0}:
        panel = choose(qtbot, window, layer, 0)
        assert words(window, "neuronFacts").startswith(f"layer {layer} ")
        assert ("Without it" in conclusion(window)) is (layer <= len(hidden))
        panel.grab()


def test_a_wide_layer(on_data: Callable[..., CardWindow], qtbot: QtBot, few_digits: Dataset) -> None:
    window = on_data(few_digits, 1000)
    panel = choose(qtbot, window, 1, 999)
    choose(qtbot, window, 2, 9)
    assert panel.weights.bars.isVisible() or panel.weights.map.isVisible()
    panel.weights.view.setCurrentIndex(2)
    assert 1 <= panel.weights.bars.count < 100, "only the strongest"
    panel.grab()


def test_without_data_that_fit_it_says_so(
    ready_window: CardWindow, load_with: Callable[..., None], qtbot: QtBot
) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    panel = choose(qtbot, window, 1, 3)
    window.session.data.name = None
    load_with(lambda: TABLE)
    window.session.data.load()
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert words(window, "neuronMeansName") == "no data that fit this network"
    assert panel.activations.examples.count == 0
    panel.grab()
