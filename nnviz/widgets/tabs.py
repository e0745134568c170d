"""A strip of tabs in the head of a card. Where there are more than fit, arrows at its ends scroll to them."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QScrollArea, QToolButton, QWidget

from nnviz.look import theme

_ARROW = 20  # pixels that an arrow takes of the strip
_LEAP = 0.6  # of what is in sight goes by at a press


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
        self._arrows = {-1: self._arrow("tabsBeforeButton", "Tabs before", -1)}
        self._arrows[1] = self._arrow("tabsAfterButton", "Tabs after", 1)
        for signal in (self.horizontalScrollBar().valueChanged, self.horizontalScrollBar().rangeChanged):
            signal.connect(self._show_arrows)
        self._dress()

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
            self.ensureWidgetVisible(self._buttons.buttons()[self.index], _ARROW, 0)

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
        self._show_arrows()

    # ---- arrows

    def _arrow(self, name: str, accessible: str, direction: int) -> QToolButton:
        arrow = QToolButton(self)
        arrow.setObjectName(name)
        arrow.setAccessibleName(accessible)
        arrow.setToolTip("There are more tabs than fit: scrolls to the others.")
        arrow.setProperty("role", "overTabs")
        arrow.setFocusPolicy(Qt.NoFocus)  # the Tab key comes to each tab, and brings it into sight
        arrow.clicked.connect(lambda: self._scroll(direction))
        arrow.hide()
        return arrow

    def _scroll(self, direction: int) -> None:
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() + direction * round(_LEAP * self.viewport().width()))

    def _show_arrows(self) -> None:
        """Over the ends beyond which there is something."""
        bar = self.horizontalScrollBar()
        self._arrows[-1].setVisible(bar.value() > bar.minimum())
        self._arrows[1].setVisible(bar.value() < bar.maximum())
        for direction, arrow in self._arrows.items():
            arrow.setGeometry(0 if direction < 0 else self.width() - _ARROW, 0, _ARROW, self.height())
            arrow.raise_()

    def _dress(self) -> None:
        for direction, name in ((-1, "chevron-left"), (1, "chevron-right")):
            self._arrows[direction].setIcon(theme.icon(name, "muted"))

    def changeEvent(self, event: QEvent) -> None:
        """Another theme has another ink."""
        super().changeEvent(event)
        if event.type() == QEvent.StyleChange and hasattr(self, "_arrows"):
            self._dress()
