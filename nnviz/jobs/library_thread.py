"""A background thread with its own connection to the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnviz.jobs.serial_thread import SerialThread
from nnviz.library import DamagedError, ReplacedError

if TYPE_CHECKING:
    from nnviz.library import Library


class LibraryThread:
    """Runs work on the library in order. The first piece of work opens the file, if it exists."""

    def __init__(self, path: Callable[[], Path]) -> None:
        """``path`` returns the file; it is called before each piece of work, in the calling thread."""
        self._path = path
        self._thread = SerialThread(stays=True)
        self._library: Library | None = None  # used in the background thread only
        self._is_used = False  # whether there is something to close

    def open(self) -> None:
        """Opens the file if it exists: while it is open here, a training that ends need not checkpoint the WAL."""
        self.run(lambda library: None, lambda _: None, lambda _: None)  # errors are reported when it is read

    def run(
        self,
        work: Callable[[Library], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        without: Any = None,
        makes: bool = False,
    ) -> None:
        """Calls ``done`` with the result of ``work``, or ``failed`` with its error; see :meth:`SerialThread.run`.

        If there is no library yet, ``done`` gets ``without``: reading must not create one. ``makes`` creates it.
        """
        path, self._is_used = self._path(), True
        self._thread.run(lambda: self._work(path, work, without, makes), done, failed)

    def _work(self, path: Path, work: Callable[[Library], Any], without: Any, makes: bool) -> Any:
        library = self._library
        if library is None:
            if not (makes or path.exists()):
                return without
            from nnviz.library import Library  # imported when it is first used

            library = self._library = Library(path)
        try:
            return work(library)
        except (DamagedError, ReplacedError):
            self._shut()  # it is repaired when it is opened again
            raise

    def _shut(self) -> None:
        if self._library is not None:
            library, self._library = self._library, None
            library.close()

    def close(self, milliseconds: int) -> bool:
        """Makes deletions final, closes the file and drops all outcomes. Returns whether that was done in time."""
        if self._is_used:
            self._is_used = False
            self._thread.run_last(self._shut)
        return self._thread.close(milliseconds)
