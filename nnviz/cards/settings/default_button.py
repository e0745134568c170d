"""The button next to a setting that differs from the preset, which restores the preset's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QToolButton, QWidget

from engine.basics.errors import EngineError
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.parts import named

_SIZE, _ICON = 20, 12  # pixels; the mark is lower than the row of a field


class DefaultButton(QToolButton):
    """A small button that is visible only if one of its settings was typed."""

    def __init__(
        self, session: Session, name: str, title: str, field: QWidget, settings: dict[str, Callable[[Any], str]]
    ) -> None:
        """
        Args:
            name: its object name.
            title: what the settings are called in a sentence.
            field: the widget in which they are typed.
            settings: their names, each with a function that makes a text of its value.
        """
        super().__init__()
        named(self, name, f"Use the default {title}", f"Resets the {title} to the preset's default for these data.")
        self._session, self._title, self._field, self._settings = session, title, field, settings
        self._said = ""  # how the field is described
        theme.set_icon(self, "undo-2", "muted")
        theme.sized(self.set_icon_side, _ICON)
        theme.sized(self.setFixedWidth, _SIZE)
        theme.sized(self.setFixedHeight, _SIZE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self._use_default)
        self.hide()

    def set_icon_side(self, side: int) -> None:
        """Sets width and height of the icon in pixels."""
        self.setIconSize(QSize(side, side))

    def show_typed(self) -> None:
        """Shows or hides the mark, and describes the field."""
        settings = self._session.settings
        names = [name for name in self._settings if name in settings.typed]
        said = ""
        if names and settings.base is not None:
            given, now = (
                ", ".join(self._settings[name](value(name)) for name in names)
                for value in (settings.default, settings.value)
            )
            said = f"You typed this value. {settings.base.name} gives {given} for these data{', too' * (given == now)}."
            self.setToolTip(f"{said} Click to use the default.")
            self.setAccessibleName(f"Use the default {self._title}, {given}")
        if self._field.accessibleDescription() in ("", self._said):  # else it is what is wrong with the field
            self._field.setAccessibleDescription(said)
        self._said = said
        if not said and self.hasFocus():
            self._field.setFocus()
        self.setVisible(bool(said))

    def _use_default(self) -> None:
        try:
            self._session.settings.use_default(self._title, *self._settings)
        except EngineError as error:
            self._session.messages.show_error(f"Cannot use the default {self._title}", error)
