"""Tests of the robustness card: measurement, curves, read-outs, and the perturbed example."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from weakref import ref

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QPalette
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.explain.perturbations import PERTURBATIONS
from engine.training.augmentation import Augmentation
from engine.training.metrics import Evaluator
from nnviz.cards.robustness.card import RobustnessPage
from nnviz.cards.robustness.conclusion import robustness_conclusion
from nnviz.cards.robustness.model import PERTURBED, PerturbationStrength, RobustnessModel
from nnviz.cards.robustness.plot_grid import PlotGrid
from nnviz.session.selection import Example, Neuron
from nnviz.ui.conclusion_label import ConclusionLabel
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.robustness.robustness_helpers import measured, page_of, shown_example, wait_until_it_would_begin
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import (
    bring_to_front,
    click,
    click_tab,
    find,
    hover,
    leave,
    pause,
    train_epochs,
    train_for_a_while,
)

SEVEN = [np.array([[60, 60], [120, 55], [180, 60], [150, 120], [120, 200]], float)]
NAMES = list(PERTURBATIONS)


@pytest.fixture
def ready_window(make_cards: MakeCards, load_with: Callable[..., None], few_digits: Dataset) -> CardWindow:
    """With 20 test examples, as each measurement asks about all of them again and again."""
    assert few_digits.test is not None
    data = replace(few_digits, test=few_digits.test.head(20))
    load_with(lambda: data)
    return make_cards("inspector", workspace="inside")


@pytest.fixture
def page(ready_window: CardWindow, qtbot: QtBot) -> RobustnessPage:
    """Measured."""
    page = page_of(ready_window, qtbot)
    measured(ready_window, qtbot)
    return page


def place_of(page: RobustnessPage, strength: PerturbationStrength) -> QPoint:
    """Where the mouse points at that strength."""
    return page.plots.point(NAMES.index(strength.name), strength.value, page.plots.scale.end / 2).toPoint()


def point_at(page: RobustnessPage, strength: PerturbationStrength) -> str:
    """With the mouse; returns the read-out."""
    at = place_of(page, strength)
    hover(page.plots, (at.x(), at.y()))
    read_out = find(page.plots, QLabel, "readOut")
    assert read_out.isVisible()
    return read_out.text()


def at(page: RobustnessPage, strength: PerturbationStrength) -> float:
    """What is drawn at that strength, in percent."""
    line = page.plots.plots[NAMES.index(strength.name)].line
    return float(line.y[line.x.tolist().index(strength.value)])


# ---- the conclusion


# ---- when it measures


def test_the_first_time_it_measures_by_itself_and_its_numbers_are_read(
    page: RobustnessPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    assert session.dataset is not None
    assert session.dataset.test is not None
    ordinary = Evaluator(session.displayed.network, session.dataset.test).evaluate().error
    assert ordinary is not None
    for name in NAMES:
        assert at(page, PerturbationStrength(name, 0.0)) == 100 * ordinary
        assert page.plots.plots[NAMES.index(name)].line.x.tolist() == list(PERTURBATIONS[name]().strengths((28, 28)))
    assert page.status.text() == "Error on 20 test examples at epoch 0"
    assert page.measure_button.text() == "Measure again"
    assert not page.cancel_button.isVisible()
    assert not page.progress.isVisible()

    # Its numbers as a table.
    table = page.table()
    assert table is not None
    head, rows = table
    lines = [list(row) for row in rows]
    assert head == ["disturbance", "strength", "unit", "error", "RMSE", "loss", "examples", "part", "epoch", "what if"]
    assert len(lines) == sum(len(PERTURBATIONS[name]().strengths((28, 28))) for name in NAMES)
    assert all(len(line) == len(head) for line in lines)
    turned = next(line for line in lines if line[:2] == ["rotation", -45.0])
    assert turned[2] == "°"
    assert 100 * turned[3] == pytest.approx(at(page, PerturbationStrength("rotation", -45.0)))
    assert turned[6:] == [20, "test", 0, ""]

    # It measures once and its numbers are read.
    result = ready_window.session.models[RobustnessModel].work.result
    click_tab(qtbot, ready_window, "mapTab")
    click_tab(qtbot, ready_window, "robustTab")
    wait_until_it_would_begin(page, qtbot)
    assert ready_window.session.models[RobustnessModel].work.result is result

    # The read out tells strength and error.
    said = point_at(page, PerturbationStrength("rotation", -45.0))
    assert "Rotation −45°" in said
    assert f"{at(page, PerturbationStrength('rotation', -45.0)):.2f} %" in said
    leave(page.plots)
    assert not find(page.plots, QLabel, "readOut").isVisible()

    # Every look paints.
    for size in ((300, 160), (520, 300), (900, 700)):
        page.plots.resize(*size)
        assert not page.plots.grab().isNull()
        areas = [page.plots.area(plot) for plot in range(6)]
        assert all(page.plots.rect().contains(area) for area in areas)
    QApplication.processEvents()

    # It begins with a sentence about the displayed network.
    found = robustness_conclusion(measured(ready_window, qtbot).curves, (28, 28))
    assert found is not None
    assert find(page, ConclusionLabel, "robustConclusion").conclusion == found

    # The example is shown at the strength under the mouse, without an input the first one.
    session.sketch.draw(())
    session.models[RobustnessModel].point_at(None)
    assert session.dataset is not None
    assert session.dataset.test is not None
    first = session.dataset.test.take(slice(0, 1), np.empty((1, 784), np.float32))
    shown = shown_example(ready_window, qtbot)
    np.testing.assert_array_equal(shown.inputs[1], first[0])
    point_at(page, PerturbationStrength("covered", 8.0))
    shown = shown_example(ready_window, qtbot)
    assert shown.strength == PerturbationStrength("covered", 8.0)
    assert page.example.title.text() == "Occlusion 8 px"
    assert (shown.inputs[1].reshape(28, 28) == 0).sum() >= 64
    leave(page.plots)
    assert page.example.title.text() == "Occlusion 8 px", "it stays, so that it can be looked at"

    # The example follows the mouse between what was measured.
    rotation = page.plots.plots[NAMES.index("rotation")]
    for angle in (-37.0, 4.0, 22.0):
        said = point_at(page, PerturbationStrength("rotation", angle))
        shown = shown_example(ready_window, qtbot)
        assert shown.strength == PerturbationStrength("rotation", angle)
        session = ready_window.session
        answer = session.displayed.network.predict(shown.inputs[1][None])[0]
        np.testing.assert_allclose(shown.outputs[1], answer, rtol=1e-5)
        nearest = rotation.places[rotation.nearest(angle)]
        assert f"Rotation {'+' if nearest > 0 else '−' if nearest < 0 else ''}{abs(nearest):g}°" in said
        assert f"{at(page, PerturbationStrength('rotation', nearest)):.2f} %" in said
    assert page.example.title.text() == "Rotation +22°"

    # The drawing comes first, then the chosen example.
    session.selection.choose_example(Example("test", 7))
    assert session.dataset is not None
    assert session.dataset.test is not None
    chosen = session.dataset.test.take(slice(7, 8), np.empty((1, 784), np.float32))[0]
    np.testing.assert_array_equal(shown_example(ready_window, qtbot).inputs[0], chosen)
    ready_window.canvas.set_strokes(SEVEN)
    drawn = session.question.example
    assert drawn is not None
    shown = shown_example(ready_window, qtbot)
    np.testing.assert_array_equal(shown.inputs[0], drawn)
    answer = session.displayed.network.predict(drawn[None])[0]
    assert page.example.before.answer.text() == session.class_names[int(answer.argmax())]

    # The answer follows the training.
    before = shown_example(ready_window, qtbot).outputs[0]
    train_epochs(qtbot, ready_window, 1)
    after = shown_example(ready_window, qtbot).outputs[0]
    assert before is not None
    assert after is not None
    assert not np.array_equal(before, after)

    # What was measured of another network has no conclusion.
    qtbot.waitUntil(lambda: "now" in page.status.text())
    assert find(page, ConclusionLabel, "robustConclusion").conclusion is None

    # Arrow keys go along the curves.
    ready_window.canvas.set_strokes([])
    session.selection.choose_example(None)
    model = ready_window.session.models[RobustnessModel]
    model.point_at(None)
    page.plots.setFocus(Qt.FocusReason.TabFocusReason)
    assert model.pointed == PerturbationStrength("noise", 0.0)
    qtbot.keyClick(page.plots, Qt.Key.Key_Right)
    assert model.pointed == PerturbationStrength("noise", 0.1)
    assert "noise" in page.plots.accessibleDescription().lower()
    for _ in range(20):
        qtbot.keyClick(page.plots, Qt.Key.Key_Right)
    assert model.pointed == PerturbationStrength("noise", 0.8)
    qtbot.keyClick(page.plots, Qt.Key.Key_Down)
    assert model.pointed == PerturbationStrength("shift", 0.0)
    qtbot.keyClick(page.plots, Qt.Key.Key_Down)
    qtbot.keyClick(page.plots, Qt.Key.Key_Left)
    assert model.pointed == PerturbationStrength("rotation", -15.0)
    shown = shown_example(ready_window, qtbot)
    qtbot.keyClick(page.plots, Qt.Key.Key_Return)
    assert ready_window.session.question.example is not None
    np.testing.assert_allclose(ready_window.session.question.example, shown.inputs[1], atol=0.02)

    # A double click puts the perturbed example on the canvas.
    question = ready_window.session.question
    ready_window.canvas.set_strokes(SEVEN)
    strength = PerturbationStrength("covered", 8.0)
    point_at(page, strength)
    shown = shown_example(ready_window, qtbot)
    qtbot.mouseClick(page.plots, Qt.MouseButton.LeftButton, pos=place_of(page, strength))
    assert len(ready_window.session.sketch.drawing) == 1
    before = ready_window.session.sketch.drawing
    qtbot.mouseDClick(page.plots, Qt.MouseButton.LeftButton, pos=place_of(page, strength))
    assert question.example is not None
    np.testing.assert_allclose(question.example, shown.inputs[1], atol=0.02)
    ready_window.session.sketch.undo_stroke()
    assert ready_window.session.sketch.drawing == before

    # Once on the canvas it is shown as it is until the mouse moves.
    question, strength = ready_window.session.question, PerturbationStrength("rotation", 45.0)
    ready_window.canvas.set_strokes(SEVEN)
    point_at(page, strength)
    shown_example(ready_window, qtbot)
    spot = place_of(page, strength)
    qtbot.mouseDClick(page.plots, Qt.MouseButton.LeftButton, pos=spot)
    hover(page.plots, (spot.x() + 1, spot.y()))  # no hand is quite still
    put, shown = question.example, shown_example(ready_window, qtbot)
    assert put is not None
    np.testing.assert_array_equal(shown.inputs[1], put)
    assert page.example.title.text() == "unperturbed"
    assert not page.example.after.isVisible()
    assert not find(page.plots, QLabel, "readOut").isVisible()
    qtbot.mouseDClick(page.plots, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: question.example is not put)
    assert question.example is not None
    assert not np.allclose(question.example, put, atol=0.1), "turned once more, since that was asked for"
    point_at(page, PerturbationStrength("rotation", 30.0))
    assert shown_example(ready_window, qtbot).strength == PerturbationStrength("rotation", 30.0)


def test_out_of_view_it_measures_nothing_and_has_no_table(ready_window: CardWindow, qtbot: QtBot) -> None:
    page = page_of(ready_window, qtbot)
    click_tab(qtbot, ready_window, "mapTab")
    wait_until_it_would_begin(page, qtbot)
    assert ready_window.session.models[RobustnessModel].work.about is None
    assert not ready_window.session.queries[PERTURBED].is_wanted

    # Without a measurement there is no table.
    assert page_of(ready_window, qtbot).table() is None


def test_while_training_it_waits_to_be_asked_and_once_it_rests_it_measures(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    train_for_a_while(qtbot, ready_window)
    page, model = page_of(ready_window, qtbot), ready_window.session.models[RobustnessModel]
    wait_until_it_would_begin(page, qtbot)
    assert model.work.about is None
    assert page.status.text().startswith("Robustness is measured when training pauses")
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    qtbot.waitUntil(lambda: model.is_outdated)
    assert " · now epoch " in page.status.text()
    pause(qtbot, ready_window)


def test_once_the_training_rests_it_measures(ready_window: CardWindow, qtbot: QtBot) -> None:
    train_for_a_while(qtbot, ready_window)
    page_of(ready_window, qtbot)
    pause(qtbot, ready_window)
    measured(ready_window, qtbot)


def test_cancel_takes_the_focus_of_measure(page: RobustnessPage, ready_window: CardWindow, qtbot: QtBot) -> None:
    bring_to_front(qtbot, ready_window)
    page.measure_button.setFocus()
    qtbot.keyClick(page.measure_button, Qt.Key.Key_Space)
    assert page.cancel_button.hasFocus()
    qtbot.keyClick(page.cancel_button, Qt.Key.Key_Space)
    assert page.measure_button.hasFocus()


def test_it_can_be_cancelled_and_what_was_measured_stays(ready_window: CardWindow, qtbot: QtBot, gate: Gate) -> None:
    page, model = page_of(ready_window, qtbot), ready_window.session.models[RobustnessModel]
    gate.close()

    def is_begun() -> bool:
        """Lets the worker take a step, or a few."""
        gate.open()
        gate.close()
        return model.work.partial is not None and len(model.work.partial.curves["noise"]) > 1

    qtbot.waitUntil(is_begun)
    assert page.progress.isVisible()
    assert page.progress.value() > 0
    click(qtbot, ready_window, QPushButton, "cancelRobustButton")
    gate.open()
    assert not model.work.is_running
    assert not page.progress.isVisible()
    assert page.status.text() == "Error on 20 test examples at epoch 0, stopped"
    found = model.measured
    assert found is not None
    assert 1 < len(page.plots.plots[0].line.x) == len(found[1].curves["noise"])
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    assert page.status.text() == "Error on 20 test examples at epoch 0"


def test_closing_in_the_middle_of_it(ready_window: CardWindow, qtbot: QtBot) -> None:
    page_of(ready_window, qtbot)
    qtbot.waitUntil(lambda: ready_window.session.models[RobustnessModel].work.is_running)


# ---- what it shows


def test_measured_again_the_curve_of_before_is_grey_and_a_new_network_is_measured_again(
    page: RobustnessPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    before = page.plots.plots[0].line.y.tolist()
    train_epochs(qtbot, ready_window, 2)
    assert page.status.text() == "Error on 20 test examples at epoch 0 · now epoch 2"
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    assert page.plots.plots[0].past.y.tolist() == before
    assert page.plots.plots[0].line.y.tolist() != before
    assert page.status.text() == "Error on 20 test examples at epoch 2 · grey: epoch 0"
    said = point_at(page, PerturbationStrength("noise", 0.3))
    assert "at epoch 2" in said
    assert "at epoch 0" in said
    click(qtbot, ready_window, QPushButton, "measureRobustButton")  # the same network again is no comparison
    measured(ready_window, qtbot)
    assert page.plots.plots[0].past.y.tolist() == before

    # A new network is measured again.
    assert ready_window.session.models[RobustnessModel].before is not None
    ready_window.session.reset()
    assert ready_window.session.models[RobustnessModel].measured is None
    assert all(not len(plot.line.x) and not len(plot.past.x) for plot in page.plots.plots)
    measured(ready_window, qtbot)
    assert ready_window.session.models[RobustnessModel].before is None
    # An untrained network that takes the place of another one is measured, too.
    ready_window.session.reset()
    assert ready_window.session.models[RobustnessModel].measured is None
    measured(ready_window, qtbot)
    assert not ready_window.session.models[RobustnessModel].is_outdated


def test_of_another_moment_than_the_one_looked_back_at_curves_are_grey(
    page: RobustnessPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    train_epochs(qtbot, ready_window, 1)
    train_epochs(qtbot, ready_window, 1)
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    live = page.plots.plots[0].line.y.tolist()
    session.timeline.go_to(1)
    assert page.plots.plots[0].line.y.tolist() == []
    assert page.plots.plots[0].past.y.tolist() == live
    assert page.status.text() == "Not measured at this epoch · grey: epoch 2"
    assert page.measure_button.text() == "Measure"
    assert "at epoch 2" in point_at(page, PerturbationStrength("noise", 0.3))
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    error = Evaluator(session.displayed.network, session.dataset.test).evaluate().error
    assert error is not None
    assert at(page, PerturbationStrength("noise", 0.0)) == 100 * error
    assert page.status.text() == "Error on 20 test examples at epoch 1 · grey: epoch 2"
    session.timeline.go_to(0)
    assert page.status.text() == "Not measured at this epoch · grey: epoch 1"
    session.timeline.go_to(1)
    assert page.status.text().startswith("Error on 20 test examples at epoch 1"), "it is known of that moment still"


def test_what_the_training_covered_is_marked(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    augmentation = Augmentation(shift=2, rotation=15, scale=0.25)
    session.settings.change("augmentation", augmentation=augmentation)
    page = page_of(ready_window, qtbot)
    measured(ready_window, qtbot)
    assert all(plot.band is None for plot in page.plots.plots), "nothing was trained yet"
    train_epochs(qtbot, ready_window, 1)
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    bands = {name: plot.band for name, plot in zip(NAMES, page.plots.plots, strict=True)}
    assert bands["shift"] == (0, 2)
    assert bands["rotation"] == (-15, 15)
    assert bands["size"] == pytest.approx((-20, 25))
    assert bands["noise"] is bands["thickness"] is bands["covered"] is None
    assert "augmented by up to 2 px in training" in point_at(page, PerturbationStrength("shift", 3.0))
    assert "augmented by −15° to +15° in training" in point_at(page, PerturbationStrength("rotation", 30.0))
    assert "trained" not in point_at(page, PerturbationStrength("noise", 0.3))


# ---- what can be done with it


def test_an_answer_that_the_disturbance_changed_looks_different(
    page: RobustnessPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    train_epochs(qtbot, ready_window, 2)
    ready_window.canvas.set_strokes(SEVEN)
    ready_window.session.question.threshold = 0.0
    seen = {}
    for angle in range(-90, 91, 10):
        point_at(page, PerturbationStrength("rotation", float(angle)))
        before, after = shown_example(ready_window, qtbot).outputs
        assert before is not None
        assert after is not None
        is_another = before.argmax() != after.argmax()
        ink = page.example.after.answer.palette().color(QPalette.ColorRole.WindowText)
        caption = find(page, QLabel, "robustAfterCaption").text()
        seen.setdefault(is_another, (ink.name(), caption))
        assert seen[is_another] == (ink.name(), caption)
    assert seen[True][1] == "≠ perturbed"
    assert seen[False][1] == "perturbed"
    assert seen[True][0] != seen[False][0]


def test_a_what_if_is_reported_with_what_was_measured_and_its_network_is_not_held(
    page: RobustnessPage, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session = ready_window.session
    session.edits.switch(Neuron(1, 4))
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    supposed = "layer 1 · neuron 5 off"
    assert page.status.text() == f"Error on 20 test examples at epoch 0 with {supposed} · grey: epoch 0"
    assert f"at epoch 0 with {supposed}" in point_at(page, PerturbationStrength("noise", 0.3))
    table = page.table()
    assert table is not None
    assert {row[-1] for row in table[1]} == {supposed, ""}
    session.edits.end_what_if()
    assert "the network has changed since" in page.status.text()

    # What was measured holds no network.
    session.edits.switch(Neuron(1, 4))
    click(qtbot, ready_window, QPushButton, "measureRobustButton")
    measured(ready_window, qtbot)
    held = ref(session.displayed.network)
    session.undo.clear()
    session.edits.end_what_if()
    qtbot.waitUntil(lambda: session.queries[PERTURBED].is_up_to_date)
    qtbot.waitUntil(lambda: gc.collect() >= 0 and held() is None)


def test_an_empty_grid_paints(qtbot: QtBot) -> None:
    grid = PlotGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 200)
    assert not grid.grab().isNull()
    hover(grid, (20, 20))
    qtbot.keyClick(grid, Qt.Key.Key_Right)
