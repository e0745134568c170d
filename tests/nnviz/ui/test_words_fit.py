"""Words that are painted beside bars and lines stay inside their widget, however long they are."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.prediction.answer_view import Answer, AnswerView
from nnviz.cards.stage.prediction.number_bars import NumberBars, NumberRow
from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from tests.nnviz.ui.helpers import painted_words


def ends_of(widget: QWidget, words: str, size: int = theme.SMALL) -> tuple[float, float]:
    """Where painted words begin and end."""
    left = next(at.x() for word, at in painted_words(widget) if word == words)
    return left, left + QFontMetrics(theme.font(size)).horizontalAdvance(words)


def shown(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()


@pytest.mark.parametrize("width", [96, 170])
@pytest.mark.parametrize(
    "reason",
    ["the outputs are not finite", "network was trained on other data", "network takes 12345 numbers, not a drawing"],
)
def test_the_reason_for_no_answer_stands_whole_in_lines(qtbot: QtBot, reason: str, width: int) -> None:
    view = AnswerView("")
    shown(qtbot, view, width, 200)
    view.show_answers((), reason)
    lines = [words.strip() for words, _ in painted_words(view)]
    assert " ".join(lines) == reason
    for words in lines:
        left, right = ends_of(view, words, theme.TEXT)
        assert 0 <= left < right <= width


def test_a_number_alone_has_its_unit_below_it_and_the_ends_of_its_range(qtbot: QtBot) -> None:
    view = AnswerView("")
    shown(qtbot, view, 250, 300)
    row = NumberRow("price [€]", "1234", 0.5, "0", "1", unit="€")
    view.show_answers((Answer("1234", "€", row=row, has_line=True),))
    assert [words for words, _ in painted_words(view)] == ["€", "0", "1 €"]  # the number itself is an outline


def test_the_name_of_a_number_ends_before_the_true_one(qtbot: QtBot) -> None:
    bars = NumberBars()
    shown(qtbot, bars, 250, 92)
    bars.show_rows([NumberRow("a target with a name of many words", "−1234.5", 0.5, "0", "1", "−1230.0", 0.4)])
    (name,) = (words for words, _ in painted_words(bars) if words.endswith("…"))
    assert ends_of(bars, name)[1] < ends_of(bars, "true −1230.0")[0]


def test_coloured_words_give_way_as_plain_ones_do(qtbot: QtBot) -> None:
    label = ElidedLabel()
    label.setTextFormat(Qt.TextFormat.RichText)
    whole, short = (
        '<span style="color:#ff0000">Ankle boot</span> by epoch',
        '<span style="color:#ff0000">Ankle boot</span>',
    )
    label.show_versions(whole, short)
    metrics = QFontMetrics(label.font())
    shown(qtbot, label, metrics.horizontalAdvance("Ankle boot by epoch") + 4, 20)
    assert label.shown == whole
    label.resize(metrics.horizontalAdvance("Ankle boot") + 4, 20)
    assert label.shown == short
    label.show_versions("<b>&lt;i&gt;</b> and more words than there is room for")
    assert label.shown.startswith("&lt;i&gt; and")
    assert label.shown.endswith("…")
