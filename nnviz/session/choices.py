"""What is chosen and what is told: the half of the session that needs no thread."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QUndoStack

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.presets import Preset
from engine.validation import check_memory
from nnviz.session.configuration import Configuration
from nnviz.session.presets import readable_presets
from nnviz.session.state import Message, message_of
from nnviz.session.undo import Change

# Each may hold a network that was put away.
MOST_UNDO_STEPS = 30


class Choices(QObject):
    """Settings that can be undone, fields that hold something unusable, and the message of the moment.

    Attributes are for reading; methods change them and tell.
    """

    configuration_changed = pyqtSignal()
    problems_changed = pyqtSignal()
    message_changed = pyqtSignal()
    crashed = pyqtSignal(object)  # an exception nobody foresaw

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__()
        self.configuration = configuration or Configuration()
        self.dataset: Dataset | None = None
        self.problems: dict[str, str] = {}
        self.message: Message | None = None
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_UNDO_STEPS)
        self.presets, errors = readable_presets()
        if errors:
            self.message = Message(" ".join(_words(error) for error in errors))

    # ---- settings

    def change(self, what: str, **fields: Any) -> None:
        """Changes settings, undoably. Raises SettingError, and then nothing has changed.

        ``what`` names the change for the undo menu ("learning rate").
        """
        self.choose(f"change of {what}", self.configuration.changed(**fields))

    def change_shape(self, shape: tuple[int, ...]) -> None:
        """Takes a whole shape; its ends must be those of the data. Raises SettingError."""
        fitting = self.configuration.for_dataset(self.dataset) if self.dataset else self.configuration
        self.choose("change of shape", fitting.with_shape(shape))

    def choose(self, text: str, new: Configuration) -> None:
        """Takes other settings, as one step that can be undone. Raises SettingError, and then nothing has changed."""
        if new.shape != self.configuration.shape:
            check_memory(new.shape)
        if self.dataset is not None:
            new.check_against(self.dataset)
        if new != self.configuration:
            self.undo_stack.push(Change(text, self._set_configuration, self.configuration, new))

    def choose_preset(self, preset: Preset) -> None:
        """Takes all that it says, as one step. A message tells where that cannot be."""
        try:
            self.choose(f"preset {preset.name}", self.configuration.with_preset(preset))
        except EngineError as error:
            self._tell_error(f"The preset {preset.name} cannot be used", error)
        else:
            self.forget_problems()

    def forget_problems(self) -> None:
        """What could not be used is dropped: fields show again what is in force."""
        self.problems.clear()
        self.problems_changed.emit()
        self.configuration_changed.emit()

    @property
    def preset(self) -> Preset | None:
        """The one that all settings are as it says; None where they are one's own."""
        return next((preset for preset in self.presets if self.configuration.follows(preset)), None)

    def _set_configuration(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.configuration_changed.emit()

    def set_problem(self, field: str, text: str | None) -> None:
        """A field holds something that cannot be used (or no longer does); training waits for it to be mended."""
        if self.problems.get(field) == text:
            return
        if text is None:
            self.problems.pop(field, None)
        else:
            self.problems[field] = text
        self.problems_changed.emit()

    # ---- messages

    def dismiss_message(self) -> None:
        """It was read, or is out of date."""
        if self.message is not None:
            self.message = None
            self.message_changed.emit()

    def tell(self, text: str) -> None:
        """Something a person may want to know, and nothing that went wrong."""
        self._tell(Message(text, is_error=False))

    def _tell(self, message: Message) -> None:
        self.message = message
        self.message_changed.emit()

    def _tell_error(self, what: str, error: Exception) -> None:
        message = message_of(what, error)
        if message is not None:
            self._tell(message)
        else:
            self.crashed.emit(error)


def _words(error: Exception) -> str:
    message = message_of("A preset could not be read", error)
    return message.text if message else str(error)
