"""What sweeps of the library are called."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.jobs.library_thread import LibraryThread
from nnviz.session.messages import Messages
from nnviz.session.undo import Kind, Step, Undo

if TYPE_CHECKING:
    from nnviz.library import Library
    from nnviz.library.sweeps import ToldSweep


class SweepNames(QObject):
    """Gives sweeps other names.

    Signals:
        renamed: one of them has another name.
    """

    renamed = pyqtSignal()

    def __init__(self, lane: LibraryThread, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self._lane, self._undo, self._messages = lane, undo, messages

    def rename(self, sweep: ToldSweep, name: str) -> None:
        """Gives a sweep another name, as one step to undo; empty for none."""
        if name != sweep.name:
            old, new = (sweep.id, sweep.name), (sweep.id, name)
            self._undo.push(Step("name of a sweep", Kind.LIBRARY, self._write, old, new))

    def _write(self, told: tuple[int, str]) -> None:
        failed = partial(self._messages.tell_error, "The sweep could not be renamed")
        self._lane.run(lambda library: _rename(library, *told), lambda _: self.renamed.emit(), failed)


def _rename(library: Library, sweep: int, name: str) -> None:
    """In the library's thread. Raises LibraryError."""
    from nnviz.library.sweeps import Sweeps

    Sweeps(library).rename(sweep, name)
