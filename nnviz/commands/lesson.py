"""``lesson``: opens a lesson in the window, checks lessons, or lists the names that a lesson may use."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from PyQt5.QtCore import QEventLoop

from engine.basics.errors import EngineError
from nnviz.commands.checks import CommandError
from nnviz.commands.preflight import missing_for_window
from nnviz.commands.screenshot import wait_until
from nnviz.lessons.catalogue import FACTS
from nnviz.lessons.directives import DIRECTIVES
from nnviz.lessons.document import read_lesson
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences

_FAILED = 2


def run(arguments: argparse.Namespace) -> int:
    """Carries out the command. Returns the exit code; 2 if a lesson has an error."""
    words = list(arguments.words)
    if not arguments.names and (not words or words == ["check"]):
        raise CommandError("lesson: a file is missing. For example: nnviz lesson check my-lesson.md")
    if not arguments.names and words[0] != "check":
        from nnviz.app import run as run_window

        if len(words) > 1:
            raise CommandError(f"lesson: one lesson can be opened, not {len(words)}. Choose one.")
        if not os.path.isfile(words[0]):
            raise CommandError(f"{words[0]}: there is no such file. Check its name.")
        missing = missing_for_window()
        if missing is not None:
            raise CommandError("\n".join(missing))
        return run_window(words[0])
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    window = _window()
    try:
        return _list_names(window) if arguments.names else _check_all(window, [Path(word) for word in words[1:]])
    finally:
        window.close_unasked()


def _window() -> MainWindow:
    """Returns a window without a screen, with data, that remembers and records nothing."""
    from nnviz.app import create_window

    window = create_window("dark", Preferences(None))
    window.session.records.set_on(False)
    window.resize(1440, 900)
    window.show()
    wait_until(window, lambda: not window.session.data.loading and window.session.dataset is not None)
    return window


def _list_names(window: MainWindow) -> int:
    known = window.lessons.catalogue
    print("Directives, in blocks ```do and ```solution:")
    for pattern, about in DIRECTIVES.items():
        print(f"  {pattern:40} {about}")
    print("\nFacts, in blocks ```goal:")
    for name, fact in FACTS.items():
        arguments = f"({', '.join(fact.arguments)})" if fact.arguments else ""
        print(f"  {name + arguments:32} {fact.about} ({fact.kind.value})")
    for title, names in (
        ("Data sets", known.data),
        ("Presets", known.presets),
        ("Cards", known.cards),
        ("Controls", known.controls),
    ):
        print(f"\n{title}:\n  {', '.join(sorted(names))}")
    return 0


# ---- check


def _check_all(window: MainWindow, paths: list[Path]) -> int:
    code = 0
    for path in paths:
        problems = _problems(window, path)
        print("\n".join(problems) if problems else f"{path.name}: nothing is wrong")
        code = _FAILED if problems else code
    return code


def _problems(window: MainWindow, path: Path) -> list[str]:
    """Plays a lesson: no goal of a step may be met when it opens, and all must be met after its solution."""
    try:
        lesson = read_lesson(path, window.lessons.catalogue)
    except EngineError as error:
        return [str(error)]
    player = window.lessons.begin(lesson, path)
    found = []
    for step in lesson.steps:
        where = f"{path.name}, line {step.line}, step “{step.id}”"
        _wait(window, player)
        if player.failure:
            found.append(f"{where}: {player.failure}")
        if player.was_met_at_once:
            found.append(f"{where}: all goals are met when the step opens. Ask for something that is not done yet.")
        if step.goals:
            player.solve()
            _wait(window, player)
            if player.failure:
                found.append(f"{where}: {player.failure}")
            unmet = [goal.phrase() for goal, is_met in zip(step.goals, player.met, strict=True) if not is_met]
            found.extend(f"{where}: “{goal}” is not met after the solution. Correct one of both." for goal in unmet)
        player.skip_met()
    return found


def _wait(window: MainWindow, player: LessonPlayer) -> None:
    """Waits until directives are carried out, and goals that need results of the network are decided."""
    loop = QEventLoop()

    def look() -> None:
        if not player.is_busy:
            loop.quit()

    player.changed.connect(look)
    if player.is_busy:
        loop.exec_()
    player.changed.disconnect(look)
    queries = window.session.queries
    wait_until(window, lambda: all(not query.is_wanted or query.is_up_to_date for query in queries))
