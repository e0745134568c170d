"""Rows of fields and combo boxes, one for each setting, with what is wrong with a value beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PyQt5.QtWidgets import QGridLayout, QWidget

from engine.errors import EngineError
from engine.registry import Registry
from engine.validation import parse_number, parse_share
from nnviz.session.session import Session
from nnviz.widgets.card import label
from nnviz.widgets.fields import Combo, NumberEdit
from nnviz.widgets.note import Note
from nnviz.widgets.parts import set_look

FIELD_WIDTH = 138


@dataclass(frozen=True)
class Field:
    """The description of a field in which a setting is typed.

    Attributes:
        name: the setting's name in an experiment.
        title: its name in the window, with the unit after a comma.
        step: takes the text and +1 or -1; returns the next value up or down as text.
        tip: what it does to the network.
        parse: takes the setting's name, the text and an example; returns the value.
    """

    name: str
    title: str
    step: Callable[[str, int], str]
    tip: str
    parse: Callable[[str, str, str], Any] = parse_number

    @property
    def short_title(self) -> str:
        """The title without the unit, for a sentence."""
        return self.title.partition(",")[0]

    @property
    def object_name(self) -> str:
        """learning_rate → learningRateEdit."""
        first, *rest = self.name.split("_")
        return f"{first}{''.join(word.capitalize() for word in rest)}Edit"


class Form(QWidget):
    """Shows and changes the session's settings."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._fields: dict[str, Field] = {}
        self._edits: dict[str, NumberEdit] = {}
        self._combos: dict[str, Combo] = {}
        self._parts: dict[str, list[QWidget]] = {}
        self._errors: dict[str, Note] = {}
        self._hidden: set[str] = set()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(0, 1)
        session.settings.changed.connect(self._show)
        session.settings.problems_changed.connect(self._show)

    # ---- building

    def add_field(self, field: Field) -> NumberEdit:
        """Adds a row with a number to type or to step."""
        edit = NumberEdit(field.object_name, field.step, field.tip, field.title)
        edit.setFixedWidth(FIELD_WIDTH)
        edit.line.takes_space = field.parse is parse_dropout
        edit.committed.connect(lambda typed: self._typed(field, typed))
        self._fields[field.name], self._edits[field.name] = field, edit
        self._add_row(field.name, field.title, edit, field.object_name.replace("Edit", "Error"))
        return edit

    def add_choice(
        self,
        name: str,
        title: str,
        tip: str,
        registry: Registry[Any],
        choose: Callable[[str], None] | None = None,
    ) -> Combo:
        """Adds a combo box with the entries of a registry. ``choose`` is called instead of changing the setting."""
        combo = self.add_combo(name, title, tip)
        for entry in registry:
            combo.addItem(registry[entry].label, entry)
        chosen = choose or (lambda entry: self._session.settings.change(title.lower(), **{name: entry}))
        combo.activated.connect(lambda: self._chosen(name, title, lambda: chosen(combo.currentData())))
        self._combos[name] = combo
        return combo

    def add_combo(self, name: str, title: str, tip: str) -> Combo:
        """Adds an empty combo box, which the caller fills and connects."""
        combo = Combo(f"{name}Combo", title, tip)
        combo.setFixedWidth(FIELD_WIDTH)
        self._add_row(name, title, combo, f"{name}Error")
        return combo

    def add_wide(self, widget: QWidget) -> None:
        """Adds a widget over the whole width."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)

    def _add_row(self, name: str, title: str, widget: QWidget, error_name: str) -> None:
        row = self._grid.rowCount()
        caption = label(title, "fieldName")
        caption.setBuddy(widget)
        self._grid.addWidget(caption, row, 0)
        self._grid.addWidget(widget, row, 1)
        self._errors[name], self._parts[name] = Note(widget, error_name), [caption, widget]

    # ---- changes

    def _typed(self, field: Field, typed: str) -> None:
        if self._try(field, typed):
            for other in [name for name in self._fields if name in self._session.settings.all_problems]:
                self._try(self._fields[other], self._edits[other].text())  # it may fit the new value
        self._show()

    def _try(self, field: Field, typed: str) -> bool:
        """Changes the setting, or notes the problem. Returns whether it was changed."""
        try:
            value = field.parse(field.name, typed, as_text(self._session.settings.value(field.name)))
            self._session.settings.change(field.short_title.lower(), **{field.name: value})
        except EngineError as error:
            self._session.settings.set_problem(field.name, _error_text(error, field.name, field.short_title))
            return False
        self._session.settings.set_problem(field.name, None)
        return True

    def _chosen(self, name: str, title: str, choose: Callable[[], None]) -> None:
        try:
            choose()
        except EngineError as error:
            self._show()
            self._show_error(name, _error_text(error, name, title))
        else:
            self._show()

    # ---- display

    def show_only(self, names: Iterable[str]) -> None:
        """Shows only those fields and hides the others, which have no effect at the moment."""
        self._hidden = set(self._fields) - set(names)
        for name in self._fields:
            for part in self._parts[name]:
                part.setVisible(name not in self._hidden)
        self._show()

    def _show(self) -> None:
        settings, problems = self._session.settings, self._session.settings.all_problems
        for name, edit in self._edits.items():
            set_look(edit, "wrong", name in problems)
            if name not in problems:
                edit.show_value(as_text(settings.value(name)))
            self._show_error(name, problems.get(name))
        for name, combo in self._combos.items():
            combo.setCurrentIndex(combo.findData(settings.value(name)))
            self._show_error(name, None)

    def _show_error(self, name: str, text: str | None) -> None:
        self._errors[name].show_text((text or "") if name not in self._hidden else "")


def as_text(value: object) -> str:
    """A value as a person would type it."""
    if isinstance(value, tuple):
        return ", ".join(as_text(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def parse_dropout(parameter: str, typed: str, example: str) -> float | tuple[float, ...]:
    """One share, or several separated by commas, semicolons or spaces. Raises SettingError."""
    parts = [part.rstrip(",") for part in re.split(r"[;\s]+", typed.strip())]
    if len(parts) == 1 and ("." in typed or typed.count(",") > 1):  # else the comma is a decimal comma
        parts = parts[0].split(",")
    shares = tuple(parse_share(parameter, part, example) for part in parts)
    return shares if len(shares) > 1 else shares[0]


def _error_text(error: EngineError, name: str, title: str) -> str:
    """The error's text, which calls the field by its title; an error about another setting keeps that name."""
    return error.message_for(title) if error.parameter == name else str(error)
