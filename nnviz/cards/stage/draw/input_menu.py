"""The button "…" of the input, and the popup with its further tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from nnviz.ui import theme
from nnviz.ui.parts import arranged, named, tool

_LEAST = 220  # pixels
_APART = 4  # pixels between the button and the popup


def tab_stops(parts: Iterable[QWidget]) -> list[QWidget]:
    """Returns the widgets in these parts that Tab can reach."""
    within = [each for part in parts for each in (part, *part.findChildren(QWidget)) if each.window() is part.window()]
    takes = Qt.FocusPolicy.TabFocus
    return [each for each in within if each.focusPolicy() & takes and each.focusProxy() is None]


def order_tabs(widgets: Iterable[QWidget]) -> None:
    """Lets Tab go through widgets of one window in this order."""
    for each, following in pairwise(widgets):
        QWidget.setTabOrder(each, following)


class InputMenu(QFrame):
    """Holds tools that have no place beside the input. Closes on a click elsewhere.

    Attributes:
        button: opens the popup.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "inputMenu", "More for the input")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # else a click on the button would open it again
        theme.sized(self.setMinimumWidth, _LEAST)
        self.button = tool("", "inputMenuButton", "More for the input", "Shows further tools for the input.")
        theme.set_icon(self.button, "ellipsis", "muted")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.open)
        self._stops: list[QWidget] = []
        self._rows = arranged(QVBoxLayout(self), spacing=4, margins=(8, 10, 12, 10))

    def hold(self, tools: Sequence[QWidget]) -> None:
        """Takes these tools, from the top, in place of those before."""
        while self._rows.count():
            self._rows.takeAt(0)
        for each in tools:
            self._rows.addWidget(each)
            if isinstance(each, QAbstractButton):
                self._rows.setAlignment(each, Qt.AlignmentFlag.AlignLeft)
        self._stops = tab_stops(tools)
        order_tabs(self._stops)

    def open(self) -> None:
        """Opens the popup below the button, and at its right end. If a key opened it, its first tool gets the focus."""
        self.adjustSize()
        self.move(self.button.mapToGlobal(QPoint(self.button.width() - self.width(), self.button.height() + _APART)))
        self.show()
        if self.button.hasFocus():
            first = next((each for each in self._stops if each.isVisible() and each.isEnabled()), self)
            first.setFocus(Qt.FocusReason.TabFocusReason)
