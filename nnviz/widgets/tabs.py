"""The tabs in the head of a card: Qt's own bar, with a name for each tab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import QTabBar


class Tab(NamedTuple):
    """One of a bar. ``name`` is what tests and scripts know it by; the bar keeps it as the tab's data."""

    text: str
    name: str
    tip: str


def tab_bar(name: str, accessible: str) -> QTabBar:
    """Empty. Left and Right turn it; where there are more tabs than fit, its arrows scroll to the others."""
    bar = QTabBar()
    bar.setObjectName(name)
    bar.setAccessibleName(accessible)
    bar.setToolTip("Left and Right turn to the next tab.")
    bar.setDrawBase(False)
    bar.setExpanding(False)
    bar.setElideMode(Qt.ElideNone)
    bar.setUsesScrollButtons(True)  # many tabs must not push the window off the screen
    bar.setFocusPolicy(Qt.TabFocus)
    return bar


def add_tab(bar: QTabBar, tab: Tab) -> None:
    """At the right end."""
    index = bar.addTab(tab.text)
    bar.setTabData(index, tab.name)
    bar.setTabToolTip(index, tab.tip)
    bar.setAccessibleTabName(index, tab.text)


def set_tabs(bar: QTabBar, tabs: Sequence[Tab]) -> None:
    """Other tabs, without a signal. The number of the one in front stays where there are as many."""
    front = max(0, min(bar.currentIndex(), len(tabs) - 1))
    with QSignalBlocker(bar):
        while bar.count():
            bar.removeTab(0)
        for tab in tabs:
            add_tab(bar, tab)
        bar.setCurrentIndex(front)
