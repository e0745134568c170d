"""Tests of the mistakes cards: the matrix, the examples of a cell, and an example on the canvas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.experiment import Experiment
from nnviz.cards.mistakes.confusion_matrix import ConfusionMatrixView
from nnviz.digits.strokes import Ink, Stroke
from nnviz.session.run import new_run
from nnviz.session.selection import Classes, Example
from nnviz.session.shared_queries import MISTAKES
from nnviz.session.status import Status
from nnviz.ui.picture_list import PictureList
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.mistakes.mistakes_helpers import (
    click_cell,
    examples,
    fullest,
    made_up,
    middle,
    panel,
    settle,
    title,
)
from tests.nnviz.helpers import (
    action,
    click,
    find,
    hover,
    is_shown,
    leave,
    pause,
    press,
    train_epochs,
    train_for_a_while,
)

Load = Callable[[Callable[[], Dataset]], None]


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("mistakesDock")


@pytest.fixture
def inside(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    """Look inside, with a network that was trained a little."""
    train_epochs(qtbot, ready_window, 2)
    ready_window.show_workspace("inside")
    settle(ready_window, qtbot)
    return ready_window


# ---- the matrix


def test_at_rest_it_is_that_of_the_displayed_network_as_a_table_and_in_shares(inside: CardWindow, qtbot: QtBot) -> None:
    counts = inside.session.mistakes.counts
    assert counts is not None
    assert counts.is_now
    np.testing.assert_array_equal(counts.matrix, inside.session.runs.current.history.confusion(2))
    error = inside.session.runs.current.history.error.test.values[-1]
    assert panel(inside).head.title.text() == f"{round(500 * error)} mistakes"
    assert panel(inside).head.detail.text() == "of 500"

    # The read out tells cell row and column.
    matrix, confusion = panel(inside).matrix, settle(inside, qtbot).confusion
    read_out = find(matrix, QLabel, "readOut")
    for cell, part in (
        ((2, 7), f"2, predicted as 7: {confusion[2, 7]} of {confusion[2].sum()} ("),
        ((4, 4), f"4, predicted correctly: {confusion[4, 4]} of"),
        ((5, None), "recall"),
        ((None, 5), "precision"),
    ):
        place = middle(inside, cell)
        hover(matrix, (place.x(), place.y()))
        assert read_out.isVisible()
        assert part in read_out.text()
    leave(matrix)
    assert not read_out.isVisible()

    # Tables for files.
    confusion = settle(inside, qtbot).confusion
    made = panel(inside).table()
    assert made is not None
    head, rows = made[0], [list(row) for row in made[1]]
    assert head == ["true class", *map(str, range(10)), "recall"]
    assert rows[4][:-1] == ["4", *confusion[4].tolist()]
    assert rows[-1][0] == "precision"
    made = examples(inside).table()
    assert made is not None
    assert made[0] == ["example", "true", "answered", "sure"]
    assert len(list(made[1])) == len(inside.session.mistakes.listed)

    # Shares of rows and columns.
    for mode, axis in (("rows", 1), ("columns", 0)):
        panel(inside).mode_button.chosen.emit(mode)
        confusion = settle(inside, qtbot).confusion
        np.testing.assert_allclose(
            np.nan_to_num(panel(inside).matrix._shares),
            np.nan_to_num(confusion / np.maximum(confusion.sum(axis=axis, keepdims=True), 1)),
        )
        assert panel(inside).mode_button.text().startswith("share of"), mode

    # Precision and recall of each class.
    panel(inside).mode_button.chosen.emit("classes")
    confusion = settle(inside, qtbot).confusion
    name, recall, precision = panel(inside).classes.texts(3)
    assert name == "3"
    assert recall == f"{100 * confusion[3, 3] / confusion[3].sum():.1f} %"
    assert precision == f"{100 * confusion[3, 3] / confusion[:, 3].sum():.1f} %"
    panel(inside).classes.chosen.emit(3)
    assert inside.session.selection.classes == Classes(3, None)

    # The parts of the data.
    assert panel(inside).part_button.entries == ["test", "train"]
    panel(inside).part_button.chosen.emit("train")
    answers = settle(inside, qtbot)
    assert len(answers.labels) == 2000
    assert panel(inside).part_button.text() == "training ▾"
    assert panel(inside).head.detail.text().endswith("of 2\u202f000")


def test_untrained_too_and_each_epoch_brings_the_matrix_that_was_measured(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    ready_window.show_workspace("inside")
    settle(ready_window, qtbot)
    counts = ready_window.session.mistakes.counts
    assert counts is not None
    assert counts.matrix.sum() == 500

    # Each epoch brings the matrix that was measured.
    window = ready_window
    train_for_a_while(qtbot, window)
    qtbot.waitUntil(lambda: "after epoch" in panel(window).head.detail.text(), timeout=10_000)
    counts, history = window.session.mistakes.counts, window.session.runs.current.history
    assert counts is not None
    np.testing.assert_array_equal(counts.matrix, history.confusion(int(counts.epochs)))
    pause(qtbot, window)
    settle(window, qtbot)
    counts = window.session.mistakes.counts
    assert counts is not None
    assert counts.is_now


def test_hidden_it_costs_nothing_and_a_step_is_followed(inside: CardWindow, qtbot: QtBot) -> None:
    probe = inside.session.queries[MISTAKES]
    assert probe.is_wanted
    inside.show_workspace("train")
    assert not probe.is_wanted
    before = probe.result
    train_epochs(qtbot, inside, 1)
    assert probe.result is before
    inside.show_workspace("inside")
    qtbot.waitUntil(lambda: probe.result is not before)

    # A step of training is followed.
    before = settle(inside, qtbot)
    inside.session.settings.change("epochs", epochs=5)
    inside.session.step_batch()
    qtbot.waitUntil(lambda: inside.session.state is Status.PAUSED)
    assert settle(inside, qtbot) is not before


def test_a_validation_set_that_was_drawn_is_a_part(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.session.settings.change("validation", validation_share=0.1)
    train_epochs(qtbot, window, 1)
    window.show_workspace("inside")
    settle(window, qtbot)
    assert panel(window).part_button.entries == ["test", "validation", "train"]
    for name, count in (("validation", 200), ("train", 1800)):
        window.session.mistakes.set_part(name)
        answers = settle(window, qtbot)
        assert len(answers.labels) == count
        np.testing.assert_array_equal(answers.confusion, window.session.runs.current.history.confusion(1, name))
    window.session.mistakes.choose(0)
    example, train = window.session.selection.example, window.session.dataset
    assert example is not None
    assert train is not None
    assert train.train.labels is not None
    assert example.part == "train"
    assert train.train.labels[example.number] == answers.labels[window.session.mistakes.listed[0]]


# ---- choosing


def test_a_cell_a_row_or_a_column_is_chosen(inside: CardWindow, qtbot: QtBot) -> None:
    # A click chooses a cell, and a second one ends the choice.
    answers = settle(inside, qtbot)
    cell = fullest(answers)
    click_cell(qtbot, inside, cell)
    assert inside.session.selection.classes == Classes(*cell)
    assert title(examples(inside)) == f"{cell[0]} predicted as {cell[1]}"
    count = answers.confusion[cell]
    assert examples(inside)._detail.text() == f"{count} image{'s' * int(count > 1)}"
    assert examples(inside).pictures.count == count
    click_cell(qtbot, inside, cell)
    assert inside.session.selection.classes is None
    assert title(examples(inside)) == "", "the panel says that it is all mistakes"
    assert examples(inside).pictures.count == answers.are_wrong.sum()

    # Arrows choose too.
    matrix = panel(inside).matrix
    matrix.setFocus()
    for key, expected in (
        (Qt.Key.Key_Down, Classes(0, None)),
        (Qt.Key.Key_Right, Classes(0, 0)),
        (Qt.Key.Key_Down, Classes(1, 0)),
        (Qt.Key.Key_Right, Classes(1, 1)),
        (Qt.Key.Key_Left, Classes(1, 0)),
        (Qt.Key.Key_Left, Classes(1, None)),
        (Qt.Key.Key_Up, Classes(0, None)),
        (Qt.Key.Key_Up, None),
    ):
        qtbot.keyClick(matrix, key)
        assert inside.session.selection.classes == expected

    # Heads choose rows and columns.
    confusion = settle(inside, qtbot).confusion
    click_cell(qtbot, inside, (3, None))
    assert inside.session.selection.classes == Classes(3, None)
    assert examples(inside).pictures.count == confusion[3].sum()
    click_cell(qtbot, inside, (None, 3))
    assert inside.session.selection.classes == Classes(None, 3)
    assert examples(inside).pictures.count == confusion[:, 3].sum()

    # What is chosen elsewhere is shown.
    answers = settle(inside, qtbot)
    cell = fullest(answers)
    inside.session.selection.choose_classes(Classes(*cell))
    assert panel(inside).matrix._choice == cell
    number = int(answers.of(*cell)[-1])
    inside.session.selection.choose_example(Example("test", number))
    assert examples(inside).pictures._choice == answers.confusion[cell] - 1
    inside.session.selection.choose_example(Example("train", number))
    assert examples(inside).pictures._choice is None


# ---- the examples


def test_n_puts_one_mistake_after_the_other_on_the_canvas(whole_window: MainWindow, qtbot: QtBot) -> None:
    # Without any predictions N does nothing.
    mistakes, query = whole_window.session.mistakes, whole_window.session.queries[MISTAKES]
    whole_window.show_workspace("runs")  # which needs none
    query.forget()
    assert not action(whole_window, "actionNextMistake").isEnabled()
    mistakes.next_mistake()
    assert whole_window.session.selection.example is None

    # It replaces the drawing, which Undo brings back.
    inside, session = whole_window, whole_window.session
    inside.show_workspace("inside")
    drawing = (Stroke(np.array([[-0.2, -0.3], [0.2, 0.3]])),)
    session.sketch.replace("stroke", drawing)
    wrong = settle(inside, qtbot).mistakes().tolist()
    for number in (wrong[0], wrong[1]):
        press(qtbot, inside, Qt.Key.Key_N)
        assert session.selection.example == Example("test", number)
    assert QApplication.focusWidget() is examples(inside).pictures
    (ink,) = session.sketch.drawing
    assert isinstance(ink, Ink)
    assert ink.is_example
    assert ink.title.startswith(f"test image {wrong[1]}: a ")
    data = session.dataset
    assert data is not None
    assert data.test is not None
    assert session.question.example is not None
    np.testing.assert_allclose(session.question.example, data.test.inputs[wrong[1]] / 255, atol=1e-6)
    session.undo.undo()
    assert session.sketch.drawing == drawing


def test_a_picture_chosen_by_a_double_click_goes_onto_the_canvas(inside: CardWindow, qtbot: QtBot) -> None:
    pictures = examples(inside).pictures
    place = pictures.tile(0).center()
    qtbot.mouseClick(pictures.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(pictures.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(inside.session.sketch.drawing) == 1


def test_the_examples_of_a_cell_the_surest_first(inside: CardWindow, qtbot: QtBot) -> None:
    # The read out of a picture.
    pictures, answers = examples(inside).pictures, settle(inside, qtbot)
    place, first = pictures.tile(0).center(), int(answers.mistakes()[0])
    hover(pictures.viewport(), (place.x(), place.y()))
    read_out = find(pictures, QLabel, "readOut")
    assert read_out.text().startswith(f"test example {first}: {answers.labels[first]}\npredicted as ")
    leave(pictures.viewport())
    assert not read_out.isVisible()

    # A click chooses an example for all cards.
    pictures, first = examples(inside).pictures, inside.session.mistakes.listed[0]
    found = settle(inside, qtbot)
    assert pictures._caption(0) == f"{found.labels[first]} → {found.answers[first]}"
    qtbot.mouseClick(pictures.viewport(), Qt.MouseButton.LeftButton, pos=pictures.tile(1).center())
    assert inside.session.selection.example == Example("test", int(inside.session.mistakes.listed[1]))

    # They are the pictures of the cell the surest first.
    answers = settle(inside, qtbot)
    cell = fullest(answers)
    inside.session.selection.choose_classes(Classes(*cell))
    listed = inside.session.mistakes.listed
    assert (answers.labels[listed] == cell[0]).all()
    assert (answers.answers[listed] == cell[1]).all()
    assert (np.diff(answers.confidences[listed]) <= 0).all()
    pictures, data = examples(inside).pictures, inside.session.dataset
    assert data is not None
    assert data.test is not None
    np.testing.assert_allclose(pictures._picture(0), data.test.inputs[listed[0]].reshape(28, 28) / 255, atol=1e-6)
    assert pictures._caption(0) == f"{100 * answers.confidences[listed[0]]:.0f} %"

    # From correct predictions the next mistake is one of all.
    inside.session.selection.choose_example(None)
    inside.session.selection.choose_classes(Classes(1, 1))
    assert title(examples(inside)) == "1 predicted correctly"
    inside.session.mistakes.next_mistake()
    assert inside.session.selection.classes is None
    assert inside.session.selection.example == Example("test", int(answers.mistakes()[0]))

    # After the last mistake comes the first.
    inside.session.selection.choose_example(None)
    click_cell(qtbot, inside, cell)
    for _ in range(int(answers.confusion[cell]) + 1):
        inside.session.mistakes.next_mistake()
    assert inside.session.selection.example == Example("test", int(answers.of(*cell)[0]))

    # An empty cell says so.
    row, column = np.argwhere(settle(inside, qtbot).confusion == 0)[0].tolist()
    inside.session.selection.choose_classes(Classes(row, column))
    assert not find(examples(inside), PictureList, "mistakePictures").isVisible()
    assert any(each.text() == "No examples." for each in examples(inside).findChildren(QLabel))


def test_thousands_are_scrolled_through_and_stay_where_they_were(inside: CardWindow, qtbot: QtBot) -> None:
    # Menus offer the choices.
    click(qtbot, inside, QToolButton, "mistakesPartButton")
    found = inside.findChild(QAction, "mistakesPartButtonTrainAction")
    assert found is not None
    found.trigger()
    assert inside.session.mistakes.part is not None
    assert inside.session.mistakes.part.name == "train"
    for menu in QApplication.topLevelWidgets():
        if menu.objectName() == "mistakesPartButtonMenu":
            menu.close()

    # Thousands are scrolled through by key.
    inside.session.mistakes.set_part("train")
    settle(inside, qtbot)
    inside.session.selection.choose_classes(Classes(None, 1))
    pictures = examples(inside).pictures
    pictures.setFocus()
    qtbot.keyClick(pictures, Qt.Key.Key_Home)
    qtbot.keyClick(pictures, Qt.Key.Key_End)
    assert inside.session.mistakes.place == pictures.count - 1
    assert pictures.viewport().rect().contains(pictures.tile(pictures.count - 1))
    pictures.viewport().grab()
    assert len(pictures._images) < 100, "only those in sight"

    # While it learns a list stays where it was scrolled to.
    inside.session.mistakes.set_part("train")
    settle(inside, qtbot)
    inside.session.selection.choose_classes(Classes(1, None))
    pictures = examples(inside).pictures
    pictures.verticalScrollBar().setValue(200)
    before = inside.session.mistakes.found
    inside.session.step_batch()
    qtbot.waitUntil(lambda: inside.session.mistakes.found not in (before, None))
    assert pictures.verticalScrollBar().value() == 200
    inside.session.selection.choose_classes(Classes(2, None))
    assert pictures.verticalScrollBar().value() == 0


# ---- other data, another network


def test_other_data_and_another_network_end_the_choice(inside: CardWindow, qtbot: QtBot, load_with: Load) -> None:
    # A choice that the matrix does not have.
    inside.session.selection.choose_classes(Classes(10, 3))
    assert not panel(inside).grab().isNull()
    assert len(inside.session.mistakes.listed) == 0

    # Other data ends the choice.
    inside.session.selection.choose_classes(Classes(9, 9))
    load_with(lambda: made_up(3, 100))
    inside.session.data.name = None
    inside.session.data.load()
    qtbot.waitUntil(lambda: is_shown(inside.session.data))
    assert inside.session.selection.classes is None
    assert not find(inside, ConfusionMatrixView, "confusionMatrix").isVisible()

    # A network that does not fit the data.
    experiment = Experiment(shape=(5, 4, 3), activations=("relu", "softmax"), loss="cross-entropy")
    inside.session.runs.show(new_run(experiment))
    QApplication.processEvents()
    assert any("does not fit" in each.text() for each in panel(inside).findChildren(QLabel))
    assert not panel(inside).part_button.isVisible()
    assert inside.session.mistakes.counts is None
