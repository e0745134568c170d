"""The strip with a hint: its buttons by mouse and keys, its place, and what it gives way to."""

from __future__ import annotations

import itertools

import pytest
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.hints.rules import Hint
from nnviz.session.hints import HINTS
from nnviz.ui.card import Panel
from nnviz.window.guide import GuideText
from nnviz.window.hint_strip import HintStrip
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import action, click, find, press, stored_settings, train_epochs
from tests.nnviz.hints.test_rules import RIGHT

HINT = Hint(
    "overfitting",
    "Training error falls, test error has not improved since epoch 12",
    "overfitting",
    "Add weight decay",
    {"weight_decay": 0.001},
)
LONG = Hint(
    "class-never-predicted",
    f"“{'<b>class &amp; ' * 30}” has 90 examples and is never predicted",
    "a class is missing",
    "Train with Adam",
    {"optimizer": "adam"},
)
PARTS = ((QLabel, "hintText"), (QPushButton, "applyHintButton"), (QPushButton, "whyHintButton"))


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


def strip_of(window: MainWindow) -> HintStrip:
    return find(window, HintStrip, "hintStrip")


def places(window: MainWindow) -> dict[str, QRect]:
    """Where the cards are."""
    return {dock.objectName(): dock.geometry() for dock in window.panels if dock.isVisible()}


def box_of(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def test_it_lies_at_the_foot_of_the_middle_column_and_what_it_says(ready_window: MainWindow, qtbot: QtBot) -> None:
    queries = ready_window.session.queries
    for size, workspace in (((1440, 900), "train"), *(((1280, 720), each) for each in ("train", "inside", "runs"))):
        ready_window.resize(*size)
        ready_window.show_workspace(workspace)
        qtbot.waitUntil(lambda: all(not query.is_wanted or query.is_up_to_date for query in queries))
        QApplication.processEvents()
        expect_at_its_place(ready_window)

    # What it says.
    hinted = ready_window
    hinted.resize(1440, 900)
    hinted.show_workspace("train")
    QApplication.processEvents()
    show(hinted, HINT)
    words = strip_of(hinted).text
    assert 'epoch 12: <span style="font-weight: 600">overfitting.</span>' in words.text()
    assert words.toolTip() == HINT.sentence
    assert strip_of(hinted).accessibleDescription() == HINT.sentence

    # Names from files are plain, and shortened to two lines.
    height = strip_of(hinted).height()
    show(hinted, LONG)
    assert "&lt;b&gt;class" in words.text()
    assert " …: <span" in words.text()
    assert "a class is missing.</span>" in words.text()
    assert words.heightForWidth(words.width()) <= 2.5 * words.fontMetrics().lineSpacing()
    assert strip_of(hinted).height() == height

    # Every sentence is whole in a small window.
    show(hinted, None)
    hinted.resize(1280, 720)
    hinted.show_workspace("inside")
    QApplication.processEvents()
    cut = []
    for case in RIGHT:
        rule, *_, state = case.values
        show(hinted, rule(state))
        if "…" in strip_of(hinted).text.text():
            cut.append(rule.__name__)
    assert not cut


def expect_at_its_place(window: MainWindow) -> None:
    case = (window.size(), window.workspace)
    before = places(window)
    strip = strip_of(window)
    assert not strip.isVisible(), case
    show(window, HINT)
    assert strip.isVisible(), case
    assert places(window) == before, case
    middle = window._frame.middle().translated(window._frame.pos())
    at = box_of(strip, window)
    assert (at.left(), at.right(), at.bottom()) == (middle.left(), middle.right(), middle.bottom()), case
    parts = [*(find(strip, kind, name) for kind, name in PARTS), find(strip, QToolButton, "dismissHintButton")]
    boxes = [box_of(part, strip) for part in parts]
    assert all(strip.rect().contains(box) for box in boxes), case
    assert all(left.right() < right.left() for left, right in itertools.pairwise(boxes)), case
    assert strip.text.height() >= strip.text.heightForWidth(strip.text.width()), case
    card = max((dock for dock in window._frame._in_middle if isinstance(dock, Panel)), key=lambda dock: dock.y())
    seen = box_of(card.sheet.parentWidget(), window)
    assert seen.bottom() - card.free_below < at.top(), f"{case}: it covers nothing: content gives way, or scrolls"
    show(window, None)
    assert not strip.isVisible(), case
    assert places(window) == before, case


def test_a_message_comes_first_and_the_buttons_by_mouse_and_by_keys(hinted: MainWindow, qtbot: QtBot) -> None:
    free = hinted._frame.free_below
    assert free == strip_of(hinted).height()
    hinted.session.messages.show("Something to know")
    assert not strip_of(hinted).isVisible()
    assert hinted._frame.free_below == free
    hinted.session.messages.warn("Something went wrong")
    assert hinted._frame.free_below >= free
    hinted.session.messages.clear()
    assert strip_of(hinted).isVisible()
    assert hinted._frame.free_below == free
    show(hinted, None)
    assert hinted._frame.free_below == 0

    # It follows the size of the window. That of the text is looked at in test_text_size.
    show(hinted, HINT)
    hinted.resize(1280, 720)
    QApplication.processEvents()
    middle = hinted._frame.middle()
    assert strip_of(hinted).width() == middle.width()

    # The buttons by mouse and by keys.
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
    assert visited == ["whyHintButton", "dismissHintButton"]
    press(qtbot, hinted, Qt.Key.Key_Return)
    assert hinted.session.hints.dismissed == {"overfitting"}


def test_dismissed_for_good_and_shown_again_by_the_menu_for_a_real_run(
    hinted: MainWindow, restart: Restart, qtbot: QtBot
) -> None:
    assert not action(hinted, "actionHintsAgain").isEnabled()
    click(qtbot, hinted, QToolButton, "dismissHintButton")
    assert not strip_of(hinted).isVisible()
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
    strip = strip_of(ready_window)
    qtbot.waitUntil(strip.isVisible)
    assert "learning rate too small" in strip.text.text()

    # It is hidden while looking back.
    qtbot.waitUntil(lambda: ready_window.session.queries[HINTS].is_up_to_date)
    ready_window.session.timeline.go_to(1)
    assert not strip.isVisible()
    ready_window.session.timeline.go_live()
    assert strip.isVisible()
