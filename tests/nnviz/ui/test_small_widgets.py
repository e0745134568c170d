"""Pictures, steps of the number fields."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QSize
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.ui.fields import step_decade, step_whole
from nnviz.ui.picture import Picture

# ---- pictures


def test_a_picture_is_sharp_and_in_the_middle(qtbot: QtBot) -> None:
    picture = Picture(QSize(64, 64))
    qtbot.addWidget(picture)
    picture.show()
    assert picture.grab().toImage().pixelColor(32, 32).lightness() == 0
    values = np.zeros((2, 2))
    values[0, 1], values[1, 0], values[1, 1] = 1, 0.5, 7
    picture.show_picture(values)
    values[:] = 0
    image = picture.grab().toImage()
    seen = [image.pixelColor(x, y).lightness() for y in (16, 48) for x in (16, 48)]
    assert seen == [0, 255, 127, 255]


@pytest.mark.parametrize(("is_at_left", "seen"), [(True, (0, 100)), (False, (100, 0))])
def test_beside_a_picture_there_is_the_ground_of_what_it_stands_on(
    qtbot: QtBot, is_at_left: bool, seen: tuple[int, int]
) -> None:
    picture = Picture(QSize(300, 100), is_at_left=is_at_left)
    qtbot.addWidget(picture)
    picture.setStyleSheet("background: rgb(1, 200, 3)")
    ground = QWidget()
    qtbot.addWidget(ground)
    picture.setParent(ground)
    ground.setStyleSheet("background: rgb(1, 200, 3)")
    picture.show_picture(np.ones((2, 2)))
    ground.show()
    image = ground.grab().toImage()
    inside, beside = seen
    assert image.pixelColor(inside + 10, 50) == QColor("white")
    assert image.pixelColor(beside + 10, 50) == QColor(1, 200, 3)


# ---- steps


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [
        ("0.1", "0.2", "0.05"),
        ("0,1", "0.2", "0.05"),
        ("0.15", "0.2", "0.1"),
        ("1", "2", "0.5"),
        ("5", "10", "3"),
        ("1e-08", "2e-08", "1e-08"),
        ("-1", "1e-08", "-1"),
        ("abc", "0.1", "0.1"),
        ("", "0.1", "0.1"),
        ("nan", "nan", "nan"),
        ("1e30", "1e30", "5e+08"),
    ],
)
def test_steps_of_the_learning_rate(text: str, up: str, down: str) -> None:
    assert step_decade(text, 1) == up
    assert step_decade(text, -1) == down


@pytest.mark.parametrize(
    ("least", "by", "text", "up", "down"),
    [
        (1, 1, "5", "6", "4"),
        (1, 1, "1", "2", "1"),
        (1, 10, "100", "110", "90"),
        (1, 10, "105", "110", "90"),
        (1, 10, "5", "10", "1"),
        (1, 8, "64", "72", "56"),
        (0, 1, "0", "1", "0"),
        (1, 1, "-7", "1", "1"),
        (1, 1, "x", "1", "1"),
        (1, 1, "9" * 30, str(10**30), str(10**30 - 2)),
    ],
)
def test_steps_of_whole_numbers(least: int, by: int, text: str, up: str, down: str) -> None:
    step = step_whole(least, by)
    assert step(text, 1) == up
    assert step(text, -1) == down
