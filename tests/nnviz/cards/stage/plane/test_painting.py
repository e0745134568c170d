"""Points painted with the mouse, in the plane and on the curve: the network learns from them; undo takes them back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QComboBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.datasets.painted_points import MOST_PAINTED, PAINTED_CURVE, PAINTED_PLANE, PaintedPoints
from nnviz.cards.stage.plane.curve_input import CurveInput
from nnviz.cards.stage.plane.points_view import PointsView
from nnviz.session.painting import REACH, PaintedPointsModel
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load, plane_of
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import (
    action,
    click,
    drag,
    find,
    hover,
    is_shown,
    leave,
    pick,
    retype,
    train_for_a_while,
    wait_for,
)

TWO = "0 0 | 1 1"


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return "curvesDock", "dataCard"


WITH_TRAINING = pytest.mark.parametrize("cards", [("curvesDock", "dataCard", "trainingCard")], ids=["training"])


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def begin_painting(qtbot: QtBot, window: AnyWindow) -> None:
    """Four points, and the painting of more has begun."""
    load(qtbot, window, PAINTED_PLANE, painted="-0.5 0, -0.5 0.1 | 0.5 0, 0.5 0.1")
    find(window, QComboBox, "datasetCombo").setFocus()  # shows the buttons of the data
    click(qtbot, window, QToolButton, "paintPointsButton")


@pytest.fixture
def painting(ready_window: CardWindow, qtbot: QtBot) -> PaintedPointsModel:
    begin_painting(qtbot, ready_window)
    return ready_window.session.painting


def data_of(window: AnyWindow) -> Dataset:
    data = window.session.dataset
    assert data is not None
    return data


def counts(window: AnyWindow) -> list[int]:
    """Returns the number of the data's points in each class."""
    labels = [split.labels for split in data_of(window).splits.values() if split.labels is not None]
    return np.bincount(np.concatenate(labels), minlength=data_of(window).outputs).tolist()


def stroke(
    qtbot: QtBot,
    window: AnyWindow,
    view: PointsView,
    places: Sequence[tuple[float, float]],
    button: int = Qt.MouseButton.LeftButton,
) -> None:
    """The network has learned of it when this returns."""
    at = [view.place_of(*place) for place in places]
    drag(view, [(each.x(), each.y()) for each in at], button=button)
    qtbot.waitUntil(lambda: is_shown(window.session.data))


def curve_of(window: CardWindow) -> CurveInput:
    curve = window.draw.surface
    assert isinstance(curve, CurveInput)
    return curve


# ---- begin and end


def test_from_other_data_it_begins_with_some_points(ready_window: CardWindow, qtbot: QtBot) -> None:
    find(ready_window, QComboBox, "datasetCombo").setFocus()
    click(qtbot, ready_window, QToolButton, "paintPointsButton")
    qtbot.waitUntil(lambda: ready_window.session.painting.is_on and is_shown(ready_window.session.data))
    assert ready_window.session.data.name == PAINTED_PLANE
    assert plane_of(ready_window).isVisible()
    assert len(ready_window.session.painting.points) == sum(counts(ready_window)) == 20
    assert find(ready_window, QToolButton, "planeBrush1").isVisible()
    assert not find(ready_window, QToolButton, "planeBrush3").isVisible()


def test_it_begins_with_the_points_that_are_there(ready_window: CardWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "spirals", points=300)
    ready_window.session.painting.toggle()
    painting = ready_window.session.painting
    assert painting.is_on
    assert ready_window.session.data.name == "spirals", "as long as nothing was painted"
    assert len(painting.points) == 300
    stroke(qtbot, ready_window, plane_of(ready_window).view, [(0.9, 0.9)])
    assert ready_window.session.data.name == PAINTED_PLANE
    assert sum(counts(ready_window)) == 301

    # Undo of the first stroke brings the data back.
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: ready_window.session.data.name == "spirals" and is_shown(ready_window.session.data))
    assert painting.is_on
    assert len(painting.points) == 300


