"""Marks runs in the library as those of a lesson."""

from __future__ import annotations

from PyQt5.QtCore import QObject

from nnviz.lessons import texts
from nnviz.library import Library
from nnviz.session.session import Session


class RunTags(QObject):
    """Tags what is trained while a lesson is open: the current run, and seeds in the background."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._title = ""  # of the open lesson
        self._tagged: set[int] = set()
        self._sweeps: dict[int, str] = {}  # those that began in a lesson, and its title
        session.records.changed.connect(self._tag_current)
        session.runs.replaced.connect(self._note_opened)
        session.active_runs.groups_changed.connect(self._note_groups)
        session.sweeps.changed.connect(self._tag_sweeps)

    def follow(self, title: str) -> None:
        """Tags with the title of the lesson that is open now; "" for none."""
        self._title = title
        self._note_opened()

    def _note_opened(self) -> None:
        """Notes a run that was opened: it has a record already, and is not the lesson's."""
        record = self._session.runs.current.storage.record
        if record is not None:
            self._tagged.add(record)

    def _tag_current(self) -> None:
        record = self._session.runs.current.storage.record
        if self._title and record is not None and record not in self._tagged:
            self._tagged.add(record)
            self._tag(self._title, runs=(record,))

    def _note_groups(self) -> None:
        if self._title:
            self._sweeps |= {group.sweep: self._title for group in self._session.active_runs.groups}

    def _tag_sweeps(self) -> None:
        if self._sweeps and self._session.sweeps.plan_progress is None:
            sweeps, self._sweeps = self._sweeps, {}
            for sweep, title in sweeps.items():
                self._tag(title, sweeps=(sweep,))

    def _tag(self, title: str, runs: tuple[int, ...] = (), sweeps: tuple[int, ...] = ()) -> None:
        session = self._session

        def work(library: Library) -> None:
            library.tag_lesson(title, runs, sweeps)

        session.library_thread.run(
            work,
            lambda _: session.library.refresh(),
            lambda error: session.messages.show_error(texts.NOT_MARKED, error),
        )
