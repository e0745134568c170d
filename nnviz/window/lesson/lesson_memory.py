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
_FILE = "lesson-progress.json"
_MOST_PROGRESS = 700_000  # characters of all attempts
_LONGEST_EXPERIMENT = 50_000  # characters; a network of thousands of layers has a longer one


class LessonMemory:
    """Reads and writes what is remembered.

    Attributes:
        attempts: the latest attempt of each lesson, by its id. They have a file of their own, so that they take no room
            of the settings.
    """

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self.attempts = Preferences(None if preferences.folder is None else preferences.folder / _FILE)
        self._move_attempts()

    def _move_attempts(self) -> None:
        """Moves what versions before 0.31 kept in the settings."""
        found = self._preferences.document(_PROGRESS)
        for lesson, entries in found.items() if isinstance(found, dict) else ():
            if lesson not in self.attempts.sizes:
                self.attempts.set(lesson, json.dumps(entries))
        self._preferences.remove(_PROGRESS)

    def progress_of(self, lesson: str, content: str) -> Progress | None:
        """Returns the latest attempt; None if the lesson was never begun, or has another content now."""
        found = progress_from(self.attempts.document(lesson))
        return found if found is not None and found.content == content else None

    def keep(self, lesson: str, progress: Progress) -> bool:
        """Remembers the progress in a lesson, and forgets that in lessons that were opened long ago.

        Returns whether it was short enough to be saved; if not, what was saved before stays.
        """
        if len(json.dumps(progress.experiment)) > _LONGEST_EXPERIMENT:
            progress.experiment = {}  # the settings of the run are shown in its place
        entry, before = json.dumps(progress.as_dict()), self.attempts.text(lesson)
        self.attempts.remove(lesson)  # it becomes the latest
        if not self.attempts.set(lesson, entry):
            if before:
                self.attempts.set(lesson, before)
            return False
        sizes = self.attempts.sizes
        while len(sizes) > _MOST_LESSONS or sum(sizes.values()) > _MOST_PROGRESS:
            oldest = next(iter(sizes))
            self.attempts.remove(oldest)
            del sizes[oldest]
        return True

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

    @property
    def offers_first(self) -> bool:
        """Whether the user is new: nothing was trained yet."""
        return not self._preferences.number(_OFFERED)

    def end_offer(self) -> None:
        """Notes that something was trained."""
        self._preferences.set(_OFFERED, 1)

    # ---- language

    @property
    def language(self) -> str:
        """The language that was chosen for lessons; else that of the system."""
        return self._preferences.text(_LANGUAGE) or QLocale.system().name().partition("_")[0]

    def choose_language(self, language: str) -> None:
        """Remembers the language of lessons."""
        self._preferences.set(_LANGUAGE, language)
