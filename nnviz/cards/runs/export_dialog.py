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
    "Writes the network in every format, the curves as CSV, how to reproduce the run, and run.nnvizrun, a single "
    "file to pass on. Painted points are included."
)
_FOLDER_TIP = "New folder for the files of this run. It must not exist yet."
_CHOOSE_TIP = "Chooses the parent of the new folder."
_PATHS_TIP = "Includes the paths of the data files. They may reveal private information."
_ROWS_TIP = "Includes a copy of the data file with all its rows. They may be private."
_EXPORT_TIP = "Writes the files. If this fails or is cancelled, nothing is left behind."


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
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.folder = named(FieldEdit(), "exportFolderEdit", "New folder", _FOLDER_TIP)
        self.folder.setText(str(folder))
        self.folder.textEdited.connect(lambda _: self._show_wrong(""))
        self.choose_button = named(QPushButton("Choose …"), "exportFolderButton", "Choose a folder", _CHOOSE_TIP)
        self.choose_button.setAutoDefault(False)
        self.choose_button.clicked.connect(self._choose)
        self.paths = check_box("exportPathsBox", "Include paths of the data files", _PATHS_TIP)
        self.rows = check_box("exportRowsBox", "Include rows of the data file", _ROWS_TIP)
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
        cancel = named(
            QPushButton("Cancel"), "cancelExportButton", "Cancel", "Closes this dialog without writing anything."
        )
        cancel.clicked.connect(self.reject)
        export = named(QPushButton("Export"), "exportRunButton", "Export", _EXPORT_TIP)
        export.setProperty("role", "primary")
        export.setDefault(True)
        export.clicked.connect(self._export)
        return [cancel, export]

    def _choose(self) -> None:
        """Opens a dialog for the parent of the new folder."""
        now = Path(self.folder.text())
        dialog = named(QFileDialog(self, "Parent of the new folder", str(now.parent)), "exportPlaceDialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
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
        return f"New folder “{typed}”: it must be a full path. Choose a folder."
    if os.path.lexists(path):
        return f"New folder {path.name}: it already exists. Try {unused_folder(path.parent, path.name).name}."
    if not path.parent.is_dir():
        return f"New folder in {path.parent}: there is no such folder. Choose another one."
    return ""
