"""The heading of a section of the settings."""

from __future__ import annotations

from PyQt5.QtWidgets import QHBoxLayout, QWidget

from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged

_HEIGHT = 26  # pixels, with room for a small control


class SectionHead(QWidget):
    """A title at the left, and controls at the right end.

    Attributes:
        row: the layout, to which the section adds its controls.
    """

    def __init__(self, title: str | QWidget) -> None:
        super().__init__()
        shown = label(title, "title") if isinstance(title, str) else title
        self.row = arranged(QHBoxLayout(self), shown, 1, spacing=6)
        theme.sized(self.setMinimumHeight, _HEIGHT)
