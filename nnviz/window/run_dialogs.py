"""File dialogs for the export and import of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QFileDialog

from nnviz.cards.runs.export_dialog import ExportDialog, unused_folder
from nnviz.library import ENDING, LibraryError
from nnviz.session.run_names import run_title
from nnviz.session.session import Session
from nnviz.ui.parts import named
from nnviz.window.frame import Frame
from nnviz.window.preferences import Preferences

if TYPE_CHECKING:
    from engine.experiment import Experiment
    from nnviz.window.main_window import MainWindow

_LIST = "runsDock"
_FOLDER = "run_folder"  # among the preferences
_NOT_KEPT = (
    "The current network is not in the library, so it cannot be exported as a run. Train it with “Record runs "
    "in the library” on, or select a run in Runs."
)


class RunDialogs(QObject):
    """Serves the list of runs and the File menu. Remembers the folder."""

    def __init__(self, window: MainWindow, frame: Frame, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._preferences = window, preferences
        self._session: Session = window.session
        frame.added.connect(self._added)

    def _added(self, panel: Any) -> None:
        """Connects the list of runs, which is made when it is first shown."""
        if panel.objectName() == _LIST:
            panel.export_wanted.connect(self.export)
            panel.import_wanted.connect(self.choose_to_import)
            panel.sweep_wanted.connect(self._window.show_sweep_form)

    # ---- export

    def export_current(self) -> None:
        """Opens a dialog for a file, and exports the current run."""
        run = self._session.runs.current
        if run.storage.record is None:
            self._session.messages.show(_NOT_KEPT)
        else:
            self._ask(run.storage.record, run.title, run.experiment)

    def export(self, run: int) -> None:
        """Opens a dialog for a file, and exports a run of the list."""
        record = self._session.library.record(run)
        if record is None:
            self._session.messages.show(f"Run {run} is still being read. Export it when it is listed.")
            return
        try:
            made = record.experiment
        except LibraryError as error:
            self._session.messages.show_error(f"Run {run} could not be exported", error)
        else:
            parent = None if record.parent is None else self._session.library.record(record.parent)
            self._ask(run, run_title(record, parent), made)

    def _ask(self, run: int, title: str, made: Experiment) -> None:
        from nnviz.library.run_file import without_paths  # not at the start of the window

        within = Path(self._preferences.text(_FOLDER, str(Path.home())))
        has_files = without_paths(made) != made
        dialog = ExportDialog(self._window, run, title, unused_folder(within, f"run-{run}"), has_files)
        dialog.wanted.connect(lambda *chosen: self._export(run, *chosen))
        dialog.open()

    def _export(self, run: int, folder: str, with_paths: bool, with_rows: bool) -> None:
        self._preferences.set(_FOLDER, str(Path(folder).parent))
        self._session.exchange.export(run, Path(folder), with_paths, with_rows)

    # ---- import

    def choose_to_import(self) -> None:
        """Opens a dialog for a file, and adds the run in it to the library."""
        folder = self._preferences.text(_FOLDER, str(Path.home()))
        files = f"Runs (*{ENDING});;All files (*)"
        dialog = named(QFileDialog(self._window, "Import a run", folder, files), "importRunDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.import_run)
        dialog.open()

    def import_run(self, path: str, then: Callable[[int], None] = lambda run: None) -> None:
        """Adds the run of a file to the library, and calls ``then`` with its number there."""
        self._preferences.set(_FOLDER, str(Path(path).parent))
        self._session.exchange.read(Path(path), then)
