"""Tools for the author of a lesson: reload on save, check, and the present state as the start of a new lesson."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QBuffer, QFileSystemWatcher, QObject, QProcess, QTimer, pyqtSignal

import nnviz
from engine.datasets import DATASETS
from engine.storage.files import write_whole
from nnviz.cards.registry import CARDS
from nnviz.formatting import text
from nnviz.formatting.setting_text import typed_value
from nnviz.lessons import texts
from nnviz.lessons.catalogue import SETTINGS, lesson_name
from nnviz.lessons.document import translations_of
from nnviz.lessons.start import LessonStart, id_of
from nnviz.ui.card import Panel
from nnviz.ui.pages import PagedCard
from nnviz.ui.picture import grey_image
from nnviz.window.frame import Frame

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow

_MOMENT = 200  # milliseconds after a change of the file: editors write in several steps
# The first entry of the path would be the working directory, where a lesson may lie.
_RUN = "import sys; sys.path[0] = sys.argv.pop(1); from nnviz.commands.cli import main; sys.exit(main())"
_ROOT = str(Path(nnviz.__file__).parents[1])  # of the packages


class ReloadOnSave(QObject):
    """Watches a lesson and its translations.

    Signals:
        saved: one of the files has changed, or there is another one.
    """

    saved = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False
        self._path = Path()
        self._known: tuple[tuple[str, float, int], ...] = ()
        self._watcher = QFileSystemWatcher()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MOMENT)
        self._timer.timeout.connect(self._look)
        for signal in (self._watcher.fileChanged, self._watcher.directoryChanged):
            signal.connect(lambda _: self._timer.start())

    def watch(self, path: Path, is_on: bool) -> None:
        """Watches a file, or stops."""
        self.is_on, self._path, self._known = is_on, path, _state_of(path)
        old = [*self._watcher.files(), *self._watcher.directories()]
        if old:
            self._watcher.removePaths(old)
        if is_on:  # the folder too, because editors replace the file
            translations = translations_of(path).values()
            self._watcher.addPaths([str(each) for each in (path, path.parent, *translations)])

    def _look(self) -> None:
        found = _state_of(self._path)
        if self.is_on and found and found != self._known:
            self.watch(self._path, True)
            self.saved.emit()


def _state_of(path: Path) -> tuple[tuple[str, float, int], ...]:
    """Returns time and size of a lesson and its translations; nothing while one is being replaced."""
    try:
        found = [(each, each.stat()) for each in (path, *translations_of(path).values())]
    except OSError:
        return ()
    return tuple((each.name, stat.st_mtime, stat.st_size) for each, stat in found)


class LessonCheck(QObject):
    """Checks a lesson in a program of its own, as ``lesson check`` does.

    Signals:
        done(str): what it found.
    """

    done = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._process: QProcess | None = None

    def start(self, path: Path) -> None:
        """Starts to check a file; ``done`` follows. Does nothing while a check is running."""
        if self._process is not None:
            return
        process = self._process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        process.start(sys.executable, ["-c", _RUN, _ROOT, "lesson", "check", str(path)])

    def _finished(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            said = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace").strip()
            failed = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
            process.deleteLater()
            self.done.emit(said or failed.splitlines()[-1] if said or failed else texts.CHECK_ENDED)

    def _failed(self, error: QProcess.ProcessError) -> None:
        process, self._process = self._process, None
        if process is not None and error == QProcess.ProcessError.FailedToStart:
            self.done.emit(texts.CHECK_DID_NOT_START.format(why=process.errorString()))

    def stop(self) -> None:
        """Ends a check that is running."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.waitForFinished()


# ---- the start of a lesson


def save_lesson_start(window: MainWindow, frame: Frame, path: Path) -> None:
    """Writes a lesson whose first step sets up the window as it is, and its drawing next to it; with a message."""
    messages = window.session.messages
    try:
        start, advice = _start_of(window, frame, path)
        write_whole(path, start.text(path.stem.replace("-", " ").capitalize()).encode())
    except OSError as error:
        messages.show_error(texts.START_FAILED, error)
    else:
        messages.show(texts.START_SAVED.format(name=text.name(path.name), advice=advice))


def _start_of(window: MainWindow, frame: Frame, path: Path) -> tuple[LessonStart, str]:
    """Returns what the window shows now, and advice about a file that belongs next to the lesson."""
    session, advice = window.session, ""
    name, is_file = session.data.name or "mnist", False
    if name not in DATASETS:
        file, is_file = Path(name), True
        advice = "" if file.parent == path.parent else texts.START_COPY.format(name=text.name(file.name))
        name = file.name
    else:
        defaults = {setting.name: setting.default for setting in DATASETS[name].settings}
        changed = {
            key.replace("_", "-"): typed_value(value)
            for key, value in session.data.settings.items()
            if key in defaults and value is not None and value != defaults[key]
        }
        name = " ".join([name, "; ".join(f"{key} = {value}" for key, value in changed.items())]).strip()
    base = session.settings.base
    preset = "" if base is None else base.name
    if base is not None and base in session.user_presets.presets:
        content = session.user_presets.content_of(base.name)
        if content is not None:
            preset = _write_next_to(path, f"{id_of(base.name)}.json", content)
    return (
        LessonStart(
            name,
            is_file,
            preset,
            _changed_settings(window),
            _arrangement(window, frame),
            _drawing(window, path),
        ),
        advice,
    )


def _changed_settings(window: MainWindow) -> dict[str, str]:
    """Returns the settings that differ from those of the preset, and the seed."""
    settings = window.session.settings
    typed = {*settings.typed, "seed"}
    found = {}
    for name, setting in SETTINGS.items():
        if name == "activation":
            if "activations" in typed:
                found[name] = ", ".join(settings.experiment.activations[:-1])
        elif setting in typed:
            found[name] = typed_value(settings.experiment.value(setting)) or "none"
    return found


def _arrangement(window: MainWindow, frame: Frame) -> list[str]:
    """Returns the directives for workspace, hidden cards, pages in front and the enlarged card."""
    lines = [f"workspace {window.workspace}"]
    for panel in frame.shown:
        name = panel.objectName()
        if not isinstance(panel, Panel):
            continue
        if not panel.isVisible() and window.cards.enlarged is None:
            lines.append(f"hide {lesson_name(name)}")
        elif isinstance(panel, PagedCard) and panel.page is not panel.pages[0]:
            page = panel.page.objectName()
            lines += [f"show {lesson_name(page)}"] if page in CARDS else []
    if window.cards.enlarged is not None:
        lines.append(f"enlarge {lesson_name(window.cards.enlarged.objectName())}")
    return lines


def _drawing(window: MainWindow, path: Path) -> str:
    """Returns what is drawn: an example of the test set, or a file that is written next to the lesson."""
    question = window.session.question
    if question.origin is not None and not question.is_drawn:
        return f"{question.origin.part} {question.origin.number}"
    if not question.is_drawn or question.example is None:
        return ""
    buffer = QBuffer()
    grey_image(question.example.reshape(28, 28)).save(buffer, "PNG")
    return _write_next_to(path, f"{path.stem}-drawing.png", bytes(buffer.data().data()))


def _write_next_to(path: Path, name: str, content: bytes) -> str:
    """Writes a file next to a lesson, and replaces none. Returns its name."""
    target, number = path.with_name(name), 1
    while target.exists() and target.read_bytes() != content:
        number += 1
        target = path.with_name(f"{Path(name).stem}-{number}{Path(name).suffix}")
    write_whole(target, content)
    return target.name
