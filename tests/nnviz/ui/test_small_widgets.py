"""Bars, pictures, steps of the number fields."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QSize
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.prediction.probability_bars import ProbabilityBars
from nnviz.ui import theme
from nnviz.ui.fields import step_decade, step_whole
from nnviz.ui.picture import Picture

# ---- bars


@pytest.fixture
def bars(qtbot: QtBot, qapp: QApplication) -> ProbabilityBars:
    """For ten digits."""
    theme.apply(qapp, "dark")
    bars = ProbabilityBars()
    bars.set_names([str(digit) for digit in range(10)])
    qtbot.addWidget(bars)
    bars.resize(260, 190)
    bars.show()
    return bars


def filled(bars: ProbabilityBars, row: int) -> float:
    """How much of a row's groove is filled, as painted."""
    image = bars.grab().toImage()
    y = round((row + 0.5) * min(bars.height() / 10, 28))
    empty = theme.current().field
    groove = [image.pixelColor(x, y).name() != empty for x in range(20, bars.width() - 48)]
    return sum(groove) / len(groove)


def test_bars_are_as_long_as_their_shares(bars: ProbabilityBars) -> None:
    assert bars.accessibleDescription() == "no prediction"
    assert filled(bars, 3) == 0
    shares = np.array([0.02, 0, 0, 0.75, 0, 0.23, 0, 0, 0, 0], np.float32)
    bars.set_values(shares)
    for row in (0, 3, 5):
        assert filled(bars, row) == pytest.approx(shares[row], abs=0.03)
    assert "3: 75.0%" in bars.accessibleDescription()
    best = bars.grab().toImage().pixelColor(40, round(3.5 * 19)).name()
    assert best == theme.current().ink
    bars.set_values(None)
    assert bars.accessibleDescription() == "no prediction"
    assert filled(bars, 3) == 0


def test_bars_of_what_is_no_share(bars: ProbabilityBars) -> None:
    """A network of the ancestor may answer with any numbers."""
    bars.set_values(np.array([1.7, -0.5] + [0.0] * 8))
    assert filled(bars, 0) == pytest.approx(1, abs=0.02)
    bars.set_values(np.array([0.5, 0.5]))
    bars.grab()


def test_no_names_no_rows(bars: ProbabilityBars) -> None:
    bars.set_names([])
    bars.set_values(np.array([1.0]))
    bars.grab()


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
