"""The tabs in the head of a card: a QTabBar whose tabs have names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtGui import QMouseEvent, QPaintEvent
from PyQt5.QtWidgets import QTabBar, QToolButton

from nnviz.ui import theme
from nnviz.ui.parts import named, set_look

_LEAST = 70  # pixels of tabs that scroll
_USUAL = 28  # pixels beside the text of a tab, as the style sheet has them


class Tab(NamedTuple):
    """A tab. Tests and scripts know it by ``name``, which the bar keeps as the tab's data."""

    text: str
    name: str
    tip: str


class _Bar(QTabBar):
    """A bar whose right arrow works even if the last tab is hidden: Qt 5.15 takes the hidden tab for the end."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        shown = [tab for tab in range(self.count()) if self.isTabVisible(tab)]
        if shown and shown[-1] < self.count() - 1:
            arrows = self.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
            room = min(arrow.x() for arrow in arrows)
            for arrow in arrows:
                if arrow.arrowType() == Qt.ArrowType.RightArrow:
                    arrow.setEnabled(self.tabRect(shown[-1]).right() > room)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Leaves a double click beside the tabs to the head, as it is part of it for the eye."""
        if self.tabAt(event.pos()) < 0:
            event.ignore()
        else:
            super().mouseDoubleClickEvent(event)


def tab_bar(name: str, accessible: str) -> QTabBar:
    """Returns an empty bar, with scroll arrows if its tabs do not fit. Left and Right turn to the next tab."""
    bar = named(_Bar(), name, accessible, "Left and Right switch tabs.")
    bar.setDrawBase(False)
    bar.setExpanding(False)
    bar.setElideMode(Qt.TextElideMode.ElideNone)
    bar.setUsesScrollButtons(True)  # so that many tabs do not widen the window
    bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return bar


def usual_width(bar: QTabBar) -> int:
    """Returns the width of all tabs in pixels, if they do not stand close together."""
    bar.ensurePolished()  # else they are measured in another font
    shown = [bar.tabText(tab) for tab in range(bar.count()) if bar.isTabVisible(tab)]
    return sum(bar.fontMetrics().horizontalAdvance(text) + _USUAL for text in shown)


def stand_close(bar: QTabBar, wanted: bool) -> None:
    """Sets a narrow or the default distance between tabs."""
    if bar.property("close") == wanted or not bar.count():
        return
    set_look(bar, "close", wanted)
    bar.setTabText(0, bar.tabText(0))  # lays the tabs out
    if bar.minimumWidth():
        keep_in_sight(bar)


def keep_in_sight(bar: QTabBar) -> None:
    """Keeps all tabs visible; widgets next to them are elided instead."""
    bar.setMinimumWidth(bar.sizeHint().width())


def fit_in_sight(bar: QTabBar, room: int) -> None:
    """Makes tabs that should stay in sight scroll if the space is smaller than they need."""
    if bar.minimumWidth():
        width = min(bar.sizeHint().width(), max(room, theme.px(_LEAST)))
        if width != bar.minimumWidth():
            bar.setMinimumWidth(width)


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
