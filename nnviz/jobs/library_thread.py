"""Reads and writes the library in a thread of its own, which alone uses its connection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnviz.jobs.serial_thread import SerialThread
from nnviz.library import DamagedError, ReplacedError

if TYPE_CHECKING:
    from nnviz.library import Library


class LibraryThread:
    """Work on the library, one piece after the other. Its file is opened by the first one, if there is one."""

    def __init__(self, path: Callable[[], Path]) -> None:
        """``path`` returns the file; it is asked before each piece of work, in the thread that wants it."""
        self._path = path
        self._lane = SerialThread(stays=True)
        self._library: Library | None = None  # of the lane's thread
        self._is_used = False  # whether there is something to close

    def open(self) -> None:
        """Opens the file, if there is one: while it is open here, a training that ends need not put its log away."""
        self.run(lambda library: None, lambda _: None, lambda _: None)  # what is wrong with it is told by who reads it

    def run(
        self,
        work: Callable[[Library], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        without: Any = None,
        makes: bool = False,
    ) -> None:
        """Calls ``done`` with the result of ``work``, or ``failed`` with its error, as :meth:`SerialThread.run` does.

        While there is no library yet, ``done`` gets ``without``: looking at it must not make one; unless ``makes``.
        """
        path, self._is_used = self._path(), True
        self._lane.run(lambda: self._work(path, work, without, makes), done, failed)

    def _work(self, path: Path, work: Callable[[Library], Any], without: Any, makes: bool) -> Any:
        library = self._library
        if library is None:
            if not (makes or path.exists()):
                return without
            from nnviz.library import Library  # not before there is a use for it

            library = self._library = Library(path)
        try:
            return work(library)
        except (DamagedError, ReplacedError):
            self._shut()  # what is opened the next time is repaired
            raise

    def _shut(self) -> None:
        if self._library is not None:
            library, self._library = self._library, None
            library.close()

    def close(self, milliseconds: int) -> bool:
        """Makes deletions final, closes the file and drops all outcomes. Returns whether that is done in time."""
        if self._is_used:
            self._is_used = False
            self._lane.run_last(self._shut)
        return self._lane.close(milliseconds)
