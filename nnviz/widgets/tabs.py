"""A strip of tabs in the head of a card. It scrolls where there are more than fit; the one in front is whole."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QScrollArea, QWidget


class Tabs(QScrollArea):
    """Buttons of which one is down.

    Signals:
        chosen(index): by the person or by :meth:`choose`.
    """

    chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._buttons = QButtonGroup(self)
        strip = QWidget()
        strip.setObjectName("scrolled")
        self._row = QHBoxLayout(strip)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._row.setAlignment(Qt.AlignLeft)
        self.setFrameShape(QFrame.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)  # many tabs must not push the window off the screen
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.NoFocus)
        self.setFixedHeight(30)
        self.setMinimumWidth(150)
        self.setWidget(strip)
        self.index = 0

    @property
    def texts(self) -> list[str]:
        """What stands on the tabs."""
        return [button.text() for button in self._buttons.buttons()]

    def set_tabs(self, tabs: Sequence[tuple[str, str, str]]) -> None:
        """Other tabs: text, object name and tooltip of each. The one that was down stays so where it exists."""
        for button in self._buttons.buttons():
            self._buttons.removeButton(button)
            self._row.removeWidget(button)
            button.setParent(None)  # type: ignore[call-overload]  # out of sight at once, whenever Qt deletes it
            button.deleteLater()
        self.index = max(0, min(self.index, len(tabs) - 1))
        for index, (text, name, tip) in enumerate(tabs):
            button = QPushButton(text)
            button.setObjectName(name)
            button.setAccessibleName(text)
            button.setToolTip(tip)
            button.setProperty("role", "tab")
            button.setCheckable(True)
            button.setChecked(index == self.index)
            button.clicked.connect(lambda _, index=index: self.choose(index))
            self._buttons.addButton(button)
            self._row.addWidget(button)
            button.show()  # one that has not been shown yet, by Qt's next round, counts for no room
        self._row.invalidate()
        self.updateGeometry()
        self._show_front()

    def choose(self, index: int) -> None:
        """Presses a tab."""
        self.index = index
        self._buttons.buttons()[index].setChecked(True)
        self._show_front()
        self.chosen.emit(index)

    def _show_front(self) -> None:
        """Scrolls to the tab that is down; its place is that of a strip that has been laid out."""
        if self._buttons.buttons():
            strip = self.widget()
            strip.resize(max(self.viewport().width(), strip.minimumSizeHint().width()), strip.height())
            self._row.activate()
            self.ensureWidgetVisible(self._buttons.buttons()[self.index], 0, 0)

    def set_shown(self, index: int, shown: bool) -> None:
        """Takes a tab away, or brings it back; the others keep their numbers."""
        self._buttons.buttons()[index].setVisible(shown)
        self.updateGeometry()

    @property
    def width_of_all(self) -> int:
        """Pixels that all tabs take side by side."""
        return self.widget().sizeHint().width()

    def sizeHint(self) -> QSize:
        """Room for all: what stands beside them has to give way first."""
        return QSize(self.width_of_all, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The one in front stays in sight."""
        super().resizeEvent(event)
        self._show_front()
