"""Tests of the contents of the explanation view: painting and read-outs of images, bars and strips."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from nnviz.cards.explanation.bar_rows import BarRow, BarRows
from nnviz.cards.explanation.content import Content
from nnviz.cards.explanation.pictures import ImagePane, ImageRows, signed_image
from nnviz.cards.explanation.strips import LayerStrip, LayerStrips
from nnviz.cards.explanation.view import ExplanationView
from nnviz.ui import theme
from tests.nnviz.helpers import hover, leave

WITHIN = QRect(0, 0, 272, 104)


def painted(content: Content, within: QRect = WITHIN) -> QImage:
    image = QImage(within.size(), QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    content.paint(painter, within)
    painter.end()
    return image


def inked(image: QImage, colour: str) -> int:
    """How many pixels have that colour of the theme."""
    wanted = theme.colour(colour)
    return sum(image.pixelColor(x, y) == wanted for x in range(image.width()) for y in range(image.height()))


# ---- pictures


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_the_colours_are_those_of_the_weights(look: theme.Theme) -> None:
    image = signed_image(np.array([[-1.0, 0.0, 1.0, 9.0, np.nan]]), 1.0, look)
    names = [image.pixelColor(x, 0).name() for x in range(5)]
    assert names == [look.negative, look.field, look.positive, look.positive, look.field]


def pictures(count: int = 3, shape: tuple[int, int] = (28, 28)) -> ImageRows:
    values = np.zeros(shape, np.float32)
    values[min(1, shape[0] - 1), min(2, shape[1] - 1)] = 1
    return ImageRows(
        [[ImagePane(values, f"for {n}", 1.0) for n in range(count)]], lambda *where: f"{where[1]}, {where[2]}"
    )


def test_three_pictures_of_mnist_fill_the_card_with_whole_pixels() -> None:
    places = [pictures().place(WITHIN, 0, column) for column in range(3)]
    assert [place.width() for place in places] == [84, 84, 84]
    assert places[2].right() == WITHIN.right()


def test_a_pixel_is_reported_where_it_is_painted(qtbot: QtBot) -> None:
    content = pictures()
    image = painted(content)
    place = content.place(WITHIN, 0, 1)
    point = place.topLeft() + QPoint(2 * 3 + 1, 1 * 3 + 1)
    assert image.pixelColor(point) == theme.colour("positive")
    assert content.read_out_at(WITHIN, point) == "1, 2"
    assert content.read_out_at(WITHIN, QPoint(place.right() + 4, 5)) == ""


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (200, 200), (50, 3)])
@pytest.mark.parametrize("size", [(272, 104), (60, 20), (900, 700)])
def test_pictures_of_any_shape_stay_inside(qtbot: QtBot, shape: tuple[int, int], size: tuple[int, int]) -> None:
    content, within = pictures(shape=shape), QRect(0, 0, *size)
    painted(content, within)
    for column in range(3):
        place = content.place(within, 0, column)
        assert place.width() >= 1
        assert within.right() + 1 >= place.right()


# ---- bars


def bars(count: int = 3) -> BarRows:
    rows = [BarRow(f"input {n + 1}", (1.0 - n, -0.5), "1 → 2") for n in range(count)]
    return BarRows(("for a", "for b"), rows, 1.0, "makes it b")


def test_bars_go_right_for_and_left_against(qtbot: QtBot) -> None:
    image = painted(bars(1))
    assert inked(image, "positive") > 50
    assert inked(image, "negative") > 20
    assert bars(1).read_out_at(WITHIN, QPoint(100, 20)) == "input 1\nfor a: +1\nfor b: −0.5\nmakes it b: 1 → 2"
    assert bars(1).read_out_at(WITHIN, QPoint(100, 60)) == ""


def test_rows_without_room_are_counted(qtbot: QtBot) -> None:
    content = bars(30)
    painted(content)
    assert content.read_out_at(WITHIN, QPoint(100, 16 + 2 * 18 + 5)).startswith("input 3")
    assert content.read_out_at(WITHIN, QPoint(100, 16 + 3 * 18 + 5)) == ""


@pytest.mark.parametrize("height", [0, 10, 20, 40])
def test_no_room_at_all(qtbot: QtBot, height: int) -> None:
    for content in (bars(30), LayerStrips([LayerStrip("input", "pixel", np.ones(3))] * 3)):
        painted(content, QRect(0, 0, 100, max(1, height)))


# ---- layers


def test_a_strip_shows_who_contributes_most_first(qtbot: QtBot) -> None:
    strip = LayerStrip("layer 1", "neuron", np.array([0.0, 2.0, -3.0, 0.5]))
    content = LayerStrips([strip])
    assert strip.order.tolist() == [1, 3, 2]
    image = painted(content)
    assert inked(image, "positive") and inked(image, "negative")  # noqa: PT018
    assert content.read_out_at(WITHIN, QPoint(54, 10)) == "layer 1, neuron 2: +2"
    assert content.read_out_at(WITHIN, QPoint(54 + 16, 10)) == "layer 1, neuron 3: −3"
    assert content.read_out_at(WITHIN, QPoint(10, 10)) == "layer 1: 3 of 4 contribute"


def test_of_many_layers_those_nearest_to_the_answer(qtbot: QtBot) -> None:
    content = LayerStrips([LayerStrip(f"layer {n}", "neuron", np.ones(5)) for n in range(60)])
    painted(content)
    assert content.read_out_at(WITHIN, QPoint(10, 94)).startswith("layer 59")
    assert content.read_out_at(WITHIN, QPoint(10, 20)).startswith("layer 55")


def test_a_strip_of_thousands_and_of_nobody(qtbot: QtBot) -> None:
    values = np.random.default_rng(0).normal(size=4000)
    for each in (values, np.zeros(4)):
        content = LayerStrips([LayerStrip("layer 1", "neuron", each)])
        painted(content)
        assert content.read_out_at(WITHIN, QPoint(100, 10))


# ---- the view


def test_the_view_tells_what_is_under_the_mouse_as_plain_text(qtbot: QtBot) -> None:
    view = ExplanationView()
    qtbot.addWidget(view)
    view.resize(272, 104)
    view.show()
    row = BarRow("<b>no markup</b>", (1.0,))
    view.show_content(BarRows(("for a",), [row], 1.0))
    hover(view, (100, 20))
    assert view._read_out.text().startswith("<b>no markup</b>")
    assert view._read_out.textFormat() == Qt.TextFormat.PlainText
    view.show_content(None, "draw something to explain its prediction")
    assert view._read_out.isHidden()
    leave(view)
    assert view.grab().toImage().size() == view.size()
