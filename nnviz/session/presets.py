"""The presets that can be read, and what is wrong with those that cannot."""

from __future__ import annotations

from engine.assets_folder import ASSETS
from engine.errors import EngineError
from engine.presets import Preset, load_preset

FOLDER = ASSETS / "presets"


def readable_presets() -> tuple[list[Preset], list[Exception]]:
    """In the order of their files' names. One that is broken does not take the others with it."""
    found: list[Preset] = []
    errors: list[Exception] = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            found.append(load_preset(path))
        except (EngineError, OSError) as error:
            errors.append(error)
    return found, errors
