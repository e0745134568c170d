"""What a person kept, by the files it is kept in. Other windows may write to these files meanwhile."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets.user_examples import UserExamples
from nnviz.jobs.lane import Lane
from nnviz.session.own_files import put_aside, write_merged


class OwnStore(QObject):
    """Writes each change at once. What another window kept in the file is added then; what was removed here is not.

    Signals:
        changed: what is kept in a file has changed.
        failed(error): it could not be written.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, lane: Lane) -> None:
        """``lane``: in which files are written."""
        super().__init__()
        self._lane = lane
        self._kept: dict[Path, UserExamples] = {}
        self._removed: dict[Path, frozenset[bytes]] = {}  # the marks of what was removed in this window
        self._unreadable: set[Path] = set()  # files that are put aside before one is written there

    def kept(self, path: Path) -> UserExamples | None:
        """What is kept there; None until it is read."""
        return self._kept.get(path)

    def take(self, path: Path, found: UserExamples, is_readable: bool = True) -> None:
        """Takes what was read there, or none if the file could not be read; does nothing if it is known already."""
        if path not in self._kept:
            self._kept[path] = found
            self._unreadable |= set() if is_readable else {path}
        self.changed.emit()

    def change(self, path: Path, old: UserExamples, new: UserExamples) -> None:
        """Makes of ``old``, which was kept there once, ``new``; what came or went since remains so."""
        now, was = self._kept[path], set(old.marks)
        still = set(now.marks)
        both = new.where(lambda mark: mark in still or mark not in was)
        both = both.with_more(now.where(lambda mark: mark not in was))
        gone = still - set(both.marks)
        self._removed[path] = (self._removed.get(path, frozenset()) | gone) - set(both.marks)
        self._put(path, both)

    def _put(self, path: Path, own: UserExamples) -> None:
        self._kept[path] = own
        removed, is_unreadable = self._removed[path], path in self._unreadable
        self._unreadable.discard(path)

        def save() -> UserExamples:
            if is_unreadable:
                put_aside(path)
            return write_merged(path, own, removed)

        self._lane.run(save, lambda written: self._written(path, own, written), self.failed.emit)
        self.changed.emit()

    def _written(self, path: Path, own: UserExamples, written: UserExamples) -> None:
        """Takes in what another window had kept, unless a further change, which is about to be written, will do so."""
        if self._kept[path] is own and len(written) > len(own):
            self._kept[path] = written
            self.changed.emit()
