"""Rows of numbers, the path and the board; and numbers as text."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.formulas import Address, Formula, Part, Term
from nnviz.widgets.step.board import Board
from nnviz.widgets.step.figures import figure, product_text, short_figure, written
from nnviz.widgets.step.number_rows import NumberRows, Rows
from nnviz.widgets.step.path import PathStage, StagePath


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (-0.0, "0"), (1, "1"), (0.12345, "0.1235"), (-3.1e-5, "−3.1e−5"), (12345.6, "1.2e4"), (np.inf, "inf")],
)
def test_numbers_are_short(value: float, words: str) -> None:
    assert figure(value) == words
    assert len(figure(-abs(value) * 0.999)) <= 9


def sum_of(*values: float, left: float = 0.0, divisor: int = 1) -> Formula:
    terms = tuple(Term((Part("w", 2.0), Part("a", each / 2)), each / divisor, divisor) for each in values)
    return Formula(Address("sum", 1, 0), "sum", "z = Σ w · a", "", sum(values), terms, int(left != 0), left)


def test_formulas_have_their_numbers_put_in() -> None:
    assert written(sum_of(1.0, -0.5)) == "2 · 0.5 + 2 · (−0.25)"
    assert written(sum_of(1, 2, 3, 4)).endswith("+ …")
    assert written(sum_of(1.0, left=0.1)).endswith("+ …")
    assert written(sum_of(1, 2, divisor=100)) == "(2 · 0.5 + 2 · 1) / 100"
    assert product_text(sum_of(1.0), 0) == "2 · 0.5"
    product = Formula(Address("step", 1, 0), "step", "s = η · g", "{0} · {1}", -0.2, (sum_of(-0.2).terms[0],))
    assert written(product) == "2 · (−0.1)"
    for count, words in ((2, "0.5 + 0.25"), (3, "0.5 + 0.25 + 0.25"), (4, "0.5 + 0.25 + 0.25 + …")):
        terms = tuple(Term((Part("a", 1.0), Part("y", 0.0)), each) for each in (0.5, 0.25, 0.25, 0.1)[:count])
        assert written(Formula(Address("loss", 1, 0), "loss", "C = Σ (a − y)² / 2", "", 1.0, terms)) == words
    assert short_figure(0.000012345) == "1.23e−5"


def rows(count: int) -> Rows:
    bars = np.linspace(-1, 1, count)
    return Rows(
        count, ("", "bar", "z"), (60, 56), lambda n: f"row {n}", lambda n: (figure(bars[n]),), bars, note="more"
    )


def test_a_long_list_is_picked_from_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    widget = NumberRows()
    qtbot.addWidget(widget)
    widget.resize(240, 100)
    widget.show_rows(rows(4000), chosen=3)
    assert not widget.grab().isNull()
    assert widget.number_at(widget.place_of(3999).center()) == 3999
    assert widget.number_at(QPoint(5, 2)) is None
    picked: list[int] = []
    widget.picked.connect(picked.append)
    qtbot.mouseClick(widget, Qt.LeftButton, pos=widget.place_of(12).center())
    widget.mark(3)
    qtbot.keyClick(widget, Qt.Key_Down)
    qtbot.keyClick(widget, Qt.Key_Return)
    assert picked == [12, 4]
    widget.light(5)
    widget.choose(6)
    assert (widget.lit, widget.chosen) == (5, 6)
    widget.show_rows(rows(2))
    assert widget.lit is None


def test_the_path_is_walked_with_keys(qtbot: QtBot) -> None:
    path = StagePath()
    path.show_stages([PathStage("Input", "forward"), PathStage("Output"), PathStage("Loss", "loss")], 0)
    path.resize(120, path.height())
    assert [path.number_at(path.place_of(number).center()) for number in range(3)] == [0, 1, 2]
    assert path.number_at(QPoint(5, 3)) is None, "a heading"
    assert path.number_at(QPoint(5, path.place_of(2).top() - 3)) is None
    assert path.number_at(QPoint(5, path.height() + 50)) is None
    qtbot.addWidget(path)
    path.resize(100, 200)
    path.show_stages([PathStage("Input", "forward"), PathStage("Output"), PathStage("Output", "backward")], 1)
    assert not path.grab().isNull()
    assert path.place_of(2).top() - path.place_of(1).top() > path.place_of(1).height()
    ways: list[bool] = []
    path.stepped.connect(ways.append)
    qtbot.keyClick(path, Qt.Key_Right)
    qtbot.keyClick(path, Qt.Key_Left)
    assert ways == [True, False]
    path.light([0, 2])
    assert path.lit == {0, 2}


def test_the_board_has_a_cell_for_each_term(qtbot: QtBot) -> None:
    board = Board()
    qtbot.addWidget(board)
    for count, picture in ((784, (28, 28)), (1, None), (10, None), (4000, None), (6, (1, 6))):
        board.show_values(np.linspace(-1, 1, count), picture)
        assert not board.grab().isNull()
        for cell in {0, count // 2, count - 1}:
            place = board.place_of(cell)
            if place.width() > 2 and place.height() > 2:
                assert board.number_at(place.center()) == cell
    board.show_values(np.array([np.nan, np.inf, 1.0]))
    assert not board.grab().isNull()
    board.light(2)
    assert board.lit == 2
