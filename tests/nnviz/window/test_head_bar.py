"""The bar at the top: menus, switch, activity, marks and lessons; announcements; the first start."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PyQt5.QtCore import QPoint, QRect, Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAction, QApplication, QLabel, QMenu, QPushButton, QTabBar, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import announced, click, drag, find, pause, press, quit_unasked, seven, wait_for


def test_an_announcement_covers_nothing_and_goes_by_escape_after_a_message(
    ready_window: MainWindow, qtbot: QtBot, home: Path
) -> None:
    """What was done is said once, in the bar or at the foot of the middle."""
    window = ready_window
    label = find(window, QLabel, "activityLabel")
    window.session.files.save(home / "x.json")
    assert label.text() == "Saving x.json …"
    assert label.isVisible()
    qtbot.waitUntil(lambda: announced(window.session) == "Saved to x.json")
    assert not label.isVisible()
    assert find(window, QLabel, "announcementText").text() == "Saved to x.json"

    records = window.session.records
    for size in ((1280, 720), (1440, 900)):
        window.resize(*size)
        records.set_on(True)
        for _ in range(5):  # until the cards have followed
            QTest.qWait(5)
        places = [window._frame.place(each) for each in window.panels if each.isVisible()]
        records.toggle()
        QTest.qWait(0)
        bar = window.announcement_bar
        assert bar.isVisible(), size
        foot = window._frame.middle().translated(window._frame.pos()).bottom() - theme.GAP
        assert window.head.free.contains(bar.geometry()) or bar.geometry().bottom() == foot, size
        mark, tabs = find(window, QPushButton, "recordingOffButton"), find(window, QTabBar, "workspaceTabs")
        for part in (mark, tabs, window.menuBar(), window.head.lessons_button):
            at = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
            assert not bar.geometry().intersects(at), part.objectName()
            assert window.rect().contains(at), part.objectName()
        assert (window.width(), window.height()) == size
        assert [window._frame.place(each) for each in window.panels if each.isVisible()] == places, size

    # Escape dismisses an announcement after a message.
    messages = window.session.messages
    messages.warn("An error.")
    messages.announce("Saved to x.json")
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert messages.current is None
    assert announced(ready_window.session) == "Saved to x.json"
    press(qtbot, ready_window, Qt.Key.Key_Escape)
    assert announced(ready_window.session) == ""

    # What goes on stays.
    ready_window.head.show_activity("Saving something large …")
    ready_window.session.step_batch()
    assert label.isVisible()
    assert announced(ready_window.session) == ""


def test_a_narrow_bar_gives_way_step_by_step(ready_window: MainWindow, qtbot: QtBot) -> None:
    """First the activity, then the marks, the place of the switch, its titles, and last the menus."""
    window, head = ready_window, ready_window.head
    head.show_activity("Saving network-of-today.json …")
    activity, mark = find(window, ElidedLabel, "activityLabel"), head.recording_mark
    overflow = window.menuBar().findChild(QToolButton, "qt_menubar_ext_button")
    tabs = head.switch.tabs

    def given_way() -> list[bool]:
        at = head.switch.geometry()
        is_short = tabs.tabText(1) == "Inside"
        is_centred = abs(2 * at.center().x() - head.width()) <= 2
        return [
            activity.shown == "●",
            not mark.text(),
            not is_centred or is_short,
            is_short,
            overflow.isVisible(),
        ]

    head.setFixedWidth(1440)
    before = given_way()
    assert before == [False] * 5
    widths = []
    for width in range(1440, 500, -4):
        head.setFixedWidth(width)
        QApplication.processEvents()
        now = given_way()
        assert all(left or not right for left, right in pairwise(now)), (width, now)
        if now != before:
            widths.append(width)
            before = now
        parts = [part.geometry() for part in (window.menuBar(), head.switch, activity, mark, head.lessons_button)]
        assert all(left.right() < right.left() for left, right in pairwise(parts)), width
    assert len(widths) == 5, "one after the other"

    # The menus work by mouse and by key; the switch has segments of one width.
    head.setFixedWidth(1440)
    QApplication.processEvents()
    assert given_way() == [False] * 5
    assert len({tabs.tabRect(tab).width() for tab in range(3)}) == 1
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert window.workspace == "inside"
    press(qtbot, window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert tabs.currentIndex() == 2


def test_the_bar_follows_the_size_of_the_text_and_back(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, head = ready_window, ready_window.head
    window.resize(1280, 720)
    QApplication.processEvents()
    before = head.grab().toImage()
    for percent in (150, 200):
        window.set_text_size(percent)
        QApplication.processEvents()
        assert head.height() == 44 * percent // 100
        parts = [part.geometry() for part in (window.menuBar(), head.switch, head.lessons_button)]
        assert all(left.right() < right.left() for left, right in pairwise(parts)), percent
        assert window.menuBar().width() == window.menuBar().sizeHint().width(), "all menus are in view"
        assert head.rect().contains(parts[-1])
    window.set_text_size(100)
    QApplication.processEvents()
    assert head.grab().toImage() == before


def test_the_lessons_are_listed_with_the_open_one(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    menu = find(window, QMenu, "menuLessons")
    seen: list[list[str]] = []

    def choose(number: int) -> None:
        """Chooses an entry of the menu, which has an event loop of its own."""
        seen.append([entry.text() for entry in menu.actions()])
        entry: QAction = menu.actions()[number]
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())

    QTimer.singleShot(200, lambda: choose(0))
    click(qtbot, window, QPushButton, "lessonsButton")
    qtbot.waitUntil(lambda: window.lessons.is_open and window.lessons.is_in_front, timeout=20_000)
    assert seen[0][0].endswith("Teach a network to read")

    # Behind the settings it has a mark, and the menu leads back to it, without a question.
    mark = find(window, QPushButton, "lessonButton")
    window.lessons.show(False)
    assert mark.isVisible()
    QTimer.singleShot(200, lambda: choose(0))
    head_button = window.head.lessons_button
    head_button.setFocus()
    qtbot.keyClick(head_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.lessons.is_in_front)
    assert seen[1][0].endswith("Teach a network to read · step 1 of 8")
    assert not mark.isVisible()
    assert window.session.messages.current is None
    player = window.lessons.player
    assert player is not None
    qtbot.waitUntil(lambda: not player.is_busy, timeout=20_000)  # else its first step would outlive the window


def test_the_first_start_asks_for_one_thing_at_a_time(
    ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = ready_window
    status = find(window, QLabel, "runStatus")
    assert "Space" not in status.text(), "the canvas asks for a drawing"
    qtbot.waitUntil(lambda: "It has learned nothing yet: " in window.curves.headline.conclusion.text())
    drag(window.canvas, seven(window.canvas))
    qtbot.waitUntil(lambda: "press Space to train" in status.text())

    # The first lesson is offered until something was trained.
    offer = find(window, QPushButton, "startLessonButton")
    assert offer.text() == "Start with a lesson, 10 minutes"
    click(qtbot, window, QPushButton, "startLessonButton")
    qtbot.waitUntil(lambda: window.lessons.is_open, timeout=20_000)
    assert not offer.isVisible()
    window.lessons.close()
    qtbot.waitUntil(offer.isVisible)
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.TRAINING)
    assert not offer.isVisible()
    pause(qtbot, window)
    quit_unasked(window)
    again = make_window()
    wait_for(qtbot, again, Status.READY)
    assert not find(again, QPushButton, "startLessonButton").isVisible()


def test_data_that_are_not_drawn_are_trained_at_once(ready_window: MainWindow, qtbot: QtBot) -> None:
    load(qtbot, ready_window, "penguins")
    assert "press Space to train" in find(ready_window, QLabel, "runStatus").text()
