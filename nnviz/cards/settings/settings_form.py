"""Forms of the settings: a row of caption, mark, field and error note for each setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.basics.errors import EngineError
from engine.experiment import DECLARED
from engine.training.setting import ANY_DATA
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.formatting.setting_text import error_words, typed_value
from nnviz.session.session import Session
from nnviz.ui.fields import Combo, NumberEdit
from nnviz.ui.form import FormColumn, FormRow
from nnviz.ui.parts import object_name
from nnviz.ui.setting_fields import SettingChoice, SettingField, SettingRows

FIELD_WIDTH = 120  # pixels


class SettingsForm(FormColumn):
    """Shows and changes the session's settings.

    Attributes:
        rows: the rows by the names of their settings.
    """

    def __init__(self, session: Session, rows: SettingRows = (), field_width: int = FIELD_WIDTH) -> None:
        super().__init__(field_width)
        self._session = session
        self._edits: dict[str, tuple[SettingField, NumberEdit]] = {}
        self.rows: dict[str, FormRow] = {}
        self._marks: dict[str, DefaultButton] = {}
        self._hidden: set[str] = set()  # fields that have no effect at the moment
        self.add_rows(rows)
        session.settings.changed.connect(self._show)
        session.settings.problems_changed.connect(self._show)
        session.data.changed.connect(self._show_suited)

    # ---- building

    def add_rows(self, rows: SettingRows) -> None:
        """Adds rows below the others."""
        for row in rows:
            if isinstance(row, SettingField):
                self._add_field(row)
            else:
                self._add_choice(row)
        self._show()
        self._show_suited()

    def _add_field(self, field: SettingField) -> None:
        edit = NumberEdit(object_name("", field.name, "Edit"), field.step, field.tip, field.caption)
        edit.line.takes_space = field.is_list
        edit.committed.connect(lambda typed: self._typed(field, typed))
        self._edits[field.name] = field, edit
        self._add_row(field.name, field.caption, field.called, edit, typed_value)

    def _add_choice(self, choice: SettingChoice) -> None:
        combo = Combo(f"{choice.name}Combo", choice.title, choice.tip)
        for entry in choice.registry:
            combo.addItem(choice.registry[entry].label, entry)
        combo.activated.connect(lambda: self._chosen(choice, combo.currentData()))
        self._add_row(choice.name, choice.title, choice.called, combo, lambda entry: choice.registry[entry].label)

    def _add_row(
        self, name: str, caption: str, called: str, field: NumberEdit | Combo, in_words: Callable[[Any], str]
    ) -> None:
        """Adds a row with a mark for a value other than the default; ``in_words`` returns a value as text."""
        button = object_name("", name, "DefaultButton")
        mark = self._marks[name] = DefaultButton(self._session, button, called, field, {name: in_words})
        self.rows[name] = self.add_field(caption, field, mark)

    # ---- changes

    def _typed(self, field: SettingField, typed: str) -> None:
        if self._try(field, typed):
            problems = self._session.settings.all_problems
            for other, edit in [row for name, row in self._edits.items() if name in problems]:
                self._try(other, edit.text())  # it may fit the new value
        self._show()

    def _try(self, field: SettingField, typed: str) -> bool:
        """Changes the setting, or notes the problem. Returns whether it was changed."""
        try:
            value = field.parse(field.name, typed, typed_value(self._session.settings.value(field.name)))
            self._session.settings.change(field.called, **{field.name: value})
        except EngineError as error:
            self._session.settings.set_problem(field.name, error_words(error, {field.name: field.title}))
            return False
        self._session.settings.set_problem(field.name, None)
        return True

    def _chosen(self, choice: SettingChoice, entry: str) -> None:
        def change() -> None:
            if choice.choose is None:
                self._session.settings.change(choice.called, **{choice.name: entry})
            else:
                choice.choose(self._session, entry)

        self.attempt(choice.name, choice.title, change)

    def attempt(self, name: str, title: str, change: Callable[[], None]) -> None:
        """Carries out a change, or shows an error next to the row of that name."""
        text = None
        try:
            change()
        except EngineError as error:
            text = error_words(error, {name: title})
        self._show()
        if text is not None:
            self.rows[name].form_field.error.show_error(text)

    # ---- display

    def show_only(self, names: Iterable[str]) -> None:
        """Shows the named fields and hides the others, which have no effect at the moment."""
        self._hidden = {*self._edits} - {*names}
        self._show_rows(self._edits)

    def _show_suited(self) -> None:
        """Shows the settings that exist for the data, and hides those that do not."""
        self._show_rows(name for name in self.rows if name in DECLARED and DECLARED[name].exists_for is not ANY_DATA)

    def _show_rows(self, names: Iterable[str]) -> None:
        """Shows or hides the named rows."""
        for name in names:
            suits = name not in DECLARED or DECLARED[name].suits(self._session.data.dataset)
            self.rows[name].show_row(suits and name not in self._hidden)

    def _show(self) -> None:
        settings, problems = self._session.settings, self._session.settings.all_problems
        for name, row in self.rows.items():
            value = settings.value(name)
            row.form_field.show(typed_value(value) if name in self._edits else value, problems.get(name, ""))
            self._marks[name].show_typed()
