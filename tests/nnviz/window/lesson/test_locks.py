"""Locked controls: disabled whatever the program does, and afterwards as the program wants them."""

from __future__ import annotations

import gc

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QMenu, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnviz.window.lesson.locks import Locks


class Panel(QWidget):
    """A button and an action, shown."""

    def __init__(self) -> None:
        super().__init__()
        self.button, self.action = QPushButton("Go"), QAction("Go", self)
        QVBoxLayout(self).addWidget(self.button)
        self.addAction(self.action)
        self.action.setShortcut("Ctrl+G")


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    panel = Panel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


@pytest.mark.parametrize("wanted", [(), (True,), (False,), (True, False), (False, True), (False, False, True, False)])
@pytest.mark.parametrize("is_first_enabled", [True, False])
def test_a_control_gets_back_what_was_last_wanted_for_it(
    panel: Panel, wanted: tuple[bool, ...], is_first_enabled: bool
) -> None:
    locks = Locks()
    for control in (panel.button, panel.action):
        control.setEnabled(is_first_enabled)
    locks.lock([panel.button, panel.action])
    for enabled in wanted:
        for control in (panel.button, panel.action):
            control.setEnabled(enabled)
            assert not control.isEnabled()
            assert locks.is_locked(control)
    locks.lock([])
    last = (is_first_enabled, *wanted)[-1]
    assert (panel.button.isEnabled(), panel.action.isEnabled()) == (last, last)
    assert not locks.is_locked(panel.button)


def test_a_parent_that_is_enabled_again_leaves_it_locked(panel: Panel) -> None:
    locks = Locks()
    locks.lock([panel.button])
    panel.setEnabled(False)
    panel.setEnabled(True)
    assert not panel.button.isEnabled()
    locks.lock([])
    assert panel.button.isEnabled()


def test_click_and_shortcut_do_nothing(panel: Panel, qtbot: QtBot) -> None:
    locks, done = Locks(), []
    panel.button.clicked.connect(lambda: done.append("click"))
    panel.action.triggered.connect(lambda: done.append("shortcut"))
    locks.lock([panel.button, panel.action])
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    qtbot.keyClick(panel, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert done == []
    locks.lock([])
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(panel, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert done == ["click", "shortcut"]


def test_one_of_several_is_unlocked_and_a_deleted_one_is_forgotten(panel: Panel) -> None:
    locks, other = Locks(), QAction(panel)
    locks.lock([panel.button, panel.action, other])
    locks.lock([panel.action])
    assert (panel.button.isEnabled(), panel.action.isEnabled(), other.isEnabled()) == (True, False, True)
    gone = QPushButton(panel)
    locks.lock([gone])
    gone.setParent(None)
    del gone
    locks.lock([])
    assert panel.action.isEnabled()


def test_an_action_that_only_its_menu_holds_survives_lock_and_unlock(panel: Panel) -> None:
    locks, menu = Locks(), QMenu(panel)
    menu.addAction("Open")
    locks.lock(menu.actions())
    locks.lock([])
    gc.collect()
    assert [action.text() for action in menu.actions()] == ["Open"]
