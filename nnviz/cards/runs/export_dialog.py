"""A dialog for the export of a run: the folder, and whether paths and data files are included."""

from __future__ import annotations

import os
from pathlib import Path

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.fields import FieldEdit, check_box
from nnviz.ui.parts import arranged, named, set_look

_WIDTH = 460  # pixels
_ABOUT = (
    "The network in every format, its curves as CSV, how it comes again (a command or steps), and run.nnvizrun, "
    "one file with all of it, to pass on. Points that were painted go along."
)
_FOLDER_TIP = "A new folder, which is made for the files of this run."
_CHOOSE_TIP = "Chooses the folder in which the new one is made."
_PATHS_TIP = "The folders in which the files of its data lie go along. They may tell more of you than you want to."
_ROWS_TIP = "A copy of the file of its data goes along, with all its rows. They may be somebody's data."
_EXPORT_TIP = "Writes the files. Nothing is left if that fails or is cancelled."


class ExportDialog(QDialog):
    """Asks for the folder of an exported run. Accepts only a folder that can be made.

    Signals:
        wanted(str, bool, bool): the folder; whether paths are included; whether rows are included.
    """

    wanted = pyqtSignal(str, bool, bool)

    def __init__(self, parent: QWidget, run: int, title: str, folder: Path, has_files: bool) -> None:
        """Proposes a new folder; ``has_files``: whether the data of the run are files of the user."""
        super().__init__(parent)
        named(self, "exportRunDialog", f"Export run {run}")
        self.setWindowTitle(f"Export run {run}")
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.folder = named(FieldEdit(), "exportFolderEdit", "New folder", _FOLDER_TIP)
        self.folder.setText(str(folder))
        self.folder.textEdited.connect(lambda _: self._show_wrong(""))
        self.choose_button = named(QPushButton("Choose …"), "exportFolderButton", "Choose a folder", _CHOOSE_TIP)
        self.choose_button.setAutoDefault(False)
        self.choose_button.clicked.connect(self._choose)
        self.paths = check_box("exportPathsBox", "The folders of its files go along", _PATHS_TIP)
        self.rows = check_box("exportRowsBox", "The rows of its file go along", _ROWS_TIP)
        for box in (self.paths, self.rows):
            box.setEnabled(has_files)
        self._wrong = named(label(role="error"), "exportFolderError")
        self._wrong.setWordWrap(True)
        self._wrong.hide()
        self._lay_out(title)

    def _lay_out(self, title: str) -> None:
        name, about = label(text.name(title), "title"), label(_ABOUT, "muted")
        for each in (name, about):
            each.setWordWrap(True)
        caption = label("New folder", "fieldName")
        caption.setBuddy(self.folder)
        padding = theme.CARD_PADDING
        arranged(
            QVBoxLayout(self),
            name,
            about,
            arranged(QHBoxLayout(), caption, (self.folder, 1), self.choose_button, spacing=8),
            self._wrong,
            self.paths,
            self.rows,
            arranged(QHBoxLayout(), 1, *self._buttons(), spacing=8),
            spacing=10,
            margins=(padding, padding, padding, padding),
        )
        theme.sized(self.setFixedWidth, _WIDTH)

    def _buttons(self) -> list[QPushButton]:
        cancel = named(QPushButton("Cancel"), "cancelExportButton", "Cancel", "Closes this box; nothing is written.")
        cancel.clicked.connect(self.reject)
        export = named(QPushButton("Export"), "exportRunButton", "Export", _EXPORT_TIP)
        export.setProperty("role", "primary")
        export.setDefault(True)
        export.clicked.connect(self._export)
        return [cancel, export]

    def _choose(self) -> None:
        """Opens a dialog for the parent of the new folder."""
        now = Path(self.folder.text())
        dialog = named(QFileDialog(self, "Make the new folder in", str(now.parent)), "exportPlaceDialog")
        dialog.setFileMode(QFileDialog.Directory)
        dialog.setOption(QFileDialog.ShowDirsOnly)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self._take(unused_folder(Path(chosen), now.name)))
        dialog.open()

    def _take(self, folder: Path) -> None:
        self.folder.setText(str(folder))
        self._show_wrong("")

    def _export(self) -> None:
        """Emits ``wanted`` and closes the dialog if the folder can be made."""
        typed = self.folder.text().strip()
        wrong = _folder_problem(typed)
        self._show_wrong(wrong)
        if not wrong:
            self.wanted.emit(os.path.expanduser(typed), self.paths.isChecked(), self.rows.isChecked())
            self.accept()

    def _show_wrong(self, words: str) -> None:
        self._wrong.setText(text.plain(words))
        self._wrong.setVisible(bool(words))
        set_look(self.folder, "wrong", bool(words))


def unused_folder(within: Path, name: str) -> Path:
    """Returns a path of that name, with a number appended if the path exists."""
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, 10_000))
    return next((within / each for each in names if not os.path.lexists(within / each)), within / name)


def _folder_problem(typed: str) -> str:
    """Returns why a folder cannot be made and what to do; empty if it can be made."""
    path = Path(os.path.expanduser(typed))
    if not typed or not path.is_absolute():
        return f"New folder is “{typed}”: it must be a whole path. Choose a folder for it."
    if os.path.lexists(path):
        return f"New folder is {path.name}: it must not be there yet. Try {unused_folder(path.parent, path.name).name}."
    if not path.parent.is_dir():
        return f"New folder is in {path.parent}: that must be a folder that is there. Choose another one."
    return ""
