"""Forms: fields next to their captions, and what is wrong with what was typed into them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, NumberEdit
from nnviz.ui.note import FieldError
from nnviz.ui.parts import arranged

_BESIDE = 40  # pixels of a field that are not for its text
_NARROWEST = 64  # pixels of a field whose row has little room


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


class FormRow(QWidget):
    """A row of a column of fields: caption, a mark if there is one, and the field at the right end.

    The field gives way to the caption in a narrow column.
    """

    def __init__(self, title: str, field: NumberEdit | Combo, width: int, mark: QWidget | None = None) -> None:
        """``width``: of the field where there is room, in pixels at 100 percent."""
        super().__init__()
        caption = label(title, "fieldName")
        caption.setBuddy(field)
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.sized(field.setMaximumWidth, width, beside=_BESIDE)
        theme.sized(field.setMinimumWidth, _NARROWEST)
        marks = [] if mark is None else [mark]
        arranged(QHBoxLayout(self), caption, 1, *marks, (field, 100), spacing=4)
        for each in marks:
            QWidget.setTabOrder(field, each)
        self.form_field = FormField(caption, field)

    def show_row(self, is_visible: bool) -> None:
        """Shows or hides the row with its field."""
        self.form_field.set_visible(is_visible)
        self.setVisible(is_visible)


class FormColumn(QWidget):
    """Rows of fields, one below the other.

    Attributes:
        column: the layout.
    """

    def __init__(self, field_width: int) -> None:
        """``field_width``: of all fields where there is room, in pixels at 100 percent."""
        super().__init__()
        self._field_width = field_width
        self.column = arranged(QVBoxLayout(self), spacing=theme.ROW_GAP)

    def add_field(self, title: str, field: NumberEdit | Combo, mark: QWidget | None = None) -> FormRow:
        """Adds a row below the others. ``mark`` stands between caption and field."""
        row = FormRow(title, field, self._field_width, mark)
        self.column.addWidget(row)
        return row


class FormGrid(QWidget):
    """Rows of fields, each at the right of its caption; a row may have several pairs of both.

    Attributes:
        grid: the layout, with two columns for each pair.
    """

    def __init__(self, parent: QWidget | None = None, stretched: Iterable[int] = (0,), spacing: int = 4) -> None:
        """
        Args:
            parent: the parent widget.
            stretched: the columns that get the room that is left.
            spacing: pixels between two rows.
        """
        super().__init__(parent)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(spacing)
        for column in stretched:
            self.grid.setColumnStretch(column, 1)

    def add_field(self, title: str, field: QWidget, place: tuple[int, int] | None = None, span: int = 1) -> QLabel:
        """Adds a field below the others, and returns its caption.

        Args:
            title: the caption.
            field: the field.
            place: row and pair, if it is not below the others.
            span: how many columns the field takes.
        """
        row, pair = place or (self.grid.rowCount(), 0)
        caption = label(title, "fieldName", self)
        caption.setBuddy(field)
        self.grid.addWidget(field, row, 2 * pair + 1, 1, span)
        self.grid.addWidget(caption, row, 2 * pair)
        return caption
