"""Presets of the user: settings that were saved under a name, one file each."""

from __future__ import annotations

import re
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError, SettingError
from engine.presets import Preset, load_preset, preset_bytes
from engine.storage.files import write_whole
from nnviz.session.messages import Messages, error_text
from nnviz.session.settings import Basis, Settings

_LONGEST = 60  # characters of a name


class UserPresets(QObject):
    """Keeps the user's presets in a folder, and lists them in ``settings.presets`` after the included ones.

    Signals:
        changed: ``presets`` has changed.

    Attributes:
        presets: the user's presets, in the order of their names. Of several files with one name it has the first.
        folder: where they are kept; None if none can be kept.
    """

    changed = pyqtSignal()

    def __init__(self, settings: Settings, messages: Messages) -> None:
        super().__init__()
        self._settings, self._messages = settings, messages
        self._included = list(settings.presets)
        self._paths: dict[str, Path] = {}  # the file of each preset, by its name
        self.presets: list[Preset] = []
        self.folder: Path | None = None

    def use_folder(self, folder: Path) -> None:
        """Reads the presets of a folder, and keeps new ones there. Warns of files that cannot be read."""
        self.folder = folder
        errors = self._read()
        if errors:
            texts = [error_text("One of your presets could not be read", error) or str(error) for error in errors]
            self._messages.warn(" ".join(texts))

    def _read(self) -> list[Exception]:
        assert self.folder is not None
        taken = {preset.name.casefold() for preset in self._included}
        self.presets, self._paths = [], {}
        errors: list[Exception] = []
        try:
            paths = sorted(self.folder.glob("*.json"))
        except OSError as error:  # no rights to the folder
            paths, errors = [], [error]
        for path in paths:
            try:
                preset = load_preset(path)
            except (EngineError, OSError) as error:
                errors.append(error)
                continue
            if preset.name.casefold() not in taken and preset.name not in self._paths:
                self.presets.append(preset)
                self._paths[preset.name] = path
        self.presets.sort(key=lambda preset: preset.name.casefold())
        self._settings.set_presets([*self._included, *self.presets])
        self.changed.emit()
        return errors

    def save(self, name: str) -> Preset:
        """Saves the settings of the fields as a preset of that name; one of that name is replaced.

        Raises:
            SettingError: the name is empty, too long or that of an included preset.
            EngineError: presets cannot be kept.
            OSError: the file cannot be written.
        """
        name = " ".join(name.split())
        if not name or len(name) > _LONGEST:
            raise SettingError("name", name, f"must have 1 to {_LONGEST} characters", "Type another name.")
        if name.casefold() in {preset.name.casefold() for preset in self._included}:
            raise SettingError("name", name, "must not be that of an included preset", "Type another name.")
        if self.folder is None:
            raise EngineError.from_problem("", "This window remembers nothing", "Start nnviz without a script.")
        self.put(name, preset_bytes(name, "Your own preset.", self._settings.experiment))
        saved = next(preset for preset in self.presets if preset.name == name)
        self._settings.show_experiment(self._settings.experiment, Basis(saved, frozenset()))
        return saved

    def content_of(self, name: str) -> bytes | None:
        """Returns the file of the user's preset of that name; None if there is none. Raises OSError."""
        path = self._paths.get(name)
        return None if path is None else path.read_bytes()

    def put(self, name: str, content: bytes | None, path: Path | None = None) -> Path:
        """Writes the file of the user's preset of that name, or removes it. Returns its path. Raises OSError.

        ``path`` is that of a preset that was removed, and is written again.
        """
        path = path or self._paths.get(name) or self._free_path(name)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        self._read()
        return path

    def _free_path(self, name: str) -> Path:
        """Returns a path for a new preset; the name in the file may have any characters."""
        assert self.folder is not None
        safe = re.sub(r"[^\w-]+", "-", name.casefold()).strip("-") or "preset"
        path, number = self.folder / f"{safe}.json", 1
        while path.exists():
            number += 1
            path = self.folder / f"{safe}-{number}.json"
        return path
