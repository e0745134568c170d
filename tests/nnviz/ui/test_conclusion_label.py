"""The line of a card that says what its figures mean."""

from __future__ import annotations

from PyQt5.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnviz.formatting.conclusion import Conclusion, enumeration
from nnviz.formatting.text import count
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.parts import arranged

SENTENCES = Conclusion("Fires for 7, and a little for 9.", "Without it the test error rises from 2.51 to 2.81 %.")


def made(qtbot: QtBot, width: int, lines: int = 1) -> ConclusionLabel:
    label = ConclusionLabel("conclusion", lines)
    qtbot.addWidget(label)
    label.resize(width, label.sizeHint().height())
    label.show()
    return label


def test_enumeration() -> None:
    assert enumeration([]) == ""
    assert enumeration(["7"]) == "7"
    assert enumeration(["7", "9"]) == "7 and 9"
    assert enumeration(["1", "4", "6"]) == "1, 4 and 6"


def test_all_sentences_where_there_is_space_else_the_first(qtbot: QtBot) -> None:
    label = made(qtbot, 1200)
    label.show_conclusion(SENTENCES)
    assert "test error" in label.text()
    label.resize(330, label.height())
    assert "test error" not in label.text()
    assert SENTENCES.lead in label.text()
    assert "test error" in label.toolTip(), "the tooltip has all of them"


def test_what_matters_least_is_left_out_first(qtbot: QtBot) -> None:
    label = made(qtbot, 1200)
    label.show_conclusion(Conclusion(SENTENCES.lead, "Hardly ever for 1.", SENTENCES.rest))
    assert "Hardly" in label.text()
    assert "test error" in label.text()
    label.resize(430, label.height())
    assert "Hardly" in label.text()
    assert "test error" not in label.text()


def test_no_conclusion_keeps_its_place(qtbot: QtBot) -> None:
    label = made(qtbot, 600, lines=2)
    before = label.sizeHint()
    label.show_conclusion(SENTENCES)
    assert label.sizeHint() == before
    label.show_conclusion(None)
    assert label.text() == ""
    assert label.sizeHint() == before


def test_what_is_below_it_does_not_move(qtbot: QtBot) -> None:
    card, label, below = QWidget(), ConclusionLabel("conclusion", lines=2), QWidget()
    qtbot.addWidget(card)
    layout = arranged(QVBoxLayout(card), label, (below, 1))
    card.resize(300, 200)
    card.show()
    tops = set()
    for conclusion in (SENTENCES, Conclusion("Fires for 7."), None):
        label.show_conclusion(conclusion)
        layout.activate()
        tops.add(below.y())
    assert len(tops) == 1


def test_names_of_files_are_plain_text(qtbot: QtBot) -> None:
    label = made(qtbot, 600)
    label.show_conclusion(Conclusion("Most confused: <img src=x> read as 9."))
    assert "<img" not in label.text()


def test_a_number_is_never_broken(qtbot: QtBot) -> None:
    label = made(qtbot, 600)
    label.show_conclusion(Conclusion(count(1028028)))
    assert label.heightForWidth(20) == label.heightForWidth(600)
