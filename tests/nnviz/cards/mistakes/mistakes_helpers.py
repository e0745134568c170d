"""Helpers for the tests of the mistakes cards."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot
from engine.explain.predictions import ClassPredictions
from nnviz.cards.mistakes.example_list import ExampleList
from nnviz.cards.mistakes.matrix_layout import Cell
from nnviz.cards.mistakes.mistakes_card import MistakesCard
from nnviz.session.shared_queries import MISTAKES
from tests.nnviz.cards.card_window import AnyWindow


def settle(window: AnyWindow, qtbot: QtBot) -> ClassPredictions:
    """Until the answers are those of the displayed network."""
    probe = window.session.queries[MISTAKES]
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not None)
    QApplication.processEvents()
    found = window.session.mistakes.found
    assert found is not None
    assert isinstance(found.answers, ClassPredictions)
    return found.answers


def panel(window: AnyWindow) -> MistakesCard:
    """The card of the matrix."""
    card = window.card("mistakesDock")
    assert isinstance(card, MistakesCard)
    return card


def examples(window: AnyWindow) -> ExampleList:
    """The examples below the matrix."""
    return panel(window).examples


def middle(window: AnyWindow, cell: Cell) -> QPoint:
    """Of a cell, or of the head of a row or column, in the matrix."""
    cells = panel(window).matrix.cells
    assert cells is not None
    true, answer = cell
    place = cells.rect(true or 0, answer or 0).center()
    return QPoint(
        place.x() if answer is not None else round(cells.left) - 8,
        place.y() if true is not None else round(cells.top) - 8,
    )


def click_cell(qtbot: QtBot, window: AnyWindow, cell: Cell) -> None:
    """With the mouse."""
    qtbot.mouseClick(panel(window).matrix, Qt.MouseButton.LeftButton, pos=middle(window, cell))


def fullest(answers: ClassPredictions) -> tuple[int, int]:
    """The most frequent mistake."""
    wrong = answers.confusion.copy()
    np.fill_diagonal(wrong, 0)
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    return int(row), int(column)


def title(listed: ExampleList) -> str:
    """What is listed; "" if that is all mistakes, which the panel says."""
    return "" if listed.heading.isHidden() else listed.caption


def made_up(classes: int, rows: int, width: int = 4, names: tuple[str, ...] = ()) -> Dataset:
    """A table of columns with that many classes."""
    rng = np.random.default_rng(3)
    labels = rng.integers(classes, size=rows)
    inputs = rng.normal(size=(rows, width)).astype(np.float32)
    split = Split(inputs, one_hot(labels, classes), labels)
    return Dataset("Made up", split, split.head(rows // 2), (), names or tuple(f"kind {n}" for n in range(classes)))
