"""Rows of numbers, the path and the board; and numbers as text."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.explain.formulas import Address, Factor, Formula, Term, delta_formulas
from engine.explain.step_trace import BIAS
from engine.explain.update_formulas import update_formulas
from nnviz.cards.step_through.number_rows import NumberRows, RowsData
from nnviz.cards.step_through.number_text import (
    figure,
    product_text,
    short_figure,
    value_text,
    written,
    written_versions,
)
from nnviz.cards.step_through.stage_path import PathStage, StagePath
from nnviz.cards.step_through.term_board import TermBoard
from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from tests.engine.explain.test_step_trace import RECIPES, record, trainer


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (-0.0, "0"), (1, "1"), (0.12345, "0.1235"), (-3.1e-5, "−3.1e−5"), (12345.6, "1.2e4"), (np.inf, "inf")],
)
def test_numbers_are_short(value: float, words: str) -> None:
    assert figure(value) == words
    assert len(figure(-abs(value) * 0.999)) <= 9


def sum_of(*values: float, left: float = 0.0, divisor: int = 1) -> Formula:
    terms = tuple(Term((Factor("w", 2.0), Factor("a", each / 2)), each / divisor, divisor) for each in values)
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
        terms = tuple(Term((Factor("a", 1.0), Factor("y", 0.0)), each) for each in (0.5, 0.25, 0.25, 0.1)[:count])
        assert written(Formula(Address("loss", 1, 0), "loss", "C = Σ (a − y)² / 2", "", 1.0, terms)) == words
    assert short_figure(0.000012345) == "1.23e−5"


def put_in(what: str, template: str, value: float, *numbers: float) -> Formula:
    return Formula(
        Address(what, 1, 0), what, "", template, value, (Term(tuple(Factor("", n) for n in numbers), value),)
    )


def as_number(words: str) -> float:
    return float(words.replace("−", "-"))


def test_a_difference_is_seen_to_be_what_it_is_said_to_be() -> None:
    assert written(put_in("delta", "{0} − {1}", -2.7e-4, 0.99973, 1)) == "0.99973 − 1"
    last = put_in("after", "{0} − {1}", -0.0712327, -0.0712345, -1.8e-6)
    assert (written(last), value_text(last)) == ("(−0.0712345) − (−1.8e−6)", "−0.0712327")


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_written_is_seen_to_hold(name: str) -> None:
    step = record(trainer(steps=3, **RECIPES[name]))
    for layer, neuron, source in ((1, 2, 5), (2, 1, BIAS), (3, 0, 3)):
        for row in (0, 4):
            lines = [*delta_formulas(step, layer, neuron, row), *update_formulas(step, layer, neuron, source, row)]
            for line in lines:
                if line.written and "f'" not in line.written:
                    _holds(line)
                for place, term in enumerate(line.terms if not line.written else ()):
                    product = math.prod(as_number(n.strip("()")) for n in product_text(line, place).split(" · "))
                    assert figure(product / term.divisor) == figure(term.value)


def _holds(line: Formula) -> None:
    """The right side as it is written gives the value as it is written, but for its last digit."""
    text = re.sub(r"√([0-9.e−]+)", r"(\1)**0.5", written(line))
    for sign, python in {"·": "*", "−": "-", "²": "**2", "within ±1": ""}.items():
        text = text.replace(sign, python)
    said = value_text(line)
    last = 10.0 ** -len(said.split("e")[0].partition(".")[2]) * 10.0 ** as_number(said.partition("e")[2] or "0")
    assert eval(text.rstrip(" ,")) == pytest.approx(as_number(said), abs=1.01 * last), (written(line), said)


def test_a_long_formula_loses_terms_and_not_its_end() -> None:
    versions = written_versions(sum_of(1, 2, 3, 4, divisor=100))
    assert versions[-1] == "(2 · 0.5 + …) / 100"
    assert all(version.endswith("+ …) / 100") for version in versions)


def rows(count: int) -> RowsData:
    bars = np.linspace(-1, 1, count)
    return RowsData(
        count, ("", "bar", "z"), (60, 56), lambda n: f"row {n}", lambda n: (figure(bars[n]),), bars, note="more"
    )


def test_a_long_list_is_picked_from_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    widget = NumberRows()
    qtbot.addWidget(widget)
    widget.resize(240, 100)
    widget.show_rows(rows(900), chosen=3)
    assert not widget.grab().isNull()
    assert widget.number_at(widget.place_of(899).center()) == 899
    assert widget.number_at(QPoint(5, 2)) is None
    picked: list[int] = []
    widget.picked.connect(picked.append)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.place_of(12).center())
    widget.mark(3)
    qtbot.keyClick(widget, Qt.Key.Key_Down)
    qtbot.keyClick(widget, Qt.Key.Key_Return)
    assert picked == [12, 4]
    widget.light(5)
    widget.choose(6)
    assert (widget.lit, widget.chosen) == (5, 6)
    widget.show_rows(rows(2))
    assert widget.lit is None


def test_no_number_is_cut(qtbot: QtBot) -> None:
    widget = NumberRows()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    texts = ("(−0.0233456) · 3.12e−5", "−7.3e−10")
    widget.show_rows(
        RowsData(2, ("from", "", "w · δ", "adds"), (60, 40, 40), str, lambda row: texts, np.ones(2), bold=1)
    )
    *_, numbers = widget._columns(widget.place_of(0))
    for column, (place, words) in enumerate(zip(numbers, texts, strict=True)):
        assert QFontMetrics(theme.font(theme.SMALL, column == 1), widget).horizontalAdvance(words) <= place.width()
        assert place.right() < widget.width() - 8  # the scroll bar lies there


def test_a_line_is_shorter_where_there_is_no_room(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")  # in the program's font, whatever ran before
    line = ElidedLabel(role="muted")
    qtbot.addWidget(line)
    line.show_versions("epoch 6 · batch 149", "epoch 6", "")
    read = []
    for width in (400, 60, 5):
        line.resize(width, 20)
        read.append(line.shown)
    assert read == ["epoch 6 · batch 149", "epoch 6", ""]
    assert line.toolTip() == "epoch 6 · batch 149"
    line.show_versions("a very long rule that finds no room")
    assert line.shown in ("", "…")
    assert not line.grab().isNull()


def test_every_edge_of_a_lit_cell_can_be_seen(qtbot: QtBot) -> None:
    board = TermBoard()
    qtbot.addWidget(board)
    board.show_values(np.linspace(-1, 1, 10))
    for cell in range(10):
        assert board.rect().adjusted(0, 0, -1, -1).contains(board.outline_of(cell))


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
    qtbot.keyClick(path, Qt.Key.Key_Right)
    qtbot.keyClick(path, Qt.Key.Key_Left)
    assert ways == [True, False]
    path.light([0, 2])
    assert path.lit == {0, 2}


def test_the_board_has_a_cell_for_each_term(qtbot: QtBot) -> None:
    board = TermBoard()
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