def test_it_begins_beside_the_points_and_makes_room_for_its_tools(ready_window: CardWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "spirals", points=300)
    view, width = plane_of(ready_window).view, ready_window.draw.width()
    side = view.height()
    click(qtbot, ready_window, QToolButton, "paintInputButton")
    assert ready_window.session.painting.is_on
    assert ready_window.focusWidget() is view
    assert not find(ready_window, QToolButton, "paintInputButton").isVisible()
    qtbot.waitUntil(lambda: ready_window.draw.width() > width)
    assert view.frame.height() == side
    done = click(qtbot, ready_window, QToolButton, "planeDoneButton")
    assert not done.isVisible()
    qtbot.waitUntil(lambda: ready_window.draw.width() == width)
    assert find(ready_window, QToolButton, "paintInputButton").isVisible()


def test_points_of_a_table_are_not_painted(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    rows = [f"{x / 10},{y / 10},{'a' if x > y else 'b'}" for x in range(-9, 10) for y in range(-9, 10)]
    (tmp_path / "points.csv").write_text("\n".join(["x,y,class", *rows]))
    load(qtbot, ready_window, str(tmp_path / "points.csv"))
    assert plane_of(ready_window).isVisible()
    assert not find(ready_window, QToolButton, "paintInputButton").isVisible()


def test_it_ends_in_any_way(painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot) -> None:
    view = plane_of(ready_window).view
    ways = {
        "done": lambda: click(qtbot, ready_window, QToolButton, "planeDoneButton"),
        "escape": lambda: qtbot.keyClick(view, Qt.Key.Key_Escape),
        "button": lambda: click(qtbot, ready_window, QToolButton, "paintPointsButton"),
        "other data": lambda: load(qtbot, ready_window, "penguins"),
    }
    for way, end in ways.items():
        painting.begin()
        assert painting.is_on, way
        end()
        assert not painting.is_on, way
        assert not find(ready_window, QToolButton, "planeDoneButton").isVisible(), way
        assert not find(ready_window, QToolButton, "paintPointsButton").isChecked(), way


def test_other_data_are_not_painted_over_by_a_stroke_that_was_not_over(
    painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot
) -> None:
    view = plane_of(ready_window).view
    at = view.place_of(0.3, -0.7)
    drag(view, [(at.x(), at.y())], release=False)
    load(qtbot, ready_window, "penguins")
    assert not painting.is_on
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
    qtbot.waitUntil(lambda: is_shown(ready_window.session.data))
    assert ready_window.session.data.name == "penguins"


def test_in_the_window_the_menu_begins_and_ends_it(whole_window: MainWindow, qtbot: QtBot) -> None:
    begin_painting(qtbot, whole_window)
    painting = whole_window.session.painting
    entry = action(whole_window, "actionPaintPoints")
    for is_on in (False, True):
        entry.trigger()
        assert painting.is_on is entry.isChecked() is is_on
        assert find(whole_window, QToolButton, "planeDoneButton").isVisible() is is_on

    # Afterwards a click asks again.
    view, question = plane_of(whole_window).view, whole_window.session.question
    click(qtbot, whole_window, QToolButton, "planeDoneButton")
    stroke(qtbot, whole_window, view, [(0.9, 0.9)])
    assert counts(whole_window) == [2, 2]
    assert question.example is not None
    np.testing.assert_allclose(question.example, [0.9, 0.9], atol=0.02)


# ---- painting


def test_a_drag_sets_points_along_its_way_and_erases_them(
    painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot
) -> None:
    # They are seen before the button is released.
    view = plane_of(ready_window).view
    at = view.place_of(0.3, -0.7)
    drag(view, [(at.x(), at.y())], release=False)
    assert len(view.points.places) == 5
    assert counts(ready_window) == [2, 2]
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
    qtbot.waitUntil(lambda: counts(ready_window) == [3, 2])
    np.testing.assert_allclose(painting.points.places[-1], [0.3, -0.7], atol=0.02)

    # A drag sets points along its way.
    find(ready_window, QToolButton, "planeBrush2").click()
    stroke(qtbot, ready_window, plane_of(ready_window).view, [(-0.9, -0.8), (-0.3, -0.8), (0.9, -0.8)])
    blue, orange = counts(ready_window)
    assert blue == 3
    assert 25 <= orange - 2 <= 32, "1.8 along the way, 0.06 from one to the next"
    new = painting.points.places[5:]
    assert np.abs(new[:, 1] + 0.8).max() < 0.1
    np.testing.assert_allclose(new[[0, -1], 0], [-0.9, 0.9], atol=0.12)

    # A quick drag of the eraser leaves no gaps.
    find(ready_window, QToolButton, "planeBrush1").click()
    stroke(qtbot, ready_window, view, [(-0.9, 0.5), (0.9, 0.5)])
    assert counts(ready_window)[0] > 20
    stroke(qtbot, ready_window, view, [(-1, 0.5), (1, 0.5)], Qt.MouseButton.RightButton)
    assert counts(ready_window) == [3, orange]


def test_keys_choose_and_set_wherever_the_focus_is(
    painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot
) -> None:
    # Digits choose and enter sets.
    view = plane_of(ready_window).view
    qtbot.keyClick(view, Qt.Key.Key_2)
    assert find(ready_window, QToolButton, "planeBrush2").isChecked()
    qtbot.keyClick(view, Qt.Key.Key_5)
    assert painting.brush == 1, "there is no fifth class"
    qtbot.keyClick(view, Qt.Key.Key_Right)  # the middle is asked about
    qtbot.waitUntil(lambda: ready_window.session.question.example is not None)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: counts(ready_window) == [2, 3])
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert painting.brush is None
    assert find(ready_window, QToolButton, "planeEraseButton").isChecked()

    # The keys act after a click on a tool.
    for name in ("planeBrush2", "planeClearButton", "planeEraseButton"):
        painting.begin()
        click(qtbot, ready_window, QToolButton, name)
        focused = ready_window.focusWidget()
        assert focused is plane_of(ready_window).view, name
        qtbot.keyClick(focused, Qt.Key.Key_1)
        assert painting.brush == 0, name
        qtbot.keyClick(focused, Qt.Key.Key_Escape)
        assert not painting.is_on, name

    # The keys act on a tool that was reached with Tab.
    painting.begin()
    brush = find(ready_window, QToolButton, "planeBrush1")
    brush.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(brush, Qt.Key.Key_2)
    assert painting.brush == 1
    assert brush.hasFocus()
    qtbot.keyClick(brush, Qt.Key.Key_Escape)
    assert not painting.is_on


