"""Opens lessons in the window, and puts the window back as it was when one is left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QByteArray, QObject, pyqtSignal
from PyQt5.QtWidgets import QFileDialog, QSplitter

from engine.basics.errors import EngineError
from engine.experiment import Experiment
from nnviz.formatting import text
from nnviz.session.messages import MessageChoice
from nnviz.session.session import Session
from nnviz.session.settings import Basis
from nnviz.session.status import Status
from nnviz.ui.parts import named
from nnviz.window.docks import Docks
from nnviz.window.lesson.locks import Locks
from nnviz.window.preferences import Preferences

if TYPE_CHECKING:  # made when the first lesson is opened
    from nnviz.lessons.catalogue import Catalogue
    from nnviz.lessons.document import Lesson
    from nnviz.window.lesson.panel import LessonPanel
    from nnviz.window.lesson.player import LessonPlayer
    from nnviz.window.lesson.ring import Ring
    from nnviz.window.lesson.stage import WindowStage
    from nnviz.window.main_window import MainWindow

SUFFIX = ".md"
_KEY = "lesson"  # of what is remembered
_WIDEST = 0.4  # of the window


@dataclass(frozen=True)
class _Before:
    """The window before a lesson: what leaving it restores."""

    run: int
    experiment: Experiment
    basis: Basis
    layouts: dict[str, QByteArray]
    workspace: str


class Lessons(QObject):
    """The lesson of a window.

    Signals:
        changed: a lesson was opened, left or turned to the front or back, or shows another step.
    """

    changed = pyqtSignal()

    def __init__(self, window: MainWindow, session: Session, docks: Docks, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._session, self._docks, self._preferences = window, session, docks, preferences
        self._before: _Before | None = None
        self._rings: list[Ring] = []
        self._locks = Locks()
        self._path = Path()
        self.is_in_front = False
        self.stage: WindowStage | None = None
        self.player: LessonPlayer | None = None
        self.panel: LessonPanel | None = None
        self._splitter: QSplitter | None = None

    @property
    def is_open(self) -> bool:
        """Whether a lesson is open."""
        return self._before is not None

    @property
    def layouts(self) -> dict[str, QByteArray] | None:
        """The layouts of the workspaces to be remembered; None without a lesson."""
        return None if self._before is None else self._before.layouts

    @property
    def workspace(self) -> str:
        """The workspace to be remembered; "" without a lesson."""
        return "" if self._before is None else self._before.workspace

    @property
    def position(self) -> str:
        """The place in the lesson: "step 2 of 5"."""
        if self.player is None or self.player.lesson is None:
            return ""
        return f"step {self.player.index + 1} of {len(self.player.lesson.steps)}"

    @property
    def catalogue(self) -> Catalogue:
        """The names that a lesson may use in this window."""
        self._make()
        assert self.stage is not None
        return self.stage.catalogue()

    # ---- open and close

    def choose(self) -> None:
        """Opens a dialog for the file of a lesson."""
        folder = self._preferences.text("lesson_folder", str(Path.home()))
        dialog = named(QFileDialog(self._window, "Open lesson", folder, "Lesson (*.md)"), "openLessonDialog")
        dialog.setFileMode(QFileDialog.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.open(Path(path)))
        dialog.open()

    def open(self, path: Path) -> None:
        """Opens a lesson, or says what is wrong with its file. Asks first if a training is running."""
        from nnviz.lessons.document import read_lesson  # imported here: the start of the window does not wait for it

        path = path.absolute()
        self._preferences.set("lesson_folder", str(path.parent))
        try:
            lesson = read_lesson(path, self.catalogue)
        except (EngineError, OSError) as error:
            self._session.messages.show_error("The lesson could not be opened", error)
            return
        if self._session.state is Status.TRAINING:
            self._session.messages.show(
                f"A training is running. “{text.plain(lesson.title)}” pauses it.",
                MessageChoice("Pause and open", partial(self._begin, lesson, path)),
                MessageChoice("Cancel", lambda: None),
            )
        else:
            self.begin(lesson, path)

    def _begin(self, lesson: Lesson, path: Path) -> None:
        self.begin(lesson, path)

    def begin(self, lesson: Lesson, path: Path) -> LessonPlayer:
        """Opens a lesson, the content of that file, where it was left the last time; a training is paused."""
        self._make()
        assert self.player is not None
        self._session.pause()
        self._path = path
        if self._before is None:
            settings, current = self._session.settings, self._session.runs.current
            layouts = self._docks.layouts(self._window.cards.layout())
            self._before = _Before(current.id, settings.experiment, settings.basis, layouts, self._window.workspace)
        self._window.data_dialogs.folder = path.parent  # a pupil opens the files of the lesson
        self.player.open(lesson, path.parent, self._step_of(lesson))
        self.show(True)
        return self.player

    def close(self) -> None:
        """Leaves the lesson: settings, data, network and arrangement are as they were before it."""
        if self.player is not None:
            self.player.close()

    def _closed(self) -> None:
        self.restore()
        before, self._before = self._before, None
        assert before is not None
        self._locks.lock(())
        self._window.data_dialogs.folder = None
        self._show_rings()
        self._window.cards.put_back()
        self._show_panel(False)
        self._docks.put_back(before.layouts)
        self._window.show_workspace(before.workspace)
        self.changed.emit()

    def restore(self) -> None:
        """Restores settings, data and network as they were before the lesson, if there is one."""
        before, session = self._before, self._session
        if before is None:
            return
        session.pause()
        run = session.runs.by_id(before.run)
        if run is None:
            session.replacement.replace("leaving the lesson", experiment=before.experiment, basis=before.basis)
        elif run is not session.runs.current or session.settings.experiment != before.experiment:
            session.replacement.put(run, "leaving the lesson", before.basis)
            session.settings.show_experiment(before.experiment, before.basis)

    # ---- progress

    def _step_of(self, lesson: Lesson) -> int:
        """Returns the number of the step at which the lesson was left; 0 if it was never begun or is finished."""
        kept = self._preferences.document(_KEY)
        place = kept.get(lesson.id) if isinstance(kept, dict) else None
        ids = [step.id for step in lesson.steps]
        return ids.index(place) if place in ids else 0

    def _keep_progress(self) -> None:
        """Remembers the step of the lesson; none after the last one."""
        assert self.player is not None
        lesson = self.player.lesson
        if lesson is None:
            return
        kept = self._preferences.document(_KEY)
        places = dict(kept) if isinstance(kept, dict) else {}
        places[lesson.id] = self.player.step.id
        self._preferences.set(_KEY, json.dumps(places))

    def _finished(self) -> None:
        assert self.player is not None
        kept = self._preferences.document(_KEY)
        if isinstance(kept, dict) and self.player.lesson is not None:
            self._preferences.set(_KEY, json.dumps({k: v for k, v in kept.items() if k != self.player.lesson.id}))

    # ---- the parts

    def _make(self) -> None:
        """Makes player and panel for the first lesson."""
        if self.player is not None:
            return
        from nnviz.window.lesson.facts import Facts
        from nnviz.window.lesson.panel import LessonPanel
        from nnviz.window.lesson.performer import Performer
        from nnviz.window.lesson.player import LessonPlayer
        from nnviz.window.lesson.stage import WindowStage

        stage = self.stage = WindowStage(self._window, self._docks)
        facts = self._facts = Facts(self._session)
        self.player = LessonPlayer(facts, Performer(self._session, stage), stage.controls, stage.members)
        self.panel = LessonPanel(self._session, self.player)
        self.panel.hide()  # else the splitter would show it
        splitter = self._window.centralWidget()
        assert isinstance(splitter, QSplitter)
        self._splitter = splitter
        splitter.insertWidget(0, self.panel)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        self.panel.settings_wanted.connect(lambda: self.show(False))
        self.panel.close_wanted.connect(self.close)
        self.player.step_changed.connect(self._keep_progress)
        self.player.step_changed.connect(self.changed)
        self.player.locks_changed.connect(self._follow)
        self.player.finished.connect(self._finished)
        self.player.closed.connect(self._closed)
        self._docks.card_in_view.connect(self._note_card)
        for group in self._window.training.groups:
            group.made.connect(self._follow)
        self._session.data.views.ended.connect(self._follow)
        facts.note_workspace(self._window.workspace)

    def _note_card(self, name: str, in_view: bool) -> None:
        assert self.stage is not None
        if in_view:
            known = {object_name: lesson_name for lesson_name, object_name in self.stage.cards.items()}
            if name in known:
                self._facts.note_opened(known[name])

    # ---- what is shown

    def show(self, in_front: bool) -> None:
        """Shows the lesson in place of the left column, or the column in its place."""
        right_width = self._docks.right_width
        self._show_panel(in_front)
        self._docks.show_left(not in_front, right_width)
        self._show_rings()
        self.changed.emit()

    def _show_panel(self, is_shown: bool) -> None:
        assert self.panel is not None
        assert self._splitter is not None
        self.is_in_front = is_shown
        self.panel.setVisible(is_shown)
        self.fit()
        self._splitter.refresh()  # else the cards would be arranged in the width of before

    def follow_workspace(self) -> None:
        """Hides or shows the left column of the present workspace."""
        if self.player is not None:
            self._facts.note_workspace(self._window.workspace)
            if self.is_open:
                self._docks.show_left(not self.is_in_front, self._docks.right_width)
                self._show_rings()

    def fit(self) -> None:
        """Keeps the lesson at most that wide a part of the window."""
        if self.panel is not None:
            least = self.panel.minimumSizeHint().width()
            self.panel.setMaximumWidth(max(least, round(_WIDEST * self._window.width())))

    def _follow(self) -> None:
        """Locks what is locked at this step, and points at what it points at."""
        assert self.player is not None
        assert self.stage is not None
        if self.player.lesson is not None:
            self._locks.lock(each for name in self.player.locked for each in self.stage.found(name))
        self._show_rings()

    def _show_rings(self) -> None:
        for ring in self._rings:
            ring.detach()
        self._rings = []
        if self.is_open and self.player is not None and self.stage is not None:
            from nnviz.window.lesson.ring import Ring

            targets = [self.stage.widget(name) for name in self.player.pointed]
            self._rings = [Ring(target) for target in targets if target is not None]
