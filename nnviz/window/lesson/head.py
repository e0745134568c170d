"""The head of a lesson: the tabs Lesson and Settings, the step, the menu, and the button that leaves the lesson."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QToolButton

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
        self._tabs = tab_bar(f"{prefix}Tabs", "Lesson or settings")
        add_tab(self._tabs, Tab("Lesson", f"{prefix}Tab", "Shows the lesson."))
        add_tab(self._tabs, Tab("Settings", f"{prefix}SettingsTab", "Shows the settings in place of the lesson."))
        self._tabs.setCurrentIndex(tab)
        self._tabs.currentChanged.connect(self._chosen)
        self._step = named(label(role="muted"), f"{prefix}Step")
        tip = "Resets the step, makes a report, or prints the lesson."
        self.more = named(QToolButton(), f"{prefix}MenuButton", "Menu of the lesson", tip)
        theme.set_icon(self.more, "ellipsis", "muted")
        self.more.clicked.connect(lambda: self.menu_wanted.emit(self.more.mapToGlobal(self.more.rect().bottomLeft())))
        tip = "Leaves the lesson. The window is then as it was before, and the lesson continues at this step."
        close = named(QToolButton(), f"{prefix}CloseButton", "Close the lesson", tip)
        theme.set_icon(close, "x", "muted")
        close.clicked.connect(self.close_wanted)
        for button in (self.more, close):
            button.setFocusPolicy(Qt.TabFocus)
        margins = (theme.CARD_PADDING, 8, theme.CARD_PADDING - 8, 2)
        arranged(QHBoxLayout(self), self._tabs, 1, self._step, self.more, close, spacing=2, margins=margins)

    def show_step(self, number: int, steps: int) -> None:
        """Shows the number of the step, from 1, and how many there are."""
        self._step.setText(f"{number} of {steps}")
        self._step.setAccessibleName(f"step {number} of {steps}")

    def _chosen(self, index: int) -> None:
        if index != self._tab:
            self._tabs.setCurrentIndex(self._tab)
            self.turned.emit()
