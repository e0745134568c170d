"""Opening of lessons: from a dialog, the menu, a path, a packed file, and the offer at the start."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Protocol

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QFileDialog, QMenu, QWidget

from engine.basics.errors import EngineError
from engine.storage.files import whole_folder
from nnviz.formatting import text
from nnviz.lessons import texts
from nnviz.session.messages import Message, MessageChoice, error_text
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.parts import named
from nnviz.window.lesson.lesson_memory import LessonMemory
from nnviz.window.preferences import Preferences

if TYPE_CHECKING:  # imported when the first lesson is opened: the start of the window does not wait for it
    from nnviz.lessons.catalogue import Catalogue
    from nnviz.lessons.document import Lesson
    from nnviz.lessons.progress import Progress

PACKED = ".nnvizlesson"
SUFFIXES = (".md", PACKED)


class LessonOpener(Protocol):
    """What plays the lessons that are read."""

    @property
    def is_open(self) -> bool:
        """Whether a lesson is open."""

    @property
    def position(self) -> str:
        """The step of the open lesson."""

    def show(self, in_front: bool) -> None:
        """Shows the open lesson."""

    def begin(self, lesson: Lesson, path: Path, starts_again: bool = False) -> object:
        """Plays a lesson, whose path is that of the unpacked file, from where it was left or from its first step."""

    def attempt(self, lesson: Lesson) -> Progress | None:
        """Returns the latest attempt; None if there is none."""

    def report(self, lesson: Lesson, attempt: Progress) -> None:
        """Saves the report of an attempt."""


class LessonFiles(QObject):
    """Reads lessons, and hands them over to be played.

    Attributes:
        is_packed: whether the lesson that was opened last is in a packed file.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        preferences: Preferences,
        memory: LessonMemory,
        catalogue: Callable[[], Catalogue],
        opener: LessonOpener,
    ) -> None:
        """Makes a reader that has read nothing.

        Args:
            window: the parent of dialogs.
            session: pauses, and shows messages.
            preferences: have the folder of the dialog.
            memory: has the lessons that were opened last, and the language.
            catalogue: returns the names that lessons may use.
            opener: plays lessons, and knows what was done in them.
        """
        super().__init__(window)
        self._window, self._session, self._preferences, self._memory = window, session, preferences, memory
        self._catalogue, self._opener = catalogue, opener
        self.is_packed = False
        self._question: Message | None = None  # about a lesson that is not open yet
        self._temporary: list[tempfile.TemporaryDirectory[str]] = []

    def choose(self) -> None:
        """Opens a dialog for the file of a lesson."""
        folder = self._preferences.text("lesson_folder", str(Path.home()))
        dialog = named(QFileDialog(self._window, texts.OPEN_DIALOG, folder, texts.LESSON_FILES), "openLessonDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.open(Path(path)))
        dialog.open()

    def open(self, path: Path, asks: bool = True) -> None:
        """Opens a lesson, or says what is wrong with its file.

        Asks first whether an attempt is continued, and whether a run in progress is paused. ``asks``: False continues
        the attempt.
        """
        path = path.absolute()
        self._preferences.set("lesson_folder", str(path.parent))
        try:
            inner = self._unpacked(path) if path.suffix.lower() == PACKED else path
            lesson = self.read(inner)
        except (EngineError, OSError) as error:
            self._session.messages.show_error(texts.OPEN_FAILED, error)
            return

        def begin(starts_again: bool = False) -> None:
            self._memory.note_opened(path)
            self.is_packed = inner is not path
            self.withdraw_question()
            self._opener.begin(lesson, inner, starts_again)

        def ask_to_start_again() -> None:
            self._question = self._session.messages.ask(*start_again_question(lesson, partial(begin, True)))

        is_training = self._session.state is Status.TRAINING
        attempt = self._opener.attempt(lesson) if asks else None
        self.withdraw_question()
        if attempt is not None:
            words = _about(attempt, lesson)
            again = MessageChoice(texts.START_AGAIN, ask_to_start_again)
            report = MessageChoice(texts.MENU_REPORT, partial(self._opener.report, lesson, attempt))
            choices = (report, again) if attempt.finished else (MessageChoice(texts.CONTINUE, begin), again)
            words = texts.PAUSES.format(words=words) if is_training else words
            self._question = self._session.messages.ask(words, *choices)
        elif is_training:
            self._question = self._session.messages.ask(
                texts.RUN_IN_PROGRESS.format(title=text.plain(lesson.title)),
                MessageChoice(texts.PAUSE_AND_OPEN, begin),
                MessageChoice(texts.CANCEL, lambda: None),
            )
        else:
            begin()

    def withdraw_question(self) -> None:
        """Removes the question, or the offer, that another lesson makes out of date."""
        self._session.messages.withdraw(self._question)
        self._question = None

    def _unpacked(self, path: Path) -> Path:
        """Unpacks a lesson into a folder that stays, as its data belong to its runs. Returns the path of the lesson.

        Where the folder of the settings cannot be written, the lesson is there until the window closes.

        Raises LessonError and OSError as :func:`nnviz.lessons.package.unpack`.
        """
        from nnviz.lessons.errors import LessonError
        from nnviz.lessons.package import fingerprint, lesson_in, unpack

        if self._preferences.folder is None:
            return unpack(path, self._temporary_folder())
        folder = self._preferences.folder / "lessons" / f"{path.stem[:40]}-{fingerprint(path)}"
        try:
            return lesson_in(path.name, folder)
        except (LessonError, OSError):  # it is not there yet, or damaged
            try:
                folder.parent.mkdir(parents=True, exist_ok=True)
                with whole_folder(folder, replaces=True) as made:
                    unpack(path, made)
            except OSError:
                return unpack(path, self._temporary_folder())
            return lesson_in(path.name, folder)

    def _temporary_folder(self) -> Path:
        self._temporary.append(tempfile.TemporaryDirectory(prefix="nnviz-lesson-"))
        return Path(self._temporary[-1].name)

    def read(self, path: Path) -> Lesson:
        """Returns the lesson in a file, in the language of the user if there is a translation that can be read.

        Raises LessonError and OSError as :func:`nnviz.lessons.document.read_lesson`.
        """
        from nnviz.lessons.document import is_translation, read_lesson, translations_of

        try:
            return read_lesson(path, self._catalogue(), self._memory.language)
        except (EngineError, OSError) as error:
            if is_translation(path):  # that is what the user opens
                raise
            lesson = read_lesson(path, self._catalogue())
            name = text.name(translations_of(path)[self._memory.language].name)
            failed = texts.TRANSLATION_FAILED.format(name=name)
            self._session.messages.ask(error_text(failed, error) or failed)  # stays while the lesson opens
            return lesson

    def end(self) -> None:
        """Removes what was unpacked where nothing is remembered."""
        for folder in self._temporary:
            folder.cleanup()

    # ---- menu and offer

    def fill_menu(self, menu: QMenu) -> None:
        """Fills a menu with the included lessons and those that were opened last; finished ones have a tick.

        The entry of the open lesson has its step, and leads back to it.
        """
        from nnviz.lessons.included import id_in, included_lessons, title_of

        menu.clear()
        included = included_lessons()
        recent = [path for path in self._memory.recent if path not in included]
        running = self._memory.left_open if self._opener.is_open else None
        for number, path in enumerate([*included, *recent], start=1):
            if recent and path == recent[0]:
                menu.addSeparator()
            title, is_open = text.entry(title_of(path, self._memory.language)), path == running
            if is_open:
                title = texts.OPEN_AT.format(title=title, position=self._opener.position)
            action = menu.addAction(f"{'&' if number < 10 else ''}{number}  {title}")
            action.setObjectName(f"actionLesson{number}")
            action.setCheckable(True)
            action.setChecked(id_in(path) in self._memory.finished)
            show = partial(self._opener.show, True) if is_open else partial(self.open, path)
            action.triggered.connect(lambda _, show=show: show())

    def open_first(self) -> None:
        """Opens the first of the included lessons."""
        from nnviz.lessons.included import included_lessons

        self.open(included_lessons()[0])

    def offer_left(self) -> None:
        """Offers to continue the lesson that was open when the program ended."""
        left = self._memory.left_open
        if left is None:
            return
        from nnviz.lessons.included import title_of

        words = texts.WAS_OPEN.format(title=text.plain(title_of(left, self._memory.language)))
        resume = MessageChoice(texts.CONTINUE, partial(self.open, left, asks=False))
        self._question = self._session.messages.ask_later(words, resume, dismissed=self._memory.note_closed)


def start_again_question(lesson: Lesson, start_again: Callable[[], None]) -> tuple[str, MessageChoice, MessageChoice]:
    """Returns the words and the choices that come before a new attempt replaces the latest one."""
    words = texts.ASK_START_AGAIN.format(title=text.plain(lesson.title))
    return words, MessageChoice(texts.CANCEL, lambda: None), MessageChoice(texts.START_AGAIN, start_again)


def _about(attempt: Progress, lesson: Lesson) -> str:
    """Returns when an attempt was begun or finished, and its step."""
    ids = [step.id for step in lesson.steps]
    number = ids.index(attempt.step) + 1 if attempt.step in ids else 1
    words = texts.FINISHED_BEFORE if attempt.finished else texts.BEGUN if attempt.began else texts.BEGUN_BEFORE
    ago = text.roughly(max(1.0, round(time() - (attempt.finished or attempt.began))))
    return words.format(title=text.plain(lesson.title), ago=ago, number=number, steps=len(ids))
