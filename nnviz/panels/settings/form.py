"""Rows of fields and choices, each for one setting; what is wrong with a value stands beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
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

FIELD_WIDTH = 138


@dataclass(frozen=True)
class Field:
    """A setting that is typed.

    Attributes:
        name: of the setting, as an experiment knows it.
        title: as a person reads it; behind a comma in what unit.
        step: the next value up or down, as text.
        tip: what it does to the network.
        parse: text → value; gets the setting's name, the text and an example.
    """

    name: str
    title: str
    step: Callable[[str, int], str]
    tip: str
    parse: Callable[[str, str, str], Any] = parse_number

    @property
    def spoken(self) -> str:
        """Its title within a sentence."""
        return self.title.partition(",")[0]

    @property
    def object_name(self) -> str:
        """learning_rate → learningRateEdit."""
        first, *rest = self.name.split("_")
        return f"{first}{''.join(word.capitalize() for word in rest)}Edit"


class Form(QWidget):
    """Reads and writes the session's settings; owns no truth."""

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
        """A row with a number to type or to step."""
        edit = NumberEdit(field.object_name, field.step, field.tip, field.title)
        edit.setFixedWidth(FIELD_WIDTH)
        edit.set_takes_list(field.parse is parse_dropout)
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
        """A row with a choice out of a registry; ``choose`` does more with it than to set the setting."""
        combo = self.add_combo(name, title, tip)
        for entry in registry:
            combo.addItem(registry[entry].label, entry)
        chosen = choose or (lambda entry: self._session.settings.change(title.lower(), **{name: entry}))
        combo.activated.connect(lambda: self._chosen(name, title, lambda: chosen(combo.currentData())))
        self._combos[name] = combo
        return combo

    def add_combo(self, name: str, title: str, tip: str) -> Combo:
        """A row with a combo box that somebody else fills and follows."""
        combo = Combo(f"{name}Combo", title, tip)
        combo.setFixedWidth(FIELD_WIDTH)
        self._add_row(name, title, combo, f"{name}Error")
        return combo

    def add_wide(self, widget: QWidget) -> None:
        """A row of its own for something else."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)

    def _add_row(self, name: str, title: str, widget: QWidget, error_name: str) -> None:
        row = self._grid.rowCount()
        caption = label(title, "fieldName")
        caption.setBuddy(widget)
        self._grid.addWidget(caption, row, 0)
        self._grid.addWidget(widget, row, 1)
        self._errors[name], self._parts[name] = Note(widget, error_name), [caption, widget]

    # ---- what the person does

    def _typed(self, field: Field, typed: str) -> None:
        if self._try(field, typed):
            for other in [name for name in self._fields if name in self._problems]:
                self._try(self._fields[other], self._edits[other].text())  # it may go well with what is there now
        self._show()

    def _try(self, field: Field, typed: str) -> bool:
        """Whether the session took it; else it is told why not."""
        try:
            value = field.parse(field.name, typed, as_text(self._session.settings.value(field.name)))
            self._session.settings.change(field.spoken.lower(), **{field.name: value})
        except EngineError as error:
            self._tell_problem(field.name, _words(error, field.name, field.spoken))
            return False
        self._tell_problem(field.name, None)
        return True

    def _tell_problem(self, name: str, text: str | None) -> None:
        """What cannot be used keeps the session from training."""
        self._session.settings.set_problem(name, text)

    @property
    def _problems(self) -> Mapping[str, str]:
        """What the fields hold that cannot be used."""
        return self._session.settings.problems

    def _chosen(self, name: str, title: str, choose: Callable[[], None]) -> None:
        try:
            choose()
        except EngineError as error:
            self._show()
            self._show_error(name, _words(error, name, title))
        else:
            self._show()

    # ---- what is shown

    def show_only(self, names: Iterable[str]) -> None:
        """Of the fields, those; the others do nothing to the network at the moment."""
        self._hidden = set(self._fields) - set(names)
        for name in self._fields:
            for part in self._parts[name]:
                part.setVisible(name not in self._hidden)
            if name in self._hidden:
                self._session.settings.set_problem(name, None)
        self._show()

    def _show(self) -> None:
        settings, problems = self._session.settings, self._problems
        for name, edit in self._edits.items():
            edit.set_wrong(name in problems)
            if name not in problems:
                edit.show_value(as_text(settings.value(name)))
            self._show_error(name, problems.get(name))
        for name, combo in self._combos.items():
            combo.setCurrentIndex(combo.findData(settings.value(name)))
            self._show_error(name, None)

    def _show_error(self, name: str, text: str | None) -> None:
        self._errors[name].show_text((text or "") if name not in self._hidden else "")


def as_text(value: object) -> str:
    """A value as it is typed."""
    if isinstance(value, tuple):
        return ", ".join(as_text(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def parse_dropout(parameter: str, typed: str, example: str) -> float | tuple[float, ...]:
    """One share, or several with commas and spaces between them. Raises SettingError."""
    parts = [part.rstrip(",") for part in re.split(r"[;\s]+", typed.strip())]
    if len(parts) == 1 and ("." in typed or typed.count(",") > 1):  # else the comma is a decimal one
        parts = parts[0].split(",")
    shares = tuple(parse_share(parameter, part, example) for part in parts)
    return shares if len(shares) > 1 else shares[0]


def _words(error: EngineError, name: str, title: str) -> str:
    """The message, under the name that stands beside the field; another setting's keeps its own."""
    return error.message_for(title) if error.parameter == name else str(error)
