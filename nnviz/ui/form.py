"""Forms: fields next to their captions, and what is wrong with what was typed into them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, NumberEdit
from nnviz.ui.note import FieldError
from nnviz.ui.parts import arranged

_BESIDE = 40  # pixels of a field that are not for its text


class FormField:
    """A field of a form, with its caption and the note of its error."""

    def __init__(self, caption: QLabel, field: NumberEdit | Combo) -> None:
        self.caption, self.field, self.error = caption, field, FieldError(field)

    def show(self, value: Any, problem: str = "") -> None:
        """Shows a value, of a number field as text, unless an invalid one was typed, and what is wrong with that."""
        if not problem:
            self.field.show_value(value)
        self.error.show_error(problem)

    def set_visible(self, is_visible: bool) -> None:
        """Shows or hides caption and field. Hidden, a number field drops what was typed."""
        if isinstance(self.field, NumberEdit) and not is_visible:
            self.field.forget_typed()  # else it would be committed as the field loses the focus
        self.field.setVisible(is_visible)
        self.caption.setVisible(is_visible)


class FormGrid(QWidget):
    """Rows of fields, each at the right of its caption; a row may have several pairs of both.

    Attributes:
        grid: the layout, with two columns for each pair.
    """

    def __init__(
        self, parent: QWidget | None = None, stretched: Iterable[int] = (0,), spacing: int = 4, field_width: int = 0
    ) -> None:
        """
        Args:
            parent: the parent widget.
            stretched: the columns that get the room that is left.
            spacing: pixels between two rows.
            field_width: pixels of all fields at 100 percent; 0 leaves each as it is.
        """
        super().__init__(parent)
        self._field_width = field_width
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(spacing)
        for column in stretched:
            self.grid.setColumnStretch(column, 1)

    def add_field(
        self,
        title: str,
        field: QWidget,
        mark: QWidget | None = None,
        place: tuple[int, int] | None = None,
        span: int = 1,
    ) -> QLabel:
        """Adds a field below the others, and returns its caption.

        Args:
            title: the caption.
            field: the field.
            mark: stands between caption and field.
            place: row and pair, if it is not below the others.
            span: how many columns the field takes.
        """
        row, pair = place or (self.grid.rowCount(), 0)
        caption = label(title, "fieldName", self)
        caption.setBuddy(field)
        if self._field_width:
            theme.sized(field.setFixedWidth, self._field_width, beside=_BESIDE)
        self.grid.addWidget(field, row, 2 * pair + 1, 1, span)
        if mark is None:
            self.grid.addWidget(caption, row, 2 * pair)
        else:
            self.grid.addLayout(arranged(QHBoxLayout(), (caption, 1), mark), row, 2 * pair)
        return caption

    def add_wide(self, widget: QWidget) -> None:
        """Adds a widget across all columns."""
        self.grid.addWidget(widget, self.grid.rowCount(), 0, 1, -1)
