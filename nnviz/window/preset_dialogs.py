"""Saving and deleting of the user's presets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QInputDialog

from engine.basics.errors import EngineError
from engine.presets import Preset
from nnviz.formatting import text
from nnviz.session.messages import MessageChoice
from nnviz.ui.parts import named

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow


class PresetDialogs(QObject):
    """Asks for the name of a preset, and offers to undo what was saved or deleted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings, self._presets = window.session.settings, window.session.user_presets
        self._messages = window.session.messages

    @property
    def current(self) -> Preset | None:
        """The user's preset with which the fields agree; None if there is none."""
        preset = self._settings.preset_for(self._window.session.data.dataset)
        return preset if preset in self._presets.presets else None

    def ask(self) -> None:
        """Opens a dialog for the name of the preset that the settings become."""
        dialog = named(QInputDialog(self._window), "presetNameDialog", "Name of the preset")
        dialog.setWindowTitle("Save as preset")
        dialog.setLabelText("Name of the preset:")
        base = self._settings.base
        dialog.setTextValue(base.name if base is not None and base in self._presets.presets else "")
        dialog.setOkButtonText("Save")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self.save)
        dialog.open()

    def save(self, name: str) -> None:
        """Saves the settings as a preset; the announcement offers to undo it."""
        try:
            before = self._presets.content_of(" ".join(name.split()))
            saved = self._presets.save(name)
        except (EngineError, OSError) as error:
            self._messages.show_error("The preset could not be saved", error)
            return

        def undo() -> None:
            self._put(saved.name, before)

        self._messages.announce(f"Saved the preset {text.name(saved.name)}", MessageChoice("Undo", undo))

    def delete_current(self) -> None:
        """Deletes the user's preset with which the fields agree; the announcement offers to undo it."""
        preset = self.current
        if preset is None:
            return
        name = preset.name
        try:
            content = self._presets.content_of(name)
            path = self._presets.put(name, None)
        except OSError as error:
            self._messages.show_error("The preset could not be deleted", error)
            return
        undo = MessageChoice("Undo", lambda: self._put(name, content, path))
        self._messages.announce(f"Deleted the preset {text.name(name)}", undo)

    def _put(self, name: str, content: bytes | None, path: Path | None = None) -> None:
        try:
            self._presets.put(name, content, path)
        except OSError as error:
            self._messages.show_error("The preset could not be restored", error)
