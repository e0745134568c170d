"""The files that a lesson names: regular files in its folder. Nothing outside the folder is opened."""

from __future__ import annotations

import os
import re
from pathlib import Path

from nnviz.lessons.errors import at_line


def file_of_lesson(folder: Path, name: str, lesson: str = "lesson", line: int = 0) -> Path:
    """Returns the path of a file that a lesson names. ``lesson`` and ``line`` say where it is named.

    Raises LessonError if it is not a regular file in the folder; a link is none, wherever it leads.
    """
    if not is_inside(name):
        raise at_line(lesson, line, f"“{name[:60]}” is not a file of the lesson's folder", "Put it next to the lesson.")
    path = folder
    for part in re.split(r"[/\\]", name):
        path = path / part
        if os.path.islink(path):
            raise at_line(lesson, line, f"“{name[:60]}” is a link", "Put the file itself next to the lesson.")
    if not os.path.isfile(path):
        raise at_line(lesson, line, f"the file “{name[:60]}” is missing", "Put it next to the lesson.")
    return path


def is_inside(name: str) -> bool:
    """Whether a path, as it is written, stays in the folder: no drive, no address, no way up."""
    parts = re.split(r"[/\\]", name)
    return bool(name) and "\0" not in name and ":" not in name and not {"", ".."} & set(parts)
