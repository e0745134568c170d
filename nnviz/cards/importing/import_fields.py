"""Fields of the import sheet, three pairs of caption and field in a row, which change the settings of the import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QLabel, QWidget

from engine.basics.errors import EngineError
from engine.datasets.data_setting import DataSetting, Value
from nnviz.formatting.setting_text import parse_typed, typed_data_value
from nnviz.formatting.text import regrouped
from nnviz.session.data_import import DataImport
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import Combo, NumberEdit
from nnviz.ui.form import FormGrid
from nnviz.ui.parts import named, object_name, set_look
from nnviz.ui.setting_fields import data_edit

QUESTION = "What shall it predict?"
_IN_A_ROW = 3


class ImportFields(FormGrid):
    """A grid of fields with one line for their errors, above or below, on the side that may grow.

    Signals:
        typed: a text was typed, and ``is_wrong`` may have changed.

    Attributes:
        names: settings that have a field.
    """

    typed = pyqtSignal()

    def __init__(
        self, importing: DataImport, prefix: str, parent: QWidget, error_above: bool = True, problem: str = "Field"
    ) -> None:
        """``prefix``: start of the object names of the fields; ``problem``: middle of that of the line for errors."""
        super().__init__(parent, range(1, 2 * _IN_A_ROW, 2), spacing=5)
        self._importing, self._prefix, self._error_above = importing, prefix, error_above
        self.names: list[str] = []
        self._captions: dict[str, str] = {}
        self._combos: dict[str, Combo] = {}
        self._edits: dict[str, tuple[NumberEdit, DataSetting]] = {}
        self._typed_wrong: dict[str, str] = {}  # errors of texts that are not numbers
        self._problem = named(label("", "error", self), f"{prefix}{problem}Problem")
        self._problem.setWordWrap(True)
        self._problem.hide()

    def add_combo(
        self, name: str, caption: str, tip: str, entries: Sequence[tuple[str, Value]], question: str = ""
    ) -> Combo:
        """Adds a combo box with named values; the value None is detected from the file.

        A question stands before the combo box in place of the caption, and makes both large.
        """
        combo = Combo(object_name(self._prefix, name, "Combo"), caption, tip, self)
        if not entries:  # column names of any length come later
            combo.setMinimumContentsLength(6)
            combo.setSizeAdjustPolicy(Combo.AdjustToMinimumContentsLengthWithIcon)
        for words, value in entries:
            combo.addItem(words, value)
        combo.activated.connect(lambda: self._importing.choose(**{name: combo.currentData()}))
        self._combos[name] = combo
        shown = self._add(name, caption, combo)
        if question:
            shown.setText(question)
            for part in (shown, combo):
                part.setProperty("role", "question")
        return combo

    def add_number(self, setting: DataSetting) -> None:
        """Adds a field for a number."""
        name = setting.name
        edit = data_edit(setting, self._prefix, self)
        edit.committed.connect(lambda typed: self._typed(setting, typed))
        self._edits[name] = edit, setting
        self._add(name, setting.label, edit)

    def _add(self, name: str, caption: str, field: QWidget) -> QLabel:
        """Adds a field, and returns its caption."""
        row, pair = divmod(len(self.names), _IN_A_ROW)
        row += self._error_above
        if name not in self._combos or not self._combos[name].count():
            theme.sized(field.setMinimumWidth, 90)  # others are as wide as their longest entry
        shown = self.add_field(caption, field, place=(row, pair))
        self.grid.addWidget(self._problem, 0 if self._error_above else row + 1, 0, 1, 2 * _IN_A_ROW)
        self.names.append(name)
        self._captions[name] = caption
        return shown

    def _typed(self, setting: DataSetting, typed: str) -> None:
        try:
            value = parse_typed(setting, typed)
        except EngineError as error:
            self._typed_wrong[setting.name] = error.message_for(setting.label)
        else:
            self._typed_wrong.pop(setting.name, None)
            self._importing.choose(**{setting.name: value})
        self._show_problem()
        self.typed.emit()

    @property
    def is_wrong(self) -> bool:
        """Whether a text that was typed is not a number."""
        return bool(self._typed_wrong)

    @property
    def last_field(self) -> NumberEdit:
        """The field for a number that was added last."""
        return [edit for edit, _ in self._edits.values()][-1]

    def forget_typed(self) -> None:
        """Discards invalid texts, for another file."""
        self._typed_wrong.clear()
        for edit, _ in self._edits.values():
            edit.forget_typed()

    # ---- display

    def show_values(self, values: Callable[[str], Any]) -> None:
        """Shows the values of the settings and their errors."""
        for name, combo in self._combos.items():
            combo.show_value(values(name))
        for name, (edit, setting) in self._edits.items():
            if name not in self._typed_wrong:
                edit.show_value(typed_data_value(setting, values(name)))
        self._show_problem()

    def _show_problem(self) -> None:
        error, problems = self._importing.error, dict(self._typed_wrong)
        if isinstance(error, EngineError) and error.parameter in self._captions:
            problems.setdefault(error.parameter, error.message_for(self._captions[error.parameter]))
        for name, (edit, _) in self._edits.items():
            set_look(edit, "wrong", name in problems)
        words = " ".join(problems.values())
        self._problem.setText(regrouped(words))
        self._problem.setVisible(bool(words))
