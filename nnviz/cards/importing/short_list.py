"""The list of what is wrong in a file, or left out of it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtWidgets import QListWidget, QWidget

from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.parts import named

_ROWS = 3  # visible ones


class ShortList(QListWidget):
    """A few lines, and how many more there are. It is hidden while it is empty."""

    def __init__(self, name: str, accessible: str, tip: str, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, name, accessible, tip)
        self._lines: list[str] = []
        self.setUniformItemSizes(True)
        theme.sized(self.setFixedHeight, _ROWS * 20 + 4)

    def show_lines(self, lines: Sequence[str], more: int) -> None:
        """Shows lines of texts from a file, and the number of further ones."""
        shown = [
            *(text.regrouped(text.plain(line)) for line in lines),
            *([f"… and {text.count(more)} more"] if more > 0 else []),
        ]
        if shown != self._lines:
            self._lines = shown
            self.clear()
            self.addItems(shown)
        self.setVisible(bool(shown))
