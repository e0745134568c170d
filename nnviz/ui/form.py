"""Forms: fields next to their captions."""

from __future__ import annotations

from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.parts import arranged

_FIELD_WIDTH = 138  # pixels


class FormGrid(QWidget):
    """A column of captions and a column of fields of the same width."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)

    def add_field(self, title: str, field: QWidget, mark: QWidget | None = None) -> QLabel:
        """Adds a row with an optional mark between caption and field. Returns the caption."""
        row, caption = self._grid.rowCount(), label(title, "fieldName")
        caption.setBuddy(field)
        theme.sized(field.setFixedWidth, _FIELD_WIDTH, beside=40)
        self._grid.addWidget(field, row, 1)
        if mark is None:
            self._grid.addWidget(caption, row, 0)
        else:
            self._grid.addLayout(arranged(QHBoxLayout(), (caption, 1), mark), row, 0)
        return caption

    def add_wide(self, widget: QWidget) -> None:
        """Adds a widget across both columns."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)
