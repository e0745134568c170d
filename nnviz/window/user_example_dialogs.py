"""File dialogs of the user examples, and the way from the draw card to their page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QFileDialog

from nnviz.cards.user_examples.card import UserExamplesPage

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow

_FILES = "Examples (*.npz);;All files (*)"


class UserExampleDialogs(QObject):
    """Serves the popup that keeps examples and the page that shows them."""

    def __init__(self, window: MainWindow, page: UserExamplesPage) -> None:
        super().__init__(window)
        self._window, self._session, self._page = window, window.session, page
        keeping = window.draw.keeping
        for signal in (keeping.import_wanted, page.import_wanted):
            signal.connect(self.choose_to_import)
        page.export_wanted.connect(self.choose_where_to_export)
        keeping.show_wanted.connect(self.show_page)
        keeping.kept.connect(window.session.messages.announce)
        window.closed.connect(keeping.hide)

    def show_page(self) -> None:
        """Shows the page of the user examples."""
        self._window.show_workspace("train")
        self._window.curves.turn_to(self._page)

    def choose_to_import(self) -> None:
        """Opens a dialog for a file of examples to import."""
        dialog = self._window.dialogs.file_dialog("Import your own examples", "importOwnDialog", _FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._session.user_examples.import_file(Path(chosen)))
        dialog.open()

    def choose_where_to_export(self) -> None:
        """Opens a dialog for the file to export to."""
        title, name = "Export your own examples", "exportOwnDialog"
        self._window.dialogs.where_to_save(title, name, _FILES, "my-examples.npz", self._page.export).open()
