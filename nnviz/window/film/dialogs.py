"""File dialogs of films: the file and format of a new film, and confirmation before one is replaced."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import QMessageBox

from nnviz.cards.curves.player import Player
from nnviz.formatting import text
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Panel
from nnviz.ui.parts import named
from nnviz.window.film.maker import FilmMaker
from nnviz.window.film.subjects import CardSubject, Subject, WindowSubject
from nnviz.window.network_dialogs import follow_filter

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow

_FILTERS = {
    ".gif": "Animated GIF (*.gif)",
    ".webp": "Animated WebP (*.webp)",
    ".mp4": "MP4 video (*.mp4)",
    ".png": "PNG images in a folder of that name (*.png)",
}


class FilmDialogs(QObject):
    """Makes films of the window and of cards.

    Attributes:
        maker: makes the film.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session: Session = window.session
        self.maker = FilmMaker(window.session)
        window.cards.film_wanted.connect(self.of_card)

    def of_window(self) -> None:
        """Opens the dialog for a film of the whole window."""
        self._choose(WindowSubject(self._window))

    def of_card(self, card: Panel) -> None:
        """Opens the dialog for a film of a card."""
        self._choose(CardSubject(card, self._session))

    def _choose(self, subject: Subject) -> None:
        from nnviz.window.film.writer import writable_endings  # which needs Pillow: the window opens sooner without

        reason = self.maker.reason_unavailable(subject)
        if reason:
            self._session.messages.show(reason)
            return
        filters = {_FILTERS[ending]: ending for ending in writable_endings()}
        proposed = "-".join(re.findall(r"[\w.]+", subject.name.lower())) + ".gif"
        title = f"Film of {self._session.models[Player].seconds:g} seconds"
        dialog = self._window.dialogs.where_to_save(
            title, "filmDialog", ";;".join(filters), proposed, lambda chosen: self._chosen(subject, chosen)
        )
        dialog.filterSelected.connect(lambda chosen: follow_filter(dialog, filters[chosen], _FILTERS))
        dialog.open()

    def _chosen(self, subject: Subject, path: Path) -> None:
        """Starts the film. Asks before a folder is replaced; for files the file dialog has done so."""
        from nnviz.window.film.writer import folder_of, is_replaceable

        messages, folder = self._session.messages, folder_of(path)
        if path.suffix.lower() not in _FILTERS:
            messages.show(f"{text.name(path.name)}: unknown film format. Use {text.listed(list(_FILTERS))}.")
        elif path.suffix.lower() != ".png" or not folder.exists():
            self.maker.make(subject, path)
        elif is_replaceable(folder):
            self._ask_to_replace(subject, path, folder)
        else:
            messages.show(f"{text.name(folder.name)}: the folder exists and is not a film. Choose another name.")

    def _ask_to_replace(self, subject: Subject, path: Path, folder: Path) -> None:
        box = named(QMessageBox(self._window), "replaceFilmBox")
        box.setWindowTitle("nnviz")
        box.setIconPixmap(theme.icon("circle-alert", "ink").pixmap(32))
        box.setText(f"The folder {text.name(folder.name)} already contains a film.")
        box.setInformativeText("Replace all its images?")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        replace = box.addButton("&Replace", QMessageBox.ButtonRole.DestructiveRole)
        replace.clicked.connect(lambda: self.maker.make(subject, path))
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setEscapeButton(cancel)
        box.setDefaultButton(cancel)
        box.open()
