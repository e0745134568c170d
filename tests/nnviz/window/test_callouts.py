"""Three hints at the first start, which go away for good when followed or dismissed."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtWidgets import QApplication, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.session.status import Status
from nnviz.window.callouts import Callout
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import action, click, drag, find, pause, press, quit_unasked, retype, seven, wait_for
from tests.nnviz.window.test_window import acted_on

ALL = ["change", "draw", "train"]


def in_sight(window: MainWindow) -> list[str]:
    """The names of the hints that can be seen."""
    return sorted(hint.objectName().removesuffix("Hint") for hint in window.findChildren(Callout) if hint.isVisible())


def box_of(widget: QWidget, window: QWidget) -> QRect:
    """Within the window."""
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def test_three_at_first_each_saying_one_thing_that_can_be_done(ready_window: MainWindow, qtbot: QtBot) -> None:
    assert in_sight(ready_window) == ALL
    for name in ALL:
        hint = find(ready_window, Callout, f"{name}Hint")
        words = [label.text() for label in hint.findChildren(QLabel)]
        assert hint.accessibleName() in words
        assert len(hint.accessibleName()) < 45
    assert "Space" in find(ready_window, Callout, "trainHint").accessibleName()

    # The hint to change something stays in its card.
    card = ready_window.card("networkCard")
    assert box_of(card, ready_window).contains(box_of(find(ready_window, Callout, "changeHint"), ready_window))

    # None asks for what cannot be done.
    retype(qtbot, ready_window, "learningRateEdit", "-1")
    assert in_sight(ready_window) == ["change", "draw"]
    assert "correct the field" in find(ready_window, QLabel, "runStatus").text()
    retype(qtbot, ready_window, "learningRateEdit", "0.2")
    assert in_sight(ready_window) == ALL


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
def test_they_cover_no_control_and_have_no_focus(ready_window: MainWindow, size: tuple[int, int]) -> None:
    window = ready_window
    window.resize(*size)
    QApplication.processEvents()
    assert in_sight(window) == ALL
    hints = [find(window, Callout, f"{name}Hint") for name in ALL]
    for hint in hints:
        assert window.rect().contains(box_of(hint, window))
        for control in acted_on(window):
            if not hint.isAncestorOf(control) and control is not hint.parentWidget():
                assert not box_of(hint, window).intersects(box_of(control, window)), control.objectName()
        for part in (hint, *hint.findChildren(QWidget)):
            assert part.focusPolicy() == Qt.NoFocus


def test_training_is_followed(ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot) -> None:
    window = ready_window
    press(qtbot, window, Qt.Key_Space)
    wait_for(qtbot, window, Status.TRAINING)
    assert in_sight(window) == [], "nothing lies over the curves while they grow"
    pause(qtbot, window)
    assert in_sight(window) == ["change", "draw"]
    quit_unasked(window)
    again = make_window()
    wait_for(qtbot, again, Status.READY)
    assert in_sight(again) == ["change", "draw"], "for good"


def test_drawing_is_followed(ready_window: MainWindow) -> None:
    canvas = ready_window.canvas
    drag(canvas, seven(canvas), release=False)
    assert "draw" in ready_window.callouts.shown, "not before the stroke is finished"
    drag(canvas, seven(canvas))
    assert in_sight(ready_window) == ["change", "train"]
    assert "draw" not in ready_window.callouts.shown


def test_a_stroke_may_begin_on_the_hint(ready_window: MainWindow) -> None:
    """It lies on the empty canvas, beside the words there, and covers no other card."""
    canvas, hint = ready_window.canvas, find(ready_window, Callout, "drawHint")
    at = hint.geometry()
    assert canvas.rect().contains(at)
    assert not at.intersects(QRect(0, canvas.height() // 2 - 10, canvas.width(), 20))
    words = next(label for label in hint.findChildren(QLabel) if label.text() == hint.accessibleName())
    middle = words.rect().center()
    drag(words, [(middle.x(), middle.y()), (middle.x() - 30, middle.y() - 40), (middle.x(), middle.y() - 80)])
    assert len(ready_window.session.sketch.drawing) == 1
    assert "draw" not in ready_window.callouts.shown


def test_a_hint_goes_while_its_place_is_scrolled_out_of_view(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.resize(1280, 480)
    qtbot.waitUntil(lambda: "change" not in in_sight(window))
    window.resize(1280, 900)
    qtbot.waitUntil(lambda: in_sight(window) == ALL)


def test_in_the_other_workspace_nothing_but_the_canvas_is_covered(ready_window: MainWindow, qtbot: QtBot) -> None:
    ready_window.show_workspace("inside")
    ready_window.resize(1280, 720)
    qtbot.waitUntil(lambda: ready_window.canvas.height() < 150)
    QApplication.processEvents()
    canvas = ready_window.canvas
    assert in_sight(ready_window) == ["draw", "train"]
    at = find(ready_window, Callout, "drawHint").geometry()
    assert canvas.rect().contains(at)
    assert not at.intersects(QRect(0, canvas.height() // 2 - 8, canvas.width(), 16)), "the words of the canvas"


def test_a_random_digit_is_a_drawing(ready_window: MainWindow, qtbot: QtBot) -> None:
    action(ready_window, "actionRandomDigit").trigger()
    assert in_sight(ready_window) == ["change", "train"]
    press(qtbot, ready_window, Qt.Key_B)
    wait_for(qtbot, ready_window, Status.PAUSED)
    assert in_sight(ready_window) == ["change"], "what was followed does not come back at a pause"


@pytest.mark.parametrize("name", ["change", "draw"])
def test_what_was_dismissed_does_not_come_back_at_a_pause(ready_window: MainWindow, qtbot: QtBot, name: str) -> None:
    click(qtbot, ready_window, QToolButton, f"dismiss{name.capitalize()}HintButton")
    for _ in range(2):
        ready_window.session.step_batch()
        wait_for(qtbot, ready_window, Status.PAUSED)
        assert in_sight(ready_window) == [other for other in ("change", "draw") if other != name]


def test_changing_is_followed(ready_window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "learningRateEdit", "0.07")
    assert in_sight(ready_window) == ["draw", "train"]


def test_a_reset_changes_no_setting(ready_window: MainWindow, qtbot: QtBot) -> None:
    ready_window.session.step_batch()
    wait_for(qtbot, ready_window, Status.PAUSED)
    ready_window.session.reset()
    assert in_sight(ready_window) == ["change", "draw"]


@pytest.mark.parametrize("name", ALL)
def test_dismissed_for_good(ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot, name: str) -> None:
    click(qtbot, ready_window, QToolButton, f"dismiss{name.capitalize()}HintButton")
    left = [other for other in ALL if other != name]
    assert in_sight(ready_window) == left
    ready_window.close()
    again = make_window()
    wait_for(qtbot, again, Status.READY)
    assert in_sight(again) == left


def test_out_of_sight_while_its_control_is(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.cards.toggle(window.card("weightsDock"))
    qtbot.waitUntil(lambda: in_sight(window) == ["train"])
    window.cards.put_back()
    qtbot.waitUntil(lambda: in_sight(window) == ALL)
    window.draw.setFloating(True)
    qtbot.waitUntil(lambda: in_sight(window) == ["change", "train"])
    window.draw.setFloating(False)
    qtbot.waitUntil(lambda: in_sight(window) == ALL)