def test_one_class_more(painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot) -> None:
    # After all were erased they stay erased.
    click(qtbot, ready_window, QToolButton, "planeClearButton")
    click(qtbot, ready_window, QToolButton, "planeMoreButton")
    qtbot.waitUntil(lambda: painting.classes == 3)
    assert len(painting.points) == 0, "they stay erased"

    # One class more.
    for _ in range(2):
        ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: painting.classes == 2 and len(painting.points) == 4)
    more = find(ready_window, QToolButton, "planeMoreButton")
    for classes in (3, 4, 5, 6):
        assert more.isVisible()
        click(qtbot, ready_window, QToolButton, "planeMoreButton")
        qtbot.waitUntil(lambda classes=classes: painting.classes == classes)  # type: ignore[misc]
        assert painting.brush == classes - 1, "it is painted next"
    assert not more.isVisible()
    assert ready_window.session.data.settings["classes"] == 6
    assert counts(ready_window) == [2, 2, 0, 0, 0, 0]
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: painting.classes == 5)
    assert painting.brush == 0

    # More classes.
    retype(qtbot, ready_window, "dataClassesEdit", "3")
    qtbot.waitUntil(lambda: painting.classes == 3)
    click(qtbot, ready_window, QToolButton, "planeBrush3")
    stroke(qtbot, ready_window, plane_of(ready_window).view, [(0, 0.9)])
    assert counts(ready_window) == [2, 2, 1]
    assert ready_window.session.settings.experiment.shape[-1] == 3
    retype(qtbot, ready_window, "dataClassesEdit", "2")
    note = find(ready_window, QLabel, "dataClassesError")
    qtbot.waitUntil(note.isVisible)
    assert "the number of painted classes" in note.text()
    assert counts(ready_window) == [2, 2, 1]


