"""Three hints at the first start, which go away for good when followed or dismissed."""

from __future__ import annotations

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


def test_where_they_lie_and_what_they_say(ready_window: MainWindow, qtbot: QtBot) -> None:
    """They cover no control and have no focus, and are out of sight while their control is."""
    window = ready_window
    for size in ((1280, 720), (1440, 900), (1920, 1080)):
        window.resize(*size)
        QApplication.processEvents()
        assert in_sight(window) == ALL, size
        for hint in (find(window, Callout, f"{name}Hint") for name in ALL):
            assert window.rect().contains(box_of(hint, window)), size
            for control in acted_on(window):
                if not hint.isAncestorOf(control) and control is not hint.parentWidget():
                    covered = box_of(hint, window).intersects(box_of(control, window))
                    assert not covered, (size, control.objectName())
            for part in (hint, *hint.findChildren(QWidget)):
                assert part.focusPolicy() == Qt.FocusPolicy.NoFocus

    # Each goes while its place is scrolled out of view.
    window.resize(1280, 480)
    qtbot.waitUntil(lambda: "change" not in in_sight(window))
    window.resize(1280, 900)
    qtbot.waitUntil(lambda: in_sight(window) == ALL)

    # Likewise while another card is enlarged, or its own floats.
    window.cards.toggle(window.card("weightsDock"))
    qtbot.waitUntil(lambda: in_sight(window) == ["train"])
    window.cards.put_back()
    qtbot.waitUntil(lambda: in_sight(window) == ALL)
    window.draw.setFloating(True)
    qtbot.waitUntil(lambda: in_sight(window) == ["change", "train"])
    window.draw.setFloating(False)
    qtbot.waitUntil(lambda: in_sight(window) == ALL)

    # In the other workspace nothing but the canvas is covered.
    window.show_workspace("inside")
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: window.canvas.height() < 150)
    QApplication.processEvents()
    canvas = window.canvas
    assert in_sight(window) == ["draw", "train"]
    at = find(window, Callout, "drawHint").geometry()
    assert canvas.rect().contains(at)
    assert not at.intersects(QRect(0, canvas.height() // 2 - 8, canvas.width(), 16)), "the words of the canvas"

    # Three at first each saying one thing that can be done.
    window.show_workspace("train")
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: in_sight(window) == ALL)
    QApplication.processEvents()
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

    # A random digit is a drawing.
    action(ready_window, "actionRandomDigit").trigger()
    assert in_sight(ready_window) == ["change", "train"]


def test_training_and_changing_are_followed(ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot) -> None:
    window = ready_window
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.TRAINING)
    assert in_sight(window) == [], "nothing lies over the curves while they grow"
    pause(qtbot, window)
    assert in_sight(window) == ["change", "draw"]
    window.session.reset()
    assert in_sight(window) == ["change", "draw"], "a reset changes no setting"
    quit_unasked(window)
    again = make_window()
    wait_for(qtbot, again, Status.READY)
    assert in_sight(again) == ["change", "draw"], "for good"
    retype(qtbot, again, "learningRateEdit", "0.07")
    assert in_sight(again) == ["draw"]

    # A stroke may begin on the hint.
    hint = find(again, Callout, "drawHint")
    words = next(label for label in hint.findChildren(QLabel) if label.text() == hint.accessibleName())
    middle = words.rect().center()
    drag(words, [(middle.x(), middle.y()), (middle.x() - 30, middle.y() - 40), (middle.x(), middle.y() - 80)])
    assert len(again.session.sketch.drawing) == 1
    assert "draw" not in again.callouts.shown


def test_drawing_is_followed(ready_window: MainWindow, qtbot: QtBot) -> None:
    """The hint lies on the empty canvas, beside the words there, and covers no other card."""
    window = ready_window
    canvas, hint = window.canvas, find(window, Callout, "drawHint")
    at = hint.geometry()
    assert canvas.rect().contains(at)
    assert not at.intersects(QRect(0, canvas.height() // 2 - 10, canvas.width(), 20))
    drag(canvas, seven(canvas), release=False)
    assert "draw" in window.callouts.shown, "not before the stroke is finished"
    drag(canvas, seven(canvas))
    assert in_sight(window) == ["change", "train"]
    assert "draw" not in window.callouts.shown
    press(qtbot, window, Qt.Key.Key_B)
    wait_for(qtbot, window, Status.PAUSED)
    assert in_sight(window) == ["change"], "what was followed does not come back at a pause"


def test_dismissed_for_good(ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot) -> None:
    window, left = ready_window, [*ALL]
    for name in ("train", "draw"):
        click(qtbot, window, QToolButton, f"dismiss{name.capitalize()}HintButton")
        left.remove(name)
        assert in_sight(window) == left
        window.session.step_batch()
        wait_for(qtbot, window, Status.PAUSED)
        assert in_sight(window) == left, f"{name} comes back at a pause"
    quit_unasked(window)
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    assert in_sight(window) == left
