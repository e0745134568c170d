"""Forms of the settings: a row of caption, mark, field and error note for each setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PyQt5.QtWidgets import QWidget

from engine.basics.errors import EngineError
from nnviz.cards.settings.default_button import DefaultButton
from nnviz.formatting.setting_words import typed_value
from nnviz.session.session import Session
from nnviz.ui.fields import Combo, NumberEdit
from nnviz.ui.form import FormGrid
from nnviz.ui.note import FieldError
from nnviz.ui.parts import object_name
from nnviz.ui.setting_fields import SettingChoice, SettingField, SettingRows, parse_dropout


class SettingsForm(FormGrid):
    """Shows and changes the session's settings."""

    def __init__(self, session: Session, rows: SettingRows = ()) -> None:
        super().__init__()
        self._session = session
        self._fields: dict[str, SettingField] = {}
        self._edits: dict[str, NumberEdit] = {}
        self._combos: dict[str, Combo] = {}
        self._captions: dict[str, QWidget] = {}
        self._errors: dict[str, FieldError] = {}
        self._marks: dict[str, DefaultButton] = {}
        self.add_rows(rows)
        session.settings.changed.connect(self._show)
        session.settings.problems_changed.connect(self._show)

    # ---- building

    def add_rows(self, rows: SettingRows) -> None:
        """Adds rows below the others."""
        for row in rows:
            if isinstance(row, SettingField):
                self._add_field(row)
            else:
                self._add_choice(row)
        self._show()

    def _add_field(self, field: SettingField) -> None:
        edit = NumberEdit(object_name("", field.name, "Edit"), field.step, field.tip, field.title)
        edit.line.takes_space = field.parse is parse_dropout
        edit.committed.connect(lambda typed: self._typed(field, typed))
        self._fields[field.name], self._edits[field.name] = field, edit
        self._add_row(field.name, field.title, edit, typed_value)

    def _add_choice(self, choice: SettingChoice) -> None:
        combo = self.add_combo(choice.name, choice.title, choice.tip, lambda entry: choice.registry[entry].label)
        for entry in choice.registry:
            combo.addItem(choice.registry[entry].label, entry)
        combo.activated.connect(lambda: self._chosen(choice, combo.currentData()))
        self._combos[choice.name] = combo

    def add_combo(self, name: str, title: str, tip: str, in_words: Callable[[Any], str] | None = None) -> Combo:
        """Adds an empty combo box, which the caller fills and connects; ``in_words`` as of :meth:`_add_row`."""
        combo = Combo(f"{name}Combo", title, tip)
        self._add_row(name, title, combo, in_words)
        return combo

    def _add_row(self, name: str, title: str, widget: QWidget, in_words: Callable[[Any], str] | None) -> None:
        """Adds a row; with ``in_words``, a text of the setting's value, it marks a value other than the default."""
        if in_words is not None:
            what = title.partition(",")[0].lower()  # without the unit
            button = object_name("", name, "DefaultButton")
            self._marks[name] = DefaultButton(self._session, button, what, widget, {name: in_words})
        self._captions[name] = self.add_field(title, widget, self._marks.get(name))
        self._errors[name] = FieldError(widget)

    # ---- changes

    def _typed(self, field: SettingField, typed: str) -> None:
        if self._try(field, typed):
            for other in [name for name in self._fields if name in self._session.settings.all_problems]:
                self._try(self._fields[other], self._edits[other].text())  # it may fit the new value
        self._show()

    def _try(self, field: SettingField, typed: str) -> bool:
        """Changes the setting, or notes the problem. Returns whether it was changed."""
        title = field.title.partition(",")[0]  # without the unit
        try:
            value = field.parse(field.name, typed, typed_value(self._session.settings.value(field.name)))
            self._session.settings.change(title.lower(), **{field.name: value})
        except EngineError as error:
            self._session.settings.set_problem(field.name, _error_text(error, field.name, title))
            return False
        self._session.settings.set_problem(field.name, None)
        return True

    def _chosen(self, choice: SettingChoice, entry: str) -> None:
        def change() -> None:
            if choice.choose is None:
                self._session.settings.change(choice.title.lower(), **{choice.name: entry})
            else:
                choice.choose(self._session, entry)

        self.attempt(choice.name, choice.title, change)

    def attempt(self, name: str, title: str, change: Callable[[], None]) -> None:
        """Carries out a change, or shows an error next to the row of that name."""
        text = None
        try:
            change()
        except EngineError as error:
            text = _error_text(error, name, title)
        self._show()
        if text is not None:
            self._errors[name].show_error(text)

    # ---- display

    def show_only(self, names: Iterable[str]) -> None:
        """Shows the named fields and hides the others, which have no effect at the moment."""
        for name, edit in self._edits.items():
            if name not in names:
                edit.forget_typed()  # else a hidden field would commit it as it loses the focus
            edit.setVisible(name in names)
            self._captions[name].setVisible(name in names)
            self._marks[name].show_typed()

    def _show(self) -> None:
        settings, problems = self._session.settings, self._session.settings.all_problems
        for name, edit in self._edits.items():
            if name not in problems:
                edit.show_value(typed_value(settings.value(name)))
        for name, combo in self._combos.items():
            combo.setCurrentIndex(combo.findData(settings.value(name)))
        for name, error in self._errors.items():
            error.show_error(problems.get(name, ""))
        for mark in self._marks.values():
            mark.show_typed()


def _error_text(error: EngineError, name: str, title: str) -> str:
    """Returns the error's text, which calls the field by its title; an error about another setting keeps that name."""
    return error.message_for(title) if error.parameter == name else str(error)
