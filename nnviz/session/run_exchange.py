"""Export of runs to folders, and import of exported runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.storage.files import whole_folder
from nnviz.formatting import text
from nnviz.session.library import RunLibrary
from nnviz.session.library_work import LibraryWork, ReportFunction
from nnviz.session.messages import OPEN_RUN, MessageChoice, Messages

if TYPE_CHECKING:
    from nnviz.library import Library
    from nnviz.library.export import ExportResult


class RunExchange(QObject):
    """Exports and imports in the background. Can be cancelled without leaving anything behind.

    Signals:
        status_changed(str): the task in progress; "" for none.
        imported(int): the run of that number was added to the library.
    """

    status_changed = pyqtSignal(str)
    imported = pyqtSignal(int)

    def __init__(self, path: Callable[[], Path], library: RunLibrary, messages: Messages) -> None:
        """``path`` returns the file of the library."""
        super().__init__()
        self._library, self._messages = library, messages
        self._work = LibraryWork(path, messages)
        self._work.status_changed.connect(self.status_changed)

    def export(self, run: int, folder: Path, with_paths: bool = False, with_rows: bool = False) -> None:
        """Exports a run to a new folder atomically: see :func:`nnviz.library.export.export_run`."""

        def work(library: Library, report: ReportFunction) -> ExportResult:
            from nnviz.library.export import export_run  # not before there is a use for it

            with whole_folder(folder) as new:
                exported = export_run(library, run, new, with_paths, with_rows, lambda name: report(f"writing {name}"))
                report("")  # raises an error if the export was cancelled while its last file was written
                return exported

        def done(exported: ExportResult) -> str:
            files = text.plain(", ".join(exported.files))
            if exported.left_out:
                why = " ".join(f"{name}: {reason}" for name, reason in exported.left_out.items())
                self._messages.show(f"Run {run} was exported, but incompletely. {text.plain(why)}")
            elif exported.notes:
                self._messages.show(f"Run {run} was exported: {files}. {' '.join(exported.notes)}")
            return f"Run {run} was exported to {text.name(folder.name)}: {files}"

        self._work.run(f"Exporting run {run}", work, done, f"Run {run} could not be exported")

    def read(self, path: Path, then: Callable[[int], None] = lambda run: None) -> None:
        """Imports the run in a file under a new number, with which ``then`` is called."""
        name = text.name(path.name)

        def work(library: Library, report: ReportFunction) -> int:
            from nnviz.library.run_file import read_run  # not before there is a use for it

            return read_run(library, path, report)

        def done(run: int) -> str:
            self.imported.emit(run)
            then(run)
            self._library.refresh()
            choice = MessageChoice(f"Open run {run}", lambda: self._library.open(run), OPEN_RUN)
            self._messages.announce(f"{name} was imported as run {run}.", choice)
            return ""

        self._work.run(f"Importing {name}", work, done, f"{name} could not be imported")

    def close(self, milliseconds: int) -> bool:
        """Ends the task in progress; returns whether that was in time."""
        return self._work.close(milliseconds)
