"""Opens lessons in the window, and puts the window back as it was when one is left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QWidget

from engine.basics.errors import EngineError
from nnviz.formatting import text
from nnviz.lessons import texts
from nnviz.session.messages import Message, MessageChoice
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.card import ancestry
from nnviz.window.frame import Frame, Shares
from nnviz.window.lesson.lesson_files import LessonFiles, start_again_question
from nnviz.window.lesson.lesson_memory import LessonMemory
from nnviz.window.lesson.locks import Locks
from nnviz.window.lesson.state_before import StateBefore, StateRestorer, state_before
from nnviz.window.preferences import Preferences
from nnviz.window.session_restore import restored

if TYPE_CHECKING:  # made when the first lesson is opened
    from nnviz.digits.strokes import Drawing
    from nnviz.lessons.catalogue import Catalogue
    from nnviz.lessons.document import Lesson
    from nnviz.lessons.progress import Progress
    from nnviz.window.lesson.authoring import LessonCheck, ReloadOnSave
    from nnviz.window.lesson.hand_in import HandIn
    from nnviz.window.lesson.head import LessonHead
    from nnviz.window.lesson.panel import LessonPanel
    from nnviz.window.lesson.player import LessonPlayer
    from nnviz.window.lesson.ring import Ring
    from nnviz.window.lesson.stage import WindowStage
    from nnviz.window.main_window import MainWindow


class Lessons(QObject):
    """The lesson of a window.

    Attributes:
        files: opens lessons.
        is_in_front: whether the lesson is shown, not the settings in its place.
        stage, player, panel: the parts that play a lesson; None before the first one.

    Signals:
        changed: a lesson was opened, left or turned to the front or back, or shows another step.
    """

    changed = pyqtSignal()

    def __init__(self, window: MainWindow, session: Session, frame: Frame, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._session, self._frame, self._preferences = window, session, frame, preferences
        self._before: StateBefore | None = None
        self._restorer = StateRestorer(session)
        self._rings: list[Ring] = []
        self._locks = Locks()
        memory = self._memory = LessonMemory(preferences)
        self.files = LessonFiles(window, session, preferences, memory, lambda: self.catalogue, self)
        self._runs: dict[str, int] = {}  # ids of the runs that were the current ones of lessons, by the lesson's id
        self._drawings: dict[str, Drawing] = {}  # what was drawn when lessons were left, by the lesson's id
        self._path = Path()  # of the lesson, where a packed one is unpacked
        self._reload: ReloadOnSave | None = None
        self._check: LessonCheck | None = None
        self._error: Message | None = None  # about the last version of the file
        self._question: Message | None = None  # about the open lesson
        self._too_long = ""  # id of the lesson whose progress is too long to be saved
        self._waiting = 0  # the number of the latest lesson that waits for its run
        self.is_in_front = False
        self.stage: WindowStage | None = None
        self.player: LessonPlayer | None = None
        self.panel: LessonPanel | None = None
        self.hand_in: HandIn | None = None
        self._bar: LessonHead | None = None  # above the settings, while they are shown in place of the lesson
        window.curves.headline.lesson_wanted.connect(self.files.open_first)
        session.training.state_changed.connect(self._show_offer)
        self.changed.connect(self._show_offer)
        self._show_offer()

    def _show_offer(self) -> None:
        """Offers the first lesson to new users, until they train or open a lesson, in which there are no hints."""
        if self._session.state is Status.TRAINING:
            self._memory.end_offer()
        self._window.curves.headline.offer_lesson(texts.OFFER if self._memory.offers_first and not self.is_open else ())
        self._session.hints.set_silent(self.is_open)

    @property
    def is_open(self) -> bool:
        """Whether a lesson is open."""
        return self._before is not None

    @property
    def shares(self) -> Shares | None:
        """The shares of the window's parts to be remembered; None without a lesson."""
        return None if self._before is None else self._before.shares

    @property
    def workspace(self) -> str:
        """The workspace to be remembered; "" without a lesson."""
        return "" if self._before is None else self._before.workspace

    @property
    def position(self) -> str:
        """The place in the lesson: "step 2 of 5"."""
        if self.player is None or self.player.lesson is None:
            return ""
        return texts.STEP_SPOKEN.format(number=self.player.index + 1, steps=len(self.player.lesson.steps))

    @property
    def catalogue(self) -> Catalogue:
        """The names that a lesson may use in this window."""
        self._make()
        assert self.stage is not None
        return self.stage.catalogue()

    # ---- open and close

    def open(self, path: Path, asks: bool = True) -> None:
        """Opens a lesson, or says what is wrong with its file; see :meth:`LessonFiles.open`."""
        self.files.open(path, asks)

    def attempt(self, lesson: Lesson) -> Progress | None:
        """Returns the latest attempt at a lesson, which may be open; None if there is none."""
        self._keep_progress()
        return self._memory.progress_of(lesson.id, lesson.content)

    def report(self, lesson: Lesson, attempt: Progress) -> None:
        """Opens a dialog for the report of an attempt that is not open."""
        self._make()
        assert self.hand_in is not None
        self.hand_in.report(lesson, attempt)

    def begin(self, lesson: Lesson, path: Path, starts_again: bool = False) -> LessonPlayer:
        """Opens a lesson, the content of that file, and pauses a run.

        It continues where it was left the last time, unless the lesson starts again.
        """
        self._make()
        assert self.player is not None
        if self._window.presentation.is_on:  # where there are no settings
            self._window.toggle_presentation()
        self._session.pause()
        self._waiting += 1
        self._session.library.cancel_opening()
        if self.player.lesson is not None:  # another one
            self._keep_progress()
            self._keep_run(self.player.lesson)
            self.player.leave()
        self.set_reload(False)
        self._session.messages.withdraw(self._question)
        self._path = path
        if self._before is None:
            self._preferences.write()  # nothing that the lesson changes is remembered
            self._before = state_before(self._session, self._frame, self._window.cards)
            self._session.undo.open_history(self._before.run)
        self._session.undo.clear()  # else it would lead back to the drawing of the attempt before
        self._restorer.forget()
        self._tags.follow(lesson.title)
        assert self.stage is not None
        self._frame.end_lesson()  # the one before
        self._window.data_dialogs.folder = path.parent  # a pupil opens the files of the lesson
        self._session.runs.show_earlier(frozenset())  # their curves would show what is to be found out
        progress = self._memory.progress_of(lesson.id, lesson.content)
        if progress is None or starts_again:
            self._runs.pop(lesson.id, None)
            self._session.sketch.draw(())
            self._make_network()
            self.player.open(lesson, path.parent)
        else:
            self._resume(lesson, path.parent, progress)
        self.show(True)
        return self.player

    def _keep_run(self, lesson: Lesson) -> None:
        """Notes the run and the drawing of the lesson, with which it continues in this window."""
        self._runs[lesson.id] = self._session.runs.current.id
        self._drawings[lesson.id] = self._session.sketch.drawing

    def _make_network(self) -> None:
        """Replaces the network of before, so that the lesson does not train it."""
        self._session.replacement.replace("")

    def _resume(self, lesson: Lesson, folder: Path, progress: Progress) -> None:
        """Continues a lesson, with the run that it had."""
        session, player = self._session, self.player
        assert player is not None
        run = session.runs.by_id(self._runs.get(lesson.id, 0))
        number = self._waiting

        def resume() -> None:
            if self._waiting == number and self.is_open:
                current = session.runs.current
                has_run = current is run or (progress.record > 0 and current.storage.record == progress.record)
                if not has_run:
                    self._make_network()
                elif progress.experiment:
                    session.settings.show_experiment(restored(progress.experiment))
                session.sketch.draw(self._drawings.get(lesson.id, ()))
                player.resume(lesson, folder, progress, has_run)

        if run is not None:
            if run is not session.runs.current:
                session.replacement.put(run, "")
            resume()
        elif progress.record:
            session.library.open(progress.record, resume)
        else:
            resume()

    def close(self) -> None:
        """Leaves the lesson: settings, data, network and arrangement are as they were before it."""
        self._leave(None)

    def _leave(self, report: Path | None) -> None:
        """Leaves the lesson; ``report`` is the file of the report of a finished attempt if it was just saved."""
        if self.player is None or not self.is_open:
            return
        if self.player.lesson is None:  # its run is still being read
            self._closed()
            return
        self._keep_progress()
        lesson, attempt, messages = self.player.lesson, self.player.progress, self._session.messages
        title = text.plain(lesson.title)
        if attempt.finished and report is not None:
            from nnviz.window.lesson.hand_in import saved_as

            messages.announce(texts.FINISHED_AND_SAVED.format(title=title, **saved_as(report)))
        elif attempt.finished:
            offer = MessageChoice(texts.REPORT_BUTTON, partial(self.report, lesson, attempt))
            messages.announce(texts.FINISHED.format(title=title), offer)
        else:
            self._keep_run(lesson)
            back = partial(self.open, self._memory.left_open or self._path, asks=False)
            words = texts.CONTINUES.format(title=title, number=self.player.index + 1)
            messages.announce(words, MessageChoice(texts.BACK_TO_LESSON, back))
        self.player.close()

    def _closed(self) -> None:
        self._waiting += 1
        self._session.library.cancel_opening()
        before, self._before = self._before, None
        assert before is not None
        self._restorer.restore(before)
        self._session.undo.close_history()
        self.set_reload(False)
        self._session.messages.withdraw(self._question)
        self._memory.note_closed()
        self._locks.lock(())
        self._set_locks(lambda name: False)
        self._window.data_dialogs.folder = None
        self._tags.follow("")
        self._show_rings()
        self._window.cards.put_back()
        self._show_panel(False)
        self._frame.end_lesson()
        self._frame.shares = before.shares
        self._window.show_workspace(before.workspace)
        for card, pages in before.pages.items():
            card.prefer(pages)
        if before.enlarged is not None:
            self._window.cards.toggle(before.enlarged)
        self.changed.emit()

    # ---- progress

    def _keep_progress(self) -> None:
        """Remembers the progress in the open lesson."""
        player = self.player
        if player is not None and player.lesson is not None:
            player.note_time()
            player.progress.record = self._session.runs.current.storage.record or 0
            player.progress.experiment = self._session.settings.experiment.as_dict()
            lesson = player.lesson
            if not self._memory.keep(lesson.id, player.progress) and self._too_long != lesson.id:
                self._too_long = lesson.id  # it is reported once
                self._session.messages.warn(texts.PROGRESS_TOO_LONG.format(title=text.plain(lesson.title)))

    def _finished(self) -> None:
        """Offers the report of the finished attempt before the lesson is left."""
        assert self.player is not None
        assert self.player.lesson is not None
        assert self.hand_in is not None
        self._keep_progress()
        self._memory.note_finished(self.player.lesson.id)
        self._ask(
            texts.ASK_TO_FINISH.format(title=text.plain(self.player.lesson.title)),
            MessageChoice(texts.REPORT_BUTTON, partial(self.hand_in.report, then=self._leave)),
            MessageChoice(texts.MENU_CLOSE, self.close),
        )

    def ask_to_start_again(self) -> None:
        """Asks before a new attempt replaces the present one."""
        assert self.player is not None
        lesson, path = self.player.lesson, self._path
        if lesson is not None:

            def start_again() -> None:
                assert lesson is not None
                self.begin(lesson, path, starts_again=True)

            self._ask(*start_again_question(lesson, start_again))

    def _ask(self, words: str, *choices: MessageChoice) -> None:
        """Asks a question about the open lesson."""
        self._session.messages.withdraw(self._question)
        self._question = self._session.messages.ask(words, *choices)

    # ---- languages and authors

    def choose_language(self, language: str) -> None:
        """Shows the lesson in another language, also the next ones."""
        self._memory.choose_language(language)
        self._read_again()

    def _read_again(self) -> None:
        """Shows the file as it is now, at the same step."""
        assert self.player is not None
        if self.player.lesson is None:
            return
        try:
            self.player.replace(self.files.read(self._path))
        except (EngineError, OSError) as error:
            self._session.messages.show_error(texts.READ_AGAIN_FAILED, error)
            self._error = self._session.messages.current
        else:
            self._session.messages.withdraw(self._error)

    @property
    def reloads(self) -> bool:
        """Whether the open lesson is read again when its file is saved."""
        return self._reload is not None and self._reload.is_on

    def set_reload(self, is_on: bool) -> None:
        """Reads the lesson again each time its file is saved, or no longer."""
        if self._reload is not None:
            self._reload.watch(self._path, is_on)

    def check(self) -> None:
        """Checks the file of the lesson in a program of its own; a message says what was found."""
        self._session.messages.show(texts.CHECKING.format(name=text.name(self._path.name)))
        if self._check is not None:
            self._check.start(self._path)

    def _show_check(self, found: str) -> None:
        self._session.messages.show(text.plain(found))

    def save_start(self) -> None:
        """Opens a dialog for a file, and writes the present state as the start of a new lesson."""
        from nnviz.window.lesson.authoring import save_lesson_start

        self._make()

        def save(path: Path) -> None:
            save_lesson_start(self._window, self._frame, path)

        title, name, filters = texts.START_DIALOG, "lessonStartDialog", texts.START_FILES
        self._window.dialogs.where_to_save(title, name, filters, "my-lesson.md", save).open()

    def end(self) -> bool:
        """Ends what runs outside of the window, and returns whether the progress was saved in time."""
        if self._check is not None:
            self._check.stop()
        self.files.end()
        return self._memory.attempts.close()

    # ---- the parts

    def _make(self) -> None:
        """Makes player and panel for the first lesson."""
        if self.player is not None:
            return
        from nnviz.window.lesson.authoring import LessonCheck, ReloadOnSave
        from nnviz.window.lesson.facts import Facts
        from nnviz.window.lesson.hand_in import HandIn
        from nnviz.window.lesson.head import SETTINGS, LessonHead
        from nnviz.window.lesson.lesson_menu import LessonMenu
        from nnviz.window.lesson.panel import LessonPanel
        from nnviz.window.lesson.performer import Performer
        from nnviz.window.lesson.player import LessonPlayer
        from nnviz.window.lesson.run_tags import RunTags
        from nnviz.window.lesson.stage import WindowStage

        stage = self.stage = WindowStage(self._window, self._frame)
        facts = self._facts = Facts(self._session, lambda: self._window.canvas.is_drawing)
        self._window.canvas.stroke_finished.connect(lambda *_: facts.changed.emit())
        self._tags = RunTags(self._session)
        self.player = LessonPlayer(facts, Performer(self._session, stage), stage.controls, stage.members)
        self.panel = LessonPanel(self._session, self.player)
        self._frame.add_lesson(self.panel)
        self.panel.settings_wanted.connect(lambda: self.show(False))
        self.panel.close_wanted.connect(self.close)
        bar = self._bar = LessonHead(SETTINGS)
        bar.hide()
        bar.turned.connect(lambda: self.show(True))
        bar.close_wanted.connect(self.close)
        self._frame.add_above_column(bar)
        self.hand_in = HandIn(self._window, self.player)
        menu = LessonMenu(self, self.panel)
        for head in (self.panel, bar):
            head.menu_wanted.connect(menu.exec)
        self._reload, self._check = ReloadOnSave(), LessonCheck()
        self._reload.saved.connect(self._read_again)
        self._check.done.connect(self._show_check)
        self.player.progressed.connect(self._memory.attempts.touch)
        self._session.records.changed.connect(self._memory.attempts.touch)
        self._memory.attempts.gathering.connect(self._keep_progress)
        self.player.step_changed.connect(self._entered)
        self.player.locks_changed.connect(self._follow)
        self.player.finished.connect(self._finished)
        self.player.closed.connect(self._closed)
        self._frame.card_in_view.connect(self._note_card)
        self._window.settings.opened.connect(self._show_settings)
        self._window.settings.page_changed.connect(self._show_rings)
        self._session.data.views.ended.connect(self._follow)
        facts.note_workspace(self._window.workspace)
        self._name_tabs()

    def _name_tabs(self) -> None:
        """Names the tab beside the lesson after what stands in the column otherwise."""
        assert self.panel is not None
        assert self._bar is not None
        for head in (self.panel.head, self._bar):
            head.follow_workspace(self._window.workspace)

    def _entered(self) -> None:
        """Shows another step: no card fills the window any longer."""
        assert self.player is not None
        self._session.messages.withdraw(self._question)
        if self.player.lesson is not None and self._bar is not None:
            self._window.cards.put_back()
            self._bar.show_step(self.player.index + 1, len(self.player.lesson.steps))
        self._reveal()
        self.changed.emit()

    def _note_card(self, name: str, in_view: bool) -> None:
        assert self.stage is not None
        if in_view:
            for lesson_name, object_name in self.stage.cards.items():
                if object_name == name:
                    self._facts.note_opened(lesson_name)

    # ---- what is shown

    def show(self, in_front: bool) -> None:
        """Shows the lesson in place of the left column, or the column in its place."""
        self._turn(in_front)
        self._reveal()

    def _reveal(self) -> None:
        """Brings into view the first setting that the step points at or unlocks, if the settings are shown."""
        if self.is_open and not self.is_in_front and self.player is not None and self.stage is not None:
            next(filter(self.stage.reveal, (*self.player.pointed, *self.player.unlocked)), None)

    def _show_settings(self) -> None:
        """Shows the settings when something happens there, such as a search for the learning rate."""
        if self.is_open and self.is_in_front:
            self._turn(False)

    def _turn(self, in_front: bool) -> None:
        self._show_panel(in_front)
        self._show_rings()
        self.changed.emit()

    def _show_panel(self, is_shown: bool) -> None:
        assert self.panel is not None
        self.is_in_front = is_shown
        if self._bar is not None:
            self._bar.setVisible(self.is_open and not is_shown)
        self._frame.show_lesson(is_shown)

    def follow_workspace(self) -> None:
        """Notes the workspace, and points at what is there.

        The cards in whose place the lesson stands count as opened, as they are a click away.
        """
        if self.player is not None:
            self._facts.note_workspace(self._window.workspace)
            self._name_tabs()
            if self.is_open:
                for panel in self._frame.shown:
                    self._note_card(panel.objectName(), True)
                self._follow()

    def _follow(self) -> None:
        """Locks what is locked at this step, and points at what it points at."""
        assert self.player is not None
        assert self.stage is not None
        if self.player.lesson is not None:
            self._locks.lock(each for name in self.player.locked for each in self.stage.found(name))
            self._set_locks(self._is_locked)
        self._show_rings()

    def _set_locks(self, is_locked: Callable[[str], bool]) -> None:
        """Lets nothing offer what is locked."""
        self._session.messages.set_locks(is_locked)

    def _is_locked(self, need: str) -> bool:
        """Whether a setting or control of that name, or the card around it, is locked."""
        from nnviz.lessons.catalogue import SETTINGS

        assert self.player is not None
        assert self.stage is not None
        names = {setting: name for name, setting in SETTINGS.items()} | {"activations": "activation"}
        name = names.get(need, need)
        widgets = [each for each in self.stage.found(name) if isinstance(each, QWidget)]
        return self.player.is_locked(name) or any(
            self._locks.is_locked(each) for widget in widgets for each in ancestry(widget)
        )

    def _target(self, name: str) -> QWidget | None:
        """Returns the card or control of that name, or its field in the lesson if that is shown."""
        assert self.stage is not None
        assert self.panel is not None
        field = self.panel.field(name) if self.is_in_front else None
        return field or self.stage.widget(name)

    def _show_rings(self) -> None:
        for ring in self._rings:
            ring.detach()
        self._rings = []
        if self.is_open and self.player is not None and self.stage is not None:
            from nnviz.window.lesson.ring import Ring

            bar, pointed = self._window.menuBar(), self.player.pointed
            self._rings = [Ring(bar, self._target(name), self.stage.menu(name)) for name in pointed]
