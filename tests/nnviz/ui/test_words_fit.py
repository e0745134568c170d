"""Words that are painted beside bars and lines stay inside their widget, however long they are."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.prediction.number_bars import NumberBars, NumberRow
from nnviz.cards.stage.prediction.probability_bars import ProbabilityBars
from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from tests.nnviz.ui.helpers import painted_words

_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def ends_of(widget: QWidget, words: str, size: int = theme.SMALL) -> tuple[float, float]:
    """Where painted words begin and end."""
    left = next(at.x() for word, at in painted_words(widget) if word == words)
    return left, left + QFontMetrics(theme.font(size)).horizontalAdvance(words)


def shown(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()


@pytest.mark.parametrize(
    "reason", ["draw a picture to see the prediction", "network takes 12345 numbers, not a drawing"]
)
@pytest.mark.parametrize("names", [_CLOTHES, ("blue", "orange"), ("only one",)])
def test_the_reason_for_no_answer_stands_whole_beside_the_names(
    qtbot: QtBot, names: tuple[str, ...], reason: str
) -> None:
    bars = ProbabilityBars()
    bars.set_names(names)
    shown(qtbot, bars, 274, max(36, 13 * len(names)))
    bars.set_values(None, reason)
    lines = [words for words, _ in painted_words(bars) if words not in names]
    assert " ".join(lines) == reason
    widest = max(map(QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance, names))
    for words in lines:
        left, right = ends_of(bars, words)
        assert widest < left < right <= bars.width()


def test_no_bar_is_seen_behind_the_reason(qtbot: QtBot) -> None:
    bars = ProbabilityBars()
    bars.set_names(_CLOTHES)
    shown(qtbot, bars, 274, 130)
    bars.set_values(None, "network takes 12345 numbers, not a drawing")
    words = [(text, at) for text, at in painted_words(bars) if text not in _CLOTHES]
    image, groove = bars.grab().toImage(), theme.colour("field").rgb()
    for text, at in words:
        width = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(text)
        place = QRectF(at.x(), at.y() - 4, width, 8).toRect()
        across = range(place.left(), place.right())
        assert groove not in {image.pixel(x, y) for x in across for y in range(place.top(), place.bottom())}


def test_a_number_alone_has_its_unit_beside_it_and_no_name(qtbot: QtBot) -> None:
    bars = NumberBars()
    shown(qtbot, bars, 274, 92)
    bars.show_rows([NumberRow("price [€]", "1234", 0.5, "0", "1", unit="€")])
    assert [words for words, _ in painted_words(bars)] == ["1234", "€", "0", "1"]
    bars.show_rows([NumberRow("Kaufpreis", "1234", 0.5, "0", "1")])
    assert "Kaufpreis" not in [words for words, _ in painted_words(bars)]


def test_the_unit_of_a_number_ends_before_the_true_one(qtbot: QtBot) -> None:
    bars = NumberBars()
    shown(qtbot, bars, 274, 92)
    bars.show_rows([NumberRow("a target", "−1234.5", 0.5, "0", "1", "−1230.0", 0.4, "kWh/m²/year and more")])
    (name,) = (words for words, _ in painted_words(bars) if words.endswith("…"))
    assert ends_of(bars, name, theme.TEXT)[1] < ends_of(bars, "true −1230.0", theme.TEXT)[0]


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