@WITH_TRAINING
def test_a_batch_is_not_larger_than_what_is_painted(
    painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot
) -> None:
    session, view = ready_window.session, plane_of(ready_window).view
    stroke(qtbot, ready_window, view, [(-0.9, -0.8), (0.9, -0.8)])
    retype(qtbot, ready_window, "batchSizeEdit", "20")
    retype(qtbot, ready_window, "learningRateEdit", "0.03")  # no preset's
    click(qtbot, ready_window, QToolButton, "planeClearButton")
    stroke(qtbot, ready_window, view, [(-0.9, 0.9), (-0.5, 0.9)])
    assert session.settings.experiment.training.batch_size == len(data_of(ready_window).train) < 20
    assert not session.settings.problems
    ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: sum(counts(ready_window)) > 20)
    assert session.settings.experiment.training.batch_size == 20

    # A training goes on with the new points.
    retype(qtbot, ready_window, "batchSizeEdit", "2")
    train_for_a_while(qtbot, ready_window)
    run = ready_window.session.runs.current
    stroke(qtbot, ready_window, plane_of(ready_window).view, [(0.3, -0.7)])
    qtbot.waitUntil(lambda: run.experiment.fingerprint == data_of(ready_window).fingerprint)
    wait_for(qtbot, ready_window, Status.TRAINING)
    assert ready_window.session.runs.current is run, "the same network learns on"
    ready_window.session.pause()
    wait_for(qtbot, ready_window, Status.PAUSED, Status.FINISHED)


def test_at_most_that_number(ready_window: CardWindow, qtbot: QtBot) -> None:
    places = np.random.default_rng(0).uniform(-1, 1, (MOST_PAINTED - 1, 2))
    load(qtbot, ready_window, PAINTED_PLANE, painted=PaintedPoints(places, np.arange(len(places)) % 2).write())
    painting = ready_window.session.painting
    painting.begin()
    stroke(qtbot, ready_window, plane_of(ready_window).view, [(-0.9, 0.9), (0.9, 0.9)])
    assert len(painting.points) == sum(counts(ready_window)) == MOST_PAINTED
    message = ready_window.session.messages.current
    assert message is not None
    assert "At most 5\u202f000 points can be painted" in message.text


# ---- the test part


def test_points_stay_in_their_part(painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot) -> None:
    view = plane_of(ready_window).view
    before: set[tuple[float, float]] = set()
    for height in (-0.8, -0.6, -0.4):
        stroke(qtbot, ready_window, view, [(-0.9, height), (0.9, height)])
        test = data_of(ready_window).test
        assert test is not None
        now = {(round(float(x), 3), round(float(y), 3)) for x, y in test.inputs}
        assert before < now
        before = now
        shown = view.points.places[view.points.are_tests]
        assert {(round(float(x), 3), round(float(y), 3)) for x, y in shown} == now

    # The right button and the eraser erase.
    for _ in range(3):
        ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: counts(ready_window) == [2, 2])
    at = view.place_of(0.1, -0.9)
    hover(view, (at.x(), at.y()))
    before = view.grab().toImage()
    painting.choose(None)
    assert view.grab().toImage() != before

    # The right button and the eraser erase.
    stroke(qtbot, ready_window, view, [(-0.5, 0.02)], Qt.MouseButton.RightButton)
    assert counts(ready_window) == [0, 2], "both are within its reach"
    click(qtbot, ready_window, QToolButton, "planeEraseButton")
    stroke(qtbot, ready_window, view, [(0.5, 0.1 + REACH - 0.02)])
    assert counts(ready_window) == [0, 1]
    assert painting.points.kinds.tolist() == [1]

    # Clear, and undo.
    for _ in range(2):
        ready_window.session.undo.undo()
    qtbot.waitUntil(lambda: counts(ready_window) == [2, 2])
    painting.choose(0)
    stroke(qtbot, ready_window, view, [(0.3, -0.7)])
    click(qtbot, ready_window, QToolButton, "planeClearButton")
    assert len(view.points.places) == len(painting.points) == 0
    assert not find(ready_window, QToolButton, "planeClearButton").isEnabled()
    assert counts(ready_window) == [3, 2], "the network learns from the old ones until there are new ones"
    stroke(qtbot, ready_window, view, [(0.2, 0.2)])
    assert counts(ready_window) == [1, 0]
    for expected in ([3, 2], [3, 2], [2, 2]):
        ready_window.session.undo.undo()
        qtbot.waitUntil(lambda expected=expected: counts(ready_window) == expected)  # type: ignore[misc]
    assert len(painting.points) == len(view.points.places) == 4
    for expected in ([3, 2], [3, 2], [1, 0]):
        ready_window.session.undo.redo()
        qtbot.waitUntil(lambda expected=expected: counts(ready_window) == expected)  # type: ignore[misc]

    # The eraser goes with the mouse.
    painting.choose(None)
    at = view.place_of(0.1, -0.9)
    hover(view, (at.x(), at.y()))
    QApplication.processEvents()
    painted = []
    view.paintEvent = lambda event: painted.append(event)  # type: ignore[method-assign]
    leave(view)
    QApplication.processEvents()
    assert painted


