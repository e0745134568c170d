"""File dialogs for data; dropped files are opened in the same way."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QFileDialog, QMenu, QWidget

from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.ui.parts import named
from nnviz.window.preferences import Preferences

_FILES = "Data (*.csv *.tsv *.txt *.dat *.data *.npz *-ubyte *-ubyte.gz *.idx *.idx.gz);;All files (*)"


class DataDialogs(QObject):
    """Opens data with a preview first, in ``session.data_import``. Remembers the folder."""

    def __init__(self, window: QWidget, session: Session, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._session, self._preferences = window, session, preferences
        self.folder: Path | None = None  # where dialogs begin; None for the folder that was used last

    def open_data(self) -> None:
        """Opens a dialog for a file."""
        dialog = self._dialog("Open data", "openDataDialog", _FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.open()

    def open_folder(self) -> None:
        """Opens a dialog for a folder of images."""
        dialog = self._dialog("Open a folder of images", "openFolderDialog", "")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    def _dialog(self, title: str, name: str, filters: str) -> QFileDialog:
        folder = self.folder or self._preferences.text("data_folder", str(Path.home()))
        dialog = named(QFileDialog(self._window, title, str(folder), filters), name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_path)
        return dialog

    def open_path(self, path: str) -> None:
        """Shows the preview of a file or folder."""
        self._preferences.set("data_folder", str(Path(path).parent))
        self._session.data_import.open(path)

    def fill_recent(self, menu: QMenu) -> None:
        """Fills the menu with the files that were used last, newest first."""
        menu.clear()
        menu.setToolTipsVisible(True)
        files = self._session.recent_data_files.files
        for number, file in enumerate(files, start=1):
            action = menu.addAction(f"{'&' if number < 10 else ''}{number}  {text.entry(Path(file.path).name)}")
            action.setToolTip(text.plain(file.path))
            action.triggered.connect(lambda _, path=file.path: self.open_path(path))
        if not files:
            menu.addAction("No files yet").setEnabled(False)
