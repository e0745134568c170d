"""The head of a lesson: the tabs Lesson and Settings, the step, the menu, and the button that leaves the lesson."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QToolButton

from nnviz.lessons import texts
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged, named
from nnviz.ui.tabs import Tab, add_tab, tab_bar

LESSON, SETTINGS = 0, 1  # indices of the tabs


class LessonHead(QFrame):
    """Stands above the text of the lesson, and above the settings while they are shown in its place.

    Signals:
        turned: the user chose the other tab.
        menu_wanted(QPoint): the user opens the menu, at that place of the screen.
        close_wanted: the user leaves the lesson.

    Attributes:
        more: the button of the menu.
    """

    turned = pyqtSignal()
    menu_wanted = pyqtSignal(object)
    close_wanted = pyqtSignal()

    def __init__(self, tab: int) -> None:
        """``tab`` is the index of the tab that is always chosen here."""
        super().__init__()
        self._tab, prefix = tab, "lesson" if tab == LESSON else "settingsLesson"
        named(self, "cardHead" if tab == LESSON else "lessonBar")
        self._tabs = tab_bar(f"{prefix}Tabs", texts.TABS_NAME)
        add_tab(self._tabs, Tab(texts.LESSON_TAB, f"{prefix}Tab", texts.LESSON_TAB_TIP))
        add_tab(self._tabs, Tab(texts.COLUMN_TABS["train"], f"{prefix}SettingsTab", texts.COLUMN_TAB_TIP))
        self._tabs.setCurrentIndex(tab)
        self._tabs.currentChanged.connect(self._chosen)
        self._step = named(label(role="muted"), f"{prefix}Step")
        self.more = named(QToolButton(), f"{prefix}MenuButton", texts.MENU_NAME, texts.MENU_TIP)
        theme.set_icon(self.more, "ellipsis", "muted")
        self.more.clicked.connect(lambda: self.menu_wanted.emit(self.more.mapToGlobal(self.more.rect().bottomLeft())))
        close = named(QToolButton(), f"{prefix}CloseButton", texts.CLOSE_NAME, texts.CLOSE_TIP)
        theme.set_icon(close, "x", "muted")
        close.clicked.connect(self.close_wanted)
        for button in (self.more, close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        margins = (theme.CARD_PADDING, 8, theme.CARD_PADDING - 8, 2)
        arranged(QHBoxLayout(self), self._tabs, 1, self._step, self.more, close, spacing=2, margins=margins)

    def follow_workspace(self, name: str) -> None:
        """Names the second tab after what stands in the column of a workspace."""
        words = texts.COLUMN_TABS[name]
        self._tabs.setTabText(SETTINGS, words)
        self._tabs.setAccessibleTabName(SETTINGS, words)

    def show_step(self, number: int, steps: int) -> None:
        """Shows the number of the step, from 1, and how many there are."""
        self._step.setText(texts.STEP_SHORT.format(number=number, steps=steps))
        self._step.setAccessibleName(texts.STEP_SPOKEN.format(number=number, steps=steps))

    def _chosen(self, index: int) -> None:
        if index != self._tab:
            self._tabs.setCurrentIndex(self._tab)
            self.turned.emit()