# ---- while it trains, and later


def test_no_training_begins_by_itself(painting: PaintedPointsModel, ready_window: CardWindow, qtbot: QtBot) -> None:
    stroke(qtbot, ready_window, plane_of(ready_window).view, [(0.3, -0.7)])
    assert ready_window.session.state is Status.READY


def test_painted_points_are_there_when_they_are_chosen_again(
    whole_window: MainWindow, restart: Restart, qtbot: QtBot
) -> None:
    begin_painting(qtbot, whole_window)
    stroke(qtbot, whole_window, plane_of(whole_window).view, [(0.3, -0.7)])
    text = whole_window.session.data.settings["painted"]
    load(qtbot, whole_window, "spirals")
    combo = find(whole_window, QComboBox, "datasetCombo")
    pick(qtbot, whole_window, "datasetCombo", combo.itemText(combo.findData(PAINTED_PLANE)))
    qtbot.waitUntil(lambda: counts(whole_window) == [3, 2])
    load(qtbot, whole_window, "spirals")
    whole_window.close_unasked()
    other = restart().session
    qtbot.waitUntil(lambda: is_shown(other.data))
    other.painting.load_latest(PAINTED_PLANE)
    qtbot.waitUntil(lambda: is_shown(other.data) and other.data.name == PAINTED_PLANE)
    assert other.data.settings["painted"] == text


def test_damaged_memories_are_left_out(ready_model: Model) -> None:
    painting = ready_model.session.painting
    for document in (None, [], {"painted": 3, "mnist": {"painted": TWO}, "x": {}}, {"painted": {"painted": 5}}):
        painting.restore(document)
    assert painting.latest == {}
    painting.restore({"painted": {"painted": "nonsense"}})
    painting.load_latest("painted")
    assert not painting.is_on


# ---- a curve


def test_a_curve(ready_window: CardWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "sine", points=100)
    click(qtbot, ready_window, QToolButton, "paintInputButton")
    view, painting = curve_of(ready_window).view, ready_window.session.painting
    assert len(painting.points) == 100
    assert [find(ready_window, QToolButton, f"curveBrush{number}").isVisible() for number in (1, 2)] == [True, False]
    qtbot.waitUntil(lambda: find(ready_window, QToolButton, "curveClearButton").height() > 10)  # it is laid out
    click(qtbot, ready_window, QToolButton, "curveClearButton")
    stroke(qtbot, ready_window, view, [(-0.9, 0.5), (0.9, 0.5)])
    data = data_of(ready_window)
    assert ready_window.session.data.name == PAINTED_CURVE
    assert data.is_curve
    assert len(data.train) > 20
    assert np.abs(data.train.targets - 0.5).max() < 0.1
    assert view.x_ends[0] <= -1
    assert view.y_ends[1] >= 1
    shown = view.points
    assert data.test is not None
    assert [int((shown.kinds == kind).sum()) for kind in (0, 2)] != [0, 0]
    assert shown.are_tests.sum() == len(data.test)
