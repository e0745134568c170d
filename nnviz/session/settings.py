"""What the fields describe: one experiment, undoable, and what is wrong with what was typed."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.assets_folder import ASSETS
from engine.augmentation import Augmentation
from engine.datasets import Dataset
from engine.errors import EngineError
from engine.experiment import MILD, Experiment
from engine.presets import Preset, load_preset
from engine.validation import check_memory
from nnviz.session.data import Data
from nnviz.session.messages import Messages, words_of
from nnviz.session.undo import Kind, Step, Undo


class Settings(QObject):
    """Attributes are for reading; methods change them and tell.

    Signals:
        changed: ``experiment`` is another, or the fields are to show it again.
        problems_changed: a field holds something that cannot be used, or no longer does.

    Attributes:
        experiment: what the fields describe.
        strengths: how strongly pictures are distorted when that is switched on.
        problems: what is wrong with what a field holds, by the field's name; training waits until it is mended.
        presets: those that can be read.
    """

    changed = pyqtSignal()
    problems_changed = pyqtSignal()

    def __init__(self, experiment: Experiment, data: Data, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self.experiment = experiment
        self.strengths = MILD
        self.problems: dict[str, str] = {}
        self._data, self._undo, self._messages = data, undo, messages
        self._guess: Experiment | None = None  # what a network was perhaps made with
        self._of_data: str | None = None  # the problem that the data brought
        self.presets, errors = _readable_presets()
        if errors:
            messages.warn(" ".join(words_of("A preset could not be read", error) or str(error) for error in errors))
        data.changed.connect(self._data_changed)

    # ---- changes

    def change(self, what: str, **fields: Any) -> None:
        """Changes settings, undoably. Raises SettingError, and then nothing has changed.

        ``what`` names the change for the undo menu ("learning rate").
        """
        base = self.experiment
        if not base.training.augmentation.is_active and any(hasattr(self.strengths, name) for name in fields):
            base = base.changed(augmentation=self.strengths)  # whoever turns one wants to see what it does
        self.choose(f"change of {what}", base.changed(**fields))

    def change_shape(self, shape: tuple[int, ...]) -> None:
        """Takes a whole shape; its ends must be those of the data. Raises SettingError."""
        self.choose("change of shape", self.fitting.with_shape(shape))

    def choose(self, text: str, new: Experiment) -> None:
        """Takes another experiment, as one step to undo. Raises SettingError, and then nothing has changed."""
        if new.shape != self.experiment.shape:
            check_memory(new.shape)
        if self._data.dataset is not None:
            new.check_against(self._data.dataset)
        if new != self.experiment:
            self._undo.push(Step(text, Kind.SETTINGS, self._take, self.experiment, new))

    def choose_preset(self, preset: Preset) -> None:
        """Takes all that it says, as one step. A message tells where that cannot be."""
        try:
            self.choose(f"preset {preset.name}", preset.applied_to(self.experiment))
        except EngineError as error:
            self._messages.tell_error(f"The preset {preset.name} cannot be used", error)
        else:
            self._guess = None
            self.forget_problems()

    def switch_augmentation(self, wanted: bool) -> None:
        """Pictures are distorted from now on, or no longer; the strengths are not forgotten. Raises SettingError."""
        text = "augmentation on" if wanted else "augmentation off"
        self.choose(text, self.experiment.with_augmentation(wanted, self.strengths))

    def take(self, experiment: Experiment, guess: Experiment | None = None) -> None:
        """The fields show that experiment; no step of its own.

        A ``guess`` is what a network was perhaps made with, since its file does not say: no preset is named for it.
        """
        self._guess = guess
        self._take(experiment)

    def _take(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.remember_strengths(experiment.training.augmentation)
        self.changed.emit()

    def remember_strengths(self, strengths: Augmentation) -> None:
        """What is used when pictures are distorted again; nothing of all that is off."""
        if strengths.is_active:
            self.strengths = strengths

    # ---- what follows from them

    @property
    def preset(self) -> Preset | None:
        """The one that all settings are as it says; None where they are one's own, or only guessed."""
        if self._guess is not None and not {*self._guess.difference(self.experiment)} - {"data", "fingerprint"}:
            return None
        return next((preset for preset in self.presets if preset.matches(self.experiment)), None)

    @property
    def fitting(self) -> Experiment:
        """The experiment with the ends that the data needs, where there is data."""
        return self.experiment if self._data.dataset is None else self.fitted(self._data.dataset)

    def fitted(self, dataset: Dataset) -> Experiment:
        """The experiment for that data."""
        return self.experiment.for_data(dataset, self._data.name)

    def value(self, name: str) -> Any:
        """A setting by its name; of a distortion its strength, also while distortions are switched off."""
        if hasattr(self.strengths, name) and not self.experiment.training.augmentation.is_active:
            return getattr(self.strengths, name)
        return self.experiment.value(name)

    # ---- problems

    def set_problem(self, field: str, text: str | None) -> None:
        """A field holds something that cannot be used (or no longer does)."""
        if self.problems.get(field) == text:
            return
        if text is None:
            self.problems.pop(field, None)
        else:
            self.problems[field] = text
        self.problems_changed.emit()

    def forget_problems(self) -> None:
        """What could not be used is dropped: fields show again what is in force."""
        self.problems.clear()
        self.problems_changed.emit()
        self.changed.emit()

    def _data_changed(self) -> None:
        """A batch may be larger than the data that has just come; what the data before it lacked is forgotten."""
        dataset = self._data.dataset
        if dataset is None:
            return
        problem = None
        try:
            self.fitted(dataset).check_against(dataset)
        except EngineError as error:
            problem = error.message_for("Batch size") if error.parameter == "batch_size" else None
        typed = "batch_size" in self.problems and self.problems["batch_size"] != self._of_data
        if not typed:
            self._of_data = problem
            self.set_problem("batch_size", problem)


def _readable_presets() -> tuple[list[Preset], list[Exception]]:
    """In the order of their files' names. One that is broken does not take the others with it."""
    found: list[Preset] = []
    errors: list[Exception] = []
    for path in sorted((ASSETS / "presets").glob("*.json")):
        try:
            found.append(load_preset(path))
        except (EngineError, OSError) as error:
            errors.append(error)
    return found, errors
