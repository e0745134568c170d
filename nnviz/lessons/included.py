"""The lessons that are included in the program."""

from __future__ import annotations

from pathlib import Path

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import EngineError
from engine.basics.regular_files import read_regular
from nnviz.lessons.document import MOST_BYTES, is_translation, translations_of

FOLDER = ASSETS / "lessons"


def included_lessons() -> list[Path]:
    """Returns the paths of the included lessons, in their order."""
    return [path for path in sorted(FOLDER.glob("[0-9]*.md")) if not is_translation(path)]


def title_of(path: Path, language: str = "") -> str:
    """Returns the title of a lesson, in a language if there is a translation; the name of a file without one."""
    translation = translations_of(path).get(language, path)
    return _entry(translation, "title") or _entry(path, "title") or path.name


def id_in(path: Path) -> str:
    """Returns the id of a lesson; "" for a file without one."""
    return _entry(path, "id")


def _entry(path: Path, name: str) -> str:
    """Returns an entry of a front matter, which is read without the rest of the lesson."""
    try:
        lines = read_regular(path, MOST_BYTES).decode("utf-8-sig", "replace").splitlines()
    except (EngineError, OSError):
        return ""
    entries = (line.partition(":") for line in lines[1 : lines.index("---", 1) if "---" in lines[1:] else 1])
    return next((value.strip() for key, _, value in entries if key.strip() == name), "")
