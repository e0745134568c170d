"""The hint in the headline of the curves: its buttons by mouse and keys, its menu, and what has room."""

from __future__ import annotations

import itertools

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.hints.rules import Hint
from nnviz.session.hints import HINTS
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.window.guide import GuideText
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import action, click, find, press, stored_settings, train_epochs

HINT = Hint(
    "overfitting",
    "Training error falls, test error has not improved since epoch 12",
    "overfitting",
    "Add weight decay",
    {"weight_decay": 0.001},
)
ALARM = Hint(
    "class-never-predicted",
    "“<b>class &amp;” has 90 examples and is never predicted",
    "a class is missing",
    "Train with Adam",
    {"optimizer": "adam"},
)
PARTS = ((QPushButton, "applyHintButton"), (QPushButton, "whyHintButton"), (QToolButton, "hintMenuButton"))


def show(window: MainWindow, hint: Hint | None) -> None:
    """As if the run gave rise to it."""
    window.session.hints.current = hint
    window.session.hints.changed.emit()
    QApplication.processEvents()


@pytest.fixture
def hinted(ready_window: MainWindow) -> MainWindow:
    """A window with a hint."""
    show(ready_window, HINT)
    return ready_window


def shown(window: MainWindow) -> list[str]:
    """The names of the visible buttons."""
    return [name for kind, name in PARTS if find(window, kind, name).isVisible()]


def entries(window: MainWindow) -> dict[str, QAction]:
    """The visible entries of the hint's menu, by their text."""
    named = (find(window, QAction, f"{name}HintAction") for name in ("apply", "why", "dismiss"))
    return {each.text(): each for each in named if each.isVisible()}


def test_what_it_says_and_what_goes_to_the_menu_where_room_is_short(hinted: MainWindow, qtbot: QtBot) -> None:
    headline = hinted.curves.headline
    label, icon = headline.conclusion, find(hinted, QLabel, "hintIcon")
    qtbot.waitUntil(lambda: "It has learned nothing yet: " in label.text())
    assert "overfitting" not in label.text()
    assert label.toolTip().endswith(HINT.sentence)
    assert label.accessibleDescription().endswith(HINT.sentence)
    assert not icon.isVisible()
    before = headline.height()
    assert shown(hinted) == ["applyHintButton", "whyHintButton", "hintMenuButton"]
    assert [*entries(hinted)] == ["Do not show this again"]
    expect_in_a_row(headline, [label, *(find(hinted, kind, name) for kind, name in PARTS)])

    # Only an alarming one has an icon. Names from files are plain.
    show(hinted, ALARM)
    assert icon.isVisible()
    assert icon.geometry().right() < label.geometry().left()
    assert "<b>class" in label.toolTip()
    show(hinted, None)
    assert not shown(hinted)
    assert not icon.isVisible()
    assert headline.height() == before

    # In less room, first the second button goes to the menu, then the first one.
    show(hinted, HINT)
    seen = []
    for width in range(800, 150, -5):
        headline.resize(width, headline.height())
        if not seen or seen[-1] != shown(hinted):
            seen.append(shown(hinted))
    assert seen == [[name for _, name in PARTS], ["applyHintButton", "hintMenuButton"], ["hintMenuButton"]]
    assert "It has learned nothing yet: " in label.text()
    assert [*entries(hinted)] == ["Add weight decay", "Why?", "Do not show this again"]
    entries(hinted)["Add weight decay"].trigger()
    assert hinted.session.settings.experiment.training.weight_decay == 0.001


def expect_in_a_row(row: QWidget, parts: list[QWidget]) -> None:
    boxes = [part.geometry() for part in parts]
    assert all(row.rect().contains(box) for box in boxes)
    assert all(left.right() < right.left() for left, right in itertools.pairwise(boxes))


def test_the_buttons_by_mouse_and_by_keys(hinted: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, hinted, QPushButton, "whyHintButton")
    guide = find(hinted, GuideText, "guideText")
    assert guide.source().toString() == "hints#overfitting"
    assert [each.cursor.block().text() for each in guide.extraSelections()] == ["Overfitting"]
    assert click(qtbot, hinted, QPushButton, "applyHintButton").text() == "Add weight decay"
    assert hinted.session.settings.experiment.training.weight_decay == 0.001
    press(qtbot, hinted, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert hinted.session.settings.experiment.training.weight_decay == 0
    show(hinted, HINT)

    # Tab reaches them, and Return presses them.
    find(hinted, QPushButton, "applyHintButton").setFocus()
    visited = []
    for _ in range(2):
        press(qtbot, hinted, Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget().objectName())
    assert visited == ["whyHintButton", "hintMenuButton"]
    press(qtbot, hinted, Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert menu.objectName() == "hintMenu"
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert hinted.session.hints.dismissed == {"overfitting"}
    assert not shown(hinted)


def test_dismissed_for_good_and_shown_again_by_the_menu_for_a_real_run(
    hinted: MainWindow, restart: Restart, qtbot: QtBot
) -> None:
    assert not action(hinted, "actionHintsAgain").isEnabled()
    entries(hinted)["Do not show this again"].trigger()
    assert not shown(hinted)
    qtbot.waitUntil(lambda: "overfitting" in stored_settings().get("dismissed_hints", ""))
    assert restart().session.hints.dismissed == {"overfitting"}
    press(qtbot, hinted, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert not hinted.session.hints.dismissed
    assert not action(hinted, "actionHintsAgain").isEnabled()

    # A real run.
    show(hinted, None)
    ready_window = hinted
    ready_window.session.settings.change("rate", learning_rate=0.0005)
    train_epochs(qtbot, ready_window, 4)
    qtbot.waitUntil(lambda: "applyHintButton" in shown(ready_window))
    label = find(ready_window, ConclusionLabel, "curvesConclusion")
    assert "learning rate too small" in label.toolTip()
    assert label.text().count("new digits.") == 1

    # It is hidden while looking back, and in a lesson.
    qtbot.waitUntil(lambda: ready_window.session.queries[HINTS].is_up_to_date)
    ready_window.session.timeline.go_to(1)
    assert not shown(ready_window)
    ready_window.session.timeline.go_live()
    assert "applyHintButton" in shown(ready_window)
    ready_window.session.hints.set_silent(True)
    assert not shown(ready_window)
