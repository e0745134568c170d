"""The tabs of a card: by mouse and by keyboard, and by name."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QTabBar, QToolButton
from pytestqt.qtbot import QtBot

from nnviz.ui.tabs import Tab, set_tabs, tab_bar


def some(*texts: str) -> list[Tab]:
    return [Tab(text, f"{text}Tab", f"what {text} shows") for text in texts]


@pytest.fixture
def bar(qtbot: QtBot) -> QTabBar:
    """With three tabs."""
    made = tab_bar("someTabs", "Some")
    set_tabs(made, some("one", "two", "three"))
    qtbot.addWidget(made)
    made.show()
    return made


def test_left_and_right_turn_it(bar: QTabBar, qtbot: QtBot) -> None:
    for key, index in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1)):
        with qtbot.waitSignal(bar.currentChanged, check_params_cb=lambda now, index=index: now == index):
            qtbot.keyClick(bar, key)
    assert bar.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_each_tab_has_a_name_and_says_what_it_shows(bar: QTabBar, qtbot: QtBot) -> None:
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(2).center())
    assert bar.tabData(bar.currentIndex()) == "threeTab"
    assert [bar.tabToolTip(index) for index in range(3)] == ["what one shows", "what two shows", "what three shows"]
    assert [bar.accessibleTabName(index) for index in range(3)] == ["one", "two", "three"]


def test_other_tabs_keep_the_place_in_front_and_tell_nobody(bar: QTabBar, qtbot: QtBot) -> None:
    bar.setCurrentIndex(1)
    with qtbot.assertNotEmitted(bar.currentChanged):
        set_tabs(bar, some("four", "five", "six", "seven"))
    assert bar.tabText(bar.currentIndex()) == "five"
    with qtbot.assertNotEmitted(bar.currentChanged):
        set_tabs(bar, some("eight"))
    assert bar.currentIndex() == 0


def test_tabs_scroll_to_the_last_one_that_is_shown(qtbot: QtBot) -> None:
    bar = tab_bar("someTabs", "Some")
    set_tabs(bar, some("one of them", "two of them", "three of them", "hidden"))
    bar.setTabVisible(3, False)
    qtbot.addWidget(bar)
    bar.resize(150, 30)
    bar.show()
    bar.grab()
    left, right = (
        next(arrow for arrow in bar.findChildren(QToolButton) if arrow.arrowType() == kind)
        for kind in (Qt.ArrowType.LeftArrow, Qt.ArrowType.RightArrow)
    )
    for _ in range(2):
        assert right.isEnabled()
        qtbot.mouseClick(right, Qt.MouseButton.LeftButton)
        bar.grab()
    assert bar.tabRect(2).right() <= left.x()
    assert not right.isEnabled()
    assert left.isEnabled()
