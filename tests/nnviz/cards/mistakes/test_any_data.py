"""Tests of the mistakes cards with all kinds of data, and with deep, wide and tiny networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from engine.experiment import Experiment
from nnviz.session.run import new_run
from nnviz.session.selection import Classes, Example
from nnviz.session.shared_queries import MISTAKES
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
from tests.nnviz.helpers import find, hover, is_shown, leave

Load = Callable[[Callable[[], Dataset]], None]


SHOWN = ("mistakesDock",)  # cards


def other_data(make_cards: MakeCards, load_with: Load, qtbot: QtBot, data: Dataset, *hidden: int) -> CardWindow:
    """A window with that data and an untrained network that fits it, looked into."""
    load_with(lambda: data)
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    shape = (data.width, *hidden, data.outputs)
    is_classes = data.train.labels is not None
    output, loss = ("softmax", "cross-entropy") if is_classes else ("identity", "quadratic")
    activations = ("relu",) * len(hidden) + (output,)
    window.session.runs.show(new_run(Experiment(shape=shape, activations=activations, loss=loss)))
    window.show_workspace("inside")
    probe = window.session.queries[MISTAKES]
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not None, timeout=20_000)
    QApplication.processEvents()
    return window


def numbers(outputs: int) -> Dataset:
    """A table with targets."""
    rng = np.random.default_rng(4)
    split = Split(rng.normal(size=(300, 3)).astype(np.float32), rng.normal(size=(300, outputs)).astype(np.float32))
    return Dataset("Numbers", split, split.head(100))


def test_a_table_of_columns_lists_rows(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    window = other_data(make_cards, load_with, qtbot, made_up(3, 200), 5)
    answers = settle(window, qtbot)
    card = examples(window)
    assert card.rows.isVisible()
    assert card.rows.count == answers.are_wrong.sum()
    number, true, answer, sure, *values = card.rows.texts(0)
    first = int(answers.mistakes()[0])
    assert (number, true, answer) == (
        str(first),
        f"kind {answers.labels[first]}",
        f"kind {answers.answers[first]}",
    )
    assert sure.endswith(" %")
    example = window.session.dataset.train.inputs[first]  # the test part is the beginning of it
    assert [float(value.replace("−", "-")) for value in values] == pytest.approx(example.tolist(), rel=1e-3)
    window.session.mistakes.choose(0)
    window.session.mistakes.put_on_canvas()
    assert window.session.sketch.drawing == ()
    card.rows.setFocus()
    qtbot.keyClick(card.rows, Qt.Key.Key_Down)
    assert window.session.selection.example == Example("test", int(answers.mistakes()[1]))


@pytest.mark.parametrize("outputs", [1, 3])
def test_for_numbers_the_largest_residuals(make_cards: MakeCards, load_with: Load, qtbot: QtBot, outputs: int) -> None:
    window = other_data(make_cards, load_with, qtbot, numbers(outputs), 5)
    card, data = examples(window), window.session.dataset
    assert data is not None
    assert data.test is not None
    assert title(card) == "Largest errors"
    off = window.session.displayed.network.predict(data.test.inputs) - data.test.targets
    assert card.rows.count == 100
    own = 4 if outputs == 1 else 5
    reported = card.rows.texts(0)[own - 1].replace("−", "-")
    assert float(reported) == pytest.approx(off.ravel()[np.abs(off).argmax()], rel=1e-2)
    assert len(card.rows.texts(0)) == own + 3, "and the columns"
    numbers_of = panel(window).numbers
    assert (numbers_of.plot if outputs == 1 else numbers_of.outputs).isVisible()
    rmse = panel(window).head.detail.text().split()[1] if outputs == 1 else numbers_of.outputs.texts(0)[1]
    assert float(rmse) == pytest.approx(np.sqrt((off[:, 0] ** 2).mean()), rel=1e-2)
    assert not panel(window).mode_button.isVisible()
    window.session.mistakes.next_mistake()
    example = window.session.selection.example
    assert example is not None
    assert np.abs(off[example.number]).max() == np.abs(off).max()
    for each in (card, panel(window)):
        made = each.table()
        assert made is not None
        assert all(len(row) == len(made[0]) for row in made[1])


def test_of_many_classes_the_pairs_that_are_confused_most(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    window = other_data(make_cards, load_with, qtbot, made_up(100, 4000), 8)
    answers, pairs = settle(window, qtbot), panel(window).pairs
    assert pairs.isVisible()
    assert not panel(window).matrix.isVisible()
    cell = fullest(answers)
    qtbot.mouseClick(pairs, Qt.MouseButton.LeftButton, pos=pairs.place_of(0).center())
    assert window.session.selection.classes == Classes(*cell)
    assert examples(window).rows.count == answers.confusion[cell]
    qtbot.mouseClick(pairs, Qt.MouseButton.LeftButton, pos=pairs.place_of(0).center())
    assert window.session.selection.classes is None
    window._frame.enlarge(panel(window))
    qtbot.waitUntil(panel(window).matrix.isVisible)
    assert not pairs.isVisible(), "there is room for all cells"


@pytest.mark.parametrize("classes", [2, 10])
def test_few_classes_and_many(make_cards: MakeCards, load_with: Load, qtbot: QtBot, classes: int) -> None:
    window = other_data(make_cards, load_with, qtbot, made_up(classes, 4000), 8)
    answers = settle(window, qtbot)
    assert not panel(window).matrix.grab().isNull()
    cell = (classes - 1, 0)
    hover(panel(window).matrix, (middle(window, cell).x(), middle(window, cell).y()))
    assert f"kind {classes - 1}, predicted as kind 0" in find(panel(window).matrix, QLabel, "readOut").text()
    leave(panel(window).matrix)
    click_cell(qtbot, window, cell)
    assert window.session.selection.classes == Classes(*cell)
    assert examples(window).rows.isVisible() == bool(answers.confusion[cell])


@pytest.mark.parametrize("hidden", [(6,) * 60, (4000,), (1,), ()])
def test_deep_wide_and_tiny_networks(
    make_cards: MakeCards, load_with: Load, qtbot: QtBot, few_digits: Dataset, hidden: tuple[int, ...]
) -> None:
    window = other_data(make_cards, load_with, qtbot, few_digits, *hidden)
    assert settle(window, qtbot).confusion.sum() == 500
    assert not panel(window).grab().isNull()
    assert not examples(window).grab().isNull()


def test_names_from_outside_are_plain_text(make_cards: MakeCards, load_with: Load, qtbot: QtBot) -> None:
    names = ("<b>bold</b>", "a & b, a very long name indeed", "<img src='x'>")
    window = other_data(make_cards, load_with, qtbot, made_up(3, 300, names=names), 5)
    assert panel(window).matrix.cells is not None
    window.session.selection.choose_classes(Classes(0, 2))
    card = examples(window)
    assert card._title.textFormat() == Qt.TextFormat.PlainText
    assert card.caption == "<b>bold</b> predicted as <img src='x'>"
    assert card.minimumSizeHint().width() < 300, "long names do not widen the column"
    place = middle(window, (0, 2))
    hover(panel(window).matrix, (place.x(), place.y()))
    read_out = find(panel(window).matrix, QLabel, "readOut")
    assert read_out.textFormat() == Qt.TextFormat.PlainText
    leave(panel(window).matrix)
