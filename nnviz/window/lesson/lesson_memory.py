"""What is remembered of lessons from one start to the next: progress, recent files, the open lesson, the language."""

from __future__ import annotations

import json
from pathlib import Path

from PyQt5.QtCore import QLocale

from nnviz.lessons.progress import Progress, progress_from
from nnviz.window.preferences import Preferences

_PROGRESS, _RECENT, _OPEN, _FINISHED, _OFFERED, _LANGUAGE = (
    *("lesson_progress", "recent_lessons", "open_lesson", "finished_lessons"),
    *("lesson_offered", "lesson_language"),
)
_MOST_LESSONS, _MOST_RECENT, _MOST_FINISHED = 30, 6, 100


class LessonMemory:
    """Reads and writes what is remembered."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def progress_of(self, lesson: str, content: str) -> Progress | None:
        """Returns the progress in the lesson of that id; None if it was never begun, or has another content now."""
        found = progress_from(self._all().get(lesson))
        return found if found is not None and found.content == content else None

    def keep(self, lesson: str, progress: Progress) -> None:
        """Remembers the progress in a lesson, and forgets that in lessons that were opened long ago."""
        others = {name: found for name, found in self._all().items() if name != lesson}
        latest = dict(list(others.items())[-_MOST_LESSONS + 1 :])
        self._preferences.set(_PROGRESS, json.dumps({**latest, lesson: progress.as_dict()}))

    def forget(self, lesson: str) -> None:
        """Forgets the progress in a lesson, which then begins with its first step."""
        self._preferences.set(
            _PROGRESS, json.dumps({name: each for name, each in self._all().items() if name != lesson})
        )

    def _all(self) -> dict[str, object]:
        found = self._preferences.document(_PROGRESS)
        return found if isinstance(found, dict) else {}

    @property
    def finished(self) -> list[str]:
        """The ids of the lessons that were finished."""
        found = self._preferences.document(_FINISHED)
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    def note_finished(self, lesson: str) -> None:
        """Notes that a lesson was finished."""
        others = [each for each in self.finished if each != lesson]
        self._preferences.set(_FINISHED, json.dumps([*others, lesson][-_MOST_FINISHED:]))

    # ---- files

    @property
    def recent(self) -> list[Path]:
        """The lessons that were opened last and are still there, newest first."""
        found = self._preferences.document(_RECENT)
        paths = [Path(each) for each in found if isinstance(each, str)] if isinstance(found, list) else []
        return [path for path in paths if path.is_file()]

    def note_opened(self, path: Path) -> None:
        """Notes that a lesson is open, for the next start if the program ends before it is closed."""
        self._preferences.set(_OPEN, str(path))
        recent = [str(each) for each in (path, *(each for each in self.recent if each != path))]
        self._preferences.set(_RECENT, json.dumps(recent[:_MOST_RECENT]))

    def note_closed(self) -> None:
        """Notes that no lesson is open."""
        self._preferences.set(_OPEN, "")

    @property
    def left_open(self) -> Path | None:
        """The lesson that was open when the program ended; None if there was none, or it is no longer there."""
        path = self._preferences.text(_OPEN)
        return Path(path) if path and Path(path).is_file() else None

    def take_offer(self) -> bool:
        """Whether the first lesson was never offered; from now on it was."""
        is_new = not self._preferences.number(_OFFERED)
        self._preferences.set(_OFFERED, 1)
        return is_new

    # ---- language

    @property
    def language(self) -> str:
        """The language that was chosen for lessons; else that of the system."""
        return self._preferences.text(_LANGUAGE) or QLocale.system().name().partition("_")[0]

    def choose_language(self, language: str) -> None:
        """Remembers the language of lessons."""
        self._preferences.set(_LANGUAGE, language)
