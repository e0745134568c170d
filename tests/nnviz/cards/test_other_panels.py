"""Data, drawing and prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication
from PyQt5.QtWidgets import QComboBox, QLabel, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.ui.picture import Picture
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, MakeCards
from tests.nnviz.helpers import (
    click,
    drag,
    find,
    is_shown,
    pause,
    seven,
    tab_of,
    train_epochs,
    train_for_a_while,
    wait_for_answer,
)


def grey_of(picture: Picture) -> float:
    """How much ink is painted."""
    image = picture.grab().toImage()
    rows, columns = range(0, picture.height(), 2), range(0, picture.width(), 2)
    return float(np.mean([image.pixelColor(x, y).lightness() for y in rows for x in columns]))


def examples_of(window: AnyWindow) -> Picture:
    """One of each class, in the Data card."""
    (picture,) = window.card("dataCard").findChildren(Picture)
    return picture


def written_in(view: AnswerView) -> str:
    """Returns the words of the answer."""
    return "; ".join(answer.description for answer in view.answers)


def test_what_the_network_sees_is_shown_while_drawing_and_the_answer_follows(window: MainWindow, qtbot: QtBot) -> None:
    assert "Loading" in find(window, QLabel, "dataCounts").text()
    ready_window = window
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)

    # All tabs stay in sight.
    ready_window.resize(1280, 900)
    for layer in (1, 2, 3):
        ready_window.card("stagePanel").open_layer(layer)
        QCoreApplication.processEvents()
        for number in (1, 2, 3):
            bar, tab = tab_of(ready_window, f"layer{number}Tab")
            assert bar.visibleRegion().boundingRect().contains(bar.tabRect(tab)), (layer, bar.tabText(tab))
    ready_window.card("stagePanel").close_layer()

    # What the network sees is shown while drawing.
    combo = find(ready_window, QComboBox, "datasetCombo")
    assert combo.currentText() == "MNIST handwritten digits"
    assert find(ready_window, QLabel, "dataCounts").text() == "2\u202f000 to learn from, 500 to test"
    assert 20 < grey_of(examples_of(ready_window)) < 200

    # A script may draw.
    ready_window.canvas.set_strokes([np.array(seven(ready_window.canvas))])
    assert ready_window.session.prediction is not None
    ready_window.canvas.set_strokes([])
    assert ready_window.session.prediction is None

    # What the network sees is shown while drawing.
    seen = find(ready_window, Picture, "networkInputPicture")
    assert not seen.isVisible()
    path = seven(ready_window.canvas)
    drag(ready_window.canvas, path[:8], release=False)
    qtbot.waitUntil(seen.isVisible)
    half = grey_of(seen)
    drag(ready_window.canvas, path[8:])
    qtbot.waitUntil(lambda: grey_of(seen) != half)

    # The pen changes what the network sees.
    drag(ready_window.canvas, seven(ready_window.canvas))
    slider = find(ready_window, QSlider, "penWidthSlider")
    before = ready_window.session.question.example.copy()
    slider.setValue(slider.minimum())
    assert ready_window.session.question.example.sum() < before.sum()

    # The answer changes while drawing and while training.
    train_epochs(qtbot, window, 3)
    window.canvas.set_strokes([])
    view = find(window, AnswerView, "answerView")
    assert not view.answers
    written = set()
    for part in (path[:3], path[3:9], path[9:]):
        drag(window.canvas, part)
        wait_for_answer(qtbot, window)
        written.add(written_in(view))
    assert len(written) == 3
    train_for_a_while(qtbot, window)
    qtbot.waitUntil(lambda: written_in(view) not in written)
    pause(qtbot, window)

    # It is the prediction of the network.
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_for_answer(qtbot, window)
    answer = window.session.runs.current.network.predict(window.canvas.network_input()[None])[0]
    np.testing.assert_array_equal(window.session.prediction, answer)
    assert answer.sum() == pytest.approx(1, abs=1e-5)
    assert view.answers[0].name == str(answer.argmax())
    header, rows = window.card("stagePanel").table()
    assert header == ["class", "output"]
    assert [[name, pytest.approx(share)] for name, share in zip("0123456789", answer.tolist(), strict=True)] == rows


# ---- data without names of its classes


def test_labels_without_class_names(
    make_cards: MakeCards, load_with: Callable[..., None], few_digits: Dataset, qtbot: QtBot
) -> None:
    """The Data card and a random test digit know what to say, and the answer is a class's number."""
    load_with(lambda: replace(few_digits, class_names=()))
    window = make_cards("dataCard", "predictionDock")
    assert "2\u202f000 to learn from" in find(window, QLabel, "dataCounts").text()
    assert 20 < grey_of(examples_of(window)) < 200
    train_epochs(qtbot, window, 2)
    click(qtbot, window, QToolButton, "randomDigitButton")
    wait_for_answer(qtbot, window)
    verdict = window.session.question.verdict
    assert find(window, AnswerView, "answerView").answers[0].name == str(verdict.best)
