"""The bar at the top of the window: menus, the switch of workspaces, what is going on, marks, and the lessons."""

from __future__ import annotations

from PyQt5.QtCore import QRect, pyqtSignal
from PyQt5.QtGui import QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QFrame, QMenuBar, QPushButton, QToolButton, QWidget

from nnviz.lessons import texts
from nnviz.session.records import Records
from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import named, pill
from nnviz.window.workspace_switch import WorkspaceSwitch

_HEIGHT = 44
_MARGIN = 12  # pixels, as around the cards
_DOT = "●"
_RECORDING_TIP = "Recording is off: new runs are not saved in the library. Click to switch it on (Ctrl+Alt+K)."
# What gives way where the window is narrow: each only if those before were not enough.
_ACTIVITY, _MARKS, _CENTRE, _TITLES = range(1, 5)


class HeadBar(QFrame):
    """Menus at the left, the switch in the centre; at the right the activity, marks and *Lessons*.

    Attributes:
        menus: the menu bar.
        switch: the switch of workspaces.
        recording_mark: is shown as long as recording is off.
        lessons_button: opens the menu of the lessons.

    Signals:
        lesson_wanted: the mark of the open lesson was clicked.
    """

    lesson_wanted = pyqtSignal()

    def __init__(self, records: Records, workspaces: dict[str, str]) -> None:
        super().__init__()
        self.setObjectName("headBar")
        theme.sized(self.setFixedHeight, _HEIGHT)
        self._records = records
        self.menus = QMenuBar(self)
        theme.hide_underlines(self.menus)  # first, as its style decides how wide the menus are
        overflow = self.menus.findChild(QToolButton, "qt_menubar_ext_button")
        assert overflow is not None
        theme.set_icon(overflow, "ellipsis")  # Qt's own arrow is dark on dark
        self.switch = WorkspaceSwitch(workspaces)
        self._activity = named(ElidedLabel(role="muted"), "activityLabel", "Activity in progress")
        self.recording_mark = pill("", "recordingOffButton", "Recording off: switch it on", _RECORDING_TIP)
        theme.set_icon(self.recording_mark, "circle-off", "muted")
        self.recording_mark.clicked.connect(records.toggle)
        self._lesson = pill("", "lessonButton", texts.PILL_NAME, texts.PILL_TIP)
        theme.set_icon(self._lesson, "book-open", "muted")
        self._lesson.clicked.connect(self.lesson_wanted)
        self._marks = {self.recording_mark: "Recording off", self._lesson: ""}  # with their words
        self.lessons_button = named(QPushButton(texts.LESSONS), "lessonsButton", texts.LESSONS, texts.LESSONS_TIP)
        self._right = (self._activity, self.recording_mark, self._lesson, self.lessons_button)
        for part in (self.switch, *self._right):
            part.setParent(self)
        self._activity.hide()
        self._lesson.hide()
        records.changed.connect(self._show_recording)
        theme.changed.connect(self._fit)
        self._show_recording()

    def show_activity(self, activity: str) -> None:
        """Shows the activity in progress; "" for none."""
        self._activity.show_versions(activity, _DOT)
        self._show(self._activity, bool(activity))

    def show_lesson(self, position: str) -> None:
        """Shows the step of a lesson that is open behind the settings; "" for none."""
        self._marks[self._lesson] = texts.PILL.format(position=position)
        self._show(self._lesson, bool(position))

    def _show_recording(self) -> None:
        self._show(self.recording_mark, not self._records.is_on)

    def _show(self, part: QWidget, is_shown: bool) -> None:
        part.setVisible(is_shown)
        self._fit()

    @property
    def free(self) -> QRect:
        """The part between the switch and what is at the right, where an announcement covers nothing."""
        first = min(part.x() for part in self._right if not part.isHidden())
        left = self.switch.geometry().right() + 1 + theme.GAP
        return QRect(self.x() + left, self.y(), first - theme.GAP - left, self.height())

    # ---- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Places all parts. Where the bar is narrow, it gives way step by step."""
        menus = 0 if self.menus.isNativeMenuBar() else self.menus.sizeHint().width()
        left = _MARGIN + menus + theme.GAP
        for step in range(_TITLES + 1):
            right = self._lay_right(step)
            switch = self.switch.set_short(step >= _TITLES)
            beside = 2 * max(left, right) if step < _CENTRE else left + right
            if beside + switch <= self.width():
                break
        farthest = self.width() - right - switch
        at = min(max((self.width() - switch) // 2, left), farthest)
        self._place(self.switch, at, switch)
        if menus:
            self._place(self.menus, _MARGIN, min(menus, at - theme.GAP - _MARGIN))

    def _lay_right(self, step: int) -> int:
        """Places the activity, the marks and *Lessons* from the right end, and returns the width that they take."""
        end = self.width() - _MARGIN
        for part in reversed(self._right):
            if part.isHidden():
                continue
            if part in self._marks:
                part.setText("" if step >= _MARKS else f" {self._marks[part]}")
            width = part.sizeHint().width()
            if part is self._activity and step >= _ACTIVITY:
                width = part.fontMetrics().horizontalAdvance(_DOT)
            end -= width
            self._place(part, end, width)
            end -= theme.GAP
        return self.width() - end

    def _place(self, part: QWidget, left: int, width: int) -> None:
        part.ensurePolished()
        height = min(part.sizeHint().height(), self.height() - 1)  # the last line is the bar's edge
        part.setGeometry(left, (self.height() - 1 - height) // 2, width, height)
