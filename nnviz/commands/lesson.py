"""``lesson``: opens a lesson in the window, checks or packs lessons, or lists the names that a lesson may use."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from PyQt5.QtCore import qInstallMessageHandler

from engine.basics.errors import EngineError
from nnviz.commands.checks import CommandError
from nnviz.commands.preflight import missing_for_window
from nnviz.commands.screenshot import print_qt_warning, wait_until
from nnviz.formatting import text
from nnviz.lessons.catalogue import FACTS, SETTINGS, Catalogue
from nnviz.lessons.directives import DIRECTIVES, Directive
from nnviz.lessons.document import (
    Lesson,
    Step,
    are_alike,
    is_translation,
    read_lesson,
    read_translation,
    translations_of,
)
from nnviz.lessons.errors import nearest
from nnviz.lessons.package import SUFFIX, pack, unpack
from nnviz.session.status import Status
from nnviz.window.lesson.player import LessonPlayer
from nnviz.window.lesson.pupil import missing_controls
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences

_FAILED = 2
_OFFSCREEN = ("check", "pack")  # words that are followed by files, and need no display
_NAMES = """# Names for lessons

After this page you know each name that a lesson may use. `python main.py lesson --names` prints it.
"""


def run(arguments: argparse.Namespace) -> int:
    """Carries out the command. Returns the exit code; 2 if a lesson has an error."""
    words = list(arguments.words)
    if not arguments.names and (not words or (words[0] in _OFFSCREEN and len(words) == 1)):
        raise CommandError("lesson: a file is missing. For example: nnviz lesson check my-lesson.md")
    if not arguments.names and words[0] not in _OFFSCREEN:
        return _open(words)
    from nnviz.app import end_process

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qInstallMessageHandler(print_qt_warning)
    with tempfile.TemporaryDirectory(prefix="nnviz-lesson-") as folder:
        os.environ["NNVIZ_LIBRARY"] = str(Path(folder) / "runs.sqlite")  # seeds are recorded
        window = _window()
        try:
            if arguments.names:
                print(names_page(window.lessons.catalogue), end="")
                code = 0
            else:
                code = _do_all(window, [Path(word) for word in words[1:]], words[0] == "check", arguments.limit)
        finally:
            window.close_unasked()
    end_process(window, code)
    return code


def _open(words: list[str]) -> int:
    from nnviz.app import run as run_window

    if len(words) > 1:
        raise CommandError(f"lesson: one lesson can be opened, not {len(words)}. Choose one.")
    if not os.path.isfile(words[0]):
        raise CommandError(f"{words[0]}: there is no such file. Check its name.")
    missing = missing_for_window()
    if missing is not None:
        raise CommandError("\n".join(missing))
    return run_window(words[0])


def _window() -> MainWindow:
    """Returns a window without a screen, with data, that remembers nothing."""
    from nnviz.app import create_window

    window = create_window("dark", Preferences(None))
    window.session.speed.ignore()
    window.resize(1440, 900)
    window.show()
    wait_until(window, lambda: not window.session.data.loading and window.session.dataset is not None)
    return window


def names_page(known: Catalogue) -> str:
    """Returns the page of the guide with all names that a lesson may use, as Markdown."""
    lines = [_NAMES, "## Directives", "", "| directive | effect |", "| --- | --- |"]
    lines += [f"| `{_in_table(pattern)}` | {text.regrouped(about)} |" for pattern, about in DIRECTIVES.items()]
    lines += [
        "",
        "## Facts",
        "",
        "Any setting is a fact, too: `learning-rate = 2` compares that of the current run. Only `loss` is the figure,",
        "and `field(loss)` the setting. `<` and `>` compare numbers: `hidden` and `optimizer` take only `=` and `!=`.",
        "",
    ]
    lines += ["| fact | what it is | kind |", "| --- | --- | --- |"]
    for name, fact in FACTS.items():
        arguments = f"({', '.join(fact.arguments)})" if fact.arguments else ""
        lines.append(f"| `{name}{arguments}` | {fact.about} | {fact.kind.value} |")
    for title, names in (
        ("Data sets", known.data),
        ("Presets", known.presets),
        ("Settings", frozenset(SETTINGS)),
        ("Cards", known.cards),
        ("Controls", known.controls - frozenset(SETTINGS)),
    ):
        lines += ["", f"## {title}", "", ", ".join(f"`{name}`" for name in sorted(names))]
    return "\n".join([*lines, ""])


def _in_table(pattern: str) -> str:
    return pattern.replace("|", "\\|")


# ---- check and pack


def _do_all(window: MainWindow, paths: list[Path], does_check: bool, seconds: float) -> int:
    code = 0
    for path in paths:
        problems, done = [], f"{path.name}: nothing is wrong"
        try:
            if does_check:
                problems = _problems(window, path, seconds)
            else:
                done = f"wrote {_pack(window, path)}"
        except EngineError as error:
            problems = [str(error)]
        except OSError as error:
            problems = [f"{error.filename or path}: {error.strerror or error}. Check its name and its rights."]
        for line in problems or [done]:
            _print(line)
        code = _FAILED if problems else code
    return code


def _print(line: str) -> None:
    """Prints a line with names and texts of a lesson, which may come from a stranger."""
    print(text.path(line))


def _pack(window: MainWindow, path: Path) -> Path:
    """Writes a lesson and its files into one file next to it, and returns its path."""
    if is_translation(path):
        path = path.with_name(f"{Path(path.stem).stem}.md")
    lesson = read_lesson(path, window.lessons.catalogue)
    translations = translations_of(path)
    whole = [read_lesson(path, window.lessons.catalogue, language) for language in translations]
    named = [name for each in (lesson, *whole) for name, _ in each.files]
    packed = path.with_suffix(SUFFIX)
    pack(path, [*(other.name for other in translations.values()), *named], packed)
    return packed


def _problems(window: MainWindow, path: Path, seconds: float) -> list[str]:
    """Returns what is wrong with a lesson and its translations; the lesson is played, see :class:`_Play`."""
    if path.suffix.lower() == SUFFIX:
        with tempfile.TemporaryDirectory(prefix="nnviz-lesson-") as folder:
            return _problems(window, unpack(path, Path(folder)), seconds)
    if is_translation(path):
        return _of_translation(window, path)
    lesson = read_lesson(path, window.lessons.catalogue)
    found = [problem for other in translations_of(path).values() for problem in _of_translation(window, other)]
    return found + _Play(window, path, lesson, seconds).problems()


class _Play:
    """Plays a lesson once as its author and its pupils do.

    No goal of a step may be met when the step opens, all must be met after its solution, and a pupil must be able to do
    what the solution does.
    """

    def __init__(self, window: MainWindow, path: Path, lesson: Lesson, seconds: float) -> None:
        """``seconds`` is the longest time for setting up a step, and for its solution."""
        self._window, self._file, self._lesson, self._seconds = window, path.name, lesson, seconds
        self._found: list[str] = []
        self._is_solving = False
        self._last: Directive | None = None  # that was begun
        self._player = window.lessons.begin(lesson, path)

    def problems(self) -> list[str]:
        """Returns what is wrong with the lesson."""
        player = self._player
        player.directive_began.connect(self._look)
        try:
            for step in self._lesson.steps:
                if not self._plays(step):
                    break
                player.skip_met()
        finally:
            player.directive_began.disconnect(self._look)
            self._end()
        return list(dict.fromkeys(self._found))

    def _plays(self, step: Step) -> bool:
        """Whether a step came to its end in time; what is wrong with it is noted."""
        player, self._last = self._player, None
        if not self._wait(step):
            return False
        for goal, is_met in zip(step.goals, player.met, strict=True):
            if is_met:
                self._note(
                    step, f"“{goal.phrase()}” is met when the step opens. Ask for something that is not done yet."
                )
        if step.goals:
            self._is_solving, self._last = True, None
            player.solve()
            is_over = self._wait(step)
            self._is_solving = False
            if not is_over:
                return False
            for goal, is_met in zip(step.goals, player.met, strict=True):
                if not is_met:
                    self._note(step, f"“{goal.phrase()}” is not met after the solution. Correct one of both.")
        return True

    def _wait(self, step: Step) -> bool:
        """Waits until directives are carried out and goals decided. Returns whether that was in time."""
        is_over = wait_for_lesson(self._window, self._player, self._seconds)
        if self._player.failure:
            self._note(step, self._player.failure)
        if not is_over:
            what = "the goals" if self._last is None else f"“{self._last.text}”"
            remedy = "Train fewer epochs, or allow more with --limit."
            self._note(step, f"{what} did not end within {self._seconds:g} s. {remedy}", self._last)
        return is_over

    def _note(self, step: Step, problem: str, directive: Directive | None = None) -> None:
        line = step.line if directive is None else directive.line
        self._found.append(f"{self._file}, line {line}, step “{step.id}”: {problem}")

    def _look(self, directive: Directive) -> None:
        """Notes what a pupil could not do, and an epoch that is not there."""
        self._last, window, player = directive, self._window, self._player
        session, stage = window.session, window.lessons.stage
        epochs = session.runs.current.epochs
        if directive.verb == "goto" and float(directive.words[0]) > epochs:
            problem = f"“{directive.text}” leads beyond the {epochs:g} epochs that are trained. Train more before it."
            self._note(player.step, problem, directive)
        if self._is_solving and stage is not None:
            locked = player.locked_by_steps
            for names in missing_controls(directive, session, window.workspace, stage.members, locked):
                listed = ", ".join(f"“{name}”" for name in names)
                remedy = "Unlock one of them." if len(names) > 1 else "Unlock it."
                problem = f"a pupil cannot do “{directive.text}”: the lesson locks {listed}. {remedy}"
                self._note(player.step, problem, directive)

    def _end(self) -> None:
        """Ends what the lesson does, also in the middle of a step, and waits until the window is as before it."""
        session = self._window.session
        if session.sweeps.plan_progress is not None:
            session.sweeps.toggle()
        session.pause()
        self._window.lessons.close()

        def is_at_rest() -> bool:
            is_loading = session.data.loading or session.replacement.is_replacing
            is_busy = session.state is Status.TRAINING or session.sweeps.plan_progress is not None
            return not is_loading and not is_busy

        wait_until(self._window, is_at_rest, self._seconds)


def _of_translation(window: MainWindow, path: Path) -> list[str]:
    """Returns what a translation has otherwise than its lesson. Says how many steps are not translated."""
    catalogue = window.lessons.catalogue
    translation = read_translation(path, catalogue)
    lesson = read_lesson(path, catalogue, read_lesson(path, catalogue).languages[0])
    steps = {step.id: step for step in lesson.steps}
    found = []
    for step in translation.steps:
        where = f"{path.name}, line {step.line}"
        if step.id not in steps:
            found.append(f"{where}: the lesson has no step “{step.id}”. {nearest(step.id, steps)}")
        elif not are_alike(steps[step.id], step):
            found.append(f"{where}: the questions of the step “{step.id}” have other numbers of options in the lesson.")
    missing = len(steps.keys() - {step.id for step in translation.steps})
    if missing:
        _print(f"{path.name}: {missing} of {len(steps)} steps are not translated")
    return found


def wait_for_lesson(window: MainWindow, player: LessonPlayer, seconds: float | None = None) -> bool:
    """Waits until directives are carried out, and goals that need results of the network are decided.

    Returns whether that took no more than these seconds; None for no limit.
    """
    queries = window.session.queries

    def is_over() -> bool:
        return not player.is_busy and all(not query.is_wanted or query.is_up_to_date for query in queries)

    return wait_until(window, is_over, seconds)
