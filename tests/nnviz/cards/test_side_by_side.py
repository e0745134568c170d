"""Two networks side by side in the cards, by mouse and keys."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QLabel, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.explain.prediction_changes import ClassChanges, NumberChanges
from nnviz.cards.explanation.bar_rows import BarRows
from nnviz.cards.explanation.pictures import ImageRows
from nnviz.cards.mistakes.confusion_matrix import ConfusionMatrixView
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.cards.stage.prediction.compared_predictions import ComparedBars, ComparedNumbers
from nnviz.formatting import text
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.selection import Example, Neuron
from nnviz.session.status import Status
from nnviz.session.surface_query import NEURON_SURFACES, SECOND_SURFACES
from nnviz.ui.picture_list import PictureList
from nnviz.ui.weights.weight_changes import WeightChanges
from nnviz.window.card_export import csv_bytes, picture, png
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import click, find, hover, is_shown, leave, press, show_page, show_view, wait_for

TRAIN = "curvesDock", "weightsDock", "predictionDock"
INSIDE = "mistakesDock", "inspector"


def trained(window: Any, qtbot: QtBot, epochs: int = 3) -> None:
    for _ in range(epochs):
        window.session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)


def settle(window: Any, qtbot: QtBot) -> PredictionChanges:
    """Until all that is in view is known of both networks."""
    session = window.session
    qtbot.waitUntil(
        lambda: (
            session.side_by_side.changes is not None
            and all(not query.is_wanted or query.is_up_to_date for query in session.queries)
        )
    )
    found = session.side_by_side.changes
    assert found is not None
    return found


def rows_of(card: Any) -> tuple[list[str], list[list[Any]]]:
    head, rows = card.table()
    return head, [list(row) for row in rows]


@pytest.fixture
def window(make_cards: MakeCards, qtbot: QtBot) -> CardWindow:
    """A network of three epochs, looking back at the first."""
    window = make_cards(*TRAIN, *INSIDE)
    window.add_bars()
    trained(window, qtbot)
    window.session.timeline.go_to(1)
    return window


def test_a_click_compares_the_displayed_epoch_with_the_present(window: CardWindow, qtbot: QtBot) -> None:
    """The button, its menu, the ring on the slider, the errors and the predictions."""
    session, card = window.session, window.card
    session.question.set_data_example(Example("test", 0))
    button = click(qtbot, window, QPushButton, "compareButton")
    assert button.isChecked()
    found = settle(window, qtbot)
    assert isinstance(found.changes, ClassChanges)
    error, history = card("curvesDock").error, session.runs.current.history
    figures = find(window, QLabel, "comparedFigures")
    before, after = (100 * history.error.test.at(epoch) for epoch in (1, 3))
    assert f"test {before:.2f} → {after:.2f} %" in figures.text()
    assert f"training {100 * history.error.train.at(1):.2f}" in figures.text()
    lead = window.curves.headline.conclusion.conclusion.lead
    assert re.fullmatch(r"From epoch 1 to 3, \d+ became right and \d+ wrong(, perhaps by chance)?\.", lead)
    assert error.plot.playhead.second.isVisible()
    assert error.plot.axes.epoch(error.plot.playhead.second.value()) == pytest.approx(3)
    assert window.curves.foot.axis._second == 3
    assert [answer.heading for answer in find(window, AnswerView, "answerView").answers] == ["epoch 1", "now"]

    # The loss has figures of its own.
    show_view(qtbot, window, "lossView")
    assert window.curves.headline.conclusion.conclusion.lead.startswith("From epoch 1 to 3 the test loss fell from")
    assert f"test {text.steady(history.loss.test.at(1))} → " in window.curves.headline.figures.text()
    show_view(qtbot, window, "errorView")

    # The prediction of both, and its table.
    bars = find(window, ComparedBars, "comparedBars")
    assert bars.isVisible()
    network, second = session.displayed.network, session.side_by_side.second.network
    example = session.question.example[None]
    head, rows = rows_of(card("predictionDock"))
    assert head == ["class", "epoch 1", "now", "difference"]
    np.testing.assert_allclose([row[1] for row in rows], network.predict(example)[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose([row[2] for row in rows], second.predict(example)[0], rtol=1e-5, atol=1e-7)
    assert [head.name for head in bars.heads] == ["epoch 1", "now"]

    # All layers are shown without the comparison, and the epoch stays.
    click(qtbot, window, QPushButton, "allLayersButton")
    assert not session.side_by_side.is_on
    assert session.timeline.epoch == 1
    assert not button.isChecked()
    assert not bars.isVisible()
    assert not figures.isVisible()
    assert not error.plot.playhead.second.isVisible()
    assert window.curves.foot.axis._second is None


def test_the_menu_offers_what_can_be_compared(window: CardWindow, qtbot: QtBot) -> None:
    session = window.session
    session.timeline.go_to(2)

    def entries() -> dict[str, QAction]:
        click(qtbot, window, QToolButton, "compareWithButton")
        menu = find(window, QMenu, "compareWithMenu")
        menu.hide()
        return {action.text(): action for action in menu.actions() if action.text()}

    found = entries()
    assert list(found) == ["The present", "Select epoch 2, then go to another one"]
    found["Select epoch 2, then go to another one"].trigger()
    session.timeline.go_to(1)
    assert session.side_by_side.sides is not None
    assert [side.name for side in session.side_by_side.sides] == ["epoch 1", "epoch 2"]
    found = entries()
    assert list(found) == ["The present", "Epoch 2", "Select epoch 1, then go to another one"]
    assert found["Epoch 2"].isChecked()
    found["The present"].trigger()
    assert [side.name for side in session.side_by_side.sides] == ["epoch 1", "now"]


def test_the_weights_of_both_and_how_far_each_layer_has_moved(window: CardWindow, qtbot: QtBot) -> None:
    session, card = window.session, window.card("weightsDock")
    card.show_neuron(3)  # enlarged
    session.selection.choose_neuron(None)
    session.side_by_side.toggle()
    settle(window, qtbot)
    before, after = (side.network for side in session.side_by_side.sides)
    panel = card.changes
    assert all(part.isVisible() for part in panel.parts)
    assert card.neuron is None, "an enlarged neuron gives way"
    most = int(np.square(after.weights[0] - before.weights[0]).sum(axis=1).argmax())
    assert panel.title.text() == f"Neuron {most + 1} changed most"
    shares = []
    for layer in range(3):
        one, other = (
            np.concatenate([each.weights[layer].ravel(), each.biases[layer].ravel()]) for each in (before, after)
        )
        shares.append(np.linalg.norm(other - one) / np.linalg.norm(one))
    np.testing.assert_allclose(panel.bars._values, 100 * np.array(shares), rtol=1e-5)

    # Both networks have a map, of one size and with one range of colours. The neuron is outlined in both.
    earlier, later = card.maps.views
    assert earlier.size() == later.size()
    assert earlier.end == later.end
    assert [head.text() for head in card.maps.heads] == ["epoch 1", "now"]
    for view, network in ((earlier, before), (later, after)):
        np.testing.assert_array_equal(view._values, network.weights[0])
        assert view._chosen == most
    assert (earlier._ring, later._ring) == ("looking_back", "ink")

    # A tile is described in its network, and outlined in the other, too; a click chooses the neuron, as Enter does.
    place = earlier.tile_rect(7).center()
    hover(earlier, (place.x(), place.y()))
    neuron, number = earlier.pointed
    weight = f"{before.weights[0][neuron, number]:+.2g}".lstrip("+-")
    assert weight[:4] in find(earlier, QLabel, "readOut").text()
    assert later._outlined == 7
    qtbot.mouseClick(earlier, Qt.MouseButton.LeftButton, pos=place)
    assert session.selection.neuron == Neuron(1, 7)
    leave(earlier)
    later.mark(7)
    press(qtbot, later, Qt.Key.Key_Right)
    press(qtbot, later, Qt.Key.Key_Return)
    assert session.selection.neuron == Neuron(1, 8)
    assert earlier._outlined == 8

    # A click on a bar shows the layer.
    qtbot.mouseClick(later, Qt.MouseButton.LeftButton, pos=later.tile_rect(5).center())
    assert session.selection.neuron == Neuron(1, 5)
    assert panel.title.text() == "Neuron 6"
    np.testing.assert_array_equal(panel.neuron.earlier.map._values[0], before.weights[0][5])
    np.testing.assert_array_equal(panel.neuron.later.map._values[0], after.weights[0][5])
    np.testing.assert_array_equal(panel.neuron.change.map._values[0], after.weights[0][5] - before.weights[0][5])
    tile = panel.neuron.change.map
    hover(tile, (tile.picture_rect().center().x(), tile.picture_rect().center().y()))
    assert "→" in find(tile, QLabel, "readOut").text()
    qtbot.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=panel.bars.place_of(1).center())
    assert card.tabs.currentIndex() == 1
    assert panel.title.text().startswith("Neuron ")
    head, rows = rows_of(card)
    assert head == ["neuron", "input", "epoch 1", "now", "difference"]
    assert len(rows) == after.weights[1].size + after.biases[1].size
    assert rows[0] == [1, "bias", *(float(each.biases[1][0, 0]) for each in (before, after)), rows[0][4]]
    session.side_by_side.toggle()
    assert not any(part.isVisible() for part in panel.parts)
    window.stage.open_layer(1)
    assert card.maps.views == (card.map,)
    np.testing.assert_array_equal(card.map._values, session.displayed.network.weights[0])


def test_examples_that_became_right_and_wrong(window: CardWindow, qtbot: QtBot) -> None:
    session, panel = window.session, window.card("weightsDock").changes
    session.side_by_side.toggle()
    found = settle(window, qtbot)
    changes = found.changes
    assert isinstance(changes, ClassChanges)
    right, wrong = panel.examples.right, panel.examples.wrong
    assert right.head.text() == f"{text.count(changes.are_corrected.sum())} became right"
    assert wrong.head.text() == f"{text.count(changes.are_new_mistakes.sum())} became wrong"
    assert changes.are_corrected[right.examples].all()
    assert changes.are_new_mistakes[wrong.examples].all()

    # A click makes an example the current input, which both networks predict.
    place = right.images.place_of(0).center()
    hover(right.images, (place.x(), place.y()))
    name = session.meaning.output
    one, other = (name(int(each.answers[right.examples[0]])) for each in (changes.before, changes.after))
    read_out = find(right.images, QLabel, "readOut").text()
    assert re.search(f"epoch 1: {one}, .*\\bnow: {other}, ", read_out, re.DOTALL)
    qtbot.mouseClick(right.images, Qt.MouseButton.LeftButton, pos=place)
    pixels = found.part.split.example(found.part.number(right.examples[0]))
    np.testing.assert_allclose(session.question.example, pixels, atol=1 / 255)


def test_what_has_changed_gives_way_to_the_maps(window: CardWindow, qtbot: QtBot) -> None:
    window.session.side_by_side.toggle()
    settle(window, qtbot)
    card = window.card("weightsDock")
    assert card.changes.neuron.isVisible()
    stage, height = window.stage, window.stage.height()
    stage.setFixedHeight(330)
    qtbot.waitUntil(lambda: not card.changes.neuron.isVisible())
    assert card.detail.text().startswith(card.changes.title.text())
    assert card.detail.text().endswith(card.changes.neuron.note.text())
    assert all(view.isVisible() for view in card.maps.views)
    window.session.selection.choose_neuron(Neuron(1, 4))
    assert card.detail.text().startswith("Neuron 5: ")
    stage.setFixedHeight(height)
    qtbot.waitUntil(card.changes.neuron.isVisible)


def test_neurons_of_both_over_the_plane(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards(*TRAIN)
    session, card = window.session, window.card("weightsDock")
    session.data.load("spirals")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == "spirals")
    trained(window, qtbot)
    session.timeline.go_to(1)
    session.side_by_side.toggle()
    settle(window, qtbot)
    planes = card.planes
    assert planes.earlier.isVisible()
    assert [head.text() for head in planes._pair.heads] == ["epoch 1", "now"]
    displayed, second = (session.queries[name].result for name in (NEURON_SURFACES, SECOND_SURFACES))
    assert displayed.network is session.displayed.network
    assert second.network is session.side_by_side.second.network
    np.testing.assert_array_equal(planes.earlier._layers[1], displayed.layers[1])
    np.testing.assert_array_equal(planes.tiles._layers[1], second.layers[1])
    assert planes.earlier._limits == planes.tiles._limits
    assert planes.earlier._chosen == planes.tiles._chosen == card.changes.shown
    qtbot.mouseClick(planes.earlier, Qt.MouseButton.LeftButton, pos=planes.earlier.tile_rect(1, 2).center())
    assert session.selection.neuron == Neuron(1, 2)
    assert planes.tiles._chosen == (1, 2)
    session.side_by_side.toggle()
    assert not planes.earlier.isVisible()


def test_a_comparison_begins_with_the_layer_that_an_edit_has_changed(window: CardWindow, qtbot: QtBot) -> None:
    session, card = window.session, window.card("weightsDock")
    session.timeline.go_live()
    window.stage.close_layer()
    session.edits.set_bias(Neuron(2, 5), 2.0)
    qtbot.waitUntil(lambda: session.displayed.network.biases[1][5, 0] == 2)
    session.side_by_side.toggle()
    settle(window, qtbot)
    assert card.tabs.currentIndex() == 1
    assert [head.text() for head in card.maps.heads] == ["before", "after"]
    assert card.changes.title.text() == "Neuron 6 changed most"
    assert [view._chosen for view in card.maps.views] == [5, 5]
    card.show_layer(0)
    assert card.changes.title.text() == "Neuron 1", "no weight of this layer has changed"


def test_both_maps_follow_training(window: CardWindow, qtbot: QtBot) -> None:
    session, card = window.session, window.card("weightsDock")
    session.side_by_side.toggle()
    found = settle(window, qtbot)
    earlier, later = card.maps.views
    before, after = earlier._values.copy(), later._values.copy()
    session.step_epoch()
    wait_for(qtbot, window, Status.PAUSED)
    qtbot.waitUntil(lambda: session.side_by_side.changes_of_sides not in (None, found))
    settle(window, qtbot)
    np.testing.assert_array_equal(earlier._values, before)
    assert not np.array_equal(later._values, after)
    np.testing.assert_array_equal(later._values, session.side_by_side.second.network.weights[0])
    changes = session.side_by_side.changes_of_sides.changes
    assert card.changes.examples.right.head.text() == f"{text.count(changes.are_corrected.sum())} became right"


def test_both_maps_of_many_neurons_begin_with_the_page_of_the_outlined_one(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards(*TRAIN)
    session, card = window.session, window.card("weightsDock")
    session.data.load("mpg")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == "mpg")
    session.settings.change("shape", hidden=(1000,))
    session.reset()
    qtbot.waitUntil(lambda: session.displayed.network.shape[1] == 1000)
    trained(window, qtbot)
    session.timeline.go_to(1)
    session.side_by_side.toggle()
    settle(window, qtbot)
    earlier, later = card.maps.views
    assert later.pages > 1
    qtbot.waitUntil(lambda: card.changes.shown[1] in later.shown)
    assert earlier.shown == later.shown

    # Both turn together.
    later.setFocus()
    press(qtbot, later, Qt.Key.Key_PageUp if later.page else Qt.Key.Key_PageDown)
    assert card.changes.shown[1] not in later.shown
    assert earlier.shown == later.shown


def test_look_inside_compares_mistakes_neuron_and_explanation(window: CardWindow, qtbot: QtBot) -> None:
    session = window.session
    session.question.set_data_example(Example("test", 0))
    session.selection.choose_neuron(Neuron(1, 2))
    window.show_workspace("inside")
    session.side_by_side.toggle()
    found = settle(window, qtbot)
    changes = found.changes
    assert isinstance(changes, ClassChanges)
    mistakes, examples = window.card("mistakesDock"), window.card("mistakePicturesDock")
    matrix = find(window, ConfusionMatrixView, "confusionMatrix")
    np.testing.assert_array_equal(matrix._shares, changes.matrix)
    assert mistakes.conclusion.conclusion.lead.startswith("From epoch 1 to 3")
    head, rows = rows_of(mistakes)
    assert head == ["true class", "predicted class", "epoch 1", "now", "difference"]
    assert [row[4] for row in rows] == changes.matrix.ravel().tolist()

    # Both groups of examples; a click selects one for all cards.
    wrong, right = find(window, PictureList, "mistakePictures"), find(window, PictureList, "correctedPictures")
    assert (wrong.count, right.count) == (changes.are_new_mistakes.sum(), changes.are_corrected.sum())
    qtbot.mouseClick(right.viewport(), Qt.MouseButton.LeftButton, pos=right.tile(0).center())
    chosen = session.selection.example
    assert chosen is not None
    assert chosen.number == session.mistakes.listed[wrong.count]
    head, rows = rows_of(examples)
    assert head == ["example", "true", "epoch 1", "now"]
    assert len(rows) == wrong.count + right.count
    true, answer = (int(each) for each in np.argwhere(np.abs(changes.matrix) == np.abs(changes.matrix).max())[0])
    place = matrix.cells.rect(true, answer).center()
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=place)
    assert wrong.count + right.count == len(changes.of(true, answer))
    hover(matrix, (place.x(), place.y()))
    assert "→" in find(matrix, QLabel, "readOut").text()

    # The neuron's weights, and the contributions to the prediction in both networks.
    neuron = show_page(window, "neuronDock")
    settle(window, qtbot)
    assert find(neuron, WeightChanges, "weightChanges").isVisible()
    assert not neuron.weights.isVisible()
    assert rows_of(neuron)[0] == ["which", "epoch 1", "now", "difference"]
    why = show_page(window, "whyDock")
    settle(window, qtbot)
    both = why.compared_contributions
    assert both is not None
    assert isinstance(why.view.content, ImageRows)
    assert [pane.caption for pane in why.view.content.rows[0]] == ["epoch 1", "now", "change"]
    np.testing.assert_allclose(why.view.content.rows[0][2].values.ravel(), both.totals[1] - both.totals[0])
    assert (both.before.one, both.before.other) == (both.after.one, both.after.other)
    assert why.conclusion_label.conclusion.lead.startswith("Epoch 1: ")
    assert rows_of(why)[0] == ["input", "value", "epoch 1", "now", "difference"]
    for name in INSIDE:  # as the menus of the cards export them
        head, rows = window.card(name).table()
        assert csv_bytes(head, rows).startswith(f"{','.join(head)}\r\n".encode())
        assert png(picture(window.card(name))).startswith(b"\x89PNG")

    # Of two different predictions, one is explained against the other.
    networks = session.displayed.network, session.side_by_side.second.network
    inputs = session.dataset.test.scaled_inputs()
    first, second = (network.predict(inputs).argmax(axis=1) for network in networks)
    number = int(np.flatnonzero(first != second)[0])
    session.question.set_data_example(Example("test", number))
    qtbot.waitUntil(
        lambda: (
            (found := why.compared_contributions) is not None
            and {found.before.one, found.before.other} == {int(first[number]), int(second[number])}
        )
    )
    session.side_by_side.toggle()
    assert not right.isVisible()
    assert session.mistakes.changes is None
    assert why.view.content.rows[0][0].caption.startswith("for ")
    assert show_page(window, "neuronDock").weights.isVisible()


def test_numbers_of_a_table(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards(*TRAIN, *INSIDE)
    session = window.session
    session.data.load("mpg")
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == "mpg")
    trained(window, qtbot)
    session.timeline.go_to(1)
    session.side_by_side.toggle()
    found = settle(window, qtbot)
    assert isinstance(found.changes, NumberChanges)
    conclusion = window.curves.headline.conclusion.conclusion
    before, after = (text.steady(session.runs.current.history.rmse.test.at(epoch)) for epoch in (1, 3))
    assert conclusion.lead == f"From epoch 1 to 3 the test RMSE fell from {before} to {after} mpg."
    numbers = find(window, ComparedNumbers, "comparedNumbers")
    assert numbers.isVisible()
    assert rows_of(window.card("predictionDock"))[0] == ["target", "epoch 1", "now", "difference"]
    window.show_workspace("inside")
    settle(window, qtbot)
    plot = window.card("mistakesDock").numbers.plot
    earlier = [session.meaning.target(float(answer)) for answer in found.changes.before.answers]
    np.testing.assert_allclose(plot._earlier, earlier)
    head, rows = rows_of(window.card("mistakePicturesDock"))
    assert head[:5] == ["example", "row of the file", "true", "epoch 1", "now"]
    off = [abs(abs(row[3] - row[2]) - abs(row[4] - row[2])) for row in rows]
    assert off == sorted(off, reverse=True)
    assert rows_of(window.card("mistakesDock"))[0][0] == "output"
    why = show_page(window, "whyDock")
    settle(window, qtbot)
    assert isinstance(why.view.content, BarRows)
    assert why.view.content.heads == ("epoch 1", "now")


def test_the_key_shows_it_while_it_is_held(
    whole_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short press switches it on or off."""
    compared, now = whole_window.session.side_by_side, [100.0]
    monkeypatch.setattr("nnviz.window.compare_key.time.monotonic", lambda: now[0])
    trained(whole_window, qtbot, 2)
    press(qtbot, whole_window, Qt.Key.Key_C)
    assert not compared.is_on, "there is nothing to compare"
    whole_window.session.timeline.go_to(1)
    for held, stays in ((0.1, True), (0.1, False), (1.0, False)):
        qtbot.keyPress(whole_window, Qt.Key.Key_C)
        was_on = compared.is_on
        now[0] += held
        qtbot.keyRelease(whole_window, Qt.Key.Key_C)
        if held > 0.4:  # the system repeats a held key
            assert compared.is_on
            qtbot.keyPress(whole_window, Qt.Key.Key_C)
            assert compared.is_on
            qtbot.keyRelease(whole_window, Qt.Key.Key_C)
        qtbot.waitUntil(lambda stays=stays: compared.is_on == stays)
    assert was_on, "it was shown while the key was held"
