"""The error of a lesson file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from engine.basics.errors import EngineError


class LessonError(EngineError):
    """A lesson cannot be used. ``parameter`` is the file's name, with the line if it is known."""


def at_line(name: str, line: int, problem: str, remedy: str) -> LessonError:
    """Returns the error of a line of a lesson: "<name>, line 12: <problem>. <remedy>"; without a line if it is 0."""
    where = f"{name}, line {line}" if line else name
    return LessonError.from_problem(where, problem, remedy)


def nearest(word: str, known: Iterable[str]) -> str:
    """Returns a remedy for an unknown name: "Did you mean learning-rate?", or how to list the names."""
    found = difflib.get_close_matches(word, sorted(known), 1, 0.6)
    return f"Did you mean “{found[0]}”?" if found else "“nnviz lesson --names” lists the names."
