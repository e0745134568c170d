"""The tabs in the head of a card: a QTabBar whose tabs have names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import QTabBar

from nnviz.widgets.parts import named


class Tab(NamedTuple):
    """A tab. Tests and scripts know it by ``name``, which the bar keeps as the tab's data."""

    text: str
    name: str
    tip: str


def tab_bar(name: str, accessible: str) -> QTabBar:
    """Returns an empty bar, with scroll arrows if its tabs do not fit. Left and Right turn to the next tab."""
    bar = named(QTabBar(), name, accessible, "Left and Right turn to the next tab.")
    bar.setDrawBase(False)
    bar.setExpanding(False)
    bar.setElideMode(Qt.ElideNone)
    bar.setUsesScrollButtons(True)  # so that many tabs do not widen the window
    bar.setFocusPolicy(Qt.TabFocus)
    return bar


def add_tab(bar: QTabBar, tab: Tab, at: int = -1) -> None:
    """Adds a tab before the one of that index, or at the end."""
    index = bar.insertTab(at, tab.text)
    bar.setTabData(index, tab.name)
    bar.setTabToolTip(index, tab.tip)
    bar.setAccessibleTabName(index, tab.text)


def set_tabs(bar: QTabBar, tabs: Sequence[Tab]) -> None:
    """Replaces the tabs without a signal. The index of the tab in front stays, as far as there are as many tabs."""
    front = max(0, min(bar.currentIndex(), len(tabs) - 1))
    with QSignalBlocker(bar):
        while bar.count():
            bar.removeTab(0)
        for tab in tabs:
            add_tab(bar, tab)
        bar.setCurrentIndex(front)
